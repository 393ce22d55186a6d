"""What a page is sent by its host, the studio's server or the worker of a page in one file: JSON objects, each with its
"type". `messages` is the page's side.
"""

from __future__ import annotations

import json
from typing import Any, Literal, NewType, NotRequired, TypedDict

from throughtime.trace.json_form import ParametersJSON, TraceJSON

Settings = NewType("Settings", dict[str, Any])
"""The task, and the values of all options by their names; null where one is left to the recipe."""


class TaskInfo(TypedDict):
    """A task to choose. operands: how many numbers of one's own it takes; options: the names of its own."""

    name: str
    description: str
    operands: int
    options: list[str]


class OptionInfo(TypedDict):
    """An option, see `support.option.Option`; enabled: whether it could be chosen otherwise."""

    name: str
    kind: Literal["whole number", "number", "yes or no", "choice", "word"]
    help: str
    least: float | None
    most: float | None
    choices: list[str]
    of: Literal["task", "network", "settings"]
    enabled: bool


class Unable(TypedDict):
    """The abilities that a host has not, each with the reason in a sentence.

    train : there is nothing to train on
    prove, check : no proof can be looked for, or none is there to be checked
    open, export : files are neither read nor written
    choose : some settings are not among the options
    """

    train: NotRequired[str]
    prove: NotRequired[str]
    check: NotRequired[str]
    open: NotRequired[str]
    export: NotRequired[str]
    choose: NotRequired[str]


class Hello(TypedDict):
    """Tasks, options and settings; again whenever the settings change.

    run : its folder, if it is kept
    """

    type: Literal["hello"]
    version: str
    tasks: list[TaskInfo]
    options: list[OptionInfo]
    settings: Settings
    limits: dict[str, int]
    run: str | None
    unable: Unable


class HistoryEntry(TypedDict):
    """Measurements over a few steps, see `training.history.Record`; null where there is none."""

    step: int
    loss: float | None
    exact: float | None
    bits: float | None
    gradient_norm: float | None
    learning_rate: float
    seconds: float
    validation_loss: float | None
    validation_exact: float | None


class History(TypedDict):
    """New entries; reset: whether earlier ones are void; checkpoints: the steps that can be restored."""

    type: Literal["history"]
    entries: list[HistoryEntry]
    reset: bool
    checkpoints: list[int]


class State(TypedDict):
    """Whether training goes on, and the steps taken; preparing: whether the network's kernels are being compiled."""

    type: Literal["state"]
    running: bool
    step: int
    preparing: bool


class Word(TypedDict):
    """A shortest wrong input; a frame of it follows. step counts from 1."""

    operands: list[str] | None
    symbols: list[str]
    step: int
    expected: Any
    given: Any


class Verdict(TypedDict):
    """The outcome of an attempt to prove the network right; sets: of a proof."""

    type: Literal["proof"]
    state: Literal["running", "proved", "refuted", "unknown"]
    sentence: str
    seconds: float
    sets: NotRequired[int]
    word: NotRequired[Word]


class Considered(TypedDict):
    """The settings that were to be considered can be had; where they cannot, an Error says why."""

    type: Literal["considered"]


class Saved(TypedDict):
    """The run was saved."""

    type: Literal["saved"]
    path: str


class Error(TypedDict):
    """A request that failed; message: why, in one sentence."""

    type: Literal["error"]
    message: str


class Example(TypedDict):
    """The sequence that is shown.

    operands : the numbers that it writes; sign, memory: what is done to them, and the name of what must be remembered
    symbols, states : of the task's machine: what it reads, and its true state after each step
    right : of each output; empty where nothing is simply right
    has_targets : if not, there is no loss and no gradient either
    """

    operands: list[str] | None
    sign: str | None
    symbols: list[str] | None
    states: list[int] | None
    memory: str
    rendered: list[str]
    right: list[bool]
    has_targets: bool


class Check(TypedDict):
    """The gradient shown beside central differences, over `checked` of the parameters.

    greatest : the largest difference; relative: to the size of the gradient, its largest derivative
    right : whether that is small enough
    """

    greatest: float
    relative: float
    right: bool
    against: str
    checked: int
    parameters: int


class Keeper(TypedDict):
    """The unit that alone tells a true state of two values best, by the side of the middle between its two means.

    means : its mean after the steps that leave state 0, and state 1
    right, steps : it is on the right side after so many of the steps of all sequences
    keeps : whether that is so after 95 % of the steps that leave either state
    """

    unit: int
    means: tuple[float, float]
    right: int
    steps: int
    keeps: bool


class SpacePoints(TypedDict):
    """States of the last layer, read forward, of many sequences, on two principal axes.

    mean : (H); axes: two of (H); share: of the variance along each
    points : on the axes; label: the true state of each, a place among the labels
    keeper : where the task has a true state of two values, and both occur
    """

    mean: list[float]
    axes: tuple[list[float], list[float]]
    share: tuple[float, float]
    points: list[tuple[float, float]]
    label: list[int]
    labels: list[str]
    keeper: NotRequired[Keeper]


class Exact(TypedDict):
    """Of so many sequences that were checked, so many have every output right."""

    checked: int
    right: int


class Frame(TypedDict):
    """All that the page draws at one moment.

    step, running : training steps taken, and whether training goes on
    trace : of the example; with its reach where that takes no longer than the rest
    update, updates : the last change of the parameters and the steps that made it; null before the first
    check : null while training runs, and where the example has no targets
    exact : null where nothing is simply right
    """

    type: Literal["frame"]
    step: int
    running: bool
    trace: TraceJSON
    example: Example
    update: ParametersJSON | None
    updates: int
    check: Check | None
    space: SpacePoints | None
    exact: Exact | None


Answer = Hello | Frame | History | Verdict | State | Considered | Saved | Error


def write(answer: Answer) -> str:
    """The text of an answer; numbers that are not finite become null."""
    return json.dumps(_finite(answer), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and value - value != 0 else value


def error(message: str) -> str:
    """The text of an Error."""
    return write(Error(type="error", message=message))
