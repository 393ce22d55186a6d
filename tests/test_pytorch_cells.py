"""Cells of one's own as PyTorch modules: outputs, gradients and states are the network's, and they come back."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0")

import torch
from torch import nn

import throughtime as tt
from oracles.step_functions import STEPS
from test_onnx_cells import network, renamed
from throughtime.bridges.pytorch import CellRNN, from_torch, save_state, to_torch
from throughtime.bridges.pytorch.recurrent import OPERATIONS

CELLS = ["peephole", "gru_before", "slstm", "odd", "smooth"]
FIELDS = [{}, {"layers": 2, "bidirectional": True, "bias": False}]
LENGTHS = np.array([5, 3, 1])


def problem(name, **fields):
    """A network, its module, and a batch of sequences of several lengths."""
    net, rng = network(name, **fields), np.random.default_rng(2)
    y = rng.uniform(0.1, 0.9, (3, 5, 2))
    return net, to_torch(net), rng.normal(size=(3, 5, 2)), y


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("fields", FIELDS)
def test_outputs_gradients_and_the_way_back(name, fields):
    net, module, x, y = problem(name, **fields)
    assert isinstance(module.recurrent, CellRNN)
    inputs, real = torch.tensor(x, requires_grad=True), (np.arange(5) < LENGTHS[:, None])[..., None]
    outputs = module(inputs, torch.tensor(LENGTHS))
    np.testing.assert_allclose(outputs.detach().numpy(), net.predict(x, LENGTHS), atol=1e-12)
    (0.5 * ((outputs - torch.tensor(y)) * torch.tensor(real)).square().sum()).backward()
    _, gradient = net.gradient(x, y, LENGTHS)
    for parameter in module.parameters():
        parameter.data = parameter.grad
    found = from_torch(module.state_dict(), cell=STEPS[name])
    np.testing.assert_allclose(found.parameters, gradient, atol=1e-10)
    assert np.abs(gradient).min() > 0


@pytest.mark.parametrize("name", ["peephole", "slstm"])
@pytest.mark.parametrize("fields", FIELDS)
def test_a_module_comes_back(name, fields, tmp_path):
    net, module, x, _ = problem(name, **fields)
    back = from_torch(module)
    assert back.specification == net.specification
    np.testing.assert_array_equal(back.parameters, net.parameters)
    assert save_state(net, tmp_path / "net.pt") < 1e-12
    other = to_torch(network(name, **fields))
    other.load_state_dict(torch.load(tmp_path / "net.pt", weights_only=True))
    np.testing.assert_array_equal(other(torch.tensor(x)).detach(), module(torch.tensor(x)).detach())


@pytest.mark.parametrize("name", ["gru_before", "slstm"])
def test_states_are_handed_on(name):
    _, module, x, _ = problem(name, layers=2)
    layer, x = module.recurrent, torch.tensor(x)
    whole, last = layer(x)
    first, state = layer(x[:, :2])
    rest, end = layer(x[:, 2:], state)
    torch.testing.assert_close(torch.cat([first, rest], dim=1), whole)
    for a, b in zip(*((pair,) if isinstance(pair, torch.Tensor) else pair for pair in (last, end)), strict=True):
        torch.testing.assert_close(a, b)


def test_an_lstm_of_ones_own_is_an_nn_lstm_and_comes_back_as_itself():
    net = tt.Network(cell=renamed, inputs=2, hidden=3, outputs=1, layers=2, bidirectional=True, seed=1)
    net.parameters[:] = np.random.default_rng(0).normal(size=net.parameters.shape)
    module = to_torch(net)
    assert type(module.recurrent) is nn.LSTM
    x = np.random.default_rng(1).normal(size=(3, 5, 2))
    np.testing.assert_allclose(module(torch.tensor(x)).detach(), net.predict(x), atol=1e-12)
    back = from_torch(module)
    assert back.specification == net.specification
    np.testing.assert_array_equal(back.parameters, net.parameters)
    assert from_torch(module.state_dict()).specification.cell == "lstm"


def test_a_state_dict_of_a_cell_by_its_name():
    net = network("peephole")
    found = from_torch(to_torch(net).state_dict(), cell="peephole", readout="sigmoid", loss="squared")
    assert found.specification == net.specification
    np.testing.assert_array_equal(found.parameters, net.parameters)


def test_a_state_dict_of_a_cell_that_is_not_named():
    module = to_torch(tt.Network(cell="mgu", inputs=2, hidden=3, outputs=1))
    assert "CellRNN(mgu, 2, 3, layers=1)" in repr(module)
    with pytest.raises(ValueError, match=r"readout.bias; of another cell, give cell="):
        from_torch(module.state_dict())


def test_a_module_of_others_with_a_cell_of_ones_own():
    class Theirs(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.head = CellRNN(STEPS["min_gru"], 2, 4, dtype=torch.float64), nn.Linear(4, 1).double()

        def forward(self, x):
            return self.head(self.cell(x)[0][:, -1])

    net = from_torch(Theirs())
    assert (net.specification.cell, net.specification.output, net.specification.hidden) == ("min_gru", "last step", 4)


@pytest.mark.parametrize(("operation", "error"), [("neg", torch.abs), ("minimum", torch.maximum), ("exp", torch.tanh)])
def test_an_error_in_an_operation_is_seen(operation, error, monkeypatch, tmp_path):
    monkeypatch.setitem(OPERATIONS, operation, error)
    net = network("odd")
    net["w"] = net["v"] = 0.5  # so that no term is lost beside the others
    with pytest.raises(ValueError, match="differs from the network by up to"):
        save_state(net, tmp_path / "net.pt")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "fields", "message"),
    [
        (lambda state: None, {}, "got the parameters"),
        (lambda state: state.pop("recurrent.w_f_l0"), {"cell": STEPS["peephole"]}, "w_f_l0 must be .* got none"),
        (lambda state: state.update({"recurrent.V_i_l0": torch.zeros(2, 4).double()}), {"cell": STEPS["peephole"]},
            "must be"),
        (lambda state: state.update({"recurrent.q_l0": torch.zeros(3).double()}), {"cell": STEPS["peephole"]},
            "holds q_l0"),
        (lambda state: None, {"cell": "peepole"}, "or a step function that throughtime.cell has read, got 'peepole'"),
    ],
)  # fmt: skip
def test_state_dicts_that_do_not_fit(change, fields, message):
    state = to_torch(network("peephole")).state_dict()
    change(state)
    with pytest.raises(ValueError, match=message):
        from_torch(state, **fields)
