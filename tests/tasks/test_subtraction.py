import numpy as np

from throughtime.tasks import Subtraction


def encode(a, b, bits):
    return np.array([[a >> t & 1, b >> t & 1] for t in range(bits)], float)


def test_machine_is_twos_complement_for_all_pairs(oracles):
    task = Subtraction()
    for a in range(32):
        for b in range(32):
            borrow, found = task.retrace(encode(a, b, 5))
            assert oracles.numbers(found[None, :, 0])[0] == (a - b) % 32
            assert borrow[-1] == (a < b)
    assert oracles.distinct(task.machine) == len(task.machine.next) == 2


def test_samples_have_a_of_at_least_b(oracles, rng):
    batch = Subtraction(bits=8).sample(rng, 5000)
    a, b = oracles.numbers(batch.x).T
    assert (a >= b).all()
    assert (oracles.numbers(batch.y)[:, 0] == a - b).all()
    assert a.max() == 255
    assert b.min() == 0
    assert len(set(zip(a, b, strict=True))) > 4500


def test_render():
    task = Subtraction()
    x = encode(12, 5, 8)
    assert task.render(x, task.retrace(x)[1]) == (
        "  borrow    1 1 1 0\n      12    1 1 0 0\n  −    5    0 1 0 1\n  =    7    0 1 1 1      right"
    )


def test_evaluate_knows_negative_differences_too(oracles):
    found = Subtraction(bits=5).evaluate(oracles.Follower(Subtraction().machine))
    assert (found.checked, found.wrong, found.exhaustive) == (1024, 0, True)
