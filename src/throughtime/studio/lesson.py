"""The lesson as static files: one page that works from `file://`, without a server or a network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

from throughtime.studio import browser
from throughtime.studio.browser import PAGE
from throughtime.studio.export import PANELS, document, element, style
from throughtime.studio.plan import plan
from throughtime.weights.network_specification import NetworkSpecification

TITLE = "A network that remembers"
WORKERS = ("engine/worker.js", "lesson/checking.js", "lesson/repairing.js")
STYLES = ("style.css", *(f"lesson/{name}.css" for name in ("lesson", "passes", "long", "proof")))


def networks() -> Iterator[NetworkSpecification]:
    """Of every kind of cell that the lesson's figures train."""
    for activation in ("sigmoid", "tanh"):
        yield NetworkSpecification(cell="elman", inputs=2, hidden=16, outputs=1, activation=activation)
    for cell in ("lstm", "gru"):
        yield NetworkSpecification(cell=cell, inputs=2, hidden=8, outputs=1)


@cache
def certificate(seed: int = 0) -> str:
    """The proof of the default adder: the first one, from this seed on, that is proved."""
    from throughtime.network import Network
    from throughtime.proof import Proved, prove
    from throughtime.tasks import Addition
    from throughtime.training import recipes
    from throughtime.training.loop import train

    task = Addition(bits=8)
    recipe = recipes.default(task, "elman", "sigmoid")
    while True:
        net = Network(init=recipe.init, seed=seed, **recipe.network)
        proof = prove(train(net, task, seed=seed, **recipe.settings).network, task.machine)
        if isinstance(proof, Proved):
            return proof.certificate.text
        seed += 1


def workshop() -> browser.Kit:
    """All that may be chosen on the lesson's last page."""
    cells = dict.fromkeys(str(network.cell) for network in networks())
    plans = [plan({"task": task, "cell": cell}) for task in browser.TASKS for cell in cells]
    return browser.kit(plans, networks())


@cache
def lesson() -> str:
    """The page, in one file."""
    scripts = browser.scripts("lesson/main.js", WORKERS, networks())
    data = [
        element("program", (PAGE / "lesson/classic.py").read_text(encoding="utf-8")),
        element("certificate", certificate(), "application/json"),
        element("kit", json.dumps(workshop()), "application/json"),
    ]
    return document(TITLE, style(*STYLES), scripts, "".join(data), kind="throughtime lesson", later=style(*PANELS))
