"""A cell as data: the operations of one time step, each of them named by its place in a list.

A graph is what is left of a step function when it has been read (`cells.symbols`), and what a saved model keeps of it.
It holds no code: loading one can run nothing but these operations.

    x                  the features of this step (I)
    state              a state before this step (H), by its name
    parameter          by its name; (I,H) if x is multiplied by it, (H,H) if something of width H is, else (H)
    number             a constant
    @                  a product with a matrix
    + - * / neg        element by element, as are
    minimum maximum    and the FUNCTIONS of one value
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from throughtime.support.checks import number, whole_number

FUNCTIONS = ("sigmoid", "tanh", "relu", "exp", "softplus")
BY_VALUE = ("sigmoid", "tanh", "relu", "exp")
"""Functions whose derivative follows from their value; that of softplus is the sigmoid of what it was made of."""
BINARY = ("+", "-", "*", "/", "minimum", "maximum")
MOST_OPERATIONS = 1000
MOST_STATES = 8
LONGEST_NAME = 32
LARGEST_START = 3e38
"""A parameter begins as a number that float32 has, too."""
RESERVED = ("W", "b_y", "forward", "backward")
"""Names that no parameter or label can have: those of the readout, and of the directions."""
_ARGUMENTS = dict.fromkeys(FUNCTIONS, 1) | dict.fromkeys(BINARY, 2) | {"neg": 1, "@": 2}
_ARGUMENTS |= dict.fromkeys(("x", "state", "parameter", "number"), 0)


@dataclass(frozen=True)
class Operation:
    """One of the operations above.

    op : which
    of : the places of the operations that it is done to, all before its own
    name : of a state or parameter; of the local variable that held the value, if one did
    value : of a number
    """

    op: str
    of: tuple[int, ...] = ()
    name: str = ""
    value: float = 0.0


@dataclass(frozen=True)
class Graph:
    """One time step of a cell.

    name : of the cell
    operations : none of them twice
    states : their names; the first is what the layer above and the readout see
    after : the places of their values after the step
    labels : what the parts of a parameter's name after the "_" are called, such as ("f", "forget")
    start : between which numbers a parameter begins, such as ("b_f", 1, 1); where nothing is said, as `init` has it
    """

    name: str
    operations: tuple[Operation, ...]
    states: tuple[str, ...]
    after: tuple[int, ...]
    labels: tuple[tuple[str, str], ...] = ()
    start: tuple[tuple[str, float, float], ...] = ()

    def __repr__(self) -> str:
        return f"<cell {self.name}({', '.join(('p', 'x', *self.states))})>"

    def __hash__(self) -> int:
        """Computed once: a network looks its cell up at every call."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(getattr(self, one.name) for one in fields(self)))

    def __reduce__(self) -> Any:
        return Graph, tuple(getattr(self, one.name) for one in fields(self))

    @cached_property
    def uses(self) -> tuple[tuple[int, ...], ...]:
        """By which operations each is used; by -1, where it is the value of a state after the step."""
        found: list[list[int]] = [[] for _ in self.operations]
        for place, operation in enumerate(self.operations):
            for source in operation.of:
                found[source].append(place)
        for place in self.after:
            found[place].append(-1)
        return tuple(tuple(uses) for uses in found)

    @cached_property
    def before(self) -> tuple[int, ...]:
        """The places of the states before the step, in the order of `states`."""
        places = self._places("state")
        return tuple(places[state] for state in self.states)

    @cached_property
    def parameter_places(self) -> dict[str, int]:
        """The places of the parameters by their names, in the order of their first use."""
        return self._places("parameter")

    def _places(self, op: str) -> dict[str, int]:
        return {o.name: place for place, o in enumerate(self.operations) if o.op == op}

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters, in the order of their first use."""
        return tuple(self.parameter_places)

    @property
    def equations(self) -> str:
        """The step, the step back and the gradients, as in a textbook; `print` it."""
        from throughtime.cells.textbook import equations

        return str(equations(self))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        operations: list[dict[str, Any]] = []
        for o in self.operations:
            entry: dict[str, Any] = {"op": o.op, "of": list(o.of), "name": o.name, "value": o.value}
            operations.append({key: value for key, value in entry.items() if value or key == "op"})
        start = {"start": {name: list(between) for name, *between in self.start}} if self.start else {}
        return {
            "name": self.name,
            "states": list(self.states),
            "operations": operations,
            "after": list(self.after),
            "labels": dict(self.labels),
            **start,
        }

    @classmethod
    def from_dict(cls, values: Any) -> Graph:
        """The graph that `as_dict` described; a ValueError for anything else."""
        expected = {"name", "states", "operations", "after", "labels"}
        if not isinstance(values, dict) or set(values) - {"start"} != expected:
            raise ValueError(f"a cell must be a table of {', '.join(sorted(expected))}")
        name, states, operations, after, labels = (
            values[key] for key in ("name", "states", "operations", "after", "labels")
        )
        start = values.get("start", {})
        lists, tables = (states, operations, after), (labels, start)
        if not all(isinstance(part, list) for part in lists) or not all(isinstance(part, dict) for part in tables):
            raise ValueError("a cell's states, operations and after must be lists, its labels and start tables")
        built = Builder(identifier("a cell's name", name), [identifier("a state's name", state) for state in states])
        for place, entry in enumerate(operations):
            if not isinstance(entry, dict) or not {"op"} <= set(entry) <= {"op", "of", "name", "value"}:
                raise ValueError(f"operation {place} of a cell must be a table of op, of, name and value")
            op, of = entry["op"], entry.get("of", [])
            if not isinstance(op, str) or not isinstance(of, list):
                raise ValueError(f"operation {place} of a cell must have a text op and a list of")
            sources = tuple(whole_number(f"operation {place}: of", i, 0, place - 1) for i in of)
            named = identifier(f"the name of operation {place}", entry["name"]) if "name" in entry else ""
            at = built.add(op, *sources, name=named, value=number("value", entry.get("value", 0)))
            if at != place:
                raise ValueError(f"operation {place} of a cell is there twice")
        last = len(operations) - 1
        places = [whole_number("after", place, 0, last) for place in after]
        return built.graph(places, labels).starting(start)

    def starting(self, start: Mapping[str, Any]) -> Graph:
        """This graph with parameters that begin at a number, or between two; a ValueError for anything else."""
        found = []
        if not isinstance(start, Mapping):
            raise ValueError(f"start must be a table of parameters' names and numbers, got {start!r:.60}")
        for name, value in start.items():
            if name not in self.parameters:
                raise ValueError(f"start: the cell has no parameter {name!r:.60}; it has {', '.join(self.parameters)}")
            low, high = value if isinstance(value, tuple | list) and len(value) == 2 else (value, value)
            low = number(f"the start of {name}", low, -LARGEST_START, LARGEST_START)
            found.append((name, low, number(f"the start of {name}", high, low, LARGEST_START)))
        return replace(self, start=tuple(sorted(found)))


@dataclass
class Builder:
    """A graph in the making.

    Every operation is checked when it is added, and one that is there already is not added.
    """

    name: str
    states: list[str]
    operations: list[Operation] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)
    matrices: dict[int, str] = field(default_factory=dict)
    vectors: set[int] = field(default_factory=set)

    def add(self, op: str, *of: int, name: str = "", value: float = 0.0) -> int:
        """The place of this operation; a ValueError in one sentence if it cannot be done."""
        if op not in _ARGUMENTS:
            raise ValueError(f"{op!r} is no operation of a cell; there are {', '.join(_ARGUMENTS)}")
        if len(of) != _ARGUMENTS[op]:
            raise ValueError(f"{op} is done to {_ARGUMENTS[op]} values, got {len(of)}")
        leaf = op in ("state", "parameter")
        if (leaf and not name) or (op == "state" and name not in self.states):
            raise ValueError(f"{op} {name!r}: there is none of this name")
        if op == "parameter":
            _not_reserved(name)
        for place, other in enumerate(self.operations):
            if (other.op, other.of, other.value) == (op, of, value) and (not leaf or other.name == name):
                return place
        if len(self.operations) >= MOST_OPERATIONS:
            raise ValueError(f"a cell has at most {MOST_OPERATIONS} operations")
        self.shapes.append(self._shape(op, of))
        self.operations.append(Operation(op, of, name, value))
        return len(self.operations) - 1

    def _shape(self, op: str, of: tuple[int, ...]) -> str:
        if not of:
            return {"x": "I", "state": "H", "number": ""}.get(op, "?")
        if op == "@":
            return self._product(*of)
        for place in of:
            operation = self.operations[place]
            if self.shapes[place] == "I":
                raise ValueError("x is as wide as there are inputs: multiply it by a matrix, as in x @ p.V")
            if operation.op == "parameter":
                if place in self.matrices:
                    raise ValueError(f"p.{operation.name} is a matrix elsewhere in this cell, and a vector here")
                self.vectors.add(place)
        return "" if all(self.shapes[place] == "" for place in of) else "H"

    def _product(self, left: int, right: int) -> str:
        matrix, source = self.operations[right], self.shapes[left]
        if matrix.op != "parameter":
            raise ValueError("@ multiplies a value by a parameter that is a matrix, as in h @ p.U")
        if source not in ("I", "H"):
            raise ValueError(f"only x, a state or a value made of them can be multiplied by the matrix p.{matrix.name}")
        if right in self.vectors:
            raise ValueError(f"p.{matrix.name} is a vector elsewhere in this cell, and a matrix here")
        for operation in self.operations:
            if operation.op == "@" and operation.of[1] == right and operation.of[0] != left:
                raise ValueError(f"p.{matrix.name} multiplies two different values: give each a matrix of its own")
        self.matrices[right] = source
        return "H"

    def graph(self, after: list[int], labels: Mapping[str, str]) -> Graph:
        """The built graph, with the states after the step; a ValueError if something of it is not used."""
        if not 1 <= len(self.states) <= MOST_STATES or len(set(self.states)) < len(self.states):
            raise ValueError(f"a cell has 1 to {MOST_STATES} states of different names, got {', '.join(self.states)}")
        if len(after) != len(self.states):
            raise ValueError(
                f"the step must return {', '.join(self.states)}, in this order, and no others; it returns {len(after)}"
            )
        if len(set(after)) < len(after):
            raise ValueError("two states are returned with the same value")
        if not isinstance(labels, Mapping):
            raise ValueError(f"labels must be a table of parts of parameters' names and labels, got {labels!r:.60}")
        for key, label in labels.items():
            identifier("a label's key", key)
            _not_reserved(identifier("a label", label))
        if len(set(labels.values())) < len(labels):
            raise ValueError("two labels are the same")
        for state, place in zip(self.states, after, strict=True):
            if self.operations[place].op in ("x", "state", "parameter", "number") or self.shapes[place] != "H":
                raise ValueError(f"state {state} is returned without having been computed")
            operation = self.operations[place]
            self.operations[place] = Operation(operation.op, operation.of, state, operation.value)
        found = Graph(
            self.name, tuple(self.operations), tuple(self.states), tuple(after), tuple(sorted(labels.items()))
        )
        used = list(zip(found.operations, found.uses, strict=True))
        if not any(operation.op == "x" and uses for operation, uses in used):
            raise ValueError("no input reaches the cell: it has no product like x @ p.V")
        for operation, uses in used:
            if not uses:
                what = operation.name or f"a result of {operation.op}"
                raise ValueError(f"{what} is neither used nor returned")
        missing = set(self.states) - {operation.name for operation in self.operations if operation.op == "state"}
        if missing:
            raise ValueError(f"state {sorted(missing)[0]} is never read: a cell's step depends on all of its states")
        return found


def _not_reserved(name: str) -> None:
    if name in RESERVED or name.startswith("layer"):
        raise ValueError(f"no parameter or label can be called {name}: a network has that name already")


def identifier(what: str, value: Any) -> str:
    """`value` as a name: letters, digits and _, the first not a digit."""
    if not isinstance(value, str) or not value.isidentifier() or len(value) > LONGEST_NAME:
        raise ValueError(f"{what} must be a word of at most {LONGEST_NAME} letters, digits and _, got {value!r}")
    return value
