"""Reading data files takes memory and time in proportion to their size."""

import time
import tracemalloc
from pathlib import Path

import pytest

from throughtime.tasks.datafile import read
from throughtime.tasks.from_file import DataFile


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(name, content):
    Path(name).write_text(content, encoding="utf-8")
    return name


def rows(count, of):
    return "".join(map(of, range(count)))


def one_row_each(n):
    return "d.csv", "sequence,time,x,y\n" + rows(n, lambda i: f"{i},0,{i % 7}.5,{i % 2}\n")


def one_long_series(n):
    return "d.csv", "time,x,y\n" + rows(n, lambda i: f"{i},{i * 0.37:.2f},{i % 5}\n")


def interleaved(n):
    return "d.csv", "sequence,time,x,y\n" + rows(n, lambda i: f"s{i % 1000},{i // 1000},{i * 0.37:.2f},{i % 2}\n")


def one_line(n):
    return "d.jsonl", '{"x": [' + rows(n, lambda i: f"[{i % 9}.25],")[:-1] + '], "y": [' + "1," * (n - 1) + "0]}"


def a_line_each(n):
    return "d.jsonl", rows(n, lambda i: f'{{"x": [[{i}]], "y": [1]}}\n')


@pytest.mark.parametrize("kind", [one_row_each, one_long_series, interleaved, one_line, a_line_each])
def test_memory_is_within_four_times_the_files_size(kind):
    name, content = kind(5000 if kind is a_line_each else 20_000)
    written(name, content)
    read(written(f"small.{name[2:]}", kind(1000)[1]))  # what is imported and kept
    tracemalloc.start()
    try:
        DataFile.read(Path(name))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(content) + 2**18


def test_time_grows_with_the_size():
    """Ten times the columns or sequences: quadratic time would be a hundred times as long."""

    def seconds(content):
        written("d.csv", content)
        taken = []
        for _ in range(3):
            started = time.process_time()
            read("d.csv")
            taken.append(time.process_time() - started)
        return min(taken)

    def columns(n):
        return "time," + rows(n, lambda i: f"x{i},") + "y\n0," + "1," * n + "1\n"

    for of in (columns, lambda n: one_row_each(n)[1]):
        assert seconds(of(10_000)) < 40 * max(seconds(of(1000)), 1e-3)
