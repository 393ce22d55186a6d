"""Training that goes on until a network is proved: in rounds, with the words on which it was wrong as lessons.

After each round of training, `prove` judges the network. Where it is wrong on a word no longer than the task's, it has
not learned yet, and is trained on with less noise; if the network that the round began with had, that one is, and what
the round did is given up. Where it is right for long, or undecided, its states are too near to each other, and it is
trained on with more noise. Words on which it was wrong begin some sequences of the rounds that follow. Where nothing
was learned in several rounds, another network is drawn. Without a proof, the last one that had learned is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from throughtime.batch import Batch
from throughtime.network import Network
from throughtime.proof.budget import Budget
from throughtime.proof.counterexample import Word
from throughtime.proof.samples import samples
from throughtime.proof.search import search_for
from throughtime.proof.sets import walk
from throughtime.proof.system import System, why_not
from throughtime.proof.verdicts import Proof, Proved, Refuted
from throughtime.support.checks import flag, number, whole_number
from throughtime.support.disk import StrPath
from throughtime.support.threads import Team
from throughtime.training.checkpoint import load_run, save_run
from throughtime.training.folder import has_lessons, held
from throughtime.training.loop import Callback, NotFinite, Run, begin, proceed
from throughtime.training.settings import Settings, SettingsFields
from throughtime.training.source import length_of
from throughtime.training.trainer import Trainer
from throughtime.weights.files import FORMAT, LESSONS, load_tensors, save_tensors

ROUNDS = 12

LESS, MORE, LEAST = 0.25, 1.5, 0.05
"""By what noise is multiplied where nothing was learned and where no lesson helps; the least for what has learned.

Where a round lost what was learned, it is divided by MORE.
"""

PATIENCE = 3
"""Rounds in a row in which nothing was learned, before another network is drawn."""

WORDS, NEW = 128, 32
"""Lessons that are kept, and those that a round adds at most."""

LONGER, AT_FIRST = 4, 2
"""Steps of the sequences that begin with lessons, and of lessons at most, in words of the task; and of these sequences
as long as the network has not learned: counters to seven of sigmoid and tanh units do not, from longer ones."""


@dataclass(frozen=True)
class Lessons:
    """A task's words, and in the other half of a batch longer ones, of which half begin with a lesson.

    Every other of these longer words has probabilities of its own for the symbols, so that some repeat one many times.
    The rest is kept from absorbing states for a random time, since most words of a language are soon none for good.

    task : Task
    words : the lessons
    learned : whether the network that is trained is right on all words of the task's length
    """

    task: Any
    words: tuple[Word, ...]
    learned: bool

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.task, name)

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """Draw sequences to learn from."""
        machine = self.task.machine
        own = self.task.sample(rng, batch - batch // 2)
        steps, B = own.x.shape[1], batch // 2
        T = (LONGER if self.learned else AT_FIRST) * steps
        A = len(machine.symbols)
        chances = rng.dirichlet(np.full(A, 0.5), size=B)
        chances[::2] = 1 / A
        sums = chances.cumsum(axis=1)
        word = (rng.random((B, T, 1)) > sums[:, None, :-1]).sum(axis=2)
        word[::2] = machine.staying(word[::2].T, rng.integers(T + 1, size=len(word[::2]))).T
        if self.words:
            for row, lesson in enumerate(rng.integers(len(self.words), size=B // 2)):
                word[row, : len(self.words[lesson])] = self.words[lesson][:T]
        entry, _ = machine.follow(word.T)
        y = machine.outputs.reshape(-1, machine.outputs.shape[2]).take(entry.T, axis=0)
        x = machine.symbols[word] if machine.ends is None else rng.uniform(machine.lo[word], machine.hi[word])
        rest = ((0, 0), (0, T - steps), (0, 0))
        rows = rng.permutation(batch)
        lengths = np.full(batch - B, steps) if own.lengths is None else own.lengths
        mask = None if own.mask is None else np.concatenate([np.pad(own.mask, rest[:2]), np.ones((B, T))])[rows]
        return Batch(
            np.concatenate([np.pad(own.x, rest), x])[rows],
            np.concatenate([np.pad(own.y, rest), y])[rows],
            np.concatenate([lengths, np.full(B, T)])[rows],
            mask,
        )


@dataclass(frozen=True)
class Round:
    """All that a round of training begins with.

    number : from 0
    network : Network
    noise : float
    failed : rounds before it in a row in which nothing was learned
    words : the lessons so far, the newest first
    kept : the last network that a verdict found right on all words of the task's length
    """

    number: int
    network: Network
    noise: float
    failed: int = 0
    words: tuple[Word, ...] = ()
    kept: Network | None = None

    @property
    def learned(self) -> bool:
        """Whether the round begins with a network that has learned."""
        return self.kept is self.network

    def seed(self, seed: int) -> int:
        """The seed of this round, of that of the whole training."""
        return seed if self.number == 0 else int(np.random.SeedSequence([seed, self.number]).generate_state(1)[0])

    def after(self, network: Network, proof: Proof, task: Any, seed: int) -> Round:
        """The round that follows, when the verdict on this one's network is not that it is proved."""
        steps = length_of(task)
        wrong_at = proof.step if isinstance(proof, Refuted) else np.inf
        right, lost = wrong_at > steps, self.learned and wrong_at <= steps
        following = replace(
            self,
            number=self.number + 1,
            noise=self._noise_after(wrong_at, steps),
            failed=0 if right else self.failed + 1,
            kept=network if right else self.kept,
        )
        if not lost:
            words = _wrong(network, proof, task, LONGER * steps, self.number) + self.words
            following = replace(following, network=network, words=words[:WORDS])
        if following.failed < PATIENCE:
            return following
        another = Network(network.specification, seed=following.seed(seed))
        return replace(following, network=another, failed=0, words=())

    def _noise_after(self, wrong_at: float, steps: int) -> float:
        """The noise that follows where the network is wrong at a step at first, and the task's words have so many."""
        if wrong_at <= steps and not self.learned:
            return LESS * self.noise
        change = 1 / MORE if wrong_at <= steps else 1 if wrong_at <= LONGER * steps else MORE
        return max(LEAST, self.noise * change)


