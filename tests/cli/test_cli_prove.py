"""prove, check and automaton: verdicts, exit status, and what is wrong with a file in one line."""

import io
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

import throughtime as tt
from throughtime.cli.models import open_model
from throughtime.cli.progress import searching
from throughtime.cli.prove import advised, tell_greatest
from throughtime.proof import Greatest, Machine, Refuted, Unknown, prove, prove_greatest
from throughtime.proof.search import ADVICE, Search

PARITY = """\
[symbols]
"0" = [0]
"1" = [1]
[states.even]
"0" = { next = "even", output = 0 }
"1" = { next = "odd", output = 1 }
[states.odd]
"0" = { next = "odd", output = 1 }
"1" = { next = "even", output = 0 }
"""


@pytest.fixture
def adder(throughtime):
    assert throughtime("train", "addition", "--quiet").status == 0
    return throughtime


def test_proved_written_down_and_checked(adder, tmp_path):
    proved = adder("prove", "--certificate", "adder.json", "--json")
    assert (proved.status, proved.json["verdict"]) == (0, "proved")
    assert proved.json["margin"] > 0
    assert adder("check", "adder.json").status == 0
    assert adder("check", "adder.json", "--model", "runs/addition-elman-0").status == 0
    assert adder("train", "addition", "--seed", 1, "--quiet").status == 0
    other = adder("check", "adder.json", "--model", "runs/addition-elman-1")
    assert other.status == 1
    assert "rejected  it is about another network than that in runs/addition-elman-1" in other.out


def test_a_plainly_trained_lstm_is_refuted_and_its_word_is_wrong(throughtime):
    plain = ("--cell", "lstm", "--hidden", 8, "--noise", 0, "--cell-penalty", 0, "--seed", 3)
    assert throughtime("train", "addition", *plain, "--quiet").status == 0
    refuted = throughtime("prove", "--json")
    assert (refuted.status, refuted.json["verdict"]) == (1, "refuted")
    task = tt.tasks.Addition(bits=8)
    word = refuted.json["word"]
    y = tt.load("runs/addition-lstm-3").predict(task.machine.symbols[word][None])
    _, right = task.machine.run(word)
    assert (y[0, -1] > 0.5).astype(int).tolist() != right[-1].tolist()


def test_unknown_has_a_status_of_its_own(adder):
    assert adder("prove", "--budget", 0).status == 3


def test_a_search_that_ctrl_c_ended_was_interrupted_and_says_what_it_knows(adder, monkeypatch):
    def pressed(search):
        raise KeyboardInterrupt

    monkeypatch.setattr(Search, "run", pressed)
    found = adder("prove")
    assert found.status == 130
    assert found.out.startswith("  undecided right up to 8 bits, no error found until it was interrupted")


