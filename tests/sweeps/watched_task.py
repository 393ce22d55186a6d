"""A task that asks before it goes on, so that a test decides what happens in the middle of a trial."""

import os
import socket
from dataclasses import dataclass

from throughtime.tasks.recall import Recall


@dataclass(frozen=True, kw_only=True)
class Watched(Recall):
    """Recall; each time that sequences are drawn, the process tells its number to a port and waits for an answer."""

    port: int = 0

    def sample(self, rng, batch):
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(f"{os.getpid()}\n".encode())
            assert connection.recv(1) == b"+"
        return super().sample(rng, batch)
