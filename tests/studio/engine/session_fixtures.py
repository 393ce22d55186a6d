"""What the studio says of networks and examples, for the session in the browser: python session_fixtures.py FOLDER."""

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("NUMBA_DISABLE_JIT", "1")

import numpy as np

from throughtime.bridges.javascript import to_javascript
from throughtime.network import Network
from throughtime.proof.certificate import Certificate, certificate, fingerprint
from throughtime.proof.sets import Sets
from throughtime.proof.system import System
from throughtime.studio.browser import TASKS
from throughtime.studio.example import of_operands, of_sample
from throughtime.studio.frame import Framer, _keeper
from throughtime.studio.lesson import networks, workshop
from throughtime.studio.plan import options, plan
from throughtime.studio.snapshot import Snapshot
from throughtime.training.schedules import named

NUMBERS = (107, 27)


def case(task, cell):
    """A network at random, the frame of an example at rest, and all that a page chose by settings of its own."""
    planned = plan({"task": task, "cell": cell, "hidden": 3, "bits": 9})
    s = planned.specification
    parameters = np.random.default_rng([*task.encode(), *cell.encode()]).normal(0, 0.5, len(planned.begin().parameters))
    example = (
        of_operands(planned.task, NUMBERS[: s.inputs]) if planned.task.reads_numbers else of_sample(planned.task, 3)
    )
    frame = Framer(planned.task, s).frame(Snapshot(0, parameters), example)
    return {
        "settings": {"task": task, "cell": cell, "hidden": 3, "bits": 9},
        "x": example.batch.x[0].tolist(),
        "frame": json.loads(frame),
        "options": [(one["name"], one["enabled"]) for one in options(planned)],
        "training": planned.settings.as_dict(),
    }


def spread():
    """States, and what NumPy says of their axes."""
    h = np.random.default_rng(0).normal(size=(300, 6)) @ np.diag([3, 2, 0.5, 0.4, 0.3, 0.2]) + 1
    values, vectors = np.linalg.eigh(np.cov(h.T, bias=True))
    share = values[[-1, -2]] / values.sum()
    return {"h": h.ravel().tolist(), "axes": vectors[:, [-1, -2]].T.tolist(), "share": share.tolist()}


def keeper(shift):
    """States of which one unit is shifted where their label is 1, and what the studio says of it."""
    rng = np.random.default_rng(shift)
    label = rng.integers(2, size=200)
    h = rng.normal(0, 0.3, (200, 5))
    h[:, 3] -= shift * label
    return {"h": h.tolist(), "label": label.tolist(), "found": _keeper(h, label == 1)}


def told_apart():
    """Texts of certificates, their checks aside, and what Python says of each: is it of this network and machine?"""
    task = plan({"hidden": 3}).task
    net = Network(inputs=2, hidden=3, outputs=1, seed=5)
    machine, s = task.machine, net.specification
    system = System.of(net, machine)
    sets = Sets(np.zeros((1, 3)), np.zeros((1, 3)))
    tracking = SimpleNamespace(label=np.zeros(1, int), succ=np.zeros((1, 4), int))
    whole = certificate(system, machine, tracking, sets, 1, 0.0).text

    def changed(*path, to):
        content = json.loads(whole)
        at = content
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = to(at[path[-1]]) if callable(to) else to
        if path[0] == "weights":
            weights = np.array([float.fromhex(weight) for weight in content["weights"]])
            content["sha256"] = fingerprint(weights)
        return json.dumps(content)

    operations = json.loads(whole)["network"]["step"]["operations"]
    squashed = next(k for k, operation in enumerate(operations) if operation["op"] == "sigmoid")
    texts = [
        whole,
        json.dumps(dict(reversed(json.loads(whole).items()))),
        changed("specification", "symbols", 0, 0, to=["-0x1p-4", "0x1p-4"]),
        changed("specification", "symbols", 0, 0, to=["0x1p-4", "0x1p-3"]),
        changed("specification", "symbols", 0, 0, to="0x1p-4"),
        changed("specification", "next", 0, to=lambda row: row[::-1]),
        changed("specification", "outputs", 0, 0, to=[1]),
        changed("specification", "state_names", 0, to="other"),
        changed("network", "readout", to="identity"),
        changed("network", "bias", to=False),
        changed("network", "dtype", to="float32"),
        *(changed("network", name, to=7) for name in ("inputs", "hidden", "outputs", "layers")),
        changed("network", "step", "operations", squashed, "op", to="tanh"),
        changed("network", "step", "states", 0, to="memory"),
        changed("weights", 0, to="0x1p-3"),
        changed("weights", to=lambda weights: weights[:-1]),
    ]
    found = [Certificate(text) for text in texts]
    verdicts = [one.is_of(net) and one.speaks_of(machine) for one in found]
    return {"specification": s.as_dict(), "parameters": net.parameters.tolist(),
            "certificates": list(zip(texts, verdicts, strict=True))}  # fmt: skip


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found = {
        "kit": workshop(),
        "cases": [case(task, cell) for task in TASKS for cell in ("elman", "lstm", "gru")],
        "spread": spread(),
        "told": told_apart(),
        "keepers": [keeper(shift) for shift in (0, 1, 2)],
        "schedules": {
            word: {"factors": named(word).factors(np.arange(30), 30).tolist()}
            for word in ("constant", "cosine", "cosine:0.05", "step:7", "step:5:0.5", "warm-up:9")
        },
    }
    (folder / "cells.js").write_text(to_javascript(*networks()))
    (folder / "session.json").write_text(json.dumps(found))
