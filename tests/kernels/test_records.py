"""Shapes and tapes reach kernels as the address of their fields, see decision 54."""

import sys

import numpy as np
import pytest
from numba.core import config

import throughtime as tt
from throughtime.kernels import loop
from throughtime.kernels.shape import shape_of
from throughtime.passes.one_pass import Pass


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_call_reads_every_field_that_it_needs_and_keeps_nothing(dtype):
    net = tt.Network(cell="lstm", inputs=2, hidden=3, outputs=1, layers=2, dtype=dtype)
    made = Pass(net.specification, net.parameters, 4, 5)
    shape, tape = shape_of(net.specification), made.tape.tape
    tape.numbers[:] = 7
    counts = sys.getrefcount(tape.numbers), sys.getrefcount(tape), sys.getrefcount(shape)
    for _ in range(100):
        loop.begin(shape, False, tape)
    assert counts == (sys.getrefcount(tape.numbers), sys.getrefcount(tape), sys.getrefcount(shape))
    states = tape.numbers[tape.states :][: 2 * 2 * 6 * 5 * 3].reshape(4, 6, 5, 3)
    wanted = np.full((4, 6, 5, 3), 7.0)
    wanted[:, 0] = wanted[:, 5] = 0
    np.testing.assert_array_equal(states, wanted)
    assert (tape.numbers == 0).sum() == (wanted == 0).sum()


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="machine code is what is tested")
def test_a_record_of_other_fields_is_another_type():
    from throughtime.kernels.record import Record, kind_of

    float32, float64 = (
        kind_of(Pass(net.specification, net.parameters, 2, 1).tape.tape)
        for net in (
            tt.Network(cell="gru", inputs=1, hidden=2, outputs=1, dtype=name) for name in ("float32", "float64")
        )
    )
    assert isinstance(float32, Record)
    assert float32 != float64
    assert float32 == Record(float32.named)
