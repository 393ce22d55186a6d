"""How the learning rate changes while training: a schedule gives a factor for each step, 0..steps−1."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.support.checks import number, whole_number


def _check(schedule: Any) -> None:
    """Make its numbers Python's own: a number of steps, or a factor."""
    for field in fields(schedule):
        name, value = f"{field.name} of a schedule", getattr(schedule, field.name)
        found = number(name, value, 0) if field.name in ("final", "factor") else whole_number(name, value, 1)
        object.__setattr__(schedule, field.name, found)


@dataclass(frozen=True)
class Constant:
    """Always 1."""

    def factors(self, step: Array, steps: int) -> Array:
        """The factor at each `step` (an int array) of a run of `steps`."""
        return np.ones(len(step))


@dataclass(frozen=True)
class Cosine:
    """Half a cosine, from 1 down to `final` at the last step [Loshchilov & Hutter 2017]."""

    final: float = 0.0

    def __post_init__(self) -> None:
        _check(self)

    def factors(self, step: Array, steps: int) -> Array:
        """The factor at each `step` (an int array) of a run of `steps`."""
        way = np.clip(step / max(1, steps - 1), 0, 1)
        return self.final + (1 - self.final) * (1 + np.cos(np.pi * way)) / 2


@dataclass(frozen=True)
class StepDecay:
    """Multiplied by `factor` after every `every` steps."""

    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        _check(self)

    def factors(self, step: Array, steps: int) -> Array:
        """The factor at each `step` (an int array) of a run of `steps`."""
        return np.asarray(float(self.factor) ** (step // self.every), dtype=float)


@dataclass(frozen=True)
class WarmUp:
    """From 0 to 1 in a straight line over the first `warm_up` steps, then 1."""

    warm_up: int

    def __post_init__(self) -> None:
        _check(self)

    def factors(self, step: Array, steps: int) -> Array:
        """The factor at each `step` (an int array) of a run of `steps`."""
        return np.minimum(1.0, (step + 1) / self.warm_up)


Schedule = Constant | Cosine | StepDecay | WarmUp
SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "cosine": Cosine,
    "step": StepDecay,
    "warm-up": WarmUp,
}


def as_dict(schedule: Schedule) -> dict[str, Any]:
    """Its name and its numbers, for TOML."""
    name = next(name for name, kind in SCHEDULES.items() if isinstance(schedule, kind))
    return {"name": name, **asdict(schedule)}


def from_dict(values: dict[str, Any]) -> Schedule:
    """The schedule that `as_dict` described."""
    numbers = dict(values)
    name = numbers.pop("name", None)
    if name not in SCHEDULES:
        raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)}, got {name!r}")
    return SCHEDULES[name](**numbers)


def spelled(schedule: Schedule) -> str:
    """The word that `named` reads as this schedule."""
    name, *numbers = as_dict(schedule).values()
    return ":".join([name, *map(repr, numbers)])


def named(word: str) -> Schedule:
    """A schedule in one word: "cosine", "cosine:0.05", "step:500", "step:500:0.5" or "warm-up:100"."""
    name, *numbers = str(word).split(":")
    try:
        values: list[Any] = [int(number) if number.isdigit() else float(number) for number in numbers]
        return SCHEDULES[name](*values)
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            "schedule must be constant, cosine, cosine:FINAL, step:EVERY, step:EVERY:FACTOR or warm-up:STEPS, "
            f'got "{str(word)[:40]}"'
        ) from None
