"""`add`, `evaluate`, `trace`, `tasks` and `info`, and what every command has in common."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

import throughtime as tt
from throughtime.cli.shell import Failure
from throughtime.cli.values import named_values, whole_number
from throughtime.weights.files import save_network

COMMANDS = ("train", "add", "evaluate", "trace", "cells", "tasks", "info", "warmup")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(throughtime, command):
    outcome = throughtime(command, "--help")
    assert (outcome.status, outcome.err) == (0, "")
    assert re.search(rf"Examples?:\n +throughtime {command}", outcome.out)
    assert "--json" in outcome.out


@pytest.mark.parametrize(
    "command", [*COMMANDS, "automaton", "check", "export", "export-html", "lesson", "prove", "studio"]
)
def test_help_says_one_default_of_an_option(throughtime, command):
    assert not re.search(r"\[default: [^\]]*\]\s+\[default:", throughtime(command, "--help").out)


def test_the_lesson_is_saved_where_there_is_a_folder(throughtime):
    assert (
        throughtime("lesson", "--out", "missing/lesson.html").complaint == "there is no folder missing for lesson.html"
    )
    assert not Path("missing").exists()


def test_help_lists_the_commands(throughtime):
    for arguments in ([], ["--help"], ["-h"]):
        outcome = throughtime(*arguments)
        assert outcome.status == 0
        assert all(f"\n  {command} " in outcome.out for command in COMMANDS)
        assert "Example:" in outcome.out
    assert throughtime("--version").out == "throughtime 0.1.0\n"
    assert "no such command" in throughtime("nonsense").complaint
    assert "--nonsense" in throughtime("--nonsense").complaint


# add


def test_adds_as_one_writes_it(throughtime, adder_file):
    outcome = throughtime("add", 107, 27, "--model", adder_file)
    assert outcome.status == 0
    assert outcome.out == (
        "  carry    1 1 1 1 0 1 1 0\n"
        "    107    0 1 1 0 1 0 1 1\n"
        "  +  27    0 0 0 1 1 0 1 1\n"
        "  = 134    1 0 0 0 0 1 1 0      right\n"
    )


def test_adds_as_json(throughtime, adder_file):
    assert throughtime("add", 107, 27, "--model", adder_file, "--json").json == {
        "numbers": [107, 27],
        "predicted": 134,
        "true": 134,
        "right": True,
        "first_wrong_bit": None,
        "model": adder_file,
    }


@pytest.mark.parametrize("digits", [30, 5000, 20_000])
def test_adds_numbers_of_any_size(throughtime, adder_file, digits):
    a, b = "7" * digits, "5" * digits
    outcome = throughtime("add", a, b, "--model", adder_file)
    assert outcome.status == 0
    total = "1" + "3" * (digits - 1) + "2"
    assert f"= {total}" in outcome.out
    document = throughtime("add", a, b, "--model", adder_file, "--json").out
    assert f'"predicted": {total},' in document


def test_a_wrong_sum_is_told_and_is_status_1(throughtime, forgetful):
    outcome = throughtime("add", 107, 27, "--model", forgetful)
    assert outcome.status == 1
    assert "wrong" in outcome.out
    assert "is right" in outcome.out
    answer = throughtime("add", 107, 27, "--model", forgetful, "--json")
    assert answer.status == 1
    assert answer.json["right"] is False
    assert answer.json["predicted"] != answer.json["true"] == 134
    first = answer.json["first_wrong_bit"]
    assert (answer.json["predicted"] ^ 134) & -(answer.json["predicted"] ^ 134) == 1 << first
    assert "wrong from bit" in throughtime("add", "9" * 200, 1, "--model", forgetful).out


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (["-3", "5"], "-3 is negative"),
        (["--", "-3", "5"], "-3 is negative"),
        (["5", "-15"], "-15 is negative"),
        (["-9" + "9" * 5000, "1"], "negative"),
        (["a", "b"], '"a" is no whole number'),
        (["1.5", "2"], '"1.5"'),
        (["", "2"], '""'),
        (["1_000", "2"], '"1_000"'),
        (["١", "2"], "no whole number"),
        (["1e3", "2"], '"1e3"'),
        (["9" * 100_001, "1"], "more than 100000 digits"),
        (["--modle", "x", "1"], "no option --modle"),
        (["1"], "2 numbers at once, got 1"),
        (["1", "2", "3"], "--option operands=3"),
        ([], "missing argument"),
    ],
)
def test_what_is_no_sum_is_refused_in_one_line(throughtime, adder_file, numbers, message):
    outcome = throughtime("add", "--model", adder_file, *numbers)
    assert outcome.status == 2
    assert message in outcome.complaint
    assert len(outcome.complaint) < 200


# A model that is none


def damaged(kind):
    """A path that holds no network that adds."""
    path = Path(f"{kind}.safetensors")
    good = Path("adder.safetensors").read_bytes()
    if kind == "directory":
        path.mkdir()
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "truncated":
        path.write_bytes(good[:-40])
    elif kind == "header":
        path.write_bytes(good[:60])
    elif kind == "text":
        path.write_text("not a model" * 100)
    elif kind == "foreign":
        save_file({"weight": np.zeros(3)}, path)
    elif kind == "nested":
        save_file({"weight": np.zeros(3)}, path, {"throughtime": "[" * 100_000})
    elif kind == "shapes":
        save_file(
            {"V": np.zeros(3)}, path, {"throughtime": json.dumps({"holds": "network", "format": 1, "network": {}})}
        )
    return path


DAMAGES = ("missing", "directory", "empty", "truncated", "header", "text", "foreign", "nested", "shapes")


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_model_that_cannot_be_read_is_told_in_one_line(throughtime, adder_file, kind):
    path = damaged(kind)
    for arguments in (["add", 1, 2, "--model"], ["trace", 1, 2, "--model"], ["evaluate"], ["info"]):
        outcome = throughtime(*arguments, path)
        assert outcome.status == 2
        assert str(path) in outcome.complaint or kind == "nested"


@pytest.mark.parametrize(
    ("fields", "task"),
    [
        ({"inputs": 3, "outputs": 2}, None),
        ({"inputs": 2, "outputs": 1, "output": "last step"}, None),
        ({"inputs": 2, "outputs": 1, "readout": "identity"}, None),
        ({"inputs": 1, "outputs": 1}, "parity"),
        ({"inputs": 2, "outputs": 1}, "subtraction"),
    ],
)
def test_a_network_for_something_else_does_not_add(throughtime, fields, task):
    save_network(tt.Network(hidden=3, **fields), "other.safetensors", task)
    outcome = throughtime("add", 1, 2, "--model", "other.safetensors")
    assert outcome.status == 2
    assert "other.safetensors" in outcome.complaint


@pytest.mark.parametrize("arguments", [["add", 1, 2], ["trace", 1, 2], ["evaluate"], ["info"]])
def test_without_a_run_it_is_said_how_to_get_one(throughtime, arguments):
    assert "throughtime train addition" in throughtime(*arguments).complaint


def test_the_newest_run_is_the_one_whose_model_was_written_last(throughtime, adder):
    for age, name in enumerate(("b", "a", "c/d")):
        folder = Path("runs", name)
        folder.mkdir(parents=True)
        save_network(adder, folder / "model.safetensors", "addition")
        os.utime(folder / "model.safetensors", (1000 - age, 1000 - age))
    assert throughtime("add", 1, 2, "--json").json["model"] == "runs/b"
    os.utime("runs/c/d/model.safetensors", (2000, 2000))
    assert throughtime("add", 1, 2, "--json").json["model"] == "runs/c/d"
    assert throughtime("info", "--json").json["path"] == "runs/c/d"


# evaluate


def test_evaluates_all_pairs_or_some(throughtime, adder_file):
    outcome = throughtime("evaluate", adder_file, "--bits", 6)
    assert (outcome.status, outcome.out) == (0, "  exact     all 4 096 pairs of 6-bit numbers are added right\n")
    drawn = throughtime("evaluate", adder_file, "--bits", 40, "--samples", 50)
    assert drawn.out == "  exact     all 50 pairs of 40-bit numbers drawn at random are added right\n"
    answer = throughtime("evaluate", adder_file, "--bits", 5, "--json").json
    assert answer == {
        "model": adder_file, "task": "addition", "bits": 5, "checked": 1024, "wrong": 0, "exhaustive": True,
        "first_wrong": None,
    }  # fmt: skip


def test_a_wrong_network_is_status_1_and_the_first_wrong_sum_is_shown(throughtime, forgetful):
    outcome = throughtime("evaluate", forgetful, "--bits", 3)
    assert outcome.status == 1
    assert re.match(r"  wrong     on \d+ of 64 pairs of 3-bit numbers, the first:\n  carry ", outcome.out)
    answer = throughtime("evaluate", forgetful, "--bits", 3, "--json")
    assert answer.status == 1
    assert 0 < answer.json["wrong"] <= answer.json["checked"] == 64


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bits", 0], "--bits"),
        (["--bits", 10**9], "--bits"),
        (["--samples", 0], "--samples"),
        (["--task", "recall"], "recall has 1 inputs"),
        (["--task", "nonsense"], 'no task "nonsense"'),
        (["--data", "none.csv"], "none.csv"),
        (["--data", "none.csv", "--task", "addition"], "give one of them"),
        (["--option", "output=last step"], "give --data too"),
    ],
)
def test_what_cannot_be_asked_is_refused(throughtime, adder_file, arguments, message):
    outcome = throughtime("evaluate", adder_file, *arguments)
    assert outcome.status == 2
    assert message in outcome.complaint


def test_a_model_that_does_not_say_what_it_is_for_needs_a_task(throughtime, adder):
    adder.save("plain.safetensors")
    assert "--task NAME" in throughtime("evaluate", "plain.safetensors").complaint
    assert throughtime("evaluate", "plain.safetensors", "--task", "addition").status == 0
    assert throughtime("add", 1, 2, "--model", "plain.safetensors").status == 0
    assert "--task NAME" in throughtime("trace", "--model", "plain.safetensors").complaint
    assert throughtime("trace", 1, 2, "--model", "plain.safetensors").status == 0
    assert throughtime("info", "plain.safetensors").status == 0


def test_a_task_without_bits_has_none(throughtime):
    save_network(tt.Network(inputs=1, hidden=2, outputs=1, output="last step"), "r.safetensors", "recall")
    assert "no bits" in throughtime("evaluate", "r.safetensors", "--bits", 3).complaint
    assert throughtime("evaluate", "r.safetensors").status == 1
    assert "give no numbers" in throughtime("trace", 1, 2, "--model", "r.safetensors").complaint
    table = throughtime("trace", "--model", "r.safetensors", "--seed", 4).out
    shown = [row.split()[1:] for row in table.splitlines() if row.startswith("  y[0]")]
    assert [len(cells) for cells in shown] == [0, 1]  # there is one answer, at the last of 11 steps


# trace


def test_tasks_are_listed_with_their_options(throughtime):
    outcome = throughtime("tasks")
    assert outcome.status == 0
    for name in tt.tasks.names:
        assert f"\n  {name} " in f"\n{outcome.out}"
    listed = {one["name"]: one for one in throughtime("tasks", "--json").json}
    assert set(listed) == set(tt.tasks.names)
    assert listed["addition"]["options"] == {"bits": 8, "operands": 2}
    assert (listed["addition"]["states"], listed["recall"]["states"]) == (2, None)


def test_info_tells_what_a_run_is(throughtime):
    throughtime("train", "tomita", "--option", "language=2", "--steps", 3, "--hidden", 5, "--quiet")
    outcome = throughtime("info")
    assert outcome.status == 0
    for words in ("Elman, 5 sigmoid units, 41 parameters, float64", "language 2", "3 of 3 steps of 64 sequences"):
        assert words in outcome.out
    answer = throughtime("info", "runs/tomita-elman-0/model.safetensors", "--json").json
    assert answer["task"] == "tomita"
    assert answer["arrays"]["U"] == [5, 5]
    assert answer["training"]["options"] == {"bits": 16, "language": 2}
    assert answer["training"]["step"] == 3
    throughtime("train", "parity", "--steps", 0, "--quiet", "--out", "untrained")
    assert "0 of 0 steps" in throughtime("info", "untrained").out


def test_info_tells_what_the_engine_is(throughtime):
    answer = throughtime("info", "--engine", "--json").json
    assert set(answer) >= {"numba", "processor", "cache"}
    outcome = throughtime("info", "--engine")
    assert answer["cache"] in outcome.out
    assert "leave the model out" in throughtime("info", "--engine", "x").complaint


# Words


@given(st.integers(0, 10**40))
def test_a_written_number_is_read(number):
    assert whole_number(str(number), 100) == number
    assert whole_number(f"+{number}", 100) == number


@given(st.text(max_size=8))
def test_any_word_is_a_number_or_refused_in_one_short_line(word):
    if word.isascii() and word.removeprefix("+").isdigit():
        assert whole_number(word, 100) == int(word)
        return
    with pytest.raises(Failure) as refused:
        whole_number(word, 100)
    assert len(str(refused.value)) < 100


def test_values_by_name():
    assert named_values(["a=1", "b-c=0.5", "d=true", "e=x=y", "f="]) == {
        "a": 1, "b_c": 0.5, "d": True, "e": "x=y", "f": "",
    }  # fmt: skip
    with pytest.raises(Failure, match="name=value"):
        named_values(["=3"])


# warmup


def test_warmup_tells_how_long_each_cell_took(throughtime):
    outcome = throughtime("warmup", "--json").json
    assert outcome["dtype"] == "float64"
    assert list(outcome["seconds"]) == ["elman", "lstm", "gru"]
    assert all(seconds > 0 for seconds in outcome["seconds"].values())
    lines = throughtime("warmup", "--dtype", "float32").out.splitlines()
    assert [line.split()[0] for line in lines] == ["elman", "lstm", "gru"]
    assert "float16" in throughtime("warmup", "--dtype", "float16").complaint


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ad", 1, 2], "no such command 'ad'. Did you mean 'add'? See: throughtime --help"),
        (["train", "addition", "--resume"], "option '--resume' requires an argument. See: throughtime train --help"),
        (["train", "addition", "--steps", "1e3"], "--steps must be a whole number. See: throughtime train --help"),
        (["train", "addition", "--noise", "much"], "--noise must be a number. See: throughtime train --help"),
        (
            ["evaluate", "--samples", 0],
            "--samples must be at least 1, got 0. See: throughtime evaluate --help",
        ),
    ],
)
def test_what_is_wrong_with_arguments_is_told_with_the_help_that_says_more(throughtime, arguments, message):
    assert throughtime(*arguments).complaint == message


@pytest.mark.parametrize(
    "arguments",
    [
        ["prove", "adder.safetensors", "--certificate"],
        ["automaton", "adder.safetensors", "--out"],
        ["export", "adder.safetensors", "--to", "numpy", "-o"],
        ["export-html", "adder.safetensors", "-o"],
    ],
)
def test_a_folder_that_is_not_there_is_named(throughtime, adder_file, arguments):
    assert throughtime(*arguments, "nodir/p.svg").complaint == "there is no folder nodir for p.svg"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (("tomita", "--language", 5), "language"),
        (("counter", "--modulus=7"), "modulus"),
        (("series.csv", "--output", "last step"), "output"),
    ],
    ids=["a number", "in one word", "of a data file"],
)
def test_an_option_of_a_task_is_refused_with_how_it_is_given(throughtime, given, name):
    done = throughtime("train", *given)
    assert done.status == 2
    wanted = f"--{name} is an option of the task: give it as --option {name}=VALUE. See: throughtime train --help"
    assert done.complaint == wanted
    assert "no such option: --stepz" in throughtime("train", "addition", "--stepz", 5).complaint
