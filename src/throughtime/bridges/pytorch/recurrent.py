"""Recurrent layers in PyTorch: its own, and those that it lacks, as plain differentiable loops over time."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from throughtime.bridges.standard_layers import Gates, Names, standard_of
from throughtime.cells import step_of
from throughtime.cells.graph import Graph, Operation
from throughtime.cells.interpreted import computed
from throughtime.cells.layout import layout

States = tuple[Tensor, ...]


class SigmoidRNN(nn.RNN):
    """An `nn.RNN` of sigmoid units, which PyTorch lacks: the same arguments, parameters and results."""

    def forward(self, input: Any, hx: Tensor | None = None) -> Any:
        """Run over input (B,T,I), or a PackedSequence of it, from hx (L·D,B,H) → states (B,T,D·H), final states
        (L·D,B,H).
        """
        directions = 2 if self.bidirectional else 1
        first = () if hx is None else (hx,)
        h, (final,) = _over_time(self._reader, input, first, self.num_layers, directions, (1, self.hidden_size))
        return h, final

    def _reader(self, row: int, x: Tensor) -> Callable[[int, States], States]:
        V, U, *biases = self.all_weights[row]
        b, c = biases or (None, None)
        net_x = nn.functional.linear(x, V, b)
        return lambda t, before: (torch.sigmoid(net_x[:, t] + nn.functional.linear(before[0], U, c)),)


class CellRNN(nn.Module):
    """Layers of any cell, batch first: its graph, run over time with PyTorch's operations.

    Parameters
    ----------
    graph : Graph
        The step, as `throughtime.cell` reads it.
    inputs, hidden, layers : int
    bias, bidirectional : bool
    dtype : torch.dtype

    Attributes
    ----------
    V_f_l0, V_f_l0_reverse, … : the step's parameters under their own names, with the layer's number
    """

    def __init__(
        self, graph: Graph, inputs: int, hidden: int, layers: int = 1, *, bias: bool = True,
        bidirectional: bool = False, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.graph, self.inputs, self.hidden = graph, inputs, hidden
        self.layers, self.directions = layers, 1 + bidirectional
        kept = layout(graph).kept(bias)
        self.names = [name for block in kept for name in block.names]
        for row in range(layers * self.directions):
            heights = {"x": [inputs if row < self.directions else hidden * self.directions], "h": [hidden]}
            for block in kept:
                for name in block.names:
                    array = torch.empty(*heights.get(block.kind, []), hidden, dtype=dtype)
                    nn.init.uniform_(array, -(hidden**-0.5), hidden**-0.5)
                    self.register_parameter(self.name(name, row), nn.Parameter(array))

    def extra_repr(self) -> str:
        """The options that `print` shows."""
        both = ", bidirectional=True" if self.directions == 2 else ""
        return f"{self.graph.name}, {self.inputs}, {self.hidden}, layers={self.layers}{both}"

    def name(self, parameter: str, row: int) -> str:
        """The name of a parameter of a layer and direction."""
        return named(parameter, *divmod(row, self.directions))

    def forward(self, input: Any, state: Tensor | States | None = None) -> Any:
        """Run over sequences.

        Parameters
        ----------
        input : (B,T,I) tensor, or a PackedSequence of it
        state : tensor (L·D,B,H), or a tuple of one for each state of the cell, optional
            Those before the first step; 0 when not given.

        Returns
        -------
        The states of the last layer (B,T,D·H), packed if input was; and the state after the last step, as `state`.
        """
        first = () if state is None else (state,) if isinstance(state, Tensor) else tuple(state)
        size = len(self.graph.states), self.hidden
        h, final = _over_time(self._reader, input, first, self.layers, self.directions, size)
        return h, final if len(final) > 1 else final[0]

    def _reader(self, row: int, x: Tensor) -> Callable[[int, States], States]:
        parameters = {name: getattr(self, self.name(name, row)) for name in self.names}
        numbers = {o.value: x.new_tensor(o.value) for o in self.graph.operations if o.op == "number"}

        def step(t: int, before: States) -> States:
            return tuple(computed(self.graph, x[:, t], before, parameters.get, numbers.__getitem__, _applied))

        return step


OPERATIONS: dict[str, Callable[..., Tensor]] = {
    "@": torch.matmul, "+": torch.add, "-": torch.sub, "*": torch.mul, "/": torch.div, "neg": operator.neg,
    "minimum": torch.minimum, "maximum": torch.maximum, "sigmoid": torch.sigmoid, "tanh": torch.tanh,
    "relu": torch.relu, "exp": torch.exp, "softplus": lambda x: torch.logaddexp(x, x.new_zeros(())),
}  # fmt: skip
"""The operations of a graph; PyTorch's own softplus is the identity above 20."""


