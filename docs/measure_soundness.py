"""Look for false verdicts on networks of every cell, for docs/proofs.md.

python docs/measure_soundness.py [--seeds 0-999] [--cells NAME …] [--keep FILE]

Each network is drawn: its machine, of 1 to 3 states over two symbols, its size, layers and dtype, how long it is
trained, with how much noise, and how steep its weights are made then; so some are right, some nearly, most are not.
What is proved then reads words of 1,000 steps, random, one-sided and repeating ones; what is refuted reads its word.
Both by the compiled kernels, of which a proof knows nothing. With --keep each verdict is appended to a file, and read
from it the next time.
"""

import argparse
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from kept import Kept

import throughtime as tt
from throughtime.cells import NAMES
from throughtime.proof.system import why_not
from throughtime.tasks import MachineTask
from throughtime.tasks.machine import Machine

KINDS = {
    **{f"elman, {activation}": ("elman", activation) for activation in ("sigmoid", "tanh", "relu")},
    **{
        cell: (cell, None) for cell in NAMES
        if cell != "elman" and why_not(tt.Network(cell=cell, inputs=1, hidden=1, outputs=1)) is None
    },
}  # fmt: skip
"""Cell and activation: all that a proof can read."""
WORDS, STEPS = 240, 1000
BUDGET = 0.3


@dataclass(frozen=True, kw_only=True)
class Drawn(MachineTask):
    """Words for a machine that was drawn."""

    drawn: Machine
    name: ClassVar[str] = "drawn"

    @property
    def machine(self) -> Machine:
        """The machine that was drawn."""
        return self.drawn


def drawn_machine(rng: np.random.Generator) -> Machine:
    """One that is likely to need some memory, and not too much."""
    states = int(rng.choice([1, 1, 2, 2, 3]))
    return Machine(
        np.array([[0.0], [1.0]]),
        rng.integers(states, size=(states, 2)),
        rng.integers(2, size=(states, 2, 1)),
        tuple(f"q{q}" for q in range(states)),
        ("0", "1"),
    )


def drawn_network(kind: str, seed: int) -> tuple[tt.Network, Machine]:
    """A network and the machine that it was trained on, or was meant to be."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    cell, activation = KINDS[kind]
    fields: dict[str, Any] = {"activation": activation} if activation else {}
    task = Drawn(drawn=drawn_machine(rng))
    net = tt.Network(
        cell=cell, inputs=1, hidden=int(rng.integers(2, 7)), outputs=1, layers=int(rng.choice([1, 1, 2])),
        dtype=str(rng.choice(["float64", "float32"])), seed=seed, **fields,
    )  # fmt: skip
    noise = float(rng.choice([0.0, 0.1, 0.3]))
    if steps := int(rng.choice([0, 100, 300, 600])):
        with suppress(tt.NotFinite):
            net = tt.train(net, task, steps=steps, batch=32, optimizer=tt.Adam(0.03), noise=noise, seed=seed).network
    net.parameters[:] *= rng.choice([1.0, 1.0, 1.5, 3.0])
    return net, task.machine


def wrong_steps(net: tt.Network, machine: Machine, words: np.ndarray) -> np.ndarray:
    """Of words (B,T), the steps at which the kernels' output is not nearer to what is right."""
    entry, _ = machine.follow(words.T)
    right = machine.outputs.reshape(-1).take(entry.T)
    return np.abs(net.predict(machine.symbols[words])[..., 0] - right) >= 0.5


def words_for(rng: np.random.Generator) -> np.ndarray:
    """Words (B,T): uniform ones, ones with many more of one symbol, and short ones that are repeated."""
    words = (rng.random((WORDS, STEPS)) < rng.choice([0.5, 0.05, 0.95, 0.005, 0.995], size=(WORDS, 1))).astype(int)
    for row in words[: WORDS // 3]:
        row[:] = np.resize(rng.integers(2, size=rng.integers(1, 9)), STEPS)
    return words


def judged(kind: str, seed: int) -> dict[str, object]:
    """The verdict on a network, and whether it is false."""
    net, machine = drawn_network(kind, seed)
    proof = tt.prove(net, machine, budget=BUDGET)
    false = False
    if isinstance(proof, tt.Proved):
        false = bool(wrong_steps(net, machine, words_for(np.random.default_rng(seed))).any())
    elif isinstance(proof, tt.Refuted):
        false = not wrong_steps(net, machine, np.array([proof.word]))[0, -1]
    return {"kind": kind, "seed": seed, "verdict": proof.verdict, "false": false}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0-999", help="first-last")
    parser.add_argument("--cells", nargs="+", default=list(KINDS), choices=list(KINDS), metavar="NAME")
    parser.add_argument("--keep", type=Path, help="a file of what was found")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split("-"))
    kept = Kept(options.keep, lambda one: (one["kind"], one["seed"]))
    for seed in range(first, last + 1):
        for kind in options.cells:
            kept.measure((kind, seed), partial(judged, kind, seed))
    print("| cell | networks | proved | refuted | undecided | false |\n|---|---|---|---|---|---|")
    for kind in options.cells:
        of = [kept.found[kind, seed] for seed in range(first, last + 1)]
        verdicts = Counter(one["verdict"] for one in of)
        numbers = [len(of), *(verdicts[v] for v in ("proved", "refuted", "unknown")), sum(one["false"] for one in of)]
        print(f"| {kind} | " + " | ".join(map(str, numbers)) + " |")


if __name__ == "__main__":
    main()
