"""Recall after a gap: how often networks learn it, by the length of the gap, and how far their derivatives reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from throughtime.analysis import gradient_flow
from throughtime.batch import Array
from throughtime.experiments.lab.networks import ALL, MOST_SEEDS, Contestant, require_steps, trained
from throughtime.network import Network
from throughtime.support.checks import number, whole_number
from throughtime.tasks.recall import Recall
from throughtime.training.loop import Run
from throughtime.training.optimisers import Adam

SUCCESS = 0.99
"""The share of new sequences that a network which learned the task answers right."""
GAPS = (1, 5, 10, 20, 50, 100, 200)
STEPS, BATCH, LEARNING_RATE, CLIP = 500, 32, 0.005, 1.0
_EVALUATED, _TRACED = 1000, 2


@dataclass(frozen=True)
class Trained:
    """One network after training.

    network : name of its kind
    gap, seed : int
    right : share of 1,000 new sequences that it answers right
    """

    network: str
    gap: int
    seed: int
    right: float


@dataclass(frozen=True)
class Flow:
    """How far derivatives reach in the networks of one kind, trained for the longest gap; each list by distance.

    start, end : dict of the quartiles over seeds, "low", "middle", "high", of ‖∂s_n/∂s_{n−d}‖ before and after
        training: the largest singular value
    second : the middle of the second singular value after training
    h_only : the middle of ‖∂h_n/∂h_{n−d}‖ after training, with C held still for LSTM
    """

    network: str
    gap: int
    start: dict[str, list[float]]
    end: dict[str, list[float]]
    second: list[float]
    h_only: list[float]


@dataclass(frozen=True)
class GapExperiment:
    """All that was measured: `settings`, a row for each network, and how derivatives flow in each kind of them."""

    settings: dict[str, Any]
    networks: list[Trained] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with the rates of success."""
        return asdict(self) | {"rates": [asdict(rate) for rate in self.rates()]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> GapExperiment:
        """The experiment that `as_dict` described; a ValueError for anything else.

        Numbers that were not finite are NaN.
        """
        try:
            settings, networks, flows = values["settings"], values["networks"], values["flows"]
            number("success", settings["success"], 0, 1), whole_number("seeds", settings["seeds"], 1)
            rows = [Trained(**row) for row in networks]
            for row in rows:
                whole_number("gap", row.gap), whole_number("seed", row.seed), number("right", row.right, 0, 1)
            names = {_name(row.network) for row in rows}
            found = cls(settings, rows, [_read_flow(names, flow) for flow in flows])
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"a part is missing or of another kind: {error}") from None
        if not rows:
            raise ValueError("it has no networks")
        return found

    def rates(self) -> list[Rate]:
        """The success of each kind of network after each gap."""
        groups: dict[tuple[str, int], list[float]] = {}
        for row in self.networks:
            groups.setdefault((row.network, row.gap), []).append(row.right)
        found = []
        for (name, gap), right in groups.items():
            successes = sum(share >= SUCCESS for share in right)
            low, high = wilson(successes, len(right))
            found.append(Rate(name, gap, len(right), successes, low, high, float(np.mean(right))))
        return found


@dataclass(frozen=True)
class Rate:
    """How many networks of a kind learned to recall after a gap, `successes` of `seeds`.

    low, high : bounds of the rate, 95 % [Wilson 1927]
    right : mean share of sequences that are answered right
    """

    network: str
    gap: int
    seeds: int
    successes: int
    low: float
    high: float
    right: float


