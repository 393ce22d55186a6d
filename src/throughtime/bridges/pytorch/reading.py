"""Networks from PyTorch modules, which are run and compared, and from their state_dicts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from throughtime.batch import Array
from throughtime.bridges.agreement import check_same
from throughtime.bridges.equations import parameters_of
from throughtime.bridges.pytorch.modules import READOUT, STACKED, Recurrent
from throughtime.bridges.pytorch.recurrent import LAYERS, CellRNN, Layer, SigmoidRNN, layer_of, named
from throughtime.bridges.standard_layers import Names
from throughtime.cells import NAMES, TWINS, step_of
from throughtime.cells.graph import Graph
from throughtime.cells.layout import layout
from throughtime.network import Network
from throughtime.support.checks import one_of
from throughtime.support.memory import require
from throughtime.weights.losses import READOUTS, SUITABLE
from throughtime.weights.network_specification import CHOICES, NetworkSpecification
from throughtime.weights.parameters import count

WEIGHT = re.compile(r"^(.*?)((?:weight|bias)_(?:ih|hh))_l([0-9]{1,6})(_reverse)?$")
OWN = re.compile(r"^((?:.*\.)?)([^.]+?)_l([0-9]{1,6})(_reverse)?$")
"""Parameters of recurrent layers: before their name, what they stand in; behind it, the layer and the direction."""
RECURRENT = (nn.RNN, nn.LSTM, nn.GRU, CellRNN)
ALLOWED = (*RECURRENT, nn.Linear, nn.Dropout, nn.Identity, nn.Sigmoid, nn.Softmax)
WHAT_CAN_BE_READ = (
    "a network is one nn.RNN, nn.LSTM, nn.GRU or CellRNN and one nn.Linear, "
    + "with nn.Sigmoid, nn.Softmax or nothing behind it"
)
OWN_CELLS = tuple(name for name in NAMES if name not in TWINS)
"""Those of the package whose cells the parameters do not tell."""
FIELDS = ("cell", "activation", "readout", "loss", "output")

SIZES = ((3, 7, (1, 10, 0.1)), (4, 12, (1, 10, 0.1, 3)), (2, 300, (1,)), (130, 5, (1,)), (3, 6, (30, 100, 1000)))
"""Batch, time and the scales of the sequences on which a module is run: a module may do something else with many or
long sequences, or with large numbers."""


def from_torch(source: nn.Module | Mapping[str, Any], **fields: Any) -> Network:
    """The network that a PyTorch module of one recurrent stack and one linear readout is.

    A module is run on random sequences, (batch, time, features) or, if its recurrent layer is time first, (time, batch,
    features), and compared with the network: it is refused if it computes anything else.

    Parameters
    ----------
    source : nn.Module or state_dict
        With exactly one nn.RNN, nn.LSTM, nn.GRU or `CellRNN` of any number of layers, one nn.Linear, and nothing else
        but nn.Dropout, nn.Identity and a final nn.Sigmoid or nn.Softmax over the outputs, under any names. An
        nn.ModuleDict or nn.ModuleList, which cannot be run, and a state_dict are taken for the recurrent layer and the
        linear one behind it.
    **fields
        Fields that a state_dict does not hold, as in `NetworkSpecification`: `readout` (else "identity"), `loss` (the
        one that suits the readout), `output` ("every step"), for an nn.RNN `activation` ("tanh", which is PyTorch's,
        "relu" or "sigmoid"), and for any other cell `cell`, its name or its step as `throughtime.cell` has read it.
        "last step" is read from the final state of each direction, PyTorch's h_n. A module says them itself; `readout`
        can be given where its outputs are still without it, as nn.CrossEntropyLoss wants them.

    Raises
    ------
    ValueError
        In one sentence, if there is anything else in it, a parameter's shape does not fit, or the outputs differ.
    """
    for name, value in fields.items():
        if name not in FIELDS:
            raise ValueError(f"{name} stands in the parameters already and cannot be given")
        if name == "cell":
            if not isinstance(value, Graph) and value not in OWN_CELLS:
                raise ValueError(
                    f"cell must be {one_of(OWN_CELLS)}, or a step function that throughtime.cell has read, got "
                    f"{value!r:.60}"
                )
        elif value not in CHOICES[name]:
            raise ValueError(f"{name} must be {one_of(CHOICES[name])}, got {value!r}")
    if isinstance(source, nn.Module):
        return _of_module(source, fields)
    return _of_state(_tensors(source), fields)


# Modules


def _of_module(module: nn.Module, fields: dict[str, Any]) -> Network:
    parts = [part for part in module.modules() if not any(True for _ in part.children())]
    for part in parts:
        if not isinstance(part, ALLOWED):
            raise ValueError(f"it holds {_article(type(part).__name__)}: {WHAT_CAN_BE_READ}")
    stack = [part for part in parts if isinstance(part, RECURRENT)]
    if len(stack) != 1:
        raise ValueError(
            f"it holds {len(stack)} recurrent layers of PyTorch (num_layers is its own): {WHAT_CAN_BE_READ}"
        )
    recurrent: Any = stack[0]
    functions = [part for part in parts if isinstance(part, nn.Sigmoid | nn.Softmax)]
    if len(functions) > 1:
        raise ValueError(f"it holds {len(functions)} functions, nn.Sigmoid or nn.Softmax: {WHAT_CAN_BE_READ}")
    read: dict[str, Any] = {}
    if isinstance(recurrent, nn.RNN):
        read["activation"] = "sigmoid" if isinstance(recurrent, SigmoidRNN) else recurrent.nonlinearity
    if isinstance(recurrent, CellRNN):
        read["cell"] = recurrent.graph
    if functions:
        read["readout"] = type(functions[0]).__name__.lower()
    if isinstance(module, Recurrent):
        s = module.specification
        read |= {"readout": s.readout, "loss": s.loss, "output": s.output} | ({"cell": s.step} if s.step else {})
    state = _tensors(module.state_dict())
    if _forward(module) is nn.Module.forward:
        _check_standard(module)
        _check_order(parts)
        return _of_state(state, read | fields)
    return _compared(module, state, read, fields, time_first=not getattr(recurrent, "batch_first", True))


def _forward(module: nn.Module) -> Any:
    """The function that runs a module: of its class, or put in its place in this one module."""
    return getattr(module.forward, "__func__", module.forward)


def _check_standard(module: nn.Module) -> None:
    """A ValueError if a container that cannot be run holds a part that computes something of its own."""
    standard = {kind.forward for kind in (nn.Module, nn.Sequential, SigmoidRNN, *ALLOWED)}
    for part in module.modules():
        if _forward(part) not in standard or part._forward_hooks or part._forward_pre_hooks:
            raise ValueError(
                f"its {type(part).__name__} has a forward or hooks of its own, and {_article(type(module).__name__)} "
                "cannot be run: give a module whose forward runs its parts"
            )


def _check_order(parts: list[nn.Module]) -> None:
    """A ValueError if parts that cannot be run do not stand in a network's order."""
    kinds = [RECURRENT, nn.Linear, (nn.Sigmoid, nn.Softmax)]
    ranks = [next((rank for rank, kind in enumerate(kinds) if isinstance(part, kind)), None) for part in parts]
    found = [rank for rank in ranks if rank is not None]
    if found != sorted(found):
        raise ValueError(f"its parts stand in another order: {WHAT_CAN_BE_READ}")
    for part in parts:
        if isinstance(part, nn.Softmax) and part.dim not in (-1, 2):
            raise ValueError(f"its nn.Softmax is over axis {part.dim}, not over the outputs")


