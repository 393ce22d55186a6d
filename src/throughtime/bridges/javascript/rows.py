"""The part of a cell's step and of the step back that is computed unit by unit: a loop in JavaScript for each phase.

Where numbers stand (`cells.layout` says what slots and phases are), for a unit of a sequence, a row of a batch of B:

    gates, delta      a row of slots for each sequence; behind those of delta, ∂E by the vectors that are no biases
    before, after     states before and after the step, `stride` apart
    above             ∂E by the first state from above
    error             ∂E by the states after the step, and then before it, B·H apart
    errors            ∂E by the states after the step, to be kept, `along` apart
    parameters        of the network; vectors that are no biases begin at weightsAt
    biases            of this layer, or zeros

Each is an array and, but for `error`, the place where it begins, gatesAt for gates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from throughtime.bridges.equations import Names
from throughtime.cells.derivation import Derivation
from throughtime.cells.graph import Operation
from throughtime.cells.layout import Layout

FORWARD = "B, H, parameters, weightsAt, biases, biasesAt, gates, gatesAt, before, beforeAt, after, afterAt, stride"
BACKWARD = (
    "B, H, parameters, weightsAt, gates, gatesAt, delta, deltaAt, before, beforeAt, after, afterAt, stride, "
    "above, aboveAt, error, errors, errorsAt, along, penalty"
)
_WORDS = """
    arguments async await break case catch class const continue debugger default delete do else enum eval
    export extends false finally for function get if implements import in instanceof interface let new null of
    package private protected public return set static super switch this throw true try typeof undefined var
    void while with yield Math NaN Infinity sigmoid softplus multiply multiplyTransposed addGradient addRows
    row unit place gatesRow deltaRow at
