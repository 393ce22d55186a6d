"""Networks from ONNX models of others and ours: followed, then compared in ONNX Runtime."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto

from throughtime.batch import Array
from throughtime.bridges.agreement import check_same
from throughtime.bridges.equations import parameters_of
from throughtime.bridges.onnx.elements import Elements, Flow, Linear
from throughtime.bridges.onnx.following import Following
from throughtime.bridges.onnx.layout import Budget
from throughtime.bridges.onnx.operators import WHAT_CAN_BE_READ, Refused, quoted, session_of
from throughtime.bridges.onnx.tensors import array_of, model_at
from throughtime.bridges.onnx.tracks import ONLY_FLOAT32, Track
from throughtime.bridges.standard_layers import matched
from throughtime.network import Network
from throughtime.support.documents import json_object
from throughtime.weights.losses import SUITABLE
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import DIRECTIONS, count

SIZES = ((3, 7), (5, 12))
"""Of the batch and of time, where they are free, for which a model is followed and run: neither axis can be taken for
the other, and no number that stands in the model fits both."""
LARGER = ((2, 300), (130, 5))
"""For which a model is run besides: it may do something else with long or many sequences."""


def from_onnx(path: Any) -> Network:
    """Read a network from an ONNX model, and compare the two in ONNX Runtime.

    Parameters
    ----------
    path : path
        A model of one stack of standard RNN, LSTM or GRU operators (all forward, or all bidirectional) that start at
        zero, and one linear readout with Sigmoid, Softmax or nothing behind it, in float32; written by `to_onnx`, by
        both exporters of PyTorch, or by others. Its first input is (batch, time, features), its first output (batch,
        time, outputs) or (batch, outputs). Arrays may stand in a second file in the same folder, as PyTorch writes
        them. A model of Scans is read if `to_onnx` wrote it: its cell stands in it as data.

    Returns
    -------
    Network
        With float32 numbers, of Scans those of the model; its loss is the one that suits the readout, if the model
        names no other.

    Raises
    ------
    ValueError
        In one sentence, if the model is none of these or computes something else than the network that was read from
        it.
    """
    if not isinstance(path, str | os.PathLike):
        raise ValueError(f"from_onnx reads the file at a path, got {type(path).__name__}")
    path = Path(path)
    try:
        model = model_at(path)
        for free in SIZES:
            net, sizes = _network(model, free)
            _check_same(model, net, [sizes])
        first = next(
            value for value in model.graph.input if value.name not in {a.name for a in model.graph.initializer}
        )
        _check_same(model, net, [_sizes(first, free, first.type.tensor_type.elem_type)[:2] for free in LARGER])
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: it holds a name that is not text in UTF-8") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return net


def _network(model: onnx.ModelProto, free: tuple[int, int]) -> tuple[Network, tuple[int, int]]:
    """The network of a model, and the batch size and number of steps for which it was followed."""
    graph = model.graph
    _keep_first_output(graph)
    if model.functions or graph.sparse_initializer:
        raise Refused(f"it has functions or sparse arrays of its own; {WHAT_CAN_BE_READ}")
    constants = {tensor.name: array_of(tensor) for tensor in graph.initializer}
    described = _described(model)
    if "network" in described:
        return _of_scans(model, described["network"], constants, free)
    opset = max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0)
    given = [value for value in graph.input if value.name not in constants]
    if not given or not graph.output:
        raise Refused("it has no input or no output")
    shape = _sizes(given[0], free)
    following = Following(*shape[:2], Budget(sum(array.size for array in constants.values())), opset)
    following.values.update(constants)
    x = following.input(given[0].name, shape)
    for other in given[1:]:
        if other.name == "lengths" and other.type.tensor_type.elem_type == TensorProto.INT64:
            following.values[other.name] = np.full(shape[0], shape[1])
        elif other.name in [f"{state}_0" for state in described.get("states", [])]:
            sizes = [
                axis.dim_value if axis.HasField("dim_value") else shape[0] for axis in other.type.tensor_type.shape.dim
            ]
            following.budget.take(sizes)
            following.values[other.name] = np.zeros(sizes, np.float32)
        else:
            raise Refused(
                f"it has the input {quoted(other.name)} besides {quoted(given[0].name)}, which a network has not"
            )
    following.run(graph.node)
    output = following.values.get(graph.output[0].name)
    if not isinstance(output, Flow):
        raise Refused("its output does not depend on its input")
    tracks = following.tracks.finished()
    if not tracks:
        raise Refused(f"it has no recurrent layers; {WHAT_CAN_BE_READ}")
    layers = _layers(x.transpose(1, 0, 2), tracks, x)
    readout = _readout(following, output, layers)
    return _built(described, layers, readout, len(output.elements.shape) == 2), shape[:2]


def _described(model: onnx.ModelProto) -> dict[str, Any]:
    """The metadata that `to_onnx` writes about a network."""
    given = {entry.key: entry.value for entry in model.metadata_props}.get("throughtime")
    return {} if given is None else json_object(given, "its metadata")


def _of_scans(
    model: onnx.ModelProto, described: Any, constants: dict[str, Array], free: tuple[int, int]
) -> tuple[Network, tuple[int, int]]:
    """The network of a model that `to_onnx` wrote as Scans; that it computes the same is yet to be seen."""
    x = next(value for value in model.graph.input if value.name not in constants)
    double = x.type.tensor_type.elem_type == TensorProto.DOUBLE
    *shape, features = _sizes(x, free, TensorProto.DOUBLE if double else TensorProto.FLOAT)
    s = replace(NetworkSpecification.from_dict(described), dtype="float64" if double else "float32")
    if s.inputs != features or count(s) > sum(array.size for array in constants.values()):
        raise Refused("its metadata describes a network of other sizes")
    net = Network(s)
    found = parameters_of(net)
    named = {
        f"layer{layer}.{DIRECTIONS[direction]}.{name}": view
        for (layer, direction), arrays in found.layers.items()
        for name, view in arrays.items()
    }
    for name, view in (named | {f"readout.{name}": view for name, view in found.readout.items()}).items():
        if name not in constants or constants[name].shape != view.shape:
            raise Refused(f"it holds no {name} of shape {view.shape}, which the network in its metadata has")
        view[...] = constants[name]
    return net, (shape[0], shape[1])


def _keep_first_output(graph: onnx.GraphProto) -> None:
    """Leave out all that the first output does not need, as labels or final states."""
    needed = {value.name for value in graph.output[:1]}
    kept = []
    for node in reversed(graph.node):
        if needed & set(node.output):
            needed |= _read_by(node)
            kept.append(node)
    del graph.output[1:]
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in reversed(kept)]
    del graph.node[:]
    graph.node.extend(nodes)
    arrays = [tensor for tensor in graph.initializer if tensor.name in needed]
    if len(arrays) < len(graph.initializer):
        copies = [onnx.TensorProto.FromString(tensor.SerializeToString()) for tensor in arrays]
        del graph.initializer[:]
        graph.initializer.extend(copies)


def _read_by(node: onnx.NodeProto) -> set[str]:
    """The names that a node reads, with those of a body inside it."""
    bodies = [attribute.g for attribute in node.attribute if attribute.HasField("g")]
    return set(node.input) | {name for body in bodies for inner in body.node for name in inner.input}


def _sizes(value: onnx.ValueInfoProto, free: tuple[int, int], of: int = TensorProto.FLOAT) -> tuple[int, int, int]:
    """The sizes of the input, with ours for axes that are free."""
    kind = value.type.tensor_type
    if kind.elem_type == TensorProto.DOUBLE != of:
        raise Refused(f"its numbers are float64; {ONLY_FLOAT32}")
    if kind.elem_type != of:
        raise Refused(f"its input {quoted(value.name)} is not of float32 numbers")
    sizes = [axis.dim_value if axis.HasField("dim_value") else None for axis in kind.shape.dim]
    if len(sizes) != 3 or sizes[2] is None:
        raise Refused(
            f"its input {quoted(value.name)} must be (batch, time, features) with a known number of features, got "
            f"{sizes}"
        )
    batch, time, features = (ours if size is None else size for size, ours in zip(sizes, (*free, 0), strict=True))
    if min(batch, time, features) < 1 or max(batch, time, features) > 2**20:
        raise Refused(f"its input has the size ({batch}, {time}, {features}): each must be from 1 to {2**20:,}")
    if time == 1:
        raise Refused("it is fixed to sequences of one step: export it with a free time axis")
    return batch, time, features


def _layers(x: Elements, tracks: list[Track], given: Elements) -> list[list[Track]]:
    """The layers, each of one track or of a forward and a backward one, in the order in which they read one another.

    x : (T, B, I) elements of the input
    given : the input as it is
    """
    layers, source, left = list[list[Track]](), x, list(tracks)
    while left:
        sides = [_reading(left, source), _reading(left, source[::-1])]
        found = [side for side in sides if side is not None]
        if sides[0] is None:
            raise Refused(_why_no_layer(left[0], source, given, sides[1] is not None))
        if layers and len(found) != len(layers[0]):
            raise Refused("some of its layers read in both directions and some in one; a network's are alike")
        left = [track for track in left if all(track is not side for side in found)]
        layers.append(found)
        source = _states(found)
    kinds = {(track.operator, track.R.shape[1]) for layer in layers for track in layer}
    if len(kinds) > 1:
        raise Refused("its recurrent layers are of different kinds or sizes; a network's are alike")
    return layers


def _reading(tracks: list[Track], source: Elements) -> Track | None:
    return next((track for track in tracks if np.array_equal(track.x, source)), None)


def _states(layer: list[Track]) -> Elements:
    """(T, B, D·H) elements of a layer's states."""
    return np.concatenate([layer[0].states, *(track.states[::-1] for track in layer[1:])], axis=-1)


