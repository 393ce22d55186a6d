"""The optimisers. With g the gradient of the mean loss of a batch, α the learning rate, and step number k from 1:

    GradientDescent   θ ← θ − α g
    Momentum          m ← μ m + g;                        θ ← θ − α m                    [Polyak 1964]
    RMSprop           v ← ρ v + (1−ρ) g²;                 θ ← θ − α g / (√v + ε)         [Tieleman & Hinton 2012]
    Adam              m ← β₁ m + (1−β₁) g;   v ← β₂ v + (1−β₂) g²;
                      θ ← θ − α m/(1−β₁ᵏ) / (√(v/(1−β₂ᵏ)) + ε)                           [Kingma & Ba 2015]

The weight decay λ of `train` is decoupled from the gradient in all of them: θ ← (1 − αλ) θ first; with Adam this is
AdamW [Loshchilov & Hutter 2019].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from throughtime.support.checks import number
from throughtime.training.kinds import settle


def _checked(name: str, value: Any) -> float:
    found = number(name, value, 0)
    if found >= 1 and name not in ("learning_rate", "epsilon"):
        raise ValueError(f"{name} must be a number from 0 to below 1, got {found!r}")
    return found


@dataclass(frozen=True)
class GradientDescent:
    """θ ← θ − α g."""

    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        settle(self, _checked)


@dataclass(frozen=True)
class Momentum:
    """m ← μ m + g; θ ← θ − α m."""

    learning_rate: float = 0.01
    momentum: float = 0.9

    def __post_init__(self) -> None:
        settle(self, _checked)


@dataclass(frozen=True)
class RMSprop:
    """v ← ρ v + (1−ρ) g²; θ ← θ − α g / (√v + ε)."""

    learning_rate: float = 0.01
    decay: float = 0.9
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        settle(self, _checked)


@dataclass(frozen=True)
class Adam:
    """Adam, and with a weight decay AdamW."""

    learning_rate: float = 0.01
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        settle(self, _checked)


OptimiserName = Literal["gradient-descent", "momentum", "rmsprop", "adam"]
Optimiser = GradientDescent | Momentum | RMSprop | Adam
OPTIMISERS: dict[str, type[Optimiser]] = {
    "gradient-descent": GradientDescent,
    "momentum": Momentum,
    "rmsprop": RMSprop,
    "adam": Adam,
}


def rule(optimiser: Optimiser) -> Any:
    """The optimiser as the kernels read it."""
    from throughtime.kernels.optimisers import ADAM, GRADIENT_DESCENT, MOMENTUM, RMSPROP, Rule

    match optimiser:
        case GradientDescent():
            return Rule(GRADIENT_DESCENT, 0.0, 0.0, 0.0)
        case Momentum(_, momentum):
            return Rule(MOMENTUM, float(momentum), 0.0, 0.0)
        case RMSprop(_, decay, epsilon):
            return Rule(RMSPROP, 0.0, float(decay), float(epsilon))
        case Adam(_, beta_1, beta_2, epsilon):
            return Rule(ADAM, float(beta_1), float(beta_2), float(epsilon))