"""
_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3}
_ATOM = 4
_CALLS = {
    "sigmoid": "sigmoid({0})", "tanh": "Math.tanh({0})", "exp": "Math.exp({0})", "softplus": "softplus({0})",
}  # fmt: skip
_CHOICES = {
    "relu": "{0} > 0 ? {0} : 0", "minimum": "{0} <= {1} ? {0} : {1}", "maximum": "{0} <= {1} ? {1} : {0}",
    "where_positive": "{0} > 0 ? {1} : 0", "where_less": "{0} <= {1} ? {2} : 0",
    "where_not_less": "{0} <= {1} ? 0 : {2}",
}  # fmt: skip
_DEEPEST = 16
"""Operations inside one another in one statement."""


def times(n: int, unit: str) -> str:
    """So many units; nothing of none."""
    return "" if n == 0 else unit if n == 1 else f"{n} * {unit}"


def plus(*terms: str) -> str:
    """The sum of those terms that are something."""
    return " + ".join(term for term in terms if term) or "0"


class _Loop:
    """One loop over sequences and units. What cannot be done is refused by the name of the operation."""

    def __init__(self, laid: Layout, operations: Sequence[Operation], phase: int, parameters: str) -> None:
        self.laid, self.graph, self.operations, self.phase = laid, laid.graph, operations, phase
        self.parameters = parameters
        self.names = Names({*_WORDS.split(), *FORWARD.split(", "), *BACKWARD.split(", ")})
        self.state = {name: n for n, name in enumerate(self.graph.states)}
        self.texts: dict[int, tuple[str, int] | None] = {}

    def slot(self, array: str, k: int) -> str:
        """A slot of the tape, or of the δ's."""
        return f"{array}[{plus(f'{array}Row', 'unit', times(k, 'H'))}]"

    def of_state(self, array: str, n: int) -> str:
        start = "" if array == "error" else f"{array}At"
        far = {"error": "B * H", "errors": "along"}.get(array, "stride")
        return f"{array}[{plus(start, times(n, far), 'place')}]"

    def loaded(self, place: int) -> str | None:
        """Where a value stands, if it stands somewhere."""
        o = self.operations[place]
        if o.op == "number":
            text = repr(o.value).removesuffix(".0")
            return f"({text})" if text.startswith("-") else text
        if o.op == "state":
            return self.of_state("before", self.state[o.name])
        if o.op == "parameter":
            if o.name in self.laid.biases:
                return f"biases[{plus('biasesAt', times(self.laid.biases.index(o.name), 'H'), 'unit')}]"
            return f"parameters[{plus('weightsAt', times(self.laid.weights.index(o.name), 'H'), 'unit')}]"
        if place < len(self.graph.operations) and self.is_kept(place):
            if place in self.graph.after:
                return self.of_state("after", self.graph.after.index(place))
            return self.slot("gates", self.laid.slot_of[place])
        return None

    def is_kept(self, place: int) -> bool:
        """Whether a value of the step stands on the tape when this loop begins."""
        raise NotImplementedError

    def sources(self, place: int) -> Iterable[int]:
        return self.operations[place].of

    def expression(self, place: int) -> tuple[str, int] | None:
        """The text of a value made of others, and how closely it binds; None if it is nothing that is added here."""
        o = self.operations[place]
        given = [self.texts[source] for source in o.of]
        there = [text for text in given if text is not None]
        if len(there) < len(given):
            if o.op not in ("+", "-") or not there:
                return None
            text, binds = there[0]
            return (text, binds) if given[0] is not None or o.op == "+" else (f"-{self.wrapped(there[0], _ATOM)}", 3)
        if o.op == "neg":
            return f"-{self.wrapped(there[0], _ATOM)}", _BINDS["neg"]
        if o.op in _BINDS:
            binds = _BINDS[o.op]
            return f"{self.wrapped(there[0], binds)} {o.op} {self.wrapped(there[1], binds + 1)}", binds
        if o.op in _CALLS:
            return _CALLS[o.op].format(there[0][0]), _ATOM
        if o.op in _CHOICES:
            return _CHOICES[o.op].format(*(self.wrapped(text, _ATOM) for text in there)), 0
        raise ValueError(f"the cell {self.graph.name} cannot be written in JavaScript: it has the operation {o.op}")

    def wrapped(self, text: tuple[str, int], binds: int) -> str:
        return text[0] if text[1] >= binds else f"({text[0]})"

    def write(self, targets: Sequence[tuple[str, int | None]]) -> list[str]:
        """The statements that compute values and then store them; None is 0."""
        wanted = {place for _, place in targets if place is not None}
        uses = dict.fromkeys(wanted, 2)  # those that are stored have a constant each
        for place in reversed(range(len(self.operations))):
            if place in uses and self.loaded(place) is None:
                for source in self.sources(place):
                    uses[source] = uses.get(source, 0) + 1
        lines, depths = [], dict[int, int]()
        for place in sorted(uses):
            o, there = self.operations[place], self.loaded(place)
            found = (there, _ATOM) if there is not None else self.expression(place)
            inside = () if there is not None else self.sources(place)
            depths[place] = 1 + max((depths[source] for source in inside), default=0)
            chosen = any(use.op in _CHOICES for use in self.operations if place in use.of)  # written more than once
            if (
                found is not None
                and o.op != "number"
                and (
                    uses[place] > 1
                    or chosen
                    or depths[place] > _DEEPEST
                    or (o.name and o.op not in ("parameter", "given"))
                )
            ):
                wanted_name = f"{o.name}_before" if o.op == "state" else self.called(place)
                name = self.names.new(wanted_name, f"v{place}")
                lines.append(f"const {name} = {found[0]};")
                found, depths[place] = (name, _ATOM), 0
            self.texts[place] = found
        for target, stored in targets:
            text = None if stored is None else self.texts[stored]
            lines.append(f"{target} = {'0' if text is None else text[0]};")
        return lines

    def called(self, place: int) -> str:
        return self.operations[place].name

    def function(self, name: str, targets: Sequence[tuple[str, int | None]]) -> list[str]:
        """The lines of the function, with the loops around."""
        body = self.write(targets)
        text = "\n".join(body)
        widths = {"gates": len(self.laid.slots), "delta": len(self.laid.slots) + len(self.laid.weights)}
        rows = [
            f"const {array}Row = {array}At + row * {times(width, 'H')};"
            for array, width in widths.items()
            if f"{array}Row" in text
        ]
        return [
            f"function {name}({self.parameters}) {{",
            "  for (let row = 0; row < B; row++) {",
            *(f"    {line}" for line in rows),
            "    for (let unit = 0; unit < H; unit++) {",
            "      const place = row * H + unit;",
            *(f"      {line}" for line in body),
            "    }",
            "  }",
            "}",
        ]


