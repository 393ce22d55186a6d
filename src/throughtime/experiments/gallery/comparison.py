"""The result of a gallery entry: its figures beside those to compare with."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One method: a value for each of the table's columns, NaN where it has none, and where they are from."""

    who: str
    values: tuple[float, ...]
    source: str = "measured now"


@dataclass(frozen=True)
class Comparison:
    """The table of an entry.

    data : what was learned from and what it was tested on, in one line
    network : the network in a few words
    columns : what was measured, with units
    rows : the methods, throughtime's network last
    examples : what the network predicted or wrote, line by line
    """

    data: str
    network: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    examples: tuple[str, ...] = field(default=())

    @property
    def ours(self) -> Row:
        """The row of throughtime's network."""
        return self.rows[-1]
