"""`throughtime lab`: small experiments, their output, and what is told when something is wrong."""

import json
import re

import pytest


def test_gap(throughtime, here):
    pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'throughtime[plot]'")
    outcome = throughtime("lab", "gap", "--gaps", "3", "--seeds", 1, "--steps", 2, "--plot", "gap.svg")
    assert outcome.status == 0
    assert [line.split("   ")[0].strip() for line in outcome.out.splitlines()[1:3]] == [
        "Elman, sigmoid",
        "Elman, tanh, small weights",
    ]
    assert (here / "gap.svg").read_text().startswith("<?xml")
    (here / "gap.json").write_text(throughtime("lab", "gap", "--gaps", "3", "--seeds", 1, "--steps", 2, "--json").out)
    assert len(json.loads((here / "gap.json").read_text())["networks"]) == 7
    again = throughtime("lab", "gap", "--from", "gap.json", "--plot", "again.svg")
    assert again.out == "  drawn in again.svg\n"
    assert (again.status, (here / "again.svg").read_text()) == (0, (here / "gap.svg").read_text())


def test_what_is_wrong(throughtime, here):
    assert (
        '--gaps must be whole numbers such as 1,10,100, got "a"' in throughtime("lab", "gap", "--gaps", "a").complaint
    )
    assert "from 0 on" in throughtime("lab", "gap", "--gaps=-1").complaint
    assert "--seeds" in throughtime("lab", "gap", "--seeds", 0).complaint
    (here / "no.json").write_text("{}")
    assert "holds no experiment" in throughtime("lab", "gap", "--from", "no.json").complaint
    (here / "deep.json").write_text("[" * 100_000)
    assert "nested too deeply" in throughtime("lab", "gap", "--from", "deep.json").complaint
    assert "is not a regular file" in throughtime("lab", "gap", "--from", "/dev/zero").complaint
    assert "needs about" in throughtime("lab", "gap", "--gaps", 10**10).complaint
    assert "must be whole numbers" in throughtime("lab", "gap", "--gaps", "1" * 5000).complaint
    assert "needs about" in throughtime("lab", "copy", "--delays", 10**10).complaint
    assert "seeds must be a whole number" in throughtime("lab", "reber", "--seeds", 10**9).complaint
    pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'throughtime[plot]'")
    assert "ends in .png, .svg, .pdf" in throughtime("lab", "gap", "--plot", "gap.bmp").complaint
    assert "there is no folder" in throughtime("lab", "gap", "--plot", "nowhere/gap.png").complaint


def test_plot_of_a_trace_and_of_a_training(throughtime, adder_file, here):
    pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'throughtime[plot]'")
    outcome = throughtime("trace", 107, 27, "--model", adder_file, "--plot", "trace.pdf")
    assert (outcome.status, (here / "trace.pdf").read_bytes()[:5]) == (0, b"%PDF-")
    assert outcome.out.endswith("drawn in trace.pdf\n")
    trained = throughtime("train", "parity", "--steps", 20, "--plot", "learning.svg")
    assert trained.status == 0
    assert re.search(r"\n +drawn +learning\.svg\n", trained.out)
    assert "Right while learning" in (here / "learning.svg").read_text()
    assert "ends in" in throughtime("train", "parity", "--steps", 20, "--plot", "learning.gif").complaint
    assert not (here / "runs" / "parity-elman-0-2").exists()


def test_classic_tasks(throughtime):
    outcome = throughtime("lab", "adding", "--lengths", "12", "--seeds", 1, "--steps", 2)
    assert outcome.status == 0
    assert outcome.out.count("0 of 1") == 3
    assert "209,000" in outcome.out
    assert "10.397" in throughtime("lab", "copy", "--delays", "2", "--seeds", 1, "--steps", 2).out
    found = throughtime("lab", "reber", "--seeds", 2, "--steps", 2, "--json").json
    assert [one["sequences"] for one in found["attempts"]] == [16] * 8
    assert (
        "steps must be a whole number of at least 11"
        in throughtime("lab", "adding", "--lengths", "3", "--json").complaint
    )
