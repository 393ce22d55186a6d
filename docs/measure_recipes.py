"""Measure how often networks learn and are proved, for docs/recipes.md and docs/proofs.md.

python docs/measure_recipes.py [--rows addition|tasks|cells|variants] [--seeds 0-99] [--rounds 1] [--budget 10]
    [--keep FILE] [--show]

All rows are measured at one seed, then all at the next, so that a measurement that was cut has as many of each. With
--keep each network's figures are appended to a file as soon as there are any, and read from it the next time: a
measurement that was cut goes on, and one of more seeds only trains those that are new. --show prints what is there.
"""

import argparse
import statistics
import time
from collections import Counter
from functools import partial
from pathlib import Path

from kept import Kept

import throughtime as tt
from throughtime.training import recipes

ADDITION = tt.tasks.Addition(bits=8)
CELLS = {
    "sigmoid": ("elman", "sigmoid"), "tanh": ("elman", "tanh"), "LSTM": ("lstm", None), "GRU": ("gru", None),
}  # fmt: skip
TASKS = {
    "addition": ADDITION,
    "three operands": tt.tasks.Addition(operands=3),
    "subtraction": tt.tasks.Subtraction(),
    "times three": tt.tasks.Multiplication(factor=3),
    "times five": tt.tasks.Multiplication(factor=5),
    "comparison": tt.tasks.Comparison(),
    "parity": tt.tasks.Parity(),
    "counter mod 3": tt.tasks.Counter(modulus=3),
    "counter mod 7": tt.tasks.Counter(modulus=7),
    **{f"Tomita {language}": tt.tasks.Tomita(language=language) for language in range(1, 8)},
}
VARIANTS = {
    "sigmoid 16, noise 0.1": ("elman", "sigmoid", {}, {"noise": 0.1}),
    "sigmoid 16, plain": ("elman", "sigmoid", {}, {"noise": 0.0}),
    "sigmoid 8": ("elman", "sigmoid", {"hidden": 8}, {}),
    "sigmoid 4": ("elman", "sigmoid", {"hidden": 4}, {}),
    "sigmoid 3": ("elman", "sigmoid", {"hidden": 3}, {}),
    "tanh 16, noise 0.2": ("elman", "tanh", {}, {"noise": 0.2}),
    "relu 16": ("elman", "relu", {}, {}),
    "LSTM 8, plain": ("lstm", None, {}, {"noise": 0.0, "weight_decay": 0.0, "cell_penalty": 0.0}),
    "GRU 8, noise 0.2": ("gru", None, {}, {"noise": 0.2}),
    "GRU 8, plain": ("gru", None, {}, {"noise": 0.0, "weight_decay": 0.0}),
}
"""Addition with something changed: cell, activation, fields of the network, settings."""

CELL_ROWS = {
    f"{cell} on addition": ("addition", cell, None, {}, {})
    for cell in tt.cells.NAMES if cell not in ("elman", "lstm", "gru")
}  # fmt: skip
ROWS = {
    **{f"{task}, {name}": (task, *cell, {}, {}) for task in TASKS for name, cell in CELLS.items()},
    **CELL_ROWS,
    **{name: ("addition", *row) for name, row in VARIANTS.items()},
}
GROUPS = {
    "addition": [f"addition, {name}" for name in CELLS],
    "tasks": [f"{task}, {name}" for task in TASKS for name in CELLS],
    "cells": list(CELL_ROWS),
    "variants": list(VARIANTS),
}


def measured(row: str, seed: int, rounds: int, budget: float) -> dict[str, object]:
    """The figures of one network: of each round its verdict, and whether it was right at the task's own length."""
    name, cell, activation, network, settings = ROWS[row]
    task = TASKS[name]
    recipe = recipes.default(task, cell, activation)
    net = tt.Network(init=recipe.init, seed=seed, **recipe.network | network)
    now, verdicts, networks = [], [], []

    def judged(number: int, proof: tt.Proof) -> None:
        verdicts.append(proof.verdict)
        networks.append(now[-1].network)

    begin = time.thread_time()
    run, proof = tt.train_until_proved(
        net, task, seed=seed, rounds=rounds, budget=budget, verdict=judged, callbacks=[now.append],
        **recipe.settings | settings,
    )  # fmt: skip
    took = time.thread_time() - begin
    verdicts[-1], networks[-1] = proof.verdict, run.network  # an earlier one's where the last round lost it
    exact = [task.evaluate(network).wrong == 0 for network in networks]
    found = {"row": row, "seed": seed, "at_most": rounds, "budget": budget}
    found |= {"rounds": verdicts, "exact": exact, "took": took}
    if proof.verdict == "proved":
        return found | {"sets": proof.sets, "find": proof.seconds, "check": proof.check_seconds}
    return found | {"step": getattr(proof, "step", None)}


