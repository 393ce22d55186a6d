"""The frozen description of a network: which cells, how many, what is read out of them and how that is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal, Required, TypedDict, get_args

from throughtime.cells import NAMES, TWINS, WITH_ACTIVATION, step_of
from throughtime.cells.graph import Graph
from throughtime.cells.normalisation import normalised
from throughtime.support.checks import choice, flag, nearest, one_of, only_known, whole_number

ActivationName = Literal["sigmoid", "tanh", "relu"]
ReadoutName = Literal["sigmoid", "softmax", "identity"]
LossName = Literal["squared", "binary_cross_entropy", "cross_entropy"]
OutputName = Literal["every step", "last step"]
DtypeName = Literal["float64", "float32"]
InitName = Literal["glorot", "uniform", "classic"]

LARGEST = 2**31 - 1


class Fields(TypedDict, total=False):
    """Keywords of `Network`: the fields of a NetworkSpecification, for type checkers and editors."""

    cell: str | Graph
    inputs: Required[int]
    hidden: Required[int]
    outputs: Required[int]
    layers: int
    bidirectional: bool
    activation: ActivationName
    readout: ReadoutName
    loss: LossName
    bias: bool
    output: OutputName
    dtype: DtypeName
    layer_norm: bool
    step: Graph | None


@dataclass(frozen=True, kw_only=True)
class NetworkSpecification:
    """A network apart from its parameters.

    Parameters
    ----------
    cell : one of `throughtime.cells.NAMES` ("rnn" is "elman"), or a step function that `throughtime.cell` has read
    inputs, hidden, outputs : int ≥ 1
        The numbers of features I, of hidden units H (in each layer and direction), and of outputs O.
    layers : int ≥ 1
        Layer l reads the states of layer l-1.
    bidirectional : bool
        Whether each layer reads the sequence in both directions; its state is then 2H wide.
    activation : "sigmoid", "tanh" or "relu"
        The f of an Elman cell; the others have their own and leave it at "sigmoid".
    readout : "sigmoid", "softmax" or "identity"
        The g of y = g(h W + b_y).
    loss : "squared", "binary_cross_entropy" (with sigmoid) or "cross_entropy" (with softmax)
    bias : bool
    output : "every step" or "last step"
        One output at each step, or one for the sequence, read from the last state of each direction.
    dtype : "float64" or "float32"
    layer_norm : bool
        Whether each net input is normalised over the hidden units of its layer, with a gain for each [Ba, Kiros &
        Hinton 2016]; see `cells.normalisation`.
    step : Graph, optional
        The step of a cell that is not Elman, LSTM or GRU; `cell` is then its name. It follows from `cell`, and is saved
        with a model, whatever becomes of the cell of that name.

    Raises
    ------
    ValueError
        If a value is none of these, or two do not go together.
    """

    cell: str = "elman"
    inputs: int
    hidden: int
    outputs: int
    layers: int = 1
    bidirectional: bool = False
    activation: ActivationName = "sigmoid"
    readout: ReadoutName = "sigmoid"
    loss: LossName = "squared"
    bias: bool = True
    output: OutputName = "every step"
    dtype: DtypeName = "float64"
    layer_norm: bool = False
    step: Graph | None = None

    def __post_init__(self) -> None:
        given: Any = self.cell
        if isinstance(given, Graph):
            object.__setattr__(self, "step", given)
            object.__setattr__(self, "cell", given.name)
        if self.step is None:
            object.__setattr__(self, "cell", cell_named(self.cell))
            object.__setattr__(self, "step", None if self.cell in TWINS else step_of(self.cell))
        self._check_step()
        for name, kind in CHOICES.items():
            object.__setattr__(self, name, choice(name, getattr(self, name), kind))
        for name in ("inputs", "hidden", "outputs", "layers"):
            object.__setattr__(self, name, whole_number(name, getattr(self, name), 1, LARGEST))
        for name in ("bidirectional", "bias", "layer_norm"):
            object.__setattr__(self, name, flag(name, getattr(self, name)))
        if self.activation != "sigmoid" and not has_activation(self.step or self.cell):
            raise ValueError(f"activation is for Elman cells only: {self.cell} has its own, leave it out")
        if self.layer_norm and self.hidden == 1:
            raise ValueError("layer_norm needs two hidden units at least: one alone is always its own mean")
        _ = self.graph  # a cell that cannot be normalised is refused here
        needed = {"binary_cross_entropy": "sigmoid", "cross_entropy": "softmax"}.get(self.loss, self.readout)
        if self.readout != needed:
            raise ValueError(f"loss {self.loss!r} needs readout {needed!r}, got {self.readout!r}")

    @property
    def directions(self) -> int:
        """2 if bidirectional, else 1."""
        return 2 if self.bidirectional else 1

    @property
    def graph(self) -> Graph:
        """The cell's computation at one time step."""
        graph = self.step or step_of(self.cell, self.activation)
        return normalised(graph) if self.layer_norm else graph

    def without_layer_norm(self, what: str) -> None:
        """A ValueError if net inputs are normalised, beginning with `what` cannot be done for such a network."""
        if self.layer_norm:
            raise ValueError(f"{what} for a network with layer normalisation (layer_norm)")

    def as_dict(self) -> dict[str, Any]:
        """The fields as plain values, for JSON and TOML."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values |= {"step": self.step.as_dict()} if self.step else {}
        return {name: value for name, value in values.items() if value or name not in ("layer_norm", "step")}

    def _check_step(self) -> None:
        if self.step is None:
            return
        step: Any = self.step
        if not isinstance(step, Graph) or step.name != self.cell:
            raise ValueError(f"step must be the step of the cell {self.cell!r}, as throughtime.cell reads it")
        if self.cell.lower() in (*TWINS, *ALIASES):
            raise ValueError(f"a cell of one's own needs a name of its own: {self.cell} is one of {one_of(TWINS)}")

    @classmethod
    def given(cls, values: Mapping[str, Any]) -> NetworkSpecification:
        """The specification of fields given to `Network`; a ValueError for what is none of them, or missing."""
        only_known("a network has no", values, [*(field.name for field in fields(cls)), "seed", "init"])
        needed = [field.name for field in fields(cls) if field.default is MISSING]
        if missing := [name for name in needed if name not in values]:
            raise ValueError(f"a network needs {', '.join(missing)}, as in tt.Network(inputs=2, hidden=16, outputs=1)")
        return cls(**values)

    @classmethod
    def from_dict(cls, values: Any) -> NetworkSpecification:
        """The specification that `as_dict` described; a ValueError for anything else."""
        names = {field.name for field in fields(cls)}
        if not isinstance(values, dict) or not {"cell", "inputs", "hidden", "outputs"} <= set(values) <= names:
            raise ValueError(f"a network's specification must be a table of {', '.join(sorted(names))}")
        if "step" in values:
            values = values | {"step": Graph.from_dict(values["step"])}
        return cls(**values)


CHOICES: dict[str, tuple[str, ...]] = {
    "activation": get_args(ActivationName),
    "readout": get_args(ReadoutName),
    "loss": get_args(LossName),
    "output": get_args(OutputName),
    "dtype": get_args(DtypeName),
}


ALIASES = {"rnn": "elman"}
"""Other names of cells, and their names here."""


def has_activation(cell: str | Graph) -> bool:
    """Whether a cell, by its name or its step, lets one choose its function; all others have their own."""
    return not isinstance(cell, Graph) and cell_named(cell) in WITH_ACTIVATION


def cell_named(name: Any) -> str:
    """The cell of a name, in small letters or capitals; "rnn", as it is mostly called, is "elman"."""
    found = ALIASES.get(word := str(name).lower(), word)
    if found not in NAMES:
        advice = nearest(word, NAMES)
        raise ValueError(f"cell must be {one_of(NAMES)}, got {name!r:.60}{advice if advice.endswith('?') else ''}")
    return found
