"""The arrays that a run's steps are computed in, and how a block of steps is taken in them."""

from __future__ import annotations

from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.network import Network
from throughtime.passes.one_pass import Pass
from throughtime.passes.state import State
from throughtime.support import aligned
from throughtime.support.memory import require
from throughtime.support.threads import Team
from throughtime.training.objective import Objective
from throughtime.training.optimisers import rule
from throughtime.training.recurrent import DroppedWeights
from throughtime.training.run import Run
from throughtime.training.settings import Settings
from throughtime.training.source import DROPOUT, NOISE, Steps, key


class Workspace:
    """A pass and a gradient for each shard of a batch (see `kernels.shards`), on which a team of threads works.

    Parameters
    ----------
    net : Network
    settings : Settings
    T : int
        Time steps of a training step.
    team : Team
    objective : Objective, optional
        What is made less, where it is not the network's own loss.
    """

    def __init__(
        self, net: Network, settings: Settings, T: int, team: Team, objective: Objective | None = None
    ) -> None:
        from throughtime.kernels.shape import shape_of
        from throughtime.kernels.shards import shards

        B, P, s = settings.batch, len(net.parameters), net.specification
        self.T, self.settings, self.team, self.objective = T, settings, team, objective
        self.shards = shards(3 * P, T, B)  # forward, backward, and the gradient
        self.shape, self.passes = shape_of(s), list[Pass]()
        for shard in self.shards:
            noisy, dropout, rows = settings.noise > 0, settings.dropout > 0, shard.stop - shard.start
            made = Pass(s, net.parameters, T, rows, noisy=noisy, dropout=dropout)
            if not self.passes:
                require(
                    float(made.bytes * len(self.shards)),
                    f"a pass of {B:,} sequences over {T:,} steps at once",
                    "choose fewer or shorter sequences at once, or a smaller network",
                )  # fmt: skip
            self.passes.append(made)
        self.gradients = aligned.zeros((len(self.shards), P), s.dtype)
        self.dropped = DroppedWeights(s, settings) if settings.recurrent_dropout else None
        self.noise_key, self.dropout_key = key(settings.seed, NOISE), key(settings.seed, DROPOUT)

    def take(self, run: Run, steps: Steps, rates: Array) -> tuple[int, Array]:
        """Take so many of a run's steps; how many were taken, and what was measured, see `kernels.loop.train_block`."""
        from throughtime.kernels import loop

        net, settings, measured = run.network, self.settings, np.zeros((len(rates), 5))
        if len(self.shards) > 1 or self.dropped is not None or self.objective is not None:
            return self._take_one_by_one(run, steps, rates, measured), measured
        steps = steps.as_read()
        if settings.update == "per step":
            from throughtime.kernels.per_step import train_block_per_step

            widths = self.shape.outputs, self.shape.deltas * self.shape.hidden
            return train_block_per_step(
                self.shape, net.parameters, rates, steps.x, steps.y, steps.mask, steps.lengths,
                self.passes[0].tape.tape, *(np.empty((1, width), net.parameters.dtype) for width in widths), measured,
            ), measured  # fmt: skip
        return loop.train_block(
            self.shape, net.parameters, rule(settings.optimizer), run.moments, run.step, rates,
            float(settings.clip or 0), float(settings.weight_decay), float(settings.cell_penalty),
            steps.x, steps.y, steps.mask, steps.lengths, steps.carry,
            float(settings.noise), self.noise_key, float(settings.dropout), self.dropout_key,
            self.passes[0].tape.tape, self.gradients[0], measured,
        ), measured  # fmt: skip

    def _take_one_by_one(self, run: Run, steps: Steps, rates: Array, measured: Array) -> int:
        """Each step in Python: threads meet behind its shards, weights are dropped before it, or it has an objective.

        That takes little of the time of a step that is worth shards, and some 20 µs of a small one that drops weights.
        """
        from throughtime.kernels import loop

        net, settings, parts = run.network, self.settings, np.zeros((len(self.shards), 5))
        differentiate = self._differentiate if self.objective is None else self._differentiate_by
        for n, rate in enumerate(rates.tolist()):
            parameters = net.parameters if self.dropped is None else self.dropped.of(net.parameters, run.step + n)
            differentiate(parameters, steps, n, run.step + n, parts)
            loop.add_shards(self.gradients, parts)
            measured[n] = parts[0]
            if self.dropped is not None:
                self.dropped.back(self.gradients[0])
            if not loop.follow(
                rule(settings.optimizer), run.step + n + 1, rate, float(settings.clip or 0),
                float(settings.weight_decay), settings.batch, self.gradients[0], run.moments, net.parameters,
                measured[n],
            ):  # fmt: skip
                return n
        return len(rates)

    def _differentiate(self, parameters: Array, steps: Steps, n: int, number: int, parts: Array) -> None:
        """The gradient of each shard of step n by the kernels' own losses, and what is measured in it (shards,5)."""
        from throughtime.kernels import loop

        penalty = float(self.settings.cell_penalty)

        def one(shard: int) -> None:
            rows = self.shards[shard]
            loop.differentiate(
                self.shape, parameters, penalty, *steps.rows(n, rows), bool(steps.carry[n]),
                *self._disturbance(number, rows), self.passes[shard].tape.tape, self.gradients[shard], parts[shard],
            )  # fmt: skip

        self.team.share(one, len(self.shards))

    def _differentiate_by(self, parameters: Array, steps: Steps, n: int, number: int, parts: Array) -> None:
        """The same by the objective: between both passes of all shards stands a call of Python."""
        from throughtime.kernels import loop

        assert self.objective is not None
        penalty = float(self.settings.cell_penalty)
        drawn = [steps.rows(n, rows) for rows in self.shards]

        def read(shard: int) -> None:
            x, _, _, lengths = drawn[shard]
            loop.read_disturbed(
                self.shape, parameters, x, lengths, bool(steps.carry[n]),
                *self._disturbance(number, self.shards[shard]), self.passes[shard].tape.tape,
            )  # fmt: skip

        def back(shard: int) -> None:
            x, _, _, lengths = drawn[shard]
            tape = self.passes[shard].tape
            tape.delta_y[:] = delta_y[self.shards[shard]].swapaxes(0, 1)
            loop.back(self.shape, parameters, penalty, x, lengths, tape.tape, self.gradients[shard])

        self.team.share(read, len(self.shards))
        net_y = np.concatenate([of.tape.net_y for of in self.passes], axis=1)
        y, mask = steps.y[n], steps.mask[n]
        parts[0, 0], delta_y = self.objective(
            net_y.swapaxes(0, 1), y.swapaxes(0, 1), mask.swapaxes(0, 1), steps.lengths[n]
        )
        self.team.share(back, len(self.shards))

    def _disturbance(self, number: int, rows: slice) -> tuple[Any, ...]:
        """What decides noise and dropout in some rows of the batch of a step, as kernels read it."""
        settings, step = self.settings, np.uint64(number)
        return (
            rows.start, settings.batch, float(settings.noise), self.noise_key + step,
            float(settings.dropout), self.dropout_key + step,
        )  # fmt: skip

    def states(self, ended: bool) -> State:
        """The states after the last step, or before the first, of a network that reads forward."""
        parts = [of.final if ended else of.first for of in self.passes]
        return State.of(parts[0].names, np.concatenate([part.numbers for part in parts], axis=2))

    def carry_on(self, states: State) -> None:
        """Put states where the window before would have left them."""
        for shard, of in zip(self.shards, self.passes, strict=True):
            of.leave(states[shard])
