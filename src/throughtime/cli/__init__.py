"""The command line: arguments in, calls out. One file a command; what a command needs is imported when it runs.

Exit status, of every command: 0 done · 1 the network was wrong, or training came upon numbers that are not finite ·
2 bad usage or input, in one line on stderr · 3 neither proved nor refuted · 130 interrupted.
"""

import sys

try:
    from throughtime.cli.app import app, main
except KeyboardInterrupt:  # Ctrl-C in the first moments, before anything could handle it
    print("interrupted", file=sys.stderr)
    raise SystemExit(130) from None

__all__ = ["app", "main"]
