"""Archives whose arrays stay in the file: what happens when somebody writes to it."""

import os
from pathlib import Path

import numpy as np
import pytest

import throughtime as tt
from throughtime.tasks.datafile import read


def change_time(path):
    """As if it had been written to later, however coarse the clock is."""
    os.utime(path, ns=(0, Path(path).stat().st_mtime_ns + 10**9))


@pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody shorten a file that is mapped, nor replace it")
def test_a_mapped_archive_that_is_written_to_is_refused_and_one_that_is_replaced_is_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = np.ones((100, 50, 2))
    net = tt.Network(cell="elman", inputs=2, hidden=2, outputs=1)
    for write in (lambda: os.truncate("d.npz", 100), lambda: np.savez("d.npz", x=2 * x, y=x[..., :1])):
        np.savez("d.npz", x=x, y=x[..., :1])
        data = read("d.npz")
        write()
        change_time("d.npz")
        for use in (lambda data=data: data[:1], lambda data=data: tt.train(net, data, steps=1, batch=2)):
            with pytest.raises(ValueError, match=r"d\.npz was written to while its numbers were used: keep it"):
                use()
    np.savez("d.npz", x=x, y=x[..., :1])
    data = read("d.npz")
    np.savez("e.npz", x=2 * x, y=x[..., :1])
    os.replace("e.npz", "d.npz")
    assert (data[:].x == 1).all()
    os.remove("d.npz")
    assert (data[:].x == 1).all()
