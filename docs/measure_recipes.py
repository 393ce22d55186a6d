"""Measure how often the recipes succeed, for docs/recipes.md: python docs/measure_recipes.py [first seed] [seeds]."""

import statistics
import sys
import time

import throughtime as tt
from throughtime import recipes

CELLS = (("elman", "sigmoid"), ("elman", "tanh"), ("lstm", None), ("gru", None))


def main(first: int, count: int) -> None:
    task = tt.tasks.Addition(bits=8)
    print("| network | exact on all 65,536 pairs | median training |\n|---|---|---|")
    for cell, activation in CELLS:
        recipe = recipes.default(task, cell, activation)
        seconds, exact = [], 0
        for seed in range(first, first + count):
            net = tt.Network(init=recipe.init, seed=seed, **recipe.network)
            begin = time.perf_counter()
            run = tt.train(net, task, seed=seed, **recipe.settings)
            seconds.append(time.perf_counter() - begin)
            exact += task.evaluate(run.network).wrong == 0
        name = f"{cell} {activation or ''}".strip()
        print(
            f"| {name}, {recipe.network['hidden']} | {exact} of {count} | {statistics.median(seconds):.2f} s |",
            flush=True,
        )


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]] or (0, 100))
