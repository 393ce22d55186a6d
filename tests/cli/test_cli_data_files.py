"""Data files on the command line: read by name, standardised, said to be what they are read as.

Runs go on with their own.
"""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest

import throughtime as tt
from throughtime.tasks.columns import Columns
from throughtime.tasks.standardisation import Standardisation
from throughtime.weights.files import save_network

HIDDEN = ("--hidden", 4, "--cell", "elman")


def weather(path, names=("pressure", "humidity", "temperature"), order=(0, 1, 2), seed=0):
    """Pressures near 1013 and a constant humidity; the temperature follows the pressure of the step before."""
    rng = np.random.default_rng(seed)
    lines = ["sequence,time," + ",".join(names[i] for i in order)]
    for sequence in range(20):
        p = rng.normal(1013, 5, size=7)
        t = 15 + 0.3 * (np.roll(p, 1) - 1013)
        lines += [f"{sequence},{k},{','.join(f'{(p[k], 40, t[k])[i]:.4f}' for i in order)}" for k in range(1, 7)]
    Path(path).write_text("\n".join(lines) + "\n")


COLUMNS = ("--option", "inputs=pressure,humidity", "--option", "outputs=temperature")


def test_a_file_in_its_own_units_is_learned_and_the_model_takes_them(throughtime):
    weather("weather.csv")
    outcome = throughtime(
        "train", "weather.csv", *COLUMNS, *HIDDEN, "--steps", 600, "--learning-rate", 0.02, "--out", "r"
    )
    assert outcome.out.splitlines()[1:5] == [
        "  inputs    pressure, humidity, standardised",
        "  targets   temperature: numbers, standardised, at every step",
        "            identity readout, squared loss",
        "  note      always the same, so it is not learned from: humidity",
    ]
    error, of_mean = map(
        float, re.search(r"root mean square (\S+) over 20 sequences; always the mean: (\S+)\n", outcome.out).groups()
    )
    assert error < 0.7 * of_mean
    data = tt.tasks.read("weather.csv", inputs="pressure,humidity", outputs="temperature")
    for path in ("r", "r/model.safetensors"):
        found = tt.load(path).predict(data.x)
        assert np.sqrt(((found - data.y) ** 2).mean()) == pytest.approx(error, rel=1e-3)
    assert of_mean == pytest.approx(data.y.std(), rel=1e-3)
    answer = throughtime("evaluate", "r", "--data", "weather.csv", "--json").json
    assert answer["root_mean_square"] == pytest.approx(error, rel=1e-3)
    kept = tomllib.loads(Path("r/run.toml").read_text())["columns"]
    assert (kept["inputs"], kept["outputs"]) == (["pressure", "humidity"], ["temperature"])
    assert "pressure, humidity" in throughtime("info", "r").out
    plain = throughtime("train", "weather.csv", *COLUMNS, *HIDDEN, "--steps", 50, "--no-standardise", "--out", "plain")
    assert "standardised" not in plain.out
    assert "no better than always predicting the mean" in plain.out


def test_columns_are_read_by_their_names_wherever_they_stand(throughtime):
    weather("a.csv")
    weather("b.csv", order=(2, 1, 0))
    weather("other.csv", names=("p", "h", "t"))
    weather("same_shape.csv", seed=1)
    throughtime("train", "a.csv", *COLUMNS, *HIDDEN, "--steps", 30, "--out", "r", "--quiet")
    a, b = (throughtime("evaluate", "r", "--data", name).out for name in ("a.csv", "b.csv"))
    assert a == b
    assert 'expected a column "pressure"' in throughtime("evaluate", "r", "--data", "other.csv").complaint
    wrong = throughtime("evaluate", "r", "--data", "a.csv", "--option", "inputs=humidity,pressure")
    assert "as in what the network learned from" in wrong.complaint
    shutil.copytree("r", "r2")
    for folder, name in (("r", "a.csv"), ("r2", "b.csv")):
        assert throughtime("train", name, "--resume", folder, "--steps", 60, "--quiet") == (0, "", "")
    assert Path("r/model.safetensors").read_bytes() == Path("r2/model.safetensors").read_bytes()
    assert 'expected a column "pressure"' in throughtime("train", "other.csv", "--resume", "r", "--steps", 70).complaint
    assert "trained on other data" in throughtime("train", "same_shape.csv", "--resume", "r", "--steps", 70).err


