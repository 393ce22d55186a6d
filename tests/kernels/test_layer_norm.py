"""Layer normalisation: gradients against central differences, what a trace shows, and what is refused."""

import numpy as np
import pytest

import throughtime as tt
from oracles.normalised import LENGTHS, H, I, data, network
from oracles.own_traces import network_of
from oracles.step_functions import STEPS
from throughtime.analysis.gradient_flow import jacobians
from throughtime.bridges.c.writing import to_c
from throughtime.bridges.exported import Exported
from throughtime.bridges.numpy_script import to_numpy
from throughtime.network import load
from throughtime.passes.state import State
from throughtime.proof import why_not
from throughtime.tasks.standardisation import Standardisation
from throughtime.weights.own_units import in_own_units
from throughtime.weights.parameters import Views

CELLS = {"elman": "elman", "lstm": "lstm", "gru": "gru", "mgu": STEPS["mgu"], "min_gru": STEPS["min_gru"]}


@pytest.mark.parametrize("name", CELLS)
def test_gradient_against_central_differences(name):
    net = network(CELLS[name], layers=2)
    x, y = data(net)
    _, gradient = net.gradient(x, y, LENGTHS)
    start = net.parameters.copy()
    for along in np.random.default_rng(4).normal(size=(4, len(start))):
        ends = []
        for sign in (1, -1):
            net.parameters[:] = start + sign * 1e-6 * along
            ends.append(net.loss(x, y, LENGTHS))
        np.testing.assert_allclose(gradient @ along, (ends[0] - ends[1]) / 2e-6, rtol=1e-7, atol=1e-8)


def test_single_precision():
    double, single = network("lstm"), network("lstm", dtype="float32")
    x, y = data(double)
    (loss, gradient), (found, of_single) = (net.gradient(x, y, LENGTHS) for net in (double, single))
    assert found == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(of_single, gradient, atol=1e-5)


def test_saved_loaded_and_trained(tmp_path):
    net = tt.Network(cell="gru", inputs=2, hidden=8, outputs=1, layer_norm=True)
    run = tt.train(net, tt.tasks.Addition(bits=5), steps=400, batch=32, optimizer=tt.Adam(0.02))
    assert run.history["loss"][-1] < run.history["loss"][0] / 4
    run.network.save(tmp_path / "model")
    read = load(tmp_path / "model")
    assert read.specification == run.network.specification
    x = np.random.default_rng(0).random((2, 6, 2))
    np.testing.assert_array_equal(read.predict(x), run.network.predict(x))


@pytest.mark.parametrize("init", ["glorot", "uniform", "classic"])
def test_gains_begin_at_1(init):
    net = tt.Network(cell="gru", inputs=2, hidden=3, outputs=1, layers=2, layer_norm=True, init=init)
    named = [name for name in net if name.endswith((".g", ".g_q"))]
    assert len(named) == 8
    assert all((net[name] == 1).all() for name in named)


def test_a_network_without_is_described_as_ever():
    assert "layer_norm" not in tt.Network(inputs=2, hidden=3, outputs=1).specification.as_dict()


def trace():
    net = network("lstm")
    return net.trace(*data(net), LENGTHS)


def test_a_trace_shows_what_is_normalised():
    traced = trace()
    for gate in "ifCo":
        a, n = getattr(traced, f"sum_{gate}"), getattr(traced, f"norm_{gate}")
        for b, length in enumerate(LENGTHS):
            for a_t, n_t in zip(a[b, :length], n[b, :length], strict=True):
                np.testing.assert_allclose(n_t, (a_t - a_t.mean()) / np.sqrt(a_t.var() + 1e-5), rtol=1e-12, atol=1e-13)
    gradient = Views(traced.specification, network_of(traced).gradient(*data(traced.network), LENGTHS)[1])
    for name, wanted in gradient.items():
        np.testing.assert_allclose(traced.terms(name).sum(0), wanted, rtol=1e-12, atol=1e-14)


def test_jacobians_of_its_steps():
    """Against central differences of the step from 2 to 3."""
    traced = trace()
    net, x = network_of(traced), data(traced.network)[0]
    start = np.concatenate([traced.h[0, 1], traced.C[0, 1]])

    def step(states):
        before = State(h=states[:H].reshape(1, 1, H), C=states[H:].reshape(1, 1, H))
        final = net.forward(x[:1, 2:3], initial_state=before).final
        return final.numbers.ravel()

    wanted = [(step(start + 1e-6 * e) - step(start - 1e-6 * e)) / 2e-6 for e in np.eye(2 * H)]
    np.testing.assert_allclose(jacobians(traced)[2], np.transpose(wanted), atol=1e-8)


def torch_module(net):
    pytest.importorskip("torch")
    from throughtime.bridges.pytorch import to_torch

    return to_torch(net)


REFUSED = {
    "C": to_c, "NumPy": to_numpy, "throughtime export": Exported, "PyTorch": torch_module,
    "formula": lambda net: net.trace(*data(net)).explain(1, unit=0), "page": lambda net: tt.view(net.trace(*data(net))),
    "own units": lambda net: in_own_units(net, Standardisation(np.zeros(I), np.ones(I))),
}  # fmt: skip


@pytest.mark.parametrize(
    "reader", [pytest.param(name, marks=pytest.mark.torch if name == "PyTorch" else ()) for name in REFUSED]
)
def test_readers_that_cannot_normalise_say_so(reader):
    with pytest.raises(ValueError, match=r" be .+ a network with layer normalisation \(layer_norm\)\Z"):
        REFUSED[reader](network("lstm"))


def test_a_proof_cannot():
    assert why_not(network("elman")) == ("nothing can be proved for a network with layer normalisation (layer_norm)")


def test_what_cannot_be_normalised():
    with pytest.raises(ValueError, match=r"\Alayer_norm needs two hidden units at least"):
        tt.Network(inputs=2, hidden=1, outputs=1, layer_norm=True)

    @tt.cell
    def own(p, x, h):
        h = tt.tanh(x @ p.V_h + h @ p.U_h + h * p.g_h)
        return h

    with pytest.raises(ValueError, match=r"\Athe cell own cannot be normalised: it has a value called g_h already\Z"):
        tt.Network(cell=own, inputs=2, hidden=3, outputs=1, layer_norm=True)
