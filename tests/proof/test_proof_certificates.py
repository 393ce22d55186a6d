"""Certificates that were tampered with: every field in turn, rejected or still true."""

from __future__ import annotations

import copy
import hashlib
import json
import struct

import built_networks as built
import numpy as np
import pytest
from known_networks import ADDITION, prove

from throughtime import tasks
from throughtime.proof import Certificate, Proved, checker


def rejected(content) -> str | None:
    """Why it is rejected, or None if it is accepted."""
    try:
        checker.check(content if isinstance(content, str) else json.dumps(content))
    except checker.Rejected as reason:
        return str(reason)
    return None


@pytest.fixture(scope="module")
def proof() -> Proved:
    proved = prove(built.two_unit_adder(), ADDITION)
    assert isinstance(proved, Proved)
    return proved


@pytest.fixture
def content(proof):
    return json.loads(proof.certificate.text)


def hexed(value, factor=1.0, offset=0.0):
    return (float.fromhex(value) * factor + offset).hex()


def with_weights(content, change):
    """Other weights, with the right hash."""
    weights = [float.fromhex(w) for w in content["weights"]]
    change(weights)
    content["weights"] = [w.hex() for w in weights]
    content["sha256"] = hashlib.sha256(struct.pack(f"<{len(weights)}d", *weights)).hexdigest()


def negate_readout(content):
    def change(weights):
        for at in (-3, -2, -1):  # W and b_y
            weights[at] = -weights[at]

    with_weights(content, change)


def weaken_loop(content):
    with_weights(content, lambda weights: weights.__setitem__(4, 2.0))  # U[0, 0], the carry's


def flip_label(content):
    content["sets"][1]["label"] ^= 1


def shift_start(content):
    content["sets"][0]["lo"][0] = hexed(content["sets"][0]["hi"][0])
    content["sets"][0]["hi"][0] = hexed(content["sets"][0]["hi"][0], offset=0.1)


def shrink(content):
    for entry in content["sets"]:
        middle = [(float.fromhex(l) + float.fromhex(h)) / 2 for l, h in zip(entry["lo"], entry["hi"], strict=True)]
        entry["lo"] = entry["hi"] = [m.hex() for m in middle]
    content["sets"][0]["lo"], content["sets"][0]["hi"] = ["-0x1p-10"] * 2, ["0x1p-10"] * 2


def widen(content):
    for entry in content["sets"]:
        entry["lo"], entry["hi"] = (
            [hexed(v, offset=-1.0) for v in entry["lo"]],
            [hexed(v, offset=1.0) for v in entry["hi"]],
        )


def swap_succ(content):
    content["sets"][0]["succ"] = content["sets"][0]["succ"][::-1]


def drop_set(content):
    content["sets"].pop()


def flip_output(content):
    content["specification"]["outputs"][0][1][0] ^= 1


def other_machine(content):
    content["specification"]["next"][1][1] ^= 1


def other_symbol(content):
    content["specification"]["symbols"][1] = ["0x1p0", "0x1p0"]  # that of the last


def large_epsilon(content):
    content["epsilon"] = "0x1p-1"


def no_epsilon(content):
    content["epsilon"] = "0x0p0"


def less_than_float32_rounds(content):
    content["network"]["dtype"] = "float32"


def weight_of_no_float32(content):
    less_than_float32_rounds(content)
    content["epsilon"] = "0x1.4p-15"
    with_weights(content, lambda weights: weights.__setitem__(0, weights[0] + 1e-12))


def hash_of_others(content):
    content["weights"][0] = hexed(content["weights"][0], offset=1e-9)


UNSOUND = [
    negate_readout, weaken_loop, flip_label, shift_start, shrink, widen, swap_succ, drop_set, flip_output,
    other_machine, other_symbol, large_epsilon, no_epsilon, less_than_float32_rounds, weight_of_no_float32,
    hash_of_others,
]  # fmt: skip


@pytest.mark.parametrize("tamper", UNSOUND, ids=lambda f: f.__name__)
def test_what_is_no_proof_is_rejected(content, tamper):
    assert rejected(content) is None
    tamper(content)
    assert rejected(content)


