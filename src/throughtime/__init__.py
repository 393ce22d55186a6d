"""Recurrent networks you can see through. See the README for a tour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from throughtime import tasks
    from throughtime.batch import Batch, pad
    from throughtime.cells.activations import sigmoid_derivative
    from throughtime.cells.graph import Graph
    from throughtime.cells.symbols import cell, exp, maximum, minimum, relu, sigmoid, softplus, tanh
    from throughtime.experiments.sweeps.run import sweep
    from throughtime.network import Network, load
    from throughtime.passes.state import State
    from throughtime.proof.lessons import resume_until_proved, train_until_proved
    from throughtime.proof.search import prove
    from throughtime.proof.verdicts import Proof, Proved, Refuted, Unknown
    from throughtime.studio.notebook import view
    from throughtime.tasks.machine import Machine
    from throughtime.trace import Trace
    from throughtime.training.checkpoint import load_run, resume
    from throughtime.training.loop import NotFinite, Run, train
    from throughtime.training.many import train_many
    from throughtime.training.optimisers import Adam, GradientDescent, Momentum, RMSprop
    from throughtime.training.schedules import Constant, Cosine, StepDecay, WarmUp
    from throughtime.weights.network_specification import NetworkSpecification

    __version__: str

_HOMES = {
    "Adam": "training.optimisers",
    "Batch": "batch",
    "cell": "cells.symbols",
    "Constant": "training.schedules",
    "Cosine": "training.schedules",
    "exp": "cells.symbols",
    "GradientDescent": "training.optimisers",
    "Graph": "cells.graph",
    "Machine": "tasks.machine",
    "Momentum": "training.optimisers",
    "Network": "network",
    "NetworkSpecification": "weights.network_specification",
    "NotFinite": "training.loop",
    "RMSprop": "training.optimisers",
    "Run": "training.loop",
    "State": "passes.state",
    "StepDecay": "training.schedules",
    "Trace": "trace",
    "WarmUp": "training.schedules",
    "load": "network",
    "load_run": "training.checkpoint",
    "maximum": "cells.symbols",
    "minimum": "cells.symbols",
    "pad": "batch",
    "Proof": "proof.verdicts",
    "prove": "proof.search",
    "Proved": "proof.verdicts",
    "Refuted": "proof.verdicts",
    "relu": "cells.symbols",
    "resume": "training.checkpoint",
    "resume_until_proved": "proof.lessons",
    "sigmoid": "cells.symbols",
    "sigmoid_derivative": "cells.activations",
    "softplus": "cells.symbols",
    "sweep": "experiments.sweeps.run",
    "tanh": "cells.symbols",
    "tasks": "",
    "train": "training.loop",
    "train_many": "training.many",
    "train_until_proved": "proof.lessons",
    "Unknown": "proof.verdicts",
    "view": "studio.notebook",
}

__all__ = [  # noqa: RUF022  the order of the alphabet, whatever the case
    "Adam", "Batch", "cell", "Constant", "Cosine", "exp", "GradientDescent", "Graph", "load", "load_run", "Machine",
    "maximum", "minimum", "Momentum", "Network", "NetworkSpecification", "NotFinite", "pad", "Proof", "prove", "Proved",
    "Refuted", "relu", "resume", "resume_until_proved", "RMSprop", "Run", "sigmoid", "sigmoid_derivative", "softplus",
    "State", "StepDecay", "sweep", "tanh", "tasks", "Trace", "train", "train_many", "train_until_proved",
    "Unknown", "view", "WarmUp",
]  # fmt: skip


if not TYPE_CHECKING:  # a name that is not there is an error to type checkers too

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used: `--help` must not wait for what it does not need."""
        from importlib import import_module

        if name == "__version__":
            from importlib.metadata import version

            return version("throughtime")
        if name not in _HOMES:
            raise AttributeError(f"module 'throughtime' has no attribute {name!r}")
        home = import_module(f"throughtime.{_HOMES[name] or name}")
        value = home if not _HOMES[name] else getattr(home, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
