"""Train a network: blocks of compiled steps, and between them progress, history, validation and checkpoints."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.columns import Columns
from throughtime.forward_pass import State
from throughtime.network import Network
from throughtime.training.history import History, Record
from throughtime.training.optimisers import rule
from throughtime.training.settings import Settings
from throughtime.training.source import DataSource, Source, Steps, TaskSource, lay_out, noise_key

if TYPE_CHECKING:
    from throughtime.kernels.tape import TapeArrays
    from throughtime.tasks.task import Task

SECONDS_BETWEEN_CHECKPOINTS = 1.0
_VALIDATE_EVERY = 100
_BLOCKS = (1000, 500, 200, 100, 50, 20, 10, 5, 2, 1)
_WORK_IN_A_BLOCK = 5e7  # multiplications, some milliseconds
_NUMBERS_IN_A_BLOCK = 4e6  # what a block's sequences and noise may take of memory


class NotFinite(ArithmeticError):
    """Training came upon a loss or a gradient that is not a finite number; `run` is where it still was."""

    def __init__(self, message: str, run: Run) -> None:
        super().__init__(message)
        self.run = run


@dataclass
class Run:
    """A training run: it can be saved after any block of steps and continued to the same bits.

    network : as it is now; after a run with validation data, as it was when it did best there
    settings : Settings
    step : training steps taken
    moments : (2,P) array, the optimiser's memory
    history : History
    stopped : why training ended: "steps", "interrupted", "patience", "callback", "not finite" or, if something else went
        wrong, "error"; None while it goes on
    best : what did best on the validation data so far, if there are any
    latest : the parameters that training goes on with, where they are not the network's
    carried : the states that the next step begins with, where that is a later window of sequences it is half way through
    data : the SHA-256 of what it is trained on, where that is a Batch and the run is kept on disk
    columns : of the data file that is trained on, if it is one; its standardisation is taken back in the model that is saved
    """

    network: Network
    settings: Settings
    task: Task | None = None
    step: int = 0
    moments: Array = field(default_factory=lambda: np.zeros((2, 0)))
    history: History = field(default_factory=History)
    stopped: str | None = None
    best: Best | None = None
    latest: Array | None = None
    carried: State | None = None
    data: str | None = None
    columns: Columns | None = None

    def __post_init__(self) -> None:
        if self.moments.size == 0:
            self.moments = np.zeros((2, len(self.network.parameters)), self.network.parameters.dtype)

    def save(self, folder: Any) -> None:
        """Write the run to a folder, each file atomically."""
        from throughtime.training.checkpoint import save_run

        save_run(self, Path(folder))


@dataclass(frozen=True)
class Best:
    """The parameters that did best on the validation data, and for how many validations they have not been beaten."""

    loss: float
    parameters: Array
    waited: int


Callback = Callable[[Run], Any]


def train(
    net: Network,
    task_or_data: Task | Batch,
    *,
    validate: Batch | None = None,
    callbacks: Iterable[Callback] = (),
    out: Any = None,
    columns: Columns | None = None,
    **settings: Any,
) -> Run:
    """Train a copy of a network.

    Parameters
    ----------
    net : Network
        Where to start from; it is not changed.
    task_or_data : Task or Batch
        What makes the sequences, or the sequences themselves.
    steps : int ≥ 0
        Updates.
    batch : int ≥ 1
        Sequences for each.
    optimizer : GradientDescent, Momentum, RMSprop or Adam
        It follows the gradient of the mean loss of the batch's sequences.
    schedule : Constant, Cosine, Step or WarmUp
        A factor on its learning rate.
    clip : float, optional
        The greatest norm of a gradient; longer ones are scaled down to it. 0 means any.
    noise : float ≥ 0
        Standard deviation of Gaussian noise on the states that are fed back, at every step but the first (of each
        window). It makes a network keep its states well apart, so that what it learned can be proved.
    weight_decay : float ≥ 0
        AdamW's λ: all parameters shrink by the factor 1 − learning rate · λ at each update.
    cell_penalty : float ≥ 0
        Adds ½ cell_penalty ‖C_t‖² to the loss of each step (LSTM).
    window : int, optional
        Truncated back-propagation: one update for each window of so many time steps, with the state carried on.
    update : "per batch" or "per step"
        "per step" updates the weights inside the backward pass, see `kernels.per_step`.
    shuffle : bool
        Whether data is read in a new random order in each epoch, or always as it stands.
    validate : Batch, optional
        Measured after every epoch, or every 100 steps where that is longer; the run's network is then the one that did best.
    patience : int, optional
        Stop after so many validations without a better one.
    seed : int ≥ 0
        Decides the sequences, their order and the noise: the same seed gives the same bits.
    callbacks : functions of the Run
        Called after every block of steps; training stops when one returns True.
    out : path, optional
        A folder where the run is kept on disk while it trains. It must not hold a run already.
    columns : Columns, optional
        Of the data file that the sequences are from, to be kept with the run.

    Returns
    -------
    Run
        Also after Ctrl-C (`run.stopped` is then "interrupted").

    Raises
    ------
    ValueError
        If a setting is out of range or does not fit the network or the sequences.
    NotFinite
        If the loss, the gradient or an update overflows; its `run` holds the last good parameters, and `out` does too.
    """
    if not isinstance(task_or_data, Batch) and not hasattr(task_or_data, "sample"):
        raise ValueError(f"a network is trained on a task or a Batch, got {type(task_or_data).__name__}")
    task = None if isinstance(task_or_data, Batch) else task_or_data
    run = Run(net.copy(), Settings(**settings), task, columns=columns)
    return proceed(run, task_or_data, validate, callbacks, out, new=True)


def proceed(
    run: Run,
    task_or_data: Task | Batch,
    validate: Batch | None = None,
    callbacks: Iterable[Callback] = (),
    out: Any = None,
    *,
    until: int | None = None,
    new: bool = False,
) -> Run:
    """Go on with a run up to step `until`, or its settings' number of steps; the other arguments as for `train`."""
    from throughtime.training.checkpoint import Writer, fingerprint

    trainer = _Trainer(run, task_or_data, validate)
    if out is not None and isinstance(task_or_data, Batch):
        run.data = fingerprint(task_or_data)
    writer = None if out is None else Writer(run, Path(out), new)
    callbacks = list(callbacks)
    run.stopped = None
    end = run.settings.steps if until is None else min(until, run.settings.steps)
    if run.latest is not None:
        run.network, run.latest = Network.of(run.network.specification, run.latest), None
    try:
        while run.step < end and run.stopped is None:
            trainer.take_block(end)
            if writer:
                writer.after_block(run)
            for callback in callbacks:
                if callback(run) is True:
                    run.stopped = run.stopped or "callback"
        run.stopped = run.stopped or "steps"
        if validate is not None and run.best is not None:
            run.latest = run.network.parameters
            run.network = Network.of(run.network.specification, run.best.parameters)
    except KeyboardInterrupt:
        run.stopped = "interrupted"
    except NotFinite:
        run.stopped = "not finite"
        raise
    except BaseException:
        run.stopped = "error"
        raise
    finally:
        if writer:
            try:
                writer.save(run)
            finally:
                writer.close()
    return run


