"""`throughtime train`: what it prints and writes, and what it refuses."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import throughtime as tt
from throughtime.proof.search import Search

SHORT = ("train", "addition", "--steps", 20, "--hidden", 4)


def settings_of(folder):
    return tomllib.loads((Path(folder) / "run.toml").read_text())


def test_prints_header_progress_exactness_folder_and_what_is_next(throughtime):
    outcome = throughtime("train", "addition")
    assert (outcome.status, outcome.err) == (0, "")
    header, *progress, exact, proved, saved, following = outcome.out.splitlines()
    assert header == "addition · 8 bits · Elman, 16 sigmoid units, 321 parameters · seed 0"
    assert len(progress) == 10
    pattern = r"  learning  2000/2000   loss \S+   exact with noise +\d+ %   \d+ steps/s   \d+\.\d s"
    assert re.fullmatch(pattern, progress[-1])
    assert exact == "  exact     all 65 536 pairs of 8-bit numbers are added right"
    pattern = r"  proved    right for numbers of every length \(\d+ sets, found in \S+ s, checked in \S+ s\)"
    assert re.fullmatch(pattern, proved)
    assert saved == "  saved     runs/addition-elman-0"
    assert following == "Next: throughtime add 107 27 · throughtime trace 107 27 · throughtime studio"
    assert throughtime("add", 107, 27).status == 0


def test_json_is_one_document_with_the_true_figures(throughtime):
    outcome = throughtime(*SHORT, "--seed", 3, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    answer = outcome.json
    net = tt.load(answer["out"])
    found = tt.tasks.Addition(bits=8).evaluate(net)
    assert answer["exact"]["checked"] == found.checked == 65536
    assert answer["exact"]["wrong"] == found.wrong > 0
    assert (answer["task"], answer["cell"], answer["steps"], answer["seed"]) == ("addition", "elman", 20, 3)
    assert answer["parameters"] == len(net.parameters)
    assert 0 < answer["seconds_training"] <= answer["seconds_total"]
    assert answer["out"] == "runs/addition-elman-3"
    assert answer["log"]
    for logged in answer["log"]:
        assert set(logged) == {"pair", "error", "a", "b", "predicted", "true"}
        assert logged["true"] == logged["a"] + logged["b"]


def test_quiet_prints_nothing(throughtime):
    assert throughtime(*SHORT, "--quiet") == (0, "", "")


def test_a_network_that_is_not_exact_is_told_but_is_no_failure(throughtime):
    outcome = throughtime(*SHORT)
    assert outcome.status == 0
    assert re.search(r"  wrong     on [\d ]+ of 65 536 pairs of 8-bit numbers, the first:\n", outcome.out)
    assert "Next: throughtime train --resume runs/addition-elman-0 --steps 40 · " in outcome.out


def test_a_folder_is_never_overwritten(throughtime):
    folders = [throughtime(*SHORT, "--json").json["out"] for _ in range(3)]
    assert folders == ["runs/addition-elman-0", "runs/addition-elman-0-2", "runs/addition-elman-0-3"]
    before = Path(folders[0], "model.safetensors").read_bytes()
    refused = throughtime(*SHORT, "--quiet", "--out", folders[0])
    assert refused.status == 2
    assert "holds a run already" in refused.complaint
    assert Path(folders[0], "model.safetensors").read_bytes() == before


def test_commands_that_are_next_name_a_model_elsewhere(throughtime):
    outcome = throughtime(*SHORT, "--out", "an adder")
    assert "throughtime add 107 27 --model 'an adder'" in outcome.out


def test_every_option_reaches_the_run(throughtime):
    outcome = throughtime(
        "train", "multiplication", "--cell", "lstm", "--hidden", 3, "--layers", 2, "--dtype", "float32", "--bits", 9,
        "--option", "factor=5", "--steps", 6, "--batch", 7, "--optimizer", "momentum", "--learning-rate", 0.03,
        "--schedule", "step:2:0.5", "--clip", 2, "--noise", 0.1, "--dropout", 0.2, "--weight-decay", 0.01,
        "--recurrent-dropout", 0.3,
        "--cell-penalty", 0.02, "--window", 4, "--seed", 8, "--out", "run", "--update", "per-batch", "--recipe",
        "default", "--threads", 1, "--quiet",
    )  # fmt: skip
    assert outcome == (0, "", "")
    run = settings_of("run")
    assert run["task"] == {"name": "multiplication", "bits": 9, "factor": 5}
    network = {"cell": "lstm", "hidden": 3, "layers": 2, "dtype": "float32", "bidirectional": False}
    assert run["network"].items() >= network.items()
    wanted = {
        "steps": 6, "batch": 7, "clip": 2.0, "noise": 0.1, "dropout": 0.2, "recurrent_dropout": 0.3,
        "weight_decay": 0.01, "cell_penalty": 0.02,
        "window": 4, "seed": 8, "update": "per batch",
        "optimizer": {"name": "momentum", "learning_rate": 0.03, "momentum": 0.9},
        "schedule": {"name": "step", "every": 2, "factor": 0.5},
    }  # fmt: skip
    assert run["settings"].items() >= wanted.items()
    throughtime("train", "parity", "--bidirectional", "--activation", "tanh", "--steps", 1, "--out", "both", "--quiet")
    assert settings_of("both")["network"].items() >= {"bidirectional": True, "activation": "tanh"}.items()


def test_the_same_seed_gives_the_same_bits_on_one_thread_or_two(throughtime):
    for number in (1, 2):
        throughtime(*SHORT, "--threads", number, "--quiet")
    one, two = (Path(f"runs/addition-elman-0{end}/model.safetensors").read_bytes() for end in ("", "-2"))
    assert one == two


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train"], "say what to train on"),
        (["train", "adition"], "did you mean addition?"),
        (["train", "addition", "--cell", "foo"], '"lstm"'),
        (["train", "addition", "--cell", "lsmt"], "did you mean lstm?"),
        (["train", "addition", "--no-standardise"], "for data files"),
        (["train", "readings.xlsx"], "ends in .csv, .tsv, .txt, .jsonl or .npz"),
        (["train", "addition", "--steps", "many"], "--steps"),
        (["train", "addition", "--steps", -1], "steps must be"),
        (["train", "addition", "--hidden", 0], "hidden must be"),
        (["train", "addition", "--hidden", 10**30], "hidden must be"),
        (["train", "addition", "--hidden", 10**7], "of memory, and"),
        (["train", "addition", "--bits", 1], "bits must be"),
        (["train", "addition", "--threads", 0], "--threads"),
        (["train", "addition", "--seed", -1], "seed must be"),
        (["train", "addition", "--noise", "nan"], "noise must be"),
        (["train", "addition", "--learning-rate", "inf"], "learning_rate must be"),
        (["train", "addition", "--schedule", "step:0"], "schedule must be"),
        (["train", "addition", "--schedule", "sideways"], "schedule must be"),
        (["train", "addition", "--cell", "gru", "--activation", "tanh"], "Elman cells only"),
        (["train", "addition", "--update", "per-step"], "plain gradient descent"),
        (["train", "addition", "--option", "gap"], "--option must be name=value"),
        (["train", "addition", "--option", "gap=3"], 'no option "gap"'),
        (["train", "addition", "--bits", 4, "--option", "bits=5"], "not both"),
        (["train", "recall", "--bits", 4], 'no option "bits"'),
        (["train", "recall", "--option", "noise=loud"], "noise must be a number"),
        (["train", "addition", "--recipe", "classic", "--noise", 0.1], "--noise"),
        (["train", "addition", "--recipe", "classic", "--window", 3], "--window has no effect"),
        (["train", "addition", "--recipe", "classic", "--bits", 9], "--bits 8"),
        (["train", "parity", "--recipe", "classic"], "classic recipe is for addition"),
        (["train", "addition", "--article-log"], "--article-log is for the classic recipe: add --recipe classic"),
        (["train", "nothing.csv"], "nothing.csv"),
        (["train", "nothing.csv", "--bits", 4], "leave out --bits"),
        (["train", "nomodule:Task"], "nomodule could not be imported"),
        (["train", "os:path"], "os:path is no task"),
        (["train", ":"], "could not be imported"),
        (["train", "--resume", "nowhere"], "there is no run in nowhere"),
        (["train", "--resume", "nowhere", "--noise", 1], "leave out --noise"),
        (["train", "--resume", "nowhere", "--option", "gap=3"], "--option"),
        (["train", "addition", "--nonsense"], "--nonsense"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(throughtime, arguments, message):
    outcome = throughtime(*arguments)
    assert outcome.status == 2
    assert message in outcome.complaint
    assert not list(Path("runs").glob("*"))


@pytest.mark.parametrize("arguments", [["--cell", "gru", "--cell-penalty", 1], ["--window", 3, "--bidirectional"]])
def test_what_the_engine_refuses_leaves_no_folder(throughtime, arguments):
    outcome = throughtime("train", "addition", "--quiet", *arguments)
    assert outcome.status == 2
    assert outcome.complaint
    assert not list(Path("runs").glob("*"))


def test_what_takes_too_much_memory_is_told_in_one_line(throughtime):
    outcome = throughtime("train", "addition", "--quiet", "--batch", 10**12)
    assert outcome.status == 2
    assert "of memory, and" in outcome.complaint


def test_a_loss_that_is_not_finite_is_told_with_the_step_and_advice(throughtime):
    outcome = throughtime(
        "train", "addition", "--activation", "relu", "--optimizer", "gradient-descent", "--learning-rate", 1e200,
        "--quiet"
    )  # fmt: skip
    assert outcome.status == 1
    assert re.search(
        r"loss at step \d+ .*norm.*lower the learning rate.*saved in runs/addition-elman-0", outcome.complaint
    )
    assert np.isfinite(tt.load("runs/addition-elman-0").parameters).all()


@pytest.mark.parametrize(("code", "message"), [(errno.ENOSPC, "make room"), (errno.EACCES, "Permission denied")])
def test_a_full_disk_is_told_in_one_line(throughtime, monkeypatch, code, message):
    def full(descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    outcome = throughtime(*SHORT, "--quiet")
    assert outcome.status == 2
    assert message in outcome.complaint
    assert "runs/addition-elman-0" in outcome.complaint


def test_a_folder_that_cannot_be_made_is_told_in_one_line(throughtime, here):
    (here / "runs").write_text("not a folder")
    outcome = throughtime(*SHORT)
    assert outcome.status == 2
    assert "--out" in outcome.complaint
    assert throughtime(*SHORT, "--quiet", "--out", "runs/inside").status == 2


def test_resume_takes_a_run_further(throughtime):
    throughtime(*SHORT, "--quiet", "--out", "whole", "--noise", 0)
    throughtime("train", "addition", "--hidden", 4, "--steps", 10, "--noise", 0, "--quiet", "--out", "parts")
    outcome = throughtime("train", "--resume", "parts", "--steps", 20)
    assert outcome.status == 0
    assert outcome.out.startswith("addition · 8 bits · Elman, 4 sigmoid units, 33 parameters · seed 0\n")
    whole, parts = (Path(folder, "model.safetensors").read_bytes() for folder in ("whole", "parts"))
    assert whole == parts
    assert "20 steps already" in throughtime("train", "--resume", "parts", "--steps", 5).complaint
    assert "leave out the task" in throughtime("train", "parity", "--resume", "parts").complaint
    assert throughtime("train", "addition", "--resume", "parts", "--json").json["steps"] == 20


def test_a_damaged_run_cannot_be_resumed_and_runs_no_code(throughtime):
    throughtime(*SHORT, "--quiet", "--out", "run")
    described = Path("run/run.toml").read_text()
    for damage in ("[[[", "a=" + "[" * 10**5, "task = 3", '[task]\nname = "os:getcwd"\n', "\0", ""):
        Path("run/run.toml").write_text(damage)
        outcome = throughtime("train", "--resume", "run")
        assert outcome.status == 2
        assert "run" in outcome.complaint or "nested" in outcome.complaint
    Path("run/run.toml").write_text(described)
    Path("run/checkpoint.safetensors").write_bytes(b"")
    assert "checkpoint" in throughtime("train", "--resume", "run").complaint


TASK = """
import numpy as np
from throughtime.batch import Batch
from throughtime.tasks.task import sampled

