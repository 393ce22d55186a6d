"""A certificate: all that is needed to check a proof again, as one JSON file. `proof.checker` says what it proves."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.cells.layout import layout
from throughtime.proof.extraction import Tracking
from throughtime.proof.sets import Sets
from throughtime.proof.system import Array, Net, System, ends_of
from throughtime.support.disk import write_atomically
from throughtime.support.documents import text_of
from throughtime.support.memory import require
from throughtime.tasks.machine import Machine
from throughtime.weights.network_specification import NetworkSpecification

LARGEST = 2**28
"""Bytes of a certificate."""
_READ = 12
"""Bytes of memory that a byte of it takes when it is checked."""

FORMAT, VERSION = "throughtime proof", 2

_VERSION_1 = ("activation", "bias", "cell", "dtype", "hidden", "inputs", "layers", "outputs", "readout")
"""The fields of a network in a certificate of version 1."""


@dataclass(frozen=True)
class Certificate:
    """The text of a certificate.

    Parameters
    ----------
    text : str
        JSON, as `throughtime.proof.checker.check` reads it.
    """

    text: str

    def save(self, path: str | Path) -> None:
        """Write it to a file, atomically."""
        write_atomically(Path(path), self.text.encode())

    @classmethod
    def load(cls, path: str | Path) -> Certificate:
        """Read it from a file; it is not checked yet.

        Raises
        ------
        ValueError
            If it is no text, or larger than any certificate, or than memory allows to be checked.
        """
        path = Path(path)
        text = text_of(path, LARGEST)
        require(_READ * len(text), f"{path}, to be checked,", "check it where there is more")
        return cls(_with_operations(text))

    def is_of(self, net: Net) -> bool:
        """Whether it speaks of this very network: the same cells, readout, weights and precision."""
        try:
            content = json.loads(self.text)
            return bool(
                content["network"] == _network(net.specification) and content["sha256"] == fingerprint(net.parameters)
            )
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return False

    def speaks_of(self, machine: Machine) -> bool:
        """Whether its machine is this one, with symbols in the network's dtype, whatever the names.

        It may allow its inputs more.
        """
        try:
            content = json.loads(self.text)
            theirs, dtype = content["specification"], content["network"]["dtype"]
            lo, hi = read_ends(theirs["symbols"])
            mine = ends_of(machine, dtype)
            least, most = (machine.symbols.astype(dtype),) * 2 if mine is None else mine
            same = theirs["next"] == machine.next.tolist() and theirs["outputs"] == machine.outputs.tolist()
            return bool(same and lo.shape == least.shape and (lo <= least).all() and (most <= hi).all())
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return False


def fingerprint(parameters: Array) -> str:
    """The SHA-256 of the parameters as little-endian float64, in the order of `throughtime.weights.parameters`."""
    return hashlib.sha256((parameters.astype("<f8") + 0.0).tobytes()).hexdigest()  # + 0 makes 0 of −0


def certificate(
    system: System, machine: Machine, tracking: Tracking, sets: Sets, m: int, epsilon: float
) -> Certificate:
    """Write down a proof."""
    entries = [
        {
            "label": int(tracking.label[q]),
            "succ": tracking.succ[q].tolist(),
            "lo": _hexadecimal(sets.lo[q]),
            "hi": _hexadecimal(sets.hi[q]),
        }
        for q in range(len(tracking.label))
    ]
    content = {
        "format": FORMAT,
        "version": VERSION,
        "network": _network(system.specification),
        "weights": _hexadecimal(system.parameters),
        "sha256": fingerprint(system.parameters),
        "specification": _machine(machine, system),
        "m": m,
        "epsilon": epsilon.hex(),
        "sets": entries,
    }
    return Certificate(_written(content))


def _network(s: NetworkSpecification) -> dict[str, Any]:
    names = ("readout", "bias", "dtype", "inputs", "hidden", "outputs", "layers")
    return {"step": step_of(s)} | {name: getattr(s, name) for name in names}


def _with_operations(text: str) -> str:
    """The same in version 2. Version 1 named its cell.

    The operations are written down, and it is they that are checked.
    """
    try:
        content = json.loads(text)
        if content["version"] != 1:
            return text
        stated = sorted(content["network"].items())
        s = NetworkSpecification(**dict(stated))
        if repr(stated) != repr([(name, getattr(s, name)) for name in _VERSION_1]):
            return text
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return text  # it is for the checker to say what is wrong
    return _written(content | {"version": VERSION, "network": _network(s)})


def _written(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def step_of(specification: NetworkSpecification) -> dict[str, Any]:
    """The cell's operations, and the order of its parameters; biases that a network does not have are numbers, 0."""
    graph, laid = specification.graph, layout(specification.graph)
    absent = () if specification.bias else laid.biases
    return {
        "name": graph.name,
        "states": list(graph.states),
        "operations": [
            {
                "op": "number" if operation.name in absent and operation.op == "parameter" else operation.op,
                "of": list(operation.of),
                "name": operation.name,
                "value": operation.value.hex(),
            }
            for operation in graph.operations
        ],
        "after": list(graph.after),
        "blocks": [list(block.names) for block in laid.kept(specification.bias)],
    }


def read_ends(rows: list[list[Any]]) -> Array:
    """The lower and the upper ends (2, A, I) of a certificate's symbols; those of a point are the same."""
    pairs = [[entry if isinstance(entry, list) else [entry, entry] for entry in row] for row in rows]
    return np.array([[[float.fromhex(end) for end in pair] for pair in row] for row in pairs]).transpose(2, 0, 1)


def _symbols(system: System) -> list[list[Any]]:
    """Each entry of each symbol, or its lower and upper end."""
    lo, hi = _hexadecimal(system.lo), _hexadecimal(system.hi)
    return [
        [low if low == high else [low, high] for low, high in zip(*ends, strict=True)]
        for ends in zip(lo, hi, strict=True)
    ]


def _machine(machine: Machine, system: System) -> dict[str, Any]:
    return {
        "symbols": _symbols(system),
        "next": machine.next.tolist(),
        "outputs": machine.outputs.tolist(),
        "state_names": list(machine.state_names),
        "symbol_names": list(machine.symbol_names),
    }


def _hexadecimal(values: Array) -> Any:
    if values.ndim > 1:
        return [_hexadecimal(row) for row in values]
    return [value.hex() for value in (np.asarray(values, np.float64) + 0.0).tolist()]
