"""Training until proved on a user's own task: any object with the members of a Task, whatever its sequences are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import throughtime as tt
from throughtime.proof import specify, why_not
from throughtime.proof.lessons import Lessons, resume_until_proved, train_until_proved
from throughtime.tasks.task import at_every_step, sampled

PARITY = specify(lambda odd, x: (odd ^ int(x[0]), odd ^ int(x[0])), 0, [(0,), (1,)])
GAP = specify(lambda on, x: (int(x == ((1.0, 5.0),)),) * 2, 0, {"low": [(-3, 0.5)], "high": [(1, 5)]})


@dataclass(frozen=True)
class Own:
    """Words of a machine; `kind` says what its sequences have beside x and y, or that its symbols are intervals."""

    kind: str = "plain"
    name: ClassVar[str] = "own"
    inputs: ClassVar[int] = 1
    outputs: ClassVar[int] = 1
    readout: ClassVar[str] = "sigmoid"
    loss: ClassVar[str] = "squared"
    output: ClassVar[str] = "every step"

    @property
    def machine(self):
        return GAP if self.kind == "intervals" else PARITY

    def sample(self, rng, batch):
        word = rng.integers(2, size=(batch, 6))
        x, y = self.machine.symbols[word], np.array([self.machine.run(row)[1] for row in word], float)
        if self.kind == "lengths":
            lengths = rng.integers(1, 6, size=batch)
            x[np.arange(6) >= lengths[:, None]] = np.nan
            return tt.Batch(x, y, lengths)
        if self.kind == "mask":
            mask = rng.choice([0.0, 0.5], size=(batch, 6))
            y[mask == 0] = np.nan
            return tt.Batch(x, y, None, mask)
        return tt.Batch(x, y)

    def right(self, y, batch):
        return at_every_step((np.abs(y - batch.y) < 0.5).all(axis=-1), batch)

    def render(self, x, y):
        return str(x)

    def evaluate(self, net, samples=1000, seed=0):
        return sampled(self, net, samples, seed)


@pytest.mark.parametrize("kind", ["plain", "lengths", "mask"])
def test_a_task_that_has_what_a_task_needs_alone_is_trained_until_it_is_proved(tmp_path, kind):
    net = tt.Network(activation="tanh", inputs=1, hidden=8, outputs=1, seed=0)
    assert why_not(net, Own()) is None
    settings = {"steps": 300, "batch": 32, "optimizer": tt.Adam(0.02), "noise": 0.1, "budget": 1.0}
    train_until_proved(net, Own(kind), **settings, rounds=1, out=tmp_path / "run")
    run, proof = resume_until_proved(tmp_path / "run", Own(kind), budget=1.0)
    assert proof.verdict == "proved"
    assert tt.prove(run.network, PARITY).verdict == "proved"


def test_sequences_of_a_task_keep_their_lengths_among_lessons():
    batch = Lessons(Own("lengths"), (), True).sample(np.random.default_rng(0), 40)
    assert np.isfinite(batch.x[batch.real]).all()
    assert (batch.lengths == 24).sum() == 20
    assert (batch.lengths < 6).sum() == 20


def test_targets_that_a_task_does_not_score_are_not_scored_among_lessons():
    batch = Lessons(Own("mask"), (), True).sample(np.random.default_rng(0), 40)
    assert np.isfinite(batch.y[batch.scored]).all()
    longer = batch.lengths == 24
    assert (batch.mask[longer] == 1).all()
    assert set(batch.mask[~longer, :6].ravel()) == {0.0, 0.5}


def test_words_of_intervals_have_inputs_anywhere_in_them():
    batch = Lessons(Own("intervals"), ((1, 0, 1),), True).sample(np.random.default_rng(0), 400)
    x, on = (values[batch.lengths == 24, :, 0] for values in (batch.x, batch.y))
    for interval, values in (((-3, 0.5), x[on == 0]), ((1, 5), x[on == 1])):
        assert (interval[0] <= values).all()
        assert (values <= interval[1]).all()
        assert np.ptp(values) > 0.99 * (interval[1] - interval[0])
