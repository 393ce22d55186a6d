"""The checker: its sets hold every sampled state, whatever is wrong with it shows, and it stands alone."""

from __future__ import annotations

import ast
import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import built_networks as built
import numpy as np
import pytest
from known_networks import ADDITION, prove
from own_cells import OWN

from throughtime import cell as own_cell
from throughtime import tanh, tasks
from throughtime.cells import NAMES, step_of
from throughtime.proof import Certificate, Machine, Proved, checker
from throughtime.proof.arithmetic import step_error
from throughtime.proof.certificate import certificate
from throughtime.proof.checker import network, sets
from throughtime.proof.checker.reading import KINDS, near
from throughtime.proof.extraction import Tracking
from throughtime.proof.reading import READ, reading
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
CELLS |= {name: {"cell": name} for name in NAMES if {o.op for o in step_of(name).operations if o.of} <= {*READ, "@"}}

FOLDER = Path(checker.__file__).parent

MACHINE = Machine(
    symbols=np.array([[0.0, 1.0], [1.0, 0.0]]),
    next=np.zeros((1, 2), np.int64),
    outputs=np.zeros((1, 2, 1), np.int64),
    state_names=("s",),
    symbol_names=("a", "b"),
)


def reader(system):
    """The checker's view of a network."""
    zero = np.zeros((1, system.width))
    tracking = Tracking(zero, np.zeros(1, np.int64), np.zeros((1, 2), np.int64), zero, np.full(1, 0.5))
    return checker.Proof(certificate(system, MACHINE, tracking, Sets(zero, zero), 1, 0.0).text).network


def images_hold(seed, fields, points=1700, networks=10) -> bool:
    """Two steps from sampled states of each network, symbol by symbol: 136,000 images of states for each cell."""
    rng = np.random.default_rng(seed)
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
        states = sets.Set(np.column_stack([c, G]), own)
        states = network.Arithmetic("float64", 0.0, K + 1).shared(states, 0)
        if not holds(system, view, states, start, e):
            return False
    return True


def holds(system, view, box, states, e, more=1) -> bool:
    """Whether the images of this set hold the images of its points, symbol by symbol."""
    how = network.Arithmetic("float64", 0.0, box.x.shape[1])
    known, points, K = {}, len(states), e.shape[1]
    for letter, symbol in enumerate(MACHINE.symbols):
        after, net_y = view.step(how, box, sets.points(symbol), known)
        state, y = system.step(states, np.full(points, letter))
        middle, g, rest = after.x[:, 0], after.x[:, 1 : K + 1], after.r + np.abs(after.x[:, K + 1 :]).sum(axis=1)
        if (np.abs(state - middle - e @ g.T) > rest + 1e-12 * (1 + rest)).any():
            return False
        low, high = sets.ends(net_y.set)
        with np.errstate(divide="ignore"):
            logit = np.log(y) - np.log1p(-y)
        if ((logit < low - 1e-3) | (logit > high + 1e-3))[np.abs(logit) < 30].any():
            return False
        if more and not holds(system, view, how.shared(after, len(view.share) * view.H), state, e, more - 1):
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
        x, own = sets.curve(function, sets.Set(np.array([[c, r]]), np.zeros(1)))
        e = np.linspace(-1, 1, 1001)
        off = np.abs(f(c + r * e) - x[0, 0] - x[0, 1] * e)
        assert (off <= own + 1e-15).all()
        assert own[0] <= 1.01 * off.max() + 1e-13 * (1 + r)


def one_step(system, reach):
    """The checker's bound of what a step is off by, from any states up to `reach`, and the largest state after it."""
    how = network.Arithmetic(system.specification.dtype, 0.0, 2)
    states = sets.Set(np.full((system.width, 2), [0.0, reach]), np.zeros(system.width))
    for symbol in MACHINE.symbols:
        after, net_y = reader(system).step(how, states, sets.points(symbol), {})
        how.off(net_y)
        reach = max(reach, sets.size(after).max())
    return how.worst, reach


