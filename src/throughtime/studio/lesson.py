"""The lesson as static files: one page that works from `file://`, without a server or a network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from throughtime.bridges.javascript import to_javascript
from throughtime.studio.export import PAGE, document
from throughtime.studio.modules import join
from throughtime.weights.network_specification import NetworkSpecification

TITLE = "A network that remembers"
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


@cache
def lesson() -> str:
    """The page, in one file."""
    script = join(PAGE, "lesson/main.js", {"engine/cells.js": to_javascript(*networks())})
    style = "\n".join((PAGE / name).read_text(encoding="utf-8") for name in STYLES)
    program = (PAGE / "lesson/classic.py").read_text(encoding="utf-8")
    data = f'<script type="text/plain" id="throughtime-program">{program}</script>\n'
    proof = certificate().replace("<", "\\u003c")
    data += f'<script type="application/json" id="throughtime-certificate">{proof}</script>\n'
    checker = join(PAGE, "lesson/checking.js").replace("</script", "<\\/script")
    data += f'<script type="text/plain" id="throughtime-checker">{checker}</script>\n'
    return document(TITLE, style, script, data, kind="throughtime lesson")
