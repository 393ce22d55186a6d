"""The second proof checker, in JavaScript: its bounds against flint's, its verdicts against `proof.checker`'s."""

import json
import math
import shutil
import subprocess
import sys

import numpy as np
import pytest
from flint import arb, ctx
from test_engine import ENGINE, HERE, node, passes

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")

FUNCTIONS = {"exp": arb.exp, "sigmoid": lambda x: 1 / (1 + (-x).exp()), "tanh": arb.tanh}


def neighbours(x, f):
    """The doubles on both sides of f(x), from 8,000 bits of it."""
    before, ctx.prec = ctx.prec, 8000
    try:
        value, near = f(arb(x)), float(f(arb(x)))
        below = near if bool(arb(near) <= value) else math.nextafter(near, -math.inf)
        return below, near if bool(arb(near) >= value) else math.nextafter(near, math.inf)
    finally:
        ctx.prec = before


def bounds():
    rng = np.random.default_rng(0)
    points = [
        0.0,
        -0.0,
        5e-324,
        1e-300,
        1e-9,
        0.34657,
        0.34658,
        0.6931471805599453,
        1,
        36.5,
        700,
        708.5,
        739.9,
        745,
        2000.0,
    ]
    points += (rng.normal(0, 1, 300) * 10 ** rng.uniform(-6, 2.8, 300)).tolist()
    given = [*points, *(-x for x in points)]
    found = {name: [(x, *neighbours(x, f)) for x in given] for name, f in FUNCTIONS.items()}
    return found | {"exp": [entry for entry in found["exp"] if entry[0] <= 0]}


def folder_of(folder, count):
    shutil.copytree(ENGINE / "checker", folder / "checker")
    shutil.copy(ENGINE / "random.js", folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "bounds.json").write_text(json.dumps(bounds()))
    certificates = folder / "certificates.jsonl"
    subprocess.run([sys.executable, HERE / "certificates.py", certificates, str(count)], check=True, timeout=600)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return folder_of(tmp_path_factory.mktemp("checker"), 100)


@pytest.mark.long
def test_its_bounds_hold_and_its_verdicts_are_those_of_the_first_checker(folder):
    passes("checker.mjs", folder)


@pytest.mark.long
def test_two_thousand_verdicts(tmp_path):
    passes("checker.mjs", folder_of(tmp_path, 2000))


PLANTED = {
    "rounding down": ("bounds.js", "x + (Math.abs(x) * UNIT + TINY)", "x"),
    "too short a series": ("bounds.js", "let n = 14;", "let n = 9;"),
    "what rounding does to sums": ("forms.js", "const errors = (sizes, count) => up(sizes * UNIT + count * TINY)",
                                   "const errors = (sizes, count) => up(0 * sizes * count)"),
    "what rounding does to matrices": ("forms.js", "up(set.own + errors(size(set) * n, 0))", "set.own"),
    "what sums of sizes are off by": ("forms.js", "up(total + errors(total * (row.length + 1), row.length))", "total"),
    "the product of what w and t are off by": ("forms.js", "times(radius(w, 1), radius(t, 1))", "0"),
    "what a factor does to own": ("forms.js", "up(own + times(Math.abs(factor), set.own))", "up(own + set.own)"),
    "the turn of a curve": ("forms.js", "if (u > 0) high", "if (u > 9e9) high"),
    "the corner of relu": ("forms.js", "if (l < 0 && u > 0)", "if (false)"),
    "ε": ("network.js", "own: sum(own, this.epsilon)", "own"),
    "what a step is off by": ("network.js", "e: sum(a.e, b.e), k: a.k + b.k + 1", "e: 0, k: a.k + b.k + 1"),
    "what is off stays on its own": ("network.js", "return { ...a, x, own: 0 }", "return { ...a, own: 0 }"),
    "the upper ends of a set": ("check.js", "lo[j] <= low && high <= hi[j]", "lo[j] <= low"),
    "what inputs are off by": ("check.js", "between(low, high, most + i)", "between(low, low, most + i)"),
    "the labels": ("check.js", "sets[to].label === machine.next[label][a]", "true"),
    "the hash": ("check.js", "sha256(new Uint8Array(bytes.buffer)) === file.sha256", "true"),
    "names that Python has not": ("reading.js", "ø-ÿ", "ø-Ͽ"),
    "numbers with a point": ("reading.js", 'need(!/\\d[.e]/i', 'need(true || !/\\d[.e]/i'),
    "spaces that Python has not": ("reading.js", "[ \\t-\\r]*", "\\s*"),
    "the margin": ("check.js", "need(margin > epsilon", "need(margin > -1e9"),
}  # fmt: skip
"""Errors that would make the checker believe too much: the file, what stands there, and what is put in its place."""


@pytest.mark.long
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_seen(folder, tmp_path, name):
    file, right, wrong = PLANTED[name]
    planted = shutil.copytree(folder, tmp_path / "planted")
    text = (planted / "checker" / file).read_text()
    assert right in text
    (planted / "checker" / file).write_text(text.replace(right, wrong))
    assert "AssertionError" in node("checker.mjs", planted).stdout
