"""The settings of a `CharacterModel`, checked, under the names by which its user gave them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from throughtime.generation import LanguageModel, Vocabulary
from throughtime.sklearn.options import check_early_stopping, of_every
from throughtime.sklearn.texts import check_text
from throughtime.support.checks import checked, whole_number
from throughtime.training import schedules
from throughtime.training.optimisers import OPTIMISERS
from throughtime.training.options import OPTIONS
from throughtime.training.settings import Settings

_ONLY_AT_THE_START = ("cell", "hidden", "layers", "embedding", "vocabulary", "min_count", "dtype")


@dataclass(frozen=True, kw_only=True)
class TextOptions:
    """The arguments of the constructor, as Python's own numbers."""

    cell: Any
    hidden: int
    layers: int
    embedding: int
    vocabulary: str | None
    min_count: int
    max_iter: int
    window: int
    batch_size: int
    optimizer: str
    learning_rate: float
    schedule: str
    clip: float | None
    weight_decay: float
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    warm_start: bool
    dtype: Any
    verbose: bool
    callbacks: tuple[Any, ...]

    @property
    def of_the_start(self) -> dict[str, Any]:
        """Those that decide the network when a new one is made, and nothing later."""
        return {name: getattr(self, name) for name in _ONLY_AT_THE_START}

    def model(self, vocabulary: Vocabulary, seed: int) -> LanguageModel:
        """The network before its first step."""
        return LanguageModel(
            vocabulary, cell=self.cell, hidden=self.hidden, layers=self.layers, embedding=self.embedding,
            dtype=self.dtype, seed=seed,
        )  # fmt: skip

    def settings(self, windows: int, seed: int) -> Settings:
        """How so many windows are learned from in all epochs."""
        batch = min(self.batch_size, windows)
        optimiser = replace(OPTIMISERS[self.optimizer](), learning_rate=self.learning_rate)
        return Settings(
            steps=self.max_iter * -(-windows // batch), batch=batch, optimizer=optimiser,
            schedule=schedules.named(self.schedule), clip=self.clip or None, weight_decay=self.weight_decay, seed=seed,
        )  # fmt: skip


def text_options_of(estimator: Any) -> TextOptions:
    """The estimator's settings; a ValueError for one that is out of range."""
    given = estimator.get_params(deep=False)
    of_options = ("hidden", "layers", "optimizer", "learning_rate", "schedule", "weight_decay", "window")
    vocabulary = given["vocabulary"]
    options = TextOptions(
        **{name: checked(OPTIONS[name], given[name]) for name in of_options},
        **of_every(given),
        embedding=whole_number("embedding", given["embedding"], 1),
        vocabulary=None if vocabulary is None else check_text(vocabulary, "vocabulary"),
        min_count=whole_number("min_count", given["min_count"], 1),
    )
    check_early_stopping(options)
    schedules.named(options.schedule)
    return options