class Echo:
    name, inputs, outputs, readout, loss, output, machine = "echo", 1, 1, "sigmoid", "squared", "every step", None

    def __init__(self, length=5):
        self.length = length

    def sample(self, rng, batch):
        if self.length > 9:
            raise ZeroDivisionError("too long for me")
        x = rng.integers(2, size=(batch, self.length, 1)).astype(float)
        return Batch(x, x)

    def right(self, y, batch):
        return (abs(y - batch.y) < 0.5).all((1, 2))

    def render(self, x, y):
        return "  echo"

    def evaluate(self, net, samples=1000, seed=0):
        return sampled(self, net, samples, seed)
"""


def test_a_task_of_ones_own_is_found_in_the_current_folder(throughtime, here):
    (here / "mine.py").write_text(TASK)
    arguments = ("train", "mine:Echo", "--steps", 30, "--hidden", 4, "--cell", "elman")
    outcome = throughtime(*arguments, "--option", "length=3")
    assert outcome.status == 0
    assert "Next: throughtime train mine:Echo --option=length=3 --resume" in outcome.out
    again = throughtime("train", "mine:Echo", "--option=length=3", "--resume", "runs/echo-elman-0", "--steps", 40)
    assert again.status == 0
    assert "module:object" in throughtime("train", "--resume", "runs/echo-elman-0").complaint
    assert throughtime("trace", "--task", "mine:Echo").status == 0
    assert throughtime("info", "--json").json["training"]["step"] == 40
    failed = throughtime(*arguments, "--option", "length=10", "--quiet")
    assert failed.status == 2
    assert "ZeroDivisionError: too long for me" in failed.complaint
    assert "mine.py, line " in failed.complaint


def write_csv(path, target):
    rng = np.random.default_rng(0)
    rows = ["sequence,time,x1,x2,y"]
    for sequence in range(30):
        x = rng.standard_normal((6, 2))
        rows += [f"{sequence},{t},{x[t, 0]},{x[t, 1]},{target(x[: t + 1])}" for t in range(6)]
    Path(path).write_text("\n".join(rows))


def test_a_data_file_of_classes_is_learned_and_checked(throughtime):
    write_csv("signs.csv", lambda x: int(x[-1, 0] > 0))
    outcome = throughtime("train", "signs.csv", "--steps", 300, "--hidden", 8, "--learning-rate", 0.05)
    assert outcome.status == 0
    header, inputs, targets, functions = outcome.out.splitlines()[:4]
    assert header.startswith("signs.csv · 30 sequences · LSTM, 8 units, ")
    assert inputs == "  inputs    x1, x2, standardised"
    assert targets == "  targets   y: 0 or 1, at every step"
    assert functions == "            sigmoid readout, binary cross entropy loss"
    assert "  exact     all 30 sequences are answered right\n" in outcome.out
    assert settings_of("runs/signs-lstm-0")["network"]["loss"] == "binary_cross_entropy"
    assert throughtime("evaluate", "--data", "signs.csv").status == 0
    assert "give the same file" in throughtime("train", "--resume", "runs/signs-lstm-0").complaint
    assert throughtime("train", "signs.csv", "--resume", "runs/signs-lstm-0", "--steps", 301).status == 0


def test_a_data_file_of_real_numbers_is_judged_by_its_error(throughtime):
    write_csv("sums.csv", lambda x: x.sum())
    outcome = throughtime("train", "sums.csv", "--steps", 20, "--hidden", 4)
    assert re.search(r"  error     root mean square \S+ over 30 sequences; always the mean: \S+\n", outcome.out)
    answer = throughtime(
        "train", "sums.csv", "--steps", 20, "--hidden", 4, "--option", "output=last step", "--json"
    ).json
    assert answer["exact"] is None
    assert answer["root_mean_square"] > 0
    assert settings_of(answer["out"])["network"]["output"] == "last step"
    for option in ("output=last", "colour=red"):
        assert throughtime("train", "sums.csv", "--option", option).status == 2


def test_one_of_several_classes_gets_a_softmax(throughtime):
    rng = np.random.default_rng(0)
    np.savez("kinds.npz", x=rng.standard_normal((20, 4, 3)), y=np.eye(3)[rng.integers(3, size=20)])
    throughtime("train", "kinds.npz", "--steps", 5, "--hidden", 4, "--quiet")
    assert settings_of("runs/kinds-lstm-0")["network"]["readout"] == "softmax"
    write_csv("other.csv", lambda x: 0)
    outcome = throughtime("evaluate", "--data", "other.csv")
    assert outcome.status == 2
    assert "expected the inputs x0, x1, x2, as in what the network learned from, got x1, x2" in outcome.complaint


CLASSIC = {
    "per-batch": [
        "3.45638663", "3.63389116", "3.91366595", "3.72191702", "3.5852713", "2.53352328", "0.57691441", "1.42589952",
        "0.47477457", "0.21595037",
    ],
    "per-step": [
        "3.45638663", "3.63415232", "3.91209704", "3.72247466", "3.57577557", "2.51239693", "0.58530627", "1.42261125",
        "0.43115219", "0.1969151",
    ],
}  # fmt: skip
SUMS = [(9, 60), (28, 35), (116, 44), (4, 73), (71, 11), (81, 113), (81, 0), (4, 125), (39, 17), (11, 3)]
PREDICTED = [1, 255, 72, 223, 8, 162, 81, 129, 56, 14]


@pytest.fixture
def hurried(monkeypatch):
    """What was trained without noise has no proof; do not look for one for long."""
    monkeypatch.setattr("throughtime.cli.training.PROOF_BUDGET", 0.1)


@pytest.mark.usefixtures("hurried")
def test_the_classic_recipe_prints_the_published_log(throughtime):
    outcome = throughtime("train", "addition", "--recipe", "classic")
    assert outcome.status == 0
    rows = [row.split() for row in outcome.out.splitlines()[2:12]]
    assert [row[1] for row in rows] == CLASSIC["per-batch"]
    assert [(int(row[2]), int(row[4])) for row in rows] == SUMS
    assert [int(row[5]) for row in rows] == PREDICTED
    assert [int(row[6]) for row in rows] == [a + b for a, b in SUMS]
    assert "  exact     all 65 536 pairs of 8-bit numbers are added right\n" in outcome.out
    assert throughtime("add", 107, 27).status == 0
    assert throughtime("evaluate", "--bits", 7).status == 0
    assert "classic recipe" in throughtime("train", "--resume", "runs/addition-elman-0").complaint


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("update", ["per-batch", "per-step"])
def test_the_classic_log_to_eight_digits_as_json(throughtime, update):
    outcome = throughtime("train", "addition", "--recipe", "classic", "--update", update, "--json").json
    assert [f"{logged['error']:.8f}".rstrip("0") for logged in outcome["log"]] == CLASSIC[update]
    assert [logged["pair"] for logged in outcome["log"]] == list(range(0, 10_000, 1000))
    assert [(logged["a"], logged["b"]) for logged in outcome["log"]] == SUMS


@pytest.mark.usefixtures("hurried")
def test_the_classic_log_in_the_form_of_the_article(throughtime):
    """As our plain NumPy program of the lesson prints it, but for the article's brackets and lines."""
    outcome = throughtime("train", "addition", "--recipe", "classic", "--article-log")
    program = Path(tt.__file__).parent / "studio" / "page" / "lesson" / "classic.py"
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True, timeout=60)
    log = outcome.out[outcome.out.index("Error:") : outcome.out.rindex("------------")]
    lines = [line.translate(str.maketrans("", "", "[]")) for line in log.splitlines()]
    plain = [line.replace(":", ": ") for line in lines if not line.startswith("-")]
    assert plain == done.stdout.splitlines()
    assert "Error:[3.45638663]\nPred:[0 0 0 0 0 0 0 1]\nTrue:[0 1 0 0 0 1 0 1]\n9 + 60 = 1\n------------" in outcome.out
    assert "all 65 536 pairs of 8-bit numbers are added right" in outcome.out