class _Trainer:
    """What a run needs while it trains: where the sequences come from and the arrays that the kernels work in."""

    def __init__(self, run: Run, task_or_data: Task | Batch, validate: Batch | None) -> None:
        self.run = run
        self.validate = validate
        self.arrays: TapeArrays | None = None
        s, settings = run.network.specification, run.settings
        _check_fit(run, task_or_data)
        if validate is not None:
            if not isinstance(validate, Batch):
                raise ValueError(f"validate must be a Batch, got {type(validate).__name__}")
            _check_fit(run, validate)
        sample = (
            task_or_data[:1] if isinstance(task_or_data, Batch) else task_or_data.sample(np.random.default_rng(0), 1)
        )
        _, self.T, _ = sample.x.shape
        T = self.T
        self.windows = 1 if settings.window is None else max(1, -(-T // settings.window))
        self.block = _block(settings.batch * T * s.layers * s.directions * s.hidden, s.hidden + s.inputs)
        self.source: Source
        if isinstance(task_or_data, Batch):
            self.source = DataSource(task_or_data, settings.seed, settings.shuffle)
            self.validate_every = max(_VALIDATE_EVERY, len(task_or_data) * self.windows // settings.batch)
        else:
            self.source = TaskSource(task_or_data, settings.seed, self.block)
            self.validate_every = _VALIDATE_EVERY
        self.noise_key = noise_key(settings.seed)
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
        from throughtime.kernels import loop

        run, settings = self.run, self.run.settings
        unit = self.block * self.windows
        first = run.step
        last = min((first // unit + 1) * unit, end)
        if self.validate is not None:
            last = min(last, (first // self.validate_every + 1) * self.validate_every)
        drawn_first, drawn_last = first // self.windows, -(-last // self.windows)
        drawn = self.source.batches(drawn_first, drawn_last - drawn_first, settings.batch)
        if settings.window is not None and drawn.x.shape[1] != self.T:
            raise ValueError(
                f"a window needs sequences of one number of steps, but this task draws them of {self.T} and of {drawn.x.shape[1]}"
            )
        steps = lay_out(drawn, run.network.specification, settings.batch, settings.window)
        begin = first - drawn_first * self.windows
        steps = Steps(
            *(getattr(steps, name)[begin : begin + last - first] for name in ("x", "y", "mask", "lengths", "carry"))
        )
        factors = settings.schedule.factors(np.arange(first, last), settings.steps)
        rates = np.ascontiguousarray(settings.optimizer.learning_rate * factors, dtype=float)
        tape = self._tape(steps)
        if run.carried is not None:
            self._carry_on(run.carried)
        totals = np.zeros(5)
        net = run.network
        if settings.update == "per step":
            from throughtime.kernels.per_step import train_block_per_step

            taken = train_block_per_step(
                net.shape,
                net.parameters,
                rates,
                steps.x,
                steps.y,
                steps.mask,
                steps.lengths,
                tape,
                totals,
            )
        else:
            taken = loop.train_block(
                net.shape, net.parameters, rule(settings.optimizer), run.moments, first, rates,
                float(settings.clip or 0), float(settings.weight_decay), float(settings.cell_penalty),
                steps.x, steps.y, steps.mask, steps.lengths, steps.carry,
                float(settings.noise), self.noise_key, tape, np.zeros_like(net.parameters), totals,
            )  # fmt: skip
        run.step += taken
        whole, finite = taken == last - first, bool(np.isfinite(net.parameters).all())
        half_way = run.step % self.windows > 0
        run.carried = self._states(-2 if whole else 0) if half_way else None
        if not (whole and finite):
            what = (
                f"the parameters after step {run.step} are not finite"
                if whole
                else f"the loss at step {run.step + 1} is {totals[0]:.3g} and its gradient's norm {totals[1]:.3g}, not finite"
            )
            raise NotFinite(
                f"{what}: lower the learning rate (it is {rates[min(taken, len(rates) - 1)]:.3g}) "
                f"or give a clip such as 1.0. The parameters are those after step {run.step if finite else first}",
                run,
            )
        self._record(totals, taken, rates[-1])

    def _record(self, totals: Array, taken: int, rate: float) -> None:
        run = self.run
        real_numbers = run.network.specification.readout == "identity"
        sequences = taken * run.settings.batch
        record = Record(
            step=run.step,
            loss=totals[0] / taken,
            gradient_norm=totals[1] / taken if run.settings.update == "per batch" else float("nan"),
            bits=float("nan") if real_numbers or not totals[3] else totals[2] / totals[3],
            exact=float("nan") if real_numbers else totals[4] / sequences,
            learning_rate=float(rate),
            seconds=self.before + time.perf_counter() - self.started,
        )
        if self.validate is not None and run.step % self.validate_every == 0:
            record = self._validated(record, self.validate)
        run.history.records.append(record)

    def _validated(self, record: Record, data: Batch) -> Record:
        net, run = self.run.network, self.run
        loss = net.loss(data.x, data.y, data.lengths, data.mask) / len(data)
        if run.best is None or loss < run.best.loss:
            run.best = Best(loss, net.parameters.copy(), 0)
        else:
            run.best = replace(run.best, waited=run.best.waited + 1)
            if run.settings.patience is not None and run.best.waited >= run.settings.patience:
                run.stopped = "patience"
        return replace(record, validation_loss=loss)

    def _states(self, place: int) -> State:
        """The states on the tape before its first step (0) or after its last (-2), of a network that reads forward."""
        tape = self.arrays
        assert tape is not None
        C = tape.C[:, 0, place] if tape.C.size else np.zeros((len(tape.h), 0, tape.h.shape[-1]), tape.h.dtype)
        return State(tape.h[:, 0, place].copy(), C.copy())

    def _carry_on(self, states: State) -> None:
        """Put states onto the tape where the window before would have left them."""
        tape = self.arrays
        assert tape is not None
        tape.h[:, 0, -2] = states.h
        if tape.C.size:
            tape.C[:, 0, -2] = states.C

    def _tape(self, steps: Steps) -> Any:
        from throughtime.kernels.tape import TapeArrays

        _, T, B, _ = steps.x.shape
        if self.arrays is None or self.arrays.h.shape[2:4] != (T + 2, B):
            net = self.run.network
            self.arrays = TapeArrays(net.shape, T, B, net.specification.dtype, noisy=self.run.settings.noise > 0)
        return self.arrays.tape


def _block(states: int, width: int) -> int:
    """How many steps a block has, by the sizes alone, so that the same run has the same blocks on every machine."""
    most = min(_WORK_IN_A_BLOCK / (states * width), _NUMBERS_IN_A_BLOCK / states)
    return next((size for size in _BLOCKS if size <= most), 1)


def _check_fit(run: Run, task_or_data: Task | Batch) -> None:
    s, settings = run.network.specification, run.settings
    if isinstance(task_or_data, Batch):
        data, shape = task_or_data, (task_or_data.x.shape[-1], task_or_data.y.shape[-1])
        output = "last step" if data.y.ndim == 2 else "every step"
        if not len(data):
            raise ValueError("the data holds no sequence")
        if not (np.isfinite(data.x).all() and np.isfinite(data.y).all()):
            raise ValueError("the data holds numbers that are not finite")
    else:
        shape, output = (task_or_data.inputs, task_or_data.outputs), task_or_data.output
    if shape != (s.inputs, s.outputs):
        raise ValueError(
            f"the sequences have {shape[0]} inputs and {shape[1]} outputs, but the network {s.inputs} and {s.outputs}"
        )
    if output != s.output:
        raise ValueError(f"the sequences have an output at {output!r}, but the network at {s.output!r}")
    if settings.window is not None and (s.bidirectional or s.output == "last step"):
        raise ValueError("a window needs a network that reads forward and has an output at every step")
    if settings.cell_penalty and s.cell != "lstm":
        raise ValueError(f"cell_penalty is for LSTM networks: {s.cell} has no cell state")
    if settings.update == "per step" and (
        s.cell != "elman" or s.layers > 1 or s.bidirectional or s.output == "last step"
    ):
        raise ValueError('update "per step" is for one layer of Elman cells with an output at every step')
