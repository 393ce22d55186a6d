"""What the studio says of networks and examples, for the session in the browser: python session_fixtures.py FOLDER."""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("NUMBA_DISABLE_JIT", "1")

import numpy as np

from throughtime.bridges.javascript import to_javascript
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


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found = {
        "kit": workshop(),
        "cases": [case(task, cell) for task in TASKS for cell in ("elman", "lstm", "gru")],
        "spread": spread(),
        "keepers": [keeper(shift) for shift in (0, 1, 2)],
        "schedules": {
            word: {"factors": named(word).factors(np.arange(30), 30).tolist()}
            for word in ("constant", "cosine", "cosine:0.05", "step:7", "step:5:0.5", "warm-up:9")
        },
    }
    (folder / "cells.js").write_text(to_javascript(*networks()))
    (folder / "session.json").write_text(json.dumps(found))
