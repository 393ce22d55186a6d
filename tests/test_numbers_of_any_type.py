"""NumPy's numbers, as np.arange gives them in a search, are numbers wherever Python's are.

What is kept is Python's own.
"""

import json
from dataclasses import asdict, fields

import numpy as np
import pytest

import throughtime as tt
from throughtime.training.settings import Settings

I, F, YES = np.int64(3), np.float32(0.5), np.True_
MADE = {
    "specification": lambda: tt.NetworkSpecification(inputs=I, hidden=np.uint8(4), outputs=np.array(2),
        layers=np.int16(2),
                                                     bidirectional=YES, bias=np.False_),
    "settings": lambda: Settings(steps=I, batch=I, seed=I, window=I, patience=I, log_every=I, clip=I, noise=F,
        weight_decay=F,
                                 cell_penalty=F, shuffle=YES),
    "gradient descent": lambda: tt.GradientDescent(F),
    "momentum": lambda: tt.Momentum(F, F),
    "rmsprop": lambda: tt.RMSprop(F, F, F),
    "adam": lambda: tt.Adam(np.float64(0.1), F, F, np.array(1e-8)),
    "cosine": lambda: tt.Cosine(F),
    "step": lambda: tt.StepDecay(I, F),
    "warm-up": lambda: tt.WarmUp(I),
    "addition": lambda: tt.tasks.Addition(bits=np.int64(8), operands=I),
    "subtraction": lambda: tt.tasks.Subtraction(bits=I),
    "multiplication": lambda: tt.tasks.Multiplication(bits=np.int64(9), factor=I),
    "comparison": lambda: tt.tasks.Comparison(bits=I),
    "parity": lambda: tt.tasks.Parity(bits=I),
    "counter": lambda: tt.tasks.Counter(bits=I, modulus=I),
    "tomita": lambda: tt.tasks.Tomita(bits=I, language=I),
    "reber": lambda: tt.tasks.Reber(embedded=YES),
    "adding problem": lambda: tt.tasks.AddingProblem(steps=np.int64(20)),
    "copy memory": lambda: tt.tasks.CopyMemory(delay=I, length=I, symbols=I),
    "recall": lambda: tt.tasks.Recall(gap=I, noise=F),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_they_are_taken_and_kept_as_pythons_own(name):
    made = MADE[name]()
    for field in fields(made):
        value = getattr(made, field.name)
        assert not isinstance(value, np.generic | np.ndarray), field.name
    if name != "settings":
        json.dumps(asdict(made))
    if name in ("addition", "recall", "reber"):
        np.testing.assert_array_equal(
            made.sample(np.random.default_rng(0), I).x, made.sample(np.random.default_rng(0), 3).x
        )


WRONG = {
    "hidden": lambda v: tt.NetworkSpecification(inputs=2, hidden=v, outputs=1),
    "layers": lambda v: tt.Network(inputs=2, hidden=2, outputs=1, layers=v),
    "seed": lambda v: tt.Network(inputs=2, hidden=2, outputs=1, seed=v),
    "steps": lambda v: Settings(steps=v),
    "log_every": lambda v: Settings(log_every=v),
    "learning_rate": lambda v: tt.Adam(v),
    "every of a schedule": lambda v: tt.StepDecay(v),
    "bits": lambda v: tt.tasks.Addition(bits=v),
    "operands": lambda v: tt.tasks.Addition(operands=v),
    "modulus": lambda v: tt.tasks.Counter(modulus=v),
    "gap": lambda v: tt.tasks.Recall(gap=v),
    "noise": lambda v: tt.tasks.Recall(noise=v),
    "symbols": lambda v: tt.tasks.CopyMemory(symbols=v),
    "samples": lambda v: tt.tasks.sampled(tt.tasks.Parity(), tt.Network(inputs=1, hidden=2, outputs=1), v),
    "a number to add": lambda v: tt.tasks.Addition().encode(v, 1),
    "batch": lambda v: tt.Network(inputs=2, hidden=2, outputs=1).initial_state(v),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("value", ["3", True, np.False_, None, -1, [3], float("nan"), np.array([3])], ids=str)
def test_what_is_no_number_is_refused_under_the_users_name(name, value):
    if name == "log_every" and value is None:
        return
    with pytest.raises(ValueError, match=rf"^{name} must be a (whole )?number .*got ") as refused:
        WRONG[name](value)
    assert "\n" not in str(refused.value)


def test_numbers_to_add_may_be_of_any_size():
    x, y = tt.tasks.Addition().encode(2**200, np.uint64(2**63))
    assert tt.tasks.Addition().decode(y) == 2**200 + 2**63
    assert x.shape == (1, 201, 2)


def test_a_trained_run_of_them_is_saved_and_loaded(tmp_path):
    net = tt.Network(inputs=2, hidden=I, outputs=1, seed=np.uint32(7))
    run = tt.train(
        net, tt.tasks.Addition(bits=np.int64(5)), steps=I, batch=np.int8(4), noise=F, clip=I, seed=I,
        optimizer=tt.Adam(np.float32(0.1)), schedule=tt.StepDecay(I, F), out=tmp_path,
    )  # fmt: skip
    again = tt.load_run(tmp_path)
    assert (again.settings, again.task) == (run.settings, run.task)
    np.testing.assert_array_equal(again.network.parameters, run.network.parameters)