def _wrong(network: Network, proof: Proof, task: Any, longest: int, seed: int) -> tuple[Word, ...]:
    """Words on which a network is wrong, the shortest first."""
    tried = samples(System.of(network, task.machine), task.machine)
    walks = walk(tried, task.machine, seed)
    steps = np.where(walks.wrong.any(axis=0), walks.wrong.argmax(axis=0) + 1, longest + 1)
    shortest = np.argsort(steps, kind="stable")[:NEW]
    found = [tuple(tried.of[walks.words[: steps[row], row]].tolist()) for row in shortest if steps[row] <= longest]
    if isinstance(proof, Refuted) and proof.step <= longest:
        found.insert(0, proof.word)
    return tuple(found)


def train_until_proved(
    net: Network,
    task: Any,
    *,
    rounds: int = ROUNDS,
    budget: float = 10.0,
    verdict: Callable[[int, Proof], Any] = lambda number, proof: None,
    callbacks: Iterable[Callback] = (),
    out: StrPath | None = None,
    threads: int | None = None,
    **settings: Unpack[SettingsFields],
) -> tuple[Run, Proof | None]:
    """Train a copy of a network in rounds, each with lessons from the verdicts before it, until it is proved.

    Parameters
    ----------
    net : Network
        Where to start from; it is not changed.
    task : Task
        One that is a machine.
    rounds : int ≥ 1
        Training ends after so many of them in any case.
    budget : float
        Of `prove`, after each round.
    verdict : function of a round's number, from 1, and a Proof
        Called after each round.
    callbacks, out, threads, **settings : as for `train`
        `steps` are those of each round. `seed` and `noise` are those of the first one: each has a seed of its own that
        follows from it, and noise that follows from the verdicts.

    Returns
    -------
    run : Run
        The last round's. Where it lost what an earlier one had learned, its network is the one of that round.
    proof : Proved, Refuted, Unknown or None
        The verdict on its network; None if training was interrupted, or stopped by a callback.

    Raises
    ------
    ValueError, NotFinite
        As `train` does, of numbers that are not finite in the first round; or if nothing can be proved about such a
        network or task.
    """
    others = ("rounds", "budget", "verdict", "callbacks", "out", "threads")
    chosen = Settings.given(settings, "train_until_proved", others)
    folder = None if out is None else Path(out)
    course = Course(task, chosen, whole_number("rounds", rounds, 1), budget, verdict, list(callbacks), folder, threads)
    course.check(net)
    run = begin(net.copy(), task, chosen)
    Trainer(run, task, None, False, Team(threads))  # for its errors, before there is a folder
    with nullcontext() if folder is None else held(folder, new=True) as lock:
        return course.go_on(Round(0, net, chosen.noise), run, lock, new=True)