def test_the_classic_recipe_allows_what_it_is(throughtime):
    outcome = throughtime(
        "train", "addition", "--recipe", "classic", "--bits", 8, "--cell", "elman", "--batch", 1, "--steps", 5,
        "--quiet"
    )  # fmt: skip
    assert outcome == (0, "", "")


def test_addition_of_three_numbers_and_in_both_directions(throughtime):
    outcome = throughtime("train", "addition", "--option", "operands=3", "--bits", 4, "--steps", 5)
    assert "sets of 3 4-bit numbers" in outcome.out
    assert "throughtime add 107 27 56" in outcome.out
    assert throughtime("add", 1, 2, 3).status in (0, 1)
    assert throughtime("train", "addition", "--bidirectional", "--steps", 5, "--quiet") == (0, "", "")
    assert throughtime("evaluate", "--samples", 10).status == 1


@pytest.mark.long
def test_until_proved_says_the_verdict_on_each_round_and_takes_up_a_run(throughtime):
    how = ("--bits", 6, "--steps", 400, "--batch", 32, "--learning-rate", 0.02, "--seed", 1)
    outcome = throughtime("train", "addition", *how, "--until-proved", "--out", "proved")
    assert (outcome.status, outcome.err) == (0, "")
    rounds = re.findall(r"^  round (\d+) +(\w+) +(\w+)", outcome.out, re.MULTILINE)
    assert [said[:2] for said in rounds] == [(str(n + 1), said[1]) for n, said in enumerate(rounds)]
    assert rounds[0] == ("1", "refuted", "wrong")
    assert re.search(r"^  proved    right for numbers of every length", outcome.out, re.MULTILINE)
    assert throughtime("prove", "proved").status == 0

    assert throughtime("train", "addition", *how, "--out", "plain").status == 0
    outcome = throughtime("train", "--resume", "plain", "--until-proved", "--json")
    assert outcome.status == 0
    assert outcome.json["rounds"] == [said[1] for said in rounds] + ["proved"]
    assert (tt.load("plain").parameters == tt.load("proved").parameters).all()


