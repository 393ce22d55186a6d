"""The automaton that a network has become: extracted as it tracks a machine, minimised, drawn and tabulated."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from throughtime.proof.drawing import draw
from throughtime.proof.extraction import TooLarge, Tracking, Wrong, extract
from throughtime.proof.search import FINER, FINEST, MOST_SETS, TOLERANCE
from throughtime.proof.system import Array, Net, System
from throughtime.proof.verdicts import Proved
from throughtime.support.documents import printable
from throughtime.tasks.machine import Machine


@dataclass(frozen=True, eq=False)
class Automaton:
    """A Mealy machine; it starts in state 0.

    Parameters
    ----------
    next : (Q,A) int array
        The state that follows.
    outputs : (Q,A,O) int array
        The outputs on the way.
    goes_with : Q tuples of int
        The states of the machine in which each state is met.
    machine : Machine
    """

    next: Array
    outputs: Array
    goes_with: tuple[tuple[int, ...], ...]
    machine: Machine

    @property
    def names(self) -> list[str]:
        """The names of the states: after the machine's states, with a number where that is not enough."""
        plain = [" or ".join(self.machine.state_names[s] for s in states) for states in self.goes_with]
        many, seen = Counter(plain), Counter[str]()
        names = []
        for name in plain:
            seen[name] += 1
            names.append(f"{name} · {seen[name]}" if many[name] > 1 else name)
        return names

    def minimised(self) -> Automaton:
        """The automaton of the fewest states with the same outputs, its states in the order they are reached.

        States are kept together as long as their outputs are the same and go on to states that are together
        [E. F. Moore, Gedanken-experiments on sequential machines, 1956].
        """
        part = _numbered(self.outputs.reshape(len(self.next), -1))
        while (finer := _numbered(np.column_stack([part, part[self.next]]))).max() > part.max():
            part = finer
        one = {int(part[0]): 0}  # a state of each part
        for state in (queue := [0]):
            for q in self.next[state].tolist():
                if int(part[q]) not in one:
                    one[int(part[q])] = q
                    queue.append(q)
        number = {p: i for i, p in enumerate(one)}
        states = list(one.values())
        return Automaton(
            next=np.array([[number[int(part[q])] for q in self.next[state]] for state in states]),
            outputs=self.outputs[states],
            goes_with=tuple(
                tuple(sorted({s for q in np.flatnonzero(part == p) for s in self.goes_with[q]})) for p in one
            ),
            machine=self.machine,
        )

    def edges(self) -> dict[tuple[int, int], list[str]]:
        """For each pair of states that follow each other, what is read and the output on the way, as "01/1"."""
        edges: dict[tuple[int, int], list[str]] = {}
        for q, row in enumerate(self.next.tolist()):
            for a, to in enumerate(row):
                edges.setdefault((q, to), []).append(f"{self.machine.symbol_names[a]}/{self._outputs(q, a)}")
        return edges

    def as_dot(self) -> str:
        """For Graphviz."""
        lines = [
            "digraph automaton {",
            "  rankdir=LR;",
            "  node [shape=circle];",
            "  start [shape=point];",
            "  start -> 0;",
        ]
        lines += [f"  {q} [label={_quoted(name)}];" for q, name in enumerate(self.names)]
        lines += [f"  {q} -> {to} [label={_quoted(', '.join(labels))}];" for (q, to), labels in self.edges().items()]
        return "\n".join([*lines, "}", ""])

    def as_svg(self) -> str:
        """A picture; states that go with different states of the machine have different colours."""
        return draw(self.names, [states[0] for states in self.goes_with], self.edges())

    def as_table(self) -> str:
        """A row for each state, a column for each symbol: the state that follows, and the outputs."""
        names = self.names
        rows = [["state", *self.machine.symbol_names]]
        for q, row in enumerate(self.next.tolist()):
            rows.append([names[q], *(f"{names[to]} / {self._outputs(q, a)}" for a, to in enumerate(row))])
        rows = [[printable(cell).replace("\n", "\\n") for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows
        )

    def _outputs(self, q: int, a: int) -> str:
        return "".join(map(str, self.outputs[q, a].tolist()))


def _numbered(rows: Array) -> Array:
    numbers: Array = np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)
    return numbers


def _quoted(text: str) -> str:
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def automaton_of(net_or_proof: Net | Proved, machine: Machine | None = None) -> Automaton:
    """The tracking automaton of a network, or of a proof.

    Parameters
    ----------
    net_or_proof : Network or Proved
        Of a proof, the automaton its sets belong to; its outputs are then proved.
    machine : Machine
        For a network.

    Returns
    -------
    Automaton
        Of a network, at the coarsest tolerance τ at which it makes no mistake; if it makes one at every τ that can
        be closed, at the finest of these.

    Raises
    ------
    ValueError
        If the network does not fit the machine, or no automaton can be closed.
    """
    if isinstance(net_or_proof, Proved):
        return _automaton(net_or_proof.tracking, net_or_proof.machine)
    if machine is None:
        raise ValueError("the automaton of a network needs the machine that it is to track")
    system, tolerance = System.of(net_or_proof, machine), TOLERANCE
    found: Tracking | None = None
    while True:
        try:
            tracking = extract(system, machine, tolerance, MOST_SETS, pass_errors=True)
        except TooLarge:
            if found is None:
                raise ValueError(f"no automaton of at most {MOST_SETS} states can be closed") from None
            return _automaton(found, machine)
        assert not isinstance(tracking, Wrong)
        same = found is not None and np.array_equal(found.succ, tracking.succ)
        found = tracking
        rounds = ((tracking.y > 0.5) == machine.outputs[tracking.label]).all()
        if rounds or (same and tolerance < FINEST):
            return _automaton(tracking, machine)
        tolerance *= FINER


def _automaton(tracking: Tracking, machine: Machine) -> Automaton:
    outputs = (tracking.y > 0.5).astype(np.int64)
    return Automaton(tracking.succ, outputs, tuple((int(label),) for label in tracking.label), machine)