def _compared(
    module: nn.Module, state: dict[str, Tensor], read: dict[str, Any], fields: dict[str, Any], *, time_first: bool
) -> Network:
    """The network of a module that can be run, with the readout and output for which both give the same."""
    s = _of_state(state, read | fields).specification
    rng, refusals = np.random.default_rng(0), list[str]()
    xs = [
        (rng.normal(size=(batch, time, s.inputs)) * np.array(scales)[:, None, None]).astype(s.dtype)
        for batch, time, scales in SIZES
    ]
    for swapped in (False, True)[: 1 + time_first]:
        try:
            ys = [_run(module, x, state, swapped) for x in xs]
        except ValueError as error:
            refusals.append(str(error))
            continue
        every_step = ys[0].ndim == 3
        found = {"output": "every step" if every_step else "last step"} | read | fields
        ys = [y.swapaxes(0, 1) if swapped and every_step else y for y in ys]
        for readout in [found["readout"]] if "readout" in found else list(READOUTS):
            net = _of_state(state, found | {"readout": readout})
            refusal = _difference(net, xs, ys)
            if refusal is not None and "readout" in fields:
                refusal = _difference(net, xs, [READOUTS[readout].g(y) for y in ys])
            if refusal is None:
                return net
            refusals.append(refusal)
    raise ValueError(f"{refusals[0]}: its forward does not do what its recurrent layer and linear readout alone do")


def _difference(net: Network, xs: list[Array], theirs: list[Array]) -> str | None:
    """The difference, if there is one."""
    try:
        for x, y in zip(xs, theirs, strict=True):
            check_same(net, x, y)
    except ValueError as error:
        return str(error)
    return None


