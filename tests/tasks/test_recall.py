import numpy as np
import pytest

from throughtime.batch import Batch
from throughtime.tasks import Recall


def test_samples_are_a_symbol_and_noise(rng):
    batch = Recall(gap=7, noise=0.3).sample(rng, 4000)
    assert batch.x.shape == (4000, 8, 1)
    assert batch.y.shape == (4000, 1)
    np.testing.assert_array_equal(batch.x[:, 0], np.where(batch.y == 1, 1.0, -1.0))
    assert abs(batch.y.mean() - 0.5) < 0.04
    assert abs(batch.x[:, 1:].std() - 0.3) < 0.01
    assert abs(np.corrcoef(batch.x[:, 1:].sum(axis=(1, 2)), batch.y[:, 0])[0, 1]) < 0.06


def test_no_gap_and_no_noise(rng):
    assert Recall(gap=0).sample(rng, 3).x.shape == (3, 1, 1)
    assert not Recall(noise=0).sample(rng, 3).x[:, 1:].any()


def test_right_and_render():
    task = Recall(gap=2)
    batch = Batch(np.zeros((3, 3, 1)), np.array([[1.0], [0.0], [1.0]]))
    assert task.right(np.array([[0.7], [0.5], [0.2]]), batch).tolist() == [True, False, False]
    x = np.array([[-1.0], [0.1], [0.3]])
    assert task.render(x, np.array([0.125])) == "  -1, then 2 steps of noise: predicted 0.125, target 0      right"
    assert task.render(-x, np.array([0.125])) == "  +1, then 2 steps of noise: predicted 0.125, target 1      wrong"


def test_evaluate_in_chunks(oracles):
    task = Recall()
    rng = np.random.default_rng(5)
    answers = [task.sample(rng, 250).y, task.sample(rng, 50).y]
    answers[1][10] = 1 - answers[1][10]
    found = task.evaluate(oracles.Answers(*answers), samples=300, seed=5)
    assert (found.checked, found.wrong, found.exhaustive) == (300, 1, False)
    assert f"predicted {answers[1][10, 0]:.3f}" in found.first_wrong
    assert found.first_wrong.endswith("wrong")


def test_options_are_checked():
    with pytest.raises(ValueError, match=r"^gap must be a whole number of at least 0, got -1$"):
        Recall(gap=-1)
    for noise in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"^noise must be a number of at least 0, got"):
            Recall(noise=noise)
    with pytest.raises(ValueError, match=r"^samples must be a whole number of at least 1, got 0$"):
        Recall().evaluate(None, samples=0)
