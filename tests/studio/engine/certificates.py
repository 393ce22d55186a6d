"""Certificates with the verdict of `proof.checker` on each, a JSON text in every line: good ones, and changed ones.

python certificates.py FILE COUNT
"""

import copy
import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("NUMBA_DISABLE_JIT", "1")
sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / "proof"))

import built_networks as built
import numpy as np
from known_networks import ADDITION, prove
from test_proof_certificates import MALFORMED, SOUND, UNSOUND
from test_proof_checker import lstm_with_peepholes
from test_proof_fuzz import WORK, change, rehashed

from throughtime import tasks
from throughtime.proof import Proved, checker

PARITY, COUNTER = tasks.Parity().machine, tasks.Counter(modulus=3).machine


class TooMuch(Exception):
    """More work than is worth waiting for."""


def originals():
    """Proofs of networks built by hand: every function, one layer and two, both readouts, both dtypes."""
    nets = [built.elman(PARITY), built.elman(PARITY, "tanh"), built.elman(PARITY, "relu"), built.lstm(PARITY)]
    nets += [built.gru(PARITY), lstm_with_peepholes()[0], built.elman(PARITY, dtype="float32")]
    nets += [built.elman(PARITY, identity=True), built.elman(PARITY, layers=2), built.lstm(PARITY, layers=2)]
    proofs = [prove(net, PARITY) for net in nets]
    proofs.append(prove(built.elman(COUNTER), COUNTER))
    loose = [built.elman(PARITY), built.lstm(PARITY), built.gru(PARITY), built.elman(PARITY, "tanh", layers=2)]
    proofs += [
        prove(net, PARITY, input_noise=noise) for net, noise in zip(loose, (0.02, 0.0204837, 0.02, 0.02), strict=True)
    ]
    proofs.append(prove(built.elman(PARITY), replace(PARITY, ends=np.array([[[-0.07], [0.9]], [[0.1], [1.25]]]))))
    return [json.loads(proof.certificate.text) for proof in proofs if isinstance(proof, Proved)]


def verdict(text):
    """What `proof.checker` says; None where that takes too long."""
    spent = 0

    def tick(done, of, work):
        nonlocal spent
        spent += work
        if spent > WORK:
            raise TooMuch

    try:
        report = checker.check(text, tick)
    except TooMuch:
        return None
    except checker.Rejected as reason:
        return {"accepted": False, "reason": str(reason)}
    return {"accepted": True, **report._asdict()}


def number_by(text, change):
    return change(float.fromhex(text)).hex()


def a_set(content, rng, size):
    one = content["sets"][rng.integers(len(content["sets"]))]
    j, end = rng.integers(len(one["lo"])), rng.choice(["lo", "hi"])
    one[end][j] = number_by(one[end][j], lambda v: v + size * (1 if end == "lo" else -1))


def all_sets(content, rng, size):
    size *= rng.choice([-1, 1])
    for one in content["sets"]:
        one["lo"] = [number_by(v, lambda v: v - size) for v in one["lo"]]
        one["hi"] = [number_by(v, lambda v: v + size) for v in one["hi"]]


def an_input(content, rng, size):
    symbol = content["specification"]["symbols"]
    symbol = symbol[rng.integers(len(symbol))]
    i = rng.integers(len(symbol))
    low, high = symbol[i] if isinstance(symbol[i], list) else (symbol[i], symbol[i])
    symbol[i] = [number_by(low, lambda v: v - size), number_by(high, lambda v: v + rng.choice([-1, 1]) * size)]


def epsilon(content, rng, size):
    factor = rng.choice([1 + size, 1 - size, 10 ** -rng.uniform(0, 8), 10 ** rng.uniform(0, 8), 0])
    content["epsilon"] = number_by(content["epsilon"], lambda v: v * factor)


def a_weight(content, rng, size):
    k = rng.integers(len(content["weights"]))
    content["weights"][k] = number_by(content["weights"][k], lambda v: v * (1 + size))
    if rng.random() < 0.8:
        rehashed(content)


def the_machine(content, rng, size):
    machine = content["specification"]
    q, a = rng.integers(len(machine["next"])), rng.integers(len(machine["symbol_names"]))
    if rng.random() < 0.5:
        machine["next"][q][a] = (machine["next"][q][a] + 1) % len(machine["next"])
    else:
        machine["outputs"][q][a][0] = 1 - machine["outputs"][q][a][0]


def nudged(content, rng):
    """The same, nearly: sets or inputs a little smaller or larger, another ε or weight, another task's machine."""
    content = copy.deepcopy(content)
    kind = (a_set, all_sets, all_sets, an_input, epsilon, a_weight, the_machine)[rng.integers(7)]
    kind(content, rng, 10 ** rng.uniform(-14, -1))
    return content


def changed(content, rng):
    content = copy.deepcopy(content)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        try:
            change(content, rng)
        except (TypeError, AttributeError, KeyError):  # the change before took it away
            break
    if rng.random() < 0.8:
        rehashed(content)
    return content


def aimed():
    """An adder's certificate with each single thing that makes it no proof, or no certificate, or leaves it a proof."""
    text = prove(built.two_unit_adder(), ADDITION).certificate.text
    for tamper in [*UNSOUND, *SOUND.values(), *MALFORMED.values()]:
        content = json.loads(text)
        tamper(content)
        yield content
    content = json.loads(text)
    for one in content["sets"]:  # without the upper third
        ends = zip(one["lo"], one["hi"], strict=True)
        one["hi"] = [number_by(high, lambda v, low=low: v - (v - float.fromhex(low)) / 3) for low, high in ends]
    yield content
    content = json.loads(prove(built.elman(PARITY), PARITY, input_noise=0.02).certificate.text)
    content["specification"]["symbols"] = [[[(-0.4).hex(), (0.4).hex()]], [[(0.6).hex(), (1.4).hex()]]]
    yield content


def spelled():
    """The text of a proof whose numbers and names are written otherwise: what two languages may read differently."""
    content = json.loads(prove(built.two_unit_adder(), ADDITION).certificate.text)
    text = json.dumps(content)
    for key in ("version", "layers", "m", "label"):
        for more in (".0", "e0", "E+0", ".00000000000000000001"):
            yield re.sub(f'("{key}": [0-9]+)', rf"\g<1>{more}", text, count=1)
    for value in ("NaN", "-Infinity", "1.0"):
        yield text.replace('"m": ', f'"m": {value}, "m": ')
    weight = content["weights"][0]
    for space in " \t\n\v\f\r\x1c\x85\u00a0\u2003\u2028\ufeff":
        yield text.replace(json.dumps(weight), json.dumps(space + weight + space))
    others = "ͺ ゛ ﷺ \u0e33 ℮ ª h· ·h __proto__ h̃ 𝒜 ﬁ é_1 C1 1C λΩ hά hϑ h\u03a2 hµ h× h÷ h\n \ud800 ж hʼ hĀ h²"
    for name in (*others.split(" "), "h" * 100, "h" * 101, "ω" * 100, "ω" * 101):
        content["network"]["step"]["name"] = name
        yield json.dumps(content)


def write(path, number):
    rng, good = np.random.default_rng(number), originals()
    changes = (nudged, nudged, changed)
    contents = [*good, *(changes[k % 3](good[k % len(good)], rng) for k in range(number)), *aimed()]
    with path.open("w") as file:
        for text in [*map(json.dumps, contents), *spelled()]:
            if (found := verdict(text)) is not None:
                file.write(json.dumps({"text": text, "verdict": found}) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