def _why_no_layer(track: Track, source: Elements, given: Elements, backward: bool) -> str:
    if np.array_equal(track.x, given):
        return "it reads time first, (time, batch, features): export it with batch_first=True"
    if backward:
        return "a recurrent layer reads in reverse only: a network reads forward or in both directions"
    if not np.isin(track.x, given).any() and np.array_equal(source.transpose(1, 0, 2), given):
        return f"something stands before the first recurrent layer; {WHAT_CAN_BE_READ}"
    return f"its recurrent layers do not read the whole input or one another; {WHAT_CAN_BE_READ}"


def _readout(following: Following, output: Flow, layers: list[list[Track]]) -> Linear:
    """The linear layer whose outputs are the model's; a refusal if it reads other states than a network's readout."""
    record, rows = following.ledger.rows(output.elements)
    if not isinstance(record, Linear):
        raise Refused(f"its output is not that of a linear layer; {WHAT_CAN_BE_READ}")
    source, states = record.rows[rows], _states(layers[-1])
    last = np.concatenate([track.states[-1] for track in layers[-1]], axis=-1)
    if np.array_equal(source, states.transpose(1, 0, 2)) or np.array_equal(source, last):
        return record
    if np.array_equal(source, states):
        raise Refused("its output is time first, (time, batch, outputs): export it with batch_first=True")
    if np.array_equal(source, states[-1]):
        raise Refused(
            "it reads the backward direction at the last step, where that has read one step only, not at its end"
        )
    raise Refused("its readout does not read the states of every step or the last state of each direction")


