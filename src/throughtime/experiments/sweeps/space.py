"""The space of a sweep: values of options, in all combinations or in some, each with several seeds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice, product
from math import exp, log, prod
from typing import Any

import numpy as np

from throughtime.support.checks import number, whole_number
from throughtime.support.documents import json_object

Value = str | int | float | bool

SEARCHES = ("grid", "random", "optuna")
"""All combinations; so many drawn at random; so many, each chosen by what came of those before."""

MOST_RUNS = 1_000_000
"""Runs of a sweep: more are refused before any is planned."""


@dataclass(frozen=True)
class Range:
    """All numbers from `least` to `greatest`, whole ones if both are; evenly, or so in logarithms.

    In a grid it stands for its whole numbers.
    """

    least: float
    greatest: float
    scale: str = "linear"

    def __post_init__(self) -> None:
        if self.scale not in ("linear", "log"):
            raise ValueError(f'the scale of a range must be "linear" or "log", got {self.scale!r}')
        for name in ("least", "greatest"):
            object.__setattr__(self, name, number("an end of a range", getattr(self, name)))
        if not self.least < self.greatest or (self.scale == "log" and self.least <= 0):
            what = "go from a number above 0" if self.scale == "log" else "go from a number"
            raise ValueError(f"a range must {what} to a greater one, got {self.least} to {self.greatest}")
        if self.greatest - self.least == float("inf"):
            raise ValueError(f"the range from {self.least} to {self.greatest} is too wide")

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers only."""
        return isinstance(self.least, int) and isinstance(self.greatest, int)

    def draw(self, rng: np.random.Generator) -> Value:
        """One of its numbers at random."""
        if self.scale == "log":
            drawn = exp(rng.uniform(log(self.least), log(self.greatest)))
        elif self.whole:
            return int(rng.integers(int(self.least), int(self.greatest), endpoint=True))
        else:
            drawn = rng.uniform(self.least, self.greatest)
        return self.rounded(drawn)

    def rounded(self, drawn: float) -> Value:
        """The number of six digits, or the whole number, that is nearest to one of its numbers."""
        rounded = round(drawn) if self.whole else float(f"{drawn:.6g}")
        return min(max(rounded, self.least), self.greatest)

    def __contains__(self, value: object) -> bool:
        """Whether it holds a number."""
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        return self.least <= value <= self.greatest


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a sweep: a combination of options with one of its seeds."""

    number: int
    options: dict[str, Value]
    seed: int


@dataclass(frozen=True)
class Space:
    """The space of a sweep.

    task : str
        A task's name, `module:object`, or a data file.
    options : by name, a list of values or a Range
        Options of `throughtime train`; all others are options of the task.
    seeds : ints ≥ 0
        Each combination is trained once with each.
    search : one of SEARCHES
        How combinations are found.
    trials : int ≥ 1, optional
        So many combinations; of a grid, all there are.
    search_seed : int ≥ 0
        Decides which are found.
    data : str, optional
        The SHA-256 of a data file. Sweeps of older versions have none, so that it is compared apart.

    Raises
    ------
    ValueError
        If a value is none of these, or there are more than MOST_RUNS runs.
    """

    task: str
    options: Mapping[str, list[Value] | Range]
    seeds: tuple[int, ...] = (0,)
    search: str = "grid"
    trials: int | None = None
    search_seed: int = 0
    data: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.task, str) or not self.task:
            raise ValueError(f"the task of a sweep must be a name or a file, got {self.task!r}")
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise ValueError("the seeds of a sweep must be different whole numbers from 0 on, and one at least")
        if not isinstance(self.data, str | None):
            raise ValueError(f"the fingerprint of a sweep's data must be text, got {self.data!r:.60}")
        if self.search not in SEARCHES:
            raise ValueError(f'search must be "grid", "random" or "optuna", got {self.search!r:.40}')
        grid = self.search == "grid"
        if grid != (self.trials is None):
            raise ValueError(
                "a grid tries all combinations: trials need search random or optuna"
                if grid
                else f"search {self.search} needs a number of trials"
            )
        if "seed" in self.options:
            raise ValueError("seed is no option of a sweep: give seeds")
        for name, values in self.options.items():
            if isinstance(values, Range):
                if grid and not (values.whole and values.scale == "linear"):
                    raise ValueError(f"{name}: a grid needs values one by one, such as 0.001,0.01; or search at random")
            elif not values:
                raise ValueError(f"{name}: there must be a value at least, each a number, a word, true or false")
            elif self.search != "random" and len({(type(value), value) for value in values}) < len(values):
                raise ValueError(f"{name}: {'a grid' if grid else 'Optuna'} needs each value once")
        if len(self) > MOST_RUNS:
            raise ValueError(f"a sweep has at most {MOST_RUNS:,} runs, and this one would have {len(self):,}")

    def __len__(self) -> int:
        """How many runs there are."""
        return self._combinations() * len(self.seeds)

    def _combinations(self) -> int:
        if self.trials is not None:
            return self.trials
        return prod(
            int(values.greatest) - int(values.least) + 1 if isinstance(values, Range) else len(values)
            for values in self.options.values()
        )

    def combinations(self) -> list[dict[str, Value]]:
        """The options of each network that is tried, where these are known beforehand: not of Optuna's search."""
        if self.search == "random":
            rng = np.random.default_rng(self.search_seed)
            return [
                {
                    name: values.draw(rng) if isinstance(values, Range) else values[rng.integers(len(values))]
                    for name, values in self.options.items()
                }
                for _ in range(self.trials or 0)
            ]
        every = [
            range(int(values.least), int(values.greatest) + 1) if isinstance(values, Range) else values
            for values in self.options.values()
        ]
        return [dict(zip(self.options, values, strict=True)) for values in product(*every)]

    def corners(self) -> list[dict[str, Value]]:
        """Combinations that have each value of an option, or each end of its range, while the others are the first."""
        every = {
            name: [values.least, values.greatest] if isinstance(values, Range) else values
            for name, values in self.options.items()
        }
        first = {name: values[0] for name, values in every.items()}
        return [first] + [first | {name: value} for name, values in every.items() for value in values[1:]]

    def runs(self) -> list[Trial]:
        """All runs, numbered; the same each time."""
        return [run for number, options in enumerate(self.combinations()) for run in self.runs_of(number, options)]

    def runs_of(self, number: int, options: dict[str, Value]) -> list[Trial]:
        """The runs of a combination, one for each seed."""
        first = number * len(self.seeds)
        return [Trial(first + place, options, seed) for place, seed in enumerate(self.seeds)]

    def holds(self) -> Callable[[Mapping[str, Any]], bool]:
        """A function that says of options whether they are of this space."""
        values = {name: of if isinstance(of, Range) else frozenset(of) for name, of in self.options.items()}

        def held(options: Mapping[str, Any]) -> bool:
            return set(options) == set(values) and all(
                isinstance(value, Value) and value in values[name] for name, value in options.items()
            )

        return held

    def to_json(self) -> str:
        """The space as JSON."""
        options = {name: vars(v) if isinstance(v, Range) else list(v) for name, v in self.options.items()}
        return json.dumps(vars(self) | {"options": options, "seeds": list(self.seeds)})

    @classmethod
    def from_json(cls, text: str) -> Space:
        """The space that `to_json` wrote; a ValueError for anything else."""
        values = json_object(text, "its description")
        data = values.pop("data", None)
        if set(values) == {"task", "options", "seeds", "random", "random_seed"}:  # as it was written once
            values["search"] = "grid" if values["random"] is None else "random"
            values["trials"], values["search_seed"] = values.pop("random"), values.pop("random_seed")
        if set(values) != _FIELDS or not isinstance(values["seeds"], list):
            raise ValueError("its description is not that of a sweep")
        if not isinstance(values["options"], dict):
            raise ValueError("its description has no table of options")
        options = {}
        for name, given in values.pop("options").items():
            if not isinstance(given, dict | list) or (isinstance(given, dict) and set(given) != set(_RANGE)):
                raise ValueError(f"its description has no values of {name}")
            options[name] = {word: given[of] for of, word in _RANGE.items()} if isinstance(given, dict) else given
        return replace(cls.of(**values, options=options), data=data)

    @classmethod
    def of(
        cls,
        task: str,
        options: Mapping[str, Any],
        seeds: Any = 1,
        search: str = "grid",
        trials: int | None = None,
        search_seed: int = 0,
    ) -> Space:
        """The space as people write it.

        Parameters
        ----------
        task : str
        options : by name a value, a list of values, a Range, or {"from": 1, "to": 10} with "scale": "log" if wanted
        seeds : int or ints
            How many, from 0 on, or which.
        """
        if not isinstance(options, Mapping):
            raise ValueError(f"options must be a table of names and values, got {type(options).__name__}")
        values: dict[str, list[Value] | Range] = {}
        for given_name, given in options.items():
            name = str(given_name).replace("-", "_")
            if name in values:
                raise ValueError(f"{name} is given twice")
            values[name] = _values(name, given)
        return cls(
            task,
            values,
            _seeds(seeds),
            search,
            None if trials is None else whole_number("trials", trials, 1, MOST_RUNS),
            whole_number("search_seed", search_seed),
        )


