import numpy as np
import pytest

from throughtime.batch import Batch
from throughtime.tasks import AddingProblem


@pytest.mark.parametrize("steps", [11, 30, 100])
def test_samples_are_those_of_the_paper(rng, steps):
    batch = AddingProblem(steps=steps).sample(rng, 3000)
    firsts, seconds = set(), set()
    for x, y, length in zip(batch.x, batch.y, batch.lengths, strict=True):
        assert steps <= length <= steps + steps // 10
        assert not x[length:].any()
        value, marker = x[:length].T
        marked = np.flatnonzero(marker == 1)
        assert len(marked) == 2
        assert marked[0] < 10
        assert marked[1] <= max(9, steps // 2 - 1)
        assert marker[-1] == -1
        assert marker[0] == (1 if marked[0] == 0 else -1)
        assert np.count_nonzero(marker) == 3 + (marked[0] != 0)
        assert np.abs(value).max() <= 1
        assert value[0] == 0 or marked[0] != 0
        np.testing.assert_allclose(y, [0.5 + value[marked].sum() / 4], rtol=0, atol=1e-15)
        firsts.add(marked[0])
        seconds.add(marked[1])
    assert max(seconds) == max(9, steps // 2 - 1)
    assert firsts >= set(range(4))
    assert set(batch.lengths) == set(range(steps, steps + steps // 10 + 1))
    assert abs(batch.x[:, 1:steps, 0].mean()) < 0.02


def test_right_is_within_four_hundredths():
    batch = Batch(np.zeros((4, 11, 2)), np.full((4, 1), 0.5))
    y = np.array([[0.539], [0.4601], [0.541], [np.nan]])
    assert AddingProblem().right(y, batch).tolist() == [True, True, False, False]


def test_render():
    x = np.zeros((12, 2))
    x[2], x[5] = (0.25, 1), (-0.5, 1)
    assert AddingProblem().render(x, np.array([0.45])) == (
        "  0.250 at step 3 and -0.500 at step 6 of 12: predicted 0.450, target 0.438      right"
    )
    assert AddingProblem().render(x, np.array([0.39])).endswith("wrong")


def test_evaluate(oracles):
    task = AddingProblem(steps=20)
    y = task.sample(np.random.default_rng(0), 50).y
    y[7] += 0.05
    found = task.evaluate(oracles.Answers(y), samples=50)
    assert (found.checked, found.wrong, found.exhaustive) == (50, 1, False)
    assert f"predicted {y[7, 0]:.3f}, target {y[7, 0] - 0.05:.3f}" in found.first_wrong


def test_options_are_checked():
    with pytest.raises(ValueError, match=r"^steps must be a whole number of at least 11, got 10$"):
        AddingProblem(steps=10)
