"""A run at one moment, as the trainer sends it."""

from __future__ import annotations

from dataclasses import dataclass, field

from throughtime.batch import Array
from throughtime.studio.answers import HistoryEntry


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run at one moment, small enough to be sent between processes many times a second.

    step : training steps taken
    parameters : (P,) array
    update : (P,) array, the last change of the parameters; None before the first
    updates : the steps that made this change; 1 after single steps and whenever training has stopped
    running : whether training goes on
    records : what was measured since the snapshot before, as the history's JSON objects
    afresh : whether the records are all there are, and earlier ones are void
    checkpoints : the steps that one can go back to
    """

    step: int
    parameters: Array
    update: Array | None = None
    updates: int = 1
    running: bool = False
    records: list[HistoryEntry] = field(default_factory=list)
    afresh: bool = False
    checkpoints: list[int] = field(default_factory=list)