def test_classes_by_name_are_one_output_each(throughtime):
    rows = "".join(f"{s},{t},{(-1) ** s * (t + 1)},{('up', 'down')[s % 2]}\n" for s in range(10) for t in range(3))
    Path("d.csv").write_text(f"sequence,time,x,y\n{rows}")
    outcome = throughtime("train", "d.csv", *HIDDEN, "--steps", 300, "--option", "output=last step", "--out", "r")
    assert "  targets   y: one of 2 classes (down, up), at last step\n" in outcome.out
    assert "  exact     all 10 sequences are answered right\n" in outcome.out
    assert throughtime("evaluate", "r", "--data", "d.csv").status == 0
    Path("e.csv").write_text(f"sequence,time,x,y\n{rows}".replace("down", "sideways"))
    assert "expected one of the classes down, up" in throughtime("evaluate", "r", "--data", "e.csv").complaint


def test_what_stands_in_a_file_writes_nothing_to_the_terminal_but_text(throughtime):
    Path("d.csv").write_text("time,x_\x1b[2J,x,y_\x9b31m,y\n0,1,2,3,4\n1,2,3,4,5\n")
    for arguments in (["train", "d.csv", *HIDDEN, "--steps", 2, "--out", "r"], ["info", "r"], ["info", "r", "--json"]):
        outcome = throughtime(*arguments)
        assert outcome.status == 0
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", outcome.out + outcome.err)
    assert "\\x1b" in throughtime("evaluate", "r", "--data", "none\x1b[2J.csv").complaint


def test_rnn_is_elman(throughtime):
    for number, cell in enumerate(("rnn", "RNN", "elman")):
        throughtime("train", "addition", "--cell", cell, "--steps", 3, "--hidden", 3, "--out", f"r{number}", "--quiet")
    models = {Path(f"r{number}/model.safetensors").read_bytes() for number in range(3)}
    assert len(models) == 1
    assert tt.Network(cell="rnn", inputs=1, hidden=1, outputs=1).specification.cell == "elman"
    assert "did you mean lstm?" in throughtime("train", "addition", "--cell", "lsmt").complaint


def test_what_is_wrong_in_run_toml_is_said_to_be_there(throughtime):
    throughtime("train", "parity", "--steps", 1, "--hidden", 2, "--out", "r", "--quiet")
    text = Path("r/run.toml").read_text()
    for damage in ('bits = "many"', "bits = -3", "colour = 3"):
        Path("r/run.toml").write_text(re.sub(r"bits = \d+", damage, text))
        assert "r/run.toml" in throughtime("evaluate", "r").complaint


def test_training_goes_on_though_nobody_reads_any_more(throughtime, monkeypatch):
    def gone(text):
        raise BrokenPipeError

    monkeypatch.setattr("throughtime.cli.shell.say", gone)
    throughtime("train", "parity", "--steps", 30, "--hidden", 2, "--out", "r")
    assert throughtime("info", "r", "--json").json["training"]["step"] == 30


def days(path="many.csv", order=(4, 0, 7)):
    """Weather by days, in sequences of 3 that are called 4, 0, 7: the weather says itself, but for one row of "7"."""
    rows = [(name, t, (name + t) % 2, ("sunny", "rain")[(name + t) % 2]) for name in order for t in range(3)]
    rows[7] = (*rows[7][:3], "rain" if rows[7][3] == "sunny" else "sunny")
    Path(path).write_text("sequence,time,x,y\n" + "".join(f"{s},{t},{x},{y}\n" for s, t, x, y in rows))


def echo(path="echo.safetensors", classes=("rain", "sunny")):
    """A network that answers rain to 1 and sunny to 0."""
    net = tt.Network(inputs=1, hidden=1, outputs=2, readout="softmax")
    net.parameters[:] = 0
    net["V"][:], net["b_h"][:], net["W"][:], net["b_y"][:] = 20, -10, [[9, -9]], [-4.5, 4.5]
    columns = Columns(
        ("x",), ("y",), True, "classes", classes, "every step", "sequence", "time",
        Standardisation.none(1), Standardisation.none(2),
    )  # fmt: skip
    save_network(net, Path(path), None, columns)
    return path


