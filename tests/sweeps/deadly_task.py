"""Tasks that go wrong in the middle of a trial."""

import os
import signal
from dataclasses import dataclass
from multiprocessing import parent_process

from throughtime.tasks.recall import Recall


@dataclass(frozen=True, kw_only=True)
class Wrong(Recall):
    """Recall that raises something of its own where the gap is 2."""

    def sample(self, rng, batch):
        if self.gap == 2:
            raise LookupError("nothing\nto draw")
        return super().sample(rng, batch)


@dataclass(frozen=True, kw_only=True)
class Deadly(Recall):
    """Recall that ends its process where the gap is 2, as a machine without memory does."""

    def sample(self, rng, batch):
        if self.gap == 2 and parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().sample(rng, batch)