def resume_until_proved(
    folder: StrPath,
    task: Any = None,
    *,
    rounds: int = ROUNDS,
    budget: float = 10.0,
    verdict: Callable[[int, Proof], Any] = lambda number, proof: None,
    callbacks: Iterable[Callback] = (),
    threads: int | None = None,
) -> tuple[Run, Proof | None]:
    """Continue the rounds in a folder, to the same bits as if they had never stopped; or begin them with a run there.

    A round that did not come to its verdict is begun anew, the first one continued from its checkpoint.

    Parameters
    ----------
    folder : path
        It is kept up to date.
    task : Task, optional
        Only needed if it is one of the user's own that cannot be found by its name.
    rounds : int ≥ 1
        So many in all; where they have been, so many more.
    budget, verdict, callbacks, threads : as for `train_until_proved`
    """
    folder, rounds = Path(folder), whole_number("rounds", rounds, 1)
    with held(folder) as lock:
        run = load_run(folder, task)
        now, settings, begun = Round(0, run.network, run.settings.noise), run.settings, True
        if has_lessons(folder):
            now, seed = _load(folder / LESSONS, run.network, run.task)
            settings, begun = replace(settings, seed=seed), False
        rounds *= now.number // rounds + 1
        course = Course(run.task, settings, rounds, budget, verdict, list(callbacks), folder, threads)
        course.check(now.network)
        return course.go_on(now, run if begun else None, lock)


def seed_of(folder: Path, run: Run) -> int:
    """The seed of all rounds in the folder of a run: what was asked for, where the run's own is that of its round."""
    return _load(folder / LESSONS, run.network, run.task)[1] if has_lessons(folder) else run.settings.seed


