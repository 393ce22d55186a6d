"""Plain NumPy and the kernels are twins: they leave the same arrays on the tape, in every form of network."""

import numpy as np
import pytest

import throughtime as tt
from oracles.agree import assert_agree
from oracles.cases import FORMS, LOSSES
from throughtime.cells import NAMES
from throughtime.passes import quick
from throughtime.passes.one_pass import Pass
from throughtime.passes.plain import Plain

ARRAYS = ("states", "gates", "delta", "joined", "net_y", "y", "delta_y", "error", "d_last", "d_first", "d_x")
LENGTHS = np.array([3, 7, 1, 7, 2])
B, T = len(LENGTHS), 7
TOLERANCE = {"float64": 1e-12, "float32": 2e-5}
OTHERS = {
    "float32": {"dtype": "float32"},
    "no-biases": {"bias": False, "layers": 2},
    "layer-norm": {"layer_norm": True, "bidirectional": True},
    "last-step": {"output": "last step", "bidirectional": True, "layers": 2},
}


def network(cell, seed=0, **fields):
    net = tt.Network(cell=cell, inputs=2, hidden=3, outputs=3, **fields)
    net.parameters[:] = np.random.default_rng(seed).normal(0, 0.6, net.parameters.shape)
    return net


def both(net, T=T):
    """A pass of the kernels, and one of plain NumPy."""
    s, p = net.specification, net.parameters
    return [Pass(s, p, T, B, d_x=True, computing=computing) for computing in (None, Plain)]


def batch(s, seed=1):
    """x, y and mask, which are other numbers behind the ends, too."""
    rng = np.random.default_rng(seed)
    outer = (B,) if s.output == "last step" else (B, T)
    mask = rng.uniform(0, 2, outer)
    mask.flat[2] = 0
    return rng.normal(size=(B, T, 2)), rng.dirichlet(np.ones(3), outer), mask


def compare(net):
    """Every array of both passes, of a derivative from outside, and of what is returned."""
    s, tolerance = net.specification, TOLERANCE[net.specification.dtype]
    x, y, mask = batch(s)
    compiled, plain = both(net)
    for found, wanted in zip(*(one.differentiate(x, LENGTHS, y, mask) for one in (plain, compiled)), strict=True):
        assert_agree(found, wanted, tolerance, "loss or gradient")
    for name in ARRAYS:
        assert_agree(getattr(plain.tape, name), getattr(compiled.tape, name), tolerance, name)
    for name in ("x", "lengths", "d", "mask"):
        assert np.array_equal(getattr(plain, name), getattr(compiled, name))
    state = compiled.final
    d_h = np.random.default_rng(2).normal(size=(B, T, 3 * s.directions))
    found, wanted = plain.backward(d_h, state), compiled.backward(d_h, state)
    assert_agree(found.gradient, wanted.gradient, tolerance, "gradient")
    assert_agree(found.d_x, wanted.d_x, tolerance, "∂x")
    assert_agree(found.d_state.numbers, wanted.d_state.numbers, tolerance, "∂E by the state")
    if not s.bidirectional:
        compiled, plain = both(net, 3)  # which read x in three pieces
        assert_agree(plain.predict(x, LENGTHS, state), compiled.predict(x, LENGTHS, state), tolerance, "y")
        compiled, plain = both(net, 1)
        for (found, after), (wanted, wanted_after) in [[one.step(x[:, 0], state) for one in (plain, compiled)]]:
            assert_agree(found, wanted, tolerance, "y of a step")
            assert_agree(after.numbers, wanted_after.numbers, tolerance, "the state after it")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cell", ["elman", "lstm"])
def test_every_array(cell, form):
    compare(network(cell, **FORMS[form], **list(LOSSES.values())[len(cell + form) % len(LOSSES)]))


@pytest.mark.long
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("cell", NAMES)
def test_every_cell(cell, other):
    compare(network(cell, **OTHERS[other]))


@pytest.mark.parametrize("units", [3, 2**15 + 1])
def test_rows_are_read_in_groups(units, monkeypatch):
    monkeypatch.setattr("throughtime.passes.plain._NUMBERS_AT_ONCE", 6)
    net = network("lstm", layers=2, bidirectional=True)
    x, *_ = batch(net.specification)
    compiled, plain = both(net)
    assert_agree(plain.predict(x, LENGTHS), compiled.predict(x, LENGTHS), 1e-12, "y")


def test_wrong_numbers_are_named_as_by_the_kernels():
    net = network("elman", readout="softmax", loss="cross_entropy")
    x, y, _ = batch(net.specification)
    for wrong_x, wrong_y in ((np.where(x == x[1, 2, 0], np.nan, x), y), (x, 2 * y)):
        complaints = []
        for one in (net, net.quick()):
            with pytest.raises(ValueError, match=r"must be") as refused:
                one.gradient(wrong_x, wrong_y)
            complaints.append(str(refused.value))
        assert complaints[0] == complaints[1]


# Which of the two computes


@pytest.fixture
def used(monkeypatch):
    """Who has computed."""
    found = set()
    for name in ("read", "differentiate", "step"):
        plain = getattr(Plain, name)

        def called(self, *given, plain=plain):
            found.add("plain")
            return plain(self, *given)

        monkeypatch.setattr(Plain, name, called)
    compiled = quick._Computing._compiled.func
    loaded = property(lambda self: found.add("kernels") or compiled(self))
    monkeypatch.setattr(quick._Computing, "_compiled", loaded)
    return found


def test_a_little_is_plain_and_much_is_compiled(used):
    net = network("gru")
    few, many = np.zeros((1, 8, 2)), np.ones((1000, 500, 2))
    small, large = net.quick(), net.quick()
    small.predict(few)
    small.trace(few, np.zeros((1, 8, 3)))
    assert used == {"plain"}
    used.clear()
    assert np.array_equal(large.predict(many), net.predict(many))
    assert used == {"kernels"}


def test_many_small_calls_are_not_plain_for_ever(used, monkeypatch):
    monkeypatch.setattr(quick, "MOST", 10**6)
    net = network("gru").quick()
    state = net.initial_state(1)
    for _ in range(5):
        _, state = net.step(np.zeros((1, 2)), state)
    assert used == {"plain"}
    for _ in range(40):
        _, state = net.step(np.zeros((1, 2)), state)
    assert used == {"plain", "kernels"}


def test_a_network_is_not_quick_unless_it_is_made_so(used):
    network("elman").predict(np.zeros((1, 8, 2)))
    assert used == set()


def test_its_parameters_are_the_very_same():
    net = network("elman")
    fast = net.quick()
    x = np.ones((1, 4, 2))
    before = fast.predict(x)
    net.parameters[:] *= 2
    assert not np.array_equal(fast.predict(x), before)
    assert_agree(fast.predict(x), net.predict(x), 1e-12)
