"""The gap experiment, small: what it counts, its bounds, and its figure."""

import copy
import json
import signal

import numpy as np
import pytest

from throughtime.cells import NAMES
from throughtime.experiments.lab import gap, networks
from throughtime.experiments.lab.networks import of_cell
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import count


def test_wilsons_bounds_as_published():
    """Newcombe (1998), table 1, method 3: 81 of 263 and 0 of 20."""
    np.testing.assert_allclose(gap.wilson(81, 263), [0.2553, 0.3662], atol=5e-5)
    np.testing.assert_allclose(gap.wilson(0, 20), [0, 0.1611], atol=5e-5)


def test_contestants_have_about_as_many_parameters():
    sizes = [len(contestant.plan(gap.Recall(), 0).begin().parameters) for contestant in networks.ALL]
    assert max(sizes) < 1.1 * min(sizes)
    assert (networks.LSTM_OPEN.plan(gap.Recall(), 0).begin()["forget.b"] == 5).all()
    assert (networks.GRU_OPEN.plan(gap.Recall(), 0).begin()["update.b"] == 5).all()


@pytest.fixture(scope="module")
def small():
    answer = []
    found = gap.measure(
        [1, 12], 3, steps=100, contestants=[networks.ELMAN, networks.LSTM], progress=lambda *a: answer.append(a)
    )
    assert [line[:2] for line in answer] == [
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

    from throughtime.experiments.lab import figures

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


def test_a_stored_experiment_is_whole_or_refused(small):
    """Hostile values in every place, and every place taken away: read, and then drawn too, or one sentence."""
    mpl = pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'throughtime[plot]'")
    mpl.use("agg")
    from matplotlib import pyplot

    from throughtime.experiments.lab import figures

    stored = json.loads(json.dumps({name: value for name, value in small.as_dict().items() if name != "rates"}))
    stored["networks"], stored["flows"] = stored["networks"][:3], stored["flows"][:1]
    for curve in (*stored["flows"][0]["start"].values(), *stored["flows"][0]["end"].values()):
        del curve[3:]
    stored["flows"][0]["second"], stored["flows"][0]["h_only"] = [1, 0.5, None], [1, 0.5, 0.25]

    def places(value, path=()):
        for key, inner in (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        ):
            yield (*path, key)
            yield from places(inner, (*path, key))

    refused = read = 0
    for path in list(places(stored)):
        for hostile in (None, "x", -1, 2.5, 10**30, [], {}, [[1]], True, "take it away"):
            changed = copy.deepcopy(stored)
            inside = changed
            for key in path[:-1]:
                inside = inside[key]
            if hostile == "take it away":
                del inside[path[-1]]
            else:
                inside[path[-1]] = hostile
            try:
                found = gap.GapExperiment.from_dict(changed)
            except ValueError:
                refused += 1
                continue
            read += 1
            if read % 40 == 0:
                figures.gap(found)[0].figure.canvas.draw()
                pyplot.close("all")
    assert refused > 300
    assert read > 40


def test_what_would_never_end_or_fit_is_refused():
    for options, message in [
        ({"gaps": [10**10]}, "a gap of 10,000,000,000 steps needs"),
        ({"gaps": [1.5]}, "a gap must be a whole number"),
        ({"gaps": []}, "there must be a gap"),
        ({"seeds": 10**7}, "seeds must be a whole number from 1 to 1000000"),
        ({"steps": 0}, "steps must be a whole number of at least 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            gap.measure(**options)
    found = gap.measure(np.array([1]), np.int64(1), steps=np.int64(2), contestants=[networks.ELMAN])
    assert found.settings["seeds"] == found.networks[0].gap == 1
    json.dumps(found.as_dict())


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_can_stand_beside_the_others(name):
    contestant = of_cell(name)
    assert contestant.fields["cell"] == name
    s = NetworkSpecification(inputs=1, outputs=1, **contestant.fields)
    assert abs(count(s) - 1100) < 150
