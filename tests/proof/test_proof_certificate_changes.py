"""Certificates with every change made to them: rejected, or a claim that no simulation refutes."""

from __future__ import annotations

import copy
import hashlib
import json
import struct

import built_networks as built
import numpy as np
import pytest
from known_networks import prove
from tampered import OPERATIONS, holds, rejected

from throughtime import tasks
from throughtime.proof import Certificate, Proved


def leaves(content, path=()):
    """The paths to everything in it that is not a list or a table."""
    if isinstance(content, dict | list):
        for key in content if isinstance(content, dict) else range(len(content)):
            yield from leaves(content[key], (*path, key))
    else:
        yield path


@pytest.mark.long
@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
def test_every_single_change_is_rejected_or_still_true(cell):
    """Every number of a certificate changed in turn: no simulation refutes a claim that is still accepted."""
    machine = tasks.Parity().machine
    net = {"elman": built.elman, "lstm": built.lstm, "gru": built.gru}[cell](machine)
    proof = prove(net, machine)
    assert isinstance(proof, Proved)
    original = json.loads(proof.certificate.text)
    accepted = 0
    rng = np.random.default_rng(0)
    paths = [
        path
        for path in leaves(original)
        if path[:2] != ("specification", "state_names") and "symbol_names" not in path and "step" not in path
    ]
    for at in rng.permutation(len(paths))[:400]:
        content, path = copy.deepcopy(original), paths[at]
        place = content
        for key in path[:-1]:
            place = place[key]
        value = place[path[-1]]
        if isinstance(value, bool):
            place[path[-1]] = not value
        elif isinstance(value, int):
            place[path[-1]] = value + int(rng.choice([-1, 1]))
        elif value is None:
            place[path[-1]] = 0
        elif value.startswith(("0x", "-0x")):
            number = float.fromhex(value)
            place[path[-1]] = float(rng.choice([-number, number * 1.01 + 0.01, number - 0.3, number + 30.0])).hex()
            if path[0] == "weights":
                weights = [float.fromhex(w) for w in content["weights"]]
                content["sha256"] = hashlib.sha256(struct.pack(f"<{len(weights)}d", *weights)).hexdigest()
        else:
            place[path[-1]] = value + "x"
        if rejected(content) is None:
            accepted += 1
            assert holds(content), path
    assert 0 < accepted < 400


def step_changes(content):
    """Every single change of the operations: operation, operand, constant, parameter, state, order of blocks."""
    step = content["network"]["step"]
    for at, o in enumerate(step["operations"]):
        for op in OPERATIONS:
            yield (f"{at}: {op}", lambda s, at=at, op=op: s["operations"][at].update(op=op))
        for k in range(len(o["of"])):
            for other in range(at):
                yield (
                    f"{at}: of {other}",
                    lambda s, at=at, k=k, other=other: s["operations"][at]["of"].__setitem__(k, other),
                )
        for value in ("0x0p0", "0x1p1", "-0x1p0"):
            yield (f"{at}: {value}", lambda s, at=at, value=value: s["operations"][at].update(value=value))
        for other in ("h", "C", "W", "", *(name for block in step["blocks"] for name in block)):
            yield (f"{at}: {other}", lambda s, at=at, other=other: s["operations"][at].update(name=other))
        yield (f"no {at}", lambda s, at=at: s["operations"].pop(at))
    for k in range(len(step["after"])):
        for other in range(len(step["operations"])):
            yield (f"after {other}", lambda s, k=k, other=other: s["after"].__setitem__(k, other))
    for k, block in enumerate(step["blocks"]):
        yield (f"block {k} backwards", lambda s, k=k: s["blocks"][k].reverse())
        yield (f"block {k} first", lambda s, k=k: s["blocks"].insert(0, s["blocks"].pop(k)))
        for j in range(len(block)):
            yield (f"block {k} without {j}", lambda s, k=k, j=j: s["blocks"][k].pop(j))
    yield ("states backwards", lambda s: s["states"].reverse())


@pytest.mark.parametrize("cell", ["elman", *(pytest.param(one, marks=pytest.mark.long) for one in ("lstm", "gru"))])
def test_every_change_of_the_operations_is_rejected_or_another_right_network(cell):
    """What is accepted then is run, operation by operation; and it is no certificate of the model any more."""
    machine = tasks.Parity().machine
    net = {"elman": built.elman, "lstm": built.lstm, "gru": built.gru}[cell](machine)
    proof = prove(net, machine)
    assert isinstance(proof, Proved)
    original = json.loads(proof.certificate.text)
    changes, refused = list(step_changes(original)), 0
    some = np.random.default_rng(0).permutation(len(changes))[:250]
    for name, change in (changes[at] for at in some):
        content = copy.deepcopy(original)
        change(content["network"]["step"])
        if content == original:
            continue
        text = json.dumps(content)
        assert not Certificate(text).is_of(net), name
        if rejected(text) is None:
            assert holds(content), name
        else:
            refused += 1
    assert refused > 100


HOSTILE = (
    None, True, 0, -1, 10**400, 1.5, float("nan"), float("inf"), "", "nan", "0x1p9999", "0x" + "f" * 5000 + "p0",
    "\ud800", [], {}, [[]], [0] * 1000, "lstm", "identity", "float32", 10_000, "0x1p1000", "-0x1p1023",
)  # fmt: skip


def test_hostile_values_in_every_place_are_rejected_or_still_true(content):
    """A thousand changes: no simulation refutes a claim still accepted (another name, a wider set)."""

    def places(value, path=()):
        entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inner in entries:
            yield (*path, key)
            yield from places(inner, (*path, key))

    tried, accepted = 0, 0
    for number, path in enumerate(list(places(content))):
        for hostile in HOSTILE[number % 2 :: 2]:
            changed = copy.deepcopy(content)
            inside = changed
            for key in path[:-1]:
                inside = inside[key]
            if inside[path[-1]] == hostile:
                continue
            inside[path[-1]] = hostile
            tried += 1
            if rejected(changed) is None:
                accepted += 1
                assert holds(changed), path
    assert tried > 1000
    assert 0 < accepted < 100


def test_bytes_changed_at_random_are_rejected_or_change_nothing(proof):
    rng = np.random.default_rng(0)
    text = proof.certificate.text.encode()
    for _ in range(200):
        changed = bytearray(text)
        for at in rng.integers(len(text), size=rng.choice([1, 5])):
            changed[at] = rng.integers(256)
        found = rejected(changed.decode(errors="replace"))
        if found is None:
            ours, theirs = (json.loads(one) for one in (text, changed.decode()))
            assert [ours[key] for key in ("weights", "sha256")] == [theirs[key] for key in ("weights", "sha256")]
    for deep in ("[" * 100_000, '{"a":' * 50_000, text.decode()[:-2] + ', "x": ' + "[" * 50_000):
        assert rejected(deep) is not None