def errors(fields):
    """For some float32 networks: what steps are off by, from the NumPy cells in float64, beside the checker's bound."""
    rng = np.random.default_rng(3)
    for _ in range(5):
        net = built.empty(inputs=2, hidden=5, outputs=1, dtype="float32", **fields)
        net.parameters[:] = rng.normal(0, 2, len(net.parameters))
        system = System.of(net, MACHINE)
        s = dataclasses.replace(net.specification, dtype="float64")
        wide = System(s, net.parameters.astype(np.float64), system.symbols.astype(np.float64))
        (bound, reach), states = one_step(system, 2.0), rng.uniform(-2, 2, (2000, system.width)).astype(np.float32)
        letters = rng.integers(2, size=2000)
        off = np.abs(system.step(states, letters)[0] - wide.step(states.astype(np.float64), letters)[0])
        yield off.max(), bound, step_error(system, reach)


@pytest.mark.parametrize("name", CELLS)
def test_no_step_is_off_by_more_than_the_checkers_bound(name):
    """Nor is the bound much larger than that which proofs are searched with."""
    for found, bound, searched in errors(CELLS[name]):
        assert found <= bound <= 2 * searched


def test_a_bound_without_roundings_shows(monkeypatch):
    rounded = network.Arithmetic.rounded
    monkeypatch.setattr(network.Arithmetic, "rounded", lambda self, a: rounded(self, a)._replace(e=a.e))
    assert any(found > bound for found, bound, _ in errors(CELLS["relu"]))


@own_cell
def too_small(p, x, h):
    h = tanh(x @ p.V + h @ p.U) * (1e-46 * p.c)
    return h


@own_cell
def too_large(p, x, h):
    h = tanh(x @ p.V + h @ p.U) * (1e39 * p.c)
    return h


def test_constants_that_float32_cannot_hold_count():
    """In float32, 1e-46 is 0 and 1e39 is infinite."""
    nets = [built.empty(cell=cell, inputs=2, hidden=1, outputs=1, dtype="float32") for cell in (too_small, too_large)]
    for net, c in zip(nets, (1e38, 1e-39), strict=True):
        net["V"][:], net["c"][:] = 5, c
    small, large = (System.of(net, MACHINE) for net in nets)
    assert small.step(small.start(1), np.array([0]))[0] == 0
    for bound in (one_step(small, 1.0)[0], step_error(small, 1.0)):
        assert bound > 1e38 * 1e-46 * np.tanh(5)
    with pytest.raises(checker.Rejected, match="a step may overflow"):
        one_step(large, 1.0)
    assert step_error(large, 1.0) == np.inf


def test_what_float32_gets_wrong_is_not_proved_for_it():
    """In real numbers net_y is 2 at every step. In float32, 2²⁶ + 4 is 2²⁶, so h is 0 and net_y is −2."""
    net = built.empty(inputs=2, hidden=1, outputs=1, activation="relu", dtype="float32")
    net["V"][:, 0], net["b_h"][:], net["W"][:], net["b_y"][:] = (2.0**26, 1.0), -(2.0**26), 1, -2
    machine = dataclasses.replace(
        MACHINE, symbols=np.array([[1.0, 4.0], [0.0, 2.0**26 + 8]]), outputs=MACHINE.outputs + 1
    )
    system = System.of(net, machine)
    assert system.step(system.start(1), np.array([0]))[1] < 0.5
    tracking = Tracking(
        np.zeros((1, 1)), np.zeros(1, np.int64), np.zeros((1, 2), np.int64), np.zeros((1, 1)), np.full(1, 0.5)
    )
    claimed = certificate(system, machine, tracking, Sets(np.array([[-1.0]]), np.array([[9.0]])), 1, 0.0)
    with pytest.raises(checker.Inexact, match="epsilon is 0, but a step in float32 may be off by") as refusal:
        checker.check(claimed.text)
    assert refusal.value.rounding > 4
    in_float64 = json.loads(claimed.text)
    in_float64["network"]["dtype"], in_float64["epsilon"] = "float64", (1e-6).hex()
    assert checker.check(json.dumps(in_float64)).margin > 1.9


