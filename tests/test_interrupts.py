"""Ctrl-C at every moment: everything ends, and nothing is half done."""

import signal
import threading

import pytest

from throughtime.support.interrupts import deferred
from throughtime.support.threads import on_threads


# Python drops what comes in its own destructors.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_threads_are_interrupted_at_every_line_that_the_main_thread_takes(interrupted_at):
    """In the code of threading, of queue and of concurrent.futures too, where locks of Python's are held."""

    def work(number, stop):
        return None if stop() else number**2

    interrupted, before = 0, threading.active_count()  # pytest-timeout has a thread too
    for moment in range(1, 3000):  # until it ends before that moment
        found, taken = interrupted_at(moment, lambda: on_threads(work, range(4), threads=2))
        if taken < moment:
            break
        assert found in ("interrupted", [0, 1, 4, 9])
        interrupted += found == "interrupted"
    assert found == [0, 1, 4, 9]
    assert interrupted > 300
    assert threading.active_count() <= before  # those of other tests may have ended


def test_what_work_gives_is_in_the_order_of_the_items_and_its_errors_come_through():
    assert on_threads(lambda item, stop: -item, iter(range(50)), threads=3) == [-item for item in range(50)]
    assert on_threads(lambda item, stop: item, []) == []

    def wrong(item, stop):
        raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item 0"):
        on_threads(wrong, range(10**9), threads=1)


def test_the_others_are_told_to_stop():
    both = threading.Barrier(2)

    def work(item, stop):
        both.wait()
        if item == 0:
            raise ValueError("the first")
        while not stop():
            pass

    with pytest.raises(ValueError, match="the first"):
        on_threads(work, range(2), threads=2)


def test_ctrl_c_stops_work_that_never_ends():
    def work(item, stop):
        if item == 0:
            signal.raise_signal(signal.SIGINT)
        while not stop():
            pass

    with pytest.raises(KeyboardInterrupt):
        on_threads(work, range(10**9), threads=2)


def test_ctrl_c_is_held_back_and_is_not_lost():
    done = []

    def press():
        with deferred() as ctrl_c:
            signal.raise_signal(signal.SIGINT)
            done.append(ctrl_c.came)

    with pytest.raises(KeyboardInterrupt):
        press()
    assert done == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("error", [MemoryError("all gone"), OSError(28, "no space"), SystemExit(3)])
def test_what_goes_wrong_after_ctrl_c_is_not_lost(error):
    def press():
        with deferred():
            signal.raise_signal(signal.SIGINT)
            raise error

    with pytest.raises(type(error)) as raised:
        press()
    assert raised.value is error
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_ignored_ctrl_c_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with deferred() as ctrl_c:
            signal.raise_signal(signal.SIGINT)
        assert not ctrl_c.came
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
