"""Measure how often networks are exact and proved, for docs/recipes.md and docs/proofs.md.

python docs/measure_recipes.py [--seeds 0-99] [--rows recipes|variants]
"""

import argparse
import statistics
import time

import throughtime as tt
from throughtime.training import recipes

RECIPES = {
    "sigmoid 16": ("elman", "sigmoid", {}, {}),
    "tanh 16": ("elman", "tanh", {}, {}),
    "LSTM 8": ("lstm", None, {}, {}),
    "GRU 8": ("gru", None, {}, {}),
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
"""Recipes with something changed: cell, activation, fields of the network, settings."""


def measure(name: str, seeds: range) -> str:
    """The row of the table."""
    cell, activation, network, settings = (RECIPES | VARIANTS)[name]
    task = tt.tasks.Addition(bits=8)
    recipe = recipes.default(task, cell, activation)
    training, proofs, exact = [], [], 0
    for seed in seeds:
        net = tt.Network(init=recipe.init, seed=seed, **recipe.network | network)
        begin = time.perf_counter()
        run = tt.train(net, task, seed=seed, **recipe.settings | settings)
        training.append(time.perf_counter() - begin)
        exact += task.evaluate(run.network, bits=8).wrong == 0
        proofs.append(tt.prove(run.network, task.machine))
    proved = [proof for proof in proofs if proof.verdict == "proved"]
    steps = sorted(proof.step for proof in proofs if proof.verdict == "refuted")
    refuted = f"{len(steps)}" + (f" (at bit {steps[0]}–{steps[-1]})" if steps else "")

    def median(numbers: list[float]) -> str:
        return f"{statistics.median(numbers):.2g}" if numbers else "–"

    cells = [
        name, f"{exact} of {len(seeds)}", f"{len(proved)}", refuted, f"{len(proofs) - len(proved) - len(steps)}",
        median([proof.sets for proof in proved]), median([proof.seconds for proof in proved]),
        median([proof.check_seconds for proof in proved]), median(training),
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0-99", help="first-last")
    parser.add_argument("--rows", nargs="+", default=["recipes"], help="recipes, variants, or names of rows")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split("-"))
    groups = {"recipes": list(RECIPES), "variants": list(VARIANTS)}
    print("| network | exact on 65,536 pairs | proved | refuted | unknown | sets | find, s | check, s | training, s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in options.rows:
        for name in groups.get(row, [row]):
            print(measure(name, range(first, last + 1)), flush=True)


if __name__ == "__main__":
    main()
