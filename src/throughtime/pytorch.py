"""Networks as PyTorch modules of standard layers, with the same outputs, and back."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.agreement import greatest_difference
from throughtime.batch import Array
from throughtime.disk import write_atomically
from throughtime.losses import SUITABLE
from throughtime.network import Network
from throughtime.network_specification import NetworkSpecification
from throughtime.parameters import GATES, Block, blocks

try:
    import torch
    from torch import Tensor, nn
    from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence
except ImportError:
    raise ImportError("throughtime.pytorch needs PyTorch: pip install 'throughtime[torch]'") from None

KINDS: dict[str, Any] = {"elman": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
WEIGHT = re.compile(r"^(.*?)(weight|bias)_(ih|hh)_l(\d+)(_reverse)?$")


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
    """

    def __init__(self, specification: NetworkSpecification) -> None:
        super().__init__()
        s = self.specification = specification
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


def to_torch(net: Network) -> Recurrent:
    """The network as a PyTorch module with parameters of its own, to be trained on or deployed there.

    Outputs are the network's to 1e-12 in float64. PyTorch has two biases for each gate; the second is 0 at first, but for
    the GRU's candidate, which has two here too.
    """
    s = net.specification
    module = Recurrent(s)
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


def save_state(net: Network, path: Any) -> float:
    """Write the state_dict of `to_torch(net)`, for PyTorch's own `load`, which runs no code of it.

    Returns
    -------
    float : the greatest difference between the module's outputs and the network's, on random sequences.
    """
    module = to_torch(net)

    def predict(x: Array, lengths: Array) -> Array:
        with torch.no_grad():
            y: Array = module(torch.tensor(x), torch.tensor(lengths)).numpy()
        return y

    difference = greatest_difference(net, predict, ragged=True)
    content = io.BytesIO()
    torch.save(module.state_dict(), content)
    write_atomically(Path(path), content.getvalue())
    return difference


NAMES = {"V": "weight_ih", "U": "weight_hh", "b": "bias_ih", "W": "weight", "b_y": "bias"}


def _name(name: str, block: Block) -> str:
    if block.layer is None:
        return f"readout.{name}"
    return f"recurrent.{name}_l{block.layer}{'_reverse' * block.direction}"


def from_torch(source: nn.Module | Mapping[str, Any], **fields: Any) -> Network:
    """The network that a PyTorch module of one recurrent stack and one linear readout is.

    Parameters
    ----------
    source : nn.Module or state_dict
        With exactly one nn.RNN, nn.LSTM or nn.GRU of any number of layers, and one nn.Linear, under any names.
    **fields
        What PyTorch's parameters do not tell, as in `NetworkSpecification`: `readout` (from the module's nn.Sigmoid or
        nn.Softmax, else "identity"), `loss` (the one that suits the readout), `output` ("every step"), and for the
        state_dict of an nn.RNN `activation` ("tanh", which is PyTorch's, "relu" or "sigmoid"). "last step" is read from
        the final state of each direction, PyTorch's h_n. A module that `to_torch` made tells all of them.

    Raises
    ------
    ValueError
        If there is anything else in it, or a parameter's shape does not fit.
    """
    unknown = set(fields) - {"activation", "readout", "loss", "output"}
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} stands in the parameters already and cannot be given")
    if isinstance(source, nn.Module):
        fields = _told(source) | fields
        source = source.state_dict()
    tensors = {name: value for name, value in source.items() if isinstance(value, Tensor)}
    matched = {name: match for name in tensors if (match := WEIGHT.match(name))}
    stacks = sorted({match[1] for match in matched.values()})
    rest = {name for name in tensors if name not in matched}
    linear = {name.removesuffix("weight") for name in rest if name.endswith("weight") and tensors[name].ndim == 2}
    if len(stacks) != 1 or len(linear) != 1 or rest - {f"{prefix}{p}" for prefix in linear for p in ("weight", "bias")}:
        raise ValueError(
            "a network is one nn.RNN, nn.LSTM or nn.GRU and one nn.Linear, got the parameters "
            f"{', '.join(tensors) or 'of nothing'}"
        )
    dtypes = {str(tensor.dtype).removeprefix("torch.") for tensor in tensors.values()}
    if len(dtypes) != 1 or not dtypes <= {"float64", "float32"}:
        raise ValueError(f"parameters must be all float64 or all float32, got {', '.join(sorted(dtypes))}")
    named = {name.removeprefix(stacks[0]): tensors[name].detach().cpu().numpy() for name in matched}
    named |= {name.removeprefix(*linear): tensors[name].detach().cpu().numpy() for name in rest}
    s = _specification(named, dtypes.pop(), fields)
    net = Network.of(s, np.zeros(sum(int(np.prod(block.shape)) for block in blocks(s)), s.dtype))
    for block in blocks(s):
        block.of(net.parameters)[...] = _array(named, block, s)
    return net