def swap_labels(content):
    """The machine's two states change names, but it starts in the first."""
    machine = content["specification"]
    machine["next"] = [[1 - q for q in row] for row in machine["next"][::-1]]
    machine["outputs"] = machine["outputs"][::-1]
    for entry in content["sets"]:
        entry["label"] ^= 1


def move_start(content):
    start = content["sets"][0]
    content["sets"].append(copy.deepcopy(start))
    for entry in content["sets"]:  # all that went to it goes to its copy
        entry["succ"] = [len(content["sets"]) - 1 if q == 0 else q for q in entry["succ"]]
    middle = [(float.fromhex(l) + float.fromhex(h)) / 2 for l, h in zip(start["lo"], start["hi"], strict=True)]
    start["lo"] = [max(m, 1e-6).hex() for m in middle]


PLANTED = {
    "label_0 is not": swap_labels,
    "h_0 is not in": move_start,
    "the label of the set that follows": other_machine,
    "the output may be wrong": flip_output,
    "not the hash": hash_of_others,
    "none of float32": weight_of_no_float32,
}


@pytest.mark.parametrize("check", PLANTED)
def test_a_check_left_out_shows(monkeypatch, content, check):
    """Each of them refuses something that no other does."""
    PLANTED[check](content)
    assert check in rejected(content)
    need = checker.need
    monkeypatch.setattr(checker, "need", lambda condition, what: None if check in what else need(condition, what))
    assert rejected(content) is None


def with_network(**fields):
    return lambda content: content["network"].update(fields)


def with_step(**fields):
    return lambda content: content["network"]["step"].update(fields)


def operation(at, **fields):
    """Of an Elman cell's: x, h, V, x @ V, U, h @ U, +, b_h, + and f."""
    return lambda content: content["network"]["step"]["operations"][at].update(fields)


