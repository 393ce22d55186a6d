"""For which deployments a proof holds: step errors of what was written, measured, stay within what is computed for
them.
"""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from own_cells import min_gru, peepholes, reset_before

import throughtime as tt
from throughtime import proof
from throughtime.passes.state import State
from throughtime.proof import Certificate
from throughtime.proof.arithmetic import UNITS, step_error
from throughtime.proof.covering import Deployed, deployed
from throughtime.proof.system import System

CELLS = {"elman": {}, "lstm": {}, "gru": {}, "tanh": {"activation": "tanh"}, "min_gru": {"cell": min_gru}}
CELLS |= {"peepholes": {"cell": peepholes}, "reset_before": {"cell": reset_before}}
MACHINE = tt.tasks.Addition().machine
RNG = np.random.default_rng


def network(name, seed, scale=2.0):
    fields = CELLS[name]
    cell = fields.get("cell", "elman" if name == "tanh" else name)
    net = tt.Network(**{**fields, "cell": cell}, inputs=2, hidden=8, outputs=1, readout="identity")
    net.parameters[:] = RNG(seed).normal(0, scale, net.parameters.shape)
    return net


def by_onnx(net, x, states):
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install 'throughtime[onnx]'")
    from throughtime.bridges.onnx import model_of, session_of

    names = net.specification.graph.states
    given = {f"{name}_0": state[None].astype(np.float32) for name, state in zip(names, states, strict=True)}
    found = session_of(model_of(net, state=True)).run(None, given | {"x": x[:, None].astype(np.float32)})
    return [found[0][:, 0], *(state[0] for state in found[1:])]


def by_torch(net, x, states):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0")
    from throughtime.bridges.pytorch import to_torch

    module = to_torch(net).float()
    given = tuple(torch.tensor(state[None], dtype=torch.float32) for state in states)
    with torch.no_grad():
        h, after = module.recurrent(
            torch.tensor(x[:, None], dtype=torch.float32), given if len(given) > 1 else given[0]
        )
        y = module.readout(h[:, 0])
    after = after if len(given) > 1 else (after,)
    return [y.numpy(), *(state[0].numpy() for state in after)]


def by_c(net, x, states, folder):
    from throughtime.bridges.c.compiled import Compiled, compiled
    from throughtime.bridges.c.writing import to_c
    from throughtime.bridges.exported import Exported

    source = folder / f"{len(list(folder.iterdir()))}.c"  # a library is loaded once under its name
    source.write_text(to_c(net, "net", "float32"))
    run, found = Compiled(compiled(source, "-O2"), "net", Exported(net), "float32"), []
    for row in range(len(x)):
        run._state[:] = np.concatenate([state[row] for state in states])
        y = run.step(x[row])
        found.append(np.concatenate([y, run._state]))
    return np.split(np.array(found), [1, *(1 + 8 * (k + 1) for k in range(len(states) - 1))], axis=1)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("program", ["onnx", "torch", "c"])
def test_a_step_is_off_by_less_than_is_computed(name, program, tmp_path):
    """Weights of float64 rounded to float32; h is held against that of the other states as they were computed."""
    if program == "c" and not shutil.which("cc"):
        pytest.skip("there is no C compiler")
    worst, shown = 0.0, 0.0
    for seed in range(4):
        net, rng = network(name, seed), RNG(seed)
        parts = len(net.specification.graph.states)
        x = MACHINE.symbols[rng.integers(4, size=100)]
        states = [rng.uniform(-2, 2, (100, 8)).astype(np.float32).astype(np.float64) for _ in range(parts)]
        exact = net.step(x, State.of(net.specification.graph.states, np.stack(states)[:, None]))[1]
        run = {"onnx": by_onnx, "torch": by_torch, "c": lambda *given: by_c(*given, tmp_path)}[program]
        y, *after = run(net, x, states)
        reach = max(2.0, *(float(np.abs(state).max()) for state in after))
        error = step_error(System.of(net, MACHINE), reach, "float32")
        off = np.abs(after[-1] - exact.arrays[-1][-1]).max()
        off = max(off, np.abs(y - (after[0].astype(np.float64) @ net["W"] + net["b_y"])).max())
        worst, shown = max(worst, off / error), max(shown, off)
    assert 1e-3 < worst < 1
    assert shown > step_error(System.of(net, MACHINE), reach)  # what float64 needs would not do


