"""Measure how often networks learn and are proved, for docs/recipes.md and docs/proofs.md.

python docs/measure_recipes.py [--seeds 0-99] [--rows addition|tasks|variants] [--until-proved] [--keep FILE]

With --keep each network's figures are appended to a file as soon as there are any, and read from it the next time: a
measurement that was cut goes on, and one of more seeds only trains those that are new.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

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
    "LSTM 8, noise 0.2": ("lstm", None, {}, {"noise": 0.2}),
    "LSTM 8, plain": ("lstm", None, {}, {"noise": 0.0, "weight_decay": 0.0, "cell_penalty": 0.0}),
    "GRU 8, noise 0.2": ("gru", None, {}, {"noise": 0.2}),
    "GRU 8, plain": ("gru", None, {}, {"noise": 0.0, "weight_decay": 0.0}),
}
"""Addition with something changed: cell, activation, fields of the network, settings."""

ROWS = {
    **{f"{task}, {name}": (task, *cell, {}, {}) for task in TASKS for name, cell in CELLS.items()},
    **{name: ("addition", *row) for name, row in VARIANTS.items()},
}


def measured(row: str, seed: int, until_proved: bool) -> dict[str, object]:
    """The figures of one network."""
    name, cell, activation, network, settings = ROWS[row]
    task, rounds = TASKS[name], []
    recipe = recipes.default(task, cell, activation)
    net = tt.Network(init=recipe.init, seed=seed, **recipe.network | network)
    begin = time.thread_time()
    run, proof = tt.train_until_proved(
        net, task, seed=seed, verdict=lambda number, proof: rounds.append(proof.verdict),
        **({} if until_proved else {"rounds": 1}), **recipe.settings | settings,
    )  # fmt: skip
    took = time.thread_time() - begin
    evaluation = task.evaluate(run.network)
    found = {"row": row, "seed": seed, "until_proved": until_proved, "rounds": rounds, "took": took}
    found |= {"exact": evaluation.wrong == 0, "step": getattr(proof, "step", None)}
    if proof.verdict == "proved":
        found |= {"sets": proof.sets, "find": proof.seconds, "check": proof.check_seconds}
    return found


class Measurements:
    """What was measured, by row and seed; kept in a file, if there is one."""

    def __init__(self, file: Path | None, until_proved: bool) -> None:
        self.file, self.until_proved = file, until_proved
        lines = file.read_text().splitlines() if file is not None and file.exists() else []
        every = [json.loads(line) for line in lines]
        self.found = {(one["row"], one["seed"]): one for one in every if one["until_proved"] == until_proved}

    def of(self, row: str, seeds: range) -> list[dict]:
        """Of a row, measured now where they were not before."""
        for seed in seeds:
            if (row, seed) not in self.found:
                one = self.found[row, seed] = measured(row, seed, self.until_proved)
                if self.file is not None:
                    with self.file.open("a") as file:
                        file.write(f"{json.dumps(one)}\n")
        return [self.found[row, seed] for seed in seeds]


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
    exact = sum(one["exact"] for one in found)
    cells = [row, f"{exact} of {len(found)}", len(proved), refuted, verdicts.count("unknown"), *medians]
    return "| " + " | ".join(map(str, cells)) + " |"


def proved_of(found: list[dict]) -> str:
    """How many were proved, and how many of them after the first round."""
    first = sum(one["rounds"][0] == "proved" for one in found)
    last = sum(one["rounds"][-1] == "proved" for one in found)
    return f"{first} → {last} of {len(found)}" if any(len(one["rounds"]) > 1 for one in found) else f"{first}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0-99", help="first-last")
    parser.add_argument("--rows", nargs="+", default=["addition"], help="addition, tasks, variants, or names of rows")
    parser.add_argument("--until-proved", action="store_true", help="in as many rounds as it takes")
    parser.add_argument("--keep", type=Path, help="a file of what was measured")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split("-"))
    seeds, measurements = range(first, last + 1), Measurements(options.keep, options.until_proved)
    if options.rows == ["tasks"]:
        print("| task | " + " | ".join(CELLS) + " |\n|---|" + "---|" * len(CELLS))
        for task in TASKS:
            cells = [proved_of(measurements.of(f"{task}, {name}", seeds)) for name in CELLS]
            print(f"| {task} | " + " | ".join(cells) + " |", flush=True)
        return
    print("| network | exact | proved | refuted | unknown | sets | find, s | check, s | work, s |")
    print("|---|---|---|---|---|---|---|---|---|")
    groups = {"addition": [f"addition, {name}" for name in CELLS], "variants": list(VARIANTS)}
    for row in options.rows:
        for name in groups.get(row, [row]):
            print(in_detail(name, measurements.of(name, seeds)), flush=True)


if __name__ == "__main__":
    main()
