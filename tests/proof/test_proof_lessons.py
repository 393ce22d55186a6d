"""Training in rounds until a network is proved: what a round learns from the verdict before, and that it can be cut."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import throughtime as tt
from throughtime.proof import lessons
from throughtime.proof.lessons import LESSONS, Lessons, Round, resume_until_proved, train_until_proved
from throughtime.proof.search import Search
from throughtime.training import folder as of_run
from throughtime.training.checkpoint import load_run
from throughtime.weights.files import CHECKPOINT, FORMAT, MODEL, save_tensors

PARITY = tt.tasks.Parity(bits=6)
NETWORK = tt.Network(cell="elman", activation="tanh", inputs=1, hidden=8, outputs=1, seed=1)
LOSING = {"steps": 400, "budget": 0.0, "log_every": 400}
SETTINGS = {"steps": 300, "batch": 32, "optimizer": tt.Adam(0.02), "noise": 0.2, "seed": 1}


def refuted(word):
    return tt.Refuted(
        machine=PARITY.machine, word=word, inputs=np.zeros((len(word), 1)), expected=(0,), given=(1.0,), state="even",
        shortest=True, seconds=0.0,
    )  # fmt: skip


def unknown():
    return tt.Unknown(
        machine=PARITY.machine, reason="", right_to=9, tolerance=None, sets=0, failed="", advice="", seconds=0.0
    )


def verdicts_of(**more):
    heard = []
    run, proof = train_until_proved(
        NETWORK, PARITY, verdict=lambda number, proof: heard.append((number, proof)), **SETTINGS | more
    )
    return run, proof, heard


def test_a_batch_is_the_tasks_words_and_longer_ones_that_begin_with_lessons():
    word = (1, 1, 0, 1, 0, 0, 0, 1, 1)
    batch = Lessons(PARITY, (word,), learned=True).sample(np.random.default_rng(0), 40)
    assert batch.x.shape == (40, 24, 1)
    assert sorted(batch.lengths) == [6] * 20 + [24] * 20
    assert (batch.y[:, :, 0] == np.cumsum(batch.x[:, :, 0], axis=1) % 2)[batch.real].all()
    begins = (batch.x[:, :9, 0] == word).all(axis=1) & (batch.lengths == 24)
    assert 10 <= begins.sum() <= 11
    shorter = Lessons(PARITY, (word * 2,), learned=False).sample(np.random.default_rng(0), 40)
    assert sorted(shorter.lengths) == [6] * 20 + [12] * 20
    begins = (shorter.x[:, :12, 0] == (word * 2)[:12]).all(axis=1) & (shorter.lengths == 12)
    assert begins.sum() == 10


def test_longer_words_of_a_language_are_not_all_soon_none_for_good():
    only_ones = tt.tasks.Tomita(language=1)
    batch = Lessons(only_ones, (), learned=True).sample(np.random.default_rng(0), 400)
    longer = batch.lengths == 64
    assert longer.sum() == 200
    still = (batch.y[longer, 31, 0] == 1).mean()  # of uniform words none in four billion, of half of these a half
    assert 0.2 < still < 0.4


@pytest.mark.parametrize(
    ("step", "noise", "failed"),
    [(0, 0.3, 0), (25, 0.3, 0), (7, 0.2, 0), (6, 0.05, 2)],
    ids=["undecided: more", "wrong on words too long for lessons: more", "wrong: the same", "nothing learned: less"],
)
def test_the_verdict_decides_the_noise_that_follows(step, noise, failed):
    proof = refuted((0,) * step) if step else unknown()
    following = Round(3, NETWORK, 0.2, 1).after(NETWORK, proof, PARITY, seed=5)
    assert (following.number, following.noise, following.failed) == (4, pytest.approx(noise), failed)
    assert following.network is NETWORK
    assert (proof.verdict == "refuted" and proof.word in following.words) == (0 < step <= 24)
    y, machine = NETWORK.predict, PARITY.machine
    for word in following.words[0 < step <= 24 :]:
        wrong = np.abs(y(machine.symbols[list(word)][None])[0] - machine.run(word)[1]) >= 0.5
        assert wrong[-1].all()
        assert not wrong[:-1].any()


def test_a_network_that_unlearned_is_given_up_for_the_one_that_its_round_began_with_and_less_noise():
    began, ruined = (tt.Network(NETWORK.specification, seed=seed) for seed in (2, 3))
    now = Round(3, began, 0.6, words=((1, 0),), kept=began)
    following = now.after(ruined, refuted((0,) * 6), PARITY, seed=5)
    assert following.network is began
    assert (following.noise, following.failed, following.learned) == (pytest.approx(0.4), 1, True)
    assert following.words == ((1, 0),)  # not those of the ruin, which is wrong on nearly all
    better = following.after(ruined, refuted((0,) * 7), PARITY, seed=5)
    assert better.network is ruined
    assert (better.noise, better.failed, better.learned) == (following.noise, 0, True)
    new = replace(now, failed=2).after(ruined, refuted((0,)), PARITY, seed=5)
    assert not new.learned
    assert new.network not in (began, ruined)
    assert new.kept is began
    unlearned = new.after(ruined, refuted((0,)), PARITY, seed=5)
    assert (unlearned.network, unlearned.kept, unlearned.learned) == (ruined, began, False)
    relearned = unlearned.after(NETWORK, refuted((0,) * 7), PARITY, seed=5)
    assert (relearned.network, relearned.kept, relearned.learned) == (NETWORK, NETWORK, True)


def test_what_was_lost_is_returned_to_in_a_course_too_also_when_it_is_resumed(tmp_path, monkeypatch):
    monkeypatch.setattr(lessons, "MORE", 100.0)
    ended = []
    whole, _, heard = verdicts_of(**LOSING, rounds=3, callbacks=[lambda run: ended.append(run.network.copy())])
    wrong_at = [getattr(proof, "step", np.inf) for _, proof in heard]
    assert wrong_at[0] > 24
    assert wrong_at[1] <= 6  # noise of 20 is too much
    verdicts_of(**LOSING, rounds=2, out=tmp_path / "run")
    now, _ = lessons._load(tmp_path / "run" / LESSONS, NETWORK, PARITY)
    assert (now.number, now.noise, now.learned) == (2, pytest.approx(0.2), True)
    assert (now.network.parameters == ended[0].parameters).all()
    run, _ = resume_until_proved(tmp_path / "run", rounds=3, budget=0.0)
    assert (run.network.parameters == whole.network.parameters).all()


@pytest.fixture
def losing(monkeypatch):
    """A network learns in the first round; with noise of 20, none does in later ones."""
    monkeypatch.setattr(Round, "_noise_after", lambda *given: 20.0)


@pytest.mark.usefixtures("losing")
@pytest.mark.parametrize("patience", [3, 1])
@pytest.mark.parametrize("rounds", [2, 3])
def test_what_later_rounds_lost_is_given_at_the_end(tmp_path, monkeypatch, rounds, patience):
    """In memory and on disk, with the verdict on it, also where another network was drawn since."""
    monkeypatch.setattr(lessons, "PATIENCE", patience)
    first, learned, _ = verdicts_of(**LOSING, rounds=1)
    run, proof, heard = verdicts_of(**LOSING, rounds=rounds, out=tmp_path / "run")
    assert [proof.verdict for _, proof in heard[1:]] == ["refuted"] * (rounds - 1)
    assert max(proof.step for _, proof in heard[1:]) <= 6
    for network in (run.network, tt.load(tmp_path / "run"), tt.load(tmp_path / "run" / MODEL)):
        assert (network.parameters == first.network.parameters).all()
    assert (proof.verdict, str(proof)) == (learned.verdict, str(learned))
    assert (run.stopped, run.step, len(run.history)) == ("steps", 400, len(first.history))

    verdicts_of(**LOSING, rounds=rounds + 1, out=tmp_path / "whole")
    again, _ = resume_until_proved(tmp_path / "run", rounds=rounds + 1, budget=0.0)
    assert (again.network.parameters == first.network.parameters).all()
    for file in (LESSONS, MODEL, CHECKPOINT):
        assert (tmp_path / "run" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


@pytest.mark.usefixtures("losing")
@pytest.mark.parametrize("moment", ["save_run", "_save"])
def test_killed_while_it_is_given_the_end_is_the_same(tmp_path, monkeypatch, moment):
    verdicts_of(**LOSING, rounds=2, out=tmp_path / "whole")
    real, saved = getattr(lessons, moment), []

    def killed(*given):
        saved.append(given)
        if moment == "save_run" or len(saved) == 2:
            raise RuntimeError("killed")
        real(*given)

    with monkeypatch.context() as during:
        during.setattr(lessons, moment, killed)
        with pytest.raises(RuntimeError, match="killed"):
            verdicts_of(**LOSING, rounds=2, out=tmp_path / "run")
    resume_until_proved(tmp_path / "run", rounds=2, budget=0.0)
    for file in (LESSONS, MODEL, CHECKPOINT):
        assert (tmp_path / "run" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


@pytest.mark.usefixtures("losing")
def test_ctrl_c_while_what_was_lost_is_judged_again_leaves_it_and_is_interrupted(tmp_path, monkeypatch):
    first, _, _ = verdicts_of(**LOSING, rounds=1)
    real, judged = Search.verdict, []

    def pressed(search):
        judged.append(search)
        if len(judged) == 3:
            raise KeyboardInterrupt
        return real(search)

    monkeypatch.setattr(Search, "verdict", pressed)
    run, proof, heard = verdicts_of(**LOSING, rounds=2, out=tmp_path / "run")
    assert (run.stopped, proof, len(heard)) == ("interrupted", None, 2)
    for network in (run.network, tt.load(tmp_path / "run")):
        assert (network.parameters == first.network.parameters).all()
    now, _ = lessons._load(tmp_path / "run" / LESSONS, NETWORK, PARITY)
    assert (now.number, now.learned) == (2, True)


@pytest.mark.usefixtures("losing")
def test_what_was_lost_and_is_proved_at_last_keeps_no_lessons(tmp_path):
    """By the longer budget of a course that is resumed."""
    run, proof, _ = verdicts_of(**LOSING, rounds=2, out=tmp_path / "run")
    assert proof.verdict == "unknown"
    again, proof = resume_until_proved(tmp_path / "run", rounds=3, budget=10.0)
    assert proof.verdict == "proved"
    assert (again.network.parameters == run.network.parameters).all()
    assert not (tmp_path / "run" / LESSONS).exists()


@pytest.mark.parametrize("rounds", [2, 3])
def test_a_later_round_that_overflows_is_judged_by_its_last_good_parameters(tmp_path, monkeypatch, rounds):
    """It ended the course, and every one that was resumed from it, though an earlier round had learned."""
    monkeypatch.setattr(Round, "_noise_after", lambda now, *given: 0.2 if now.number else 1e308)
    settings = {"steps": 400, "budget": 0.0}
    first, learned, _ = verdicts_of(**settings, rounds=1)
    run, proof, heard = verdicts_of(**settings, rounds=rounds, out=tmp_path / "run")
    assert [number for number, _ in heard] == [*range(1, rounds + 1)]
    assert str(heard[1][1]) == str(learned)  # no step was taken
    assert (run.stopped, run.step) == (("not finite", 0) if rounds == 2 else ("steps", 400))
    if rounds == 2:
        assert (run.network.parameters == first.network.parameters).all()
        assert str(proof) == str(learned)
    assert (tt.load(tmp_path / "run").parameters == run.network.parameters).all()


def test_a_first_round_that_overflows_says_so():
    with pytest.raises(tt.NotFinite):
        verdicts_of(noise=1e308, rounds=2)


def test_another_network_is_drawn_where_nothing_was_learned_three_times():
    following = Round(3, NETWORK, 0.2, 2, ((0,),)).after(NETWORK, refuted((0,)), PARITY, seed=5)
    assert following.words == ()
    assert following.failed == 0
    drawn = tt.Network(NETWORK.specification, seed=following.seed(5))
    assert (following.network.parameters == drawn.parameters).all()
    assert len({Round(number, NETWORK, 0.0).seed(5) for number in range(50)}) == 50


@pytest.mark.long
def test_a_network_that_is_refuted_at_first_is_proved_after_its_lessons(tmp_path):
    task = tt.tasks.Addition(bits=6)
    net = tt.Network(cell="elman", inputs=2, hidden=16, outputs=1, seed=1)
    settings = {"steps": 400, "batch": 32, "optimizer": tt.Adam(0.02), "noise": 0.2, "seed": 1}
    heard = []
    run, proof = train_until_proved(
        net,
        task,
        budget=1,
        verdict=lambda number, proof: heard.append((number, proof)),
        out=tmp_path / "run",
        **settings,
    )
    assert [(number, proof.verdict) for number, proof in heard] == [(1, "refuted"), (2, "proved")]
    assert heard[-1][1] is proof
    first = tt.train(net, task, **settings)
    assert heard[0][1].word == tt.prove(first.network, task.machine).word
    assert tt.prove(run.network, task.machine).verdict == "proved"
    assert not (tmp_path / "run" / LESSONS).exists()
    assert (load_run(tmp_path / "run").network.parameters == run.network.parameters).all()


@pytest.mark.parametrize("steps_until", [150, 200, 450])
def test_rounds_that_were_cut_anywhere_go_on_to_the_same_bits(tmp_path, steps_until):
    settings = {"steps": 200, "rounds": 3, "budget": 0.0, "log_every": 50}
    whole, _, heard = verdicts_of(**settings)
    assert len(heard) == 3
    taken = 0

    def cut(run):
        nonlocal taken
        taken += 50
        return taken == steps_until

    run, proof, before = verdicts_of(**settings, callbacks=[cut], out=tmp_path / "run")
    assert (run.stopped, proof) == ("callback", None)
    after = []
    run, proof = resume_until_proved(
        tmp_path / "run", rounds=3, budget=0.0, verdict=lambda number, proof: after.append((number, proof))
    )
    assert (run.network.parameters == whole.network.parameters).all()
    assert [(n, p.verdict) for n, p in before + after] == [(n, p.verdict) for n, p in heard]


@pytest.mark.parametrize("number", [1, 2])
def test_a_round_that_ended_without_its_verdict_gets_the_same(tmp_path, number):
    settings = {"steps": 100, "rounds": 3, "budget": 0.0}
    whole, _, heard = verdicts_of(**settings)

    def die(at, proof):
        if at == number:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        train_until_proved(NETWORK, PARITY, verdict=die, out=tmp_path / "run", **SETTINGS | settings)
    after = []
    run, _ = resume_until_proved(
        tmp_path / "run", rounds=3, budget=0.0, verdict=lambda number, proof: after.append((number, proof.verdict))
    )
    assert (run.network.parameters == whole.network.parameters).all()
    assert after == [(number, proof.verdict) for number, proof in heard[number - 1 :]]


ANOTHER = """
import sys
import throughtime as tt
try:
    tt.resume_until_proved(sys.argv[1], rounds=3, budget=0.0)