_FIELDS = {"task", "options", "seeds", "search", "trials", "search_seed"}
_RANGE = {"least": "from", "greatest": "to", "scale": "scale"}
"""The fields of a Range, and what people call them."""


def _values(name: str, given: Any) -> list[Value] | Range:
    if isinstance(given, Range):
        return given
    if isinstance(given, Mapping):
        if not {"from", "to"} <= set(given) <= {"from", "to", "scale"}:
            raise ValueError(f"{name}: a range has from, to and scale, got {', '.join(map(str, given))}")
        try:
            return Range(given["from"], given["to"], given.get("scale", "linear"))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    if isinstance(given, np.ndarray):
        given = given.ravel()
    several = isinstance(given, list | tuple | range | np.ndarray)
    if several and len(given) > MOST_RUNS:
        raise ValueError(f"{name}: a sweep has at most {MOST_RUNS:,} values of an option, got {len(given):,}")
    return [_value(name, value) for value in (given if several else [given])]


def _value(name: str, value: Any) -> Value:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | np.bool_):
        return bool(value)
    return number(name, value)


def _seeds(given: Any) -> tuple[int, ...]:
    if isinstance(given, Iterable) and not isinstance(given, str | np.ndarray):
        seeds = tuple(islice(given, MOST_RUNS + 1))
        if len(seeds) > MOST_RUNS:
            raise ValueError(f"a sweep has at most {MOST_RUNS:,} seeds")
        return tuple(whole_number("a seed", seed) for seed in seeds)
    if isinstance(given, np.ndarray) and given.ndim:
        return _seeds(given.ravel().tolist())
    return tuple(range(whole_number("seeds", given, 1, MOST_RUNS)))
