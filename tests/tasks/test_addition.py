import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughtime.tasks import Addition

whole = st.integers(min_value=0, max_value=1 << 200)


def test_encode_is_least_significant_bit_first():
    x, y = Addition(bits=8).encode(100, 27)
    np.testing.assert_array_equal(x[0, :, 0], [0, 0, 1, 0, 0, 1, 1, 0])
    np.testing.assert_array_equal(x[0, :, 1], [1, 1, 0, 1, 1, 0, 0, 0])
    np.testing.assert_array_equal(y[0, :, 0], [1, 1, 1, 1, 1, 1, 1, 0])
    assert x.dtype == y.dtype == np.float64


@given(st.lists(whole, min_size=2, max_size=6), st.integers(1, 40))
def test_encode_and_the_machine_add_like_python(oracles, numbers, bits):
    task = Addition(bits=8, operands=len(numbers))
    x, y = task.encode(*numbers, bits=bits)
    assert x.shape == (1, max(bits, sum(numbers).bit_length()), len(numbers))
    assert task.decode(y) == sum(numbers)
    assert oracles.numbers(x)[0].tolist() == numbers
    carry, found = task.retrace(x[0])
    np.testing.assert_array_equal(found, y[0])
    for t in (0, 1, len(carry) // 2, len(carry) - 1):
        assert carry[t] == sum(number % (1 << t) for number in numbers) >> t


def test_decode_reads_what_a_network_tells():
    assert Addition().decode(np.array([[0.9], [0.2], [0.51]])) == 5


def test_encode_refuses_in_one_sentence():
    task = Addition()
    with pytest.raises(ValueError, match=r"^addition takes 2 numbers, got 3$"):
        task.encode(1, 2, 3)
    with pytest.raises(ValueError, match=r"^a number to add must be a whole number of at least 0, got -3$"):
        task.encode(1, -3)
    with pytest.raises(ValueError, match=r"^bits must be a whole number of at least 1, got 0$"):
        task.encode(1, 2, bits=0)
    with pytest.raises(ValueError, match=r"^a number to add must be a whole number of at least 0, got 1.5$"):
        task.encode(1, 1.5)


@pytest.mark.parametrize(("bits", "operands", "below"), [(8, 2, 128), (8, 3, 64), (7, 4, 32), (9, 5, 64), (2, 2, 2)])
def test_samples_are_uniform_and_the_sum_fits(oracles, rng, bits, operands, below):
    batch = Addition(bits=bits, operands=operands).sample(rng, 6400)
    drawn = oracles.numbers(batch.x)
    assert (oracles.numbers(batch.y)[:, 0] == drawn.sum(axis=1)).all()
    counts = np.bincount(drawn.ravel().astype(int), minlength=below)
    assert len(counts) == below
    expected = 6400 * operands / below
    assert (abs(counts - expected) < 6 * np.sqrt(expected)).all()


def test_samples_are_ready_for_the_engine(rng):
    batch = Addition().sample(rng, 64)
    assert batch.x.shape == (64, 8, 2)
    assert batch.y.shape == (64, 8, 1)
    assert batch.x.dtype == batch.y.dtype == np.float64
    assert batch.x.flags.c_contiguous
    assert batch.y.flags.c_contiguous


def test_a_seed_gives_the_same_samples():
    one, two, other = (Addition().sample(np.random.default_rng(seed), 50) for seed in (1, 1, 2))
    assert (one.x == two.x).all()
    assert (one.x != other.x).any()


@pytest.mark.parametrize("operands", [2, 3, 7])
def test_machine_is_minimal(oracles, operands):
    machine = Addition(operands=operands).machine
    assert oracles.distinct(machine) == len(machine.next) == operands


def test_render_is_the_tour():
    task = Addition()
    x, y = task.encode(100, 27)
    assert task.render(x[0], y[0]) == (
        "  carry    0 0 0 0 0 0 0\n"
        "    100    1 1 0 0 1 0 0\n"
        "  +  27    0 0 1 1 0 1 1\n"
        "  = 127    1 1 1 1 1 1 1      right"
    )


def test_render_of_carries_and_of_a_wrong_sum():
    task = Addition(operands=3)
    x, y = task.encode(3, 3, 1)
    found = np.where(y == 1, 0.8, 0.1)
    found[0, 4], found[0, 0] = 0.9, np.nan
    assert task.render(x[0], found[0]) == (
        "  carry    0 0 1 1 0\n"
        "      3    0 0 0 1 1\n"
        "  +   3    0 0 0 1 1\n"
        "  +   1    0 0 0 0 1\n"
        "  =   ?    1 0 1 1 ?      wrong\n"
        "      7    0 0 1 1 1      is right"
    )


def test_render_of_nothing_and_of_much():
    task = Addition()
    x, y = task.encode(0, 0)
    assert task.render(x[0], y[0]).splitlines()[-1] == "  =   0    0      right"
    x, y = task.encode(1 << 40, 1)
    lines = task.render(x[0], y[0]).splitlines()
    assert lines[0] == "  carry              " + " ".join("0" * 32)
    assert lines[1] == "    1099511627776    " + " ".join("1" + "0" * 31)
    assert lines[3] == "  = 1099511627777    " + " ".join("1" + "0" * 31)
    assert lines[-1] == "  = 1099511627777    0 0 0 0 0 0 0 0 1      right"
    x, y = task.encode(10**5000, 1)
    text = task.render(x[0], y[0])
    assert text.endswith("right\n\n  = 1" + "0" * 4999 + "1")
    assert text.splitlines()[1].startswith("    1000000000…0000000000    1")


def test_right_reads_every_bit(rng):
    task = Addition()
    batch = task.sample(rng, 5)
    y = 0.8 * batch.y + 0.1
    y[1, 7], y[3, 0], y[4, 2] = 1 - y[1, 7], 0.5, np.nan
    assert task.right(y, batch).tolist() == [True, False, True, False, False]


def test_evaluate_checks_all_pairs(oracles):
    assert Addition(bits=4).evaluate(oracles.Adder()).checked == 256
    found = Addition(bits=8).evaluate(oracles.Adder(wrong=[(7, 6)], last=3), bits=3)
    assert (found.checked, found.wrong, found.exhaustive) == (64, 1, True)
    assert found.first_wrong == (
        "  carry    1 1 0 0\n"
        "      7    0 1 1 1\n"
        "  +   6    0 1 1 0\n"
        "  =   5    0 1 0 1      wrong\n"
        "     13    1 1 0 1      is right"
    )


@pytest.mark.parametrize("bits", [64, 1000])
def test_evaluate_of_big_numbers_is_sampled(oracles, bits):
    net = oracles.Adder()
    found = Addition().evaluate(net, samples=30, bits=bits)
    assert (found.checked, found.wrong, found.exhaustive, found.first_wrong) == (30, 0, False, None)
    assert net.rows == [30] * (bits + 1)


def test_options_are_checked():
    for options, message in (
        ({"bits": 1}, "bits must be a whole number of at least 2, got 1"),
        ({"bits": 2.0}, "bits must be a whole number of at least 2, got 2.0"),
        ({"bits": True}, "bits must be a whole number of at least 2, got True"),
        ({"operands": 1}, "operands must be a whole number from 2 to 10, got 1"),
        ({"operands": 11}, "operands must be a whole number from 2 to 10, got 11"),
        ({"bits": 2, "operands": 3}, "bits must be a whole number of at least 3, got 2"),
    ):
        with pytest.raises(ValueError, match=f"^{message}$"):
            Addition(**options)
    with pytest.raises(ValueError, match=r"^bits must be a whole number of at least 1, got 0$"):
        Addition().evaluate(None, bits=0)
