"""What is written: beam search against all texts there are, sampling against the probabilities, beginnings."""

from itertools import product

import numpy as np
import pytest

from throughtime.generation import EncoderDecoder, LanguageModel, OneToMany, Vocabulary

WRITES = Vocabulary("ab")
LONGEST = 4


@pytest.fixture(params=["elman", "lstm", "gru"])
def model(request):
    model = OneToMany(3, WRITES, cell=request.param, hidden=5, embedding=3, seed=2)
    model.parameters[:] *= 2  # so that texts differ clearly in probability
    return model


X = np.random.default_rng(0).standard_normal((4, 3))
ENDED = ["".join(text) for T in range(LONGEST) for text in product("ab", repeat=T)]


def probabilities(model, x):
    """p(text | x) of every text that ends before LONGEST symbols, as a product over its steps by the definition."""
    return dict(zip(ENDED, np.exp(model.log_probability(np.tile(x, (len(ENDED), 1)), ENDED)), strict=True))


def test_all_probabilities_sum_to_one(model):
    """With what texts of LONGEST symbols or more have together: the sum over their first LONGEST symbols."""
    for x in X:
        long = 0.0
        for text in product("ab", repeat=LONGEST):
            p, (last, state) = 1.0, model.start(x[None])
            for symbol in WRITES.encode(["".join(text)])[0][0]:
                ln_p, state = model.next_symbol(last, state)
                p, last = p * np.exp(ln_p[0, symbol]), np.array([symbol])
            long += p
        assert sum(probabilities(model, x).values()) + long == pytest.approx(1, rel=1e-12)


def test_a_wide_beam_finds_the_most_probable_text(model):
    """Where all beginnings are kept, nothing is missed: the best of all texts, those cut at LONGEST included."""
    found = model.write(X, beam=3**LONGEST, longest=LONGEST)
    for x, text in zip(X, found, strict=True):
        every = probabilities(model, x)
        if len(text) < LONGEST:
            assert text == max(every, key=every.get)


def test_greedy_takes_the_most_probable_symbol_each_time(model):
    for x, text in zip(X, model.write(X, longest=LONGEST), strict=True):
        last, state = model.start(x[None])
        wanted = []
        for _ in range(LONGEST):
            ln_p, state = model.next_symbol(last, state)
            last = ln_p.argmax(axis=1)
            if last[0] == 0:
                break
            wanted.append(last[0])
        assert text == WRITES.decode([wanted])[0]


def test_a_beam_finds_what_greedy_misses():
    """p(a) = .6 but then two ways of .5 each; p(b) = .4, then the end for sure."""
    from throughtime.generation.decoding import beam_search
    from throughtime.passes.state import State

    table = np.log(np.maximum([[0, 0.6, 0.4], [0, 0.5, 0.5], [1, 0, 0]], 1e-300))

    def next_symbol(last, state):
        seen = state.h[0, :, 0].astype(int)
        ln_p = np.where((seen >= 2)[:, None], table[2], np.where((seen == 1)[:, None], table[last], table[0]))
        return ln_p, State(h=state.h + 1)

    first, state = np.zeros(1, int), State(h=np.zeros((1, 1, 1)))
    assert beam_search(next_symbol, first, state, 1, 5).tolist() == [[1, 1, 0]]
    assert beam_search(next_symbol, first, state, 2, 5)[0, :2].tolist() == [2, 0]


def test_samples_come_as_often_as_they_are_probable(model):
    found = model.sample(np.tile(X[0], (20_000, 1)), longest=LONGEST)
    every = probabilities(model, X[0])
    for text, p in every.items():
        assert found.count(text) / len(found) == pytest.approx(p, abs=5 * np.sqrt(p / len(found)) + 1e-4)


def test_a_low_temperature_is_greedy_and_a_seed_repeats(model):
    assert model.sample(X, temperature=1e-6, longest=LONGEST) == model.write(X, longest=LONGEST)
    assert model.sample(X, seed=3) == model.sample(X, seed=3)
    assert model.sample(np.tile(X, (5, 1)), seed=3, longest=9) != model.sample(np.tile(X, (5, 1)), seed=4, longest=9)


def test_texts_that_may_not_end(model):
    assert {len(text) for text in model.sample(X, longest=30, ends=False)} == {30}


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
def test_a_language_model_goes_on_from_a_beginning(cell):
    """Its next symbol's probability is that of the longer text by that of the shorter, whoever stands beside it."""
    model = LanguageModel(WRITES, cell=cell, hidden=4, layers=2, embedding=2)
    beginnings = ["abba", "", "b"]
    last, state = model.start(beginnings)
    ln_p, _ = model.next_symbol(last, state)
    for row, beginning in zip(ln_p, beginnings, strict=True):
        assert row[0] == pytest.approx(
            model.log_probability([""], [beginning])[0] + len(beginning) * np.log(2) * bits(model, beginning)
        )


def bits(model, text):
    return model.bits(text) if text else 0.0


def test_bits_of_a_text_behind_another():
    model = LanguageModel(WRITES, hidden=4)
    whole = "ab" * 150 + "bba" * 70
    before, text = whole[:260], whole[260:]
    assert model.bits(text, after=before) == pytest.approx(
        (len(whole) * model.bits(whole) - len(before) * model.bits(before)) / len(text)
    )


def test_what_does_not_fit_is_told():
    model = EncoderDecoder(Vocabulary("xy"), WRITES, hidden=2)
    with pytest.raises(ValueError, match="'xz' has 'z', which is not in the vocabulary"):
        model.write(["xz"])
    with pytest.raises(ValueError, match="beam must be a whole number of at least 1, got 0"):
        model.write(["x"], beam=0)
    with pytest.raises(ValueError, match="temperature must be above 0, got 0"):
        model.sample(["x"], temperature=0)
    with pytest.raises(ValueError, match=r"the source must be \(batch, features\) with 3 features, got \(4, 2\)"):
        OneToMany(3, WRITES).write(X[:, :2])
    with pytest.raises(ValueError, match="its beginning must be ''"):
        LanguageModel(WRITES).gradient(["a"], ["b"])
    with pytest.raises(ValueError, match="each of them once; twice: 'a'"):
        Vocabulary("aba")