WRONG = {"sequence": "7", "step": 2, "line": 9, "predicted": ["sunny"], "target": ["rain"]}


def test_a_wrong_step_is_named_as_the_file_names_it(throughtime):
    days()
    wrong = throughtime("evaluate", echo(), "--data", "many.csv")
    assert wrong.status == 1
    assert wrong.out == (
        "  wrong     on 1 of 3 sequences (88.9 % of 9 steps are right), the first:\n"
        '  sequence "7", step 2 (line 9): predicted sunny, is rain\n'
    )
    outcome = throughtime("evaluate", echo(), "--data", "many.csv", "--json").json
    assert outcome["first_wrong"] == 'sequence "7", step 2 (line 9): predicted sunny, is rain'
    assert (outcome["checked"], outcome["wrong"], outcome["steps"], outcome["right_steps"]) == (3, 1, 9, 8)
    assert outcome["first_wrong_step"] == WRONG


def test_rows_of_a_sequence_need_not_stand_together(throughtime):
    days()
    header, *rows = Path("many.csv").read_text().splitlines()
    mixed = [rows[i] for i in (0, 3, 6, 1, 4, 7, 2, 5, 8)]
    Path("many.csv").write_text("\n".join([header, "", *mixed]))
    outcome = throughtime("evaluate", echo(), "--data", "many.csv", "--json").json
    assert outcome["first_wrong_step"] == WRONG | {"line": 8}  # a blank line counts too


def test_a_file_without_names_has_numbers(throughtime):
    days()
    rows = [row.split(",") for row in Path("many.csv").read_text().splitlines()[7:]]
    Path("series.csv").write_text("time,x,y\n" + "\n".join(",".join(row[1:]) for row in rows))
    outcome = throughtime("evaluate", echo(), "--data", "series.csv", "--json").json
    assert outcome["first_wrong_step"] == WRONG | {"sequence": "1", "line": 3}
    lines = [{"x": [[0.0], [1.0]], "y": ["sunny", "rain"]}, {"x": [[1.0], [1.0]], "y": ["rain", "sunny"]}]
    Path("d.jsonl").write_text("\n".join(map(json.dumps, lines)))
    outcome = throughtime("evaluate", echo(), "--data", "d.jsonl", "--json").json
    assert outcome["first_wrong"] == 'sequence "2", step 2: predicted rain, is sunny'


def test_a_network_of_a_data_file_is_known_as_one(throughtime):
    model = echo()
    assert "  task      a data file\n" in throughtime("info", model).out
    for command in (["evaluate", model], ["trace", "--model", model], ["trace", "1", "2", "--model", model]):
        assert throughtime(*command).complaint.startswith(f"{model} was trained on a data file: give --data FILE")
    for command in ("prove", "automaton"):
        assert throughtime(command, model).complaint == (
            f"{model} was trained on a data file: give what it should do as --machine FILE"
        )


def test_a_sequence_of_a_file_is_traced(throughtime):
    days()
    trace = ("trace", "--model", echo(), "--data", "many.csv")
    for name, place in ((None, 0), ("4", 0), ("0", 1), ("7", 2)):
        outcome = throughtime(*trace, *(() if name is None else ("--sequence", name)), "--json").json
        data = tt.tasks.read("many.csv")
        assert outcome["x"] == data.x[place : place + 1].tolist()
        assert outcome["d"] == data.y[place : place + 1].tolist()
    assert throughtime(*trace, "--step", 2, "--unit", 0).status == 0
    assert throughtime(*trace, "--sequence", 1).complaint == ('there is no sequence "1" in many.csv: there are 4, 0, 7')
    assert "a number from 1 to 1" in _series(throughtime, "2").complaint
    assert _series(throughtime, "1").status == 0
    assert "give --data FILE too" in throughtime(*trace[:3], "--sequence", 1).complaint
    assert "leave out numbers, --task and --seed" in throughtime(*trace, "--seed", 1).complaint
    assert "expected a column" in throughtime(*trace, "--option", "time=day").complaint


def _series(throughtime, number):
    Path("series.csv").write_text("time,x,y\n0,0,sunny\n1,1,rain\n")
    return throughtime("trace", "--model", "echo.safetensors", "--data", "series.csv", "--sequence", number)


