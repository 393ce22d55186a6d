"""What was measured, kept in a file: a measurement that was cut goes on, and one of more seeds only takes those."""

import json
from collections.abc import Callable, Hashable
from pathlib import Path


class Kept:
    """Results by what they are of; in a file, if there is one, as one JSON object a line.

    Parameters
    ----------
    file : Path, optional
        What it holds is found; what is measured is appended at once.
    of : function of a result
        What it is of; None if that is not looked for.
    """

    def __init__(self, file: Path | None, of: Callable[[dict], Hashable | None]) -> None:
        self.file = file
        lines = file.read_text().splitlines() if file is not None and file.exists() else []
        self.found = {of(one): one for one in map(json.loads, lines)}

    def measure(self, what: Hashable, measured: Callable[[], dict]) -> None:
        """Measure it, where that was not done before."""
        if what in self.found:
            return
        one = self.found[what] = measured()
        if self.file is not None:
            with self.file.open("a") as file:
                file.write(f"{json.dumps(one)}\n")
