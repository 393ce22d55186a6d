"""The trainer takes the steps that `train` takes, to the same bits, whatever happens between them."""

import asyncio
from multiprocessing import Pipe

import numpy as np
import pytest
from running import Requester

from throughtime.studio import child
from throughtime.studio.plan import plan
from throughtime.studio.process import Lost, TrainingProcess
from throughtime.studio.trainer import Answer, Event, Request
from throughtime.training.checkpoint import load_run
from throughtime.training.loop import train

SETTINGS = {"hidden": 4, "steps": 60, "batch": 8, "seed": 5}


@pytest.fixture
def requester():
    return Requester()


def wanted(steps, settings=SETTINGS):
    planned = plan(settings | {"steps": steps})
    s = planned.settings
    return train(
        planned.begin(), planned.task, steps=steps, batch=s.batch, optimizer=s.optimizer, noise=s.noise, seed=s.seed,
        schedule=s.schedule, weight_decay=s.weight_decay, cell_penalty=s.cell_penalty, clip=s.clip,
    ).network.parameters  # fmt: skip


def test_steps_and_the_last_update(requester):
    begun, one, ten = requester.found(("begin", plan(SETTINGS), None), ("step", 1, None), ("step", 9, None))
    assert (begun.step, begun.update, begun.afresh, begun.records) == (0, None, True, [])
    assert (one.step, one.updates, ten.step, ten.updates) == (1, 1, 10, 1)
    np.testing.assert_array_equal(one.parameters, wanted(1))
    np.testing.assert_array_equal(ten.parameters, wanted(10))
    np.testing.assert_array_equal(ten.update, wanted(10) - wanted(9))
    assert [record["step"] for record in one.records + ten.records] == [*range(1, 11)]


def test_training_to_the_end_is_the_same_as_train(tmp_path, requester):
    requester.train(plan(SETTINGS), tmp_path)
    _, begun, ended = requester.go_on()
    assert begun.running
    assert ended == Event(saved=tmp_path, ended=True)
    np.testing.assert_array_equal(requester.trainer.run.network.parameters, wanted(60))
    assert requester.trainer.updates == 1  # the last update alone is there to be shown
    saved = load_run(tmp_path)
    assert saved.step == 60
    np.testing.assert_array_equal(saved.network.parameters, wanted(60))


def test_a_pause_between_two_blocks_ends_with_a_single_update(requester):
    requester.train(plan(SETTINGS | {"steps": 100_000}), None)
    while requester.trainer.updates < 2:
        requester.trainer._go_on()
    requester.here.send(Request(1, "pause"))
    paused = requester.go_on()[-1]
    assert (paused.running, paused.updates) == (False, 1)
    np.testing.assert_array_equal(paused.parameters, wanted(paused.step))
    np.testing.assert_array_equal(paused.update, paused.parameters - wanted(paused.step - 1))


def test_back_to_a_checkpoint_and_on_again(requester):
    *_, gone, back, on = requester.found(
        ("begin", plan(SETTINGS), None), *[("step", 1, None)] * 12, ("restore", 5), ("step", 7, None)
    )
    assert gone.step == 12
    assert (back.step, back.update, back.afresh) == (5, None, True)
    assert [record["step"] for record in back.records] == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(back.parameters, wanted(5))
    np.testing.assert_array_equal(on.parameters, gone.parameters)


def test_a_run_goes_on_where_it_stood(tmp_path, requester):
    planned = plan(SETTINGS)
    begun, _ = requester.found(("begin", planned, None), ("step", 7, tmp_path))
    opened, on = Requester().found(("begin", planned, tmp_path), ("step", 3, tmp_path))
    assert (begun.step, opened.step) == (0, 7)
    assert [record["step"] for record in opened.records] == [*range(1, 8)]
    np.testing.assert_array_equal(on.parameters, wanted(10))
    assert load_run(tmp_path).step == 10


def test_overflow_is_said_and_the_last_good_network_stays(requester):
    planned = plan(
        {"task": "recall", "cell": "elman", "hidden": 4, "activation": "relu", "noise": 0.0}
        | {"optimizer": "gradient-descent", "learning_rate": 1e3}
    )
    requester.train(planned, None)
    requester.trainer.run.network.parameters[:] = 1e300
    sent = requester.go_on()
    assert "not finite" in sent[-1].error
    assert sent[-1].ended
    assert np.isfinite(requester.trainer.run.network.parameters).all()


def test_an_answer_says_what_cannot_be_done(tmp_path, requester):
    (failed,) = requester.found(("begin", plan(SETTINGS), tmp_path / "nothing"))
    assert "there is no run in" in failed


def test_an_answer_belongs_to_its_request_in_whatever_order_they_come(monkeypatch):
    here, there = Pipe()
    monkeypatch.setattr(child, "start", lambda target, name: (None, here))

    async def use():
        process = TrainingProcess(happened=print, lost=lambda: None)
        slow, quick, refused = (asyncio.create_task(process.request(what)) for what in ("step", "snapshot", "restore"))
        numbers = {request.what: request.number for request in [await asyncio.to_thread(there.recv) for _ in range(3)]}
        there.send(Answer(numbers["restore"], failed="there is no such step"))
        there.send(Answer(numbers["snapshot"], "a snapshot"))
        assert await quick == "a snapshot"
        with pytest.raises(ValueError, match="no such step"):
            await refused
        assert not slow.done()
        slow.cancel()
        late = asyncio.create_task(process.request("pause"))
        request = await asyncio.to_thread(there.recv)
        there.send(Answer(numbers["step"], "nobody waits for it any more"))
        there.send(Answer(request.number, "paused"))
        assert await late == "paused"
        left = asyncio.create_task(process.request("step"))
        await asyncio.to_thread(there.recv)
        there.close()
        with pytest.raises(Lost):
            await left

    asyncio.run(use())