def measure(
    gaps: Sequence[int] = GAPS,
    seeds: int = 20,
    *,
    steps: int = STEPS,
    contestants: Sequence[Contestant] = ALL,
    progress: Callable[[str, int, int, float], Any] = lambda network, gap, successes, right: None,
) -> GapExperiment:
    """Train networks of each kind for each gap, and see which learned to recall.

    Parameters
    ----------
    gaps : ints ≥ 0
        Steps of noise between the symbol and the question.
    seeds : int ≥ 1
        Networks of each kind for each gap, with the seeds 0, 1, …
    steps : int ≥ 1
        Updates of each network, each with 32 new sequences.
    contestants : kinds of networks
    progress : function of a kind's name, a gap, how many networks learned it, and the mean share that is right
    """
    gaps = [whole_number("a gap", gap) for gap in gaps]
    if not gaps:
        raise ValueError("there must be a gap")
    seeds, steps = whole_number("seeds", seeds, 1, MOST_SEEDS), whole_number("steps", steps, 1)
    require_steps(max(gaps), BATCH, "a gap")
    settings: dict[str, Any] = {"optimizer": Adam(LEARNING_RATE), "batch": BATCH, "clip": CLIP}
    constants = {"steps": steps, "batch": BATCH, "optimizer": "adam", "learning_rate": LEARNING_RATE, "clip": CLIP}
    experiment = GapExperiment(constants | {"seeds": seeds, "noise": Recall().noise, "success": SUCCESS})
    for contestant in contestants:
        for gap in sorted(set(gaps)):
            task, longest = Recall(gap=gap), gap == max(gaps)

            def use(seed: int, before: Network, run: Run, task: Recall = task, longest: bool = longest) -> Any:
                evaluation = task.evaluate(run.network, _EVALUATED, seed=seed + 10_000)
                flows = [_flow(net, task) for net in (before, run.network)] if longest else None
                return 1 - evaluation.wrong / evaluation.checked, flows

            found = trained(contestant, task, range(seeds), use, steps=steps, **settings)
            right = [share for share, _ in found]
            experiment.networks.extend(Trained(contestant.name, gap, seed, share) for seed, share in enumerate(right))
            if longest:
                experiment.flows.append(_summary(contestant.name, gap, [flows for _, flows in found]))
            progress(contestant.name, gap, sum(share >= SUCCESS for share in right), float(np.mean(right)))
    return experiment


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The bounds of a rate, 95 %.

    References
    ----------
    E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    z = 1.959963984540054
    rate, n = successes / trials, trials
    middle = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float(np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2)))
    return max(0.0, middle - half), min(1.0, middle + half)


def _flow(net: Network, task: Recall) -> Array:
    """By distance d: the two largest singular values of ∂s_n/∂s_{n−d}, and ‖∂h_n/∂h_{n−d}‖, (3, T).

    Means of logarithms.
    """
    batch = task.sample(np.random.default_rng(0), _TRACED)
    trace, H = net.trace(batch.x, batch.y), net.specification.hidden
    found = []
    for b in range(_TRACED):
        products = gradient_flow.products(gradient_flow.jacobians(trace, b))[:0:-1]
        found.append(
            np.vstack(
                [
                    gradient_flow.singular_values(products)[:, :2].T,
                    gradient_flow.singular_values(products[:, :H, :H])[:, 0],
                ]
            )
        )
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(np.log(found).mean(axis=0)))


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise ValueError(f"a network must have a name, got {name!r}"[:200])
    return name


def _read_flow(names: set[str], values: dict[str, Any]) -> Flow:
    """A Flow of one of these networks, with lists of one length."""
    flow = Flow(**values)
    if _name(flow.network) not in names:
        raise ValueError("there are derivatives of a network that is not there")
    length = len(flow.second)

    def curve(given: Any) -> list[float]:
        if not isinstance(given, list) or len(given) != length:
            raise ValueError("its curves must be lists of one length")
        return [float("nan") if value is None else number("a derivative", value, 0) for value in given]

    def bounds(given: dict[str, Any]) -> dict[str, list[float]]:
        return {name: curve(given[name]) for name in ("low", "middle", "high")}

    return Flow(
        flow.network, whole_number("gap", flow.gap), bounds(flow.start), bounds(flow.end),
        curve(flow.second), curve(flow.h_only),
    )  # fmt: skip


def _summary(name: str, gap: int, flows: list[list[Array]]) -> Flow:
    start, end = (np.array([of[place] for of in flows]) for place in (0, 1))

    def quartiles(values: Array) -> dict[str, list[float]]:
        bounds = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
        return dict(zip(("low", "middle", "high"), bounds.tolist(), strict=True))

    return Flow(
        name, gap, quartiles(start[:, 0]), quartiles(end[:, 0]),
        np.median(end[:, 1], axis=0).tolist(), np.median(end[:, 2], axis=0).tolist(),
    )  # fmt: skip
