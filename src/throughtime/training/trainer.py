"""The parts of a run while it trains: where its sequences come from, the arrays that kernels work in, and what is
measured.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from throughtime.batch import Batch
from throughtime.cells.layout import layout
from throughtime.network import Network
from throughtime.support.memory import require
from throughtime.support.threads import Team
from throughtime.tasks.data import Data
from throughtime.training.history import records_of
from throughtime.training.objective import Objective
from throughtime.training.run import Best, NotFinite, Run
from throughtime.training.settings import Settings
from throughtime.training.source import (
    DataSource,
    Source,
    Steps,
    TaskSource,
    check_kind,
    disturbed,
    fitting,
    lay_out,
    length_of,
)
from throughtime.training.workspace import Workspace
from throughtime.weights.network_specification import NetworkSpecification

if TYPE_CHECKING:
    from throughtime.tasks.task import Task

_VALIDATE_EVERY = 100
_BLOCKS = (1000, 500, 200, 100, 50, 20, 10, 5, 2, 1)
_WORK_IN_A_BLOCK = 5e7  # multiplications, some milliseconds
_NUMBERS_IN_A_BLOCK = 4e6  # what a block's sequences and noise may take of memory
_LARGE = 1e4
"""Beyond this, inputs and targets are the first that comes to mind where numbers overflow."""


class Trainer:
    """Takes a run's steps, a block of them in one compiled call, and measures.

    Parameters
    ----------
    run : Run
    task_or_data : Task, Batch or Data
    validate : Batch, optional
    watched : bool
        Whether someone wants to see the network after every record of the history; else a block is one call.
    team : Team
        The threads that share the work of a step.
    objective : Objective, optional
        What is made less, where it is not the network's own loss.
    """

    def __init__(
        self,
        run: Run,
        task_or_data: Task | Batch | Data,
        validate: Batch | None,
        watched: bool,
        team: Team,
        objective: Objective | None = None,
    ) -> None:
        self.run, self.objective = run, objective
        self.watched = watched
        self.team = team
        self.workspace: Workspace | None = None
        self.validate: Batch | None = None
        s, settings = run.network.specification, run.settings
        check_fit(s, settings)
        if objective is not None and (
            not isinstance(task_or_data, Batch) or validate or settings.window or settings.update == "per step"
        ):
            raise ValueError('an objective is for a Batch: it takes no validate, no window and no update "per step"')
        if validate is not None:
            self.validate = _data(validate, s, " of validate")
        elif settings.patience is not None:
            raise ValueError("patience counts validations: it needs validate, a Batch to measure on")
        self.task = None if isinstance(task_or_data, Batch | Data) else task_or_data
        if isinstance(task_or_data, Batch | Data):
            if isinstance(task_or_data, Batch):
                task_or_data = _data(task_or_data, s, own=objective is not None)
            else:
                task_or_data = _checked(task_or_data, s)
            T = task_or_data.x.shape[1]
        else:
            check_kind((task_or_data.inputs, task_or_data.outputs), task_or_data.output, s)
            T = length_of(task_or_data)
        self.T = T
        self.windows = 1 if settings.window is None else max(1, -(-T // settings.window))
        self.block = _block(settings.batch * T * s.layers * s.directions * s.hidden, s.hidden + s.inputs)
        numbers = settings.batch * self.block * T * (s.inputs + s.outputs)
        require(16.0 * numbers, f"a draw of {settings.batch:,} sequences of {T:,} steps", "choose a smaller batch")
        self.source: Source
        self.epoch = 0
        if isinstance(task_or_data, Batch | Data):
            self.source = DataSource(task_or_data, settings.seed, settings.shuffle)
            self.epoch = len(task_or_data) * self.windows // settings.batch
        else:
            self.source = TaskSource(task_or_data, settings.seed, self.block)
        self.laid_out: tuple[int, Steps] | None = None
        self.before = run.history.last.seconds if len(run.history) else 0.0
        self.started = time.perf_counter()

    def take_block(self, end: int) -> None:
        """Take the steps to the end of the run's block, or to step `end`, and record them: all of this, or nothing.

        Ctrl-C comes through as soon as a kernel returns, when the parameters are already new and nothing else is yet.
        """
        run = self.run
        parameters, moments = run.network.parameters.copy(), run.moments.copy()
        before = run.step, run.best, run.carried, len(run.history)
        try:
            self._take_block(end)
        except BaseException as error:
            if not isinstance(error, NotFinite) or not np.isfinite(run.network.parameters).all():
                run.network.parameters[:], run.moments[:] = parameters, moments
                run.step, run.best, run.carried, records = before
                del run.history.records[records:]
            raise

    def _take_block(self, end: int) -> None:
        run, settings = self.run, self.run.settings
        unit = self.block * self.windows
        first = run.step
        last = min((first // unit + 1) * unit, end)
        steps = self._steps(first, last)
        if self.validate is not None:
            last = min(last, self._next_validation(first))
        # Records end in a block where they would end had it begun at its beginning, however a run is cut.
        rhythm = settings.rhythm
        ends = [*range(first - first % unit % rhythm + rhythm, last, rhythm), last]
        if self.watched:
            last, ends = ends[0], ends[:1]
        steps = steps.part(0, last - first)
        factors = settings.schedule.factors(np.arange(first, last), settings.steps)
        rates = np.ascontiguousarray(settings.optimizer.learning_rate * factors, dtype=float)
        work = self._workspace(steps)
        if run.carried is not None:
            work.carry_on(run.carried)
        net = run.network
        began = time.perf_counter()
        taken, measured = work.take(run, steps, rates)
        run.step += taken
        whole, finite = taken == last - first, bool(np.isfinite(net.parameters).all())
        half_way = run.step % self.windows > 0
        run.carried = work.states(whole) if half_way else None
        if not (whole and finite):
            loss, norm = measured[min(taken, len(measured) - 1), :2]
            what = (
                f"the parameters after step {run.step} are not finite"
                if whole
                else f"the loss at step {run.step + 1} is {loss:.3g} and its gradient's norm {norm:.3g}, not finite"
            )
            rate = rates[min(taken, len(rates) - 1)]
            raise NotFinite(
                f"{what}: {_advice(steps, net.specification, rate)}. "
                f"The parameters are those after step {run.step if finite else first}",
                run,
            )
        now = time.perf_counter()
        run.history.records += records_of(
            measured,
            first,
            ends,
            rates,
            batch=settings.batch,
            real_numbers=net.specification.readout == "identity",
            seconds=(self.before + began - self.started, self.before + now - self.started),
        )
        if self.validate is not None and run.step == self._next_validation(first):
            self._validate(self.validate)

    def _steps(self, first: int, last: int) -> Steps:
        """The steps from `first` to `last` of a block, as kernels read them."""
        if self.laid_out is not None:
            begin, steps = self.laid_out
            if begin <= first and last <= begin + len(steps.x):
                return steps.part(first - begin, last - begin)
        run, s = self.run, self.run.network.specification
        drawn_first, drawn_last = first // self.windows, -(-last // self.windows)
        drawn = self.source.batches(drawn_first, drawn_last - drawn_first, run.settings.batch)
        if self.task is not None:
            drawn = fitting(drawn, s, f" of the task {self.task.name}")
        if run.settings.window is not None and drawn.x.shape[1] != self.T:
            raise ValueError(
                f"a window needs sequences of one number of steps, but this task draws them of {self.T} and of "
                f"{drawn.x.shape[1]}"
            )
        steps = lay_out(drawn, s, run.settings.batch, run.settings.window)
        begin = drawn_first * self.windows
        if run.settings.input_noise:
            steps = disturbed(steps, begin, run.settings.input_noise, run.settings.seed)
        self.laid_out = begin, steps
        return steps.part(first - begin, last - begin)

    # Validation

    def _next_validation(self, step: int) -> int:
        """The first step after `step` to measure at: 10, 20, 50 and so on, then after every epoch or 100 steps."""
        every = max(_VALIDATE_EVERY, self.epoch)
        early = (digit * 10**power for power in range(1, len(str(every)) + 1) for digit in (1, 2, 5))
        return next((at for at in early if step < at < every), (step // every + 1) * every)

    def _validate(self, data: Batch) -> None:
        """Measure, and decide what did best so far, and whether that has been long enough ago."""
        run, every = self.run, max(_VALIDATE_EVERY, self.epoch)
        loss = self._measure(data)
        if run.best is None or loss < run.best.loss:
            run.best = Best(loss, run.network.parameters.copy(), 0)
        elif run.step % every == 0:
            run.best = replace(run.best, waited=run.best.waited + 1)
            if run.settings.patience is not None and run.best.waited >= run.settings.patience:
                run.stopped = "patience"

    def _measure(self, data: Batch) -> float:
        net, records = self.run.network, self.run.history.records
        loss = net.loss(data.x, data.y, data.lengths, data.mask, threads=self.team.threads) / len(data)
        records[-1] = replace(records[-1], validation_loss=loss)
        return loss

    def forget_the_end(self) -> None:
        """Take back what was measured only because a run ended there, so that it goes on as if it had not."""
        run, records = self.run, self.run.history.records
        if records and records[-1].validation_loss is not None and self._next_validation(run.step - 1) != run.step:
            records[-1] = replace(records[-1], validation_loss=None)
            if all(record.validation_loss is None for record in records):
                run.best = None

    def choose(self) -> None:
        """At the end of a run: measure there too, and let its network be the one that did best."""
        run = self.run
        if self.validate is None or not len(run.history):
            return
        if run.history.last.validation_loss is None:
            loss = self._measure(self.validate)
            run.best = run.best or Best(loss, run.network.parameters.copy(), 0)
            if loss < run.best.loss:
                return
        if run.best is not None:
            run.latest = run.network.parameters
            run.network = Network.of(run.network.specification, run.best.parameters)

    def _workspace(self, steps: Steps) -> Workspace:
        T = steps.x.shape[1]
        if self.workspace is None or self.workspace.T != T:
            self.workspace = Workspace(self.run.network, self.run.settings, T, self.team, self.objective)
        return self.workspace


def _advice(steps: Steps, s: NetworkSpecification, rate: float) -> str:
    """Advice where numbers overflowed: numbers that are large to begin with come first."""
    given = [("x", "feature", steps.x)] + ([("y", "output", steps.y)] if s.readout == "identity" else [])
    for name, last, array in given:
        sizes = np.abs(array).max(axis=(0, 1, 2))
        if sizes.max() > _LARGE:
            return (
                f"{name} goes up to {sizes.max():.3g} in {last} {sizes.argmax()}: standardise it (subtract its mean, "
                "divide by its deviation)"
            )
    return f"lower the learning rate (it is {rate:.3g}) or give a clip such as 1.0"


def _data(data: Any, s: NetworkSpecification, of: str = "", own: bool = False) -> Batch:
    """Sequences to train or to validate on, if they fit the network."""
    if not isinstance(data, Batch):
        raise ValueError(f"validate must be a Batch, got {type(data).__name__}")
    if not len(data):
        raise ValueError("the data holds no sequence")
    if data.scored is not None and not data.scored.any():
        raise ValueError(f"the mask{of} is 0 at every target, so there is nothing to score: give some of them a weight")
    return fitting(data, s, of, own)


def _checked(data: Data, s: NetworkSpecification) -> Data:
    """Data to train on, if all of it fits the network."""
    for part in data.parts():
        fitting(part, s)
    return data


def _block(states: int, width: int) -> int:
    """How many steps a block has, by the sizes alone, so that the same run has the same blocks on every machine."""
    most = min(_WORK_IN_A_BLOCK / (states * width), _NUMBERS_IN_A_BLOCK / states)
    return next((size for size in _BLOCKS if size <= most), 1)


def check_fit(s: NetworkSpecification, settings: Settings) -> None:
    """Refuse settings that do not fit the network."""
    if settings.window is not None and (s.bidirectional or s.output == "last step"):
        raise ValueError("a window needs a network that reads forward and has an output at every step")
    if settings.cell_penalty and len(s.graph.states) == 1:
        raise ValueError(f"cell_penalty is for cells with a second state, such as an LSTM: {s.cell} has one alone")
    if settings.recurrent_dropout and all(block.kind != "h" for block in layout(s.graph).blocks):
        raise ValueError(f"recurrent_dropout is for cells with recurrent matrices: {s.cell} has none")
    if settings.update == "per step" and (s.layers > 1 or s.bidirectional or s.output == "last step"):
        raise ValueError('update "per step" is for one layer that reads forward and has an output at every step')
