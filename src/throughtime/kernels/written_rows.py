"""The part of a cell's kernels that is computed element by element: a step of one sequence, and the step back.

A number on the tape stands at a place in one flat array, `numbers`. Places that begin a row, of the sequence at hand:

    gates, delta        the slots (S·H) and the δ's of them
    before, after       the first state before and after the step; the others stand `step` places apart
    d_above             ∂E by the first state from above
    d_after             ∂E by the states after the step, and then before it; they stand `d_step` apart
"""

from __future__ import annotations

from collections.abc import Iterable
from keyword import iskeyword

from throughtime.cells.derivation import Derivation
from throughtime.cells.graph import Operation
from throughtime.cells.layout import Layout

_CALLS = {
    "sigmoid": "sigmoid", "tanh": "tanh", "exp": "exp", "softplus": "softplus",
    "relu": "positive_part", "minimum": "lesser", "maximum": "greater", "where_positive": "where_positive",
    "where_less": "where_less", "where_not_less": "where_not_less",
}  # fmt: skip
ROW = "numbers, gates, before, after, step, w, b"
ROW_BACK = "numbers, gates, delta, before, after, step, d_above, d_after, d_step, penalty, w"
_TAKEN = {"H", "j", "count", "phase", "load", "store", *ROW.split(", "), *ROW_BACK.split(", "), *_CALLS.values()}
"""Names that a value of the cell cannot have in its kernels."""
_DEEPEST = 16
"""Operations inside one another in one statement: Python reads some hundred brackets only."""


def load(base: str, offset: str) -> str:
    return f"load(numbers, {plus(base, offset, 'j')}, count)"


def times(n: int, unit: str) -> str:
    return "" if n == 0 else unit if n == 1 else f"{n} * {unit}"


def plus(*terms: str) -> str:
    return " + ".join(term for term in terms if term) or "0"


