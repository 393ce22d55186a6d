"""What kernels read and write again and again begins with a cache line."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import throughtime as tt
from throughtime.support import aligned
from throughtime.support.threads import Team
from throughtime.training.settings import Settings
from throughtime.training.workspace import Workspace


def begins_a_line(array) -> bool:
    return array.ctypes.data % 64 == 0


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_parameters_and_gradients_begin_with_a_line(dtype, tmp_path):
    """Of many networks, since NumPy's own arrays do so now and then."""
    kept = []
    for hidden in range(1, 12):
        net = tt.Network(cell="elman", inputs=2, hidden=hidden, outputs=1, dtype=dtype)
        net.save(tmp_path / "net.safetensors")
        workspace = Workspace(net, Settings(steps=1, batch=4, optimizer=tt.Adam(0.01)), 3, Team(1))
        of = tt.Network.of(net.specification, np.arange(len(net.parameters) + 1.0)[1:])
        same = [net, net.copy(), tt.load(tmp_path / "net.safetensors"), copy.deepcopy(net)]
        kept += [*same, of, pickle.loads(pickle.dumps(net)), workspace]
        assert all(begins_a_line(one.parameters) for one in kept if isinstance(one, tt.Network))
        assert begins_a_line(workspace.gradients)
        assert all(np.array_equal(one.parameters, net.parameters) for one in same)
        net["U"][0, 0] = 7.0
        assert 7.0 in net.parameters  # a view still


def test_an_array_that_is_shared_is_not_copied():
    net = tt.Network(cell="elman", inputs=2, hidden=3, outputs=1)
    mine = np.zeros(len(net.parameters) + 1)[1:]
    assert np.shares_memory(tt.Network.of(net.specification, mine, copy=False).parameters, mine)


@pytest.mark.parametrize("shape", [(0,), (1,), (7, 3), (2, 0)])
def test_of_any_shape(shape):
    made = aligned.zeros(shape, np.float32)
    assert made.shape == shape
    assert not made.any()
    assert made.flags.c_contiguous
    assert aligned.copied(np.ones(shape), np.float64).sum() == np.prod(shape)
