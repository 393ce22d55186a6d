"""`CharacterModel` and `CharacterEncoder`: against counts, other ways to the same number, and what is refused."""

import math
import pickle
import warnings
from collections import Counter
from itertools import islice

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")

from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

import throughtime as tt
from throughtime.generation import LanguageModel, Vocabulary
from throughtime.sklearn import CharacterEncoder, CharacterModel, SequenceClassifier, SequenceLabeler
from throughtime.sklearn.texts import UNKNOWN

SMALL = {"hidden": 8, "embedding": 4, "max_iter": 3, "random_state": 0}
TEXTS = ["abcabc", "cab", "abcab", "bcabcabca", "ab"] * 4
SURROGATE = "\ud800"


@pytest.fixture(scope="module")
def model():
    return CharacterModel(**SMALL).fit(TEXTS)


def test_it_learns_how_often_what_follows():
    """Texts of one symbol, drawn with known probabilities: the best model has their frequencies."""
    texts = ["a"] * 70 + ["b"] * 25 + ["c"] * 5
    model = CharacterModel(**SMALL | {"max_iter": 200, "dtype": "float64", "schedule": "cosine"}).fit(texts)
    assert {name: round(p, 2) for name, p in model.next_probabilities().items() if p > 0.005} == pytest.approx(
        {"a": 0.7, "b": 0.25, "c": 0.05}, abs=0.015
    )
    assert next(iter(model.next_probabilities("a"))) == ""
    drawn = Counter("".join(model.sample(random_state=seed)) for seed in range(300))
    assert drawn["a"] / 300 == pytest.approx(0.7, abs=0.1)


def test_bits_are_those_of_the_probabilities(model):
    for text, after in (("abcab", ""), ("c", "ab"), ("bzc", "zz")):
        total = 0.0
        for at, character in enumerate(text):
            p = model.next_probabilities(after + text[:at])
            total -= math.log2(p[character if character in p else UNKNOWN])
            total += 0 if character in p else math.log2(0x110000 - 0x800 - 3)
        assert model.bits_per_character([text], after=after)[0] == pytest.approx(total / len(text), rel=1e-5)


def test_the_score_is_that_of_all_characters_together(model):
    texts = ["ab", "", "cabcabcab", "z"]
    bits = model.bits_per_character(["ab", "cabcabcab", "z"]) @ [2, 9, 1] / 12
    assert model.score(texts) == pytest.approx(-bits)
    assert model.score(np.array(texts)) == pytest.approx(-bits)


def test_long_texts_and_many_are_read_in_windows():
    """Of more than one window and more than one group of texts, by the model's own way over whole texts."""
    model = CharacterModel(**SMALL | {"dtype": "float64"}).fit(TEXTS)
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abc"), n)) for n in [700, *rng.integers(1, 300, 70)]]
    inner = model.model_
    symbols, lengths = inner.vocabulary.encode(texts)
    whole = inner.decoder.forward(inner.views["decoder.embedding"][np.pad(symbols, [(0, 0), (1, 0)])[:, :-1]], lengths)
    y = whole.outputs()
    wanted = [-np.log2(y[i, range(n), symbols[i, :n]]).mean() for i, n in enumerate(lengths)]
    np.testing.assert_allclose(model.bits_per_character(texts), wanted, rtol=1e-9)
    last, state = inner.start([*texts[:3], ""])
    assert last.tolist() == [*(symbols[i, n - 1] for i, n in enumerate(lengths[:3])), 0]
    for i in range(3):
        for name in ("h", "C"):
            alone = inner.decoder.initial_state(1)
            for symbol in [0, *symbols[i, : lengths[i] - 1]]:
                _, alone = inner.next_symbol(np.array([symbol]), alone)
            np.testing.assert_allclose(getattr(state, name)[:, i], getattr(alone, name)[:, 0], atol=1e-12)
    assert not state.numbers[:, :, 3].any()