def test_a_run_that_learns_from_its_errors_goes_on_so_or_not_at_all(throughtime):
    """With the words of its task alone it would not come to the bits that it was cut from."""
    assert throughtime("train", *SHORT[1:], "--out", "run").status == 0
    task = tt.tasks.Addition()
    with pytest.raises(RuntimeError, match="killed"):
        tt.resume_until_proved("run", task, budget=0.0, callbacks=[killed_in_the_second_round()])
    outcome = throughtime("train", "--resume", "run", "--steps", 40)
    assert outcome.status == 2
    assert "give --until-proved too" in outcome.complaint
    with pytest.raises(ValueError, match="use resume_until_proved"):
        tt.resume("run", steps=40)


@pytest.mark.long
def test_what_is_next_after_rounds_without_a_proof_is_more_of_them(throughtime):
    outcome = throughtime(*SHORT, "--until-proved", "--out", "run")
    assert outcome.status == 1
    assert "Next: throughtime train --resume run --until-proved · " in outcome.out


def test_what_is_next_where_all_words_of_the_tasks_length_are_right_and_a_longer_one_is_not(throughtime, monkeypatch):
    machine = tt.tasks.Parity().machine
    wrong = tt.Refuted(machine, (1, 1), np.ones((2, 1)), (0,), (1.0,), "odd", True, 0.0)
    monkeypatch.setattr(Search, "verdict", lambda search: wrong)
    outcome = throughtime("train", "parity", "--bits", 1, "--steps", 200, "--until-proved", "--out", "run")
    assert outcome.status == 1
    assert outcome.out.startswith("parity · 1 bit · ")
    assert "all 2 words of 1 bit are answered right" in outcome.out
    assert "  exact     " in outcome.out
    assert "Next: throughtime train --resume run --until-proved · " in outcome.out


