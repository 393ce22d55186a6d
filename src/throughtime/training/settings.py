"""Everything that decides a training run, apart from the network and the sequences."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from throughtime.training import optimisers, schedules
from throughtime.training.optimisers import Adam, GradientDescent, Optimiser
from throughtime.training.schedules import Constant, Schedule

UpdateName = Literal["per batch", "per step"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train; see `train` for what each means."""

    steps: int = 1000
    batch: int = 64
    optimizer: Optimiser = field(default_factory=Adam)
    schedule: Schedule = field(default_factory=Constant)
    clip: float | None = None
    noise: float = 0.0
    weight_decay: float = 0.0
    cell_penalty: float = 0.0
    window: int | None = None
    update: UpdateName = "per batch"
    shuffle: bool = True
    patience: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least, optional in (
            ("steps", 0, False),
            ("batch", 1, False),
            ("seed", 0, False),
            ("window", 1, True),
            ("patience", 1, True),
        ):
            value = getattr(self, name)
            if not (optional and value is None) and (
                isinstance(value, bool) or not isinstance(value, int) or value < least
            ):
                raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
        for name in ("clip", "noise", "weight_decay", "cell_penalty"):
            value = getattr(self, name)
            if not (name == "clip" and value is None) and not (
                isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")
            ):
                raise ValueError(f"{name} must be a number of at least 0, got {value!r}")
        for name, kinds in (("optimizer", Optimiser), ("schedule", Schedule)):
            if not isinstance(getattr(self, name), kinds):
                names = ", ".join(kind.__name__ for kind in get_args(kinds))
                raise ValueError(f"{name} must be one of {names}, got {getattr(self, name)!r}")
        if not isinstance(self.shuffle, bool):
            raise ValueError(f"shuffle must be true or false, got {self.shuffle!r}")
        if self.update not in get_args(UpdateName):
            raise ValueError(f'update must be "per batch" or "per step", got {self.update!r}')
        if self.update == "per step" and not (
            isinstance(self.optimizer, GradientDescent)
            and self.batch == 1
            and self.window is self.clip is None
            and not (self.noise or self.weight_decay or self.cell_penalty)
        ):
            raise ValueError(
                'update "per step" is plain gradient descent on one sequence at a time: it needs optimizer '
                "GradientDescent and batch 1, and takes no clip, noise, weight_decay, cell_penalty or window"
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain values for TOML; what is None is left out."""
        values = asdict(self) | {
            "optimizer": optimisers.as_dict(self.optimizer),
            "schedule": schedules.as_dict(self.schedule),
        }
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, values: Any) -> Settings:
        """The settings that `as_dict` described; a ValueError for anything else."""
        names = {f.name for f in fields(cls)}
        needed = {f.name for f in fields(cls) if f.default is not None}
        if not isinstance(values, dict) or not needed <= set(values) <= names:
            raise ValueError(f"training settings must be a table of {', '.join(sorted(names))}")
        return cls(
            **values
            | {
                "optimizer": optimisers.from_dict(values["optimizer"]),
                "schedule": schedules.from_dict(values["schedule"]),
            }
        )
