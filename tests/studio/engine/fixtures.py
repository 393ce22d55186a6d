"""What Python says of networks of every cell, for the browser's engine: into a folder, with the cells written for it.

    python fixtures.py FOLDER [CELL...]

Traces of one sequence, gradients of batches, and parameters after some updates, of random networks, shapes and lengths.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("NUMBA_DISABLE_JIT", "1")  # a few steps of small networks: compiling would take longer
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from oracles.step_functions import STEPS
from throughtime import Adam, GradientDescent, Momentum, RMSprop, tasks, train
from throughtime.batch import Batch
from throughtime.bridges.javascript import to_javascript
from throughtime.cells import NAMES
from throughtime.network import Network
from throughtime.training.schedules import Constant, Cosine, StepDecay, WarmUp

CELLS = {name: {"cell": name} for name in NAMES}
CELLS |= {f"{name} of one's own": {"cell": cell} for name, cell in STEPS.items() if name not in NAMES}
CELLS |= {f: {"cell": "elman", "activation": f} for f in ("tanh", "relu")}
ENDS = (
    {"readout": "sigmoid", "loss": "squared"},
    {"readout": "sigmoid", "loss": "binary_cross_entropy"},
    {"readout": "softmax", "loss": "cross_entropy"},
    {"readout": "softmax", "loss": "squared"},
    {"readout": "identity", "loss": "squared"},
)
OPTIMIZERS = (GradientDescent(0.03), Momentum(0.02, 0.8), RMSprop(0.02, 0.7), Adam(0.03, 0.8, 0.95))
SCHEDULES = (Constant(), Cosine(0.05), StepDecay(2, 0.5), WarmUp(3))
UPDATES, ROWS = 6, 4


def network(rng, fields, number):
    ends = ENDS[number % len(ENDS)]
    net = Network(
        **fields, **ends, inputs=int(rng.integers(1, 6)), hidden=int(rng.integers(1, 8)),
        outputs=int(rng.integers(2, 6)) if ends["readout"] == "softmax" else int(rng.integers(1, 4)),
        layers=1 + number % 3 % 2, bias=number % 4 != 1, output="last step" if number % 5 == 2 else "every step",
    )  # fmt: skip
    net.parameters[:] = rng.normal(0, 0.4, len(net.parameters))
    return net


def targets(rng, s, *axes):
    axes = axes[:1] if s.output == "last step" else axes
    if s.loss == "cross_entropy":
        return np.eye(s.outputs)[rng.integers(s.outputs, size=axes)]
    return rng.uniform(0, 1, (*axes, s.outputs))


def time_major(array, s, is_y=False):
    return np.ascontiguousarray(array if is_y and s.output == "last step" else array.swapaxes(0, 1)).ravel().tolist()


def case(name, fields, number):
    rng = np.random.default_rng([number, *name.encode()])
    net = network(rng, fields, number)
    s, T, B = net.specification, int(rng.integers(1, 9)), int(rng.integers(1, 6))
    x, d = rng.normal(0, 1, (1, T, s.inputs)), targets(rng, s, 1, T)
    mask = rng.choice([0, 0.5, 1], d.shape[:-1])
    trace = net.trace(x, d, mask=mask)
    many, wanted = rng.normal(0, 1, (B, T, s.inputs)), targets(rng, s, B, T)
    loss, gradient = net.gradient(many, wanted)
    return {
        "name": f"{name}, {number}",
        "cell": s.cell if s.activation == "sigmoid" else f"{s.cell} ({s.activation})",
        "trace": json.loads(trace.to_json(reach=True)),
        "parameters": net.parameters.tolist(),
        "batch": {"x": time_major(many, s), "y": time_major(wanted, s, True), "T": T, "B": B},
        "loss": loss,
        "gradient": gradient.tolist(),
        "training": training(rng, net, number, T),
    }


def training(rng, net, number, T):
    s = net.specification
    data = Batch(rng.normal(0, 1, (UPDATES * ROWS, T, s.inputs)), targets(rng, s, UPDATES * ROWS, T))
    per_step = s.layers == 1 and s.output == "every step" and number % 4 == 0
    settings = {"optimizer": OPTIMIZERS[number % 4], "batch": ROWS, "schedule": SCHEDULES[(number // 2) % 4]}
    if per_step:
        settings |= {"batch": 1, "update": "per step", "optimizer": GradientDescent(0.03)}
    else:
        settings |= {"weight_decay": 0.1 * (number % 2), "clip": 0.3 if number % 3 == 0 else None}
        settings |= {"cell_penalty": 0.3 * (len(s.graph.states) > 1 and number % 2)}
    rows = settings["batch"]
    run = train(net, data, steps=UPDATES, shuffle=False, **settings)
    parts = [data[k * rows : (k + 1) * rows] for k in range(UPDATES)]
    return {
        "settings": run.settings.as_dict(),
        "batches": [{"x": time_major(b.x, s), "y": time_major(b.y, s, True), "T": T, "B": rows} for b in parts],
        "parameters": run.network.parameters.tolist(),
    }


def tasks_of():
    """Machines and encodings of the tasks that the page has, too."""
    chosen = [tasks.Addition(), tasks.Addition(bits=9, operands=3), tasks.Subtraction(), tasks.Comparison(bits=5)]
    chosen += [tasks.Multiplication(), tasks.Multiplication(factor=5), tasks.Parity(), tasks.Counter(modulus=4)]
    rng = np.random.default_rng(0)
    found = []
    for task in chosen:
        machine, numbers = task.machine, [int(rng.integers(2**6)) for _ in range(task.inputs)]
        encoded = [array[0].tolist() for array in task.encode(*numbers)] if task.reads_numbers else None
        found.append(
            {
                "task": {"name": task.name, **task.options},
                "machine": {
                    "symbols": machine.symbols.tolist(), "next": machine.next.tolist(),
                    "outputs": machine.outputs.tolist(),
                    "state_names": list(machine.state_names), "symbol_names": list(machine.symbol_names),
                },
                "closing": task.closing, "numbers": numbers, "encoded": encoded,
            }
        )  # fmt: skip
    return found


def legacy_of(seed):
    """Numbers of NumPy's legacy generator, in the order in which they are drawn."""
    random = np.random.RandomState(seed)
    found = {"seed": seed, "random": [random.random_sample() for _ in range(700)]}
    found["randint"] = [[high, int(random.randint(high))] for high in (128, 1, 10, 3, 2**31, 1000) for _ in range(50)]
    return found | {"randn": [random.randn() for _ in range(101)]}


def write(folder, names):
    chosen = {name: fields for name, fields in CELLS.items() if not names or name in names}
    cases = [case(name, fields, number) for name, fields in chosen.items() for number in range(5)]
    specifications = [Network(**fields, inputs=1, hidden=2, outputs=1).specification for fields in CELLS.values()]
    (folder / "cells.js").write_text(to_javascript(*specifications))
    (folder / "cases.json").write_text(json.dumps(cases))
    classic = {name: Network(**CELLS[name], inputs=2, hidden=3, outputs=1, bias=False, init="classic", seed=7)
               for name in ("elman", "lstm")}  # fmt: skip
    others = {
        "tasks": tasks_of(), "legacy": [legacy_of(seed) for seed in (0, 1, 2**32 - 1)],
        "classic": {name: net.parameters.tolist() for name, net in classic.items()},
    }  # fmt: skip
    (folder / "others.json").write_text(json.dumps(others))


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2:])
