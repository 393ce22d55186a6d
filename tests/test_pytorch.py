"""Converted modules against the network: the two know nothing of each other's forward passes."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0")

import torch
from torch import nn

import throughtime as tt
from oracles.cases import CELLS, FORMS, problem
from throughtime.pytorch import SigmoidRNN, from_torch, to_torch

OUTPUTS = ["every step", "last step"]
ALL = [(form, True) for form in FORMS] + [("two-layers-both-directions", False)]
"""Forms, with biases and once without."""


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("form", "bias"), ALL)
@pytest.mark.parametrize("output", OUTPUTS)
def test_equal_outputs_with_and_without_lengths_and_back(name, form, output, bias):
    q = problem((3, 5, 1), output=output, bias=bias, **CELLS[name], **FORMS[form])
    module = to_torch(q.net)
    x = torch.tensor(q.x)
    with torch.no_grad():
        np.testing.assert_allclose(module(x).numpy(), q.net.predict(q.x), atol=1e-12, rtol=1e-12)
        ragged = module(x, torch.tensor(q.lengths)).numpy()
    np.testing.assert_allclose(ragged, q.net.predict(q.x, q.lengths), atol=1e-12, rtol=1e-12)
    back = from_torch(module)
    assert back.specification == q.s
    np.testing.assert_array_equal(back.parameters, q.net.parameters)


@pytest.mark.parametrize("name", CELLS)
def test_equal_gradients(name):
    """By autograd through the module, so that it can be trained on; its two biases get the same gradient."""
    q = problem((6, 6), **CELLS[name])
    module = to_torch(q.net)
    (0.5 * (module(torch.tensor(q.x)) - torch.tensor(q.y)) ** 2).sum().backward()
    _, gradient = q.net.gradient(q.x, q.y)
    found = np.concatenate([module.recurrent.weight_ih_l0.grad.numpy().T.ravel(), module.readout.bias.grad.numpy()])
    V, b_y = gradient[: module.recurrent.weight_ih_l0.numel()], gradient[-q.s.outputs :]
    np.testing.assert_allclose(found, np.concatenate([V, b_y]), atol=1e-10)


def test_standard_layers_are_used_where_pytorch_has_them():
    kinds = [type(to_torch(problem(**CELLS[name]).net).recurrent) for name in CELLS]
    assert kinds == [SigmoidRNN, nn.RNN, nn.RNN, nn.LSTM, nn.GRU]


class Theirs(nn.Module):
    """A module as people write them."""

    def __init__(self, kind, last, **options):
        super().__init__()
        self.rnn = kind(2, 5, batch_first=True, dtype=torch.float64, **options)
        self.head = nn.Linear(10 if self.rnn.bidirectional else 5, 3, dtype=torch.float64)
        self.last = last

    def forward(self, x):
        states, final = self.rnn(x)
        if self.last:
            h = final[0] if isinstance(final, tuple) else final
            states = torch.cat(tuple(h[-2 if self.rnn.bidirectional else -1 :]), dim=-1)
        return torch.softmax(self.head(states), dim=-1)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("output", OUTPUTS)
def test_modules_of_other_people(kind, bidirectional, output):
    torch.manual_seed(0)
    module = Theirs(kind, output == "last step", num_layers=2, bidirectional=bidirectional)
    x = np.random.default_rng(0).normal(size=(4, 6, 2))
    for source in (module, module.state_dict()):
        extra = {"activation": "tanh"} if kind is nn.RNN and source is not module else {}
        net = from_torch(source, readout="softmax", output=output, **extra)
        assert net.specification.loss == "cross_entropy"
        np.testing.assert_allclose(net.predict(x), module(torch.tensor(x)).detach().numpy(), atol=1e-12)


def test_a_sequential_tells_its_function():
    net = from_torch(nn.ModuleList([nn.GRU(1, 2), nn.Linear(2, 1), nn.Sigmoid()]))
    assert (net.specification.readout, net.specification.loss) == ("sigmoid", "binary_cross_entropy")


@pytest.mark.parametrize(
    ("source", "fields", "message"),
    [
        (nn.LSTM(2, 3), {}, "one nn.RNN, nn.LSTM or nn.GRU and one nn.Linear, got the parameters weight_ih_l0"),
        (nn.ModuleList([nn.GRU(2, 3), nn.GRU(3, 3), nn.Linear(3, 1)]), {}, "one nn.RNN, nn.LSTM or nn.GRU"),
        (nn.ModuleList([nn.Embedding(9, 2), nn.GRU(2, 3), nn.Linear(3, 1)]), {}, "one nn.Linear"),
        (nn.ModuleList([nn.LSTM(2, 4, proj_size=2), nn.Linear(2, 1)]), {}, "a projection cannot be read|one nn.Linear"),
        (nn.ModuleList([nn.GRU(2, 3), nn.Linear(6, 1)]), {}, r"weight must be \(1, 3\), got \(1, 6\)"),
        (nn.ModuleList([nn.GRU(2, 3), nn.Linear(3, 1)]).half(), {}, "got float16"),
        (nn.ModuleList([nn.RNN(2, 3), nn.Linear(3, 1)]).state_dict(), {}, "give activation"),
        (nn.ModuleList([nn.GRU(2, 3), nn.Linear(3, 1)]), {"hidden": 3}, "hidden stands in the parameters already"),
        ({}, {}, "of nothing"),
    ],
)
def test_what_is_not_ours_is_refused(source, fields, message):
    with pytest.raises(ValueError, match=message):
        from_torch(source, **fields)


def test_the_module_is_independent_of_the_network():
    net = tt.Network(cell="lstm", inputs=1, hidden=2, outputs=1)
    module, before = to_torch(net), net.parameters.copy()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 1
    np.testing.assert_array_equal(net.parameters, before)