def _run(module: nn.Module, x: Array, state: dict[str, Tensor], time_first: bool) -> Array:
    """A module's outputs for x (B, T, I), in evaluation, without a trace of it left in the module."""
    device = next(iter(state.values())).device
    given = torch.tensor(x.swapaxes(0, 1).copy() if time_first else x, device=device)
    try:
        with torch.no_grad(), _evaluating(module):
            y = module(given)
        y = y[0] if isinstance(y, tuple | list) else y
        return np.asarray(y.detach().cpu().numpy())
    except Exception as error:  # the module's own code, which can raise anything
        reason = (str(error).splitlines() or [""])[0][:120]
        raise ValueError(
            f"it cannot be run on x of shape {tuple(given.shape)} alone ({type(error).__name__}: {reason})"
        ) from None


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


def _article(name: str) -> str:
    return f"{'an' if name[:1] in 'aeiouAEIO' else 'a'} {name}"


# State_dicts


def _tensors(source: Any) -> dict[str, Tensor]:
    """The tensors of a state_dict, by name; a ValueError that says what to give instead of anything else."""
    if isinstance(source, str | os.PathLike):
        raise ValueError(
            f"from_torch reads a module or a state_dict, got the path {os.fspath(source)!r}: load it first, with "
            "torch.load(path, weights_only=True), which runs no code of the file"
        )
    if not isinstance(source, Mapping):
        raise ValueError(f"from_torch reads a module or a state_dict, got {_article(type(source).__name__)}")
    inner = [name for name, value in source.items() if isinstance(value, Mapping) and _is_state(value)]
    if inner:
        raise ValueError(f"it is a checkpoint, not a state_dict: give its entry {inner[0]!r}")
    for name, value in source.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise ValueError(
                f"a state_dict holds tensors by name, got {_article(type(value).__name__)} as {str(name)[:60]!r}"
            )
    return dict(source)


def _is_state(value: Mapping[Any, Any]) -> bool:
    return bool(value) and all(isinstance(entry, Tensor) for entry in value.values())


def _of_state(tensors: dict[str, Tensor], fields: dict[str, Any]) -> Network:
    cell: Graph | str | None = fields.get("cell")
    own = step_of(cell) if isinstance(cell, str) else cell
    standard = None if own is None else layer_of(own)
    pattern = WEIGHT if own is None or standard else OWN
    matches = {name: match for name in tensors if (match := pattern.match(name))}
    stacks = sorted({match[1] for match in matches.values()})
    rest = {name for name in tensors if name not in matches}
    linear = {name.removesuffix("weight") for name in rest if name.endswith("weight") and tensors[name].ndim == 2}
    if len(stacks) != 1 or len(linear) != 1 or rest - {f"{prefix}{p}" for prefix in linear for p in ("weight", "bias")}:
        names = ", ".join(tensors) or "of nothing"
        names = names if len(names) <= 300 else f"{names[:300]}…"
        raise ValueError(
            "a network is one nn.RNN, nn.LSTM, nn.GRU or CellRNN and one nn.Linear, got the parameters "
            f"{names}{'; of another cell, give cell=' if own is None else ''}"
        )
    dtypes = {str(tensor.dtype).removeprefix("torch.") for tensor in tensors.values()}
    if len(dtypes) != 1 or not dtypes.issubset(CHOICES["dtype"]):
        raise ValueError(f"parameters must be all float64 or all float32, got {', '.join(sorted(dtypes))}")
    require(32 * sum(tensor.numel() for tensor in tensors.values()), "a network of these parameters")
    held = _Held({name.removeprefix(stacks[0]): _array(name, tensors[name]) for name in matches})
    held.arrays |= {name.removeprefix(*linear): _array(name, tensors[name]) for name in rest}
    layers = {int(match[3]) for match in matches.values()}
    if layers != set(range(len(layers))):
        raise ValueError(
            f"layers must be numbered from 0 on; there are {len(layers)}, and one has the number {max(layers)}"
        )
    readout = fields.get("readout", "identity")
    fields = {"readout": readout, "loss": SUITABLE[readout], "dtype": dtypes.pop(), "layers": len(layers)} | fields
    return held.of_layers(standard, fields) if own is None or standard else held.of_cell(own, fields)


