"""Losses and pooling of the estimators: their derivatives are those of differences, and PyTorch's."""

from functools import partial

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")

from sklearn.metrics import mean_absolute_error, mean_pinball_loss, mean_poisson_deviance

from throughtime.sklearn import losses, pooling
from throughtime.weights.losses import LOSSES

RNG = np.random.default_rng(0)
WEIGHTS = RNG.uniform(0.5, 2, (2, 3))
LEVELS = np.array([0.1, 0.5, 0.9])
Y, NUMBERS = 2 * RNG.normal(size=(5, 1, 3)), 2 * RNG.normal(size=(5, 1, 3))
LABELS = (NUMBERS > 0).astype(float)
CASES = {
    "squared": (partial(LOSSES["squared"], "identity"), NUMBERS),
    "absolute": (losses.absolute, NUMBERS),
    "huber": (partial(losses.huber, epsilon=1.35), NUMBERS),
    "poisson": (losses.poisson, np.abs(NUMBERS)),
    "pinball": (partial(losses.pinball, levels=LEVELS), NUMBERS),
    "cross entropy": (partial(LOSSES["cross_entropy"], "softmax"), RNG.dirichlet(np.ones(3), (5, 1))),
    "labels": (partial(losses.labels, weights=WEIGHTS), LABELS),
    "smoothed labels": (partial(losses.labels, weights=WEIGHTS), 0.8 * LABELS + 0.1),
}


def differences(loss, y, step=1e-6):
    """∂E/∂y of a function of y alone, by central differences."""
    found = np.zeros_like(y)
    for place in np.ndindex(y.shape):
        change = np.zeros_like(y)
        change[place] = step
        found[place] = (loss(y + change) - loss(y - change)) / (2 * step)
    return found


@pytest.mark.parametrize("name", CASES)
def test_delta_is_that_of_differences(name):
    loss, d = CASES[name]
    E, delta = loss(Y, d)
    assert E.shape == (5, 1)
    assert (E > 0).all() or name == "poisson"
    np.testing.assert_allclose(delta, differences(lambda y: loss(y, d)[0].sum(), Y), atol=1e-8)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("how", ["last", "mean", "attention"])
def test_delta_through_pooling_and_weights_is_that_of_differences(name, how):
    loss, d = CASES[name]
    objective = losses.Weighed(loss, how)
    lengths, weights = np.array([4, 1, 3, 2, 4]), np.array([[1.0], [0.5], [0.0], [2.0], [1.0]])
    y = Y if how == "last" else 2 * RNG.normal(size=(5, 4, 3 + (how == "attention")))
    _, delta = objective(y, d, weights, lengths)
    np.testing.assert_allclose(delta, differences(lambda y: objective(y, d, weights, lengths)[0], y), atol=1e-7)
    assert (delta[2] == 0).all()
    if how != "last":
        behind = np.arange(4) >= lengths[:, None]
        assert (delta[behind] == 0).all()
        disturbed = np.where(behind[..., None], 1e9, y)
        for ours, theirs in zip(
            objective(y, d, weights, lengths), objective(disturbed, d, weights, lengths), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


def test_losses_are_scikit_learns():
    y, d = Y[:, 0], np.abs(NUMBERS[:, 0])
    assert losses.absolute(y, d)[0].mean() / 3 == pytest.approx(mean_absolute_error(d, y))
    for k, level in enumerate(LEVELS):
        found = losses.pinball(y[:, [k]], d[:, [k]], level)[0].mean()
        assert found == pytest.approx(mean_pinball_loss(d[:, k], y[:, k], alpha=level))
    exact = (losses.poisson(y, d)[0] - losses.poisson(np.log(d), d)[0]).mean() / 3
    assert 2 * exact == pytest.approx(mean_poisson_deviance(d.ravel(), np.exp(y).ravel()))
    assert (losses.pinball(y, y, LEVELS)[1] == 0).all()


def test_means_and_attention_by_hand():
    y = np.array([[[1.0, 10.0, 0.0], [3.0, 20.0, np.log(3)], [9.0, 9.0, 9.0]]])
    mean, shares = pooling.pooled(y, np.array([2]), "mean")
    np.testing.assert_allclose(mean[0, 0], [2, 15, np.log(3) / 2])
    np.testing.assert_allclose(shares, [[0.5, 0.5, 0]])
    attended, shares = pooling.pooled(y, np.array([2]), "attention")
    np.testing.assert_allclose(shares, [[0.25, 0.75, 0]])
    np.testing.assert_allclose(attended[0, 0], [2.5, 17.5])


def test_scores_of_any_size_are_shared_out():
    y = np.array([[[1.0, 1e300], [2.0, -1e300], [3.0, 1e300]]])
    np.testing.assert_allclose(pooling.attention(y, np.array([3])), [[0.5, 0, 0.5]])


@pytest.mark.torch
@pytest.mark.parametrize("how", ["last", "mean", "attention"])
@pytest.mark.parametrize("name", CASES)
def test_losses_and_their_deltas_are_pytorchs(name, how):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
    F = torch.nn.functional
    weights, levels = torch.tensor(WEIGHTS), torch.tensor(LEVELS)

    def of_labels(y, d):
        return F.binary_cross_entropy_with_logits(y, d, torch.where(d > 0.5, weights[1], weights[0]), reduction="sum")

    theirs = {
        "squared": lambda y, d: F.mse_loss(y, d, reduction="sum") / 2,
        "absolute": lambda y, d: F.l1_loss(y, d, reduction="sum"),
        "huber": lambda y, d: F.huber_loss(y, d, reduction="sum", delta=1.35),
        "poisson": lambda y, d: F.poisson_nll_loss(y, d, log_input=True, reduction="sum"),
        "pinball": lambda y, d: torch.maximum(levels * (d - y), (levels - 1) * (d - y)).sum(),
        "cross entropy": lambda y, d: F.cross_entropy(y, d, reduction="sum"),
        "labels": of_labels,
        "smoothed labels": of_labels,
    }
    loss, d = CASES[name]
    lengths = np.array([4, 1, 3, 2, 4])
    given = Y if how == "last" else 2 * RNG.normal(size=(5, 4, 3 + (how == "attention")))
    y = torch.tensor(given, requires_grad=True)
    one = y[:, 0]
    if how != "last":
        rows = [row[:length] for row, length in zip(y, lengths, strict=True)]
        shares = [row[:, 3].softmax(0) if how == "attention" else torch.full((len(row),), 1 / len(row)) for row in rows]
        one = torch.stack([(a[:, None] * row[:, :3]).sum(0) for a, row in zip(shares, rows, strict=True)])
    total = theirs[name](one, torch.tensor(d[:, 0]))
    total.backward()
    E, delta = losses.Weighed(loss, how)(given, d, np.ones((5, 1)), lengths)
    assert pytest.approx(total.item(), rel=1e-7) == E
    np.testing.assert_allclose(delta, y.grad.numpy(), rtol=1e-6, atol=1e-7)