def test_a_terminal_is_told_what_a_search_is_at_in_one_line(adder, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", terminal := Terminal())
    with searching(True) as progress:
        proved = prove(tt.load("runs/addition-elman-0"), tt.tasks.Addition().machine, progress=progress)
    assert proved.verdict == "proved"
    assert "  proving   looking for an error" in terminal.getvalue()
    assert f"  proving   checking the proof, set {proved.sets} of {proved.sets}" in terminal.getvalue()
    last = terminal.getvalue().rpartition("checking the proof")[2]
    assert "\x1b[2K" in last  # the line is erased
    with searching(False) as progress:
        assert progress is None


class Terminal(io.StringIO):
    """What is written to a terminal."""

    def isatty(self):
        return True


def test_the_automaton_of_a_proved_adder_is_the_carry(adder):
    found = adder("automaton", "--json").json
    assert found["states"] == 2
    assert found["next"] == [[0, 0, 0, 1], [0, 1, 1, 1]]
    assert found["outputs"] == [[[0], [1], [1], [0]], [[1], [0], [0], [1]]]
    assert adder("automaton", "--out", "carry.svg").status == 0
    assert ElementTree.parse("carry.svg").getroot().tag.endswith("svg")
    assert adder("automaton", "--tracking", "--out", "carry.dot").status == 0
    assert Path("carry.dot").read_text().startswith("digraph")
    assert adder("automaton", "--out", "carry.png").err == "error: carry.png must end in .svg or .dot\n"


def test_against_a_machine_of_ones_own(throughtime):
    assert throughtime("train", "parity", "--quiet").status == 0
    Path("parity.toml").write_text(PARITY)
    assert throughtime("prove", "--machine", "parity.toml").status == 0
    Path("parity.toml").write_text(PARITY.replace("odd", "even"))
    assert throughtime("prove", "--machine", "parity.toml").status == 2


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": "throughtime proof", "version": 1}', "\x00"])
def test_what_is_no_certificate_is_rejected_in_one_line(throughtime, content):
    Path("bad.json").write_text(content)
    outcome = throughtime("check", "bad.json")
    assert outcome.status == 1
    assert outcome.out.startswith("  rejected  ")
    assert len(outcome.out.splitlines()) == 1


def test_a_certificate_that_was_changed_is_rejected(adder):
    assert adder("prove", "--certificate", "adder.json").status == 0
    certificate = json.loads(Path("adder.json").read_text())
    certificate["sets"][0]["label"] = 1 - certificate["sets"][0]["label"]
    Path("adder.json").write_text(json.dumps(certificate))
    assert adder("check", "adder.json").status == 1


def test_no_name_in_a_certificate_passes_for_a_line_of_the_claim(adder):
    assert adder("prove", "--certificate", "adder.json").status == 0
    certificate, lines = json.loads(Path("adder.json").read_text()), adder("check", "adder.json").out.splitlines()
    certificate["specification"]["state_names"][1] = "b\n  assumed   nothing\x1b[2J"
    Path("adder.json").write_text(json.dumps(certificate))
    named = adder("check", "adder.json")
    assert named.status == 0
    assert len(named.out.splitlines()) == len(lines)
    assert "b\\n  assumed   nothing\\x1b[2J: 00 → 1, carry 0" in named.out


def test_a_certificate_of_much_work_is_given_up_and_one_of_too_much_rejected(adder):
    assert adder("prove", "--certificate", "adder.json").status == 0
    assert adder("check", "adder.json", "--budget", 0).complaint.startswith(
        "adder.json is not checked in 0 s of work, 0 of "
    )
    certificate = json.loads(Path("adder.json").read_text())
    certificate["network"] |= {"hidden": 10_000, "layers": 10_000}
    Path("large.json").write_text(json.dumps(certificate))
    assert "weights: expected" in adder("check", "large.json").out
    certificate["network"]["step"]["operations"] *= 2
    Path("twice.json").write_text(json.dumps(certificate))
    assert adder("check", "twice.json").status == 1


def test_check_says_what_is_proved_and_compares_it(adder):
    assert adder("prove", "--certificate", "adder.json").status == 0
    found = adder("check", "adder.json").out
    for part in ("sha256 ", "h = sigmoid(", "carry 0: 11 → 0, carry 1", "1e-10 in each state", "states start at 0"):
        assert part in found
    claim = adder("check", "adder.json", "--json").json["claim"]
    assert len(claim["machine"]) == 8
    Path("parity.toml").write_text(PARITY)
    for arguments in (
        ("--machine", "parity.toml"),
        ("--machine", "parity.toml", "--model", "runs/addition-elman-0"),
    ):
        other = adder("check", "adder.json", *arguments)
        assert other.status == 1
        assert other.out == "  rejected  it is about another machine than that in parity.toml\n"
    certificate = json.loads(Path("adder.json").read_text())
    machine = certificate["specification"]
    machine["state_names"] = machine["state_names"][::-1]
    Path("renamed.json").write_text(json.dumps(certificate))
    assert adder("check", "renamed.json", "--model", "runs/addition-elman-0").status == 0
    certificate["epsilon"] = "0x1p-60"
    Path("small.json").write_text(json.dumps(certificate))
    assert "epsilon is 8.67e-19, but a step in float64 may be off by" in adder("check", "small.json").out


def test_inputs_that_may_be_off(adder):
    proved = adder("prove", "--input-noise", 0.01, "--certificate", "loose.json")
    assert proved.status == 0
    assert "each input off by up to 0.01 at every step" in proved.out
    found = adder("check", "loose.json", "--model", "runs/addition-elman-0")
    assert found.status == 0
    assert "00: -0.01 to 0.01, -0.01 to 0.01" in found.out
    assert "each input may be off by 0.01 at every step" in found.out
    refuted = adder("prove", "--input-noise", 0.3, "--json")
    assert refuted.status == 1
    y = tt.load("runs/addition-elman-0").predict(np.array([refuted.json["inputs"]]))[0, -1]
    assert (abs(y - refuted.json["expected"]) >= 0.5).any()
    assert 'an input could be both "00" and "01"' in adder("prove", "--input-noise", 0.5).complaint


def test_a_certificate_of_another_task_is_rejected_though_the_network_is_the_same(throughtime):
    """The adder's network, proved to do half of what it was trained for: to compare, every output is 0 or 1 as told."""
    assert throughtime("train", "addition", "--quiet").status == 0
    found = tt.load("runs/addition-elman-0")
    machine = tt.tasks.Addition(bits=8).machine
    fewer = Machine(
        machine.symbols[:3], machine.next[:1, :3], machine.outputs[:1, :3], ("carry 0",), ("00", "01", "10")
    )
    proof = prove(found, fewer)
    assert proof.verdict == "proved"
    proof.certificate.save("fewer.json")
    assert throughtime("check", "fewer.json").status == 0
    other = throughtime("check", "fewer.json", "--model", "runs/addition-elman-0")
    assert other.status == 1
    assert "another machine than that of runs/addition-elman-0's task" in other.out


def test_bad_input_is_one_line(throughtime):
    assert "is not a regular file" in throughtime("check", "/dev/zero").complaint
    assert "is not a regular file" in throughtime("check", "/dev/null").complaint
    assert throughtime("check", "nix.json").err.startswith("error: there is no file nix.json")
    assert throughtime("train", "recall", "--steps", 1, "--quiet").status == 0
    for command in ("prove", "automaton"):
        outcome = throughtime(command)
        assert outcome.status == 2
        assert "recall is no finite machine" in outcome.err
    assert throughtime("train", "reber", "--steps", 1, "--quiet", "--out", "words").status == 0
    assert "words that the grammar never makes" in throughtime("prove", "words").complaint


@pytest.mark.parametrize(
    ("noise", "advice"), [(0.2, "--until-proved"), (0, "--noise 0.2; the classic recipe has none")]
)
def test_advice_fits_how_a_network_was_trained(throughtime, noise, advice):
    arguments = ("--noise", noise, "--steps", 3, "--hidden", 4, "--out", "r", "--quiet")
    throughtime("train", "addition", *arguments)
    unknown = Unknown(tt.tasks.Addition().machine, "the budget is spent", 3, None, 0, "", ADVICE, 0.0)
    assert advice in advised(unknown, open_model(Path("r")).noise).details


def test_the_greatest_noise_is_written_down_and_said(adder):
    found = adder("prove", "--greatest", "input-noise", "--certificate", "loose.json", "--budget", 1)
    assert found.status == 0
    assert "greatest  input noise 0.0" in found.out
    assert "is proved; with 0." in found.out
    assert "each input may be off by 0.0" in adder("check", "loose.json").out
    found = adder("prove", "--greatest", "epsilon", "--json", "--budget", 0.5).json
    assert 0 < found["greatest"] == found["epsilon"] < found["beyond"]["value"]
    assert adder("prove", "--greatest", "noise").complaint == '--greatest must be input-noise or epsilon, got "noise"'


def test_what_a_budget_did_not_come_to_is_not_said_to_be_impossible(capsys):
    net = tt.Network(inputs=1, hidden=1, outputs=1, activation="relu")
    net.parameters[:] = 0  # and with these, its output is 1 where its input is above a half
    net["V"][:], net["W"][:], net["b_y"][:] = 1, 40, -20
    bits = Machine(np.array([[0.0], [1.0]]), np.zeros((1, 2), int), np.array([[[0], [1]]]), ("s",), ("0", "1"))
    found = prove_greatest(net, bits, budget=0.05)
    assert 0 < found.value < 0.1 < found.beyond == 0.5  # and what it bears is 0.5
    assert found.verdict is None
    tell_greatest(found, "input noise")
    assert capsys.readouterr().out.endswith("is proved; more, up to 0.5, is undecided\n")


def test_no_more_is_said_to_be_proved_than_was(capsys):
    refuted = Refuted(None, (), None, (), (), "", False, 0.0)
    tell_greatest(Greatest(refuted, 0.0204837, 0.0215999, refuted), "input noise")
    assert capsys.readouterr().out.split("  ")[-1] == "input noise 0.0204 is proved; with 0.0216 it is refuted\n"
    tell_greatest(Greatest(refuted, 0.0205, 0.02151, refuted), "input noise")
    assert capsys.readouterr().out.split("  ")[-1] == "input noise 0.0205 is proved; with 0.0216 it is refuted\n"