class _Step:
    """Writes the body of a phase: expressions of loads, and a local variable for what has a name or is used twice."""

    def __init__(self, laid: Layout, operations: tuple[Operation, ...], back: bool, phase: int) -> None:
        self.laid, self.graph, self.operations = laid, laid.graph, operations
        self.back, self.phase = back, phase
        self.lines: list[str] = []
        self.known: dict[int, str] = {}
        self.depths: dict[int, int] = {}
        self.times = [0] * len(operations)
        self.state_number = {state: n for n, state in enumerate(self.graph.states)}

    def count(self, place: int) -> None:
        """Count how often each operation is going to be written."""
        left = [place]
        while left:
            place = left.pop()
            self.times[place] += 1
            if self.times[place] == 1 and self.loaded(place) is None:
                left += self.sources(place)

    def sources(self, place: int) -> Iterable[int]:
        if not self.back and place in self.laid.slot_of_net:
            return self.laid.terms(place)
        return self.operations[place].of

    def loaded(self, place: int) -> str | None:
        """The load of a value that stands somewhere."""
        o, laid = self.operations[place], self.laid
        if o.op == "number":
            return repr(int(o.value) if o.value == int(o.value) else o.value)
        if o.op == "state":
            return load("before", times(self.state_number[o.name], "step"))
        if o.op == "parameter":
            vectors, letter = (laid.biases, "b") if o.name in laid.biases else (laid.weights, "w")
            return f"load({letter}, {plus(times(vectors.index(o.name), 'H'), 'j')}, count)"
        if place >= len(self.graph.operations):
            return None
        if o.op == "normalise":
            return load("gates", times(laid.slot_of[place], "H"))
        earlier = laid.phase(place) < self.phase or self.back
        if earlier and place in self.graph.after:
            return load("after", times(self.graph.after.index(place), "step"))
        if earlier and place in laid.slot_of:
            return load("gates", times(laid.slot_of[place], "H"))
        return None

    def write(self, place: int) -> str:
        """The expression of a value, or the name of the variable that holds it."""
        left = [place]
        while left:  # however deep the operations are inside one another
            sources = () if self.loaded(left[-1]) is not None else self.sources(left[-1])
            if waiting := [source for source in sources if source not in self.known]:
                left.append(waiting[0])
            else:
                self._write(left.pop())
        return self.known[place]

    def _write(self, place: int) -> None:
        """Write a value, whose sources are written."""
        if place in self.known:
            return
        text = self.loaded(place)
        if text is None:
            text = self.expression(place)
            self.depths[place] = 1 + max((self.depths.get(source, 0) for source in self.sources(place)), default=0)
        name, o = self.name_of(place), self.operations[place]
        named = name and o.op not in ("state", "parameter")
        if o.op != "number" and (self.times[place] > 1 or named or self.depths.get(place, 0) >= _DEEPEST):
            variable = self.variable(place, name)
            self.lines.append(f"{variable} = {text}")
            text, self.depths[place] = variable, 0
        self.known[place] = text

    def name_of(self, place: int) -> str:
        """What a value is called."""
        o = self.operations[place]
        return f"{o.name}_before" if o.op == "state" else o.name

    def variable(self, place: int, name: str) -> str:
        good = name.isidentifier() and name.isascii() and not iskeyword(name)
        good = good and name not in _TAKEN and name not in self.known.values()
        return name if good else f"v_{place}"

    def expression(self, place: int) -> str:
        o = self.operations[place]
        if not self.back and place in self.laid.slot_of_net:
            slot = load("gates", times(self.laid.slot_of_net[place], "H"))
            summed = [slot] if place in self.laid.summed else []
            return " + ".join([*summed, *(self.inside(term, "*/+") for term in self.laid.terms(place))])
        if o.op == "given":
            return self.given(o.name)
        if o.op in _CALLS:
            return f"{_CALLS[o.op]}({', '.join(self.write(source) for source in o.of)})"
        if o.op == "neg":
            return f"-1 * {self.inside(o.of[0], '')}"
        left, right = o.of
        if o.op in ("+", "-"):
            return (
                f"{self.inside(left, '*/+-')} {o.op} {self.inside(right, '*/' if o.op == '-' else ('*', '/', 'given'))}"
            )
        return f"{self.inside(left, '*/')} {o.op} {self.inside(right, '')}"

    def inside(self, place: int, binding: Iterable[str]) -> str:
        """An operand, in brackets unless its own operation is one of those."""
        text = self.write(place)
        o = self.operations[place]
        whole = place in self.laid.slot_of_net and not self.back
        simple = text == self.known.get(place) and (text.isidentifier() or self.loaded(place) is not None)
        if simple or o.op in _CALLS or (o.op in binding and not whole):
            return text
        return f"({text})"

    def given(self, state: str) -> str:
        n = self.state_number[state]
        after = load("d_after", times(n, "d_step"))
        if n == 0:
            return f"{load('d_above', '')} + {after}"
        return f"{after} + penalty * {self.write(self.graph.after[n])}"

    def stored(self, target: str, place: int) -> str:
        """The statement that stores a value, which is computed before anything is stored."""
        text = self.write(place)
        if not text.isidentifier():
            variable = self.variable(place, self.name_of(place))
            self.lines.append(f"{variable} = {text}")
            self.known[place] = text = variable
        return f"store(numbers, {target}, count, {text})"


