"""What a sweep tries: values of options, in all combinations or drawn at random, each with several seeds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import exp, log
from typing import Any

import numpy as np

Value = str | int | float | bool


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
        if not -np.inf < self.least < self.greatest < np.inf or (self.scale == "log" and self.least <= 0):
            what = "go from a number above 0" if self.scale == "log" else "go from a number"
            raise ValueError(f"a range must {what} to a greater one, got {self.least} to {self.greatest}")

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers only."""
        return isinstance(self.least, int) and isinstance(self.greatest, int)

    def draw(self, rng: np.random.Generator) -> Value:
        """One of its numbers at random."""
        if self.scale == "log":
            number = exp(rng.uniform(log(self.least), log(self.greatest)))
            return round(number) if self.whole else float(f"{number:.6g}")
        if self.whole:
            return int(rng.integers(int(self.least), int(self.greatest) + 1))
        return float(f"{rng.uniform(self.least, self.greatest):.6g}")


@dataclass(frozen=True)
class Trial:
    """One run of a sweep."""

    number: int
    options: dict[str, Value]
    seed: int


@dataclass(frozen=True)
class Space:
    """What a sweep tries.

    task : str
        A task's name, `module:object`, or a data file.
    options : by name, a list of values or a Range
        Options of `throughtime train`; all others are options of the task.
    seeds : ints ≥ 0
        Each combination is trained once with each.
    random : int ≥ 1, optional
        So many combinations, drawn at random; all there are if not given.
    random_seed : int ≥ 0
        Decides which are drawn.
    """

    task: str
    options: Mapping[str, list[Value] | Range]
    seeds: tuple[int, ...] = (0,)
    random: int | None = None
    random_seed: int = 0

    def __post_init__(self) -> None:
        if not self.seeds or len(set(self.seeds)) != len(self.seeds) or min(self.seeds) < 0:
            raise ValueError("the seeds of a sweep must be different whole numbers from 0 on, and one at least")
        if "seed" in self.options:
            raise ValueError("seed is no option of a sweep: give seeds")
        if self.random is not None and self.random < 1:
            raise ValueError(f"random must be at least 1, got {self.random}")
        for name, values in self.options.items():
            if isinstance(values, Range):
                if self.random is None and not (values.whole and values.scale == "linear"):
                    raise ValueError(f"{name}: a grid needs values one by one, such as 0.001,0.01; or search at random")
            elif not values or any(not isinstance(value, Value) for value in values):
                raise ValueError(f"{name}: there must be a value at least, each a number, a word, true or false")

    def combinations(self) -> list[dict[str, Value]]:
        """The options of each network that is tried."""
        if self.random is not None:
            rng = np.random.default_rng(self.random_seed)
            return [
                {
                    name: values.draw(rng) if isinstance(values, Range) else values[rng.integers(len(values))]
                    for name, values in self.options.items()
                }
                for _ in range(self.random)
            ]
        every = [
            list(range(int(values.least), int(values.greatest) + 1)) if isinstance(values, Range) else values
            for values in self.options.values()
        ]
        return [dict(zip(self.options, values, strict=True)) for values in product(*every)]

    def trials(self) -> list[Trial]:
        """All runs, numbered; the same each time."""
        pairs = [(options, seed) for options in self.combinations() for seed in self.seeds]
        return [Trial(number, options, seed) for number, (options, seed) in enumerate(pairs)]

    def to_json(self) -> str:
        """The space as JSON."""
        options = {name: vars(v) if isinstance(v, Range) else list(v) for name, v in self.options.items()}
        return json.dumps(vars(self) | {"options": options, "seeds": list(self.seeds)})

    @classmethod
    def from_json(cls, text: str) -> Space:
        """The space that `to_json` wrote."""
        values = json.loads(text)
        options = {name: Range(**v) if isinstance(v, dict) else v for name, v in values["options"].items()}
        return cls(**values | {"options": options, "seeds": tuple(values["seeds"])})

    @classmethod
    def of(
        cls, task: str, options: Mapping[str, Any], seeds: Any = 1, random: int | None = None, random_seed: int = 0
    ) -> Space:
        """The space as people write it.

        Parameters
        ----------
        task : str
        options : by name a value, a list of values, a Range, or {"from": 1, "to": 10} with "scale": "log" if wanted
        seeds : int or ints
            How many, from 0 on, or which.
        """

        def values_of(name: str, given: Any) -> list[Value] | Range:
            if isinstance(given, Range):
                return given
            if isinstance(given, Mapping):
                if not {"from", "to"} <= set(given) <= {"from", "to", "scale"}:
                    raise ValueError(f"{name}: a range has from, to and scale, got {', '.join(map(str, given))}")
                return Range(given["from"], given["to"], given.get("scale", "linear"))
            return list(given) if isinstance(given, list | tuple | range) else [given]

        return cls(
            task,
            {name.replace("-", "_"): values_of(name, given) for name, given in options.items()},
            tuple(range(seeds) if isinstance(seeds, int) else seeds),
            random,
            random_seed,
        )
