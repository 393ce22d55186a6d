"""Monte Carlo: images of a zonotope's points lie inside the relaxations, and a planted bug shows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from built_networks import empty
from own_cells import OWN, grows

from oracles.step_functions import STEPS
from throughtime.proof import Machine, zonotope
from throughtime.proof.arithmetic import step_error
from throughtime.proof.image import image
from throughtime.proof.system import System
from throughtime.proof.zonotope import Zonotope
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import count

POINTS = 2000


def sample(rng, Z, e, corners):
    """Points (P,…,n) of zonotopes, for coefficients e (P,K) of the generators; some at corners."""
    own = rng.uniform(-1, 1, (len(e), *Z.d.shape))
    own[corners] = np.sign(own[corners])
    return Z.c + np.tensordot(e, Z.G, axes=(1, Z.G.ndim - 2)) + own * Z.d


def coefficients(rng, K):
    e = rng.uniform(-1, 1, (POINTS, K))
    corners = np.arange(POINTS) % 4 == 0
    e[corners] = np.sign(e[corners])
    return e, corners


def contains(Z, points, e):
    """Whether points (P,…,n) made with e (P,K) lie in Z, which may have further generators of its own."""
    K = e.shape[1]
    middle = Z.c + np.tensordot(e, Z.G[..., :K, :], axes=(1, Z.G.ndim - 2))
    own = Z.d + np.abs(Z.G[..., K:, :]).sum(axis=-2)
    return np.abs(points - middle) <= own


def random_zonotope(rng, batch=30, K=5, n=4):
    scale = 10 ** rng.uniform(-4, 1, (batch, 1))
    return zonotope.zonotope(
        rng.normal(0, 3, (batch, n)),
        rng.normal(0, 1, (batch, K, n)) * scale[..., None],
        rng.uniform(0, 1, (batch, n)) * scale,
    )


def S(x):
    return np.where(x >= 0, 1, np.exp(-np.abs(x))) / (1 + np.exp(-np.abs(x)))


FUNCTIONS = {"sigmoid": S, "tanh": np.tanh, "relu": lambda x: np.maximum(x, 0)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations_hold_every_point(name):
    """240,000 numbers each."""
    rng = np.random.default_rng(0)
    Z = random_zonotope(rng)
    e, corners = coefficients(rng, 5)
    image_of = getattr(zonotope, name)(Z)
    assert contains(image_of, FUNCTIONS[name](sample(rng, Z, e, corners)), e).all()


def test_fewer_generators_hold_every_point():
    """Whatever the ones that are kept are set to: the farthest that a point lies in each of 200 directions."""
    rng = np.random.default_rng(3)
    Z = random_zonotope(rng, K=12)
    reduced = zonotope.fewer(Z, 5)
    assert reduced.G.shape[-2] == 5
    assert zonotope.fewer(Z, 12) is Z
    directions = rng.normal(0, 1, (4, 200))
    for way in (directions, np.eye(4)):
        before, after = (np.abs(X.G @ way).sum(axis=-2) + X.d @ np.abs(way) for X in (Z, reduced))
        assert (after >= before * (1 - 1e-14)).all()
    assert (reduced.g >= np.abs(reduced.G).sum(axis=-2)).all()
    np.testing.assert_allclose(reduced.radius, Z.radius, rtol=1e-13)
    sizes = np.sort(np.abs(Z.G).sum(axis=-1), axis=-1)
    np.testing.assert_allclose(np.sort(np.abs(reduced.G).sum(axis=-1), axis=-1), sizes[:, -5:])


def odd_numbers(rng, shape, least, most):
    """Of any size between these powers of two, subnormal and huge ones too, and some zeros."""
    found = np.ldexp(rng.uniform(-2, 2, shape), rng.integers(least, most, shape))
    return np.where(rng.random(shape) < 0.2, 0.0, found)


@pytest.mark.parametrize("powers", [(-1074, -1015), (-1074, 1000), (-3, 3), (0, 1), (990, 1018)])
def test_fewer_generators_are_rounded_outward_in_exact_arithmetic(powers):
    rng = np.random.default_rng(4)
    for _ in range(300):
        K, most = int(rng.integers(2, 14)), int(rng.integers(1, 5))
        G, d = odd_numbers(rng, (K, 2), *powers), np.abs(odd_numbers(rng, 2, *powers))
        sums = [sum(Fraction(abs(one)) for one in column) for column in G.T.tolist()]
        g = np.array([float(one) if float(one) >= one else np.nextafter(float(one), np.inf) for one in sums])
        reduced = zonotope.fewer(Zonotope(np.zeros(2), G, d, g), most)
        for before, after, own, off, least in zip(sums, reduced.G.T.tolist(), d, reduced.d, reduced.g, strict=True):
            kept = sum(Fraction(abs(one)) for one in after)
            assert Fraction(off) >= Fraction(own) + before - kept
            assert Fraction(least) >= kept


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_generators_that_are_no_number_leave_no_bound_behind(odd):
    G = np.random.default_rng(5).normal(size=(5, 3))
    G[2, 1] = odd
    with np.errstate(invalid="ignore"):
        radius = zonotope.fewer(zonotope.zonotope(np.zeros(3), G), 2).radius
    assert np.isfinite(radius).tolist() == [True, False, True]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations_are_tight_at_the_ends_of_one_interval(name):
    """For one coordinate with one generator, the band around the secant is as narrow as it can be."""
    l, h = np.sort(np.random.default_rng(1).normal(0, 3, (2, 200)), axis=0)
    Z = zonotope.box(l[:, None], h[:, None])
    image_of = getattr(zonotope, name)(Z)
    z = np.linspace(0, 1, 2001)[:, None] * (h - l) + l
    s = image_of.G[:, 0, 0] / Z.G[:, 0, 0]
    band = FUNCTIONS[name](z) - s * z
    assert 2 * image_of.d[:, 0] == pytest.approx(np.ptp(band, axis=0), rel=2e-3, abs=1e-12)


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_activations_far_out_and_on_single_points(name):
    rng = np.random.default_rng(2)
    c = np.array([-800.0, -40, -1, -1e-17, 0, 1e-17, 0.3, 25, 800])
    for r in (0.0, 1e-16, 1e-9, 1.0, 500.0):
        Z = zonotope.box(c - r, c + r)
        image_of = getattr(zonotope, name)(Z)
        e = rng.uniform(-1, 1, (POINTS, len(c)))
        points = FUNCTIONS[name](Z.c + e @ Z.G)
        assert contains(image_of, points, e).all()


OPERATIONS = {
    "add": lambda x, y, w: (zonotope.add(x, y), np.add),
    "product": lambda x, y, w: (zonotope.product(x, y), np.multiply),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_sums_and_products_hold_every_point(name):
    rng = np.random.default_rng(3)
    X, Y = random_zonotope(rng), random_zonotope(rng)
    e, corners = coefficients(rng, 5)
    result, f = OPERATIONS[name](X, Y, None)
    assert contains(result, f(sample(rng, X, e, corners), sample(rng, Y, e, corners)), e).all()


def test_a_blend_holds_every_point():
    rng = np.random.default_rng(4)
    W, X, Y = (random_zonotope(rng) for _ in range(3))
    e, corners = coefficients(rng, 5)
    w, x, y = (sample(rng, Z, e, corners) for Z in (W, X, Y))
    assert contains(zonotope.blend(W, X, Y), (1 - w) * x + w * y, e).all()


def test_a_matrix_holds_every_point_spread_or_not():
    rng = np.random.default_rng(5)
    Z, M, b = random_zonotope(rng), rng.normal(0, 2, (4, 6)), rng.normal(size=6)
    e, corners = coefficients(rng, 5)
    points = sample(rng, Z, e, corners)
    assert contains(zonotope.affine(Z, M, b), points @ M + b, e).all()
    assert contains(zonotope.affine(zonotope.spread(Z), M, b), points @ M + b, e).all()


def test_a_box_holds_its_corners():
    rng = np.random.default_rng(6)
    lo = rng.normal(size=(10, 3))
    hi = lo + rng.uniform(0, 1, (10, 3))
    Z = zonotope.box(lo, hi)
    for corner in np.ndindex(2, 2, 2):
        assert (np.abs(np.where(np.array(corner), hi, lo) - Z.c) <= Z.radius).all()


CELLS = {
    "sigmoid": {"cell": "elman"},
    "tanh": {"cell": "elman", "activation": "tanh"},
    "relu": {"cell": "elman", "activation": "relu"},
    "lstm": {"cell": "lstm"},
    "gru": {"cell": "gru"},
    "sigmoid, two layers": {"cell": "elman", "layers": 2},
    "lstm, two layers": {"cell": "lstm", "layers": 2},
    "gru, three layers": {"cell": "gru", "layers": 3},
    "tanh, no biases, identity": {"cell": "elman", "activation": "tanh", "bias": False, "readout": "identity"},
}
CELLS |= OWN

MACHINE = Machine(
    symbols=np.array([[0.0, 1.0], [1.0, 0.0], [0.5, -2.0]]),
    next=np.zeros((1, 3), np.int64),
    outputs=np.zeros((1, 3, 2), np.int64),
    state_names=("s",),
    symbol_names=("a", "b", "c"),
)


def random_system(rng, fields):
    specification = NetworkSpecification(inputs=2, hidden=3, outputs=2, **fields)
    net = empty(inputs=2, hidden=3, outputs=2, **fields)
    net.parameters[:] = rng.normal(0, 1.5, count(specification))
    return System.of(net, MACHINE)


def step(system, states, a):
    """Next states and net_y of states (P,n) in float64."""
    after, y = system.step(states, np.full(len(states), a))
    if system.specification.readout == "sigmoid":
        with np.errstate(divide="ignore"):
            y = np.log(y) - np.log1p(-y)
    return after, y


def images_hold(seed, fields, batches=15, epsilon=0.0):
    """Whether sampled states step into the image; 6,000 states of each of 15 networks, by every symbol."""
    rng = np.random.default_rng(seed)
    for _ in range(batches):
        system = random_system(rng, fields)
        n, K = system.width, 5
        scale = 10 ** rng.uniform(-3, 0, (3, 1))
        Z = zonotope.zonotope(
            rng.uniform(-1, 1, (3, n)),
            rng.normal(0, 0.3, (3, K, n)) * scale[..., None],
            rng.uniform(0, 0.3, (3, n)) * scale,
        )
        after, net_y = image(system, Z, epsilon)
        e, corners = coefficients(rng, K)
        states = sample(rng, Z, e, corners)
        for a in range(3):
            for b in range(3):
                s, y = step(system, states[:, b], a)
                off = 1e-13 if system.specification.activation != "relu" else 1e-12
                if not inside(after.at((b, a)), net_y.at((b, a)), s, y, e, off):
                    return False
    return True


def inside(after, net_y, s, y, e, off):
    """Whether sampled next states s and net_y lie in their images, but for what sampling rounds off."""
    far = np.abs(y) > 30  # where the logit of a rounded y tells nothing
    known = contains(widened(after, off), s, e).all()
    return bool(known and (contains(widened(net_y, 1e-3), y, e) | far).all())


def widened(Z, by):
    """By the rounding errors of the sampled points themselves."""
    return Zonotope(Z.c, Z.G, Z.d + by, Z.g)


@pytest.mark.parametrize("name", CELLS)
def test_images_hold_every_state(name):
    assert images_hold(7, CELLS[name])


@pytest.mark.parametrize("name", OWN)
def test_a_float32_step_of_a_cell_of_ones_own_is_off_by_less_than_its_allowance(name):
    rng, worst = np.random.default_rng(3), 0.0
    for _ in range(20):
        fields = OWN[name] | {"inputs": 2, "hidden": 8, "outputs": 2, "layers": 1}
        single, double = empty(dtype="float32", **fields), empty(**fields)
        single.parameters[:] = double.parameters[:] = rng.normal(0, 2, len(single.parameters)).astype(np.float32)
        near, exact = System.of(single, MACHINE), System.of(double, MACHINE)
        states, letters = rng.uniform(-2, 2, (500, near.width)).astype(np.float32), rng.integers(3, size=500)
        first, after = near.step(states, letters)[0], exact.step(states.astype(np.float64), letters)[0]
        reach = max(2.0, float(np.abs(after).max()))
        if near.parts > 1:  # h reads the other state as it was computed, so it is held against that alone
            first, after = first[:, 8:], after[:, 8:]
        worst = max(worst, float(np.abs(first - after).max()) / step_error(near, reach))
    assert 1e-5 < worst < 1


def test_what_a_proof_cannot_read_is_named():
    with pytest.raises(ValueError, match="a proof cannot read exp, which the cell grows is made of"):
        random_system(np.random.default_rng(0), {"cell": grows})
    with pytest.raises(ValueError, match="a proof cannot read softplus, which the cell smooth is made of"):
        random_system(np.random.default_rng(0), {"cell": STEPS["smooth"]})


def test_an_allowance_widens_every_state():
    system = random_system(np.random.default_rng(8), CELLS["lstm"])
    point = zonotope.box(np.full((1, system.width), 0.3), np.full((1, system.width), 0.3))
    tight, loose = image(system, point, 0.0)[0], image(system, point, 1e-3)[0]
    assert (loose.radius - tight.radius >= 1e-3).all()


def bug(name):
    """A wrong relaxation, by name."""
    right = {key: getattr(zonotope, key) for key in ("sigmoid", "tanh", "relu", "product", "blend", "spread", "affine")}

    def without_error(f):
        return lambda *Z: right[f](*Z)._replace(d=np.zeros_like(right[f](*Z).d))

    def product(X, Y):
        Z = right["product"](X, Y)
        return Z._replace(d=Z.d - 0.5 * X.radius * Y.radius)

    def spread(Z, at=0):
        return Zonotope(Z.c, right["spread"](Z).G[..., : Z.G.shape[-2], :], np.zeros_like(Z.d), Z.g)

    def same_places(Z, at=0):
        return right["spread"](Z)

    def tanh(Z):
        return right["tanh"](Zonotope(Z.c * 1.001, Z.G, Z.d, Z.g))

    def blend(W, X, Y):
        return right["blend"](W, Y, X)

    def affine(Z, M, b):
        return right["affine"](Z._replace(d=0 * Z.d), M, b)

    return {
        "sigmoid": ("sigmoid", without_error("sigmoid")),
        "product": ("product", product),
        "spread": ("spread", spread),
        "same places": ("spread", same_places),
        "tanh": ("tanh", tanh),
        "blend": ("blend", blend),
        "affine": ("affine", affine),
        "relu": ("relu", without_error("relu")),
    }[name]


@pytest.mark.parametrize(
    ("name", "cell"),
    [("sigmoid", "sigmoid"), ("sigmoid", "gru"), ("product", "lstm"), ("product", "gru"),
        ("spread", "sigmoid, two layers"),
     ("same places", "differs"), ("spread", "lstm"),
     ("tanh", "tanh"), ("tanh", "lstm"), ("blend", "gru"), ("affine", "sigmoid"), ("relu", "relu")],
)  # fmt: skip
def test_a_planted_bug_shows(monkeypatch, name, cell):
    from throughtime.proof import image as module

    attribute, wrong = bug(name)
    monkeypatch.setattr(module, attribute, wrong, raising=False)
    monkeypatch.setitem(module.ACTIVATIONS, attribute, wrong)
    assert not images_hold(9, CELLS[cell])
