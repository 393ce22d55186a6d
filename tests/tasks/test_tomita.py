import re
from itertools import groupby

import numpy as np
import pytest

from throughtime.tasks import Tomita


def no_odd_zeros_after_odd_ones(word):
    runs = [(bit, len(list(run))) for bit, run in groupby(word)]
    odd = [i for i, (bit, length) in enumerate(runs) if bit == "1" and length % 2]
    return not any(bit == "0" and length % 2 for bit, length in runs[min(odd) :]) if odd else True


LANGUAGES = {
    1: lambda w: "0" not in w,
    2: lambda w: w == "10" * (len(w) // 2),
    3: no_odd_zeros_after_odd_ones,
    4: lambda w: "000" not in w,
    5: lambda w: w.count("0") % 2 == 0 and w.count("1") % 2 == 0,
    6: lambda w: (w.count("1") - w.count("0")) % 3 == 0,
    7: lambda w: re.fullmatch("0*1*0*1*", w) is not None,
}
STATES = {1: 2, 2: 3, 3: 5, 4: 4, 5: 4, 6: 3, 7: 5}


def test_the_third_language_by_hand():
    inside = ["0", "1", "100", "110", "0110", "1001", "11011", "10011"]
    outside = ["10", "1000", "101", "10110", "110100110", "1001101"]
    for words, wanted in ((inside, 1), (outside, 0)):
        for word in words:
            found = Tomita(language=3).retrace(np.array([[float(bit)] for bit in word]))[1]
            assert found[-1, 0] == no_odd_zeros_after_odd_ones(word) == wanted


@pytest.mark.parametrize("language", range(1, 8))
def test_every_word_up_to_twelve_bits(language):
    machine = Tomita(language=language).machine
    state, words = np.zeros(1, int), [""]
    for _ in range(12):
        found = machine.outputs[state, :, 0].ravel()
        state = machine.next[state].ravel()
        words = [word + bit for word in words for bit in "01"]
        assert found.tolist() == [LANGUAGES[language](word) for word in words]


@pytest.mark.parametrize("language", range(1, 8))
def test_machine_is_minimal(oracles, language):
    machine = Tomita(language=language).machine
    assert oracles.distinct(machine) == len(machine.next) == STATES[language]


@pytest.mark.parametrize("language", range(1, 8))
def test_samples_hold_many_words_of_the_language_and_some_that_left_it(rng, language):
    task = Tomita(language=language, bits=16)
    batch = task.sample(rng, 2000)
    for x, y in zip(batch.x[:100, :, 0], batch.y[:100, :, 0], strict=True):
        word = "".join(str(int(bit)) for bit in x)
        assert y.tolist() == [LANGUAGES[language](word[: t + 1]) for t in range(16)]
    assert 0.15 < batch.y.mean() < 0.85
    assert 0.02 < batch.y[:, -1].mean() < 0.75
    assert len(np.unique(batch.x[:, :, 0], axis=0)) > 15


def test_options_are_checked():
    with pytest.raises(ValueError, match=r"^language must be a whole number from 1 to 7, got 8$"):
        Tomita(language=8)
