"""Networks whose truth is known, and whether a network is wrong on a word."""

from __future__ import annotations

from functools import partial

import built_networks as built
import numpy as np

from throughtime import proof, tasks
from throughtime.cells import elman, gru, lstm
from throughtime.cells.activations import sigmoid
from throughtime.proof import Machine
from throughtime.proof.counterexample import first_wrong
from throughtime.proof.system import System
from throughtime.weights.parameters import Views

prove = partial(proof.prove, budget=200.0)
"""For networks that can be decided: however slow the machine, it is not the clock that decides them."""

ADDITION = tasks.Addition().machine

MACHINES = {
    "addition": tasks.Addition().machine,
    "three operands": tasks.Addition(operands=3).machine,
    "subtraction": tasks.Subtraction().machine,
    "times 5": tasks.Multiplication(factor=5).machine,
    "parity": tasks.Parity().machine,
    "modulo 4": tasks.Counter(modulus=4).machine,
    "comparison": tasks.Comparison().machine,
    **{f"tomita {k}": tasks.Tomita(language=k).machine for k in range(1, 8)},
}

CELLS = {
    "sigmoid": lambda machine: built.elman(machine),
    "tanh": lambda machine: built.elman(machine, "tanh"),
    "relu": lambda machine: built.elman(machine, "relu"),
    "lstm": built.lstm,
    "gru": built.gru,
    "sigmoid, two layers": lambda machine: built.elman(machine, layers=2),
    "tanh, two layers": lambda machine: built.elman(machine, "tanh", layers=2),
    "relu, two layers": lambda machine: built.elman(machine, "relu", layers=2),
    "lstm, two layers": lambda machine: built.lstm(machine, layers=2),
    "identity": lambda machine: built.elman(machine, identity=True),
    "float32": lambda machine: built.elman(machine, dtype="float32"),
    "tanh, float32": lambda machine: built.elman(machine, "tanh", dtype="float32"),
}


def outputs_on(net, machine, word):
    """The outputs (T,O) of the NumPy cells run over a whole word."""
    return outputs_of(net, machine.symbols[list(word)])


def outputs_of(net, x):
    """The same over inputs x (T,I)."""
    s = net.specification
    views, single = Views(s, net.parameters), np.dtype(s.dtype)
    x = x[None].astype(single)

    def part(key):
        return views[key] if s.bias or key.rpartition(".")[2] not in ("b", "b_h", "c", "b_y") else None

    for l in range(s.layers):
        zero, bias = np.zeros((1, s.hidden), single), np.zeros(s.hidden, single)

        def of(key, l=l, bias=bias):
            found = part(f"layer{l}.{key}")
            return bias if found is None else found

        if s.cell == "elman":
            x = elman.forward(elman.Elman(of("V"), of("U"), of("b_h"), s.activation), x, zero).h
        elif s.cell == "lstm":
            gates = [of(f"{g}.{m}") for g in ("input", "forget", "candidate", "output") for m in "VUb"]
            x = lstm.forward(lstm.LSTM(*gates), x, zero, zero).h
        else:
            gates = [of(f"{g}.{m}") for g in ("reset", "update", "candidate") for m in "VUb"]
            x = gru.forward(gru.GRU(*gates, of("candidate.c")), x, zero).h
    y = x[0] @ views["W"] + (views["b_y"] if s.bias else 0)
    return sigmoid(y) if s.readout == "sigmoid" else y


def wrong_on(net, machine, word) -> bool:
    """Whether the last output of a word is wrong, and it alone."""
    right = (np.abs(outputs_on(net, machine, word) - machine.run(word)[1]) < 0.5).all(axis=1)
    return bool(right[:-1].all() and not right[-1])


def errors(net, machine, words=1000, steps=200, seed=0) -> int:
    """On how many random words the network is wrong."""
    letters = np.random.default_rng(seed).integers(len(machine.symbols), size=(words, steps))
    return int((first_wrong(System.of(net, machine), machine, letters) > 0).sum())


def broken(machine: Machine, rng) -> Machine:
    """The machine with one output other than it should be, on a way that can be taken."""
    reached = {0}
    for state in (queue := [0]):
        for follows in machine.next[state].tolist():
            if follows not in reached:
                reached.add(follows)
                queue.append(follows)
    outputs = machine.outputs.copy()
    q, a = rng.choice(sorted(reached)), rng.integers(outputs.shape[1])
    outputs[q, a, rng.integers(outputs.shape[2])] ^= 1
    return Machine(machine.symbols, machine.next, outputs, machine.state_names, machine.symbol_names)


def length_of_failure(net) -> int:
    """Where it goes wrong first when 0 + 1 is read again and again, with any pair of bits at the end."""
    words = np.tril(np.ones((80, 80), np.int64), -1)
    words = np.concatenate([words + letter * np.eye(80, dtype=np.int64) for letter in range(4)])
    steps = first_wrong(System.of(net, ADDITION), ADDITION, words)
    return int(steps[steps > 0].min(initial=1000))


def forgetful(length: int):
    """A two-unit adder that takes no carry for a carry after just so many bits."""
    low, high = 2.0, 4.0
    for _ in range(40):
        gain = (low + high) / 2
        net = built.two_unit_adder(gain)
        fails = length_of_failure(net)
        if fails == length:
            return net
        low, high = (gain, high) if fails < length else (low, gain)
    raise AssertionError("no gain does it")
