"""Random cells: every path through the program against the step function itself, called with arrays."""

import os
import random
import shutil
import subprocess
import sys

import numpy as np
import pytest

import throughtime as tt
from oracles.cases import COMPILED
from oracles.random_cells import Writer, called, read
from throughtime.bridges.c import to_c
from throughtime.bridges.c.compiled import Compiled, compiled
from throughtime.bridges.exported import Exported
from throughtime.bridges.numpy_script import to_numpy

HARD = [
    "return tanh(tanh(x @ p.V - h) + h @ p.U)",
    "m = p.w * h\n    return sigmoid(x @ p.V_a + m @ p.U_a) * tanh(x @ p.V_b + m @ p.U_b) + 0.5 * h",
    "m = tanh(x @ p.V) * h\n    return tanh(m @ p.A + m @ p.B - m @ p.C + h) - m",
]
"""A state that is multiplied and subtracted.

A value of the step that two matrices multiply, or three in one net input.
"""
TEXTS = [*(f"def step(p, x, h):\n    {body}\n" for body in HARD), *(Writer(seed).function() for seed in range(45))]


def problem(k, dtype="float64"):
    draw, rng = random.Random(k), np.random.default_rng(k)
    step, graph = read(TEXTS[k])
    net = tt.Network(
        cell=graph, inputs=2, hidden=draw.choice([1, 2, 3]), outputs=2, readout="identity", dtype=dtype,
        layers=draw.choice([1, 1, 2]), bidirectional=draw.random() < 0.3, bias=draw.random() < 0.7,
        output=draw.choice(["every step", "last step"]),
    )  # fmt: skip
    net.parameters[:] = rng.normal(0, 0.5, net.parameters.shape)
    return net, step, rng.normal(size=(3, 5, 2)), rng


@pytest.mark.uncompiled
@pytest.mark.parametrize("k", range(len(TEXTS)))
def test_outputs_gradients_and_scripts(k):
    net, step, x, rng = problem(k)
    lengths, last_step = np.array([5, 3, 1]), net.specification.output == "last step"
    y = rng.normal(size=(3, 2) if last_step else (3, 5, 2))

    def wanted():
        return [called(net, step, x[b, :n]) for b, n in enumerate(lengths)]

    def pairs(made):
        real = made if last_step else [rows[:n] for rows, n in zip(made, lengths, strict=True)]
        return zip(real, wanted(), strict=True)

    for made, expected in pairs(net.predict(x, lengths)):
        np.testing.assert_allclose(made, expected, rtol=1e-10, atol=1e-12)
    loss, gradient = net.gradient(x, y, lengths)
    along, here, ends = rng.normal(size=gradient.shape), net.parameters.copy(), []
    for moved in (0, 1e-6, -1e-6):
        net.parameters[:] = here + moved * along
        ends.append(0.5 * sum(((made - expected) ** 2).sum() for made, expected in pairs(y)))
    net.parameters[:] = here
    assert loss == pytest.approx(ends[0], rel=1e-10)
    assert gradient @ along == pytest.approx((ends[1] - ends[2]) / 2e-6, rel=1e-6, abs=1e-6 * np.abs(gradient).max())
    script = {"__name__": "script"}
    exec(to_numpy(net), script)
    np.testing.assert_allclose(script["predict"](x), net.predict(x), rtol=1e-10, atol=1e-12)
    document = net.trace(x, y, lengths).to_json(reach=True)
    assert tt.Trace.from_json(document).to_json(reach=True) == document


@pytest.mark.uncompiled
@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no cc")
def test_files_in_c(tmp_path):
    nets = [problem(k) for k in range(len(TEXTS))]
    (tmp_path / "all.c").write_text("\n".join(to_c(net, f"net{k}") for k, (net, *_) in enumerate(nets)))
    library = compiled(tmp_path / "all.c", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wshadow")
    for k, (net, _, x, _) in enumerate(nets):
        y = Compiled(library, f"net{k}", Exported(net)).predict(x, np.array([5, 5, 5]))
        np.testing.assert_allclose(y, net.predict(x), rtol=1e-10, atol=1e-12)


@pytest.mark.skipif(not COMPILED, reason="they run in this very process")
def test_random_cells_uncompiled():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", __file__],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.uncompiled
def test_two_normalised_net_inputs_of_one_state_have_gains_of_their_own():
    _, graph = read("def step(p, x, h):\n    return tanh(x @ p.A + h) * sigmoid(h @ p.B)\n")
    net = tt.Network(cell=graph, inputs=2, hidden=3, outputs=1, layer_norm=True)
    assert [name for name in net.names if name.startswith("g_")] == ["g_h", "g_1"]
    rng = np.random.default_rng(0)
    net.parameters[:] = here = rng.normal(size=net.parameters.shape)
    x, y, along = rng.normal(size=(2, 4, 2)), rng.random((2, 4, 1)), rng.normal(size=here.shape)
    slope, ends = net.gradient(x, y)[1] @ along, []
    for moved in (1e-6, -1e-6):
        net.parameters[:] = here + moved * along
        ends.append(net.loss(x, y))
    assert slope == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)
