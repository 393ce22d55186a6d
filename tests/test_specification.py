"""The two specifications: what a network is (NetworkSpecification), and what it ought to compute (Machine)."""

import re
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from throughtime import Machine, NetworkSpecification
from throughtime.cells import NAMES
from throughtime.weights.network_specification import CHOICES, one_of

SMALLEST = {"inputs": 1, "hidden": 1, "outputs": 1}


def refused(message, call):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


def test_defaults_are_the_classic_network():
    s = NetworkSpecification(inputs=2, hidden=16, outputs=1)
    assert s.as_dict() == {
        "cell": "elman", "inputs": 2, "hidden": 16, "outputs": 1, "layers": 1, "bidirectional": False,
        "activation": "sigmoid", "readout": "sigmoid", "loss": "squared", "bias": True, "output": "every step",
        "dtype": "float64",
    }  # fmt: skip
    assert s.directions == 1
    assert replace(s, bidirectional=True).directions == 2


def test_it_is_a_value():
    s = NetworkSpecification(**SMALLEST)
    assert s == NetworkSpecification(**SMALLEST)
    assert hash(s) == hash(NetworkSpecification(**SMALLEST))
    with pytest.raises(FrozenInstanceError):
        s.hidden = 2


@pytest.mark.parametrize("field", ["cell", *CHOICES])
@pytest.mark.parametrize("value", ["perceptron", "", None, 3, ["x"], "LSTM"])
def test_choices(field, value):
    if (field, value) == ("cell", "LSTM"):  # in capitals it is meant too
        assert NetworkSpecification(**SMALLEST, cell="LSTM").cell == "lstm"
        return
    choices = NAMES if field == "cell" else CHOICES[field]
    refused(
        f"{field} must be {one_of(choices)}, got {value!r}",
        lambda: NetworkSpecification(**{**SMALLEST, field: value}),
    )


def test_the_choices_are_those_of_the_design():
    assert CHOICES == {
        "activation": ("sigmoid", "tanh", "relu"),
        "readout": ("sigmoid", "softmax", "identity"),
        "loss": ("squared", "binary_cross_entropy", "cross_entropy"),
        "output": ("every step", "last step"),
        "dtype": ("float64", "float32"),
    }
    assert one_of(("a",)) == '"a"'
    assert one_of(("a", "b")) == '"a" or "b"'
    assert one_of(("a", "b", "c")) == '"a", "b" or "c"'


@pytest.mark.parametrize("field", ["inputs", "hidden", "outputs", "layers"])
@pytest.mark.parametrize("value", [0, -1, 1.0, 2.5, "3", None, True, 2**31])
def test_sizes(field, value):
    refused(
        f"{field} must be a whole number {'from 1 to 2147483647' if value == 2**31 else 'of at least 1'}, got "
        f"{value!r}",
        lambda: NetworkSpecification(**{**SMALLEST, field: value}),
    )


@pytest.mark.parametrize("field", ["bidirectional", "bias"])
@pytest.mark.parametrize("value", [0, 1, "yes", None])
def test_truths(field, value):
    refused(f"{field} must be true or false, got {value!r}", lambda: NetworkSpecification(**{**SMALLEST, field: value}))


def test_what_does_not_go_together():
    for cell in ("lstm", "gru"):
        refused(
            f"activation is for Elman cells only: {cell} has its own, leave it out",
            lambda cell=cell: NetworkSpecification(**SMALLEST, cell=cell, activation="tanh"),
        )
    for loss, needed in (("binary_cross_entropy", "sigmoid"), ("cross_entropy", "softmax")):
        for readout in {"sigmoid", "softmax", "identity"} - {needed}:
            refused(
                f"loss {loss!r} needs readout {needed!r}, got {readout!r}",
                lambda loss=loss, readout=readout: NetworkSpecification(**SMALLEST, loss=loss, readout=readout),
            )
        NetworkSpecification(**SMALLEST, loss=loss, readout=needed)


def test_there_and_back():
    s = NetworkSpecification(inputs=2, hidden=5, outputs=3, cell="gru", layers=2, bidirectional=True, dtype="float32")
    assert NetworkSpecification.from_dict(s.as_dict()) == s
    least = {"cell": "elman", **SMALLEST}
    assert NetworkSpecification.from_dict(least) == NetworkSpecification(**SMALLEST)
    message = f"a network's specification must be a table of {', '.join(sorted(f.name for f in fields(s)))}"
    for bad in ({}, SMALLEST, {**least, "colour": 1}, {**least, 3: 1}, [], None, "elman"):
        refused(message, lambda bad=bad: NetworkSpecification.from_dict(bad))
    refused(
        "hidden must be a whole number of at least 1, got '5'",
        lambda: NetworkSpecification.from_dict({**least, "hidden": "5"}),
    )


# The Mealy machine, here of binary addition


def adder(**changes):
    tables = {
        "symbols": np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]),
        "next": np.array([[0, 0, 0, 1], [0, 1, 1, 1]]),
        "outputs": np.array([[[0], [1], [1], [0]], [[1], [0], [0], [1]]]),
        "state_names": ("carry 0", "carry 1"),
        "symbol_names": ("00", "01", "10", "11"),
    }
    return Machine(**(tables | changes))


@pytest.mark.parametrize(("a", "b"), [(9, 60), (127, 1), (85, 42), (0, 0)])
def test_a_machine_runs(a, b):
    states, found = adder().run([2 * (a >> t & 1) + (b >> t & 1) for t in range(8)])
    assert sum(int(bit) << t for t, bit in enumerate(found[:, 0])) == a + b
    assert states.tolist() == [(a % (1 << t) + b % (1 << t)) >> t for t in range(9)]


def test_an_empty_word():
    states, found = adder().run([])
    assert states.tolist() == [0]
    assert found.shape == (0, 1)


def test_tables_that_do_not_fit():
    good = adder()
    refused(
        "symbols must be (symbols, features) with one row for each of the 4 symbol names, got shape (3, 2)",
        lambda: adder(symbols=good.symbols[:3]),
    )
    refused(
        "symbols must be (symbols, features) with one row for each of the 4 symbol names, got shape (4,)",
        lambda: adder(symbols=good.symbols[:, 0]),
    )
    refused(
        "symbols must be (symbols, features) with one row for each of the 0 symbol names, got shape (0, 2)",
        lambda: adder(symbols=good.symbols[:0], symbol_names=()),
    )
    refused(
        "two symbols have the same input vector; each symbol needs its own",
        lambda: adder(symbols=good.symbols[[0, 1, 1, 3]]),
    )
    refused("next must be (states, symbols) = (2, 4), got (1, 4)", lambda: adder(next=good.next[:1]))
    refused("next must hold states from 0 to 1, got 0 to 2", lambda: adder(next=good.next * 2))
    refused("next must hold states from 0 to 1, got -1 to 0", lambda: adder(next=-good.next))
    for outputs in (good.outputs[..., 0], good.outputs[:1], good.outputs[:, :3]):
        refused(
            f"outputs must be (states, symbols, outputs) = (2, 4) + (outputs,), got {outputs.shape}",
            lambda outputs=outputs: adder(outputs=outputs),
        )
    refused("outputs must be 0 or 1", lambda: adder(outputs=good.outputs * 2))
