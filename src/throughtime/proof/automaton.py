"""The automaton that a network has become: extracted as it tracks a specification, minimised, drawn and tabulated.

E. F. Moore, Gedanken-experiments on sequential machines (1956), for the partition that minimises.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from throughtime.proof.drawing import Edge, Node, draw
from throughtime.proof.extraction import TooLarge, Tracking, Wrong, extract
from throughtime.proof.system import Array, Net, System
from throughtime.specification import Specification


@dataclass(frozen=True, eq=False)
class Automaton:
    """A Mealy machine; it starts in state 0.

    Parameters
    ----------
    next : (Q,A) int array
        The state that follows.
    outputs : (Q,A,O) int array
        What is told on the way.
    state_names : Q strings
    symbol_names : A strings
    kinds : Q ints
        States of one kind are drawn alike: the number of the specification's state that a state goes with.
    """

    next: Array
    outputs: Array
    state_names: tuple[str, ...]
    symbol_names: tuple[str, ...]
    kinds: tuple[int, ...]

    def minimised(self) -> Automaton:
        """The automaton of the fewest states that tells the same."""
        told = self.outputs.reshape(len(self.next), -1)
        part = np.unique(told, axis=0, return_inverse=True)[1].reshape(-1)
        while True:
            finer = np.unique(np.column_stack([part, part[self.next]]), axis=0, return_inverse=True)[1].reshape(-1)
            if finer.max() == part.max():
                break
            part = finer
        found = [0]  # one state of each part, as they are reached from state 0
        for state in found:
            found += [q for q in dict.fromkeys(self.next[state].tolist()) if part[q] not in part[found]]
            found = list({int(part[q]): q for q in reversed(found)}.values())[::-1]
        number = {int(part[q]): i for i, q in enumerate(found)}
        members = [np.flatnonzero(part == part[q]) for q in found]
        kinds = [sorted({self.kinds[q] for q in block}) for block in members]
        return Automaton(
            next=np.array([[number[int(part[q])] for q in self.next[state]] for state in found]),
            outputs=self.outputs[found],
            state_names=tuple(_name(self, block.tolist()) for block in members),
            symbol_names=self.symbol_names,
            kinds=tuple(kind[0] for kind in kinds),
        )