def _applied(operation: Operation, given: Sequence[Tensor]) -> Tensor:
    return OPERATIONS[operation.op](*given)


@dataclass(frozen=True)
class Layer:
    """A kind of recurrent layer that PyTorch has.

    kind : of module
    gates : its step, and PyTorch's order of the gates
    fields : what a network that is read from it is
    options : what the module is given
    """

    kind: Any
    gates: Gates
    fields: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)


LAYERS = (
    Layer(SigmoidRNN, Gates(step_of("elman", "sigmoid"), ("h",)), {"cell": "elman", "activation": "sigmoid"}),
    *(
        Layer(
            nn.RNN, Gates(step_of("elman", f), ("h",)), {"cell": "elman", "activation": f}, {"nonlinearity": f}
        ) for f in ("tanh", "relu")
    ),
    Layer(nn.LSTM, Gates(step_of("lstm"), ("i", "f", "C", "o")), {"cell": "lstm"}),
    Layer(nn.GRU, Gates(step_of("gru"), ("r", "z", "n")), {"cell": "gru"}),
)  # fmt: skip


def layer_of(graph: Graph) -> tuple[Layer, Names] | None:
    """The layer that computes what a cell does, and what its parameters are called there; None if there is none."""
    return standard_of(LAYERS, graph)


def named(parameter: str, layer: int, direction: int) -> str:
    """PyTorch's name of a parameter of a layer and direction."""
    return f"{parameter}_l{layer}{'_reverse' * direction}"


def taken(x: Tensor, places: Tensor) -> Tensor:
    """The steps (B,T) of each sequence of x (B,·,K)."""
    return x.gather(1, places[..., None].expand(-1, -1, x.shape[-1]))


def _over_time(
    reader: Callable[[int, Tensor], Callable[[int, States], States]],
    input: Any,
    first: States,
    layers: int,
    directions: int,
    size: tuple[int, int],
) -> tuple[Any, States]:
    """Run a step over time in all layers and directions.

    Parameters
    ----------
    reader : function
        Of the number of a layer and direction, and what it reads (B,T,K): the step, a function of t and the states
        before.
    input : (B,T,I) tensor, or a PackedSequence of it
    first : states (L·D,B,H); () for zeros
    layers, directions : int
    size : the number of states, and H

    Returns
    -------
    The states h of the last layer (B,T,D·H), packed if input was; each state after the last step (L·D,B,H).
    """
    packed = isinstance(input, PackedSequence)
    unpacked: Any = pad_packed_sequence(input, batch_first=True) if packed else (input, None)
    x, lengths = unpacked
    B, T, _ = x.shape
    steps = torch.full((B,), T) if lengths is None else lengths
    time = torch.arange(T)
    back = ((steps[:, None] - 1 - time) % T).to(x.device)  # each sequence from its own end; padding stays behind it
    real = (time < steps[:, None]).to(x.device)[..., None]
    first = first or (x.new_zeros(layers * directions, B, size[1]),) * size[0]
    final: list[States] = []
    for layer in range(layers):
        sides = []
        for direction in range(directions):
            row = layer * directions + direction
            step = reader(row, x if direction == 0 else taken(x, back))
            states, h = tuple(state[row] for state in first), []
            for t in range(T):
                after = step(t, states)
                if packed:
                    after = tuple(torch.where(real[:, t], *pair) for pair in zip(after, states, strict=True))
                states = after
                h.append(states[0])
            sides.append(torch.stack(h, dim=1) if direction == 0 else taken(torch.stack(h, dim=1), back))
            final.append(states)
        x = torch.cat(sides, dim=-1)
    outputs: Any = pack_padded_sequence(x, steps, batch_first=True, enforce_sorted=False) if packed else x
    return outputs, tuple(torch.stack(each) for each in zip(*final, strict=True))
