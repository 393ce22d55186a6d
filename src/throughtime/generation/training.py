"""Train a network that writes: on texts with their sources, or on texts alone, in windows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, TypedDict, TypeVar, Unpack

import numpy as np

from throughtime.batch import Array
from throughtime.generation.generator import Generator
from throughtime.generation.models import LanguageModel
from throughtime.generation.windows import Step, Windows
from throughtime.passes.state import State
from throughtime.support.interrupts import Deferred, deferred
from throughtime.support.threads import processors
from throughtime.training.history import History, Record
from throughtime.training.optimisers import Optimiser, rule
from throughtime.training.schedules import Schedule
from throughtime.training.settings import Settings
from throughtime.training.source import EPOCHS, SEQUENCES, stream

M = TypeVar("M", bound=Generator)
Texts = tuple[Any, Sequence[str]]
"""Sources and the texts that belong to them."""
Sampler = Callable[[np.random.Generator, int], Texts]
"""Makes so many texts with their sources."""
Measure = tuple[float, Array]
"""A loss, summed over sequences, and its gradient."""

_SHARD = 16
"""Sequences that one thread works on: fixed, so that no number of threads changes a bit."""
NOT_HERE = ("noise", "input_noise", "dropout", "recurrent_dropout", "cell_penalty", "update", "patience", "log_every")


class SettingsHere(TypedDict, total=False):
    """Keywords of `train`: the fields of Settings that have a meaning here."""

    steps: int
    batch: int
    optimizer: Optimiser
    schedule: Schedule
    clip: float | None
    weight_decay: float
    window: int | None
    shuffle: bool
    seed: int


@dataclass
class Memory:
    """What training remembers between two steps, beside the parameters."""

    moments: Array
    history: History = field(default_factory=History)

    @classmethod
    def of(cls, model: Generator) -> Memory:
        """That of a model before its first step."""
        return cls(np.zeros((2, len(model.parameters)), model.dtype))


def train(
    model: M,
    data: Texts | Sampler | str | list[str],
    *,
    callbacks: Iterable[Callable[[M, Record], Any]] = (),
    **settings: Unpack[SettingsHere],
) -> tuple[M, History]:
    """Train a copy of a model.

    Parameters
    ----------
    model : Generator
        Where to start from; it is not changed.
    data : (sources, texts), or a function, or texts alone
        Sources, as the model's class says, and as many texts; they are shuffled anew in each epoch. A function
        `sample(rng, batch)` makes such pairs. For a language model it may be a string, or a list of strings: they are
        read a `window` at a time in `batch` rows side by side, each window of a text beginning with the state where the
        one before ended (truncated back-propagation). Each row reads an equal part of all texts in each epoch, and
        begins it with a state of 0.
    steps, batch, optimizer, schedule, clip, weight_decay, window, shuffle, seed : as for `throughtime.train`
        The loss is −ln p of a text (or window), the mean over the batch.
    callbacks : functions of the model and the step's Record
        Called after every step; training stops when one returns True.

    Returns
    -------
    model : the trained one
    history : History of a Record for each step

    Raises
    ------
    ValueError
        If a setting is out of range or does not fit the model or the data.
    ArithmeticError
        If the loss or the gradient is not finite.
    KeyboardInterrupt
        After Ctrl-C, when the step that it came upon has ended.
    """
    for name in NOT_HERE:
        if name in settings:
            raise ValueError(f"a network that writes is trained without {name}")
    given = Settings(**settings)
    model, memory = model.copy(), Memory.of(model)
    with deferred() as ctrl_c, ThreadPoolExecutor(processors()) as threads:
        learn(model, islice(_gradients(model, data, given, threads), given.steps), given, memory, ctrl_c, callbacks)
    return model, memory.history


def learn(
    model: M,
    measures: Iterable[tuple[Measure, int]],
    given: Settings,
    memory: Memory,
    ctrl_c: Deferred,
    callbacks: Iterable[Callable[[M, Record], Any]] = (),
) -> None:
    """Change the parameters in place, a step for each measure, of which each is measured with those before it.

    Parameters
    ----------
    model : Generator
    measures : iterable of (loss, gradient) and the number of sequences that they are summed over
    given : Settings
        `steps` are those of the whole schedule.
    memory : Memory
        Goes on, and gets a record for each step.
    ctrl_c : Deferred
        It ends, too, when Ctrl-C came.
    callbacks : functions of the model and the step's Record, as for `train`
    """
    from throughtime.kernels.loop import scale_and_measure
    from throughtime.kernels.optimisers import update

    callbacks, records = list(callbacks), memory.history.records
    started = time.perf_counter() - (records[-1].seconds if records else 0.0)
    for (loss, gradient), size in measures:
        step = len(records) + 1
        factor = float(given.schedule.factors(np.array([step - 1]), given.steps)[0])
        rate = given.optimizer.learning_rate * factor
        advice = f"lower the learning rate (it is {rate:.3g}) or give a clip such as 1.0"
        loss /= size
        norm = float(scale_and_measure(1 / size, gradient))
        if not (np.isfinite(loss) and np.isfinite(norm)):
            raise ArithmeticError(
                f"the loss at step {step} is {loss:.3g} and its gradient's norm {norm:.3g}, not finite: {advice}"
            )
        if given.clip and norm > given.clip:
            scale_and_measure(given.clip / norm, gradient)
        update(rule(given.optimizer), step, rate, float(given.weight_decay), gradient, memory.moments, model.parameters)
        if not np.isfinite(model.parameters).all():
            raise ArithmeticError(f"after step {step} the parameters are not finite: {advice}")
        nan, seconds = float("nan"), time.perf_counter() - started
        records.append(Record(step, loss, nan, nan, norm, rate, seconds))
        asked_to_stop = [callback(model, records[-1]) is True for callback in callbacks]
        if any(asked_to_stop) or ctrl_c.came:
            break


def _gradients(
    model: Generator, data: Any, given: Settings, threads: ThreadPoolExecutor
) -> Iterator[tuple[Measure, int]]:
    """The loss and the gradient of one step after the other."""
    if isinstance(data, str) or (isinstance(data, list) and all(isinstance(text, str) for text in data)):
        if not isinstance(model, LanguageModel):
            raise ValueError(f"texts alone are for a language model; {type(model).__name__} needs (sources, texts)")
        return _of_epochs(model, [data] if isinstance(data, str) else data, given, threads)
    if given.window is not None:
        raise ValueError("a window is for texts without sources")
    return _of_texts(model, _sampled(data, given) if callable(data) else _epochs(data, given), threads)


def _of_texts(model: Generator, batches: Iterator[Texts], threads: ThreadPoolExecutor) -> Iterator[tuple[Measure, int]]:
    for sources, texts in batches:
        shards = _shards(len(texts))
        measures = threads.map(lambda rows, s=sources, t=texts: model.gradient(s[rows], t[rows]), shards)
        yield _added(measures), len(texts)


def _sampled(sample: Sampler, given: Settings) -> Iterator[Texts]:
    for step in range(given.steps):
        yield sample(stream(given.seed, SEQUENCES, step), given.batch)


def _epochs(data: Texts, given: Settings) -> Iterator[Texts]:
    sources, texts = data
    if len(sources) != len(texts) or not len(texts):
        raise ValueError(
            f"there must be as many sources as texts, and at least one: got {len(sources)} and {len(texts)}"
        )
    size = len(texts)
    for step in range(given.steps):
        places = np.arange(step * given.batch, (step + 1) * given.batch)
        rows = places % size
        if given.shuffle:
            for epoch in np.unique(places // size).tolist():
                inside = places // size == epoch
                rows[inside] = stream(given.seed, EPOCHS, epoch).permutation(size)[rows[inside]]
        taken = sources[rows] if isinstance(sources, np.ndarray) else [sources[row] for row in rows.tolist()]
        yield taken, [texts[row] for row in rows.tolist()]


def _of_epochs(
    model: LanguageModel, texts: Sequence[str], given: Settings, threads: ThreadPoolExecutor
) -> Iterator[tuple[Measure, int]]:
    symbols = sum(map(len, texts)) + len(texts)
    windows = Windows.of(model.vocabulary, texts, given.window or -(-symbols // given.batch) or 1)
    if len(windows) < given.batch:
        raise ValueError(
            f"the texts have {symbols} symbols in {len(windows)} windows, too few for a batch of {given.batch}"
        )
    for epoch in count():
        rng = stream(given.seed, EPOCHS, epoch) if given.shuffle else None
        yield from of_windows(model, windows.epoch(given.batch, rng), threads)


def of_windows(
    model: LanguageModel, steps: Iterable[Step], threads: ThreadPoolExecutor
) -> Iterator[tuple[Measure, int]]:
    """The loss and the gradient of each step, with the parameters that the model has when it is asked for, and how many
    windows they are summed over.
    """
    state = None
    for step in steps:
        size = len(step.read)
        state = model.decoder.initial_state(size) if state is None else state[:size]
        state.numbers[:, :, ~step.carried] = 0
        shards = _shards(size)

        def one(rows: slice, step: Step = step, state: State = state) -> tuple[Measure, State]:
            read, written, lengths = (np.ascontiguousarray(array[rows]) for array in step[:3])
            loss, final, _, gradient = model.differentiate(read, written, lengths, state[rows])
            return (loss, model.flat(gradient)), final

        done = list(threads.map(one, shards))
        state = State.of(state.names, np.concatenate([final.numbers for _, final in done], axis=2))
        yield _added(measure for measure, _ in done), size


def _shards(size: int) -> list[slice]:
    return [slice(at, at + _SHARD) for at in range(0, size, _SHARD)]


def _added(measures: Iterable[Measure]) -> Measure:
    parts = list(measures)
    loss, gradient = parts[0]
    for more, other in parts[1:]:
        loss += more
        gradient += other
    return loss, gradient
