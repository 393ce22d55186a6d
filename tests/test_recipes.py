"""The classic demo's published logs to their 8 digits, and the default recipe on every pair of 8-bit numbers."""

import pytest

from throughtime import recipes
from throughtime.network import Network
from throughtime.tasks import Addition
from throughtime.training.loop import train

# MATH.md §5: pair, error, a, b, predicted; and the errors with the update inside the backward loop.
LOG = [
    (0, 3.45638663, 9, 60, 1), (1000, 3.63389116, 28, 35, 255), (2000, 3.91366595, 116, 44, 72),
    (3000, 3.72191702, 4, 73, 223), (4000, 3.5852713, 71, 11, 8), (5000, 2.53352328, 81, 113, 162),
    (6000, 0.57691441, 81, 0, 81), (7000, 1.42589952, 4, 125, 129), (8000, 0.47477457, 39, 17, 56),
    (9000, 0.21595037, 11, 3, 14),
]  # fmt: skip
PER_STEP = [
    3.45638663, 3.63415232, 3.91209704, 3.72247466, 3.57577557,
    2.51239693, 0.58530627, 1.42261125, 0.43115219, 0.1969151,
]  # fmt: skip


def classic(update):
    log = []
    run = recipes.classic(update=update, log=log.append)
    return run.network, log


@pytest.fixture(scope="module", params=["per batch", "per step"])
def told(request):
    return request.param, *classic(request.param)


def test_the_classic_log(told):
    update, _, log = told
    errors = [error for _, error, _, _, _ in LOG] if update == "per batch" else PER_STEP
    assert [round(line.error, 8) for line in log] == errors
    assert [(line.pair, line.a, line.b, line.true) for line in log] == [(p, a, b, a + b) for p, _, a, b, _ in LOG]
    if update == "per batch":
        assert [line.predicted for line in log] == [predicted for *_, predicted in LOG]


def test_after_it_all_pairs_are_added_right(told):
    _, net, _ = told
    evaluation = Addition(bits=8).evaluate(net, bits=7)
    assert (evaluation.checked, evaluation.wrong, evaluation.exhaustive) == (16384, 0, True)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
def test_the_default_recipe_is_exact(cell, seed):
    task = Addition(bits=8)
    recipe = recipes.default(task, cell)
    net = Network(init=recipe.init, seed=seed, **recipe.network)
    assert task.evaluate(train(net, task, seed=seed, **recipe.settings).network).wrong == 0
