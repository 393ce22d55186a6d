"""What a sweep tries, in a grid and at random."""

import numpy as np
import pytest

from throughtime.experiments.sweeps.space import Range, Space


def test_a_grid_is_all_combinations_with_all_seeds():
    space = Space.of("recall", {"cell": ["elman", "lstm"], "gap": Range(1, 3), "steps": 5}, seeds=2)
    assert [(trial.number, *trial.options.values(), trial.seed) for trial in space.runs()] == [
        (number, cell, gap, 5, seed)
        for number, (cell, gap, seed) in enumerate(
            (c, g, s) for c in ("elman", "lstm") for g in (1, 2, 3) for s in (0, 1)
        )
    ]


def test_random_draws_are_in_their_ranges_and_the_same_each_time():
    options = {
        "learning-rate": {"from": 0.001, "to": 0.1, "scale": "log"}, "hidden": {"from": 4, "to": 8},
        "cell": ["elman", "gru"], "noise": {"from": 0.0, "to": 1.0}, "batch": {"from": 1, "to": 1000, "scale": "log"},
    }  # fmt: skip
    space = Space.of("recall", options, seeds=range(3, 5), search="random", trials=500, search_seed=7)
    drawn = space.combinations()
    assert drawn == Space.of("recall", options, search="random", trials=500, search_seed=7).combinations()
    assert drawn != Space.of("recall", options, search="random", trials=500, search_seed=8).combinations()
    assert {one["hidden"] for one in drawn} == {4, 5, 6, 7, 8}
    assert {one["cell"] for one in drawn} == {"elman", "gru"}
    rates = np.log10([one["learning_rate"] for one in drawn])
    assert -3 <= rates.min() < rates.max() <= -1
    assert np.mean(rates) == pytest.approx(-2, abs=4 / np.sqrt(12 * 500) * 2)
    assert all(isinstance(one["batch"], int) and 1 <= one["batch"] <= 1000 for one in drawn)
    assert len(space.runs()) == 1000
    assert [trial.seed for trial in space.runs()[:4]] == [3, 4, 3, 4]


def test_through_json():
    space = Space.of("recall", {"gap": [1, 2], "noise": Range(0.1, 0.5)}, seeds=[4, 2], search="random", trials=3)
    assert Space.from_json(space.to_json()) == space
    assert list(Space.from_json(space.to_json()).options) == ["gap", "noise"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Range(2, 1), "a range must go from a number to a greater one, got 2 to 1"),
        (lambda: Range(0, 1, "log"), "from a number above 0"),
        (lambda: Range(1, 2, "cubic"), 'must be "linear" or "log"'),
        (lambda: Space.of("recall", {"gap": Range(0.1, 1)}), "gap: a grid needs values one by one"),
        (lambda: Space.of("recall", {"gap": []}), "gap: there must be a value at least"),
        (lambda: Space.of("recall", {"gap": {"from": 1}}), "gap: a range has from, to and scale"),
        (lambda: Space.of("recall", {"seed": 1}), "give seeds"),
        (
            lambda: Space.of("recall", {}, trials=3),
            "a grid tries all combinations: trials need search random or optuna",
        ),
        (lambda: Space.of("recall", {}, search="optuna"), "search optuna needs a number of trials"),
        (lambda: Space.of("recall", {}, search="tpe", trials=3), 'search must be "grid", "random" or "optuna"'),
        (lambda: Space.of("recall", {"gap": [1, 1]}, search="optuna", trials=3), "Optuna needs each value once"),
        (lambda: Space.of("recall", {}, seeds=[1, 1]), "different whole numbers"),
        (
            lambda: Space.of("recall", {}, search="random", trials=0),
            "trials must be a whole number of at least 1, got 0",
        ),
    ],
)
def test_what_is_wrong(make, message):
    with pytest.raises(ValueError, match=message):
        make()
