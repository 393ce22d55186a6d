"""A team of threads does each part of a work once, and nothing goes on behind it, whatever happens."""

import signal
import threading

import pytest

from throughtime.support.threads import Team, processors


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("parts", [0, 1, 2, 50])
def test_each_part_is_done_once(threads, parts):
    team, done = Team(threads), []
    for _ in range(3):
        done.clear()
        team.share(done.append, parts)
        assert sorted(done) == list(range(parts))


def test_parts_are_done_at_the_same_time():
    met = threading.Barrier(3, timeout=60)
    Team(3).share(lambda part: met.wait(), 3)


def test_a_team_of_one_and_a_work_of_one_part_start_no_thread():
    alone, many = set(), Team(5)
    Team(1).share(lambda part: alone.add(threading.get_ident()), 9)
    many.share(lambda part: alone.add(threading.get_ident()), 1)
    assert alone == {threading.get_ident()}
    assert many._others is None


@pytest.mark.parametrize("wrong", [0, 5])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_an_error_comes_out_when_all_have_ended(wrong, threads):
    begun, ended, team = [], [], Team(threads)

    def work(part):
        begun.append(part)
        if part == wrong:
            raise MemoryError(f"part {part}")
        ended.append(part)

    for _ in range(20):
        begun.clear()
        ended.clear()
        with pytest.raises(MemoryError, match=f"part {wrong}"):
            team.share(work, 100_000)  # more than a thread does while another waits for Python's lock
        assert sorted([*ended, wrong]) == sorted(begun)
        assert len(begun) < 100_000


def test_ctrl_c_comes_out_when_all_have_ended():
    ended, team = [], Team(2)

    def work(part):
        if part == 0:
            signal.raise_signal(signal.SIGINT)
        ended.append(part)

    with pytest.raises(KeyboardInterrupt):
        team.share(work, 100)
    assert sorted(ended) == list(range(100))
    team.share(ended.append, 3)
    assert len(ended) == 103


# Python drops what comes in its own destructors.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_at_every_line_that_the_main_thread_takes(interrupted_at):
    """In the code of threading and of concurrent.futures too, where locks of Python's are held."""

    def work():
        begun, ended = [], []

        def part(number):
            begun.append(number)
            ended.append(number)

        try:
            Team(2).share(part, 3)
        finally:
            assert begun == ended
        return sorted(ended)

    interrupted = 0
    for moment in range(1, 3000):  # until it ends before that moment
        found, taken = interrupted_at(moment, work)
        if taken < moment:
            break
        assert found in ("interrupted", [0, 1, 2])
        interrupted += found == "interrupted"
    assert found == [0, 1, 2]
    assert interrupted > 100


def test_how_many_threads_there_are(monkeypatch):
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    of_the_machine = processors()
    assert of_the_machine >= 1
    monkeypatch.setenv("NUMBA_NUM_THREADS", "5")
    assert processors() == Team().threads == 5
    for nonsense in ("", "0", "-3", "many"):
        monkeypatch.setenv("NUMBA_NUM_THREADS", nonsense)
        with pytest.raises(
            ValueError, match="NUMBA_NUM_THREADS in the environment must be a number of threads from 1 on"
        ):
            processors()
    monkeypatch.delenv("NUMBA_NUM_THREADS")
    assert processors() == of_the_machine
    elsewhere = []
    thread = threading.Thread(target=lambda: elsewhere.append(processors()))
    thread.start()
    thread.join()
    assert elsewhere == [1]
    with pytest.raises(ValueError, match="threads must be"):
        Team(0)
