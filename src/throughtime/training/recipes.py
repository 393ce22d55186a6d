"""The defaults of `throughtime train` for a task: networks and settings that are known to work.

The classic recipe is the teaching demo of 2015, reproduced to the digits of its log [docs/math.md#the-classic-recipe].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.cells.graph import Graph
from throughtime.network import Network
from throughtime.tasks import Addition
from throughtime.tasks.bits import to_number
from throughtime.tasks.data import Data
from throughtime.tasks.machine import Machine
from throughtime.training.loop import Callback, Run, train
from throughtime.training.optimisers import Adam, GradientDescent
from throughtime.training.schedules import Cosine
from throughtime.training.settings import Settings, UpdateName
from throughtime.weights.network_specification import InitName, cell_named, has_activation


@dataclass(frozen=True)
class Recipe:
    """The fields of a network, how its parameters are drawn, and the settings of its training."""

    network: dict[str, Any]
    init: InitName
    settings: dict[str, Any]


def default(task: Any, cell: str | Graph | None = None, activation: str | None = None) -> Recipe:
    """The recipe for a task.

    Parameters
    ----------
    task : Task
    cell : one of `throughtime.cells.NAMES`, or a step function that `throughtime.cell` has read, optional
        Elman for tasks that are finite machines, else LSTM.
    activation : "sigmoid", "tanh" or "relu", optional
        Of an Elman cell.

    Notes
    -----
    A machine's recipe has noise on the states: it makes the network keep the machine's states apart so clearly that
    what it learned can be proved. `docs/recipes.md` says how often each recipe succeeds.
    """
    if not isinstance(cell, Graph):
        cell = cell_named(cell or ("elman" if task.machine is not None else "lstm"))
    network: dict[str, Any] = {"cell": cell, **ends(task)}
    if has_activation(cell):
        network["activation"] = activation or "sigmoid"
    if task.machine is None:
        sequences = len(task.sequences) if isinstance(task.sequences, Data) else 64  # a file may have fewer
        return Recipe(
            network | {"hidden": 32},
            "glorot",
            {"steps": 4000, "batch": min(64, sequences), "optimizer": Adam(0.005), "clip": 1.0},
        )
    kind = "tanh" if cell == "elman" and activation == "tanh" else str(cell)
    fields, settings = _MACHINE.get(kind, _MACHINE["any other"])
    if len(task.machine.state_names) > 2 or (kind == "gru" and task.inputs == 1):
        fields, settings = _HARDER.get(kind, (fields, settings))
    if kind == "gru" and _leaves_for_good(task.machine):
        fields, settings = _GRU_THAT_STAYS
    return Recipe(network | fields, "glorot", {"batch": 64, **settings})


def _leaves_for_good(machine: Machine) -> bool:
    """Whether a machine has two to four states, one of which it never leaves."""
    return 1 < len(machine.next) <= 4 and bool(machine.absorbing.any())


def ends(task: Any) -> dict[str, Any]:
    """The fields of a network that its task decides: what is read, what is predicted, and how that is judged."""
    return {name: getattr(task, name) for name in ("inputs", "outputs", "readout", "loss", "output")}


_MACHINE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "elman": ({"hidden": 16}, {"steps": 2000, "optimizer": Adam(0.02), "noise": 0.2}),
    "tanh": ({"hidden": 16}, {"steps": 3000, "optimizer": Adam(0.02), "schedule": Cosine(0.05), "noise": 0.5}),
    "lstm": (
        {"hidden": 8},
        {
            "steps": 6000,
            "optimizer": Adam(0.01),
            "schedule": Cosine(0.05),
            "noise": 0.2,
            "weight_decay": 0.01,
            "cell_penalty": 0.008,
        },
    ),
    "gru": (
        {"hidden": 8},
        {
            "steps": 4000,
            "optimizer": Adam(0.02),
            "schedule": Cosine(0.05),
            "noise": 1.0,
            "weight_decay": 0.05,
        },
    ),
    "cornn": ({"hidden": 32}, {"steps": 6000, "optimizer": Adam(0.05), "schedule": Cosine(0.05)}),
    "indrnn": ({"hidden": 32, "layers": 2}, {"steps": 8000, "optimizer": Adam(0.01), "schedule": Cosine(0.05)}),
    "minlstm": ({"hidden": 32}, {"steps": 8000, "optimizer": Adam(0.02), "schedule": Cosine(0.05)}),
    "any other": ({"hidden": 16}, {"steps": 4000, "optimizer": Adam(0.02), "schedule": Cosine(0.05)}),
}
"""By cell: fields of the network, and settings."""

_LARGE: dict[str, Any] = {"hidden": 32, "loss": "binary_cross_entropy"}
_SLOW: dict[str, Any] = {"steps": 4000, "optimizer": Adam(0.01), "schedule": Cosine(0.05), "clip": 1.0}
_HARDER: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "elman": (_LARGE, {**_SLOW, "noise": 0.1}),
    "tanh": (_LARGE, {**_SLOW, "noise": 0.2}),
    "lstm": ({**_LARGE, "hidden": 16}, {**_SLOW, "noise": 0.2, "weight_decay": 0.01, "cell_penalty": 0.003}),
    "gru": ({**_LARGE, "hidden": 16}, {**_SLOW, "noise": 0.2, "weight_decay": 0.02}),
}
"""The same for machines of more than two states, which need more units, cross-entropy and less noise to be learned.