MALFORMED = {
    "other format": lambda c: c.update(format="proof"),
    "other version": lambda c: c.update(version=3),
    "version 1": lambda c: c.update(version=1),
    "version true as 1": lambda c: c.update(version=True),
    "version true": lambda c: c.update(version=[1]),
    "extra key": lambda c: c.update(more=1),
    "missing key": lambda c: c.pop("m"),
    "extra key of a set": lambda c: c["sets"][0].update(more=1),
    "no step": with_network(step=None),
    "a cell by its name": with_network(step="elman"),
    "no states": with_step(states=[]),
    "another state": with_step(states=["g"]),
    "a state more": with_step(states=["h", "C"]),
    "a state twice": with_step(states=["h", "h"], after=[9, 9]),
    "two states of the same value": with_step(states=["h", "C"], after=[9, 9]),
    "states no names": with_step(states=["h\nright"]),
    "no operations": with_step(operations=[]),
    "too many operations": lambda c: c["network"]["step"]["operations"].extend(
        [{"op": "x", "of": [], "name": "", "value": "0x0p0"}] * 1000
    ),
    "no blocks": with_step(blocks=[]),
    "a block less": with_step(blocks=[["V"], ["U"]]),
    "a block of nothing": with_step(blocks=[["V"], ["U"], ["b_h"], []]),
    "a block twice": with_step(blocks=[["V"], ["U"], ["b_h"], ["b_h"]]),
    "a block of two shapes": with_step(blocks=[["V"], ["U", "b_h"]]),
    "after x": with_step(after=[0]),
    "after a matrix": with_step(after=[2]),
    "after the state before": with_step(after=[1]),
    "after nothing": with_step(after=[]),
    "after what is not there": with_step(after=[10]),
    "an operation of itself": operation(9, of=[9]),
    "an operation of a later one": operation(6, of=[3, 8]),
    "an operation of none": operation(6, of=[3]),
    "an operation of true": operation(6, of=[True, 5]),
    "an operation before the first": operation(6, of=[-1, 5]),
    "an unknown operation": operation(9, op="exp"),
    "an operation that is a list": operation(9, op=["tanh"]),
    "x with a bias": operation(6, of=[0, 5]),
    "a matrix in a sum": operation(6, of=[3, 4]),
    "a product with no parameter": operation(3, of=[0, 0]),
    "h times the matrix of x": operation(5, of=[1, 2]),
    "a function of x": operation(9, of=[0]),
    "a state of another name": operation(1, name="C"),
    "two parameters of the same name": operation(4, name="V"),
    "a name that is none": operation(9, name="h\nright"),
    "a name that is a number": operation(9, name=5),
    "a number that is none": operation(9, value="nan"),
    "a number in decimals": operation(9, value=0.5),
    "a field of an operation more": operation(9, more=1),
    "readout": with_network(readout="softmax"),
    "other readout": with_network(readout="identity"),
    "bias": with_network(bias=False),
    "bias a number": with_network(bias=1),
    "dtype": with_network(dtype="float16"),
    "inputs": with_network(inputs=3),
    "hidden": with_network(hidden=3),
    "hidden zero": with_network(hidden=0),
    "hidden huge": with_network(hidden=10**9),
    "hidden true": with_network(hidden=True),
    "layers": with_network(layers=2),
    "no layers": with_network(layers=0),
    "outputs": with_network(outputs=0),
    "m zero": lambda c: c.update(m=0),
    "m huge": lambda c: c.update(m=10**6),
    "m a float": lambda c: c.update(m=2.0),
    "m true": lambda c: c.update(m=True),
    "epsilon negative": lambda c: c.update(epsilon="-0x1p-40"),
    "epsilon nan": lambda c: c.update(epsilon="nan"),
    "epsilon decimal number": lambda c: c.update(epsilon=1e-10),
    "weight nan": lambda c: c["weights"].__setitem__(0, "nan"),
    "weight infinite": lambda c: c["weights"].__setitem__(0, "inf"),
    "weight too large": lambda c: c["weights"].__setitem__(0, "0x1p5000"),
    "weight no number": lambda c: c["weights"].__setitem__(0, "one"),
    "weight missing": lambda c: c["weights"].pop(),
    "weights no list": lambda c: c.update(weights="0x1p0"),
    "hash": lambda c: c.update(sha256="0" * 64),
    "hash a number": lambda c: c.update(sha256=0),
    "sets empty": lambda c: c.update(sets=[]),
    "sets a table": lambda c: c.update(sets={}),
    "label out of range": lambda c: c["sets"][0].update(label=2),
    "label negative": lambda c: c["sets"][0].update(label=-1),
    "succ out of range": lambda c: c["sets"][0].update(succ=[0, 0, 0, 99]),
    "succ too short": lambda c: c["sets"][0].update(succ=[0, 0, 0]),
    "lo above hi": lambda c: c["sets"][1].update(lo=c["sets"][1]["hi"], hi=c["sets"][1]["lo"]),
    "lo too short": lambda c: c["sets"][1].update(lo=c["sets"][1]["lo"][:1]),
    "a field too many": lambda c: c["sets"][1].update(frame=None),
    "a field missing": lambda c: c["sets"][1].pop("hi"),
    "lo nan": lambda c: c["sets"][1]["lo"].__setitem__(0, "nan"),
    "symbols of another length": lambda c: c["specification"]["symbols"].__setitem__(0, ["0x0p0"]),
    "next out of range": lambda c: c["specification"]["next"][0].__setitem__(0, 2),
    "outputs no bits": lambda c: c["specification"]["outputs"][0][0].__setitem__(0, 2),
    "outputs true": lambda c: c["specification"]["outputs"][0][0].__setitem__(0, True),
    "names of other length": lambda c: c["specification"]["state_names"].append("more"),
    "names no strings": lambda c: c["specification"].update(state_names=[0, 1]),
    "names empty": lambda c: c["specification"].update(state_names=[]),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_rejected(content, name):
    MALFORMED[name](content)
    assert rejected(content)


@pytest.mark.parametrize("text", ["", "[]", "{", "nul", "[" * 100_000, '{"format": 1}', "NaN", "\ud800"])
def test_what_is_no_certificate_is_rejected(text):
    assert rejected(text)


SOUND = {
    "m larger": lambda c: c.update(m=c["m"] + 1),
    "epsilon ten times smaller": lambda c: c.update(epsilon=hexed(c["epsilon"], 0.1)),
    "names": lambda c: c["specification"].update(state_names=["zero", "one"]),
    "boxes a little larger": lambda c: [
        e.update(lo=[hexed(v, offset=-1e-4) for v in e["lo"]], hi=[hexed(v, offset=1e-4) for v in e["hi"]])
        for e in c["sets"]
    ],
    "a set that is never used": lambda c: c["sets"].append(copy.deepcopy(c["sets"][0])),
}
"""Other fields than the proof's, and still a proof of the claim: it is right to accept them."""


@pytest.mark.parametrize("name", SOUND)
def test_what_is_still_a_proof_is_accepted(content, name):
    SOUND[name](content)
    assert rejected(content) is None


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


def plain(content):
    """One step of the network that a certificate speaks of, by its own list of operations, in NumPy."""
    network, step = content["network"], content["network"]["step"]
    I, H, O, layers = (network[name] for name in ("inputs", "hidden", "outputs", "layers"))
    weights = np.array([float.fromhex(w) for w in content["weights"]])
    products = [o["of"] for o in step["operations"] if o["op"] == "@"]
    of_x = {step["operations"][M]["name"] for x, M in products if step["operations"][x]["op"] == "x"}
    of_h = {step["operations"][M]["name"] for _, M in products}
    tables, at = [], 0
    for layer in range(layers):
        named = {}
        for names in step["blocks"]:
            height = (H if layer else I) if names[0] in of_x else H if names[0] in of_h else 1
            block = weights[at : at + height * len(names) * H].reshape(height, -1)
            at += block.size
            named |= {name: block[:, k * H : k * H + H] for k, name in enumerate(names)}
        tables.append(named)
    W, b_y = weights[at : at + H * O].reshape(H, O), weights[at + H * O :] if network["bias"] else np.zeros(O)
    epsilon, rng = float.fromhex(content["epsilon"]), np.random.default_rng(2)
    functions = {
        "@": np.matmul, "+": np.add, "-": np.subtract, "*": np.multiply, "neg": np.negative, "tanh": np.tanh,
        "relu": lambda z: np.maximum(z, 0), "minimum": np.minimum, "maximum": np.maximum,
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    }  # fmt: skip

    def advance(states, x):
        """states: for every layer a table of arrays (B,H)."""
        found = []
        for named, before in zip(tables, states, strict=True):
            values = []
            for place, o in enumerate(step["operations"]):
                if o["op"] == "state":
                    value = before[o["name"]]
                elif o["op"] == "number":
                    value = np.full((1, H), float.fromhex(o["value"]))
                else:
                    value = x if o["op"] == "x" else named[o["name"]] if o["op"] == "parameter" else None
                if value is None:
                    value = functions[o["op"]](*(values[i] for i in o["of"]))
                if place in step["after"]:
                    value = value + rng.uniform(-1, 1, (len(x), H)) * epsilon
                values.append(value)
            found.append({name: values[place] for name, place in zip(step["states"], step["after"], strict=True)})
            x = values[step["after"][0]]
        net_y = x @ W + b_y
        return found, functions["sigmoid"](net_y) if network["readout"] == "sigmoid" else net_y

    start = [{name: np.zeros((200, H)) for name in step["states"]} for _ in range(layers)]
    return start, advance


def holds(content) -> bool:
    """Whether the network and the machine that a certificate is about agree on 200 walks of 200 steps."""
    machine = content["specification"]
    symbols = np.array([[float.fromhex(v) for v in symbol] for symbol in machine["symbols"]])
    follows, outputs = np.array(machine["next"]), np.array(machine["outputs"])
    states, advance = plain(content)
    rng, q = np.random.default_rng(1), np.zeros(200, np.int64)
    for _ in range(200):
        letter = rng.integers(len(symbols), size=200)
        with np.errstate(all="ignore"):
            states, y = advance(states, symbols[letter])
        if not (np.abs(y - outputs[q, letter]) < 0.5).all():
            return False
        q = follows[q, letter]
    return True


OPERATIONS = ("sigmoid", "tanh", "relu", "neg", "+", "-", "*", "@", "minimum", "maximum", "x", "state", "number", "exp")


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
