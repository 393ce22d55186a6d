"""Targets that the outputs cannot be are refused wherever a network is given them.

What does not count is not looked at.
"""

import numpy as np
import pytest

import throughtime as tt
from throughtime.tasks import Addition
from throughtime.weights.losses import check_targets

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 4, 2))
CLASS = np.array([0, 1, 2] * 2)
BINARY = {"readout": "sigmoid", "loss": "binary_cross_entropy"}
CLASSES = {"readout": "softmax", "loss": "cross_entropy"}
SQUARED_CLASSES = {"readout": "softmax", "loss": "squared"}


def network(outputs, dtype="float64", **fields):
    return tt.Network(cell="gru", inputs=2, hidden=3, outputs=outputs, output="last step", dtype=dtype, **fields)


WRONG = {
    "classes 0, 1, 2 for one sigmoid": (CLASS[:, None], BINARY, "from 0 to 1 .* got 2 at sequence 2, output 0"),
    "classes -1 and 1": (2.0 * (CLASS[:, None] % 2) - 1, BINARY, "from 0 to 1 .* got -1 at sequence 0"),
    "numbers of any size for the default": (
        15 + 3 * X[:, :1, 0],
        {},
        "from 0 to 1 .* numbers of any size need readout",
    ),
    "percent": (np.full((6, 1), 55), {}, "got 55"),
    "probabilities that sum to 0.5": (np.eye(3)[CLASS] / 2, CLASSES, "a sum of 0.5 at sequence 0"),
    "shifted": (np.eye(3)[CLASS] - 0.5, CLASSES, "from 0 to 1 .* got -0.5 at sequence 0, output 1"),
    "two classes at once": (np.array([[1.0, 1, 0]] * 6), CLASSES, "a sum of 2"),
    "squared and softmax": (2 * np.eye(3)[CLASS], SQUARED_CLASSES, "from 0 to 1 .* got 2"),
    "one output of a softmax": (CLASS[:, None] % 2, CLASSES, "of one output is always 1"),
    "not a number": (np.where(CLASS[:, None] == 1, np.nan, 0.0), {}, "finite numbers, got nan at sequence 1, output 0"),
    "words": (np.array([["yes"]] * 6), {}, "y must hold real numbers, got an array of <U3"),
    "complex": (np.full((6, 1), 1j), {}, "y must hold real numbers"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("ask", ["train", "validate", "gradient", "loss", "trace", "pass"])
def test_targets_that_outputs_cannot_be(case, ask):
    y, fields, message = WRONG[case]
    net = network(y.shape[1], **fields)
    good = tt.Batch(X, np.full((6, y.shape[1]), 1 / y.shape[1]))
    if case == "one output of a softmax" and ask == "validate":
        good = tt.Batch(X, y, mask=np.zeros(6))
    ways = {
        "train": lambda: tt.train(net, tt.Batch(X, y), steps=2),
        "validate": lambda: tt.train(net, good, steps=2, validate=tt.Batch(X, y)),
        "gradient": lambda: net.gradient(X, y),
        "loss": lambda: net.loss(X, y),
        "trace": lambda: net.trace(X, y),
        "pass": lambda: net.forward(X).loss(y),
    }
    with pytest.raises(ValueError, match=message) as refused:
        ways[ask]()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("y", "fields"),
    [
        (CLASS[:, None] % 2, BINARY),
        (CLASS[:, None] % 2 == 1, BINARY),
        (np.full((6, 1), 1 + 1e-7, np.float32), BINARY),
        (np.eye(3, dtype=np.uint8)[CLASS], CLASSES),
        (np.array([[0.2, 0.3, 0.5]] * 6, np.float32), CLASSES),
        (np.array([[0.33333, 0.33333, 0.33333]] * 6), CLASSES),
        (1e6 * X[:, 0, :1], {"readout": "identity"}),
    ],
    ids=["bits", "booleans", "rounded", "one-hot", "soft", "rounded-to-5-digits", "any"],
)
def test_targets_that_fit(y, fields):
    run = tt.train(network(y.shape[1], **fields), tt.Batch(X, y), steps=2, optimizer=tt.GradientDescent(1e-9))
    assert run.history.last.loss >= 0


def test_a_task_of_ones_own_is_looked_at_too():
    class Percent(Addition):
        def sample(self, rng, batch):
            drawn = super().sample(rng, batch)
            return tt.Batch(drawn.x, 100 * drawn.y)

    with pytest.raises(
        ValueError, match='y of the task addition must be from 0 to 1 for the readout "sigmoid", got 100'
    ):
        tt.train(tt.Network(inputs=2, hidden=2, outputs=1), Percent(), steps=1)


@pytest.mark.parametrize("garbage", [np.nan, np.inf, -np.inf, 1e300, -7.0])
@pytest.mark.parametrize("fields", [{}, CLASSES, {"cell": "lstm", "bidirectional": True}], ids=str)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_does_not_count_may_be_anything_and_changes_no_bit(garbage, fields, dtype):
    """Behind a sequence's end in x, y and mask, and at targets of weight 0; in training, validation and all else."""
    fields = {"cell": "gru", "inputs": 2, "hidden": 3, "outputs": 2, "dtype": dtype} | fields
    net = tt.Network(**fields)
    lengths, weights = np.array([4, 1, 3, 4, 2, 4]), RNG.choice([0.0, 1.0, 0.5], (6, 4))
    y = RNG.dirichlet(np.ones(2), (6, 4))
    real = np.arange(4) < lengths[:, None]
    scored = real & (weights > 0)
    clean = tt.Batch(X, y, lengths, weights)
    spoiled = tt.Batch(
        np.where(real[..., None], X, garbage), np.where(scored[..., None], y, garbage), lengths,
        np.where(real, weights, garbage),
    )  # fmt: skip
    runs = [tt.train(net, data, steps=12, batch=4, validate=data, optimizer=tt.Adam(0.05)) for data in (clean, spoiled)]
    np.testing.assert_array_equal(runs[0].network.parameters, runs[1].network.parameters)
    np.testing.assert_array_equal(runs[0].history["loss"], runs[1].history["loss"])
    np.testing.assert_array_equal(runs[0].history["validation_loss"], runs[1].history["validation_loss"])
    one, other = (net.gradient(d.x, d.y, d.lengths, d.mask) for d in (clean, spoiled))
    assert one[0] == other[0]
    np.testing.assert_array_equal(one[1], other[1])
    np.testing.assert_array_equal(net.predict(clean.x, lengths), net.predict(spoiled.x, lengths))


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_weights_are_not_negative_and_finite(weight):
    mask = np.ones((6, 4))
    mask[3, 2] = weight
    y = np.zeros((6, 4, 1))
    net = tt.Network(inputs=2, hidden=2, outputs=1)
    for ask in (
        lambda: tt.Batch(X, y, mask=mask),
        lambda: net.gradient(X, y, mask=mask),
        lambda: net.loss(X, y, mask=mask),
    ):
        with pytest.raises(ValueError, match=r"mask must be weights of at least 0, got .* at sequence 3, step 2"):
            ask()
    assert tt.Batch(X, y, [4, 4, 4, 2, 4, 4], mask).mask[3, 1] == 1  # it stands behind the end


def test_numbers_beyond_float32():
    net = network(1, "float32", readout="identity")
    x, y = X.copy(), X[:, 0, :1]
    x[4, 1, 0] = -1e300
    for ask in (lambda: net.predict(x), lambda: net.gradient(x, y), lambda: tt.train(net, tt.Batch(x, y), steps=1)):
        with pytest.raises(
            ValueError, match=r"x must be numbers up to 3.4e\+38, which float32 holds, got -1e\+300 at .* 4, step 1"
        ):
            ask()
    with pytest.raises(ValueError, match="y must be numbers up to"):
        net.loss(X, 1e200 * y)


def test_lists_become_arrays():
    y = X[:, :, :1]
    lists = tt.Batch(X.tolist(), y.tolist(), [4, 1, 3, 4, 2, 4], np.ones((6, 4)).tolist())
    arrays = tt.Batch(X, y, np.array([4, 1, 3, 4, 2, 4]), np.ones((6, 4)))
    for name in ("x", "y", "lengths", "mask"):
        assert isinstance(getattr(lists, name), np.ndarray)
        np.testing.assert_array_equal(getattr(lists, name), getattr(arrays, name))
    net = tt.Network(inputs=2, hidden=2, outputs=1, readout="identity")
    runs = [tt.train(net, data, steps=3, batch=2) for data in (lists, arrays)]
    np.testing.assert_array_equal(runs[0].network.parameters, runs[1].network.parameters)
    np.testing.assert_array_equal(lists[1:3].y, y[1:3])
    with pytest.raises(ValueError, match=r"x must be one array, got lists of different lengths: .* throughtime.pad"):
        tt.Batch([[[1.0, 2]], [[1.0, 2], [3, 4]]], [[1.0], [2]])
    with pytest.raises(ValueError, match="the rows of a batch must be a slice or an index array, got 0"):
        arrays[0]


def test_the_check_itself():
    """At its limits."""
    check_targets("identity", "squared", np.array([[1e9]]))
    check_targets("sigmoid", "squared", np.array([[0.0, 1.0]]))
    check_targets("softmax", "cross_entropy", np.zeros((0, 3)))
    for d in (1 + 2e-4, -2e-4):
        with pytest.raises(ValueError, match="from 0 to 1"):
            check_targets("sigmoid", "squared", np.array([[d]]))
    check_targets("sigmoid", "squared", np.array([[5.0], [1.0]]), np.array([False, True]))
