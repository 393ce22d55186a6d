"""The classic demo's published logs to their 8 digits, and the default recipe on every pair of 8-bit numbers."""

import numpy as np
import pytest
from numba.core import config

from throughtime import tasks
from throughtime.network import Network
from throughtime.tasks import Addition
from throughtime.training import recipes
from throughtime.training.loop import Run, proceed, train
from throughtime.training.plan import plan
from throughtime.training.settings import Settings

compiled_only = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="too many steps for uncompiled kernels")

# docs/math.md#the-classic-recipe: pair, error, a, b, predicted; and the errors with the update inside the backward
# loop.
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
    for bits in (7, 8):
        evaluation = Addition(bits=8).evaluate(net, bits=bits)
        assert (evaluation.checked, evaluation.wrong, evaluation.exhaustive) == (4**bits, 0, True)


def test_all_pairs_again_each_for_itself(told):
    """Without the prefix tree: every pair that the demo draws from, as a sequence of its own."""
    _, net, _ = told
    a, b = np.divmod(np.arange(4**7), 2**7)
    place = np.arange(8)
    bits = [(number[:, None] >> place & 1).astype(float) for number in (a, b)]
    y = net.predict(np.stack(bits, axis=-1))[..., 0]
    np.testing.assert_array_equal((y > 0.5).astype(int) @ (1 << place), a + b)


def exact(cell, seed, **activation):
    task = Addition(bits=8)
    recipe = recipes.default(task, cell, **activation)
    net = Network(init=recipe.init, seed=seed, **recipe.network)
    evaluation = task.evaluate(train(net, task, seed=seed, **recipe.settings).network, bits=8)
    assert (evaluation.checked, evaluation.wrong, evaluation.exhaustive) == (65536, 0, True)


@compiled_only
@pytest.mark.parametrize("seed", range(5))
def test_the_default_recipe_is_exact(seed):
    assert recipes.default(Addition(bits=8)).network["cell"] == "elman"
    exact(None, seed)


@compiled_only
@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_recipes_of_gated_cells_are_exact(cell, seed):
    exact(cell, seed)


@compiled_only
@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_the_recipe_of_tanh_is_exact(seed):
    exact("elman", seed, activation="tanh")


def test_recipes_fit_their_tasks():
    for name, kind in tasks.names.items():
        task = kind()
        recipe = recipes.default(task)
        net = Network(init=recipe.init, **recipe.network)
        assert net.specification.cell == ("lstm" if task.machine is None else "elman"), name
        settings = recipe.settings | {"steps": 1, "batch": 2}
        assert train(net, task, **settings).step == 1
    assert recipes.default(Addition(bits=8), "elman", "relu").network["activation"] == "relu"


@pytest.mark.parametrize(("cell", "hidden"), [("elman", 32), ("lstm", 16), ("gru", 16)])
def test_machines_of_more_states_have_more_units_and_cross_entropy(cell, hidden):
    few, many = (recipes.default(task, cell) for task in (tasks.Addition(), tasks.Addition(operands=3)))
    assert few.network["hidden"] < hidden == many.network["hidden"]
    assert (few.network["loss"], many.network["loss"]) == ("squared", "binary_cross_entropy")
    assert recipes.default(tasks.Parity(), cell).network["hidden"] == (
        hidden if cell == "gru" else few.network["hidden"]
    )


def test_a_gru_has_fewer_units_and_more_noise_for_a_language_of_few_states_that_is_left_for_good():
    found = {language: recipes.default(tasks.Tomita(language=language), "gru") for language in range(1, 8)}
    many, few = (16, 0.2, 0.02), (8, 0.6, 0.05)
    assert {
        language: (recipe.network["hidden"], recipe.settings["noise"], recipe.settings["weight_decay"])
        for language, recipe in found.items()
    } == {1: few, 2: few, 3: many, 4: few, 5: many, 6: many, 7: many}
    assert found[1].network["loss"] == "binary_cross_entropy"
    without_memory = tasks.Multiplication(factor=1)
    assert len(without_memory.machine.next) == 1
    assert recipes.default(without_memory, "gru").settings["noise"] == 0.2
    lstm = recipes.default(tasks.Tomita(language=4), "lstm")
    assert (lstm.network["hidden"], lstm.settings["noise"]) == (16, 0.2)


def test_sums_that_are_sampled_while_training():
    """One for each so many steps, from the seed alone; what is told of it is what the network answers."""
    task, lines = Addition(bits=8), []
    callback = recipes.sample_sums(task, 10, lines.append, seed=3)
    net = Network(inputs=2, hidden=4, outputs=1)
    for step in (4, 9, 10, 12, 35):
        callback(Run(net, Settings(batch=5), step=step))
    again = []
    other = recipes.sample_sums(task, 10, again.append, seed=3)
    for step in (0, 10, 30):
        other(Run(net, Settings(batch=5), step=step))
    assert [line.pair for line in lines] == [20, 50, 175]
    assert [(line.a, line.b) for line in lines] == [(line.a, line.b) for line in again]
    for line in lines:
        assert line.true == line.a + line.b
        assert max(line.a, line.b) < 128
        x, d = task.encode(line.a, line.b)
        y = net.predict(x)
        assert line.error == pytest.approx(np.abs(y - d).sum())
        assert line.predicted == task.decode(y > 0.5)


@compiled_only
@pytest.mark.long
@pytest.mark.parametrize(("name", "hidden", "seed"), [("parity", 4, 7), ("parity", 8, 0), ("tomita", 8, 0)])
def test_a_gru_learns_words_of_bits(name, hidden, seed):
    task = tasks.find(name)
    made = plan(task, cell="gru", hidden=hidden, seed=seed)
    assert task.evaluate(proceed(made.run(), made.sequences).network).wrong == 0
