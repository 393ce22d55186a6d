"""Quantiles in place of the mean: the pinball loss [Koenker & Bassett 1978], and training by it.

The kernels have no such loss, so each step is two calls of a pass from Python, with the same order of sequences,
schedule, clipping and optimiser as theirs.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.network import Network
from throughtime.passes.one_pass import Pass
from throughtime.support.checks import number
from throughtime.training.history import records_of
from throughtime.training.optimisers import rule
from throughtime.training.run import NotFinite, Run
from throughtime.training.source import DataSource

MEDIAN = 0.5


def levels_of(quantiles: Any) -> tuple[float, ...]:
    """The levels as Python's numbers, ascending; a ValueError if they are none."""
    if isinstance(quantiles, str) or not np.iterable(quantiles):
        raise ValueError(f"quantiles must be levels such as (0.1, 0.5, 0.9), or None, got {quantiles!r}")
    levels = tuple(number("a level of quantiles", level, 0, 1) for level in quantiles)
    if not all(0 < level < 1 for level in levels) or list(levels) != sorted(set(levels)):
        raise ValueError(f"quantiles must be ascending levels between 0 and 1, such as (0.1, 0.5, 0.9), got {levels}")
    if MEDIAN not in levels:
        raise ValueError(f"quantiles must have the level 0.5, the median that predict gives, got {levels}")
    return levels


def error(y: Array, d: Array, levels: Array) -> tuple[Array, Array]:
    """E = max(τ (d − y), (τ − 1)(d − y)) of each output, and its derivative by y: −τ below d, 1 − τ above, 0 at d.

    Its mean is least where y is the quantile of d at the level τ; `levels` holds that of each output (O,).
    """
    below = d - y
    found: Array = np.maximum(levels * below, (levels - 1) * below)
    return found, np.where(below > 0, -levels, np.where(below < 0, 1 - levels, 0))


def loss_of(net: Network, data: Batch, levels: Array) -> float:
    """The pinball loss, summed over outputs, steps and sequences, with their weights."""
    assert data.mask is not None
    errors = error(net.predict(data.x, data.lengths), data.y, levels)[0]
    return float((errors.sum(axis=-1) * data.mask).sum())


def proceed(run: Run, data: Batch, loss: Any, until: int | None = None) -> None:
    """Continue a run by a loss of one's own up to step `until`, or its settings' number of steps.

    Parameters
    ----------
    run : Run
    data : Batch with a mask
    loss : function of outputs and targets (B,T,O)
        The error of each output, and its derivative by the output.
    until : int, optional

    Raises
    ------
    NotFinite
        If a loss or a gradient is not finite; the parameters are those of the step before.
    """
    from throughtime.kernels import loop

    net, settings = run.network, run.settings
    s, first = net.specification, run.step
    end = settings.steps if until is None else min(until, settings.steps)
    if end <= first:
        return
    source = DataSource(data, settings.seed, settings.shuffle)
    here = Pass(s, net.parameters, data.x.shape[1], settings.batch)
    rates = settings.optimizer.learning_rate * settings.schedule.factors(np.arange(first, end), settings.steps)
    measured = np.zeros((len(rates), 5))
    before = run.history.last.seconds if len(run.history) else 0.0
    began = time.perf_counter()
    for n, rate in enumerate(rates.tolist()):
        drawn = source.batches(run.step, 1, settings.batch)
        assert drawn.mask is not None
        here.read(drawn.x, drawn.lengths)
        errors, delta_y = loss(here.outputs(), drawn.y.astype(s.dtype))
        weights = drawn.mask[..., None]
        measured[n, 0] = (weights * errors).sum()
        gradient = here.backward(delta_y=weights * delta_y).gradient
        if not loop.follow(
            rule(settings.optimizer), run.step + 1, rate, float(settings.clip or 0), float(settings.weight_decay),
            settings.batch, gradient, run.moments, net.parameters, measured[n],
        ):  # fmt: skip
            raise NotFinite(
                f"the loss at step {run.step + 1} is {measured[n, 0]:.3g} and its gradient's norm "
                f"{measured[n, 1]:.3g}, not finite: lower the learning rate (it is {rate:.3g})",
                run,
            )
        run.step += 1
    rhythm = settings.rhythm
    ends = [*range(first - first % rhythm + rhythm, end, rhythm), end]
    seconds = (before, before + time.perf_counter() - began)
    run.history.records += records_of(
        measured, first, ends, rates, batch=settings.batch, real_numbers=True, seconds=seconds
    )
