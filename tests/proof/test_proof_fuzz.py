"""Certificates changed at random, their operations most of all: what the checker accepts then is still true, all else
is refused in one line, by no other exception, and before there is much work."""

from __future__ import annotations

import copy
import hashlib
import json
import struct

import built_networks as built
import numpy as np
import pytest
from known_networks import prove
from tampered import OPERATIONS, holds
from test_proof_checker import lstm_with_peepholes

from throughtime import cell as own_cell
from throughtime import tanh, tasks
from throughtime.proof import Proved, checker
from throughtime.proof.certificate import certificate
from throughtime.proof.extraction import Tracking
from throughtime.proof.sets import Sets
from throughtime.proof.system import System

PARITY = tasks.Parity().machine
WORK = 50_000_000
WORDS = (
    "h",
    "x",
    "C",
    "p",
    "V",
    "U",
    "h_before",
    "v7",
    "",
    "é",
    "a b",
    "nan",
    "inf",
    "0x1p1",
    "identity",
    "float32",
    *OPERATIONS,
)
OTHERS = (None, True, 0, -1, 1.5, "", [], {}, [0], "0x0p0", 10**7, "0x1p-1074", "0x1p1000", -(10**30))


class TooMuch(Exception):
    """More work than a certificate of this size should take."""


def places(content, path=()):
    """The paths to everything in it."""
    if path:
        yield path
    for key, inner in (
        content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    ):
        yield from places(inner, (*path, key))


def change(content, rng) -> None:
    """Change one thing; half of the time, one of the operations."""
    step, whole = content["network"]["step"], list(places(content))
    paths = [("network", "step", *path) for path in places(step)] if rng.random() < 0.5 else whole
    path = (paths or whole)[rng.integers(len(paths or whole))]
    inside = content
    for key in path[:-1]:
        inside = inside[key]
    value, chance = inside[path[-1]], rng.random()
    if isinstance(value, str) and value.lstrip("-").startswith("0x") and chance < 0.8:
        number = float.fromhex(value)
        value = float(
            rng.choice([-number, number * 1.0001, number + 1e-3, number * 2, 0.0, number - 0.3, 1e300, 5e-324])
        ).hex()
    elif isinstance(value, str) and chance < 0.8:
        value = WORDS[rng.integers(len(WORDS))]
    elif type(value) is int and chance < 0.8:
        value += int(rng.choice([-2, -1, 1, 2]))
    elif isinstance(value, list) and value and chance < 0.8:
        value = [value[at] for at in rng.integers(len(value), size=len(value) + rng.integers(-1, 2))]
    else:
        value = copy.deepcopy(OTHERS[rng.integers(len(OTHERS))])
    inside[path[-1]] = value


def rehashed(content) -> None:
    """The hash of the weights as they are now, if they are numbers."""
    try:
        weights = [float.fromhex(weight) for weight in content["weights"]]
        content["sha256"] = hashlib.sha256(struct.pack(f"<{len(weights)}d", *weights)).hexdigest()
    except (TypeError, ValueError, KeyError, OverflowError):
        pass


def refusal(content) -> str | None:
    """Why it is rejected."""
    spent = 0

    def tick(done, of, work):
        nonlocal spent
        spent += work
        if spent > WORK:
            raise TooMuch

    try:
        checker.check(json.dumps(content), tick)
    except checker.Rejected as reason:
        return str(reason)
    except TooMuch:
        return "too much work"
    return None


@pytest.fixture(scope="module")
def originals():
    nets = [built.elman(PARITY), built.lstm(PARITY), built.gru(PARITY), lstm_with_peepholes()[0]]
    nets.append(built.elman(PARITY, dtype="float32"))
    proofs = [prove(net, PARITY) for net in nets]
    assert all(isinstance(proof, Proved) for proof in proofs)
    return [json.loads(proof.certificate.text) for proof in proofs]


@pytest.mark.parametrize("changes", [300, pytest.param(2000, marks=pytest.mark.long)])
def test_certificates_changed_at_random(originals, changes):
    rng, accepted = np.random.default_rng(changes), 0
    for number in range(changes):
        content = copy.deepcopy(originals[number % len(originals)])
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            try:
                change(content, rng)
            except (TypeError, AttributeError, KeyError):  # the change before took it away
                break
        if rng.random() < 0.8:
            rehashed(content)
        reason = refusal(content)
        assert reason is None or len(reason.splitlines()) == 1
        if reason is None:
            accepted += 1
            assert holds(content), number
    assert 0 < accepted < changes / 2


def test_a_network_that_would_take_too_long_is_refused_before_anything_is_done():
    """A cell without a matrix of H × H: few weights, but 3,000 coordinates of the state, each with as many balls."""

    @own_cell
    def independent(p, x, h):
        h = tanh(x @ p.V + p.u * h)
        return h

    net = built.empty(cell=independent, inputs=1, hidden=3000, outputs=1)
    system, zero = System.of(net, PARITY), np.zeros((1, 3000))
    tracking = Tracking(zero, np.zeros(1, np.int64), np.zeros((1, 2), np.int64), zero, np.full(1, 0.5))
    written = json.loads(certificate(system, PARITY, tracking, Sets(zero, zero), 1, 0.0).text)
    for part in ("next", "outputs", "state_names"):
        written["specification"][part] = written["specification"][part][:1]
    written["specification"]["next"] = [[0, 0]]
    assert refusal(written) == "the network is too large"
