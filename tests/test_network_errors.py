"""What does not fit is refused in one sentence that names the axes and the shape that was given."""

import re

import numpy as np
import pytest

from oracles.cases import problem
from throughtime.batch import Batch
from throughtime.network import Network
from throughtime.passes.state import State

Q = problem((3, 5, 1))
LAST = problem((3, 5, 1), output="last step")
BOTH = problem((3, 5, 1), bidirectional=True, cell="lstm", layers=2)
XS = [Q.x[b, :n] for b, n in enumerate(Q.lengths)]
YS = [Q.y[b, :n] for b, n in enumerate(Q.lengths)]
MASKED = " must be an array without masked entries, got 1 of them: fill them, and say with lengths or mask what "
MASKED += "does not count"
HIDDEN = np.ma.array(Q.x, mask=np.arange(Q.x.size).reshape(Q.x.shape) == 3)
"""x, one of whose numbers is masked."""
X = "x must be (batch, time, features) with 2 features and at least one step, got "
SEQUENCES = "each sequence must be (time, features) with the same features and at least one step; "

ERRORS = {
    "x-without-batch": (lambda: Q.net.predict(np.zeros((8, 2))), X + "(8, 2)"),
    "x-swapped": (lambda: Q.net.predict(np.zeros((8, 2, 100))), X + "(8, 2, 100): are time and features swapped?"),
    "x-other-features": (lambda: Q.net.predict(np.zeros((8, 4, 3))), X + "(8, 4, 3)"),
    "x-without-steps": (lambda: Q.net.predict(np.zeros((8, 0, 2))), X + "(8, 0, 2)"),
    "x-without-sequences": (lambda: Q.net.predict(np.zeros((0, 8, 2))), X + "(0, 8, 2)"),
    "x-none": (lambda: Q.net.predict(None), X + "()"),
    "x-loss": (lambda: Q.net.loss(np.zeros((8, 2)), Q.y), X + "(8, 2)"),
    "x-gradient": (lambda: Q.net.gradient(np.zeros((8, 2)), Q.y), X + "(8, 2)"),
    "x-hidden": (lambda: Q.net.hidden(np.zeros((8, 2))), X + "(8, 2)"),
    "x-backward": (lambda: Q.net.backward(np.zeros((8, 2)), Q.d_h), X + "(8, 2)"),
    "x-masked": (lambda: Q.net.predict(HIDDEN, Q.lengths), "x" + MASKED),
    "x-masked-in-a-list": (lambda: Q.net.predict(list(HIDDEN)), "sequence 0" + MASKED),
    "x-masked-in-a-batch": (lambda: Batch(HIDDEN, Q.y), "x" + MASKED),
    "y-masked": (lambda: Q.net.loss(Q.x, np.ma.masked_equal(Q.y, Q.y[0, 0, 0])), "y" + MASKED),
    "y-masked-in-a-list": (lambda: LAST.net.loss(LAST.x, list(np.ma.masked_equal(LAST.y, LAST.y[0, 0]))), "y" + MASKED),
    "lengths-masked": (lambda: Q.net.predict(Q.x, np.ma.masked_equal([3, 5, 1], 5)), "lengths" + MASKED),
    "x_t-masked": (lambda: Q.net.step(HIDDEN[:, 1], Q.net.initial_state(3)), "x_t" + MASKED),
    "state-not-finite": (
        lambda: State(h=np.zeros((1, 3, 4)), C=np.full((1, 3, 4), np.nan)),
        "the arrays of a state must be finite numbers, got nan in C",
    ),
    "no-sequences": (lambda: Q.net.predict([]), "expected at least one sequence, got an empty list"),
    "sequence-without-steps": (
        lambda: Q.net.predict([np.zeros((3, 2)), np.zeros((0, 2))]),
        SEQUENCES + "sequence 1 has shape (0, 2), sequence 0 has (3, 2)",
    ),
    "sequence-of-other-features": (
        lambda: Q.net.predict([np.zeros((3, 2)), np.zeros((3, 1))]),
        SEQUENCES + "sequence 1 has shape (3, 1), sequence 0 has (3, 2)",
    ),
    "lengths-with-a-list": (
        lambda: Q.net.predict(XS, [3, 5, 1]),
        "a list of sequences has its own lengths; lengths must not be given too",
    ),
    "lengths-with-a-pair": (
        lambda: Q.net.predict((Q.x, Q.lengths), Q.lengths),
        "x as a tuple must be (array, lengths), and lengths are then not given again",
    ),
    "a-tuple-of-three": (
        lambda: Q.net.predict((Q.x, Q.x, Q.x)),
        "x as a tuple must be (array, lengths), and lengths are then not given again",
    ),
    "lengths-of-another-batch": (
        lambda: Q.net.predict(Q.x, [3, 5]),
        "lengths must be (batch,) = (3,), got shape (2,)",
    ),
    "lengths-too-long": (
        lambda: Q.net.predict(Q.x, [3, 6, 1]),
        "lengths must be from 1 to the 5 steps of x, got 1 to 6",
    ),
    "lengths-of-zero": (
        lambda: Q.net.predict(Q.x, [3, 5, 0]),
        "lengths must be from 1 to the 5 steps of x, got 0 to 5",
    ),
    "lengths-not-whole": (lambda: Q.net.predict(Q.x, [3.0, 5.0, 1.0]), "lengths must be integers, got float64"),
    "y-without-outputs": (
        lambda: Q.net.loss(Q.x, Q.y[..., 0]),
        "y must be (batch, time, outputs) = (3, 5, 2), got (3, 5)",
    ),
    "y-of-other-length": (
        lambda: Q.net.gradient(Q.x, Q.y[:, :4]),
        "y must be (batch, time, outputs) = (3, 5, 2), got (3, 4, 2)",
    ),
    "y-of-fewer-sequences": (
        lambda: Q.net.loss(XS, YS[:2]),
        "y must be (batch, time, outputs) = (3, 5, 2), got (2, 5, 2)",
    ),
    "y-at-every-step": (lambda: LAST.net.loss(Q.x, Q.y), "y must be (batch, outputs) = (3, 2), got (3, 5, 2)"),
    "mask": (lambda: Q.net.loss(Q.x, Q.y, mask=np.ones(3)), "mask must be (batch, time) = (3, 5), got (3,)"),
    "mask-of-last-step": (
        lambda: LAST.net.loss(LAST.x, LAST.y, mask=np.ones((3, 5))),
        "mask must be (batch,) = (3,), got (3, 5)",
    ),
    "d_h": (
        lambda: BOTH.net.backward(Q.x, np.zeros((3, 5, 3))),
        "d_h must be (batch, time, states) = (3, 5, 6), got (3, 5, 3)",
    ),
    "state-of-another-batch": (
        lambda: Q.net.predict(Q.x, initial_state=Q.net.initial_state(2)),
        "the state must have h of shape (1, 3, 3) for this batch, got h of shape (1, 2, 3)",
    ),
    "state-of-another-network": (
        lambda: Q.net.backward(Q.x, Q.d_h, initial_state=BOTH.net.initial_state(3)),
        "the state must have h of shape (1, 3, 3) for this batch, got h and C of shape (4, 3, 3)",
    ),
    "step-without-batch": (
        lambda: Q.net.step(np.zeros(2), Q.net.initial_state()),
        "x_t must be (batch, features) = (1, 2) for this state, got (2,)",
    ),
    "step-of-another-batch": (
        lambda: Q.net.step(np.zeros((4, 2)), Q.net.initial_state(3)),
        "x_t must be (batch, features) = (3, 2) for this state, got (4, 2)",
    ),
    "step-of-other-features": (
        lambda: Q.net.step(np.zeros((1, 3)), Q.net.initial_state()),
        "x_t must be (batch, features) = (1, 2) for this state, got (1, 3)",
    ),
    "step-of-both-directions": (
        lambda: BOTH.net.step(np.zeros((1, 2)), BOTH.net.initial_state()),
        "a bidirectional network needs the whole sequence: use predict instead of step",
    ),
    "init": (
        lambda: Network(inputs=1, hidden=1, outputs=1, init="zeros"),
        'init must be "glorot", "uniform" or "classic", got \'zeros\'',
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_message(case):
    call, message = ERRORS[case]
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


def test_no_such_parameter():
    with pytest.raises(KeyError) as caught:
        Q.net["U_h"]
    assert caught.value.args == ("no parameter is called 'U_h'; there are V, U, b_h, W, b_y",)
    assert "U_h" not in Q.net


def test_a_value_of_another_shape_is_not_written():
    before = Q.net.parameters.copy()
    with pytest.raises(ValueError, match="shape"):
        Q.net["V"] = np.ones((5, 5))
    np.testing.assert_array_equal(Q.net.parameters, before)


def test_targets_of_other_lengths_than_their_sequences():
    with pytest.raises(ValueError, match="sequence 0"):
        Q.net.loss(XS, [YS[1], YS[0], YS[2]])


def test_targets_as_a_list_for_a_padded_array():
    assert Q.net.loss((Q.x, Q.lengths), YS) == Q.net.loss(Q.x, Q.y, Q.lengths)


def test_d_state_of_another_shape():
    zeros = np.zeros((1, 3, 3))
    with pytest.raises(
        ValueError, match=r"have h and C of shape \(4, 3, 3\) for this batch, got h of shape \(1, 3, 3\)$"
    ):
        BOTH.net.backward(BOTH.x, BOTH.d_h, d_state=State(h=zeros))


def test_numpy_integers_are_whole_numbers():
    net = Network(inputs=np.int64(2), hidden=np.int32(3), outputs=1)
    assert net.specification == Network(inputs=2, hidden=3, outputs=1).specification
    assert type(net.specification.hidden) is int