def killed_in_the_second_round():
    rounds = []

    def callback(run):
        rounds.append(run.step)
        if len(rounds) > 1 and rounds[-1] <= rounds[-2]:
            raise RuntimeError("killed")

    return callback


FEW = ("train", "parity", "--steps", 5, "--hidden", 2, "--seed", 3, "--out", "run")


@pytest.mark.parametrize(("verdict", "status"), [("refuted", 1), ("unknown", 3)])
@pytest.mark.parametrize("resumed", [False, True])
def test_training_until_proved_that_ends_without_a_proof_has_the_status_of_prove(
    throughtime, monkeypatch, verdict, status, resumed
):
    """A script that asked for a proof went on with a network that was refuted."""
    machine = tt.tasks.Parity().machine
    found = {
        "refuted": tt.Refuted(machine, (1,), np.ones((1, 1)), (1,), (0.0,), "even", True, 0.0),
        "unknown": tt.Unknown(machine, "the budget is spent", 3, None, 0, "", "", 0.0),
    }[verdict]
    if resumed:
        assert throughtime(*FEW).status == 0
    monkeypatch.setattr(Search, "verdict", lambda search: found)
    outcome = throughtime(*(("train", "--resume", "run") if resumed else FEW), "--until-proved", "--json")
    assert outcome.status == status
    assert outcome.json["rounds"] == [verdict] * 12
    assert outcome.json["proof"]["verdict"] == verdict


