"""A Trace as JSON and back, to the last bit. The studio's page draws from this text alone.

One object; arrays are nested lists in the axis order of the Trace, [sequence][step][unit]. Numbers are written so
that they are read back exactly; those that JSON lacks are the strings "NaN", "Infinity" and "-Infinity".
R stands for the T steps, and is left out if the specification's output is "last step".

    format           "throughtime trace"
    version          1
    specification    the fields of a NetworkSpecification: cell, inputs I, hidden H, outputs O, layers L, …
    parameters       by name, in the order of `Network.names`: {"V": [I][H], "U": [H][H], "b_h": [H], "W": …, …}
    cell             what the cell computes and what its arrays are called, see `trace.description`; left out by earlier
                     versions, and read only to compare it with what the specification says
    gradient         the same names and shapes: ∂E by each parameter
    loss             E, summed over steps and sequences
    lengths          [B], the steps of each sequence that are real; everything behind them is 0
    x                [B][T][I]
    d, net_y, y, delta_y    [B][R][O], target, net input of the output, output, δ_y
    mask, error      [B][R], weight of each step in the loss, E_t
    layers           one object for each layer and direction, layer by layer, "forward" before "backward":
        layer, direction     0, "forward"
        h_0                  [B][H], and C_0 of an LSTM
        elman                net_h, h, d_h, delta_h                                    each [B][T][H]
        lstm                 i, f, C_tilde, o, C, h, d_h, d_C, delta_i, delta_f, delta_C_tilde, delta_o
        gru                  r, z, n, q, h, d_h, delta_r, delta_z, delta_n, delta_q
        another cell         the arrays of its `LayerTrace`: all initial states, then what its step gives a name to
    reach            optional: [B][T_k][T_t], ‖δ_{k→t}‖ of the last layer, read forward (see `Trace.itemised`)

The share of each step in a gradient is the product of two of these arrays: at step t, ∇V gains x_tᵀ δ_t, ∇U gains
h_{t-1}ᵀ δ_t, ∇b gains δ_t, ∇W gains h_tᵀ δ_y_t, ∇b_y gains δ_y_t (a GRU's candidate.U gains h_{t-1}ᵀ δ_q_t, and
candidate.c gains δ_q_t). In a layer that reads backward, h_{t+1} stands for h_{t-1}.

Reading checks the format, the specification, every name, shape and number; it does not compute the passes again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from sys import float_info
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NewType, NotRequired, TypedDict

import numpy as np

from throughtime.batch import Array
from throughtime.support import schema
from throughtime.trace.description import CellJSON, described
from throughtime.trace.layer import LayerTrace, array_names, frozen, names_of
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import DIRECTIONS, Views, count
from throughtime.weights.weights import Weights

if TYPE_CHECKING:
    from throughtime.trace import Trace

FORMAT, VERSION = "throughtime trace", 1
LARGEST_TEXT = 2**28
"""The most characters that are read."""
ARRAYS = ("x", "d", "mask", "net_y", "y", "error", "delta_y")
NOT_FINITE = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}

Steps = NewType("Steps", list[Any])
"""Numbers [B][T][…]."""

ParametersJSON = NewType("ParametersJSON", dict[str, Any])
SpecificationJSON = NewType("SpecificationJSON", dict[str, Any])
LayerJSON = NewType("LayerJSON", dict[str, Any])
"""layer, direction, and the arrays, [B][T][H], and initial states, [B][H], by their names."""


class TraceJSON(TypedDict):
    """One pass over a batch, as above."""

    format: Literal["throughtime trace"]
    version: Literal[1]
    specification: SpecificationJSON
    cell: NotRequired[CellJSON]
    parameters: ParametersJSON
    gradient: ParametersJSON
    loss: Any
    lengths: list[int]
    x: Steps
    d: Any
    mask: Any
    net_y: Any
    y: Any
    error: Any
    delta_y: Any
    layers: list[LayerJSON]
    reach: NotRequired[Steps]


def write(trace: Trace, reach: bool = False) -> str:
    """The trace as JSON on one line, with its itemised norms if `reach`."""
    return json.dumps(document(trace, reach), allow_nan=False, separators=(",", ":"))


def document(trace: Trace, reach: bool = False) -> TraceJSON:
    """The object that `write` writes, of plain numbers, strings and lists."""
    s = trace.specification
    plain = TraceJSON(
        format="throughtime trace",
        version=1,
        specification=SpecificationJSON(s.as_dict()),
        cell=described(s.graph),
        parameters=ParametersJSON(_named(Views(s, trace.network.parameters))),
        gradient=ParametersJSON(_named(Views(s, trace.gradient))),
        loss=_plain(np.asarray(trace.loss)),
        lengths=trace.lengths.tolist(),
        x=_plain(trace.x),
        d=_plain(trace.d),
        mask=_plain(trace.mask),
        net_y=_plain(trace.net_y),
        y=_plain(trace.y),
        error=_plain(trace.error),
        delta_y=_plain(trace.delta_y),
        layers=[LayerJSON({"layer": of.layer, "direction": of.direction, **_named(of.arrays)}) for of in trace.layers],
    )
    if reach:
        plain["reach"] = _plain(trace.itemised_norms())
    return plain


def read(text: str | bytes) -> dict[str, Any]:
    """The fields of the trace that `write` wrote; a ValueError of one line for anything else."""
    if len(text) > LARGEST_TEXT:
        raise ValueError(f"a trace's JSON may have {LARGEST_TEXT} characters, got {len(text)}")
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"this is not the JSON of a trace: {_first_line(error)}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f'this is not the JSON of a trace: it has no "format": "{FORMAT}"')
    if document.get("version") != VERSION or isinstance(document["version"], bool):
        raise ValueError(f"a trace of version {VERSION} is expected, this one is {str(document.get('version'))[:40]}")
    return _fields(schema.read(TraceJSON, document, "the trace", within=""), len(text))


def _fields(document: TraceJSON, size: int) -> dict[str, Any]:
    s = NetworkSpecification.from_dict(document["specification"])
    if "cell" in document and document["cell"] != described(s.graph):
        raise ValueError(f"cell is not the description of the specification's cell, {s.cell}")
    layers = document["layers"]
    # nothing is allocated before it is known that the text has as many numbers
    if len(layers) != s.layers * s.directions:
        raise ValueError(f"layers must be a list of {s.layers * s.directions} objects")
    if s.hidden > size or s.outputs > size or s.inputs > size or count(s) > size:
        raise ValueError("parameters has fewer numbers than the specification needs")
    x = document["x"]
    if not x or not isinstance(x[0], list) or not x[0]:
        raise ValueError("x must be (batch, time, features) with at least one sequence of at least one step")
    batch, time = len(x), len(x[0])
    outputs = (batch,) if s.output == "last step" else (batch, time)
    shapes = {"x": (batch, time, s.inputs), "mask": outputs, "error": outputs}
    given: dict[str, Any] = {name: document[name] for name in ARRAYS}  # type: ignore[literal-required]
    arrays = {name: _array(name, given[name], shapes.get(name, (*outputs, s.outputs)), s.dtype) for name in ARRAYS}
    if "reach" in document:
        _array("reach", document["reach"], (batch, time, time), s.dtype)
    return dict(
        network=Weights.of(s, _vector("parameters", document["parameters"], s)),
        lengths=_lengths(document["lengths"], batch, time),
        loss=float(_array("loss", document["loss"], (), "float64")),
        gradient=frozen(_vector("gradient", document["gradient"], s)),
        layers=tuple(_layer(layer, place, s, (batch, time, s.hidden)) for place, layer in enumerate(layers)),
        **arrays,
    )


def _layer(document: Any, place: int, s: NetworkSpecification, shape: tuple[int, int, int]) -> LayerTrace:
    where, names = f"layers[{place}]", array_names(s.graph)
    schema.with_keys(document, where, ("layer", "direction", *names))
    layer, direction = place // s.directions, DIRECTIONS[place % s.directions]
    if document["layer"] != layer or document["direction"] != direction:
        raise ValueError(f'{where} must be of layer {layer}, "{direction}"')
    timeless = names_of(s.graph).firsts
    arrays = {
        name: _array(f"{where}.{name}", document[name], shape[::2] if name in timeless else shape, s.dtype)
        for name in names
    }
    return LayerTrace(s.graph, layer, direction, MappingProxyType(arrays))


def _vector(where: str, document: Any, s: NetworkSpecification) -> Array:
    """The flat vector of which the document has the views."""
    vector = np.zeros(count(s), s.dtype)
    views = Views(s, vector)
    schema.with_keys(document, where, views)
    for name, view in views.items():
        view[...] = _array(f"{where}.{name}", document[name], view.shape, s.dtype)
    return vector


def _lengths(document: Any, batch: int, time: int) -> Array:
    if not isinstance(document, list) or len(document) != batch:
        raise ValueError(f"lengths must be a list of {batch} whole numbers")
    if not all(type(n) is int and 1 <= n <= time for n in document):
        raise ValueError(f"lengths must be whole numbers from 1 to the {time} steps of x")
    return frozen(np.array(document, np.int64))


def _array(where: str, document: Any, shape: tuple[int, ...], dtype: str) -> Array:
    """Nested lists of numbers of this shape, as a read-only array."""
    numbers: list[float] = []
    _collect(where, document, shape, numbers)
    exact = np.array(numbers, np.float64)
    with np.errstate(over="ignore"):
        array = exact.astype(dtype).reshape(shape)
    if dtype != "float64" and not np.array_equal(exact, array.ravel().astype(np.float64), equal_nan=True):
        raise ValueError(f"{where} has a number that is none of {dtype}")
    return frozen(array) if shape else array


def _collect(where: str, document: Any, shape: tuple[int, ...], numbers: list[float]) -> None:
    if not shape:
        numbers.append(_number(where, document))
        return
    if not isinstance(document, list) or len(document) != shape[0]:
        got = f"a list of {len(document)}" if isinstance(document, list) else type(document).__name__
        raise ValueError(f"{where} must be a list of {shape[0]}, got {got}")
    if len(shape) == 1:
        numbers += [
            number if type(number) is float and isfinite(number) else _number(f"{where}[{k}]", number)
            for k, number in enumerate(document)
        ]
        return
    for k, part in enumerate(document):
        _collect(f"{where}[{k}]", part, shape[1:], numbers)


def _number(where: str, document: Any) -> float:
    if isinstance(document, str) and document in NOT_FINITE:
        return NOT_FINITE[document]
    if type(document) in (int, float) and abs(document) <= float_info.max:
        return float(document)
    raise ValueError(f"{where} must be a number, got {str(document)[:40]!r}")


def _named(arrays: Mapping[str, Array]) -> dict[str, Any]:
    return {name: _plain(array) for name, array in arrays.items()}


def _plain(array: Array) -> Any:
    """Nested lists of floats; strings for the numbers that JSON lacks."""
    if np.isfinite(array).all():
        return array.tolist()
    exact = array.astype(object)
    for name, number in NOT_FINITE.items():
        exact[np.isnan(array) if name == "NaN" else array == number] = name
    return exact.tolist()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _first_line(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
