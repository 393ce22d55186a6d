"""What the trainer tells of a run at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from throughtime.batch import Array


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run at one moment, small enough to be sent between processes many times a second.

    step : training steps taken
    parameters : (P,) array
    update : (P,) array, the last change of the parameters; None before the first
    updates : the steps that made this change; 1 after single steps and whenever training has stopped
    running : whether training goes on
    records : what was measured since the snapshot before, as the history's JSON objects
    afresh : whether the records are all there are, and those told before are void
    checkpoints : the steps that one can go back to
    """

    step: int
    parameters: Array
    update: Array | None = None
    updates: int = 1
    running: bool = False
    records: list[dict[str, Any]] = field(default_factory=list)
    afresh: bool = False
    checkpoints: list[int] = field(default_factory=list)
