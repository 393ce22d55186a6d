"""Networks as PyTorch modules, of standard layers where PyTorch has them, with the same outputs."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from throughtime.batch import Array
from throughtime.bridges.agreement import greatest_difference
from throughtime.bridges.equations import parameters_of
from throughtime.bridges.exported import exported
from throughtime.bridges.pytorch.recurrent import CellRNN, layer_of, named, taken
from throughtime.support.disk import write_atomically
from throughtime.weights.network_specification import NetworkSpecification


class Exponential(nn.Module):
    """What makes rates of a network's outputs, which are their logarithms."""

    def forward(self, x: Tensor) -> Tensor:
        """e to the power of x."""
        return x.exp()


class Recurrent(nn.Module):
    """A network in PyTorch's own layers, or, of a cell that it lacks, a `CellRNN`.

    Parameters
    ----------
    specification : NetworkSpecification

    Attributes
    ----------
    recurrent : nn.RNN, nn.LSTM or nn.GRU, batch first, if the cell computes what they do; a `SigmoidRNN` of sigmoid
        units; of every other cell a `CellRNN`
    readout : nn.Linear
    function : nn.Sigmoid, nn.Softmax, nn.Identity or Exponential
    classes : tuple
        Whose probabilities the outputs are, if they are any.
    """

    classes: tuple[Any, ...] = ()

    def __init__(self, specification: NetworkSpecification) -> None:
        super().__init__()
        s = self.specification = specification
        dtype, sides = getattr(torch, s.dtype), {"bias": s.bias, "bidirectional": s.bidirectional}
        standard = layer_of(s.graph)
        if standard:
            self.recurrent: Any = standard[0].kind(
                s.inputs, s.hidden, s.layers, batch_first=True, dtype=dtype, **sides, **standard[0].options
            )
        else:
            self.recurrent = CellRNN(s.graph, s.inputs, s.hidden, s.layers, dtype=dtype, **sides)
        self.readout = nn.Linear(s.directions * s.hidden, s.outputs, bias=s.bias, dtype=dtype)
        self.function = FUNCTIONS[s.readout]()

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The outputs, as `Network.predict` gives them.

        Parameters
        ----------
        x : (B, T, I) tensor
        lengths : (B,) int tensor, optional
            Steps of each sequence that are real; all T when not given.

        Returns
        -------
        (B, T, O) tensor, 0 behind a sequence's end, or (B, O) if the network's output is "last step".
        """
        y: Tensor = self.function(self.net_y(x, lengths))
        if lengths is None or self.specification.output == "last step":
            return y
        real = torch.arange(x.shape[1], device=x.device) < lengths.to(x.device)[:, None]
        return y * real[..., None]

    def net_y(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The outputs before the function: what PyTorch's losses "with logits" and `nn.CrossEntropyLoss` want."""
        read = x if lengths is None else pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, final = self.recurrent(read)
        if self.specification.output == "last step":
            h = final[0] if isinstance(final, tuple) else final
            states = torch.cat(tuple(h[-self.specification.directions :]), dim=-1)
        elif lengths is not None:
            states, _ = pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
        net: Tensor = self.readout(states)
        return net


class Pooled(Recurrent):
    """A network whose answer is the mean of all steps' outputs, weighed by the softmax over time of the last one."""

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The answers (B, O), of x and lengths as of `Recurrent`."""
        y: Tensor = self.function(self.net_y(x, lengths))
        return y

    def net_y(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The answers before the function."""
        y = super().net_y(x, lengths)
        scores = y[..., -1:]
        if lengths is not None:
            real = torch.arange(x.shape[1], device=x.device) < lengths.to(x.device)[:, None]
            scores = scores.masked_fill(~real[..., None], -torch.inf)
        return (scores.softmax(dim=1) * y[..., :-1]).sum(dim=1)


