import numpy as np
import pytest

from throughtime.tasks import Addition, Comparison, Parity, exhaustive


def test_all_pairs_of_8_bit_operands_take_two_wide_layers(oracles):
    net = oracles.Adder()
    checked, wrong, first = exhaustive.check(net, Addition().machine, 8, closing=1)
    assert (checked, wrong, first) == (65536, 0, None)
    assert net.rows == [4, 16, 64, 256, 1024, 4096, 16384, 65536, 65536]


def test_one_wrong_pair_is_found_even_at_the_last_carry(oracles):
    net = oracles.Adder(wrong=[(13, 14)], last=4)
    checked, wrong, first = exhaustive.check(net, Addition().machine, 4, closing=1)
    assert (checked, wrong) == (256, 1)
    a = sum((letter >> 1) << t for t, letter in enumerate(first))
    b = sum((letter & 1) << t for t, letter in enumerate(first))
    assert (a, b, len(first), first[-1]) == (13, 14, 5, 0)


@pytest.mark.parametrize("width", [4**8, 64, 5, 3, 1])
def test_a_wrong_prefix_spoils_each_word_it_begins_whatever_the_width(oracles, monkeypatch, width):
    monkeypatch.setattr(exhaustive, "WIDTH", width)
    machine = Parity().machine
    faults = ["1", "001", "01011", "0000000"]
    net = oracles.Follower(machine, faults)
    spoilt = [
        word for word in oracles.words(machine, 7) if any("".join(map(str, word)).startswith(fault) for fault in faults)
    ]
    checked, wrong, first = exhaustive.check(net, machine, 7)
    assert (checked, wrong, tuple(first)) == (128, len(spoilt), spoilt[0])
    assert max(net.rows) <= max(width, 2)


def test_slices_keep_the_order_of_words(oracles, monkeypatch):
    monkeypatch.setattr(exhaustive, "WIDTH", 8)
    net = oracles.Adder(wrong=[(6, 5), (7, 7)], last=3)
    checked, wrong, first = exhaustive.check(net, Addition().machine, 3, closing=1)
    assert (checked, wrong) == (64, 2)
    assert first == [0b01, 0b10, 0b11, 0]
    assert max(net.rows) == 8


def test_half_and_nan_are_no_answer():
    class Undecided:
        def __init__(self, y):
            self.y = y

        def initial_state(self, batch):
            return np.zeros(batch)

        def step(self, x_t, state):
            return np.full((len(x_t), 1), self.y), state

    for y in (0.5, np.nan, -1.0):
        assert exhaustive.check(Undecided(y), Parity().machine, 3)[:2] == (8, 8)
    assert exhaustive.check(Undecided(0.499), Parity().machine, 3)[:2] == (8, 7)


def test_feasible_up_to_four_million_words():
    assert exhaustive.feasible(Addition().machine, 11)
    assert not exhaustive.feasible(Addition().machine, 12)
    assert exhaustive.feasible(Parity().machine, 22)
    assert not exhaustive.feasible(Parity().machine, 23)
    assert not exhaustive.feasible(Comparison().machine, 10**9)