class _StepBack(_Step):
    def __init__(self, laid: Layout, derived: Derivation, phase: int) -> None:
        super().__init__(laid, derived.operations, True, phase)
        self.names = derived.names
        self.adjoint_slots = {
            derived.by[place]: k
            for k, slot in enumerate(laid.slots)
            if (place := slot.kept if slot.net is None else slot.net) in derived.by and laid.phase(place) > phase
        }
        products = [place for place, o in enumerate(derived.operations) if o.op == "@T"]
        self.first = {self.source_of(place): place for place in reversed(products)}

    def name_of(self, place: int) -> str:
        return super().name_of(place) if place < len(self.graph.operations) else self.names.get(place, "")

    def loaded(self, place: int) -> str | None:
        if place in self.adjoint_slots:
            return load("delta", times(self.adjoint_slots[place], "H"))
        return super().loaded(place)

    def sources(self, place: int) -> Iterable[int]:
        o = self.operations[place]
        if o.op == "@T":
            return ()
        if o.op in ("+", "-"):
            return [source for source in o.of if not self.elsewhere(source)]
        if o.op == "given" and self.state_number[o.name]:
            return [self.graph.after[self.state_number[o.name]]]
        return o.of

    def source_of(self, place: int) -> int:
        """What the matrix of a transposed product is multiplied by."""
        return self.laid.product_of[self.operations[self.operations[place].of[1]].name].source

    def elsewhere(self, place: int) -> bool:
        """Whether this is a product that is added without our doing, or a sum of such.

        Products are added to ∂E by a state, or to the slot of what their matrices multiply: the first of them stands
        for all.
        """
        left = [place]
        while left:
            place = left.pop()
            o = self.operations[place]
            if o.op == "+" and place >= len(self.graph.operations):
                left += o.of
                continue
            if o.op != "@T":
                return False
            source = self.source_of(place)
            in_state = self.operations[source].op == "state" or source in self.graph.after
            if not in_state and self.first[source] == place:
                return False
        return True

    def expression(self, place: int) -> str:
        o = self.operations[place]
        if o.op == "@T":
            return load("delta", times(self.laid.slot_of[self.source_of(place)], "H"))
        if o.op in ("+", "-") and place >= len(self.graph.operations):
            there = [source for source in o.of if not self.elsewhere(source)]
            if len(there) == 1:
                minus = o.op == "-" and there[0] == o.of[1]
                return f"-1 * {self.inside(there[0], '')}" if minus else self.write(there[0])
        return super().expression(place)


def forward(laid: Layout, phase: int) -> list[str]:
    graph, step = laid.graph, _Step(laid, laid.graph.operations, False, phase)
    targets = [(plus("gates", times(k, "H"), "j"), slot.kept) for k, slot in enumerate(laid.slots)]
    targets += [(plus("after", times(n, "step"), "j"), place) for n, place in enumerate(graph.after)]
    by_row = {place for pair in laid.normalised for place in pair}
    targets = [(target, place) for target, place in targets if laid.phase(place) == phase and place not in by_row]
    for _, place in targets:
        step.count(place)
    for place in range(len(graph.operations)):  # in the order of the step function
        if any(place == kept for _, kept in targets):
            step.write(place)
    stores = [step.stored(target, place) for target, place in targets]
    return step.lines + stores


def backward(laid: Layout, derived: Derivation, phase: int) -> list[str]:
    graph, step = laid.graph, _StepBack(laid, derived, phase)
    sums = {a for a, _ in laid.normalised}
    targets: list[tuple[str, int]] = []
    for k, slot in enumerate(laid.slots):
        place = slot.kept if slot.net is None else slot.net
        if laid.phase(place) == phase and place not in sums:
            targets.append((plus("delta", times(k, "H"), "j"), derived.by[place]))
    zeros = []
    if phase == 0:
        for k, name in enumerate(laid.weights):
            targets.append(
                (plus("delta", times(len(laid.slots) + k, "H"), "j"), derived.by[graph.parameter_places[name]])
            )
        for n, before in enumerate(graph.before):
            target, place = plus("d_after", times(n, "d_step"), "j"), derived.by[before]
            if step.elsewhere(place):
                zeros.append(f"store(numbers, {target}, count, 0)")
            else:
                targets.append((target, place))
    for _, place in targets:
        step.count(place)
    stores = [step.stored(target, place) for target, place in targets]
    return step.lines + stores + zeros
