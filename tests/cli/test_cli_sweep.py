"""`throughtime sweep` and `throughtime sweep show`: what they print, write and refuse."""

import pytest

pytest.importorskip("joblib", reason="sweeps need joblib: pip install 'throughtime[sweep]'")

SMALL = ("--steps", 5, "--batch", 4, "--gap", "1,3", "--jobs", 1)


def test_a_sweep_its_table_and_its_files(throughtime, here):
    outcome = throughtime("sweep", "recall", *SMALL, "--seeds", "2..3")
    assert outcome.status == 0
    lines = outcome.out.splitlines()
    assert lines[0].startswith("  1/4   exact ")
    assert "gap 1, seed 2" in lines[0]
    assert lines[4].split() == ["gap", "runs", "exact,", "mean", "spread", "best", "of", "seed", "seconds"]
    assert "4 of 4 runs done" in outcome.out
    shown = throughtime("sweep", "show", "--to", "rows.csv")
    assert shown.out.splitlines() == [*lines[4:8], "  rows in rows.csv"]
    assert (here / "rows.csv").read_text().startswith("run,steps,batch,gap,seed,exact,")
    found = throughtime("sweep", "show", "sweeps/recall.sqlite", "--json").json
    assert [row["seed"] for row in found["results"]] == [2, 3, 2, 3]
    assert (found["done"], found["runs"], found["task"]) == (4, 4, "recall")
    assert throughtime("sweep", "recall", *SMALL, "--seeds", "2..3", "--json").json == found
    assert "holds another sweep" in throughtime("sweep", "recall", *SMALL, "--seeds", 3).complaint


def test_a_refused_sweep_leaves_no_folder_and_takes_none_away(throughtime, here):
    refused = ("sweep", "recall", "--gaap", 1)
    assert throughtime(*refused).status == 2
    assert not (here / "sweeps").exists()
    (here / "sweeps").mkdir()
    assert throughtime(*refused, "--out", "other.sqlite").status == 2
    assert throughtime(*refused).status == 2
    assert (here / "sweeps").is_dir()


def test_from_toml_with_a_figure(throughtime, here):
    pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'throughtime[plot]'")
    (here / "mine.toml").write_text(
        'task = "recall"\nseeds = 1\nsearch = "random"\ntrials = 3\n[options]\nsteps = 4\ngap = [1, 2]\n'
        'learning_rate = {from = 0.001, to = 0.1, scale = "log"}\n'
    )
    assert throughtime("sweep", "mine.toml", "--jobs", 1, "--batch", 2, "--quiet").out == ""
    assert (here / "sweeps" / "mine.sqlite").exists()
    assert throughtime("sweep", "show", "--plot", "mine.svg").out.endswith("  drawn in mine.svg\n")
    assert throughtime("sweep", "show", "--to", ".").complaint.endswith("ends in .csv or .parquet, got .")
    assert (here / "mine.svg").read_text().startswith("<?xml")


def test_what_is_wrong(throughtime, here):
    (here / "bad.toml").write_text("task = ")
    (here / "other.toml").write_text('task = "recall"\nseed = 1\n')
    for arguments, message in [
        (("recall", "--gaap", 1), 'recall has no option "gaap", did you mean gap?'),
        (("recall", "extra"), 'nothing to do with "extra"'),
        (("recall", "--gap"), "--gap needs a value"),
        (("recall", "--gap", "a..b"), "--gap must be values A,B,C or a range"),
        (("recall", "--gap", "0.1..0.5"), "a grid needs values one by one"),
        (("recall", "--seeds", "x"), "--seeds must be a number"),
        (("recall", "--on", "dask"), "both --on dask and --scheduler"),
        (("bad.toml",), "bad.toml is damaged"),
        (("other.toml",), "other.toml must have a task"),
        (("show",), "there is no sweep in ./sweeps"),
        (("show", "no.sqlite"), "no such file"),
        ((), "missing command"),
    ]:
        assert message in throughtime("sweep", *arguments).complaint
    assert "throughtime sweep show" in throughtime("sweep", "--help").out
    assert "--scheduler" in throughtime("sweep", "recall", "--help").out
