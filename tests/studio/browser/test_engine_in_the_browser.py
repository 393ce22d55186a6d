"""The engine in the worker of a page in one file, opened from file:// with the network off."""

import json

import numpy as np

from throughtime import Network, Proved, prove, tasks
from throughtime.proof import checker
from throughtime.studio.engine import worker
from throughtime.studio.export import PAGE
from throughtime.studio.modules import join
from throughtime.training.recipes import default
from throughtime.weights.network_specification import NetworkSpecification

POLICY = "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:; img-src data:"
LOG = ["3.45638663", "3.63389116", "3.91366595", "3.72191702", "3.58527130", "2.53352328", "0.57691441", "1.42589952",
       "0.47477457", "0.21595037"]  # fmt: skip
"""docs/math.md#the-classic-recipe"""


def page(*specifications: NetworkSpecification) -> str:
    source = worker(*specifications).replace("</script", "<\\/script")
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>engine</title><link rel="icon" href="data:,"></head>
<body><p data-array="x">…</p><script type="text/plain" id="engine">{source}</script>
<script>{join(PAGE, "engine/host.js")}
window.engine = modules["engine/host.js"].startEngine(document.getElementById("engine").textContent);
</script></body></html>"""


def call(page, method, argument=None):
    """A method of the engine in the page's worker."""
    return page.evaluate("([method, argument]) => engine.call(method, argument)", [method, argument])


def test_it_trains_traces_checks_a_proof_and_reproduces_the_classic_log(watched, tmp_path):
    net, task = Network(inputs=2, hidden=16, outputs=1, seed=3), tasks.Addition()
    net.parameters[:] = np.random.default_rng(0).normal(0, 1, len(net.parameters))
    (tmp_path / "engine.html").write_text(page(net.specification), encoding="utf-8")
    opened = watched((tmp_path / "engine.html").as_uri(), offline=True).page

    settings = {"seed": 1, "steps": 2000, "batch": 64, "noise": default(task).settings["noise"]}
    settings["optimizer"] = {"name": "adam", "learning_rate": default(task).settings["optimizer"].learning_rate}
    given = {"specification": net.specification.as_dict(), "task": {"name": task.name, "bits": 8}, "settings": settings}
    created = call(opened, "create", given | {"parameters": net.parameters.tolist()})
    assert created["step"] == 0

    x, d = task.encode(107, 27)
    found = call(opened, "trace", {"x": x[0].tolist(), "d": d[0].tolist(), "reach": True})
    expected = json.loads(net.trace(x, d).to_json(reach=True))
    assert found.keys() == expected.keys()
    for name in ("loss", "y", "delta_y", "reach"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-12, atol=1e-14)
    for name, gradient in expected["gradient"].items():
        np.testing.assert_allclose(found["gradient"][name], gradient, rtol=1e-11, atol=1e-14)

    assert call(opened, "create", given)["step"] == 0
    assert call(opened, "train", {}) == {"step": 2000, "paused": False}
    assert call(opened, "evaluate", {"bits": 8}) == {"checked": 65536, "wrong": 0, "word": None}

    learned = opened.evaluate("engine.call('state').then(({parameters}) => Array.from(parameters))")
    proof = prove(Network.of(net.specification, learned), task.machine)
    assert isinstance(proof, Proved)
    checked = call(opened, "check", {"certificate": proof.certificate.text})
    report = checker.check(proof.certificate.text)
    assert (checked["accepted"], checked["sets"], checked["claim"]) == (True, report.sets, report.claim)
    tampered = proof.certificate.text.replace('"m":', '"m": 0, "_":')
    assert call(opened, "check", {"certificate": tampered})["accepted"] is False

    lines = call(opened, "classic", {})["lines"]
    assert [f"{line['error']:.8f}" for line in lines] == LOG
    refused = opened.evaluate("engine.call('trace', {x: [[1]], d: [[1]]}).catch((error) => error.message)")
    assert refused == "a trace needs x (steps, 2) and targets of 1 outputs"