class _Forward(_Loop):
    def is_kept(self, place: int) -> bool:
        return self.laid.phase(place) < self.phase and (place in self.graph.after or place in self.laid.slot_of)

    def sources(self, place: int) -> Iterable[int]:
        return self.laid.terms(place) if place in self.laid.slot_of_net else super().sources(place)

    def expression(self, place: int) -> tuple[str, int] | None:
        if place not in self.laid.slot_of_net:
            return super().expression(place)
        terms = [self.slot("gates", self.laid.slot_of_net[place])]
        terms += [self.wrapped(text, 2) for term in self.laid.terms(place) if (text := self.texts[term]) is not None]
        return " + ".join(terms), _BINDS["+"] if len(terms) > 1 else _ATOM


class _Backward(_Loop):
    def __init__(self, laid: Layout, derived: Derivation, phase: int, parameters: str) -> None:
        super().__init__(laid, derived.operations, phase, parameters)
        self.derived = derived
        transposed = [place for place, o in enumerate(derived.operations) if o.op == "@T"]
        self.first = {self.source_of(place): place for place in reversed(transposed)}
        self.later = {
            derived.by[place]: k
            for k, slot in enumerate(laid.slots)
            if (place := slot.kept if slot.net is None else slot.net) in derived.by and laid.phase(place) > phase
        }

    def source_of(self, place: int) -> int:
        """What the matrix of a transposed product is multiplied by."""
        return self.laid.product_of[self.operations[self.operations[place].of[1]].name].source

    def is_kept(self, place: int) -> bool:
        return place in self.graph.after or place in self.laid.slot_of

    def loaded(self, place: int) -> str | None:
        if place in self.later:
            return self.slot("delta", self.later[place])
        return super().loaded(place)

    def sources(self, place: int) -> Iterable[int]:
        o = self.operations[place]
        if o.op == "@T":
            return ()
        if o.op == "given" and self.state[o.name]:
            return (self.graph.after[self.state[o.name]],)
        return o.of

    def expression(self, place: int) -> tuple[str, int] | None:
        """Products with transposed matrices are added elsewhere: to `error`, or to the δ's of what was multiplied."""
        o = self.operations[place]
        if o.op == "@T":
            source = self.source_of(place)
            in_state = self.operations[source].op == "state" or source in self.graph.after
            if in_state or self.first[source] != place:
                return None
            return self.slot("delta", self.laid.slot_of[source]), _ATOM
        if o.op == "given":
            n = self.state[o.name]
            error = self.of_state("error", n)
            if n == 0:
                return f"above[aboveAt + place] + {error}", _BINDS["+"]
            after = self.texts[self.graph.after[n]]
            assert after is not None
            return f"{error} + penalty * {self.wrapped(after, 3)}", _BINDS["+"]
        return super().expression(place)

    def called(self, place: int) -> str:
        return self.operations[place].name if place < len(self.graph.operations) else self.derived.names.get(place, "")


def forward(laid: Layout, phase: int) -> list[str]:
    """The function `forward<phase>`: what a phase of the step computes; slots and states after the step are kept."""
    loop = _Forward(laid, laid.graph.operations, phase, FORWARD)
    targets = [(loop.slot("gates", k), slot.kept) for k, slot in enumerate(laid.slots)]
    targets += [(loop.of_state("after", n), place) for n, place in enumerate(laid.graph.after)]
    return loop.function(f"forward{phase}", [target for target in targets if laid.phase(target[1]) == phase])


def backward(laid: Layout, derived: Derivation, phase: int) -> list[str]:
    """The function `backward<phase>`: the δ's of a phase; in phase 0 also ∂E by vectors and by states."""
    graph, loop = laid.graph, _Backward(laid, derived, phase, BACKWARD)
    nets = [slot.kept if slot.net is None else slot.net for slot in laid.slots]
    targets = [
        (loop.slot("delta", k), derived.by.get(place)) for k, place in enumerate(nets) if laid.phase(place) == phase
    ]
    if phase == 0:
        for k, name in enumerate(laid.weights):
            targets.append((loop.slot("delta", len(laid.slots) + k), derived.by.get(graph.parameter_places[name])))
        for n, place in enumerate(graph.after):
            targets.append((loop.of_state("errors", n), derived.by[place]))
        for n, place in enumerate(graph.before):
            targets.append((loop.of_state("error", n), derived.by.get(place)))
    return loop.function(f"backward{phase}", targets)