@pytest.mark.parametrize("command", [["info"], ["evaluate", "--data", "many.csv"], ["automaton", "--tracking"]])
def test_a_model_is_given_as_path_or_as_option(throughtime, command):
    days()
    model = echo()
    first, *rest = command
    assert throughtime(first, "--model", model, *rest) == throughtime(first, model, *rest)
    assert throughtime(first, model, "--model", model, *rest).complaint == (
        "PATH and --model both say which model: give one of them"
    )


def far_from_zero(path, mean):
    """A sine of deviation 71 around a mean, and its next value around nothing: easily learned, if it is told apart."""
    x = 100 * np.sin(np.arange(200) / 5)
    rows = "".join(f"{t},{mean + x[t]:.6f},{x[t + 1] / 100:.6f}\n" for t in range(199))
    Path(path).write_text(f"time,x,y\n{rows}")


def test_what_was_measured_in_training_is_what_is_saved(throughtime):
    """Just below the limit, mean/deviation·eps = 0.96e-4, the network in the file's units is still the one that was
    trained.
    """
    far_from_zero("near.csv", 57_000)
    outcome = throughtime("train", "near.csv", "--dtype", "float32", *HIDDEN, "--steps", 300, "--out", "r")
    error = float(re.search(r"root mean square (\S+) over", outcome.out).group(1))
    assert error < 0.3
    answer = throughtime("evaluate", "r", "--data", "near.csv", "--json").json
    assert answer["root_mean_square"] == pytest.approx(error, rel=0.01)


@pytest.mark.parametrize(
    ("mean", "dtype", "advice"),
    [
        (62_000, "float32", "choose float64, or subtract"),
        (1.7e9, "float32", "choose float64, or subtract"),
        (1e14, "float64", "subtract"),
    ],
)
def test_what_a_network_in_the_files_units_could_not_tell_apart_is_refused(throughtime, mean, dtype, advice):
    far_from_zero("far.csv", mean)
    complaint = throughtime("train", "far.csv", "--dtype", dtype, *HIDDEN, "--steps", 3, "--out", "r").complaint
    assert re.search(
        rf'far.csv, column "x": numbers around \S+ that vary by 7\d are hardly told apart in {dtype}: {advice}',
        complaint,
    )
    assert not Path("r").exists()
    text = Path("far.csv").read_text().replace("time,x,y", "time,y,x")
    Path("far.csv").write_text(text)
    assert (
        'column "y": numbers around'
        in throughtime("train", "far.csv", "--dtype", dtype, "--steps", 3, "--out", "r").complaint
    )


def test_a_run_on_a_file_goes_on_as_its_last_line_says(throughtime):
    weather("weather.csv")
    options = [f"--option={option}" for option in ("inputs=pressure", "outputs=temperature", "output=last step")]
    outcome = throughtime("train", "weather.csv", *options, *HIDDEN, "--steps", 5, "--out", "r")
    following = outcome.out.splitlines()[-1].removeprefix("Next: ").split(" · ")[0]
    assert following == "throughtime train weather.csv --resume r --steps 10"
    assert throughtime(*following.split()[1:], "--json").json["steps"] == 10


def test_a_data_file_is_no_model(throughtime):
    days()
    for command in (["info", "many.csv"], ["add", 1, 2, "--model", "many.csv"]):
        assert throughtime(*command).complaint == (
            "many.csv is a data file, not a model: train on it first, with: throughtime train many.csv"
        )
    assert throughtime("train", "mny.csv").complaint == "there is no file mny.csv"
    assert throughtime("info", "mny.csv").complaint == "there is no file mny.csv"


def test_classes_are_named_in_a_command(throughtime):
    Path("d.csv").write_text("time,x,y\n0,1,up\n1,2,none\n2,3,up\n")
    assert (
        "(or this one in classes=A,B, if it is one)" in throughtime("train", "d.csv", *HIDDEN, "--steps", 2).complaint
    )
    outcome = throughtime("train", "d.csv", *HIDDEN, "--steps", 2, "--option", "classes=up,none", "--out", "r")
    assert "y: one of 2 classes (up, none)" in outcome.out
    assert throughtime("evaluate", "r", "--data", "d.csv", "--json").json["checked"] == 1
