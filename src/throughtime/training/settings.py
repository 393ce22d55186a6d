"""Everything that decides a training run, apart from the network and the sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypedDict, get_args

from throughtime.support.checks import choice, flag, nearest, number, only_known, whole_number
from throughtime.training.kinds import as_dict, from_dict
from throughtime.training.optimisers import OPTIMISERS, Adam, GradientDescent, Optimiser
from throughtime.training.schedules import SCHEDULES, Constant, Schedule

UpdateName = Literal["per batch", "per step"]


class SettingsButSeed(TypedDict, total=False):
    """Keywords of `train_many`: the fields of Settings but the seed, for type checkers and editors."""

    steps: int
    batch: int
    optimizer: Optimiser
    schedule: Schedule
    clip: float | None
    noise: float
    input_noise: float
    dropout: float
    recurrent_dropout: float
    weight_decay: float
    cell_penalty: float
    window: int | None
    update: UpdateName
    shuffle: bool
    patience: int | None
    log_every: int | None


class SettingsFields(SettingsButSeed, total=False):
    """Keywords of `train`: the fields of Settings."""

    seed: int


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train; see `train` for what each means."""

    steps: int = 1000
    batch: int = 64
    optimizer: Optimiser = field(default_factory=Adam)
    schedule: Schedule = field(default_factory=Constant)
    clip: float | None = None
    noise: float = 0.0
    input_noise: float = 0.0
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    weight_decay: float = 0.0
    cell_penalty: float = 0.0
    window: int | None = None
    update: UpdateName = "per batch"
    shuffle: bool = True
    patience: int | None = None
    log_every: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        optional = [f.name for f in fields(self) if f.default is None]

        def settle(name: str, check: Callable[[str, Any, int], Any], least: int) -> None:
            value = getattr(self, name)
            if not (name in optional and value is None):
                object.__setattr__(self, name, check(name, value, least))

        for name, least in (("steps", 0), ("batch", 1), ("seed", 0), ("window", 1), ("patience", 1), ("log_every", 1)):
            settle(name, whole_number, least)
        for name in ("clip", "noise", "input_noise", *_PROBABILITIES, "weight_decay", "cell_penalty"):
            settle(name, number, 0)
        for name in _PROBABILITIES:
            if getattr(self, name) >= 1:
                raise ValueError(f"{name} must be a probability from 0 to below 1, got {getattr(self, name)!r}")
        for name, kinds in (("optimizer", Optimiser), ("schedule", Schedule)):
            if not isinstance(getattr(self, name), kinds):
                raise ValueError(_an_object(name, getattr(self, name), [kind.__name__ for kind in get_args(kinds)]))
        object.__setattr__(self, "shuffle", flag("shuffle", self.shuffle))
        object.__setattr__(self, "update", choice("update", self.update, get_args(UpdateName)))
        if self.update == "per step" and not (
            isinstance(self.optimizer, GradientDescent)
            and self.batch == 1
            and self.window is self.clip is None
            and not (self.noise or self.input_noise or self.dropout or self.recurrent_dropout)
            and not (self.weight_decay or self.cell_penalty)
        ):
            raise ValueError(
                'update "per step" is plain gradient descent on one sequence at a time: it needs optimizer '
                "GradientDescent and batch 1, and takes no clip, noise, input_noise, dropout, "
                "recurrent_dropout, weight_decay, cell_penalty or window"
            )

    @classmethod
    def given(cls, values: Mapping[str, Any], to: str, others: Iterable[str] = ()) -> Settings:
        """The settings that were given by name to a function, which has others too.

        A ValueError for any that is none.
        """
        if rate := {"lr", "learning_rate"} & set(values):
            raise ValueError(f"{to} has no setting {rate.pop()}: it is the optimizer's, as in optimizer=tt.Adam(0.01)")
        only_known(f"{to} has no setting", values, [*(f.name for f in fields(cls)), *others])
        return cls(**values)

    @property
    def rhythm(self) -> int:
        """Steps of a record of the history: `log_every`, or a fiftieth of the run."""
        return self.log_every or max(1, self.steps // 50)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for TOML; what is None is left out."""
        values = asdict(self) | {
            "optimizer": as_dict(OPTIMISERS, self.optimizer),
            "schedule": as_dict(SCHEDULES, self.schedule),
        }
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, values: Any) -> Settings:
        """The settings that `as_dict` described; a ValueError for anything else."""
        names = {f.name for f in fields(cls)}
        needed = {f.name for f in fields(cls) if f.default is not None} - _LATER
        if not isinstance(values, dict) or not needed <= set(values) <= names:
            raise ValueError(f"training settings must be a table of {', '.join(sorted(names))}")
        return cls(
            **values
            | {
                "optimizer": from_dict("optimizer", OPTIMISERS, values["optimizer"]),
                "schedule": from_dict("schedule", SCHEDULES, values["schedule"]),
            }
        )


_PROBABILITIES = ("dropout", "recurrent_dropout")
_LATER = {"dropout", "input_noise", "recurrent_dropout"}
"""Settings that runs of version 0 do not have."""
_EXAMPLES = {
    "GradientDescent": "tt.GradientDescent(0.1)", "Momentum": "tt.Momentum(0.01)", "RMSprop": "tt.RMSprop(0.01)",
    "Adam": "tt.Adam(0.01)", "Constant": "tt.Constant()", "Cosine": "tt.Cosine()",
    "StepDecay": "tt.StepDecay(every=1000)", "WarmUp": "tt.WarmUp(100)",
}  # fmt: skip


def _an_object(name: str, value: Any, kinds: list[str]) -> str:
    """A hint for a value that is no optimiser or schedule: mostly it is the name of one, or its class."""
    word = value if isinstance(value, str) else getattr(value, "__name__", "")
    near = nearest(word, kinds)
    like = next((kind for kind in kinds if near == f", did you mean {kind}?"), "Adam" if "Adam" in kinds else "Cosine")
    return f"{name} must be one of {', '.join(kinds)}, got {value!r:.60}; say {name}={_EXAMPLES[like]}"
