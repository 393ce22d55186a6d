"""Hypothesis draws the same examples in every run, time decides no test, and Ctrl-C is as in a terminal."""

import signal
import sys

import pytest
from hypothesis import HealthCheck, settings

from oracles.cases import COMPILED

settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in what a shell starts in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    """Leave tests of many cells to a process of their own, in which nothing is compiled: see those that start one."""
    apart = [item for item in items if COMPILED and item.get_closest_marker("uncompiled")]
    config.hook.pytest_deselected(items=apart)
    items[:] = [item for item in items if item not in apart]


@pytest.fixture
def interrupted_at():
    """Run a function and press Ctrl-C before the n-th line of Python that the main thread takes, in whatever module."""
    before = sys.gettrace()

    def run(moment, function):
        taken = 0

        def line(frame, event, argument):
            nonlocal taken
            if event == "line":
                taken += 1
                if taken == moment:
                    signal.raise_signal(signal.SIGINT)
            return line

        def apart():  # a generator's exceptions end with it; one that was interrupted in its handling would stay
            yield function()

        sys.settrace(line)
        try:
            return next(apart()), taken
        except KeyboardInterrupt:
            return "interrupted", taken
        finally:
            sys.settrace(before)

    return run
