"""Run tests uncompiled with copies of the package, one after the other: what all of them import is imported once.

A script. Each line that it reads names, between tabs, a folder that holds a copy of the package, a file for the output,
and tests; it answers with the exit status of pytest. Each run is a fork, so it knows nothing of the others.
"""

import os
import sys
import traceback

import hypothesis  # noqa: F401
import numba  # noqa: F401
import numpy  # noqa: F401
import pytest


def run(folder: str, output: str, checks: list[str]) -> int:
    out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.path.insert(0, folder)
    import throughtime

    print(throughtime.__file__)
    return pytest.main(
        ["-o", "addopts=", "-x", "-q", "-p", "pytest_timeout", "-p", "no:cacheprovider", "--tb=short", *checks]
    )


for line in sys.stdin:
    folder, output, *checks = line.rstrip("\n").split("\t")
    child = os.fork()
    if not child:
        status = 70
        try:
            status = int(run(folder, output, checks))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
