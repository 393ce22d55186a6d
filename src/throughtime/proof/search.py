"""Search for a proof that a network is right on sequences of every length, or for a sequence on which it is wrong.

An attempt extracts a tracking automaton at a tolerance τ, puts a box around the states that random walks leave at each
of its states, and sweeps: if from every box, after at most m symbols, all states are in a box again and all outputs on
the way are right, that is a proof. Where states stick out, the boxes are widened and swept again. When attempts fail,
τ becomes finer. When that makes an automaton too large, those before it are made finer only where their boxes are wider
than τ, since states drift there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from throughtime.proof.arithmetic import allowance, reach_of
from throughtime.proof.budget import Budget, OutOfBudget
from throughtime.proof.certificate import certificate
from throughtime.proof.counterexample import Allowance, exhaust, replay, shorten, surely_wrong
from throughtime.proof.extraction import TooLarge, Tracking, Wrong, extract, right
from throughtime.proof.lassos import wrong_lasso
from throughtime.proof.samples import Samples, samples
from throughtime.proof.sets import Sets, Walks, hulls, linger, walk
from throughtime.proof.sweep import Doubtful, sweep
from throughtime.proof.system import Net, System
from throughtime.proof.verdicts import Proof, Proved, Refuted, Unknown
from throughtime.support.checks import number, whole_number
from throughtime.tasks.machine import Machine

TOLERANCE, FINER = 0.5, 0.7
"""τ of the first attempt, and by what it is multiplied for the next."""

USUAL = 16
"""Coordinates of a state for which that is τ; of more of them, states are farther from each other, as their root."""

FINEST = 1e-6
"""Where it does not get finer any more below this τ, the search ends."""

MOST_SETS = 1500
IMAGES, FEW_IMAGES = 48, 5_000
"""A sweep looks at so many images of each set by each symbol, or so many in all where that is more: where sets are too
large, images do not come back into them, and become more at each step."""

ROUNDS, WIDE, FINER_THERE = 10, 2.6, 0.6
"""So often at most an automaton is made finer where a set is wider than so many τ, each time by so much."""

LEAST = 1e-4
"""Besides what sticks out of them, sets are widened by so much."""


class Widening(NamedTuple):
    """How sets are widened.

    sweeps : so often at most
    more : by so many times what sticks out
    settled : after so many sweeps, by the sum that what sticks out seems to converge to; never, if it is None
    runaway : until states stick out so many times as far as they once did
    """

    sweeps: int
    more: float
    settled: int | None
    runaway: float


BOLD, STEADY, PATIENT = Widening(25, 1.2, 2, math.inf), Widening(12, 1.2, None, 2.0), Widening(150, 1.0, None, 2.0)
"""Where states drift from set to set, a patient one: what is widened too much in one set grows in those that follow."""

FIRST, LATER = ((2, BOLD), (8, BOLD)), ((2, BOLD),)
"""The m of the attempts at the first τ and at those after it, and how they widen. With a small m the checker has less
to do."""

LINGERING, FINER_ATTEMPTS = ((16, STEADY),), ((2, PATIENT), (16, PATIENT))
"""Those with boxes around where walks linger, and with automata that are finer where states drift. A step makes a box
wider than the states in it are, and only many steps together make it narrower, so that sets can close."""

ROOM = 0.3
"""By how much of their width boxes around where walks linger are wider: fewer sets stick out of them at first."""

ADVICE = (
    "a longer budget may decide it; noise in training (--noise 0.2; the classic recipe has none) "
    "makes networks that can be proved"
)

INTERRUPTED = "no error found until it was interrupted"
NEAR = "an output is wrong in floating point, and whether it is in real numbers was not found"

Progress = Callable[[str], None]


def prove(
    net: Net,
    machine: Machine,
    budget: float = 10.0,
    seed: int = 0,
    progress: Progress | None = None,
    epsilon: float = 0.0,
    input_noise: float = 0.0,
) -> Proof:
    """Try to prove that a network does what a machine does, on input sequences of every length.

    Parameters
    ----------
    net : Network
        Unidirectional, with an output at every step, read out by sigmoid or identity. An output counts as the machine's
        0 or 1 if it is nearer to it than one half.
    machine : Machine
    budget : float
        Seconds of work after which to give up. The work is counted before it is done (`proof.budget`), no clock is
        read, so that the verdict is the same on a busy machine and on a quiet one; it can only become Unknown. To
        check a proof that was found is not charged. Ctrl-C ends the search at once, and also makes it Unknown.
    seed : int
        Decides the random walks.
    progress : function of a str, optional
        Gets the progress, a short line at a time.
    epsilon : float
        The least error of a step that the proof allows, so that it holds where the network is deployed
        (`proof.covering`).
    input_noise : float
        Each input may be off by so much at every step, in any way.

    Returns
    -------
    Proved
        Only after the independent checker has accepted the certificate.
    Refuted
        Only after the wrong output has been reproduced on the plain NumPy cells, and bounded in real numbers.
    Unknown

    Raises
    ------
    ValueError
        If nothing can be proved about such a network, it does not fit the machine, or another value is none.
    """
    return search_for(net, machine, Budget.of(budget), seed, progress, epsilon, input_noise).decided()


def search_for(
    net: Net,
    machine: Machine,
    budget: Budget,
    seed: int = 0,
    progress: Progress | None = None,
    epsilon: float = 0.0,
    input_noise: float = 0.0,
) -> Search:
    """A search that has not begun; a ValueError as `prove` has it."""
    System.of(net, machine)  # for its errors
    machine = machine.off_by(number("input_noise", input_noise, 0))
    seed, epsilon = whole_number("seed", seed, most=None), number("epsilon", epsilon, 0, 1)
    return Search(System.of(net, machine), machine, budget, seed, progress or (lambda line: None), epsilon)


@dataclass
class Search:
    """A search that is going on: what it is about, and what is known so far."""

    system: System
    machine: Machine
    budget: Budget
    seed: int
    progress: Progress
    epsilon: float = 0.0
    allowed: Allowance = field(default_factory=Allowance)
    tried: Samples = field(init=False)
    begun: float = field(default_factory=time.perf_counter)
    closed: Tracking | None = None
    uniform: list[tuple[float, Tracking]] = field(default_factory=list)
    failed: str = ""

    def __post_init__(self) -> None:
        self.tried = samples(self.system, self.machine)

    @cached_property
    def lingering(self) -> Walks:
        """Walks that come to where states drift; they are only taken where attempts without them fail."""
        return linger(self.tried, self.machine, self.seed, self.budget)

    @property
    def seconds(self) -> float:
        """Since the search began."""
        return time.perf_counter() - self.begun

    def decided(self) -> Proof:
        """Search until there is a verdict, or Ctrl-C."""
        try:
            return self.verdict()
        except KeyboardInterrupt:
            return self.unknown(INTERRUPTED)

    def verdict(self) -> Proof:
        """Search until there is a verdict; KeyboardInterrupt comes through."""
        with np.errstate(all="ignore"):
            try:
                found = self.run()
            except OutOfBudget:
                found = "no error found in the budget"
        return self.unknown(found) if isinstance(found, str) else found

    def run(self) -> Proved | Refuted | str:
        """Search → a verdict, or why there is none."""
        self.progress("looking for an error")
        walks = walk(self.tried, self.machine, self.seed, self.budget)
        if not np.isfinite(walks.states).all():
            return "its states overflow"
        word = walks.error or wrong_lasso(self.tried.system, self.tried.machine, self.budget)
        if word and (refuted := self.refute(word)):
            return refuted
        epsilon = max(self.epsilon, allowance(self.system, reach_of(walks.states)))
        return self.with_uniform(walks, epsilon) or self.with_finer(epsilon) or "no error found"

    def with_uniform(self, walks: Walks, epsilon: float) -> Proved | Refuted | str | None:
        """Try automata of one tolerance each, ever finer, until one is too large or they do not change any more."""
        tolerance = TOLERANCE * math.sqrt(max(1, self.system.width / USUAL))
        while True:
            try:
                tracking = extract(self.system, self.machine, tolerance, MOST_SETS, budget=self.budget)
            except TooLarge:
                self.failed = f"closed at τ = {tolerance:.2g}, the automaton would have more than {MOST_SETS} states"
                return None
            found = tracking if isinstance(tracking, Wrong) else self.wrong_at_a_corner(tolerance)
            if isinstance(found, Wrong):
                return self.refute(found.word) or NEAR
            assert isinstance(tracking, Tracking)
            before, self.closed = self.closed, tracking
            same = before is not None and np.array_equal(before.succ, tracking.succ)
            if same and tolerance < FINEST:
                return None
            if not same:
                sets = hulls(tracking, self.tried, walks, self.budget)
                if proved := self.attempts(tracking, sets, FIRST if before is None else LATER, epsilon):
                    return proved
                if before is None and self.lingering.error and (refuted := self.refute(self.lingering.error)):
                    return refuted
                sets = hulls(tracking, self.tried, self.lingering, self.budget, ROOM)
                if proved := self.attempts(tracking, sets, LINGERING, epsilon):
                    return proved
            self.uniform.append((tolerance, tracking))
            tolerance *= FINER

    def with_finer(self, epsilon: float) -> Proved | Refuted | str | None:
        """Go on, the coarsest first, with automata that are finer than those of one tolerance where these are wide."""
        for tolerance, tracking in self.uniform:
            finer = self.finer_where_wide(tracking, tolerance)
            if isinstance(finer, Wrong):
                return self.refute(finer.word) or NEAR
            if finer is not None and (proved := self.attempts(*finer, FINER_ATTEMPTS, epsilon)):
                return proved
        return None

    def finer_where_wide(self, tracking: Tracking, tolerance: float) -> tuple[Tracking, Sets] | Wrong | None:
        """An automaton whose sets, the hulls of what walks leave that linger, are at most τ wide, and these.

        It has representatives nearer to each other where states drift.
        """
        sets = hulls(tracking, self.tried, self.lingering, self.budget)
        for _ in range(ROUNDS):
            ends = self.system.embedded(sets.lo), self.system.embedded(sets.hi)
            wide = (ends[1] - ends[0]).max(axis=1) > WIDE * tolerance
            if not wide.any():
                break
            before = replace(tracking, tolerance=np.where(wide, FINER_THERE * tracking.tolerance, tracking.tolerance))
            try:
                found = extract(self.system, self.machine, tolerance, MOST_SETS, budget=self.budget, before=before)
            except TooLarge:
                return None
            if isinstance(found, Wrong):
                return found
            tracking, sets = found, hulls(found, self.tried, self.lingering, self.budget)
        return tracking, sets

    def wrong_at_a_corner(self, tolerance: float) -> Wrong | None:
        """A word on which the network is wrong at corners of the inputs' boxes, if an automaton of them shows it."""
        if self.system.ends is None:
            return None
        try:
            found = extract(self.tried.system, self.tried.machine, tolerance, MOST_SETS, budget=self.budget)
        except TooLarge:
            return None
        return found if isinstance(found, Wrong) else None

    def attempts(
        self, tracking: Tracking, sets: Sets, how: tuple[tuple[int, Widening], ...], epsilon: float
    ) -> Proved | None:
        """Attempts with each m."""
        for m, widening in how:
            if proved := self.attempt(tracking, sets, m, epsilon, widening):
                return proved
        return None

    def attempt(self, tracking: Tracking, sets: Sets, m: int, epsilon: float, widening: Widening) -> Proved | None:
        """Try to close these sets, and have the proof checked."""
        from throughtime.proof import checker

        try:
            for _ in range(3):
                sets = self.close(tracking, sets, m, epsilon, widening)
                text = certificate(self.system, self.machine, tracking, sets, m, epsilon)
                begun = time.perf_counter()
                try:
                    report = checker.check(text.text, self._checking)
                except checker.Inexact as error:
                    epsilon = 2 * error.rounding
                    continue
                sure = report.margin
                return Proved(
                    machine=self.machine,
                    certificate=text,
                    sets=report.sets,
                    m=m,
                    epsilon=epsilon,
                    margin=math.tanh(sure / 2) / 2 if self.system.specification.readout == "sigmoid" else sure,
                    images=report.images,
                    seconds=begun - self.begun,
                    check_seconds=time.perf_counter() - begun,
                    tracking=tracking,
                )
            self.failed = "states get so large that rounding errors are not covered"
        except Doubtful as doubt:
            self.failed = f"{len(tracking.label)} sets at τ = {tracking.tolerance.min():.2g}: {doubt}"
        except checker.Rejected as rejection:
            self.failed = f"the checker did not follow: {rejection}"
        return None

    def _checking(self, done: int, of: int, work: int) -> None:
        self.progress(f"checking the proof, set {done + 1} of {of}")

    def close(self, tracking: Tracking, sets: Sets, m: int, epsilon: float, widening: Widening) -> Sets:
        """Widen the sets until no image sticks out; Doubtful if that does not come to an end."""
        before, worst, least, grown = math.inf, math.inf, math.inf, np.arange(len(sets.lo))
        images = max(FEW_IMAGES, IMAGES * tracking.succ.size)
        for time_round in range(widening.sweeps):
            found = sweep(self.system, self.machine, tracking, sets, grown, m, epsilon, images, self.budget)
            if found.worst == 0:
                return sets
            before, worst = worst, found.worst
            least = min(max(worst, LEAST), least)
            if worst > widening.runaway * least:
                raise Doubtful(f"states stick out of their sets by {worst:.2g}, and more and more")
            grown = np.flatnonzero((found.below > 0).any(axis=1) | (found.above > 0).any(axis=1))
            self.progress(f"{len(sets.lo)} sets at τ = {tracking.tolerance.min():.2g}, states stick out by {worst:.2g}")
            factor = widening.more
            if widening.settled is not None and time_round > widening.settled:
                factor = max(factor, 1 / (1 - min(worst / before, 0.9)))  # the rest is a geometric series
            sets = sets.wider(*(factor * out + LEAST * (out > 0) for out in (found.below, found.above)))
        raise Doubtful(f"after {widening.sweeps} sweeps states still stick out of their sets by {worst:.2g}")

    def refute(self, word: tuple[int, ...]) -> Refuted | None:
        """Shorten a word of inputs that are tried, on which the network is wrong, and make sure that it is."""
        system, machine = self.tried.system, self.tried.machine
        self.progress(f"wrong at step {len(word)}, looking for a shorter sequence")
        for candidate, shortest in (shorten(system, machine, word, self.allowed), (word, False)):
            y, d = replay(system, machine, candidate)
            if not right(y[-1], d[-1]) and surely_wrong(system, machine, candidate, self.allowed):
                state = int(machine.run(candidate)[0][-2])
                return Refuted(
                    machine=self.machine,
                    word=tuple(self.tried.of[list(candidate)].tolist()),
                    inputs=system.symbols[list(candidate)].astype(np.float64),
                    expected=tuple(d[-1].tolist()),
                    given=tuple(y[-1].tolist()),
                    state=self.machine.state_names[state],
                    shortest=shortest and self.system.ends is None,
                    seconds=self.seconds,
                )
        return None

    def unknown(self, reason: str) -> Refuted | Unknown:
        """The final verdict; it may turn out that a short word is wrong."""
        with np.errstate(all="ignore"):
            length, wrong = exhaust(self.tried.system, self.tried.machine)
            refuted = self.refute(wrong) if wrong else None
        return refuted or Unknown(
            machine=self.machine,
            reason=reason,
            right_to=length,
            tolerance=float(self.closed.tolerance.min()) if self.closed else None,
            sets=len(self.closed.label) if self.closed else 0,
            failed=self.failed,
            advice=ADVICE,
            seconds=self.seconds,
        )
