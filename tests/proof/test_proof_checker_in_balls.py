"""Images of the checker, and runs in decimal numbers, against balls of python-flint: no slack for anything."""

from __future__ import annotations

from decimal import Decimal, localcontext

import built_networks as built
import numpy as np
import pytest
from balls import balls, bits, step
from flint import arb
from test_proof_checker import CELLS, MACHINE, reader

from throughtime.proof.checker import network, sets
from throughtime.proof.decimals import Arithmetic, Near, last_net_y
from throughtime.proof.system import System


def inside(found, point, e) -> bool:
    """Whether a point with these e, (n,) balls, surely lies in a set."""
    K = 1 + len(e)
    at = balls(found.x[:, :K]) @ np.array([1, *e], object)
    rest = balls(np.abs(found.x[:, K:])).sum(axis=1) + balls(found.r)
    return all(bool(abs(p - q) <= r) for p, q, r in zip(point, at, rest, strict=True))


def images_hold(fields, scale, points=3) -> bool:
    """Two steps from points of a set as small as 2⁻⁴⁰, or a large one: rounding counts for as much as the rest."""
    rng = np.random.default_rng(4)
    for radius in (0.0, 2.0**-50, 2.0**-40, 0.1):
        net = built.empty(inputs=2, hidden=3, outputs=1, **fields)
        net.parameters[:] = rng.normal(0, scale, len(net.parameters))
        system = System.of(net, MACHINE)
        view, n = reader(system), system.width
        start = sets.Set(np.column_stack([rng.uniform(-1, 1, n), np.diag(np.full(n, radius))]), np.zeros(n))
        for _ in range(points):
            box, e = start, rng.choice([-1, 0, 1], n).tolist()
            state = balls(box.x) @ np.array([1, *e], object)
            for symbol in MACHINE.symbols:
                how = network.Arithmetic("float64", 0.0, box.x.shape[1])
                after, net_y = view.step(how, box, sets.points(symbol), {})
                state, y = step(system, state, balls(symbol))
                if not (inside(after, state, e) and inside(net_y.set, y, e)):
                    return False
                box = how.shared(after, len(view.share) * view.H)
    return True


@pytest.mark.parametrize("name", CELLS)
def test_images_hold_balls(name):
    with bits(300):
        assert images_hold(CELLS[name], 3.0)


@pytest.mark.parametrize("rounding", ["ROUND_HALF_EVEN", "ROUND_UP", "ROUND_DOWN"])
def test_ends_of_decimal_numbers_are_not_rounded_inward(rounding):
    """A number that is off by less than its last place is not taken for one that is at most 1/2."""
    with localcontext(prec=40, rounding=rounding):
        low, high = Arithmetic(40).ends(Near(Decimal("0.5"), Decimal("1e-60")))
    assert low < Decimal("0.5") < high


@pytest.mark.parametrize("name", ["relu", "lstm, two layers", "clipped", "gru"])
def test_decimal_numbers_hold_balls(name):
    """After twelve steps with 50 digits, and as near as 40 of them can be."""
    rng = np.random.default_rng(5)
    net = built.empty(inputs=2, hidden=4, outputs=1, **CELLS[name])
    net.parameters[:] = rng.normal(0, 0.7, len(net.parameters))
    system, word = System.of(net, MACHINE), tuple(rng.integers(2, size=12).tolist())
    ((low, high),) = last_net_y(system, word, 50)
    with bits(400):
        state = balls(np.zeros(system.width))
        for letter in word:
            state, (y,) = step(system, state, balls(system.symbols[letter]))
        assert arb(str(low)) <= y <= arb(str(high))
        assert 0 < high - low < 1e-35 * (1 + float(high) ** 2)


@pytest.mark.parametrize("cell", ["peephole", "lstm", "gru"])
def test_decimal_numbers_that_may_be_any_are_said_to_be(cell):
    """A peephole's bound became 0 · ∞, which is no number, and comparing it ended `prove` with InvalidOperation."""
    net = built.empty(cell=cell, inputs=2, hidden=3, outputs=1)
    net.parameters[:] = np.random.default_rng(0).normal(0, 6, len(net.parameters))
    assert last_net_y(System.of(net, MACHINE), (1,) * 60, 40) == [(Decimal("-Infinity"), Decimal("Infinity"))]


def test_functions_that_are_taken_to_be_exact_show(monkeypatch):
    curve = sets.curve
    monkeypatch.setattr(sets, "curve", lambda name, a: curve(name, a)._replace(r=0 * a.r))
    with bits(300):
        assert not images_hold(CELLS["tanh"], 3.0)


def epsilon_is_allowed(fields) -> bool:
    """Whether every state may be off by ε once it is computed, and net_y by what that makes of it."""
    net = built.empty(inputs=2, hidden=3, outputs=1, **fields)
    net.parameters[:] = np.random.default_rng(6).normal(0, 1.0, len(net.parameters))
    system, epsilon = System.of(net, MACHINE), 0.125
    how = network.Arithmetic("float64", epsilon, 1)
    after, net_y = reader(system).step(how, sets.points(np.zeros(system.width)), sets.points(MACHINE.symbols[0]), {})
    state, y = step(system, balls(np.zeros(system.width)), balls(MACHINE.symbols[0]))
    ends = [(after, state, epsilon), (net_y.set, y, epsilon * np.abs(net["W"]).sum())]
    return all(
        bool(low <= value - off and value + off <= high)
        for found, values, off in ends
        for low, high, value in zip(*sets.ends(found), values, strict=True)
    )


def test_states_may_be_off_by_epsilon(monkeypatch):
    assert epsilon_is_allowed(CELLS["tanh"])
    assert epsilon_is_allowed(CELLS["rests"])
    monkeypatch.setattr(network, "wider", lambda a, by: a)
    assert not epsilon_is_allowed(CELLS["tanh"])
