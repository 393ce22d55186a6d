"""Step functions: what is read from them, what is refused, and the backward pass that is derived from them."""

import cProfile
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import numpy as np
import pytest

import throughtime as tt
from oracles import plain_cells as plain
from oracles.cases import COMPILED
from oracles.step_functions import STEPS
from throughtime import cells
from throughtime.cells import elman, gru, lstm
from throughtime.cells.derivation import derivation
from throughtime.cells.layout import layout
from throughtime.cells.symbols import cell, tanh
from throughtime.kernels.shape import shape_type
from throughtime.weights.parameters import view_name

I, H, B, T = 2, 3, 2, 4
SHIPPED = {
    "sigmoid": cells.step_of("elman", "sigmoid"), "tanh": cells.step_of("elman", "tanh"),
    "relu": cells.step_of("elman", "relu"), "lstm": cells.step_of("lstm"), "gru": cells.step_of("gru"),
}  # fmt: skip
ALL = SHIPPED | STEPS


def given(graph, seed=0):
    """Parameters, x, the first states, and ∂E by the states from above."""
    rng = np.random.default_rng(seed)
    shapes = {"x": (I, H), "h": (H, H)}
    p = {name: rng.normal(size=shapes.get(b.kind, (H,))) / 2 for b in layout(graph).blocks for name in b.names}
    first = [np.abs(rng.normal(size=(B, H))) + 0.1 for _ in graph.states]
    return p, rng.normal(size=(B, T, I)), first, rng.normal(size=(B, T, H))


def test_a_function_without_a_derivative_is_named():
    """Nothing that is not known is taken for a sigmoid."""
    graph = cells.step_of("elman", "tanh")
    operations = tuple(replace(o, op="sin") if o.op == "tanh" else o for o in graph.operations)
    with pytest.raises(ValueError, match="sin has no derivative here, so there is no backward pass of the cell elman"):
        derivation(replace(graph, operations=operations))


def scalar(graph, p, x, first, d_h):
    return (plain.forward(graph, p, x, first).values[graph.after[0]] * d_h).sum()


def against_a_complex_step(graph, rel=1e-12):
    p, x, first, d_h = given(graph)
    found = plain.backward(graph, p, plain.forward(graph, p, x, first), d_h)
    inputs = p | {"x": x} | {f"first {k}": state for k, state in enumerate(first)}
    wanted = found.parameters | {"x": found.d_x} | {f"first {k}": d for k, d in enumerate(found.d_first)}
    for key, array in inputs.items():
        for index in np.ndindex(array.shape):
            z = {k: a.astype(complex) for k, a in inputs.items()}
            z[key][index] += 1e-30j
            moved = scalar(graph, {k: z[k] for k in p}, z["x"], [z[f"first {k}"] for k in range(len(first))], d_h)
            assert wanted[key][index] == pytest.approx(moved.imag / 1e-30, rel=rel, abs=rel / 10), (key, index)


@pytest.mark.parametrize("name", ALL)
def test_derived_gradient_against_a_complex_step(name):
    against_a_complex_step(ALL[name])


@pytest.mark.parametrize("name", [name for name in ALL if name != "deep"])  # whose gradient vanishes, whatever it is
def test_a_bug_in_a_derived_gradient_is_seen(name, monkeypatch):
    """Each sum and product of the step back in turn is another."""
    graph = ALL[name]
    derived = derivation(graph)
    other = {"+": "-", "-": "+", "*": "+", "@T": "@", "sigmoid": "tanh"}
    places = [p for p, o in enumerate(derived.operations) if p >= len(graph.operations) and o.op in other]
    assert places
    for place in places[:: 1 + len(places) // 20]:
        made = list(derived.operations)
        made[place] = replace(made[place], op=other[made[place].op])
        monkeypatch.setattr(plain, "derivation", lambda _, made=made: replace(derived, operations=tuple(made)))
        with pytest.raises(AssertionError):
            against_a_complex_step(graph, 1e-7)


@pytest.mark.parametrize("name", ALL)
def test_derived_gradient_against_central_differences(name):
    """Along random directions of the parameters, of x and of the first states."""
    graph = ALL[name]
    p, x, first, d_h = given(graph, 1)
    found = plain.backward(graph, p, plain.forward(graph, p, x, first), d_h)
    rng = np.random.default_rng(2)
    for _ in range(3):
        along = {name: rng.normal(size=a.shape) for name, a in p.items()}
        ends = [scalar(graph, {n: p[n] + s * 1e-6 * along[n] for n in p}, x, first, d_h) for s in (1, -1)]
        slope = sum((found.parameters[n] * along[n]).sum() for n in p)
        assert slope == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-7, abs=1e-7)
        a, b = rng.normal(size=x.shape), [rng.normal(size=state.shape) for state in first]
        ends = [
            scalar(graph, p, x + s * 1e-6 * a, [state + s * 1e-6 * c for state, c in zip(first, b, strict=True)], d_h)
            for s in (1, -1)
        ]
        slope = (found.d_x * a).sum() + sum((d * c).sum() for d, c in zip(found.d_first, b, strict=True))
        assert slope == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-7, abs=1e-7)