except ValueError as error:
    print(error)
"""


@pytest.mark.parametrize("resumed", [False, True])
def test_another_process_does_not_go_on_while_a_round_is_judged(tmp_path, resumed):
    """Not after the round's run has ended, nor when lessons are kept already."""
    folder, settings, said = tmp_path / "run", {"steps": 20, "rounds": 3, "budget": 0.0}, []
    whole, _, heard = verdicts_of(**settings)

    def tries(number, proof):
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        ran = subprocess.run([sys.executable, "-c", ANOTHER, folder], capture_output=True, text=True, check=True)
        said.append(ran.stdout)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        with pytest.raises(ValueError, match="another process trains in"):
            tt.resume(folder)

    if resumed:
        tt.train(NETWORK, PARITY, out=folder, **SETTINGS | {"steps": 20})
        run, _ = resume_until_proved(folder, rounds=3, budget=0.0, verdict=tries)
    else:
        run, _ = train_until_proved(NETWORK, PARITY, verdict=tries, out=folder, **SETTINGS | settings)
    assert len(said) == len(heard) == 3
    assert all("another process trains in" in text for text in said)
    assert (run.network.parameters == whole.network.parameters).all()
    ran = subprocess.run([sys.executable, "-c", ANOTHER, folder], capture_output=True, text=True, check=True)
    assert ran.stdout == ""  # now it does