def test_what_is_drawn(model):
    endless = "".join(islice(model.sample("ab", ends=False, random_state=1), 500))
    assert len(endless) == 500
    assert set(endless) <= set("abc")
    assert endless == "".join(islice(model.sample("ab", ends=False, random_state=1), 500))
    assert endless != "".join(islice(model.sample("ab", ends=False, random_state=2), 500))
    greedy = "".join(islice(model.sample("", temperature=1e-300, ends=False, random_state=0), 5))
    text = ""
    for character in greedy:
        assert character == next(name for name in model.next_probabilities(text) if name in "abc" and name)
        text += character
    assert "z" not in "".join(model.sample("zzz", random_state=0))


def test_an_iterator_is_not_disturbed_by_what_is_fitted_later():
    model = CharacterModel(**SMALL).partial_fit(TEXTS)
    wanted = list(islice(model.sample(ends=False, random_state=0), 60))
    iterator = model.sample(ends=False, random_state=0)
    begun = list(islice(iterator, 20))
    model.partial_fit(["ccc"] * 30)
    assert begun + list(islice(iterator, 40)) == wanted


def test_probabilities_sum_to_one_and_name_the_end_and_the_unknown(model):
    found = model.next_probabilities("ab")
    assert set(found) == {"", "a", "b", "c", UNKNOWN}
    assert sum(found.values()) == pytest.approx(1)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_rare_characters_are_unknown():
    """A character that is there once teaches how probable an unknown one is, and costs as much as any."""
    model = CharacterModel(**SMALL).fit([*TEXTS, "abxc", "y"])
    assert model.vocabulary_ == "abc"
    assert model.bits_per_character(["abx"]) == pytest.approx(model.bits_per_character(["ab日"]), rel=1e-6)
    assert CharacterModel(**SMALL, min_count=1).fit([*TEXTS, "y"]).vocabulary_ == "abcy"
    assert CharacterModel(**SMALL, vocabulary="cbaz").fit(TEXTS).vocabulary_ == "cbaz"
    other = CharacterModel(**SMALL | {"max_iter": 60}, vocabulary="abx").fit(TEXTS)
    assert max(other.next_probabilities("ab"), key=other.next_probabilities("ab").get) == UNKNOWN


def test_it_can_be_cloned_pickled_saved_and_searched(model, tmp_path):
    for other in (pickle.loads(pickle.dumps(model)), _saved(model, tmp_path), clone(model).fit(TEXTS)):
        assert other.score(TEXTS) == model.score(TEXTS)
        assert other.vocabulary_ == model.vocabulary_
        assert "".join(other.sample(random_state=3)) == "".join(model.sample(random_state=3))
    search = GridSearchCV(CharacterModel(**SMALL), {"hidden": [2, 8]}, cv=2).fit(TEXTS)
    assert search.best_params_ == {"hidden": 8}
    assert len(cross_val_score(model, TEXTS, cv=3)) == 3


def _saved(model, folder):
    model.save(folder / "m.safetensors")
    other = CharacterModel.load(folder / "m.safetensors")
    assert (other.hidden, other.embedding, other.cell, other.dtype) == (8, 4, "lstm", "float32")
    return other


def test_a_saved_model_goes_on(model, tmp_path):
    other = _saved(model, tmp_path).set_params(max_iter=1, warm_start=True)
    assert other.fit(TEXTS).score(TEXTS) > model.score(TEXTS)
    assert other.partial_fit(TEXTS).score(TEXTS) > model.score(TEXTS)
    own = CharacterModel(**SMALL, cell=leaky).fit(TEXTS)
    own.save(tmp_path / "own.safetensors")
    assert CharacterModel.load(tmp_path / "own.safetensors").score(TEXTS) == own.score(TEXTS)
    LanguageModel(Vocabulary("ab"), hidden=2).save(tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="holds a language model without a symbol for unknown characters"):
        CharacterModel.load(tmp_path / "other.safetensors")


@tt.cell
def leaky(p, x, h):
    return 0.5 * h + 0.5 * tt.tanh(x @ p.V + h @ p.U + p.b)


def test_warm_start_goes_on_and_another_network_is_refused():
    model = CharacterModel(**SMALL, warm_start=True).fit(TEXTS)
    once = model.score(TEXTS)
    assert model.fit(TEXTS).score(TEXTS) > once
    with pytest.raises(ValueError, match="hidden is 9, but the network that is trained on was made with 8"):
        model.set_params(hidden=9).fit(TEXTS)