def test_weights_that_are_rounded_count():
    """What is left of numbers of 1000 that float32 rounds apart: a step's error is that of its weights."""
    net = tt.Network(inputs=2, hidden=1, outputs=1, activation="tanh")
    net.parameters[:] = 0
    net["V"], net["b_h"] = [[1000 + 0.98 * 2.0**-15], [1000 + 0.98 * 2.0**-15]], -2000
    single = tt.Network.of(net.specification, net.parameters.astype(np.float32).astype(np.float64))
    x = np.ones((1, 2))
    off = abs(net.step(x, net.initial_state())[1].h - single.step(x, net.initial_state())[1].h).item()
    system = System.of(net, MACHINE)
    assert 10 * UNITS["float32"] < off < step_error(system, 1.0, "float32")
    s = replace(net.specification, dtype="float32")
    near = System(s, net.parameters.astype(np.float32), system.symbols.astype(np.float32))
    assert step_error(near, 1.0, "float32") < step_error(system, 1.0, "float32")
    assert step_error(system, 1.0, "float64") == step_error(system, 1.0)


@tt.cell
def scaled(p, x, h):
    h = p.c * (p.b * (p.a * tt.tanh(x @ p.V + h @ p.U)))
    return h


@pytest.mark.parametrize(("a", "b", "c"), [(1e-39, 1e39, 1.0), (1e-46, 1e25, 1e21)])
def test_weights_that_float32_cannot_hold_count(a, b, c):
    """a b c is 1, but in float32 it is infinite, or 0."""
    net = tt.Network(cell=scaled, inputs=2, hidden=1, outputs=1)
    net["a"], net["b"], net["c"] = a, b, c
    with np.errstate(over="ignore"):
        off = abs(0.5 - float(np.float32(c) * (np.float32(b) * (np.float32(a) * np.float32(0.5)))))
    system = System.of(net, MACHINE)
    assert step_error(system, 1.0) < 1e-10
    assert 0.1 < off <= step_error(system, 1.0, "float32")


@pytest.fixture(scope="module")
def adder():
    """A network that adds, and its proof for steps that are off by 1e-4."""
    from throughtime.training import recipes

    task = tt.tasks.Addition(bits=8)
    recipe = recipes.default(task)
    net = tt.Network(**recipe.network, init=recipe.init, seed=0)
    net = tt.train(net, task, seed=0, **recipe.settings).network
    found = proof.prove(net, task.machine, budget=200.0, epsilon=1e-4)
    assert isinstance(found, proof.Proved)
    assert found.epsilon >= 1e-4
    return net, found.certificate


def test_a_proof_says_whether_it_holds(adder):
    net, certificate = adder
    double, single = (deployed(certificate, net, dtype) for dtype in ("float64", "float32"))
    assert double.step_error < 1e-10 < single.step_error
    assert double.covered
    assert single.covered == (single.step_error <= 1e-4)
    content = json.loads(certificate.text) | {"epsilon": (1e-10).hex()}
    small = deployed(Certificate(json.dumps(content)), net, "float32")
    assert not small.covered
    assert "is above the proof's 1e-10; try throughtime prove --epsilon" in small.text


def test_no_proof_holds_that_is_of_another_network_or_rejected(adder):
    net, certificate = adder
    late = tt.Network.of(replace(net.specification, output="last step"), net.parameters)
    assert "it has no output on the way" in deployed(certificate, late, "float64").text
    other = net.copy()
    other.parameters[0] += 1e-12
    assert "the certificate is of another network" in deployed(certificate, other, "float64").text
    content = json.loads(certificate.text)
    content["sets"][0]["hi"][0] = content["sets"][0]["lo"][0]
    found = deployed(Certificate(json.dumps(content)), net, "float64")
    assert not found.covered
    assert "the certificate is rejected" in found.text


def test_an_error_and_a_proof_that_are_near_to_each_other_are_not_rounded_to_the_same():
    covered, not_covered = Deployed(1.57e-4, 1.594e-4), Deployed(1.594e-4, 1.57e-4)
    assert covered.text == "the proof holds for it: its step error 0.000157 is below the proof's 0.000159"
    assert "its step error 0.000159 is above the proof's 0.000157; " in not_covered.text