@dataclass(frozen=True)
class Course:
    """Rounds of training; see `train_until_proved` for what its fields mean."""

    task: Any
    settings: Settings
    rounds: int
    budget: float
    verdict: Callable[[int, Proof], Any]
    callbacks: list[Callback]
    folder: Path | None
    threads: int | None

    def check(self, network: Network) -> None:
        """Raise a ValueError where nothing could be proved."""
        if self.task is None:
            raise ValueError("a network is trained until it is proved on a task that is a machine, not on data")
        if reason := why_not(network, self.task):
            raise ValueError(reason)
        Budget.of(self.budget)  # for its error

    def go_on(self, now: Round, run: Run | None, lock: Any, new: bool = False) -> tuple[Run, Proof | None]:
        """Take the rounds from one on, whose run may have begun, while the lock on the folder is held.

        A round is judged, and what the next one begins with is written, when no run is written any more.
        """
        while True:
            run = run or begin(now.network.copy(), self.task, self._settings(now))
            source = Lessons(self.task, now.words, now.learned) if now.number else self.task
            try:
                with suppress(NotFinite) if now.number else nullcontext():  # the last good parameters are judged
                    proceed(run, source, None, self.callbacks, self.folder, threads=self.threads, new=new, lock=lock)
                new = False
                if run.stopped not in ("steps", "not finite"):
                    return run, None
                proof = self._judge(run)
                self.verdict(now.number + 1, proof)
                if isinstance(proof, Proved):
                    self._forget()
                    return run, proof
                following = now.after(run.network, proof, self.task, self.settings.seed)
                if following.number == self.rounds:
                    return self._end(run, proof, following, lock)
                self._keep(following)
            except KeyboardInterrupt:
                if new:  # there may be no run in the folder yet
                    raise
                run.stopped = "interrupted"
                return run, None
            run, now = None, following

    def _end(self, run: Run, proof: Proof, now: Round, lock: Any) -> tuple[Run, Proof]:
        """What is given after the last round, which another one could follow.

        The run is written before that one: if it is cut in between, the last round is begun anew.
        """
        if now.kept is None or now.kept is run.network:
            self._keep(now)
            return run, proof
        run.network = now.kept
        if self.folder is not None:
            save_run(run, self.folder, lock)
        self._keep(now)
        proof = self._judge(run)
        if isinstance(proof, Proved):  # in a longer budget than before
            self._forget()
        return run, proof

    def _keep(self, now: Round) -> None:
        if self.folder is not None:
            _save(self.folder / LESSONS, now, self.settings.seed)

    def _forget(self) -> None:
        if self.folder is not None:
            (self.folder / LESSONS).unlink(missing_ok=True)

    def _settings(self, now: Round) -> Settings:
        return replace(self.settings, noise=now.noise, seed=now.seed(self.settings.seed))

    def _judge(self, run: Run) -> Proof:
        """The verdict. Ctrl-C comes through: half a search must not decide what is learned next."""
        return search_for(run.network, self.task.machine, Budget.of(self.budget)).verdict()


def _save(path: Path, now: Round, seed: int) -> None:
    lengths = np.array([len(word) for word in now.words], np.int64)
    letters = np.array([letter for word in now.words for letter in word], np.int64)
    tensors = {"parameters": now.network.parameters, "lengths": lengths, "letters": letters}
    if now.kept is not None and not now.learned:
        tensors["kept"] = now.kept.parameters
    described = {name: getattr(now, name) for name in ("number", "noise", "failed", "learned")} | {"seed": seed}
    save_tensors(path, tensors, {"holds": "lessons", "format": FORMAT, **described})


def _load(path: Path, like: Network, task: Any) -> tuple[Round, int]:
    """The round that a file describes, for a network like this one and a task, and the seed of all rounds."""
    tensors, metadata = load_tensors(path, "lessons")
    try:
        number_of = {name: whole_number(name, metadata[name]) for name in ("number", "failed", "seed")}
        noise, letters, lengths = number("noise", metadata["noise"], 0), tensors["letters"], tensors["lengths"].tolist()
        if not all(np.isfinite(tensors[name]).all() for name in ("parameters", "kept") if name in tensors):
            raise ValueError("parameters that are not finite")
        for letter in letters.tolist():
            whole_number("a letter", letter, most=len(task.machine.symbols) - 1)
        longest = LONGER * length_of(task)
        if len(lengths) > WORDS or sum(whole_number("a length", n, 1, longest) for n in lengths) != len(letters):
            raise ValueError("lengths do not fit the letters")
        words = tuple(tuple(word.tolist()) for word in np.split(letters, np.cumsum(lengths, dtype=np.int64))[:-1])
        network = Network.of(like.specification, tensors["parameters"])
        kept = Network.of(like.specification, tensors["kept"]) if "kept" in tensors else None
        if flag("learned", metadata.get("learned", False)):  # which files did not always say
            kept = network
        return Round(number_of["number"], network, noise, number_of["failed"], words, kept), number_of["seed"]
    except KeyError as error:
        raise ValueError(f"{path} holds no lessons for this network: {error.args[0]} is missing") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no lessons for this network: {error}") from None