def test_partial_fit_reads_once_with_the_optimiser_s_memory():
    """An epoch in the order of the texts, and a second with the moments and the step of the first."""
    options = SMALL | {"dtype": "float64", "batch_size": 4}
    model = CharacterModel(**options).partial_fit(TEXTS).partial_fit(TEXTS)
    seed = np.random.RandomState(0).randint(2**31 - 1)
    start = LanguageModel(Vocabulary("abc" + UNKNOWN), hidden=8, embedding=4, seed=seed)
    from throughtime.generation import train

    wanted, _ = train(start, TEXTS, steps=10, batch=4, window=64, shuffle=False, clip=1.0, optimizer=tt.Adam(0.01))
    np.testing.assert_array_equal(model.model_.parameters, wanted.parameters)
    for options, message in (
        ({"early_stopping": True}, "reads its sequences once, so early_stopping"),
        ({"schedule": "cosine"}, "schedule has no place"),
        ({"verbose": True}, "has no epochs"),
    ):
        with pytest.raises(ValueError, match=message):
            CharacterModel(**SMALL, **options).partial_fit(TEXTS)


@pytest.mark.parametrize("texts", [TEXTS, ["".join(TEXTS)]])
def test_early_stopping_keeps_the_network_that_did_best(texts):
    options = SMALL | {"max_iter": 60, "learning_rate": 0.3, "n_iter_no_change": 3}
    model = CharacterModel(**options, early_stopping=True).fit(texts)
    losses = model.validation_losses_
    assert len(losses) == model.n_iter_ == np.argmin(losses) + 4 < 60
    if len(texts) == 1:
        assert -model.score([texts[0][-math.ceil(len(texts[0]) / 10) :]]) == min(losses)
    model.set_params(early_stopping=False, n_iter_no_change=10, max_iter=1).fit(texts)
    assert not hasattr(model, "validation_losses_")


def test_what_is_told_of_an_epoch(capsys):
    epochs = []
    model = CharacterModel(
        **SMALL | {"learning_rate": 0.0, "dtype": "float64"}, batch_size=7, verbose=True,
        callbacks=[lambda model: epochs.append(model.n_iter_), lambda model: model.n_iter_ == 2],
    ).fit(TEXTS)  # fmt: skip
    assert epochs == [1, 2]
    lines = capsys.readouterr().out.splitlines()
    symbols = sum(len(text) + 1 for text in TEXTS)
    wanted = -model.model_.log_probability([""] * len(TEXTS), TEXTS).sum() / math.log(2) / symbols
    assert [line.split(":")[0] for line in lines] == ["epoch 1", "epoch 2"]
    for line in lines:
        assert line.endswith("bits per character")
        assert float(line.split()[3]) == pytest.approx(wanted, rel=1e-5)


