"""Networks as PyTorch modules of standard layers, with the same outputs."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from throughtime.agreement import greatest_difference
from throughtime.batch import Array
from throughtime.disk import write_atomically
from throughtime.exported import exported
from throughtime.network_specification import NetworkSpecification
from throughtime.parameters import Block, blocks

KINDS: dict[str, Any] = {"elman": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class SigmoidRNN(nn.RNN):
    """An `nn.RNN` of sigmoid units, which PyTorch lacks: the same arguments, parameters and results, as a plain loop."""

    def forward(self, input: Any, hx: Tensor | None = None) -> Any:
        """Run over input (B,T,I), or a PackedSequence of it, from hx (L·D,B,H) → states (B,T,D·H), final states (L·D,B,H)."""
        packed = isinstance(input, PackedSequence)
        unpacked: Any = pad_packed_sequence(input, batch_first=True) if packed else (input, None)
        x, lengths = unpacked
        B, T, _ = x.shape
        steps = torch.full((B,), T) if lengths is None else lengths
        time = torch.arange(T)
        back = ((steps[:, None] - 1 - time) % T).to(x.device)  # each sequence from its own end; padding stays behind it
        real = (time < steps[:, None]).to(x.device)
        directions = 2 if self.bidirectional else 1
        first = x.new_zeros(self.num_layers * directions, B, self.hidden_size) if hx is None else hx
        final = []
        for layer in range(self.num_layers):
            sides = []
            for direction in range(directions):
                weights = self.all_weights[layer * directions + direction]
                read = x if direction == 0 else _taken(x, back)
                states, last = self._read(read, real, first[layer * directions + direction], *weights)
                sides.append(states if direction == 0 else _taken(states, back))
                final.append(last)
            x = torch.cat(sides, dim=-1)
        told: Any = pack_padded_sequence(x, steps, batch_first=True, enforce_sorted=False) if packed else x
        return told, torch.stack(final)

    def _read(
        self, x: Tensor, real: Tensor, h: Tensor, V: Tensor, U: Tensor, b: Tensor | None = None, c: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        net_x, states = nn.functional.linear(x, V, b), []
        for t in range(x.shape[1]):
            h = torch.where(real[:, t, None], torch.sigmoid(net_x[:, t] + nn.functional.linear(h, U, c)), h)
            states.append(h)
        return torch.stack(states, dim=1), h


def _taken(x: Tensor, places: Tensor) -> Tensor:
    return x.gather(1, places[..., None].expand(-1, -1, x.shape[-1]))


class Recurrent(nn.Module):
    """A network in PyTorch's own layers.

    Parameters
    ----------
    specification : NetworkSpecification

    Attributes
    ----------
    recurrent : nn.RNN, nn.LSTM or nn.GRU, batch first; for sigmoid units, which PyTorch lacks, a `SigmoidRNN`
    readout : nn.Linear
    function : nn.Sigmoid, nn.Softmax or nn.Identity
    classes : tuple
        Whose probabilities the outputs are, if they are any.
    """

    classes: tuple[Any, ...] = ()

    def __init__(self, specification: NetworkSpecification) -> None:
        super().__init__()
        s = self.specification = specification
        s.only_shipped("PyTorch modules are there")
        kind: Any = KINDS[s.cell]
        options: dict[str, Any] = {}
        if s.cell == "elman" and s.activation == "sigmoid":
            kind = SigmoidRNN
        elif s.cell == "elman":
            options = {"nonlinearity": s.activation}
        dtype = getattr(torch, s.dtype)
        self.recurrent = kind(
            s.inputs, s.hidden, s.layers, bias=s.bias, batch_first=True, bidirectional=s.bidirectional, dtype=dtype, **options
        )  # fmt: skip
        self.readout = nn.Linear(s.directions * s.hidden, s.outputs, bias=s.bias, dtype=dtype)
        self.function = {"sigmoid": nn.Sigmoid(), "softmax": nn.Softmax(dim=-1), "identity": nn.Identity()}[s.readout]

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
        window = _taken(x, places.clamp(max=T - 1).to(x.device))
        last = _taken(x, (steps - 1)[:, None].to(x.device))
        ahead = last + super().forward(window, read).reshape(B, self.horizon, F)
        return ahead[..., 0] if self.table else ahead


def to_torch(net: Any) -> Recurrent:
    """A network or an estimator as a PyTorch module with parameters of its own, to be trained on or deployed there.

    The module of an estimator reads features as its `fit` did: the standardisation is in the weights. `module.classes` are the
    classes whose probabilities a classifier's or labeler's outputs are; a forecaster's outputs are the steps ahead.
    Outputs are the network's to 1e-12 in float64. PyTorch has two biases for each gate; the second is 0 at first, but for
    the GRU's candidate, which has two here too.
    """
    what = exported(net)
    net, s = what.network, what.network.specification
    module = Forecast(s, what.horizon, what.window, what.table) if what.horizon else Recurrent(s)
    module.classes = what.classes
    state: dict[str, Array] = {}
    for block in blocks(s):
        array = block.of(net.parameters)
        if block.symbol == "c":
            state[_name("bias_hh", block)][2 * s.hidden :] = array
        else:
            state[_name(NAMES[block.symbol], block)] = array.T
        if block.symbol == "b":
            state[_name("bias_hh", block)] = np.zeros_like(array)
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


NAMES = {"V": "weight_ih", "U": "weight_hh", "b": "bias_ih", "W": "weight", "b_y": "bias"}


def _name(name: str, block: Block) -> str:
    if block.layer is None:
        return f"readout.{name}"
    return f"recurrent.{name}_l{block.layer}{'_reverse' * block.direction}"
