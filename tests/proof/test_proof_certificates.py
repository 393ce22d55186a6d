"""Certificates that were tampered with: every field in turn, rejected or still true."""

from __future__ import annotations

import copy
import hashlib
import json
import struct

import pytest
from tampered import rejected

from throughtime.proof.checker import checks


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
    need = checks.need
    monkeypatch.setattr(checks, "need", lambda condition, what: None if check in what else need(condition, what))
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
    "weight of more digits than a double": lambda c: c["weights"].__setitem__(0, more_digits(c["weights"][0])),
    "end smaller than a double": lambda c: c["sets"][0]["lo"].__setitem__(0, "-0x1p-1075"),
    "end of digits that a double loses": lambda c: c["sets"][0]["lo"].__setitem__(0, "-0x1.00000000000001p-3"),
    "zero with an exponent that no double has": lambda c: c["weights"].__setitem__(0, "0x0p99999"),
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


def more_digits(number):
    """A number as near to this one as no other double is."""
    return number.replace("p", f"{'0' * 20}1p")


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_rejected(content, name):
    MALFORMED[name](content)
    assert rejected(content)


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1.0", "2e0"])
def test_numbers_that_are_not_whole_are_rejected_in_a_field_that_is_written_twice(content, value):
    """The last one counts in Python; other readers refuse the first."""
    text = json.dumps(content)
    assert rejected(text) is None
    assert rejected(text.replace('"m": ', f'"m": {value}, "m": '))


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
    "other spellings of the same numbers": lambda c: c["sets"][0].update(
        lo=[v.upper().replace("0X", "0X00") + "\n" for v in c["sets"][0]["lo"]]
    ),
    "a set that is never used": lambda c: c["sets"].append(copy.deepcopy(c["sets"][0])),
}
"""Other fields than the proof's, and still a proof of the claim: it is right to accept them."""


@pytest.mark.parametrize("name", SOUND)
def test_what_is_still_a_proof_is_accepted(content, name):
    SOUND[name](content)
    assert rejected(content) is None
