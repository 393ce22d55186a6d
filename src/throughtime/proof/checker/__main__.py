"""python -m checker CERTIFICATE: say what is proved, or why nothing is."""

import sys

from . import Rejected, check

try:
    with open(sys.argv[1], encoding="utf-8") as file:
        report = check(file.read())
    print("accepted", *(f"{label:<9} {line}" for label, lines in report.claim.items() for line in lines), sep="\n")
except (Rejected, OSError, ValueError, IndexError) as error:
    sys.exit(f"rejected: {error}")
