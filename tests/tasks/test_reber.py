import re

import numpy as np
import pytest

from throughtime.tasks import Reber


def spell(x):
    return "".join("BTSXPVE"[letter] for letter in x.argmax(axis=-1))


def follow(word, inside=False):
    """Reber's graph as it is drawn: what may follow a word, or None if no word begins like that."""
    edges = {
        (0, "B"): 1, (1, "T"): 2, (1, "P"): 3, (2, "S"): 2, (2, "X"): 4, (3, "T"): 3, (3, "V"): 5,
        (4, "X"): 3, (4, "S"): 6, (5, "P"): 4, (5, "V"): 6, (6, "E"): 7,
    }  # fmt: skip
    node = 0
    for symbol in word:
        node = edges.get((node, symbol))
        if node is None:
            return None
    return {symbol for start, symbol in edges if start == node} or ({"end"} if inside else set())


def follow_embedded(word):
    if len(word) < 2:
        return {"": {"B"}, "B": {"T", "P"}}[word]
    inner = re.match("B[^E]*E?", word[2:])
    inner = inner.group() if inner else ""
    rest = word[2 + len(inner) :]
    may = follow(inner, inside=True)
    if may != {"end"}:
        return may if not rest else None
    return {"": {word[1]}, word[1]: {"E"}}.get(rest)


@pytest.mark.parametrize("embedded", [False, True])
def test_words_and_their_successors(rng, embedded):
    task = Reber(embedded=embedded)
    oracle = follow_embedded if embedded else follow
    batch = task.sample(rng, 500)
    seen = set()
    for x, y, length in zip(batch.x, batch.y, batch.lengths, strict=True):
        word = spell(x[:length])
        seen.add(word)
        assert (x[:length].sum(axis=1) == 1).all()
        assert not x[length:].any()
        assert not y[length:].any()
        for t in range(length):
            assert {"BTSXPVE"[i] for i in np.flatnonzero(y[t])} == oracle(word[: t + 1])
        assert oracle(word) == {"E"}
    assert len(seen) > 50
    assert batch.x.shape[1] == batch.lengths.max()


def test_choices_are_even(rng):
    batch = Reber(embedded=True).sample(rng, 4000)
    assert abs((batch.x[:, 1, 1] == 1).mean() - 0.5) < 0.04
    last = batch.x[np.arange(4000), batch.lengths - 1]
    np.testing.assert_array_equal(last, batch.x[:, 1])
    plain = Reber().sample(rng, 4000)
    assert plain.lengths.min() == 4
    assert abs((plain.lengths == 4).mean() - 0.25) < 0.04  # B T X S and B P V V
    assert abs(plain.x[:, 2, 2].mean() - 0.25) < 0.04


@pytest.mark.parametrize(("embedded", "states"), [(False, 7), (True, 19)])
def test_machine_is_minimal_and_forbids_for_ever(oracles, embedded, states):
    machine = Reber(embedded=embedded).machine
    assert oracles.distinct(machine) == len(machine.next) == states
    assert len(set(machine.state_names)) == states
    _, found = machine.run(["BTSXPVE".index(s) for s in "BTVBTXS"])
    assert found[:2].any(axis=1).all() if not embedded else True
    assert not found[2:].any()


def test_right_is_exactly_the_set_on_real_steps(rng):
    task = Reber()
    batch = task.sample(rng, 6)
    y = batch.y * 0.6 + 0.2
    short = int(batch.lengths.argmin())
    y[short, batch.lengths[short] :] = 1
    assert task.right(y, batch).all()
    y[3, 1] = [0.2, 0.2, 0.8, 0.8, 0.2, 0.8, 0.2]
    y[4, 0] = [0.2, 0.8, 0.2, 0.2, 0.2, 0.2, 0.2]
    assert task.right(y, batch).tolist() == [True, True, True, False, False, True]


def test_render():
    task = Reber()
    x = np.eye(7)[["BTSXPVE".index(s) for s in "BPVV"]]
    y = task.machine.run(x.argmax(axis=1))[1].astype(float)
    y[2, 1] = 1
    y[3] = 0
    assert task.render(x, y) == (
        "  B  then T or P    right\n"
        "  P  then T or V    right\n"
        "  V  then P or V    wrong, predicted T or P or V\n"
        "  V  then E         wrong, predicted none"
    )


def test_evaluate_gives_lengths_and_shows_a_word(oracles):
    task = Reber()
    drawn = task.sample(np.random.default_rng(3), 20)
    answer = drawn.y.copy()
    answer[5, 0], answer[9, 1] = 0, 0
    net = oracles.Answers(answer)
    found = task.evaluate(net, samples=20, seed=3)
    assert (found.checked, found.wrong, found.exhaustive) == (20, 2, False)
    np.testing.assert_array_equal(net.lengths[0], drawn.lengths)
    assert found.first_wrong.splitlines()[0] == "  B  then T or P    wrong, predicted none"
    assert len(found.first_wrong.splitlines()) == drawn.lengths[5]
