"""The n-gram model with back-off, xz, and the text that they are compared on."""

from math import log2

import pytest

from throughtime.experiments.gallery import language
from throughtime.experiments.gallery.ngrams import DISCOUNT, BackOff, xz_bits


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("context", ["", "a", "ba", "zz", "xab"])
def test_probabilities_sum_to_one(order, context):
    model = BackOff("abracadabra", order, "abcdrz")
    assert sum(model.probability(symbol, context) for symbol in "abcdrz") == pytest.approx(1)


def test_a_bigram_model_worked_by_hand():
    """In "aab" behind a: a once, b once; each gets (1 − ¾)/2, and c the 2·¾/2 that are left."""
    model = BackOff("aab", 2, "abc")
    assert model.probability("a", "a") == pytest.approx((1 - DISCOUNT) / 2)
    assert model.probability("c", "a") == pytest.approx(DISCOUNT)
    assert model.probability("a", "") == pytest.approx((2 - DISCOUNT) / 3)
    assert model.bits("a", "ac") == pytest.approx(-(log2(0.125) + log2(0.75)) / 2)


def test_xz_counts_what_a_text_adds():
    before = "".join(chr(97 + n * n % 26) for n in range(3000))
    assert xz_bits(before, before[:1000]) < xz_bits(before, "".join(chr(48 + n**3 % 79) for n in range(1000)))


def test_the_text_is_split_in_order_and_has_no_paragraph_twice():
    text = language.load()
    whole = text.learned + text.validation + text.test
    assert len(text.test) == pytest.approx(0.05 * len(whole), abs=1)
    assert set(whole) == set(text.symbols)
    paragraphs = [" ".join(paragraph.split()) for paragraph in whole.split("\n\n")]
    assert len(set(paragraphs)) == len(paragraphs) > 1000
    assert len(whole) > 200_000


@pytest.mark.long
def test_the_same_steps_in_pytorch_lead_to_the_same_bits():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0")
    torch.set_num_threads(1)  # its threads wait for each other where other tests run beside them
    text = language.load()
    model = language.learn(text, seed=0, steps=5)
    bits = model.bits(text.test, after=text.before)
    assert bits < log2(len(text.symbols)) - 1
    assert language.torch_lstm(text, seed=0, steps=5)[0] == pytest.approx(bits, rel=0.1)
