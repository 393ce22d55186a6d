"""Traces of every cell with their explanations, as JSON on the standard output, for the page's tests."""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("NUMBA_DISABLE_JIT", "1")  # a few steps of small networks: compiling would take longer
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from oracles.formulas import NETWORKS
from oracles.step_functions import STEPS as OWN
from throughtime.network import Network

CASES = (
    *NETWORKS,
    {"cell": "lstm", "hidden": 4, "dtype": "float32"},
    *({"cell": OWN[name], "hidden": 2} for name in OWN),
    {"cell": OWN["peephole"], "hidden": 3, "layers": 2, "bidirectional": True, "bias": False},
    {"cell": OWN["slstm"], "hidden": 3, "layers": 2, "output": "last step"},
    {"cell": OWN["cornn"], "hidden": 5, "bidirectional": True, "readout": "softmax", "outputs": 3},
)
STEPS = 4
OTHERWISE = ("deep", "odd", "ran")
"""Cells that Python explains otherwise: not at all, δ_h where ∂h is the same number, or ∂h written out in ∂c."""


def case(fields):
    net = Network(**{"inputs": 2, "outputs": 1} | fields)
    rng = np.random.default_rng(1)
    net.parameters[:] = rng.normal(0, 1, net.parameters.shape)
    s, last_step = net.specification, fields.get("output") == "last step"
    x = rng.integers(0, 2, (1, STEPS, s.inputs)).astype(s.dtype)
    d = rng.integers(0, 2, (1, s.outputs) if last_step else (1, STEPS, s.outputs)).astype(s.dtype)
    mask = rng.choice([1, 0.5], (1,) if last_step else (1, STEPS)).astype(s.dtype)
    if s.loss == "cross_entropy":
        d = np.eye(s.outputs, dtype=s.dtype)[rng.integers(s.outputs, size=d.shape[:-1])]
    trace = net.trace(x, d, mask=mask)
    explained = [] if s.cell in OTHERWISE else _explained(trace, last_step)
    terms = {name: trace.terms(name).tolist() for name in net.names}
    return {
        "name": " ".join(f"{key} {s.cell if key == 'cell' else value}" for key, value in fields.items()),
        "trace": json.loads(trace.to_json(reach=True)),
        "explanations": [explanation.as_dict() for explanation in explained],
        "terms": terms,
    }


def _explained(trace, last_step):
    s = trace.specification
    units = [
        trace.explain(t, unit, layer=of.layer, direction=of.direction)
        for of in trace.layers
        for t in range(1, STEPS + 1)
        for unit in range(s.hidden)
    ]
    outputs = range(STEPS, STEPS + 1) if last_step else range(1, STEPS + 1)
    return units + [trace.explain(t, output=k) for t in outputs for k in range(s.outputs)]


json.dump([case(fields) for fields in CASES], sys.stdout)