def test_the_same_seed_gives_the_same_bits():
    first, second = (CharacterModel(**SMALL).fit(TEXTS).model_.parameters for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_check_estimator():
    for estimator in (CharacterModel(**SMALL), CharacterEncoder()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it cannot be tested with numbers
            done = check_estimator(estimator, on_skip=None)
        assert {check["status"] for check in done} == {"passed"}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("abc", r"X must be a list of texts, got one str: give \[text\]"),
        (b"abc", "got one bytes"),
        ([], "X holds no text"),
        ([""], "X holds no character: all its texts are empty"),
        (["abab", b"ab"], "text 1 of X must be a str, got bytes"),
        (["abab", None], "text 1 of X must be a str, got NoneType None"),
        ([1.5], "text 0 of X must be a str, got float 1.5"),
        (np.array([["a", "b"]]), r"got shape \(1, 2\)"),
        (5, "X must be a list of texts, or an array or Series of them, got int"),
        (["aa", "ab" + SURROGATE], "text 1 of X has the surrogate '.ud800' at character 2, which is half a character"),
        (["ab"], "X holds no character 2 times"),
    ],
)
def test_texts_that_are_refused(texts, message):
    for estimator in (CharacterModel(**SMALL), CharacterEncoder()):
        with pytest.raises(ValueError, match=message):
            estimator.fit(texts)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": 0}, "hidden must be a whole number"),
        ({"embedding": 0}, "embedding must be a whole number"),
        ({"window": 0}, "window must be a whole number"),
        ({"min_count": 0}, "min_count must be a whole number of at least 1"),
        ({"vocabulary": ""}, "vocabulary must have characters"),
        ({"vocabulary": "ab", "min_count": 3}, "with vocabulary leave it at 2"),
        ({"vocabulary": "aba"}, "each of them once; twice: 'a'"),
        ({"vocabulary": ["a"]}, "vocabulary must be a str"),
        ({"cell": "lstn"}, "did you mean lstm"),
        ({"schedule": "cosin"}, "schedule must be"),
        ({"optimizer": "sgd"}, "optimizer must be"),
        ({"early_stopping": True, "validation_fraction": 1.0}, "validation_fraction must be between 0 and 1"),
        ({"hidden": 10**6}, "needs about"),
        ({"learning_rate": 1e300, "clip": None}, "not finite: lower the learning rate"),
        ({"max_iter": 0}, "max_iter must be"),
        ({"dtype": "int8"}, "dtype must be"),
        ({"callbacks": [1]}, "callbacks must be a list of functions"),
    ],
)
def test_settings_that_are_refused(options, message):
    with pytest.raises((ValueError, ArithmeticError), match=message):
        CharacterModel(**SMALL | options).fit(TEXTS)


def test_questions_that_are_refused(model):
    for ask, message in (
        (lambda: model.sample(temperature=0), "temperature must be above 0"),
        (lambda: model.sample(temperature=math.nan), "temperature must be a number"),
        (lambda: model.sample(temperature=math.inf), "temperature must be a number"),
        (lambda: model.sample(5), "prompt must be a str, got int"),
        (lambda: model.sample(SURROGATE), "prompt has the surrogate"),
        (lambda: model.sample(ends=1), "ends must be true or false"),
        (lambda: model.next_probabilities(["a"]), "prompt must be a str"),
        (lambda: model.bits_per_character(["a", ""]), "text 1 of X is empty"),
        (lambda: model.bits_per_character("a"), "got one str"),
        (lambda: model.bits_per_character(["a"], after=None), "after must be a str"),
        (lambda: model.score([""]), "nothing to score"),
    ):
        with pytest.raises(ValueError, match=message):
            ask()


def test_a_vocabulary_of_many_characters_takes_bounded_memory():
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 3000))) * 2
    model = CharacterModel(**SMALL | {"max_iter": 1}).fit([text])
    assert len(model.vocabulary_) == 3000
    assert model.bits_per_character([text])[0] == pytest.approx(math.log2(3000), abs=1)


def test_encoded_characters_are_one_hot():
    encoder = CharacterEncoder().fit(["abba", "cab", "c"])
    assert encoder.vocabulary_ == "abc"
    found = encoder.transform(["bc", "xa"])
    np.testing.assert_array_equal(found[0], [[0, 1, 0, 0], [0, 0, 1, 0]])
    np.testing.assert_array_equal(found[1], [[0, 0, 0, 1], [1, 0, 0, 0]])
    with pytest.raises(ValueError, match="text 1 of X is empty"):
        encoder.transform(["a", ""])


@pytest.mark.filterwarnings("error")
def test_pipelines_learn_a_class_for_each_text_and_each_character():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abcdefghij"), n)) for n in rng.integers(1, 8, 80)]
    options = {"cell": "gru", "hidden": 16, "max_iter": 60, "standardize": False, "random_state": 0}
    has_a = ["a" in text for text in texts]
    classifier = make_pipeline(CharacterEncoder(), SequenceClassifier(**options)).fit(texts[:60], has_a[:60])
    assert classifier.score(texts[60:], has_a[60:]) > 0.85
    behind_a = [["yes" if "a" in text[: at + 1] else "no" for at in range(len(text))] for text in texts]
    labeler = make_pipeline(CharacterEncoder(), SequenceLabeler(**options)).fit(texts[:60], behind_a[:60])
    assert labeler.score(texts[60:], behind_a[60:]) > 0.9
    assert [len(row) for row in labeler.predict(["ab", "x"])] == [2, 1]
