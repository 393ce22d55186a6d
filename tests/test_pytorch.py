"""Converted modules against the network: the two know nothing of each other's forward passes."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0")

import torch
from torch import nn

import throughtime as tt
from oracles.cases import CELLS, FORMS, problem
from throughtime.bridges.pytorch import SigmoidRNN, from_torch, to_torch

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


class Tagger(nn.Module):
    """As people write them, with something between its parts."""

    def __init__(self, between=None, after=None, pick=None, before=None, time_first=False):
        super().__init__()
        self.rnn, self.head = nn.LSTM(3, 8, batch_first=not time_first), nn.Linear(8, 2)
        self.between, self.after = between or nn.Identity(), after or nn.Identity()
        self.pick, self.before = pick, before

    def forward(self, x):
        states, _ = self.rnn(self.before(x) if self.before else x)
        states = self.pick(states) if self.pick else states
        return self.after(self.head(self.between(states)))


ACCEPTED = {
    "plain": ({}, "identity", "every step"),
    "dropout": ({"between": nn.Dropout(0.5)}, "identity", "every step"),
    "sigmoid": ({"after": nn.Sigmoid()}, "sigmoid", "every step"),
    "softmax": ({"after": nn.Softmax(2)}, "softmax", "every step"),
    "last step": ({"pick": lambda h: h[:, -1], "after": nn.Softmax(1)}, "softmax", "last step"),
    "time first": ({"time_first": True}, "identity", "every step"),
    "time first, last step": ({"time_first": True, "pick": lambda h: h[-1]}, "identity", "last step"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_modules_tell_their_function_when_they_are_run(name):
    options, readout, output = ACCEPTED[name]
    torch.manual_seed(0)
    module = Tagger(**options)
    net = from_torch(module)
    assert (net.specification.readout, net.specification.output) == (readout, output)
    assert module.training  # as it was
    x = torch.randn(4, 7, 3)
    first = options.get("time_first", False)
    with torch.no_grad():
        y = module.eval()(x.swapaxes(0, 1) if first else x).numpy()
    np.testing.assert_allclose(net.predict(x.numpy()), y.swapaxes(0, 1) if first and y.ndim == 3 else y, atol=1e-6)


def test_a_module_that_ends_in_logits_can_be_given_its_readout():
    torch.manual_seed(0)
    module = Tagger()
    net = from_torch(module, readout="softmax")
    x = torch.randn(4, 7, 3)
    with torch.no_grad():
        np.testing.assert_allclose(net.predict(x.numpy()), module(x).softmax(-1).numpy(), atol=1e-6)
    with pytest.raises(ValueError, match="differ from the network's"):
        from_torch(Tagger(after=nn.Sigmoid()), readout="softmax")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"between": nn.ReLU()}, "it holds a ReLU"),
        ({"between": nn.Tanh()}, "it holds a Tanh"),
        ({"after": nn.LogSoftmax(-1)}, "it holds a LogSoftmax"),
        ({"after": nn.Softplus()}, "it holds a Softplus"),
        ({"after": nn.Softmax(1)}, "its outputs differ from the network's by up to"),
        ({"between": nn.Sigmoid()}, "its outputs differ"),
        ({"pick": torch.relu}, "its outputs differ"),
        ({"pick": lambda h: h.mean(1)}, "its outputs differ"),
        ({"pick": lambda h: h.flip(1)}, "its outputs differ"),
        ({"pick": lambda h: h * 1.0001}, "its outputs differ"),
        ({"before": lambda x: (x - 3) / 2}, "its outputs differ"),
        ({"before": lambda x: x.clamp(-5, 5)}, "its outputs differ"),
        ({"pick": lambda h: h[:, :50]}, "its outputs differ"),
        ({"before": lambda x: x.clamp(-50, 50)}, "its outputs differ"),
        ({"pick": lambda h: h + (0 if len(h) < 100 else 1)}, "its outputs differ"),
        ({"pick": lambda h: h[:, :, None]}, r"its outputs are \(3, 7, 1, 2\)"),
        ({"pick": lambda h: undefined}, r"it cannot be run on x of shape \(3, 7, 3\) alone \(NameError"),  # noqa: F821
    ],
)
def test_a_module_that_computes_something_else_is_refused(options, message):
    torch.manual_seed(0)
    with pytest.raises(ValueError, match=message) as caught:
        from_torch(Tagger(**options).double())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("bias", [0, 1e4])
@pytest.mark.parametrize("scale", [1, 1e-4])
def test_neither_large_biases_nor_small_weights_hide_a_difference(bias, scale):
    if bias and scale < 1:
        return  # below the rounding of float32
    for pick in (
        None,
        lambda h: h * h,
        lambda h: h.mean(1),
        lambda h: h.mean(1, keepdim=True) + 0 * h,
        lambda h: h.flip(1),
    ):
        torch.manual_seed(0)
        module = Tagger(pick=pick)
        with torch.no_grad():
            module.head.weight *= scale
            module.head.bias += bias
        if pick is None:
            assert from_torch(module).specification.outputs == 2
        else:
            with pytest.raises(ValueError, match="its outputs differ"):
                from_torch(module)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("scale", [0, 1, 3, 10])
def test_networks_that_blow_rounding_up_are_read(kind, scale):
    torch.manual_seed(0)
    for activation in [{"nonlinearity": "tanh"}, {"nonlinearity": "relu"}] if kind is nn.RNN else [{}]:
        module = Tagger()
        module.rnn = kind(3, 8, batch_first=True, **activation)
        with torch.no_grad():
            module.rnn.weight_hh_l0 *= scale
        assert from_torch(module).specification.hidden == 8


class OfOwn(nn.ModuleDict):
    """A container that can be run."""

    def __init__(self, power):
        super().__init__({"rnn": nn.LSTM(3, 8, batch_first=True), "head": nn.Linear(8, 2)})
        self.power = power

    def forward(self, x):
        return self["head"](self["rnn"](x)[0]) ** self.power


class Cubed(nn.Linear):
    def forward(self, x):
        return super().forward(x) ** 3


class InAList(nn.ModuleList):
    def forward(self, x):
        return self[1](self[0](x)[0]) ** 3


class InARow(nn.Sequential):
    def forward(self, x):
        return self[1](self[0](x)[0]) ** 3


def with_a_hook():
    module = nn.ModuleList([nn.GRU(2, 3), nn.Linear(3, 1)])
    module[1].register_forward_hook(lambda part, x, y: y**3)
    return module


def test_containers_with_a_forward_of_their_own_are_run():
    torch.manual_seed(0)
    module, x = OfOwn(1), torch.randn(4, 7, 3)
    np.testing.assert_allclose(from_torch(module).predict(x.numpy()), module(x).detach().numpy(), atol=1e-6)
    parts = nn.GRU(2, 3, batch_first=True), nn.Linear(3, 1)
    for other in (OfOwn(3), InAList(parts), InARow(*parts)):
        with pytest.raises(ValueError, match="its outputs differ"):
            from_torch(other)
    for other in (nn.ModuleList([nn.GRU(2, 3), Cubed(3, 1)]), with_a_hook()):
        with pytest.raises(ValueError, match="has a forward or hooks of its own, and a ModuleList cannot be run"):
            from_torch(other)


def with_entry(name, tensor):
    """The state_dict of a network with another entry."""
    module = nn.ModuleDict({"gru": nn.GRU(2, 3), "head": nn.Linear(3, 1)})
    return dict(module.state_dict()) | {name: tensor}


@pytest.mark.parametrize(
    ("source", "fields", "message"),
    [
        (
            nn.LSTM(2, 3),
            {},
            "one nn.RNN, nn.LSTM, nn.GRU or CellRNN and one nn.Linear, got the parameters weight_ih_l0",
        ),
        (nn.ModuleList([nn.GRU(2, 3), nn.GRU(3, 3), nn.Linear(3, 1)]), {}, "one nn.RNN, nn.LSTM, nn.GRU or CellRNN"),
        (nn.ModuleList([nn.Embedding(9, 2), nn.GRU(2, 3), nn.Linear(3, 1)]), {}, "it holds an Embedding"),
        (nn.ModuleList([nn.GRU(2, 3), nn.Linear(3, 1), nn.LayerNorm(1)]), {}, "it holds a LayerNorm"),
        (nn.ModuleList([nn.Linear(2, 2), nn.GRU(2, 3)]), {}, "its parts stand in another order"),
        (nn.ModuleList([nn.GRU(2, 3), nn.Linear(3, 1), nn.Softmax(1)]), {}, "its nn.Softmax is over axis 1"),
        (nn.ModuleList([nn.GRU(2, 3), nn.Linear(3, 1), nn.Sigmoid(), nn.Sigmoid()]), {}, "it holds 2 functions"),
        (nn.ModuleList([nn.GRU(2, 3), nn.Linear(3, 1)]), {"readout": "relu"}, 'readout must be "sigmoid", "softmax"'),
        (nn.ModuleList([nn.GRU(2, 3), nn.Linear(3, 1)]).to("meta"), {}, "holds no plain numbers"),
        (
            nn.Sequential(nn.GRU(2, 3), nn.Linear(3, 1)),
            {},
            r"it cannot be run on x of shape \(3, 7, 2\) alone \(TypeError",
        ),
        ("net.pt", {}, r"got the path 'net\.pt': load it first, with torch\.load\(path, weights_only=True\)"),
        (Path("net.pt"), {}, "got the path"),
        (None, {}, "got a NoneType"),
        (
            {"epoch": 3, "model": nn.GRU(2, 3).state_dict()},
            {},
            "it is a checkpoint, not a state_dict: give its entry 'model'",
        ),
        ({"epoch": 3}, {}, "a state_dict holds tensors by name, got an int as 'epoch'"),
        (with_entry("gru.weight_ih_l999999", torch.zeros(9, 3)), {}, "there are 2, and one has the number 999999"),
        (with_entry("gru.weight_hr_l0", torch.zeros(1, 3)), {}, "one nn.Linear, got the parameters"),
        (with_entry("gru.bias_ih_l0_reverse", torch.zeros(9)), {}, "it holds bias_ih_l0_reverse, which the other"),
        (with_entry("head.bias", torch.tensor([torch.nan])), {}, "head.bias holds numbers that are not finite"),
        (with_entry("head.weight", torch.zeros(1, 1).expand(2**20, 2**20)), {}, "of memory"),
        (with_entry("gru.weight_hh_l0", torch.zeros(3)), {}, "weight_hh_l0 must be"),
        (nn.ModuleList([nn.LSTM(2, 4, proj_size=2), nn.Linear(2, 1)]), {}, "a projection cannot be read|one nn.Linear"),
        (nn.ModuleList([nn.GRU(2, 3), nn.Linear(6, 1)]), {}, r"weight must be \(1, 3\), got \(1, 6\)"),
        (nn.ModuleList([nn.GRU(2, 3), nn.Linear(3, 1)]).half(), {}, "got float16"),
        (nn.ModuleList([nn.RNN(2, 3), nn.Linear(3, 1)]).state_dict(), {}, "give activation"),
        (nn.ModuleList([nn.GRU(2, 3), nn.Linear(3, 1)]), {"hidden": 3}, "hidden stands in the parameters already"),
        ({}, {}, "of nothing"),
    ],
)
def test_what_is_not_ours_is_refused(source, fields, message):
    with pytest.raises(ValueError, match=message) as caught:
        from_torch(source, **fields)
    assert "\n" not in str(caught.value)


def test_the_module_is_independent_of_the_network():
    net = tt.Network(cell="lstm", inputs=1, hidden=2, outputs=1)
    module, before = to_torch(net), net.parameters.copy()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 1
    np.testing.assert_array_equal(net.parameters, before)


def test_damaged_state_dicts_are_right_or_refused():
    """Tensors cut, turned, renamed, left out, of other types: what comes back is a network or one sentence."""
    rng, said = np.random.default_rng(0), []
    module = nn.ModuleDict({"lstm": nn.LSTM(2, 3, 2, bidirectional=True), "head": nn.Linear(6, 2)})
    for _ in range(300):
        state = dict(module.state_dict())
        name = list(state)[int(rng.integers(len(state)))]
        tensor = state.pop(name)
        other = list(state)[int(rng.integers(len(state)))]
        changed = [
            tensor[:-1], tensor.swapaxes(0, -1), tensor.half(), tensor.to_sparse(), tensor[None], tensor.reshape(-1),
            tensor * torch.nan, tensor.expand(2**20, *tensor.shape),
            tensor.to("meta"), tensor.int(), state[other], None, 3.0, [1.0],
        ]  # fmt: skip
        renamed = [
            name,
            f"{name}_reverse",
            name.replace("l0", "l7"),
            name.replace("l1", "l99999999"),
            f"a.{name}",
            "",
            7,
        ]
        for _ in range(int(rng.integers(1, 3))):
            state[renamed[int(rng.integers(len(renamed)))]] = changed[int(rng.integers(len(changed)))]
        try:
            from_torch(state)
        except ValueError as error:
            said.append(str(error))
    assert len(said) > 250
    assert not [sentence for sentence in said if len(sentence) > 500 or "\n" in sentence]
