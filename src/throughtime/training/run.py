"""A training run: the network as it is now, and all that is needed to continue to the same bits."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from throughtime.batch import Array
from throughtime.network import Network
from throughtime.passes.state import State
from throughtime.support.disk import StrPath
from throughtime.tasks.columns import Columns
from throughtime.training.history import History
from throughtime.training.settings import Settings

if TYPE_CHECKING:
    from throughtime.tasks.task import Task


class NotFinite(ArithmeticError):
    """Training came upon a loss or a gradient that is not a finite number; `run` is where it still was."""

    def __init__(self, message: str, run: Run) -> None:
        super().__init__(message)
        self.run = run


@dataclass(repr=False)
class Run:
    """A training run: it can be saved after any block of steps and continued to the same bits.

    network : as it is now; after a run with validation data, as it was when it did best there
    settings : Settings
    step : training steps taken
    moments : (2,P) array, the optimiser's memory
    history : History
    stopped : why training ended: "steps", "interrupted", "patience", "callback", "not finite" or, if something else
        went wrong, "error"; None while it goes on
    best : what did best on the validation data so far, if there are any
    latest : the parameters that training continues with, where they are not the network's
    carried : the states that the next step begins with, where that is a later window of sequences it is half way
        through
    data : the SHA-256 of what it is trained on, where that is a Batch and the run is kept on disk
    validate : likewise of its validation data
    columns : of the data file that is trained on, if it is one; its standardisation is taken back in the model that is
        saved
    named : what the model that is saved says that it was trained for, where the sequences are given and no task makes
        them
    begun : the SHA-256 of the parameters at step 0, so that others can be known for them or not
    """

    network: Network
    settings: Settings
    task: Task | None = None
    step: int = 0
    moments: Array = field(default_factory=lambda: np.zeros((2, 0)))
    history: History = field(default_factory=History)
    stopped: str | None = None
    best: Best | None = None
    latest: Array | None = None
    carried: State | None = None
    data: str | None = None
    validate: str | None = None
    columns: Columns | None = None
    named: str | None = None
    begun: str | None = None

    def __post_init__(self) -> None:
        if self.moments.size == 0:
            self.moments = np.zeros((2, len(self.network.parameters)), self.network.parameters.dtype)
        if self.step == 0 and self.begun is None:
            self.begun = sha256(self.network.parameters.tobytes()).hexdigest()

    def __repr__(self) -> str:
        loss = f", loss {self.history.last.loss:.3g}" if len(self.history) else ""
        return f"Run({self.network!r}, step {self.step} of {self.settings.steps}{loss}, stopped: {self.stopped})"

    def save(self, folder: StrPath) -> None:
        """Write the run to a folder, each file atomically."""
        from throughtime.training.checkpoint import save_run

        save_run(self, Path(folder))


@dataclass(frozen=True)
class Best:
    """The parameters that did best on the validation data, and for how many validations they have not been beaten."""

    loss: float
    parameters: Array
    waited: int
