"""The .ts format, and dynamic time warping."""

import numpy as np
import pytest

from throughtime.experiments.gallery import timeseries
from throughtime.experiments.gallery.nearest import nearest, warped_distances

TEXT = """# a comment
@problemName Two
@classLabel true left right
@data
1,2,3:4,5,6:right
0.5,-1:2e1,3:left
"""


def test_series_of_different_lengths_and_their_classes():
    found = timeseries.parse(TEXT)
    assert found.classes == ("left", "right")
    np.testing.assert_array_equal(found.labels, [1, 0])
    np.testing.assert_array_equal(found.series[0], [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(found.series[1], [[0.5, 20], [-1, 3]])


def test_the_batch_is_standardised_over_all_real_steps():
    found = timeseries.parse(TEXT)
    batch = found.batch(*found.moments())
    np.testing.assert_array_equal(batch.lengths, [3, 2])
    np.testing.assert_array_equal(batch.y, [[0, 1], [1, 0]])
    real = np.concatenate([batch.x[0], batch.x[1, :2]])
    np.testing.assert_allclose(real.mean(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(real.std(axis=0), 1)


def warped(a, b):
    """By its definition: the cheapest path, found recursively."""
    if len(a) == 0 or len(b) == 0:
        return 0.0 if len(a) == len(b) else np.inf
    cost = ((a[-1] - b[-1]) ** 2).sum()
    return cost + min(warped(a[:-1], b), warped(a, b[:-1]), warped(a[:-1], b[:-1]))


@pytest.mark.parametrize("seed", range(3))
def test_warped_distances(seed):
    rng = np.random.default_rng(seed)
    series, others, lengths = rng.standard_normal((4, 2)), rng.standard_normal((3, 5, 2)), np.array([5, 3, 1])
    wanted = [warped(series, other[:n]) for other, n in zip(others, lengths, strict=True)]
    np.testing.assert_allclose(warped_distances(series, others, lengths), wanted)
    np.testing.assert_array_equal(nearest([series], others, lengths), [np.argmin(wanted)])
