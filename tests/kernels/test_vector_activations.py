"""Greatest errors in units in the last place, and the ends of the range."""

import re

import numpy as np
import pytest
from numba.core import config

from throughtime.kernels import activations
from throughtime.kernels.activations import exp, sigmoid_row, softplus, tanh_row
from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.vector import load, store, width

pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="machine code is what is tested")


@inlined
def exp_step(x, out, j, count):
    store(out, j, count, exp(load(x, j, count)))


@inlined
def softplus_step(x, out, j, count):
    store(out, j, count, softplus(load(x, j, count)))


@kernel
def exp_row(x, out):
    for j in range(0, x.size, width(x)):
        exp_step(x, out, j, min(width(x), x.size - j))


@kernel
def softplus_row(x, out):
    for j in range(0, x.size, width(x)):
        softplus_step(x, out, j, min(width(x), x.size - j))


def truth(name, x):
    with np.errstate(all="ignore"):
        if name == "exp":
            return np.exp(x)
        if name == "softplus":
            return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
        if name == "tanh":
            return np.tanh(x)
        e = np.exp(-np.abs(x))
        return np.where(x < 0, e, 1) / (1 + e)


def greatest_error(row, name, x):
    wide = np.float64 if x.dtype == np.float32 else np.longdouble
    out = np.empty_like(x)
    row(x, out)
    true = truth(name, x.astype(wide))
    finite = np.abs(true) <= np.finfo(x.dtype).max
    np.testing.assert_array_equal(out[~finite], np.inf)
    unit = np.spacing(np.abs(true[finite]).astype(x.dtype)).astype(wide)
    return float((np.abs(out[finite].astype(wide) - true[finite]) / unit).max())


FUNCTIONS = [(sigmoid_row, "sigmoid"), (tanh_row, "tanh"), (exp_row, "exp"), (softplus_row, "softplus")]
STATED = {
    name: (float(single), float(double))
    for name, single, double in re.findall(r"^(\w+) +(\d\.\d+) +(\d\.\d+)$", activations.__doc__, re.MULTILINE)
}
"""The greatest errors (float32, float64) as the module's own text has them."""


@pytest.mark.parametrize(("row", "name"), FUNCTIONS)
def test_float32_sample_of_all_inputs(row, name):
    x = np.arange(0, 2**32, 997, dtype=np.uint32).view(np.float32)
    assert 1 < greatest_error(row, name, x[np.isfinite(x)]) <= STATED[name][0] + 0.005


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 60, reason="needs a longer float to compare with")
@pytest.mark.parametrize(("row", "name"), FUNCTIONS)
def test_float64(row, name):
    r = np.random.default_rng(0)
    n = 300_000
    x = np.concatenate(
        [
            3 * r.normal(size=n),
            r.uniform(-745, 0, n),
            r.uniform(-1, 1, n),
            r.uniform(-1, 1, n) * 10 ** r.uniform(-320, 3, n),
        ]
    )
    assert 1 < greatest_error(row, name, x) <= STATED[name][1] + 0.005


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 7, 16, 33])
def test_ends_of_the_range_and_no_write_outside(dtype, n):
    big = np.finfo(dtype).max
    for value, *wanted in [
        (np.nan, np.nan, np.nan, np.nan, np.nan),
        (np.inf, 1, 1, np.inf, np.inf),
        (-np.inf, 0, -1, 0, 0),
        (big, 1, 1, np.inf, big),
        (-big, 0, -1, 0, 0),
        (0, 0.5, 0, 1, dtype(np.log(2))),
    ]:
        for (row, _), expected in zip(FUNCTIONS, wanted, strict=True):
            out = np.full(n + 20, 7, dtype)
            row(np.full(n, value, dtype), out)
            np.testing.assert_array_equal(out[:n], expected)
            assert (out[n:] == 7).all()
    out = np.empty(1, dtype)
    tanh_row(np.full(1, -0.0, dtype), out)
    assert np.signbit(out[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_both_signs_mirror_each_other_and_neighbours_do_not_matter(dtype):
    x = np.random.default_rng(1).normal(0, 4, 1003).astype(dtype)
    values = {}
    for row, name in FUNCTIONS:
        plus, minus, in_place = np.empty_like(x), np.empty_like(x), x.copy()
        row(x, plus)
        row(-x, minus)
        row(in_place, in_place)
        np.testing.assert_array_equal(in_place, plus)
        for first, n in [(0, 1), (3, 30), (500, 503)]:
            part = np.empty(n, dtype)
            row(x[first : first + n], part)
            np.testing.assert_array_equal(part, plus[first : first + n])
        values[name] = plus, minus
    np.testing.assert_array_equal(values["tanh"][1], -values["tanh"][0])
    np.testing.assert_allclose(values["sigmoid"][0] + values["sigmoid"][1], 1, rtol=2 * np.finfo(dtype).eps)