def test_what_another_process_took_just_before_the_lock_is_not_taken_again(tmp_path, monkeypatch):
    folder, real = tmp_path / "run", of_run.take
    tt.train(NETWORK, PARITY, out=folder, **SETTINGS | {"steps": 20})

    def late(path):
        monkeypatch.setattr(of_run, "take", real)
        resume_until_proved(folder, rounds=2, budget=0.0)
        return real(path)

    monkeypatch.setattr(of_run, "take", late)
    numbers = []
    resume_until_proved(folder, rounds=2, budget=0.0, verdict=lambda number, proof: numbers.append(number))
    assert numbers == [3, 4]
    with pytest.raises(ValueError, match="give --until-proved too"):
        tt.resume(folder)


def test_settings_that_do_not_fit_leave_no_folder(tmp_path):
    with pytest.raises(ValueError, match="patience counts validations"):
        train_until_proved(NETWORK, PARITY, out=tmp_path / "run", **SETTINGS, patience=3)
    assert not (tmp_path / "run").exists()


def test_ctrl_c_while_a_round_is_judged_ends_training(tmp_path, monkeypatch):
    """Not as a run that has taken all of its steps, which the command would judge once more and report as trained."""
    settings = {"steps": 100, "rounds": 2, "budget": 0.0}
    whole, _, heard = verdicts_of(**settings)

    def pressed(search):
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(Search, "verdict", pressed)
        run, proof, before = verdicts_of(**settings, out=tmp_path / "run")
    assert (run.stopped, proof, before) == ("interrupted", None, [])
    after = []
    run, _ = resume_until_proved(
        tmp_path / "run", rounds=2, budget=0.0, verdict=lambda number, proof: after.append((number, proof.verdict))
    )
    assert (run.network.parameters == whole.network.parameters).all()
    assert after == [(number, proof.verdict) for number, proof in heard]


