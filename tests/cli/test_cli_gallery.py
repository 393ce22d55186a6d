"""`throughtime gallery`: its list, an entry's table, and what is told when something is wrong."""

import re

import pytest

from throughtime.experiments.gallery import ENTRIES


def test_help_has_an_example(throughtime):
    outcome = throughtime("gallery", "--help")
    assert (outcome.status, outcome.err) == (0, "")
    assert "throughtime gallery speech" in outcome.out


def test_the_list(throughtime):
    assert [line.split()[0] for line in throughtime("gallery").out.splitlines()] == list(ENTRIES)
    assert [entry["name"] for entry in throughtime("gallery", "--json").json] == list(ENTRIES)


def test_an_entry(throughtime):
    pytest.importorskip("sklearn", reason="the gallery's data are not installed: pip install 'throughtime[gallery]'")
    outcome = throughtime("gallery", "digits", "--steps", 2)
    assert outcome.status == 0
    assert re.search(r"\n  SVM, radial basis +0\.9926 +measured now\n", outcome.out)
    as_json = throughtime("gallery", "digits", "--steps", 2, "--json").json
    assert as_json["rows"][0]["values"] == [pytest.approx(0.9926, abs=1e-4), None, None]
    assert f"{as_json['rows'][-1]['values'][0]:.4g}" in outcome.out


def test_what_is_wrong(throughtime, monkeypatch):
    assert "the gallery has no 'nonsense'; it has speech, " in throughtime("gallery", "nonsense").complaint
    assert "--steps" in throughtime("gallery", "speech", "--steps", 0).complaint
    monkeypatch.setitem(__import__("sys").modules, "sklearn.datasets", None)
    assert throughtime("gallery", "digits").complaint.endswith("pip install 'throughtime[gallery]'")