def in_detail(row: str, found: list[dict]) -> str:
    """The row of a table with all figures."""
    verdicts = [one["rounds"][-1] for one in found]
    proved = [one for one in found if one["rounds"][-1] == "proved"]
    steps = sorted(one["step"] for one in found if one["rounds"][-1] == "refuted")
    refuted = f"{len(steps)}" + (f" (at bit {steps[0]}–{steps[-1]})" if steps else "")
    medians = [
        f"{statistics.median(numbers):.2g}" if numbers else "–"
        for numbers in (*([one[name] for one in proved] for name in ("sets", "find", "check")),
                        [one["took"] for one in found])
    ]  # fmt: skip
    exact = sum(one["exact"][-1] for one in found)
    cells = [row, f"{exact} of {len(found)}", len(proved), refuted, verdicts.count("unknown"), *medians]
    return "| " + " | ".join(map(str, cells)) + " |"


def proved_of(found: list[dict]) -> str:
    """After how many rounds each network was proved; of many, how many were."""
    rounds = [str(len(one["rounds"])) if one["rounds"][-1] == "proved" else "–" for one in found]
    return ", ".join(rounds) if len(rounds) <= 10 else f"{len(rounds) - rounds.count('–')} of {len(rounds)}"


def verdicts_of(found: list[dict]) -> str:
    """How many networks were proved, refuted and undecided after their first round, and after all of theirs."""
    counts = [Counter(one["rounds"][at] for one in found) for at in (0, -1)]
    return " → ".join(", ".join(f"{one[name]}" for name in ("proved", "refuted", "unknown")) for one in counts)


def tables(rows: list[str], found: dict, seeds: range) -> None:
    """Print what there is."""

    def of(row: str) -> list[dict]:
        return [found[row, seed] for seed in seeds if (row, seed) in found]

    if rows == ["tasks"]:
        print("| task | " + " | ".join(CELLS) + " |\n|---|" + "---|" * len(CELLS))
        for task in TASKS:
            cells = [proved_of(of(f"{task}, {name}")) for name in CELLS]
            print(f"| {task} | " + " | ".join(cells) + " |")
        cells = [verdicts_of([one for task in TASKS for one in of(f"{task}, {name}")]) for name in CELLS]
        print("| proved, refuted, undecided | " + " | ".join(cells) + " |")
    else:
        print("| network | exact | proved | refuted | unknown | sets | find, s | check, s | work, s |")
        print("|---|---|---|---|---|---|---|---|---|")
        for row in named(rows):
            if some := of(row):
                print(in_detail(row, some))
    print(flush=True)


def named(rows: list[str]) -> list[str]:
    """Rows by their names, and those of groups."""
    return [name for row in rows for name in GROUPS.get(row, [row])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0-99", help="first-last")
    parser.add_argument("--rows", nargs="+", default=["addition"], help=f"{', '.join(GROUPS)}, or names of rows")
    parser.add_argument("--rounds", type=int, default=1, help="of training until proved, at most")
    parser.add_argument("--budget", type=float, default=10.0, help="of each verdict, in seconds of work")
    parser.add_argument("--keep", type=Path, help="a file of what was measured")
    parser.add_argument("--show", action="store_true", help="only print what the file holds")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split("-"))
    seeds, how = range(first, last + 1), (options.rounds, options.budget)
    kept = Kept(options.keep, lambda one: (one["row"], one["seed"]) if (one["at_most"], one["budget"]) == how else None)
    if not options.show:
        for seed in seeds:
            for row in named(options.rows):
                kept.measure((row, seed), partial(measured, row, seed, *how))
    tables(options.rows, kept.found, seeds)


if __name__ == "__main__":
    main()
