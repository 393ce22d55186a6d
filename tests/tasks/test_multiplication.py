import numpy as np
import pytest

from throughtime.tasks import Multiplication


@pytest.mark.parametrize("factor", [*range(1, 18), 100])
def test_machine_multiplies_and_is_minimal(oracles, factor):
    task = Multiplication(bits=20, factor=factor)
    for a in range(0, 200, 7):
        x = np.array([[a >> t & 1] for t in range(20)], float)
        carry, found = task.retrace(x)
        assert oracles.numbers(found[None, :, 0])[0] == factor * a
        assert carry[5] == factor * (a % 32) >> 5
    assert oracles.distinct(task.machine) == len(task.machine.next) == factor


@pytest.mark.parametrize(("factor", "bits", "below"), [(1, 4, 16), (3, 8, 64), (4, 8, 64), (100, 12, 32)])
def test_samples_fit_and_are_uniform(oracles, rng, factor, bits, below):
    batch = Multiplication(bits=bits, factor=factor).sample(rng, 4000)
    a = oracles.numbers(batch.x)[:, 0].astype(int)
    assert (oracles.numbers(batch.y)[:, 0] == factor * a).all()
    assert set(a) == set(range(below))


def test_render_with_carries_of_two_digits():
    task = Multiplication(factor=12)
    x = np.array([[1], [1], [1], [0], [0], [0], [0]], float)
    assert task.render(x, task.retrace(x)[1]) == (
        "  carry     1  2  5 10  9  6  0\n"
        "      7     0  0  0  0  1  1  1\n"
        "  ×  12\n"
        "  =  84     1  0  1  0  1  0  0      right"
    )


def test_evaluate_reads_the_whole_product(oracles):
    task = Multiplication(factor=3)
    net = oracles.Follower(task.machine, wrong=["11111100"])
    found = task.evaluate(net, bits=6)
    assert (found.checked, found.wrong, found.exhaustive) == (64, 1, True)
    assert "=  61 " in found.first_wrong
    assert "189    1 0 1 1 1 1 0 1      is right" in found.first_wrong


def test_options_are_checked():
    with pytest.raises(ValueError, match=r"^factor must be a whole number from 1 to 1000, got 0$"):
        Multiplication(factor=0)
    with pytest.raises(ValueError, match=r"^bits must be a whole number of at least 8, got 7$"):
        Multiplication(bits=7, factor=100)
