"""How the learning rate changes while training: a schedule gives a factor for each step, 0..steps−1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.support.checks import number, whole_number
from throughtime.training.kinds import as_dict, settle


def _checked(name: str, value: Any) -> float:
    """Python's own number: of steps, or a factor."""
    called = f"{name} of a schedule"
    return number(called, value, 0) if name in ("final", "factor") else whole_number(called, value, 1)


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
        settle(self, _checked)

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
        settle(self, _checked)

    def factors(self, step: Array, steps: int) -> Array:
        """The factor at each `step` (an int array) of a run of `steps`."""
        return np.asarray(float(self.factor) ** (step // self.every), dtype=float)


@dataclass(frozen=True)
class WarmUp:
    """From 0 to 1 in a straight line over the first `warm_up` steps, then 1."""

    warm_up: int

    def __post_init__(self) -> None:
        settle(self, _checked)

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


def spelled(schedule: Schedule) -> str:
    """The word that `named` reads as this schedule."""
    name, *numbers = as_dict(SCHEDULES, schedule).values()
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
