"""Train a network: blocks of compiled steps, and between them progress, history, validation and checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from throughtime.batch import Batch
from throughtime.network import Network
from throughtime.support.disk import StrPath
from throughtime.support.threads import Team
from throughtime.tasks.columns import Columns
from throughtime.tasks.data import Data
from throughtime.training.objective import Objective
from throughtime.training.run import Best, NotFinite, Run
from throughtime.training.settings import Settings, SettingsFields
from throughtime.training.trainer import Trainer as _Trainer

if TYPE_CHECKING:
    from throughtime.tasks.task import Task

__all__ = ["SECONDS_BETWEEN_CHECKPOINTS", "Best", "Callback", "NotFinite", "Run", "begin", "proceed", "train"]

SECONDS_BETWEEN_CHECKPOINTS = 1.0
Callback = Callable[[Run], Any]


def train(
    net: Network,
    task_or_data: Task | Batch | Data,
    *,
    validate: Batch | None = None,
    callbacks: Iterable[Callback] = (),
    out: StrPath | None = None,
    columns: Columns | None = None,
    threads: int | None = None,
    **settings: Unpack[SettingsFields],
) -> Run:
    """Train a copy of a network.

    Parameters
    ----------
    net : Network
        Where to start from; it is not changed.
    task_or_data : Task, Batch or Data
        A task, which makes the sequences, or the sequences themselves.
    steps : int ≥ 0
        Updates.
    batch : int ≥ 1
        Sequences for each.
    optimizer : GradientDescent, Momentum, RMSprop or Adam
        It follows the gradient of the mean loss of the batch's sequences.
    schedule : Constant, Cosine, StepDecay or WarmUp
        A factor on its learning rate.
    clip : float, optional
        The greatest norm of a gradient; longer ones are scaled down to it. 0 means any.
    noise : float ≥ 0
        Standard deviation of Gaussian noise on the states that are fed back, at every step but the first (of each
        window). It makes a network keep its states well apart, so that what it learned can be proved.
    input_noise : float ≥ 0
        Standard deviation of Gaussian noise on the inputs, at every step. With it, what a network learned can be proved
        of inputs that are off (`prove`, `input_noise`).
    dropout : float, 0 to below 1
        The probability with which a number that a layer reads is 0 in a training step, the others divided by 1 −
        dropout: features of x in the first layer, hidden units of the layer below in the others. A sequence has one
        mask for each layer, the same at every time step (of each window) and in both directions [Gal & Ghahramani
        2016]. A network that predicts has none.
    recurrent_dropout : float, 0 to below 1
        The probability with which a number of the recurrent matrices U, of all gates, layers and directions, is 0 in a
        training step (and each window), the others divided by 1 − recurrent_dropout [Wan et al. 2013; Merity et al.
        2018]. All sequences of the batch have the same U.
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
        Measured after every epoch, or every 100 steps where that is longer; before the first of these after 10, 20, 50,
        … steps; and at the end. The run's network is then the one that did best.
    patience : int, optional
        Stop after so many validations without a better one, of those after every epoch or 100 steps; it needs
        `validate`.
    log_every : int, optional
        Steps that a record of `run.history` is the mean of, and after which callbacks are called; a fiftieth of the run
        when not given. It is less at the end of a block of steps (1 to 1,000 of them, by the size of the network), and
        where the run is validated. The parameters do not depend on it.
    seed : int ≥ 0
        Decides the sequences, their order, the noise and the masks of dropout: the same seed gives the same bits.
    callbacks : functions of the Run
        Called after every record of its history (see `log_every`); training stops when one returns True.
    out : path, optional
        A folder where the run is kept on disk while it trains. It must not hold a run already.
    columns : Columns, optional
        Of the data file that the sequences are from, to be kept with the run.
    threads : int ≥ 1, optional
        How many work on the sequences of a large batch; the result has the same bits for any number. When not given,
        as many as `NUMBA_NUM_THREADS` in the environment says or as there are processors, and 1 in a thread that is not
        the main one.

    Returns
    -------
    Run
        Also after Ctrl-C (`run.stopped` is then "interrupted").

    Raises
    ------
    ValueError
        If a setting is out of range or does not fit the network or the sequences, or the targets are not what the
        network's outputs can be. Numbers behind a sequence's end, and targets of weight 0, are not looked at.
    NotFinite
        If the loss, the gradient or an update overflows; its `run` holds the last good parameters, and `out` does too.
    """
    if not isinstance(net, Network):
        raise ValueError(f"what is trained must be a Network, as tt.Network(…) makes one, got {type(net).__name__}")
    chosen = Settings.given(settings, "train", ("validate", "callbacks", "out", "columns", "threads"))
    run = begin(net.copy(), task_or_data, chosen)
    run.columns = columns
    return proceed(run, task_or_data, validate, callbacks, out, threads=threads, new=True)


def begin(net: Network, task_or_data: Task | Batch | Data, settings: Settings) -> Run:
    """The run that `train` makes, before its first step; it changes this very network."""
    if not isinstance(task_or_data, Batch | Data) and not hasattr(task_or_data, "sample"):
        raise ValueError(f"a network is trained on a task or a Batch, got {type(task_or_data).__name__}")
    return Run(net, settings, None if isinstance(task_or_data, Batch | Data) else task_or_data)


def proceed(
    run: Run,
    task_or_data: Task | Batch | Data,
    validate: Batch | None = None,
    callbacks: Iterable[Callback] = (),
    out: StrPath | None = None,
    *,
    threads: int | None = None,
    until: int | None = None,
    new: bool = False,
    stop: Callable[[], bool] = lambda: False,
    lock: Any = None,
    objective: Objective | None = None,
) -> Run:
    """Continue a run up to step `until`, or its settings' number of steps; the other arguments as for `train`.

    `lock` is the one on the folder `out`, where it is held already.
    `stop` is called after every block; the run is interrupted when it returns True.
    `objective` is made less in place of the network's own loss, on a Batch without `validate`, and is not kept on disk.
    """
    from throughtime.training.checkpoint import Writer, fingerprint

    callbacks = list(callbacks)
    trainer = _Trainer(run, task_or_data, validate, bool(callbacks), Team(threads), objective)
    if out is not None:
        run.data = fingerprint(task_or_data) if isinstance(task_or_data, Batch | Data) else None
        run.validate = None if validate is None else fingerprint(validate)
    writer = None if out is None else Writer(run, Path(out), new, lock)
    run.stopped = None
    end = run.settings.steps if until is None else min(until, run.settings.steps)
    if run.latest is not None:
        run.network, run.latest = Network.of(run.network.specification, run.latest), None
    if run.step < end:
        trainer.forget_the_end()
    try:
        while run.step < end and run.stopped is None:
            trainer.take_block(end)
            if writer:
                writer.after_block(run)
            for callback in callbacks:
                if callback(run) is True:
                    run.stopped = run.stopped or "callback"
            if stop():
                run.stopped = run.stopped or "interrupted"
        run.stopped = run.stopped or "steps"
        if run.stopped != "interrupted":
            trainer.choose()
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
