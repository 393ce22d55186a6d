"""python -m checker CERTIFICATE: say what is proved, or why nothing is."""

import sys

from . import Rejected, check


def shown(line: str) -> str:  # names are from outside: what a terminal would obey is written out
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


try:
    with open(sys.argv[1], encoding="utf-8") as file:
        claim = check(file.read()).claim
    print("accepted", *(shown(f"{label:<9} {line}") for label in claim for line in claim[label]), sep="\n")
except (Rejected, OSError, ValueError, IndexError) as error:
    sys.exit(shown(f"rejected: {error}"))
