"""Make the pictures of the documents from the real thing: python docs/make_pictures.py."""

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

LAST = re.compile(r" (\d+)/\1 ")  # of the lines of progress
PICTURES = Path(__file__).parent / "pictures"
TOUR = ("train addition", "add 107 27", "trace 107 27 --step 3 --unit 5")
REFUTED = ("train addition --cell lstm --noise 0 --cell-penalty 0", "add 829 1215")


def terminal(commands: tuple[str, ...], width: int) -> Console:
    """What a terminal shows while the commands run, one after the other, in an empty folder."""
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        for command in commands:
            console.print(Text.assemble(("$ ", "dim"), (f"throughtime {command}", "bold")))
            shown = subprocess.run(
                [sys.executable, "-m", "throughtime", *command.split()],
                cwd=folder, capture_output=True, text=True,
            )  # fmt: skip
            lines = [line for line in shown.stdout.splitlines() if " learning " not in line or LAST.search(line)]
            console.print(Text("\n".join(lines)), no_wrap=True, crop=False)
            console.print()
    return console


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name, commands in (("terminal", TOUR), ("refuted", REFUTED)):
        terminal(commands, 128)  # the first time, kernels may be compiled
        terminal(commands, 128).save_svg(str(PICTURES / f"{name}.svg"), title="throughtime")