def test_a_network_that_the_last_round_lost_is_said_to_be_an_earlier_ones(throughtime, monkeypatch):
    machine = tt.tasks.Parity().machine
    right = tt.Unknown(machine, "no error found", 30, None, 0, "", "", 0.0)
    wrong = tt.Refuted(machine, (1,), np.ones((1, 1)), (1,), (0.0,), "even", True, 0.0)
    verdicts = iter([right, *[wrong] * 11, right])
    monkeypatch.setattr(Search, "verdict", lambda search: next(verdicts))
    outcome = throughtime(*FEW, "--until-proved")
    assert outcome.status == 3
    assert "  round 12  refuted" in outcome.out
    assert (
        "  note      the last round lost what an earlier one had learned: the network is that one's\n  undecided"
        in (outcome.out)
    )
    assert throughtime(*FEW[:-1], "first").status == 0
    assert (tt.load("run").parameters == tt.load("first").parameters).all()


def test_training_until_proved_succeeds_with_the_proof(throughtime):
    outcome = throughtime("train", "addition", "--until-proved", "--json")
    assert (outcome.status, outcome.json["rounds"]) == (0, ["proved"])


def test_rounds_that_go_on_say_the_seed_that_was_asked_for(throughtime):
    """Not that of the round, which follows from it."""
    first = throughtime(*FEW, "--until-proved", "--json")
    assert settings_of("run")["settings"]["seed"] != first.json["seed"] == 3
    again = throughtime("train", "--resume", "run", "--until-proved")
    assert again.out.splitlines()[0].endswith("· seed 3")


def test_until_proved_is_for_what_can_be_proved(throughtime):
    outcome = throughtime("train", "recall", "--until-proved", "--out", "run")
    assert outcome.status == 2
    assert "recall is no finite machine" in outcome.err
    assert not Path("run").exists()
    assert throughtime("train", *SHORT[1:], "--out", "run").status == 0
    outcome = throughtime("train", "--resume", "run", "--until-proved", "--steps", 30)
    assert outcome.status == 2
    assert "leave out --steps" in outcome.err


def test_line_ends_in_a_line_of_a_report_are_written_out(throughtime):
    outcome = throughtime("train", "parity", "--steps", 0, "--hidden", 2, "--out", "run\n  proved    all")
    assert "\n  saved     run\\n  proved    all\n" in outcome.out
