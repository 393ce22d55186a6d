"""Moments of a training run that one can go back to."""

from __future__ import annotations

from dataclasses import dataclass

from throughtime.batch import Array
from throughtime.training.loop import Run

MOST = 64
MOST_NUMBERS = 2**22
GROWTH = 1.15
"""Checkpoints stand at steps that grow by this factor: the most is learned early."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A point to continue from: the step, parameters (P,), the optimiser's memory (2,P), and how many records there
    were.
    """

    step: int
    parameters: Array
    moments: Array
    records: int


class Checkpoints:
    """The checkpoints of one run, in order of their steps; older ones are thinned out when they become too many."""

    def __init__(self) -> None:
        self.kept: list[Checkpoint] = []

    @property
    def steps(self) -> list[int]:
        """Their steps."""
        return [checkpoint.step for checkpoint in self.kept]

    def due(self, step: int) -> int:
        """The step after this one at which the next should be kept."""
        return max(step + 1, int(step * GROWTH))

    def keep(self, run: Run) -> None:
        """Remember where a run stands, if it is further than ever before."""
        if self.kept and run.step < self.due(self.kept[-1].step):
            return
        parameters, moments = run.network.parameters.copy(), run.moments.copy()
        self.kept.append(Checkpoint(run.step, parameters, moments, len(run.history)))
        if len(self.kept) > MOST or (len(self.kept) > 4 and len(self.kept) * 3 * len(parameters) > MOST_NUMBERS):
            del self.kept[1:-1:2]

    def go_back(self, run: Run, step: int) -> None:
        """Put a run back to the checkpoint nearest to a step."""
        nearest = min(self.kept, key=lambda checkpoint: abs(checkpoint.step - step))
        run.step = nearest.step
        run.network.parameters[:], run.moments[:] = nearest.parameters, nearest.moments
        run.best = run.latest = run.carried = None
        del run.history.records[nearest.records :]