@pytest.mark.parametrize("moment", ["_wrong", "_save", "begin_of_second"])
def test_ctrl_c_between_two_rounds_ends_training_too(tmp_path, monkeypatch, moment):
    """While lessons are looked for or written, or the next round is prepared: the run is given, and is continued."""
    settings = {"steps": 100, "rounds": 3, "budget": 0.0}
    whole, _, _ = verdicts_of(**settings)
    real = lessons.proceed

    def pressed(*given, new=False, **more):
        if moment == "begin_of_second" and new:
            return real(*given, new=new, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(lessons, "proceed" if moment == "begin_of_second" else moment, pressed)
        run, proof, heard = verdicts_of(**settings, out=tmp_path / "run")
    assert (run.stopped, proof, len(heard)) == ("interrupted", None, 1)
    run, _ = resume_until_proved(tmp_path / "run", rounds=3, budget=0.0)
    assert (run.network.parameters == whole.network.parameters).all()


def test_resumed_rounds_begin_from_the_file_that_says_which(tmp_path):
    _, proof, heard = verdicts_of(steps=20, rounds=2, out=tmp_path / "run")
    assert (proof.verdict, len(heard)) == ("refuted", 2)
    now, seed = lessons._load(tmp_path / "run" / LESSONS, NETWORK, PARITY)
    assert (now.number, seed) == (2, 1)
    assert now.words
    lessons._save(tmp_path / "again", now, seed)
    again, _ = lessons._load(tmp_path / "again", NETWORK, PARITY)
    assert replace(again, network=NETWORK, kept=None) == replace(now, network=NETWORK, kept=None)
    numbers = []
    resume_until_proved(tmp_path / "run", rounds=2, verdict=lambda number, proof: numbers.append(number))
    assert numbers == [3, 4]


DAMAGED = {
    **{f"{name} {value}": {name: value} for name in ("number", "failed", "seed") for value in (-1, "x", 1.5, None)},
    "noise below 0": {"noise": -1.0},
    "noise a text": {"noise": "x"},
    "letters of no symbol": {"letters": np.array([0, 1, 2])},
    "letters that are no whole numbers": {"letters": np.array([0.0, 1.0, 1.0])},
    "letters below 0": {"letters": np.array([0, -1, 1])},
    "letters in between": {"letters": np.array([0, 0.5, 1])},
    "letters in rows": {"letters": np.array([[0, 1, 1]])},
    "lengths of more": {"lengths": np.array([2, 2])},
    "lengths below 1": {"lengths": np.array([-1, 4])},
    "a length of more than lessons have": {"lengths": np.array([25]), "letters": np.zeros(25, np.int64)},
    "lengths of nothing": {"lengths": np.array([0, 3])},
    "lengths not whole": {"lengths": np.array([1.5, 1.5])},
    "parameters that are none": {"parameters": np.full(len(NETWORK.parameters), np.nan)},
    "learned a number": {"learned": 1},
    "learned before, and of another": {"learned": False, "kept": np.zeros(3)},
    "learned before, and none": {"learned": False, "kept": np.full(len(NETWORK.parameters), np.nan)},
    "parameters of another": {"parameters": np.zeros(3)},
}


@pytest.mark.parametrize("name", DAMAGED)
def test_lessons_that_are_none_are_refused_by_name(tmp_path, name):
    tensors = {"parameters": NETWORK.parameters, "lengths": np.array([1, 2]), "letters": np.array([0, 1, 1])}
    tensors["kept"] = NETWORK.parameters
    described = {"number": 1, "noise": 0.2, "failed": 0, "seed": 1, "learned": True}
    file = tmp_path / LESSONS

    def written(more):
        both = {key: more.get(key, value) for key, value in (tensors | described).items()}
        metadata = {"holds": "lessons", "format": FORMAT, **{key: both[key] for key in described}}
        save_tensors(file, {key: both[key] for key in tensors}, metadata)

    written({})
    now, _ = lessons._load(file, NETWORK, PARITY)
    assert (now.words, now.learned) == (((0,), (1, 1)), True)
    written(DAMAGED[name])
    with pytest.raises(ValueError, match="holds no lessons for this network"):
        lessons._load(file, NETWORK, PARITY)


@pytest.mark.parametrize("kept", ["none", "another", "the same"])
def test_lessons_are_read_as_they_were_written(tmp_path, kept):
    another = tt.Network(NETWORK.specification, seed=9)
    now = Round(4, NETWORK, 0.3, 1, ((0, 1), (1,)), {"none": None, "another": another, "the same": NETWORK}[kept])
    lessons._save(tmp_path / LESSONS, now, 5)
    again, seed = lessons._load(tmp_path / LESSONS, NETWORK, PARITY)
    assert (again.number, again.noise, again.failed, again.words, seed) == (4, 0.3, 1, now.words, 5)
    assert (again.network.parameters == NETWORK.parameters).all()
    assert again.learned == (kept == "the same")
    if kept == "another":
        assert (again.kept.parameters == another.parameters).all()
    else:
        assert again.kept is (again.network if again.learned else None)


def test_lessons_that_lack_a_number_are_refused_in_a_sentence(tmp_path):
    save_tensors(tmp_path / LESSONS, {"letters": np.array([0])}, {"holds": "lessons", "format": FORMAT})
    with pytest.raises(ValueError, match=r"holds no lessons for this network: number is missing$"):
        lessons._load(tmp_path / LESSONS, NETWORK, PARITY)


def test_what_cannot_be_proved_is_refused_before_it_is_trained(tmp_path):
    task = tt.tasks.Recall()
    net = tt.Network(cell="elman", inputs=task.inputs, hidden=2, outputs=task.outputs, seed=0)
    with pytest.raises(ValueError, match="recall is no finite machine"):
        train_until_proved(net, task, out=tmp_path / "run")
    with pytest.raises(ValueError, match="rounds must be"):
        train_until_proved(NETWORK, PARITY, rounds=0)
    assert not (tmp_path / "run").exists()
