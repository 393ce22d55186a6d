"""The gap experiment, small: what it counts, its bounds, and its figure."""

import json
import signal

import numpy as np
import pytest

from throughtime.lab import gap, networks


def test_wilsons_bounds_as_published():
    """Newcombe (1998), table 1, method 3: 81 of 263 and 0 of 20."""
    np.testing.assert_allclose(gap.wilson(81, 263), [0.2553, 0.3662], atol=5e-5)
    np.testing.assert_allclose(gap.wilson(0, 20), [0, 0.1611], atol=5e-5)


def test_contestants_have_about_as_many_parameters():
    sizes = [len(contestant.begin(gap.Recall(), 0).parameters) for contestant in networks.ALL]
    assert max(sizes) < 1.1 * min(sizes)
    assert (networks.LSTM_OPEN.begin(gap.Recall(), 0)["forget.b"] == 5).all()
    assert (networks.GRU_OPEN.begin(gap.Recall(), 0)["update.b"] == 5).all()


@pytest.fixture(scope="module")
def small():
    told = []
    found = gap.measure(
        [1, 12], 3, steps=100, contestants=[networks.ELMAN, networks.LSTM], progress=lambda *a: told.append(a)
    )
    assert [line[:2] for line in told] == [
        (name, g) for name in ("Elman, sigmoid", "LSTM, forget bias 1") for g in (1, 12)
    ]
    return found


def test_what_a_short_gap_teaches(small):
    rates = {(rate.network, rate.gap): rate for rate in small.rates()}
    assert rates["LSTM, forget bias 1", 1].successes == 3
    assert rates["Elman, sigmoid", 12].successes == 0
    assert rates["Elman, sigmoid", 12].right == pytest.approx(0.5, abs=0.1)
    elman, lstm = small.flows
    assert (elman.gap, len(elman.start["middle"])) == (12, 13)
    assert elman.start["middle"][0] == elman.end["low"][0] == 1
    assert elman.end["middle"][-1] < 1e-6 < lstm.end["middle"][-1]


def test_the_same_seeds_give_the_same(small):
    again = gap.measure([1, 12], 3, steps=100, contestants=[networks.LSTM])
    assert [row for row in small.networks if row.network.startswith("LSTM")] == again.networks


def test_through_json_and_into_a_figure(small):
    pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'throughtime[plot]'")
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    from throughtime.lab import figures

    values = json.loads(json.dumps(small.as_dict()))
    del values["rates"]
    axes = figures.gap(gap.GapExperiment.from_dict(values))
    np.testing.assert_array_equal(axes[0].lines[1].get_xydata(), [[1, 1], [12, 1]])
    np.testing.assert_array_equal(axes[1].lines[0].get_ydata(), np.maximum(small.flows[0].start["middle"], 1e-16))
    pyplot.close("all")


def test_what_is_wrong():
    with pytest.raises(ValueError, match="there must be a gap"):
        gap.measure([], 3)


def test_ctrl_c_ends_all_networks(monkeypatch):
    """Whatever is left to do: there are more networks and steps than anyone could wait for."""
    sample = gap.Recall.sample
    drawn = []

    def pressed(task, rng, batch):
        drawn.append(batch)
        if len(drawn) == 5:
            signal.raise_signal(signal.SIGINT)
        return sample(task, rng, batch)

    monkeypatch.setattr(gap.Recall, "sample", pressed)
    with pytest.raises(KeyboardInterrupt):
        gap.measure([1], 1000, steps=10**6)