def test_a_certificate_speaks_of_symbols_as_the_network_is_given_them():
    net = built.empty(inputs=1, hidden=1, outputs=1, dtype="float32")
    net["b_y"][:] = -9
    machine = dataclasses.replace(MACHINE, symbols=np.array([[0.1], [0.7]]))
    proof = prove(net, machine)
    assert isinstance(proof, Proved)
    assert proof.certificate.speaks_of(machine)
    assert not proof.certificate.speaks_of(dataclasses.replace(machine, symbols=np.array([[0.1], [0.7001]])))


def bugs():
    """Wrong arithmetic for the checker, each as (name, where, attribute, replacement, cell)."""
    arithmetic, curve, plus, times, moved = network.Arithmetic, sets.curve, sets.plus, sets.times, sets.Set
    shared = arithmetic.shared

    def narrow(f, a):
        return moved(curve(f, a).x, 0 * a.r)

    def without_turns(f, a):
        highest, sets.highest = sets.highest, lambda name, s, a, b: np.full_like(a, -np.inf)
        try:
            return curve(f, a)
        finally:
            sets.highest = highest

    def lose(self, a, at):
        return moved(a.x, 0 * a.r)

    def share(self, a, at):
        x = np.pad(a.x, ((0, 0), (0, self.K + at + 1 - a.x.shape[1])))
        x[:, -1] = a.r
        return moved(x, 0 * a.r)

    def over_others(self, a, at):
        return shared(self, a, 0)

    def no_rest(w, x, y):
        t = sets.minus(y, x)
        dw = w.x.copy()
        dw[:, 0] = 0
        return plus(plus(times(w.x[:, 0], y), times(1 - w.x[:, 0], x)), times(t.x[:, 0], moved(dw, w.r)))

    def only_the_row(M, a):
        return moved(M @ a.x, np.full(len(M), a.r.min()))

    return [
        ("curves are narrow", sets, "curve", narrow, "sigmoid"),
        ("curves are narrow", sets, "curve", narrow, "lstm"),
        ("no turning points", sets, "curve", without_turns, "tanh"),
        ("shared loses the radius", arithmetic, "shared", lose, "sigmoid"),
        ("shared makes one column of all", arithmetic, "shared", share, "lstm, two layers"),
        ("columns of others are taken", arithmetic, "shared", over_others, "tanh, three layers"),
        ("products without their rest", sets, "blend", no_rest, "gru"),
        ("products without their rest", sets, "blend", no_rest, "lstm"),
        ("products without the radius", sets, "product", only_the_row, "reset_before"),
    ]


@pytest.mark.parametrize(("name", "where", "attribute", "wrong", "cell"), bugs())
def test_a_planted_bug_shows(monkeypatch, name, where, attribute, wrong, cell):
    monkeypatch.setattr(where, attribute, wrong)
    monkeypatch.setitem(sets.OPERATIONS, "blend", sets.blend)
    assert not images_hold(2, CELLS[cell], points=1000), name


def test_a_blend_is_none_of_states():
    """In both of them a state is read as it was computed, which may be off by ε."""
    for name, blends in (("rests", 0), ("min_gru", 1), ("reset_before", 1), ("peepholes", 0)):
        net = built.empty(inputs=2, hidden=3, outputs=1, **OWN[name])
        assert len(reader(System.of(net, MACHINE)).blends) == blends
        assert len(reading(net.specification.graph).blends) == blends


