"""Train a network that writes: on texts with their sources, or on one long text in windows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypedDict, TypeVar, Unpack

import numpy as np

from throughtime.batch import Array
from throughtime.generation.generator import Generator
from throughtime.generation.models import LanguageModel
from throughtime.generation.vocabulary import END, Indices
from throughtime.passes.state import State
from throughtime.support.interrupts import deferred
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


def train(
    model: M,
    data: Texts | Sampler | str,
    *,
    callbacks: Iterable[Callable[[M, Record], Any]] = (),
    **settings: Unpack[SettingsHere],
) -> tuple[M, History]:
    """Train a copy of a model.

    Parameters
    ----------
    model : Generator
        Where to start from; it is not changed.
    data : (sources, texts), or a function, or a string
        Sources, as the model's class says, and as many texts; they are shuffled anew in each epoch. A function
        `sample(rng, batch)` makes such pairs. For a language model it may be one long text: it is cut into `batch`
        pieces that are read side by side, a `window` at a time, each beginning with the state where its last window
        ended, as long as whole windows are left (truncated back-propagation).
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
    from throughtime.kernels.loop import scale_and_measure
    from throughtime.kernels.optimisers import update

    for name in NOT_HERE:
        if name in settings:
            raise ValueError(f"a network that writes is trained without {name}")
    given = Settings(**settings)
    model, history, callbacks = model.copy(), History(), list(callbacks)
    rates = given.optimizer.learning_rate * given.schedule.factors(np.arange(given.steps), given.steps)
    moments = np.zeros((2, len(model.parameters)), model.dtype)
    started = time.perf_counter()
    with deferred() as ctrl_c, ThreadPoolExecutor(processors()) as threads:
        gradients = _gradients(model, data, given, threads)
        for step, rate in enumerate(rates.tolist(), 1):
            if ctrl_c.came:
                break
            loss, gradient = next(gradients)
            loss /= given.batch
            norm = float(scale_and_measure(1 / given.batch, gradient))
            if not (np.isfinite(loss) and np.isfinite(norm)):
                raise ArithmeticError(
                    f"the loss at step {step} is {loss:.3g} and its gradient's norm {norm:.3g}, not finite: lower the "
                    f"learning rate (it is {rate:.3g}) or give a clip such as 1.0"
                )
            if given.clip and norm > given.clip:
                scale_and_measure(given.clip / norm, gradient)
            update(rule(given.optimizer), step, rate, float(given.weight_decay), gradient, moments, model.parameters)
            nan, seconds = float("nan"), time.perf_counter() - started
            history.records.append(Record(step, loss, nan, nan, norm, rate, seconds))
            asked_to_stop = [callback(model, history.records[-1]) is True for callback in callbacks]
            if any(asked_to_stop):
                break
    return model, history


def _gradients(model: Generator, data: Any, given: Settings, threads: ThreadPoolExecutor) -> Iterator[Measure]:
    """The loss and the gradient of one step after the other."""
    if isinstance(data, str):
        if not isinstance(model, LanguageModel):
            raise ValueError(f"one long text is for a language model; {type(model).__name__} needs (sources, texts)")
        return _of_windows(model, data, given, threads)
    if given.window is not None:
        raise ValueError("a window is for one long text")
    return _of_texts(model, _sampled(data, given) if callable(data) else _epochs(data, given), threads)


def _of_texts(model: Generator, batches: Iterator[Texts], threads: ThreadPoolExecutor) -> Iterator[Measure]:
    for sources, texts in batches:
        shards = [slice(at, at + _SHARD) for at in range(0, len(texts), _SHARD)]
        yield _added(threads.map(lambda rows, s=sources, t=texts: model.gradient(s[rows], t[rows]), shards))


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


def _of_windows(model: LanguageModel, text: str, given: Settings, threads: ThreadPoolExecutor) -> Iterator[Measure]:
    symbols, _ = model.vocabulary.encode([text])
    T = symbols.size // given.batch
    window = given.window or T
    if T < 1:
        raise ValueError(f"the text has {symbols.size} symbols, too few for {given.batch} pieces")
    targets = symbols[0, : T * given.batch].reshape(given.batch, T)
    read = np.pad(symbols[0], (1, 0), constant_values=END)[: T * given.batch].reshape(given.batch, T)
    shards = [slice(at, at + _SHARD) for at in range(0, given.batch, _SHARD)]
    while True:
        states = [model.decoder.initial_state(len(read[rows])) for rows in shards]
        for at in range(0, T - T % window or T, window):
            piece = slice(at, at + window)

            def one(rows: slice, state: State, piece: slice = piece) -> tuple[Measure, State]:
                loss, final, _, gradient = model.differentiate(
                    _c(read[rows, piece]), _c(targets[rows, piece]), None, state
                )
                return (loss, model.flat(gradient)), final

            done = list(threads.map(one, shards, states))
            states = [final for _, final in done]
            yield _added(measure for measure, _ in done)


def _added(measures: Iterable[Measure]) -> Measure:
    parts = list(measures)
    loss, gradient = parts[0]
    for more, other in parts[1:]:
        loss += more
        gradient += other
    return loss, gradient


def _c(array: Indices) -> Indices:
    return np.ascontiguousarray(array)