def _built(described: dict[str, Any], layers: list[list[Track]], readout: Linear, last_step: bool) -> Network:
    first = layers[0][0]
    activation = first.operator.activation
    fields: dict[str, Any] = {"activation": activation} if activation else {}
    biases = [track.B for layer in layers for track in layer] + [readout.b]
    s = NetworkSpecification(
        cell=first.operator.cell,
        inputs=first.W.shape[1], hidden=first.R.shape[1], outputs=readout.W.shape[1],
        layers=len(layers), bidirectional=len(layers[0]) == 2, readout=readout.g,  # type: ignore[arg-type]
        loss=described.get("loss", SUITABLE[readout.g]), bias=any(bias is not None for bias in biases),
        output="last step" if last_step else "every step", dtype="float32", **fields,
    )  # fmt: skip
    net = Network(s)
    net.parameters[:] = 0
    net["W"] = readout.W
    if readout.b is not None:
        net["b_y"] = readout.b
    for number, layer in enumerate(layers):
        _fill(net, number, layer)
    if not np.isfinite(net.parameters).all():
        raise Refused("it holds weights that are not finite")
    return net


def _fill(net: Network, number: int, layer: list[Track]) -> None:
    """Write a layer's W, R, B and P into the network; where its cell has one bias, it is the sum of ONNX's two."""
    s, parameters = net.specification, parameters_of(net)
    for direction, track in enumerate(layer):
        own, gates = parameters.layers[number, direction], track.operator.gates
        names = matched(gates.step, s.graph) or {}
        zeros = np.zeros(2 * len(gates.order) * s.hidden, s.dtype)
        b, c = np.split(zeros if track.B is None else track.B, 2)
        gates.write(names, own, {"V": track.W, "U": track.R, "b": b, "c": c})
        peepholes = [] if track.P is None else np.split(track.P, 3)
        for gate, array in zip(track.operator.peepholes, peepholes, strict=True):
            own[names[f"w_{gate}"]][...] = array


def _check_same(model: onnx.ModelProto, net: Network, all_sizes: list[tuple[int, int]]) -> None:
    """A refusal if the model's outputs are not the network's: the last word, by a program that is not ours."""
    rng, runs = np.random.default_rng(0), []
    try:
        session = session_of(model, threads=1)
        given, output = session.get_inputs(), session.get_outputs()[0].name
        for batch, time in all_sizes:
            lengths = np.linspace(time, 1, batch).astype(np.int64)
            several = []  # of a model that is fixed to one sequence, one output varies by nothing
            for _ in range(3):
                x = rng.normal(size=(batch, time, net.specification.inputs)).astype(net.specification.dtype)
                feed = {given[0].name: x} | {value.name: _fed(value, x, lengths) for value in given[1:]}
                several.append((x, lengths, session.run([output], feed)[0]))
            runs.append([np.concatenate(arrays) for arrays in zip(*several, strict=True)])
    except Exception:  # ONNX Runtime's errors have no common base; its words are not for our users
        raise Refused("ONNX Runtime, which would compare it with the network, cannot run it") from None
    for x, steps, y in runs:
        check_same(net, x, y, steps if any(value.name == "lengths" for value in given) else None)


def _fed(value: Any, x: Array, lengths: Array) -> Array:
    """The inputs for ONNX Runtime besides x: the lengths, or states of zeros."""
    if value.name == "lengths":
        return lengths
    return np.zeros([size if isinstance(size, int) else len(x) for size in value.shape], x.dtype)