def lstm_with_peepholes():
    """An LSTM that tells parity, with weights from C that matter little."""
    machine = tasks.Parity().machine
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
    assert checker.check(certificate_.text).claim["cell"] == [
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
    shutil.copytree(FOLDER, tmp_path / "checker")
    proof.certificate.save(tmp_path / "adder.json")
    tampered = json.loads(proof.certificate.text)
    tampered["sets"][1]["label"] ^= 1
    Certificate(json.dumps(tampered)).save(tmp_path / "tampered.json")
    named = json.loads(proof.certificate.text)
    named["specification"]["state_names"] = ["a\x1b[2J", "b\nassumed   nothing\ud800"]
    Certificate(json.dumps(named)).save(tmp_path / "named.json")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "checker", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            encoding="utf-8",
        )

    accepted = run("adder.json")
    assert accepted.returncode == 0
    assert accepted.stdout.startswith("accepted")
    names = run("named.json")
    assert names.returncode == 0
    assert len(names.stdout.splitlines()) == len(accepted.stdout.splitlines())
    assert "b\\nassumed   nothing\\ud800: 00 → 1, a\\x1b[2J\n" in names.stdout
    for arguments in (["tampered.json"], ["absent.json"], []):
        refused = run(*arguments)
        assert refused.returncode == 1
        assert refused.stderr.startswith("rejected")


@pytest.mark.parametrize("value", [1e-10, 9.996e-10, 1.2345e-13, 1.23456789, 0.99999, 1 + 2**-52, 6.95e-14, 123.4, 0.0])
def test_what_a_claim_says_is_not_rounded_to_more(value):
    below, above = near(value, -1), near(value, 1)
    assert 0.99 * value <= float(below) <= value <= float(above) <= 1.011 * value
    assert near(float(f"{value:.3g}"), -1) == near(float(f"{value:.3g}"), 1) == f"{value:.3g}"


def test_it_imports_only_numpy_and_stays_short():
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.py")]
    imports = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in imports if isinstance(node, ast.ImportFrom) and not node.level}
    assert {name.partition(".")[0] for name in names} <= {*sys.stdlib_module_names, "numpy"}
    assert all(node.level < 2 for node in imports if isinstance(node, ast.ImportFrom))
    code = [path.read_text(encoding="utf-8").split('"""', 2)[2] for path in FOLDER.glob("*.py")]
    assert len([line for text in code for line in text.splitlines() if line.strip()]) <= 540


def test_a_certificate_knows_its_network(proof, tmp_path):
    net = built.two_unit_adder()
    path = tmp_path / "adder.json"
    proof.certificate.save(path)
    read = Certificate.load(path)
    assert read == proof.certificate
    assert read.is_of(net)
    assert read.speaks_of(ADDITION)
    assert not read.speaks_of(tasks.Subtraction().machine)
    net.parameters[0] += 1e-9
    assert not read.is_of(net)
    assert not Certificate("{}").is_of(net)
    assert not Certificate("nonsense").speaks_of(ADDITION)


@pytest.mark.parametrize(
    "change",
    [
        {"cell": "rnn"},
        {"hidden": 5.0},
        {"loss": "squared"},
        {"activation": "exp"},
        {"bias": 1},
        {"step": None},
        {"inputs": 3},
    ],
    ids=str,
)
def test_a_network_of_version_1_is_what_it_says_or_nothing(tmp_path, change):
    path = Path(__file__).parent.parent / "fixtures" / "version_0" / "certificate-elman.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["network"] |= change
    (tmp_path / "changed.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(checker.Rejected):
        checker.check(Certificate.load(tmp_path / "changed.json").text)


def test_minus_zero_is_zero():
    net = built.two_unit_adder()
    net.parameters[net.parameters == 0] = -0.0
    proof = prove(net, ADDITION)
    assert isinstance(proof, Proved)
    assert proof.certificate.is_of(built.two_unit_adder())


def test_names_do_not_depend_on_the_version_of_unicode():
    """Of all letters that identifiers can begin with, those of the first 256 and Greek ones without accents."""
    letters = {chr(k) for k in range(0x110000) if k < 0x100 or 0x391 <= k <= 0x3C9}
    begins = {letter for letter in letters if letter.isidentifier()} - set("ªµº")
    for k in range(0x110000):
        letter = chr(k)
        assert KINDS["name"](letter) == (letter in begins), letter
        assert KINDS["name"]("h" + letter) == (letter in begins or letter in "0123456789"), letter
    assert [length for length in range(200) if KINDS["name"]("h" * length)] == [*range(101)]
