"""Inputs that may be anywhere in a box: nothing false is proved or refuted of them, and what is claimed is said."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace

import built_networks as built
import numpy as np
import pytest
from known_networks import ADDITION, outputs_of, prove
from tampered import holds, rejected
from test_proof_relaxations import CELLS, POINTS, coefficients, inside, random_system, sample, step

from throughtime import proof, tasks
from throughtime.proof import Proved, Refuted, checker, read_machine, specify, zonotope
from throughtime.proof.arithmetic import step_error
from throughtime.proof.certificate import Certificate
from throughtime.proof.checker import checks, sets
from throughtime.proof.checker.reading import off_by
from throughtime.proof.covering import of_reach
from throughtime.proof.image import image
from throughtime.proof.samples import samples
from throughtime.proof.system import System
from throughtime.proof.words import loosely

PARITY = tasks.Parity().machine
NOISE = 0.02


def images_hold(seed, fields, batches=10):
    """Whether states step into the image by any input of a box, with the same coefficients of states and inputs."""
    rng = np.random.default_rng(seed)
    for _ in range(batches):
        system = random_system(rng, fields)
        n, K, I = system.width, 5, 2
        below, above = rng.uniform(0, 10 ** rng.uniform(-4, 0), (2, *system.symbols.shape))
        above[0] = below[0] = 0  # a symbol that is a point
        system = replace(system, ends=np.stack([system.symbols - below, system.symbols + above]))
        Z = zonotope.zonotope(
            rng.uniform(-1, 1, (3, n)), rng.normal(0, 0.3, (3, K, n)) * 10 ** rng.uniform(-3, 0, (3, 1, 1))
        )
        after, net_y = image(system, Z, 0.0)
        e, corners = coefficients(rng, K + I)
        states = sample(rng, Z, e[:, :K], corners)
        for a, (low, high) in enumerate(zip(system.lo, system.hi, strict=True)):
            x = np.clip((low + high) / 2 + e[:, K:] * (high - low) / 2, low, high)
            read = replace(system, symbols=x, ends=None)
            for b in range(3):
                s, y = step_on_each(read, states[:, b])
                if not inside(after.at((b, a)), net_y.at((b, a)), s, y, e, 1e-12):
                    return False
    return True


def step_on_each(system, states):
    """Each state by the input of its number."""
    return step(system, states, np.arange(POINTS))


@pytest.mark.parametrize("name", CELLS)
def test_images_hold_every_state_by_every_input_of_a_box(name):
    assert images_hold(11, CELLS[name])


def test_inputs_that_are_left_out_of_an_image_show(monkeypatch):
    monkeypatch.setattr("throughtime.proof.image.box", lambda lo, hi: zonotope.box(lo, lo))
    assert not images_hold(11, CELLS["sigmoid"], batches=2)


def noisy_errors(net, machine, words=500, steps=200, seed=3):
    """On how many random words, each input anywhere in its box or at an end of it, the network is wrong."""
    rng, system = np.random.default_rng(seed), System.of(net, machine)
    state, label = system.start(words), np.zeros(words, np.int64)
    wrong = np.zeros(words, bool)
    for _ in range(steps):
        letter = rng.integers(len(machine.symbols), size=words)
        at = np.clip(rng.uniform(-0.5, 1.5, (words, system.lo.shape[1])), 0, 1)
        x = ((1 - at) * system.lo[letter] + at * system.hi[letter]).astype(system.lo.dtype)
        state, y = replace(system, symbols=x, ends=None).step(state, np.arange(words))
        wrong |= ~(np.abs(y - machine.outputs[label, letter]) < 0.5).all(axis=1)
        label = machine.next[label, letter]
    return int(wrong.sum())


NETS = {
    "sigmoid": lambda: built.elman(PARITY),
    "tanh, two layers": lambda: built.elman(PARITY, "tanh", layers=2),
    "relu": lambda: built.elman(PARITY, "relu"),
    "lstm": lambda: built.lstm(PARITY),
    "gru": lambda: built.gru(PARITY),
    "float32": lambda: built.elman(PARITY, dtype="float32"),
}


@pytest.mark.parametrize("name", NETS)
def test_what_is_proved_with_noise_holds_with_noise(name):
    net = NETS[name]()
    found = prove(net, PARITY, input_noise=NOISE)
    assert isinstance(found, Proved)
    assert noisy_errors(net, PARITY.off_by(NOISE)) == 0
    assert "each input off by up to 0.02 at every step" in found.text
    claim = checker.check(found.certificate.text).claim
    assert claim["inputs"][-1] == "each input may be off by 0.02 at every step"
    if name != "float32":  # whose ends are rounded outward
        assert claim["inputs"][:2] == ["0: -0.02 to 0.02", "1: 0.98 to 1.02"]


@pytest.mark.parametrize(
    ("noise", "said"),
    [(0.1, "0.1"), (0.0204837, "0.0204"), (0.0205, "0.0205"), (0.02999999, "0.0298")],
)
def test_no_more_noise_is_said_than_was_proved(noise, said):
    """Three digits that were rounded to the nearest were more of it: 0.0204837 was proved, and 0.0205 was said."""
    assert loosely(PARITY.off_by(noise)) == f", each input off by up to {said} at every step"
    assert {off_by(1 - noise, 1 + noise), off_by(-noise, noise)} == {said}


@pytest.mark.parametrize("noise", [0.2, 0.3, 0.45])
def test_what_is_refuted_is_wrong_on_inputs_in_the_boxes(noise):
    net, machine = built.two_unit_adder(), ADDITION.off_by(noise)
    found = prove(net, ADDITION, input_noise=noise)
    assert isinstance(found, Refuted)
    letters = list(found.word)
    assert ((machine.lo[letters] <= found.inputs) & (found.inputs <= machine.hi[letters])).all()
    y = outputs_of(net, found.inputs)
    right = (np.abs(y - ADDITION.run(letters)[1]) < 0.5).all(axis=1)
    assert right.tolist() == [True] * (found.step - 1) + [False]
    assert "; the inputs are " in found.details
    assert not found.shortest  # other inputs of the boxes were not tried


@pytest.mark.long
def test_random_networks_get_no_false_verdict():
    rng, verdicts = np.random.default_rng(5), []
    for k in range(60):
        net = (built.elman, built.lstm, built.gru)[k % 3](PARITY)
        net.parameters[:] *= rng.uniform(0.1, 1)
        net.parameters += rng.normal(0, 0.3, len(net.parameters))
        noise = 10 ** rng.uniform(-3, -0.4)
        found = proof.prove(net, PARITY, 0.2, input_noise=noise)
        verdicts.append(found.verdict)
        if isinstance(found, Proved):
            assert noisy_errors(net, PARITY.off_by(noise), 200, 100) == 0
        elif isinstance(found, Refuted):
            y = outputs_of(net, found.inputs)
            assert (np.abs(y - PARITY.run(found.word)[1]) >= 0.5).any(axis=1).tolist()[-1]
    assert min(verdicts.count("proved"), verdicts.count("refuted")) >= 5


# ---------------------------------------------------------------- certificates


@pytest.fixture(scope="module")
def text():
    found = prove(built.elman(PARITY), PARITY, input_noise=NOISE)
    assert isinstance(found, Proved)
    return found.certificate.text


def with_noise(text, noise):
    content = json.loads(text)
    content["specification"]["symbols"] = [[[(v - noise).hex(), (v + noise).hex()]] for v in (0.0, 1.0)]
    return content


@pytest.mark.parametrize("noise", [0.021, 0.03, 0.1, 0.4, 1.0, 1e300])
def test_wider_boxes_are_rejected_or_true(text, noise):
    content = with_noise(text, noise)
    reason = rejected(content)
    assert reason is not None if noise > 0.05 else reason is None or "inside" in reason
    assert reason is not None or holds(content)


def test_narrower_boxes_and_points_are_accepted(text):
    assert rejected(with_noise(text, 0.01)) is None
    content = with_noise(text, 0.0)
    assert rejected(content) is None
    content["specification"]["symbols"] = [["0x0p0"], ["0x1p0"]]
    assert rejected(content) is None


@pytest.mark.parametrize(
    "entry", [["0x1p0", "0x0p0"], ["0x0p0"], [], ["0x0p0", "0x0p0", "0x0p0"], ["0x0p0", 1], [["0x0p0", "0x0p0"]], None]
)
def test_what_is_no_interval_is_rejected(text, entry):
    content = json.loads(text)
    content["specification"]["symbols"][0][0] = entry
    assert rejected(content).startswith("symbols: ")


def test_boxes_of_more_inputs_than_there_is_room_for_are_refused(text):
    """One input is a number of its own in every coordinate of x."""
    content, I = json.loads(text), 6000
    content["network"] |= {"inputs": I, "hidden": 1}
    content["weights"] = [(0.0).hex()] * (I + 4)
    content["sha256"] = hashlib.sha256(bytes(8 * (I + 4))).hexdigest()
    content["specification"]["symbols"] = [[[(-1.0).hex(), (1.0).hex()]] * I for _ in range(2)]
    for entry in content["sets"]:
        entry["lo"], entry["hi"] = [(-1.0).hex()], [(1.0).hex()]
    assert rejected(content) == "the network is too large"


def test_an_input_that_is_left_out_shows(monkeypatch, text):
    """With the middle of each box alone, the checker would believe too much."""
    too_much = with_noise(text, 0.4)
    assert rejected(too_much)
    monkeypatch.setattr(checks, "between", in_the_middle)
    assert rejected(too_much) is None


def in_the_middle(lo, hi, at):
    """Of inputs, which come behind the places of a set, their middle alone."""
    return sets.between(lo, hi, at) if at == 1 else sets.points((lo + hi) / 2)


def test_a_certificate_with_noise_speaks_of_the_machine_without(text):
    certificate = Certificate(text)
    for machine, speaks in [(PARITY, True), (PARITY.off_by(0.02), True), (PARITY.off_by(0.01), True)]:
        assert certificate.speaks_of(machine) == speaks
    assert not certificate.speaks_of(PARITY.off_by(0.03))
    found = prove(built.elman(PARITY), PARITY)
    assert isinstance(found, Proved)
    assert found.certificate.speaks_of(PARITY)
    for other in (PARITY.off_by(1e-9), tasks.Counter(modulus=3).machine):
        assert not found.certificate.speaks_of(other)
    content = json.loads(text)
    content["specification"]["symbols"][0][0] = "0x1p99999"
    assert not Certificate(json.dumps(content)).speaks_of(PARITY)


def test_in_float32_no_input_is_rounded_out_of_its_box():
    machine = replace(PARITY, ends=np.array([[[-0.1], [0.9]], [[0.1], [1.1]]]))
    system = System.of(built.elman(PARITY, dtype="float32"), machine)
    assert ((system.lo <= machine.lo) & (machine.hi <= system.hi)).all()
    assert np.abs(system.hi - machine.hi).max() < 1e-7


def test_what_a_step_is_off_by_grows_with_the_inputs():
    net, wide = built.elman(PARITY), replace(PARITY, ends=np.array([[[-1e6], [0.9]], [[0.1], [1e6]]]))
    narrow, large = step_error(System.of(net, PARITY), 1.0), step_error(System.of(net, wide), 1.0)
    assert large > 1e4 * narrow


def test_coverage_is_computed_from_the_ends_of_the_boxes(text):
    net, far = built.elman(PARITY), Certificate(json.dumps(with_noise(text, 1e3)))
    near, wide = (of_reach(certificate, net, "float32", 1.0).step_error for certificate in (Certificate(text), far))
    assert wide > 10 * near


# ---------------------------------------------------------------- machines over intervals


def alarm(highs, symbol):
    highs = min(highs + 1, 2) if symbol == ((0.8, 2.0),) else 0
    return highs, int(highs == 2)


ALARM = specify(alarm, 0, {"low": [(-1, 0.5)], "high": [(0.8, 2)]})


def test_a_machine_over_intervals():
    assert ALARM.ends.tolist() == [[[-1], [0.8]], [[0.5], [2]]]
    assert ALARM.symbols.tolist() == [[-0.25], [1.4]]
    assert ALARM.next.tolist() == [[0, 1], [0, 2], [0, 2]]
    mixed = specify(lambda q, x: (q, 0), 0, [(0, (1, 2)), (0.5, 0)])
    assert mixed.symbol_names == ("0,1..2", "0.5,0")
    assert mixed.ends.tolist() == [[[0, 1], [0.5, 0]], [[0, 2], [0.5, 0]]]


TOML = """
[symbols]
low = [[-1, 0.5]]
high = [[0.8, 2]]
[states]
"0".low = { next = "0", output = 0 }
"0".high = { next = "1", output = 0 }
"1".low = { next = "0", output = 0 }
"1".high = { next = "2", output = 1 }
"2".low = { next = "0", output = 0 }
"2".high = { next = "2", output = 1 }
"""
CSV = """state,symbol,input,next,output
0,low,-1..0.5,0,0
0,high,0.8..2,1,0
1,low,-1..0.5,0,0
1,high,0.8..2,2,1
2,low,-1..0.5,0,0
2,high,0.8..2,2,1
"""


@pytest.mark.parametrize(("name", "content"), [("alarm.toml", TOML), ("alarm.csv", CSV)])
def test_a_file_says_the_same(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    read = read_machine(tmp_path / name)
    for array in ("symbols", "ends", "next", "outputs"):
        np.testing.assert_array_equal(getattr(read, array), getattr(ALARM, array))
    assert (read.state_names, read.symbol_names) == (ALARM.state_names, ALARM.symbol_names)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.toml", TOML.replace("[[-1, 0.5]]", "[[0.5, -1]]"), 'symbol "low": an interval begins below its end'),
        ("a.toml", TOML.replace("[[-1, 0.5]]", "[[0, 0.2, 0.5]]"), 'symbol "low": expected a number or the two ends'),
        ("a.toml", TOML.replace("[[-1, 0.5]]", "[[]]"), 'symbol "low": expected a number or the two ends'),
        ("a.toml", TOML.replace("0.5]]", "0.8]]"), 'a.toml: an input could be both "low" and "high"'),
        ("a.csv", CSV.replace("-1..0.5", "0.5..-1"), 'line 2, column "input": an interval begins below its end'),
        ("a.csv", CSV.replace("-1..0.5", "-1..x"), 'line 2, column "input": expected a number'),
        ("a.csv", CSV.replace("-1..0.5", "1..2..3"), 'line 2, column "input": expected a number or the two ends'),
    ],
)
def test_intervals_in_a_file_that_are_none_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=re.escape(message)):
        read_machine(tmp_path / name)


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        ({"a": [(0, 1)], "b": [(1, 2)]}, 'an input could be both "a" and "b"; leave a gap'),
        ({"a": [(0, 1)], "b": [0.5]}, 'an input could be both "a" and "b"'),
        ({"a": [(1, 0)]}, 'symbol "a": an interval needs a lower and an upper end'),
        ({"a": [(0, np.inf)]}, 'symbol "a": an interval needs'),
        ({"a": [np.inf]}, 'symbol "a": expected a number, got inf'),
        ({"a": [10**400]}, 'symbol "a": expected numbers or the two ends of intervals, got 1000'),
        ({"a": [()]}, r'symbol "a": expected numbers or the two ends of intervals, got \(\)'),
        ({"a": [(0, 1, 2)]}, 'symbol "a": expected numbers or the two ends'),
        ({"a": [None]}, 'symbol "a": expected numbers or the two ends of intervals, got None'),
        ({"a": [1j]}, 'symbol "a": expected numbers or the two ends of intervals, got 1j'),
        ({"a": [0], "b": [0, 1]}, "all symbols need input vectors of one length"),
        ({"a": [(0, np.nan)]}, 'symbol "a": an interval needs'),
    ],
)
def test_intervals_that_are_none_are_refused(symbols, message):
    with pytest.raises(ValueError, match=message):
        specify(lambda q, x: (q, 0), 0, symbols)


def test_ends_have_the_shape_of_the_symbols():
    with pytest.raises(ValueError, match=r"ends must be \(2, symbols, features\)"):
        replace(PARITY, ends=np.zeros((2, 2)))


@pytest.mark.parametrize("noise", [-0.1, np.nan, np.inf, "much", 0.5])
def test_noise_that_is_none_is_refused(noise):
    with pytest.raises(ValueError, match=r"input_noise|both"):
        prove(built.elman(PARITY), PARITY, input_noise=noise)


def test_corners_are_tried_and_each_input_once():
    tried = samples(System.of(built.two_unit_adder(), ADDITION.off_by(0.1)), ADDITION.off_by(0.1))
    assert len(tried.of) == 4 * 5
    assert (tried.of[:4] == range(4)).all()
    assert (tried.system.symbols[:4] == ADDITION.symbols).all()
    off = np.abs(tried.system.symbols - ADDITION.symbols[tried.of])[4:]
    assert np.allclose(off, 0.1)
    half = replace(ADDITION, ends=np.stack([ADDITION.symbols, ADDITION.symbols]))
    assert len(samples(System.of(built.two_unit_adder(), half), half).of) == 4
    assert (samples(System.of(built.two_unit_adder(), half), half).variants == np.arange(4)[:, None]).all()