def _told(module: nn.Module) -> dict[str, Any]:
    """What a module's classes tell that its parameters do not."""
    if isinstance(module, Recurrent):
        s = module.specification
        return {"readout": s.readout, "loss": s.loss, "output": s.output} | (
            {"activation": s.activation} if s.cell == "elman" else {}
        )
    fields: dict[str, Any] = {}
    for part in module.modules():
        if isinstance(part, nn.RNN):
            fields["activation"] = "sigmoid" if isinstance(part, SigmoidRNN) else part.nonlinearity
        if isinstance(part, nn.Sigmoid | nn.Softmax):
            fields["readout"] = type(part).__name__.lower()
    return fields


def _specification(named: dict[str, Array], dtype: str, fields: dict[str, Any]) -> NetworkSpecification:
    V, U, W = (named.get(name, np.zeros((0, 0))) for name in ("weight_ih_l0", "weight_hh_l0", "weight"))
    H = U.shape[1]
    cell = next((name for name, gates in GATES.items() if H and U.shape[0] == len(gates) * H), None)
    if cell is None:
        raise ValueError(
            f"weight_hh_l0 must be (gates · hidden, hidden) with 1, 3 or 4 gates, got {U.shape}: a projection cannot be read"
        )
    if cell == "elman" and "activation" not in fields:
        raise ValueError(
            'the parameters of an nn.RNN do not tell its units: give activation="tanh", "relu" or "sigmoid"'
        )
    if cell != "elman":
        fields = {name: value for name, value in fields.items() if name != "activation"}
    fields.setdefault("readout", "identity")
    fields.setdefault("loss", SUITABLE.get(fields["readout"], "squared"))
    layers = [int(match[4]) for name in named if (match := WEIGHT.match(name))]
    return NetworkSpecification(
        cell=cell, inputs=V.shape[1], hidden=H, outputs=len(W), layers=max(layers) + 1,  # type: ignore[arg-type]
        bidirectional="weight_ih_l0_reverse" in named, bias="bias_ih_l0" in named or "bias" in named,
        dtype=dtype, **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def _array(named: dict[str, Array], block: Block, s: NetworkSpecification) -> Array:
    """The numbers of a block; where our cells have one bias, it is the sum of PyTorch's two."""

    def given(name: str, shape: tuple[int, ...]) -> Array:
        full = name if block.layer is None else f"{name}_l{block.layer}{'_reverse' * block.direction}"
        if full not in named and name.startswith("bias"):  # one of the two parts has biases, the other has none
            return np.zeros(shape)
        found = named.get(full)
        if found is None or found.shape != shape:
            raise ValueError(f"{full} must be {shape}, got {'none' if found is None else found.shape}")
        return found

    H, gates = s.hidden, (len(GATES[s.cell]) * s.hidden,)
    if block.symbol == "c":
        return given("bias_hh", gates)[2 * H :]
    array = given(NAMES[block.symbol], block.shape[::-1]).T
    if block.symbol == "b":
        second = given("bias_hh", gates).copy()
        if s.cell == "gru":
            second[2 * H :] = 0
        array = array + second
    return array
