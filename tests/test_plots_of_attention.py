"""Drawn attention: its lines and bars are those that were given."""

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'throughtime[plot]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")
import matplotlib as mpl
import pandas

mpl.use("agg")
from matplotlib import pyplot

from throughtime.analysis import plots

X = np.random.default_rng(0).normal(size=(6, 2))
SHARES = np.array([0.1, 0.2, 0.3, 0.2, 0.1, 0.1])


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


@pytest.mark.parametrize(
    ("x", "names"), [(X, ["0", "1"]), (pandas.DataFrame(X, columns=["pulse", "cost in $"]), ["pulse", R"cost in \$"])]
)
def test_features_stand_before_the_shares_of_steps(x, names):
    ax = plots.attention(x, SHARES)
    for line, values in zip(ax.lines, X.T, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values)
    (behind,) = set(ax.figure.axes) - {ax}
    np.testing.assert_allclose([bar.get_height() for bar in behind.patches], SHARES)
    assert [bar.get_x() + bar.get_width() / 2 for bar in behind.patches] == list(range(6))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == names
    assert ax.get_zorder() > behind.get_zorder()


def test_one_feature_and_many():
    assert plots.attention(X[:, 0], SHARES).get_legend() is None
    many = plots.attention(np.ones((6, 20)), SHARES)
    assert len(many.lines) == 20
    styles = {(line.get_color(), line.get_linestyle()) for line in many.lines[:12]}
    assert len(styles) == 12


@pytest.mark.parametrize(
    ("x", "shares"), [([X, X[:3]], SHARES), (X, [SHARES, SHARES[:3]]), (pandas.DataFrame({"a": ["x"] * 6}), SHARES)]
)
def test_several_sequences_and_text_are_refused(x, shares):
    with pytest.raises(ValueError, match=r"one sequence of numbers can be drawn, such as the first, X\[0\]"):
        plots.attention(x, shares)


@pytest.mark.parametrize(("x", "shares"), [(X, SHARES[:5]), (X[None], SHARES), ([], []), (X, np.ones((6, 2)))])
def test_what_is_not_one_sequence_is_refused(x, shares):
    with pytest.raises(ValueError, match=r"of one sequence: x \(T, F\) and its shares \(T,\), got"):
        plots.attention(x, shares)