GRUs learn parity with these too: with the noise that lets them be proved to add, they do not.
"""

_GRU_THAT_STAYS: tuple[dict[str, Any], dict[str, Any]] = (
    {**_LARGE, "hidden": 8},
    {**_SLOW, "noise": 0.6, "weight_decay": 0.05},
)
"""For a GRU where a word can leave a language for good: with more units, or less noise, its states drift from then on,
so that no sets of them are closed. Of machines of five states this is too much noise.
"""


@dataclass(frozen=True)
class Logged:
    """A line of the classic log: pair number, Σ_t |d_t − y_t|, the operands, what the network predicted, and what is
    right.
    """

    pair: int
    error: float
    a: int
    b: int
    predicted: int
    true: int


def sample_sums(task: Any, every: int, log: Callable[[Logged], None], seed: int) -> Callback:
    """A callback that reports, every so many steps, how the network adds one new pair of numbers."""
    reported = -1

    def callback(run: Run) -> None:
        nonlocal reported
        if run.step // every > reported:
            reported = run.step // every
            a, b = map(int, np.random.default_rng([seed, reported]).integers(2 ** (task.bits - 1), size=2))
            log(_logged(run.network, task, run.step * run.settings.batch, a, b))

    return callback


def _logged(net: Network, task: Any, pair: int, a: int, b: int) -> Logged:
    x, d = task.encode(a, b)
    y = net.predict(x)
    return Logged(pair, float(np.abs(d - y).sum()), a, b, to_number(y[0, :, 0]), to_number(d[0, :, 0]))


CLASSIC_BITS = 8


def classic_network(hidden: int = 16, seed: int = 0) -> Network:
    """The network at the beginning of the classic recipe."""
    return Network(cell="elman", inputs=2, hidden=hidden, outputs=1, bias=False, init="classic", seed=seed)


def classic_pairs(net: Network, seed: int, pairs: int) -> tuple[Array, Batch]:
    """The operands (pairs, 2) of the classic recipe, and their sums as sequences."""
    rng = np.random.RandomState(seed)
    rng.random_sample(len(net.parameters))  # the demo draws its pairs after the parameters, from the same stream
    operands = rng.randint(2 ** (CLASSIC_BITS - 1), size=(pairs, 2))  # as if drawn one by one
    place = np.arange(CLASSIC_BITS)
    x = (operands[:, None, :] >> place[:, None] & 1).astype(float)
    d = (operands.sum(axis=1)[:, None] >> place & 1).astype(float)
    return operands, Batch(x, d[:, :, None])


def classic(
    *,
    hidden: int = 16,
    seed: int = 0,
    pairs: int = 10_000,
    learning_rate: float = 0.1,
    update: UpdateName = "per batch",
    log: Callable[[Logged], None] | None = None,
    callbacks: tuple[Callback, ...] = (),
    out: Any = None,
) -> Run:
    """The classic recipe: no biases, squared error, gradient descent on one pair at a time
    [docs/math.md#the-classic-recipe].

    Parameters
    ----------
    hidden, seed, pairs, learning_rate : of the demo by default
    update : "per batch" or "per step"
        One update after each pair's backward pass, or one at every step inside of it.
    log : function of a Logged, optional
        Called for every 1,000th pair, with what the network predicted of it before it learned from it.
    callbacks, out : as for `train`
    """
    task = Addition(bits=CLASSIC_BITS)
    net = classic_network(hidden, seed)
    operands, data = classic_pairs(net, seed, pairs)

    if log is not None:
        report = log

        def tell(run: Run) -> None:
            if run.step % 1000 == 0 and run.step < pairs:
                report(_logged(run.network, task, run.step, *map(int, operands[run.step])))

        tell(Run(net, Settings(steps=pairs)))
        callbacks = (tell, *callbacks)
    return train(
        net, data, steps=pairs, batch=1, optimizer=GradientDescent(learning_rate), update=update,
        shuffle=False, seed=seed, callbacks=callbacks, out=out,
    )  # fmt: skip
