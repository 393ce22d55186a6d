"""The checker's doubles against true numbers: fractions for sums and products, thousands of bits for exp."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from balls import FUNCTIONS, bits
from flint import arb

from throughtime.proof.checker import sets
from throughtime.proof.checker.sets import Set

H, TRIES = 3, 150
exactly = np.frompyfunc(Fraction, 1, 1)


def numbers(rng, *shape, spread=30.0):
    """Of very different sizes, some of them 0."""
    return rng.normal(0, 1, shape) * 2.0 ** rng.uniform(-spread, spread, shape) * (rng.random(shape) > 0.2)


def any_set(rng, rows=H):
    return Set(numbers(rng, rows, 1 + rng.integers(5)), np.abs(numbers(rng, rows)) * rng.integers(2))


def value(a, e, side):
    """A point of it, in fractions: e (5,) for the shared columns, side (H,) for what each is off by on its own."""
    return exactly(a.x).dot(np.array([1, *e[: a.x.shape[1] - 1]], object)) + exactly(a.r) * side


def holds(a, point, e) -> bool:
    """Whether a point with these e lies in it."""
    zero = np.zeros(len(a.r), int)
    return bool((abs(point - value(a, e, zero)) <= exactly(a.r)).all())


def corners(rng):
    return rng.choice([-1, 0, 1], 5).astype(object), lambda a: rng.choice([-1, 1], len(a.r)).astype(object)


def sums_and_products_hold() -> bool:
    rng = np.random.default_rng(1)
    for _ in range(TRIES):
        (a, b, w), M, c = (any_set(rng) for _ in range(3)), numbers(rng, 4, H), numbers(rng, H)
        e, side = corners(rng)
        p, q, v = (value(s, e, side(s)) for s in (a, b, w))
        low, high = sets.ends(a)
        if not (
            holds(sets.plus(a, b), p + q, e)
            and holds(sets.minus(a, b), p - q, e)
            and holds(sets.times(c, a), exactly(c) * p, e)
            and holds(sets.product(M, a), exactly(M).dot(p), e)
            and holds(sets.blend(w, a, b), (1 - v) * p + v * q, e)
            and (exactly(low) <= p).all()
            and (p <= exactly(high)).all()
            and (abs(p) <= exactly(sets.size(a))).all()
        ):
            return False
    return True


def long_sums_hold() -> bool:
    """Rows and columns of a thousand numbers, 0.1 most of all, whose sum in doubles is too small."""
    M, x = np.full((1, 1001), 0.1), np.full((1001, 3), 0.1)
    a = Set(x, np.full(1001, 0.1))
    e = np.ones(5, object)
    whole = sets.product(M, a)
    wide = Set(np.full((1, 1001), 0.1), np.full(1, 0.1))
    return (
        holds(whole, exactly(M).dot(value(a, e, 1)), e)
        and Fraction(float(sets.size(wide)[0])) >= 1002 * Fraction(0.1)
        and Fraction(float(sets.ends(wide)[1][0])) >= 1002 * Fraction(0.1)
    )


def functions_are_near() -> bool:
    rng = np.random.default_rng(0)
    z = np.concatenate([rng.normal(0, 1, 400) * 10 ** rng.uniform(-6, 2.8, 400), [0, 5e-324, 0.34658, 36.5, 700, 2e3]])
    z = np.concatenate([z, -z, np.log(2) * (np.arange(60) + 0.5)])
    with bits(2000):
        for name, f in {"exp": arb.exp, "sigmoid": FUNCTIONS["sigmoid"], "tanh": FUNCTIONS["tanh"]}.items():
            given = -np.abs(z) if name == "exp" else z
            found = getattr(sets, name)(given)
            for x, y in zip(given.tolist(), found.tolist(), strict=True):
                right = f(arb(x))
                near = right * 4 * sets.U + arb("1e-300") if name == "exp" else arb(sets.NEAR)
                if not abs(right - y) <= near:
                    return False
    return True


def curves_hold() -> bool:
    """To the last digit, at points all over [l, u]."""
    rng = np.random.default_rng(3)
    with bits(200):
        for name in sets.FUNCTIONS:
            x = np.stack([rng.normal(0, 3, 40), 10 ** rng.uniform(-8, 1.3, 40)], axis=1)
            found = sets.curve(name, Set(x, np.zeros(40)))
            for (c, g), (middle, slope), r in zip(x.tolist(), found.x.tolist(), found.r.tolist(), strict=True):
                for e in np.linspace(-1, 1, 41).tolist():
                    off = FUNCTIONS[name](arb(c) + arb(g) * e) - middle - arb(slope) * e
                    if not abs(off) <= r:
                        return False
    return True


def what_has_no_bound_has_none() -> bool:
    """Neither what is no number, nor what is too large, wherever that happens."""
    one, none = np.ones((1, 1)), np.zeros(1)
    with np.errstate(all="ignore"):
        for x in ([np.nan, 1.0], [np.inf, 1.0], [1.0, np.inf], [1e308, 1e308], [0.0, 1e308]):
            a = Set(np.array([x]), np.array([1e308]))
            found = [sets.plus(a, a), sets.times(np.array([9.0]), a), sets.product(9 * one, a), sets.blend(a, a, a)]
            found += [sets.curve("relu", a), sets.product(one, Set(np.array([[np.inf]]), none))]
            if any(np.isfinite(sets.ends(b)).all() for b in found):
                return False
        overflowing = sets.product(np.array([[9.0, -9.0]]), Set(np.full((2, 1), 1e308), np.zeros(2)))
        infinite = Set(np.array([[np.inf, 1.0]]), none)  # which that is where products are fused with sums; else NaN
        return not np.isfinite([sets.ends(overflowing), sets.ends(infinite)]).any()


def everything_holds() -> bool:
    found = sums_and_products_hold() and long_sums_hold() and functions_are_near() and curves_hold()
    return found and what_has_no_bound_has_none()


def test_sums_and_products_hold_what_is_true():
    assert sums_and_products_hold()
    assert long_sums_hold()


def test_functions_are_as_near_as_is_said():
    assert functions_are_near()


def test_curves_hold_their_functions():
    assert curves_hold()


def test_what_is_no_number_or_has_no_bound_stays_so():
    assert what_has_no_bound_has_none()


PLANTED = {
    "bounds are rounded down": ("return value * (1 + 2.0**-36) + 2.0**-960", "return value"),
    "sums are exact": (" + U * total(x[:, both])", ""),
    "multiples are exact": (" + U * total(x))", ")"),
    "matrix products are exact": ("a.r + 2 * M.shape[1] * U * size(a)", "a.r"),
    "matrix products keep what their parts are off by": ("np.abs(M) @ up(a.r + 2", "np.abs(M) @ up(0 * a.r + 2"),
    "lower ends": ("np.nextafter(a.x[:, 0] - r, -np.inf)", "a.x[:, 0] - r"),
    "upper ends": ("np.nextafter(a.x[:, 0] + r, np.inf)", "a.x[:, 0] + r"),
    "a size without r": ("up(total(a.x) + a.r)", "up(total(a.x))"),
    "the product of what w and t are off by": ("radius(w) * radius(t) + ", ""),
    "too short a series": ("range(14, 0, -1)", "range(9, 0, -1)"),
    "another ln 2": ("0x1.a39ef35793c76p-33", "0x1.a39ep-33"),
    "values of functions are exact": ("up(f.off + U * np.abs(s * z) + U * np.abs(g))", "0 * g"),
    "the top of a curve": ("np.maximum(high, top)", "high"),
    "its bottom": ("np.minimum(low, np.nextafter(BENDS[name].whole - rest, -np.inf))", "low"),
    "the corner of relu": ("np.minimum(low, 0)", "low"),
    "infinite is a number": (" + 0 * a.x[:, 0]", ""),
}
"""Errors that would make the checker believe too much: what stands in `sets`, and what is put in its place."""


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_seen(monkeypatch, name):
    right, wrong = PLANTED[name]
    text = Path(sets.__file__).read_text(encoding="utf-8")
    assert text.count(right) == 1
    planted = ModuleType(sets.__name__)
    planted.__package__ = sets.__package__
    exec(compile(text.replace(right, wrong), "planted", "exec"), planted.__dict__)
    monkeypatch.setattr(sys.modules[__name__], "sets", planted)
    assert not everything_holds()
