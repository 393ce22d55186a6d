"""The entries whose networks write: dates, their translation, and captions, with few steps."""

from datetime import date

import numpy as np
import pytest

pytest.importorskip("babel", reason="the gallery's data are not installed: pip install 'throughtime[gallery]'")
pytest.importorskip("sklearn", reason="the gallery's data are not installed: pip install 'throughtime[gallery]'")

from throughtime.experiments.gallery import caption, dates, images, translation
from throughtime.generation import OneToMany, Vocabulary

DAY = date(1958, 9, 20)


def test_dates_are_written_in_many_ways():
    rng = np.random.default_rng(0)
    found = {dates.writing(DAY, rng) for _ in range(2000)}
    assert {"sábado, 20 de septiembre de 1958", "20.09.58", "9/20/58", "1958-09-20", "sep 20, 1958"} <= found
    assert len(found) > 90


def test_a_writing_that_stands_for_two_days_is_left_out():
    day = date(2021, 4, 3)
    assert dates.ambiguous("3/4/21", day)
    assert dates.ambiguous("03.04.2021", day) is False  # nobody writes 04.03.2021 for it with dots, month first
    assert not dates.ambiguous("3 april 2021", day)
    assert not dates.ambiguous("20/9/58", DAY)
    rng = np.random.default_rng(0)
    assert "3/4/21" not in {dates.writing(day, rng) for _ in range(2000)}


def test_all_days_of_a_century_once():
    found = dates.days(np.random.default_rng(0))
    assert (min(found), max(found), len(set(found))) == (date(1950, 1, 1), date(2049, 12, 31), 36525)


def test_no_day_is_learned_and_tested_on(monkeypatch):
    monkeypatch.setattr(translation, "LEARNED", 500)
    learned, validated, test = translation.load(seed=0)
    assert not set(learned.iso) & set(test.iso)
    assert not set(learned.iso) & set(validated.iso)
    assert len(test.written) == len(set(test.iso)) == translation.TESTED


@pytest.mark.long
def test_translation_learns_something_in_a_few_steps(monkeypatch):
    monkeypatch.setattr(translation, "LEARNED", 2000)
    monkeypatch.setattr(translation, "TESTED", 50)
    found = translation.compare(steps=60)
    assert found.columns == ("exact",)
    assert found.rows[0].values == (0.99,)
    assert all(len(example.split(" → ")[1]) == 10 for example in found.examples)


def test_captions_learn_something_in_a_few_steps(monkeypatch):
    monkeypatch.setattr(caption, "SEEDS", 1)
    found = caption.compare(steps=150)
    assert found.ours.values[0] > 0.5
    assert found.rows[0].values[0] == pytest.approx(0.9926, abs=1e-4)


def test_a_caption_counts_only_when_every_letter_is_right(monkeypatch):
    part = images.Images(np.zeros((3, 8, 8)), np.array([7, 7, 1]))
    model = OneToMany(64, Vocabulary.of(caption.NAMES))
    monkeypatch.setattr(OneToMany, "write", lambda *_, **__: ["seven", "seve", "one"])
    assert caption.share_right(model, part) == pytest.approx(2 / 3)