class Forecast(Recurrent):
    """A forecaster in PyTorch's own layers: it reads the last steps, and adds its outputs to the last one.

    Parameters
    ----------
    specification : NetworkSpecification
    horizon, window : int
    table : bool
        Whether x is (batch, time), of one feature.
    """

    def __init__(self, specification: NetworkSpecification, horizon: int, window: int, table: bool) -> None:
        super().__init__(specification)
        self.horizon, self.window, self.table = horizon, window, table

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The steps ahead (B, horizon, F) of x (B, T, F), or (B, horizon) of (B, T); lengths as of `Recurrent`."""
        x = x[..., None] if self.table else x
        B, T, F = x.shape
        steps = torch.full((B,), T) if lengths is None else lengths
        read = steps.clamp(max=self.window)
        places = (steps - read)[:, None] + torch.arange(int(read.max()))
        window = taken(x, places.clamp(max=T - 1).to(x.device))
        last = taken(x, (steps - 1)[:, None].to(x.device))
        ahead = last + super().forward(window, read).reshape(B, self.horizon, F)
        return ahead[..., 0] if self.table else ahead


def to_torch(net: Any) -> Recurrent:
    """A network or an estimator, of any cell, as a PyTorch module with parameters of its own, to be trained on or
    deployed there.

    The module of an estimator reads features as its `fit` did: the standardisation is in the weights. `module.classes`
    are the classes whose probabilities a classifier's or labeler's outputs are; a forecaster's outputs are the steps
    ahead. Outputs are the network's to 1e-12 in float64. PyTorch has two biases for each gate; the second is 0 at
    first, but for the GRU's candidate, which has two here too.
    """
    what = exported(net)
    net, s = what.network, what.network.specification
    kind = Pooled if what.pooled else Recurrent
    module = Forecast(s, what.horizon, what.window, what.table) if what.horizon else kind(s)
    module.function, module.classes = FUNCTIONS[what.readout](), what.classes
    found, standard = parameters_of(net), layer_of(s.graph)
    state = {f"readout.{READOUT[name]}": array.T for name, array in found.readout.items()}
    for (layer, direction), arrays in found.layers.items():
        if standard:
            gates, names = standard[0].gates, standard[1]
            inputs = s.inputs if layer == 0 else s.directions * s.hidden
            shapes = {"V": (inputs, s.hidden), "U": (s.hidden, s.hidden), "b": (s.hidden,), "c": (s.hidden,)}
            kinds = [symbol for symbol in shapes if s.bias or symbol in ("V", "U")]
            arrays = {STACKED[symbol]: gates.stacked(symbol, names, arrays, shapes[symbol]) for symbol in kinds}
        state |= {f"recurrent.{named(name, layer, direction)}": array for name, array in arrays.items()}
    module.load_state_dict({name: torch.tensor(array) for name, array in state.items()})
    return module


def save_state(net: Any, path: Any) -> float:
    """Write the state_dict of `to_torch(net)`, for PyTorch's own `load`, which runs no code of it.

    Returns
    -------
    float : the greatest difference between the module's outputs and the network's, on random sequences.
    """
    what = exported(net)
    module = to_torch(what)

    def predict(x: Array, lengths: Array) -> Array:
        with torch.no_grad():
            y: Array = module(torch.tensor(x), torch.tensor(lengths)).numpy()
        return y

    difference = greatest_difference(what, predict, ragged=True)
    content = io.BytesIO()
    torch.save(module.state_dict(), content)
    write_atomically(Path(path), content.getvalue())
    return difference


STACKED = {"V": "weight_ih", "U": "weight_hh", "b": "bias_ih", "c": "bias_hh"}
READOUT = {"W": "weight", "b_y": "bias"}
"""PyTorch's names of the parameters."""

FUNCTIONS: dict[str, Callable[[], nn.Module]] = {
    "sigmoid": nn.Sigmoid, "softmax": partial(nn.Softmax, dim=-1), "identity": nn.Identity, "exp": Exponential,
}  # fmt: skip
"""Modules of what answers are made by."""