class _Held:
    """The arrays of a state_dict, by their names without what they stand in.

    Those that are read are taken out of it.
    """

    def __init__(self, arrays: dict[str, Array]) -> None:
        self.arrays = arrays

    def of_layers(self, standard: tuple[Layer, Names] | None, fields: dict[str, Any]) -> Network:
        """The network of an nn.RNN, nn.LSTM or nn.GRU, which is of a cell of one's own if `standard` is given."""
        V, U = (self.arrays.get(name, np.zeros((0, 0))) for name in ("weight_ih_l0", "weight_hh_l0"))
        H = U.shape[1] if U.ndim == 2 else 0
        fitting = [layer for layer in LAYERS if H and U.shape[0] == len(layer.gates.order) * H]
        if not fitting or V.ndim != 2:
            raise ValueError(
                "weight_hh_l0 must be (gates · hidden, hidden) with 1, 3 or 4 gates, got "
                f"{U.shape}: a projection cannot be read"
            )
        layer, names = self._layer(fitting, fields) if standard is None else standard
        if standard is None:
            fields = {name: value for name, value in fields.items() if name != "activation"} | layer.fields
        bias = "bias_ih_l0" in self.arrays or "bias" in self.arrays
        sides = {"bias": bias, "bidirectional": "weight_ih_l0_reverse" in self.arrays}
        net = self.network(fields | sides | {"inputs": V.shape[1], "hidden": H})
        gates, s = (len(layer.gates.order) * H,), net.specification
        for (row, direction), arrays in parameters_of(net).layers.items():
            inputs = s.inputs if row == 0 else s.directions * H
            shapes = {"V": (*gates, inputs), "U": (*gates, H), "b": gates, "c": gates}
            stacked = {
                symbol: self.given(named(STACKED[symbol], row, direction), shape, len(shape) == 2)
                for symbol, shape in shapes.items()
            }
            layer.gates.write(names, arrays, stacked)
        return self.finished(net)

    def _layer(self, fitting: list[Layer], fields: dict[str, Any]) -> tuple[Layer, Names]:
        """That of the layers with so many gates which has these units."""
        if len(fitting) > 1 and "activation" not in fields:
            raise ValueError(
                'the parameters of an nn.RNN do not tell its units: give activation="tanh", "relu" or "sigmoid"'
            )
        units = {layer.fields.get("activation", fields.get("activation")): layer for layer in fitting}
        layer = units[fields.get("activation")]
        return layer, {name: name for name in layer.gates.step.parameters}

    def of_cell(self, graph: Graph, fields: dict[str, Any]) -> Network:
        """The network of a CellRNN."""
        first = next(block for block in layout(graph).blocks if block.kind == "x")
        V = self.arrays.get(named(first.names[0], 0, 0), np.zeros(0))
        if V.ndim != 2:
            raise ValueError(f"{named(first.names[0], 0, 0)} must be (inputs, hidden), got {V.shape}")
        bias = any(named(name, 0, 0) in self.arrays for name in layout(graph).biases) or "bias" in self.arrays
        sides = {"bias": bias, "bidirectional": named(first.names[0], 0, 1) in self.arrays}
        net = self.network(fields | sides | {"inputs": V.shape[0], "hidden": V.shape[1]})
        for (row, direction), arrays in parameters_of(net).layers.items():
            for name, array in arrays.items():
                there = name not in layout(graph).biases
                array[...] = self.given(named(name, row, direction), array.shape, there)
        return self.finished(net)

    def network(self, fields: dict[str, Any]) -> Network:
        """A network of zeros."""
        s = NetworkSpecification(outputs=len(self.arrays["weight"]), **fields)
        return Network.of(s, np.zeros(count(s), s.dtype))

    def finished(self, net: Network) -> Network:
        """The network with its readout; a ValueError if there are parameters left."""
        for name, array in parameters_of(net).readout.items():
            array[...] = self.given(READOUT[name], array.T.shape, name == "W").T
        if self.arrays:
            raise ValueError(
                f"it holds {', '.join(sorted(self.arrays))[:200]}, which the other parameters leave no place for"
            )
        return net

    def given(self, name: str, shape: tuple[int, ...], needed: bool) -> Array:
        """A parameter; 0 if it is not needed, as biases, since one part may have some and the other none."""
        found = self.arrays.pop(name, None)
        if found is None and not needed:
            return np.zeros(shape)
        if found is None or found.shape != shape:
            raise ValueError(f"{name} must be {shape}, got {'none' if found is None else found.shape}")
        return found


def _array(name: str, tensor: Tensor) -> Array:
    try:
        array = np.asarray(tensor.detach().cpu().numpy())
    except Exception:  # without storage, quantised, or not yet made
        raise ValueError(f"{name[:80]} holds no plain numbers") from None
    if not np.isfinite(array).all():
        raise ValueError(f"{name[:80]} holds numbers that are not finite")
    return array
