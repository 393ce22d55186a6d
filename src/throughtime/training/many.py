"""Many independent networks trained at once: each on a thread of its own, in kernels that hold no lock of Python's."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from throughtime.batch import Batch
from throughtime.network import Network
from throughtime.network_specification import NetworkSpecification
from throughtime.training.loop import NotFinite, Run, train

if TYPE_CHECKING:
    from throughtime.tasks.task import Task


def train_many(
    specification: NetworkSpecification,
    task_or_data: Task | Batch,
    *,
    seeds: Iterable[int],
    init: str = "glorot",
    threads: int | None = None,
    progress: Callable[[int, Run], Any] = lambda seed, run: None,
    **settings: Any,
) -> list[Run]:
    """Train a network for each seed, several at the same time.

    Parameters
    ----------
    specification : NetworkSpecification
    task_or_data : Task or Batch
        It is shared, so a task of one's own must not keep anything from one `sample` to the next.
    seeds : ints ≥ 0
        Each decides a network's initial parameters, and everything that is random in its training.
    init : "glorot", "uniform" or "classic"
        How parameters are drawn, see `parameters.initial`.
    threads : int ≥ 1, optional
        As many as there are processors, when not given. The results are the same for any number.
    progress : function of a seed and its Run
        Called when one has ended, one at a time, from the thread that trained it.
    **settings
        As for `train`: steps, batch, optimizer, noise, validate and all the others but callbacks and out.

    Returns
    -------
    list of Run
        In the order of the seeds, each with the bits of `train(Network(specification, init=init, seed=seed), task_or_data,
        seed=seed, **settings)`. A run that came upon numbers that are not finite is among them, its `stopped` says so; after
        Ctrl-C the list holds what has begun.

    Raises
    ------
    ValueError
        If a setting is out of range or does not fit the network or the sequences.
    """
    wanted = {"callbacks", "out"} & set(settings)
    if wanted:
        raise TypeError(f"train_many has no {' and no '.join(sorted(wanted))}: train one network at a time for that")
    if threads is not None and threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}")
    stop, one_at_a_time = threading.Event(), threading.Lock()
    runs: dict[int, Run] = {}

    def trained(place: int, seed: int) -> None:
        if stop.is_set():
            return
        try:
            net = Network(specification, init=init, seed=seed)
            run = train(net, task_or_data, seed=seed, callbacks=(lambda run: stop.is_set(),), **settings)
        except NotFinite as overflow:
            run = overflow.run
        except BaseException:
            stop.set()
            raise
        runs[place] = run
        with one_at_a_time:
            progress(seed, run)

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        futures: list[Future[None]] = []
        try:
            futures.extend(pool.submit(trained, place, seed) for place, seed in enumerate(seeds))
            wait(futures)
        except KeyboardInterrupt:
            stop.set()
    for future in futures:
        future.result()
    for run in runs.values():
        if run.stopped == "callback":
            run.stopped = "interrupted"
    return [runs[place] for place in sorted(runs)]
