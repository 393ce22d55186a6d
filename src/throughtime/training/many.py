"""Many independent networks trained at once: each on a thread of its own, in kernels that hold no lock of Python's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from throughtime.batch import Batch
from throughtime.network import Network
from throughtime.support.checks import whole_number
from throughtime.support.memory import available, require
from throughtime.support.threads import on_threads
from throughtime.training.loop import NotFinite, Run, begin, proceed
from throughtime.training.settings import Settings, SettingsButSeed
from throughtime.weights.network_specification import InitName, NetworkSpecification
from throughtime.weights.parameters import count

if TYPE_CHECKING:
    from throughtime.tasks.data import Data
    from throughtime.tasks.task import Task

_BYTES_OF_A_RUN = 10_000
"""Bytes of a run besides its parameters and moments: its objects and a short history."""


def train_many(
    specification: NetworkSpecification,
    task_or_data: Task | Batch | Data,
    *,
    seeds: Iterable[int],
    init: InitName = "glorot",
    threads: int | None = None,
    progress: Callable[[int, Run], Any] = lambda seed, run: None,
    validate: Batch | None = None,
    **settings: Unpack[SettingsButSeed],
) -> list[Run]:
    """Train a network for each seed, several at the same time.

    Parameters
    ----------
    specification : NetworkSpecification
    task_or_data : Task, Batch or Data
        It is shared, so a task of one's own must not keep anything from one `sample` to the next.
    seeds : ints ≥ 0
        Each decides a network's initial parameters, and everything that is random in its training.
    init : "glorot", "uniform" or "classic"
        How parameters are drawn, see `parameters.initial`.
    threads : int ≥ 1, optional
        How many networks are trained at the same time, each on one thread; as many as for `train`, when not given. The
        results are the same for any number.
    progress : function of a seed and its Run
        Called when one has ended, one at a time, from the thread that trained it.
    validate, **settings
        As for `train`: steps, batch, optimizer, noise and all the others but callbacks and out.

    Returns
    -------
    list of Run
        In the order of the seeds, each with the bits of `train(Network(specification, init=init, seed=seed),
        task_or_data, seed=seed, **settings)`. A run that came upon numbers that are not finite is among them, its
        `stopped` says so; after Ctrl-C the list holds what has begun.

    Raises
    ------
    ValueError
        If a setting is out of range or does not fit the network or the sequences, or memory does not suffice for all.
        That and what else goes wrong in one network's training, or in `progress`, ends the others.
    """
    wanted = {"callbacks", "out", "columns"} & set(settings)
    if wanted:
        raise ValueError(f"train_many has no {' and no '.join(sorted(wanted))}: train one network at a time for that")
    if "seed" in settings:
        raise ValueError("train_many has no seed: each network has its own, as in seeds=range(3)")
    if not isinstance(specification, NetworkSpecification):
        found = type(specification).__name__
        if isinstance(specification, Network):
            found = "a Network; it makes new ones, one for each seed: give it net.specification"
        raise ValueError(f"train_many needs a NetworkSpecification, got {found}")
    chosen = Settings.given(settings, "train_many", ("seeds", "init", "threads", "progress", "validate"))
    threads = None if threads is None else whole_number("threads", threads, 1)
    several = _seeds(seeds, specification)
    one_at_a_time = Lock()

    runs: dict[int, Run] = {}

    def trained(numbered: tuple[int, int], stop: Callable[[], bool]) -> None:
        place, seed = numbered
        try:
            net = Network(specification, init=init, seed=seed)
            run = begin(net, task_or_data, replace(chosen, seed=seed))
            proceed(run, task_or_data, validate, stop=stop)
        except NotFinite as overflow:
            run = overflow.run
        runs[place] = run
        with one_at_a_time:
            progress(seed, run)

    with suppress(KeyboardInterrupt):
        on_threads(trained, enumerate(several), threads)
    return [runs[place] for place in sorted(runs)]


def _seeds(seeds: Iterable[int], s: NetworkSpecification) -> list[int]:
    """The seeds as ints, if there is memory for what will come of them: they may be without end."""
    if not isinstance(seeds, Iterable) or isinstance(seeds, str | bytes):
        raise ValueError(f"seeds must be whole numbers, one for each network, such as range(3), got {seeds!r:.60}")
    a_run = _BYTES_OF_A_RUN + 3 * count(s) * np.dtype(s.dtype).itemsize
    most = available() // a_run
    if isinstance(seeds, Sized):
        _afford(len(seeds), a_run)
    several = [whole_number("a seed", seed) for seed in islice(seeds, most + 1)]
    if len(several) > most:
        _afford(len(several), a_run, " or more")
    return several


def _afford(seeds: int, a_run: int, more: str = "") -> None:
    what = f"the networks of {seeds:,} seeds{more}"
    require(float(seeds * a_run), what, "train fewer at a time, and keep of each what you need")
