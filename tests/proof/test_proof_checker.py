"""The checker: its zonotopes hold every sampled state, and it stands alone."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import built_networks as built
import numpy as np
import pytest
from known_networks import ADDITION, prove
from own_cells import OWN

from throughtime import tasks
from throughtime.proof import Certificate, Proved, Specification, checker
from throughtime.proof.certificate import certificate
from throughtime.proof.extraction import Tracking
from throughtime.proof.reading import reading
from throughtime.proof.sets import Sets
from throughtime.proof.system import System

CELLS = {
    "sigmoid": {"cell": "elman"},
    "tanh": {"cell": "elman", "activation": "tanh"},
    "relu": {"cell": "elman", "activation": "relu"},
    "lstm": {"cell": "lstm"},
    "gru": {"cell": "gru"},
    "lstm, two layers": {"cell": "lstm", "layers": 2},
    "gru, two layers, no biases": {"cell": "gru", "layers": 2, "bias": False},
    "tanh, three layers": {"cell": "elman", "activation": "tanh", "layers": 3},
} | OWN

MACHINE = Specification(
    symbols=np.array([[0.0, 1.0], [1.0, 0.0]]),
    next=np.zeros((1, 2), np.int64),
    outputs=np.zeros((1, 2, 1), np.int64),
    state_names=("s",),
    symbol_names=("a", "b"),
)


def reader(system, epsilon=0.0):
    """The checker's view of a network."""
    zero = np.zeros((1, system.width))
    tracking = Tracking(zero, np.zeros(1, np.int64), np.zeros((1, 2), np.int64), zero, 0.5)
    return checker.Proof(certificate(system, MACHINE, tracking, Sets(zero, zero), 1, epsilon).text)


def numbers(form, K):
    """c, the first K of g, and all that is the coordinate's own, as floats rounded up."""
    g = [float(v.mid()) for v in form.g] + [0.0] * (K - len(form.g))
    own = float(form.d.upper()) + sum(abs(v) for v in g[K:])
    return float(form.c.mid()), np.array(g[:K]), own * (1 + 1e-12) + 1e-12


def images_hold(seed, fields, points=1700, networks=10) -> bool:
    """Two steps from sampled states of each network, symbol by symbol: 136,000 images of states for each cell."""
    rng = np.random.default_rng(seed)
    arb = checker.arb
    for _ in range(networks):
        net = built.empty(inputs=2, hidden=3, outputs=1, **fields)
        net.parameters[:] = rng.normal(0, 1.5, len(net.parameters))
        system = System.of(net, MACHINE)
        view = reader(system)
        n, K = system.width, 4
        c, r = rng.uniform(-1, 1, n), 10 ** rng.uniform(-3, 0)
        G, own = rng.normal(0, 0.3 * r, (n, K)), rng.uniform(0, 0.3 * r, n)
        e, mine = rng.uniform(-1, 1, (points, K)), rng.uniform(-1, 1, (points, n))
        e[::4], mine[::4] = np.sign(e[::4]), np.sign(mine[::4])
        start = c + e @ G.T + mine * own
        forms = [checker.Form(arb(c[j]), [arb(v) for v in G[j]], arb(own[j])) for j in range(n)]
        for word in product(range(2), repeat=2):
            state, zone = start, forms
            for letter in word:
                zone = checker.spread(zone, max(len(s.g) for s in zone))
                zone, net_y = view.step(view.ahead(zone), letter)
                state, y = system.step(state, np.full(points, letter))
                for j, form in enumerate(zone):
                    middle, g, rest = numbers(form, K)
                    if (np.abs(state[:, j] - middle - e @ g) > rest).any():
                        return False
                low, high = (float(end) for end in net_y[0].ends())
                with np.errstate(divide="ignore"):
                    logit = np.log(y) - np.log1p(-y)
                if ((logit < low - 1e-3) | (logit > high + 1e-3))[np.abs(logit) < 30].any():
                    return False
    return True


@pytest.mark.parametrize("name", CELLS)
def test_the_checkers_images_hold_every_state(name):
    assert images_hold(0, CELLS[name])


@pytest.mark.parametrize("function", ["sigmoid", "tanh", "relu"])
def test_curves_hold_every_point(function):
    rng = np.random.default_rng(1)
    f = {"sigmoid": lambda x: 1 / (1 + np.exp(-x)), "tanh": np.tanh, "relu": lambda x: np.maximum(x, 0)}[function]
    for c, r in zip(rng.normal(0, 3, 100), 10 ** rng.uniform(-8, 1.3, 100), strict=True):
        form = checker.curve(function, checker.Form(checker.arb(c), [checker.arb(r)]))
        e = np.linspace(-1, 1, 1001)
        middle, g, own = numbers(form, 1)
        assert (np.abs(f(c + r * e) - middle - g[0] * e) <= own + 1e-15).all()


def bugs():
    """Wrong arithmetic for the checker, each as (name, attribute, replacement)."""
    Form, curve, spread = checker.Form, checker.curve, checker.spread

    def narrow(name, x):
        y = curve(name, x)
        return Form(y.c, y.g, y.d * 0, y.r)

    def lose(state, K):
        return [Form(s.c, s.g, checker.ZERO) for s in state]

    def share(state, K):
        return [Form(s.c, s.g + [checker.ZERO] * (K - len(s.g)) + [s.d]) for s in state]

    def times(x, y):
        s = x.c * y + y.c * x
        return Form(x.c * y.c, s.g, s.d + x.r * y.r / 2, s.r)

    assert spread
    return [
        ("narrow curves", checker, "curve", narrow, "sigmoid"),
        ("narrow curves", checker, "curve", narrow, "lstm"),
        ("spread loses d", checker, "spread", lose, "sigmoid"),
        ("spread shares d", checker, "spread", share, "lstm, two layers"),
        ("products too small", checker.Form, "__mul__", times, "gru"),
        ("products too small", checker.Form, "__mul__", times, "lstm"),
    ]