@pytest.mark.torch
@pytest.mark.parametrize("name", ALL)
def test_derived_gradient_against_autograd(name):
    torch = pytest.importorskip("torch")
    graph = ALL[name]
    p, x, first, d_h = given(graph, 3)
    found = plain.backward(graph, p, plain.forward(graph, p, x, first), d_h)
    leaves = {n: torch.tensor(a, requires_grad=True) for n, a in p.items()}
    read, begun = torch.tensor(x, requires_grad=True), [torch.tensor(a, requires_grad=True) for a in first]
    states = tuple(begun)
    do = {
        "+": torch.add, "-": torch.sub, "*": torch.mul, "/": torch.div, "neg": torch.neg, "@": torch.matmul,
        "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "exp": torch.exp,
        "softplus": torch.nn.functional.softplus,
        "minimum": torch.minimum, "maximum": torch.maximum,
    }  # fmt: skip
    total = 0
    for t in range(T):
        known = {}
        for place, o in enumerate(graph.operations):
            known[place] = {
                "x": lambda o, t=t: read[:, t],
                "state": lambda o, states=states: states[graph.states.index(o.name)],
                "parameter": lambda o: leaves[o.name],
                "number": lambda o: torch.tensor(o.value, dtype=torch.float64),
            }.get(o.op, lambda o, known=known: do[o.op](*(known[k] for k in o.of)))(o)
        states = tuple(known[place] for place in graph.after)
        total = total + (states[0] * torch.tensor(d_h[:, t])).sum()
    total.backward()
    for n, leaf in leaves.items():
        np.testing.assert_allclose(found.parameters[n], leaf.grad.numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.d_x, read.grad.numpy(), rtol=1e-10, atol=1e-12)
    for d, state in zip(found.d_first, begun, strict=True):
        np.testing.assert_allclose(d, state.grad.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", SHIPPED)
def test_derived_against_hand_written(name):
    """Array by array: gates, states, δ's, gradients."""
    graph = SHIPPED[name]
    p, x, first, d_h = given(graph, 4)
    by_hand = {"lstm": (lstm, lstm.LSTM), "gru": (gru, gru.GRU)}.get(name, (elman, elman.Elman))
    twin, kind = by_hand
    q = kind(**p) if name in ("lstm", "gru") else kind(**p, activation=name)
    tape = twin.forward(q, x, *first)
    wanted = twin.backward(q, tape, d_h)
    made = plain.forward(graph, p, x, first)
    found = plain.backward(graph, p, made, d_h)
    laid = layout(graph)
    for slot, value, delta in zip(laid.slots, laid.names, laid.delta_names, strict=True):
        np.testing.assert_allclose(made.values[slot.kept], getattr(tape, value), rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(found.by[slot.net], getattr(wanted, delta), rtol=1e-12, atol=1e-15)
    for state, place in zip(graph.states, graph.after, strict=True):
        np.testing.assert_allclose(made.values[place], getattr(tape, state), rtol=1e-13, atol=1e-15)
    for n, array in found.parameters.items():
        np.testing.assert_allclose(array, getattr(getattr(wanted, "parameters", wanted), n), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found.d_x, wanted.d_x, rtol=1e-12, atol=1e-14)
    for k, state in enumerate(graph.states):
        np.testing.assert_allclose(found.d_first[k], getattr(wanted, f"d_{state}_0"), rtol=1e-12, atol=1e-14)


SLOW = [name for name in STEPS if name != "odd"] if COMPILED else []


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.long] * (name in SLOW)) for name in STEPS])
def test_kernels(name, tmp_path):
    """The kernels that are written from a graph do what the plain operations do.

    The network is saved and loaded as data.
    """
    graph = STEPS[name]
    net = tt.Network(cell=graph, inputs=I, hidden=H, outputs=2, seed=1)
    net.parameters[:] = np.random.default_rng(5).normal(size=net.parameters.shape) / 2
    _, x, first, d_h = given(graph, 6)
    state = net.initial_state(B)
    state.numbers[:, 0] = first
    p = {n: net[view_name(graph, n)] for n in graph.parameters}
    made = plain.forward(graph, p, x, first)
    found, wanted = net.backward(x, d_h, initial_state=state), plain.backward(graph, p, made, d_h)
    np.testing.assert_allclose(
        net.hidden(x, initial_state=state)[0], made.values[graph.after[0]], rtol=1e-12, atol=1e-14
    )
    gradient = type(net.views)(net.specification, found.gradient)
    for n, array in wanted.parameters.items():
        np.testing.assert_allclose(gradient[view_name(graph, n)], array, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(found.d_x, wanted.d_x, rtol=1e-11, atol=1e-13)
    for k, d in enumerate(wanted.d_first):
        np.testing.assert_allclose(found.d_state.numbers[k, 0], d, rtol=1e-11, atol=1e-13)
    net.save(tmp_path / "net.safetensors")
    loaded = tt.load(tmp_path / "net.safetensors")
    assert loaded.specification == net.specification
    np.testing.assert_array_equal(loaded.predict(x), net.predict(x))
    streamed = net.initial_state(B)
    for t in range(T):
        y, streamed = net.step(x[:, t], streamed)
        np.testing.assert_array_equal(y, net.predict(x)[:, t])


def test_kernels_in_a_run_that_continues(tmp_path):
    """Its folder holds the cell as data."""
    step = STEPS["odd" if COMPILED else "slstm"]
    rng = np.random.default_rng(0)
    data, settings = tt.Batch(rng.normal(size=(4, 6, I)), rng.random((4, 6, 2))), {"batch": 2, "window": 3}
    nets = [tt.Network(cell=step, inputs=I, hidden=H, outputs=2) for _ in range(2)]
    whole = tt.train(nets[0], data, steps=5, **settings)
    tt.train(nets[1], data, steps=3, out=tmp_path / "run", **settings)
    continued = tt.resume(tmp_path / "run", data, steps=5)
    assert continued.network.specification == whole.network.specification
    np.testing.assert_array_equal(continued.network.parameters, whole.network.parameters)


@pytest.mark.skipif(not COMPILED, reason="they run in this very process")
def test_the_kernels_of_every_cell_uncompiled():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", __file__, "-k", "test_kernels"],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"{len(STEPS) + 1} passed" in done.stdout


def test_threads_that_ask_at_once_get_the_same_kernels():
    def renamed(p, x, h):
        h = tanh(x @ p.V + h @ p.U_0)
        return h

    graph, start = cell(renamed), Barrier(8)

    def ask(_):
        start.wait(timeout=60)
        return shape_type(graph)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(ask, range(8)))
    assert len(set(map(id, found))) == 1
    copy = pickle.loads(pickle.dumps(graph))
    assert hash(copy) == hash(graph)
    assert shape_type(copy) is found[0]


def test_a_cell_is_read_while_a_program_is_profiled():
    def leaky(p, x, h):
        return tanh(x @ p.V + h @ p.U)

    def afterwards():
        pass

    profile = cProfile.Profile()
    profile.enable()
    graph = cell(leaky)
    afterwards()
    profile.disable()
    assert graph == cell(leaky)
    assert "afterwards" in {getattr(entry.code, "co_name", None) for entry in profile.getstats()}