@pytest.mark.parametrize(("name", "where", "attribute", "wrong", "cell"), bugs())
def test_a_planted_bug_shows(monkeypatch, name, where, attribute, wrong, cell):
    monkeypatch.setattr(where, attribute, wrong)
    assert not images_hold(2, CELLS[cell], points=1000), name


def test_a_blend_is_none_of_states():
    """In both of them a state is read as it was computed, which may be off by ε."""
    for name, blends in (("rests", 0), ("min_gru", 1), ("reset_before", 1), ("peepholes", 0)):
        net = built.empty(inputs=2, hidden=3, outputs=1, **OWN[name])
        assert len(reader(System.of(net, MACHINE)).cell.blends) == blends
        assert len(reading(net.specification.graph).blends) == blends


def lstm_with_peepholes():
    """An LSTM that tells parity, with weights from C that matter little."""
    machine = tasks.Parity().specification
    plain = built.lstm(machine)
    net = built.empty(
        cell=OWN["peepholes"]["cell"], inputs=plain.specification.inputs, hidden=plain.specification.hidden, outputs=1
    )
    for gate, letter in (("input", "i"), ("forget", "f"), ("candidate", "C"), ("output", "o")):
        for symbol in "VUb":
            net[f"{symbol}_{letter}"][:] = plain[f"{gate}.{symbol}"]
    for letter in "ifo":
        net[f"w_{letter}"][:] = 0.01
    net["W"][:], net["b_y"][:] = plain["W"], plain["b_y"]
    return net, machine


def test_a_network_of_a_cell_of_ones_own_is_proved(tmp_path):
    net, machine = lstm_with_peepholes()
    proved = prove(net, machine)
    assert isinstance(proved, Proved)
    proved.certificate.save(tmp_path / "parity.json")
    certificate_ = Certificate.load(tmp_path / "parity.json")
    assert certificate_.is_of(net)
    assert checker.check(certificate_.text).step.splitlines() == [
        "peepholes:",
        "  i = sigmoid(x @ p.V_i + h_before @ p.U_i + p.w_i * C_before + p.b_i)",
        "  f = sigmoid(x @ p.V_f + h_before @ p.U_f + p.w_f * C_before + p.b_f)",
        "  C = f * C_before + i * tanh(x @ p.V_C + h_before @ p.U_C + p.b_C)",
        "  o = sigmoid(x @ p.V_o + h_before @ p.U_o + p.w_o * C + p.b_o)",
        "  h = o * tanh(C)",
        "  return h, C",
    ]
    other = built.empty(**{**dataclasses.asdict(net.specification), "step": None, "cell": OWN["peepholes"]["cell"]})
    assert not certificate_.is_of(other)
    net["w_o"][:] = -100  # no C gets out
    assert prove(net, machine).verdict == "refuted"


# ---------------------------------------------------------------- as a program


@pytest.fixture(scope="module")
def proof() -> Proved:
    proved = prove(built.two_unit_adder(), ADDITION)
    assert isinstance(proved, Proved)
    return proved


def test_it_runs_on_its_own(tmp_path, proof):
    """Copied to another folder, with nothing of the project in reach."""
    alone = tmp_path / "checker.py"
    alone.write_text(Path(checker.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    proof.certificate.save(tmp_path / "adder.json")
    tampered = json.loads(proof.certificate.text)
    tampered["sets"][1]["label"] ^= 1
    Certificate(json.dumps(tampered)).save(tmp_path / "tampered.json")

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-I", str(alone), *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            encoding="utf-8",
        )

    accepted = run("adder.json")
    assert accepted.returncode == 0
    assert accepted.stdout.startswith("accepted")
    for arguments in (["tampered.json"], ["absent.json"], []):
        refused = run(*arguments)
        assert refused.returncode == 1
        assert refused.stderr.startswith("rejected")


def test_it_imports_nothing_of_the_project_and_stays_short():
    source = Path(checker.__file__).read_text(encoding="utf-8")
    assert "throughtime" not in source.replace('"throughtime proof"', "").replace("a throughtime proof", "")
    code = source.split('"""', 2)[2]
    assert len([line for line in code.splitlines() if line.strip()]) <= 420


def test_a_certificate_knows_its_network(proof, tmp_path):
    net = built.two_unit_adder()
    path = tmp_path / "adder.json"
    proof.certificate.save(path)
    read = Certificate.load(path)
    assert read == proof.certificate
    assert read.is_of(net)
    assert read.speaks_of(ADDITION)
    assert not read.speaks_of(tasks.Subtraction().specification)
    net.parameters[0] += 1e-9
    assert not read.is_of(net)
    assert not Certificate("{}").is_of(net)
    assert not Certificate("nonsense").speaks_of(ADDITION)


def test_minus_zero_is_zero():
    net = built.two_unit_adder()
    net.parameters[net.parameters == 0] = -0.0
    proof = prove(net, ADDITION)
    assert isinstance(proof, Proved)
    assert proof.certificate.is_of(built.two_unit_adder())
