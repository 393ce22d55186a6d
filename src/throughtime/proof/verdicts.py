"""The verdicts on a network: Proved, Refuted or Unknown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from throughtime.proof.certificate import Certificate
from throughtime.proof.extraction import Tracking
from throughtime.proof.system import Array
from throughtime.proof.words import every_length, loosely, signal, spell, step_name
from throughtime.tasks.machine import Machine


@dataclass(frozen=True, eq=False)
class Proved:
    """The network is right on sequences of every length; `proof.checker` has accepted the certificate.

    Parameters
    ----------
    machine : Machine
    certificate : Certificate
    sets : int
        Sets of states in it.
    m : int
        Symbols after which a state is in a set again, at most.
    epsilon : float
        The error that every state coordinate and net_y may have at every step.
    margin : float
        Every output is at least so far from rounding to something else.
    images : int
        Sets of states the checker looked at.
    seconds, check_seconds : float
        Taken to find the proof, and to check it.
    tracking : Tracking
        The automaton that the sets belong to.
    """

    machine: Machine
    certificate: Certificate
    sets: int
    m: int
    epsilon: float
    margin: float
    images: int
    seconds: float
    check_seconds: float
    tracking: Tracking = field(repr=False)

    verdict: ClassVar[str] = "proved"

    def __str__(self) -> str:
        return f"{self.verdict:<10}{self.text}"

    @property
    def text(self) -> str:
        """In one line, without the verdict."""
        took = f"found in {self.seconds:.2f} s, checked in {self.check_seconds:.2f} s"
        return f"{self.claim} ({self.size}, {took})"

    @property
    def claim(self) -> str:
        """What the network is right for."""
        return f"right for {every_length(self.machine)}{loosely(self.machine)}"

    @property
    def size(self) -> str:
        """How many sets the proof has."""
        return "1 set" if self.sets == 1 else f"{self.sets} sets"


@dataclass(frozen=True, eq=False)
class Refuted:
    """The network is wrong on a word.

    Parameters
    ----------
    machine : Machine
    word : tuple of int
        The symbols' numbers; the output on the last one is wrong. Replayed on the plain NumPy cells, and with many
        digits and a bound, so that rounding did not make the error.
    inputs : (T, I) array
        The inputs that were read: the symbols' own, or others of their boxes.
    expected : tuple of int
        The outputs that would have been right, (O,).
    given : tuple of float
        The outputs, (O,).
    state : str
        The name of the machine's state when the last symbol is read.
    shortest : bool
        Whether all shorter words are known to be right.
    seconds : float
    """

    machine: Machine
    word: tuple[int, ...]
    inputs: Array
    expected: tuple[int, ...]
    given: tuple[float, ...]
    state: str
    shortest: bool
    seconds: float

    verdict: ClassVar[str] = "refuted"

    def __str__(self) -> str:
        return f"{self.verdict:<10}{self.text}"

    @property
    def step(self) -> int:
        """The step of the wrong output, from 1."""
        return len(self.word)

    @property
    def text(self) -> str:
        """In one line, without the verdict."""
        return f"wrong at {step_name(self.machine)} {self.step}:  {spell(self.machine, self.word)}"

    @property
    def details(self) -> str:
        """The predicted and the right output, in one line."""
        predicted = ", ".join(f"{y:.3g}" for y in self.given)
        right = ", ".join(map(str, self.expected))
        shorter = "all shorter ones are right" if self.shortest else "no shorter one was found"
        of = "" if self.machine.ends is None else f"; the inputs are {signal(self.inputs)}"
        return f"predicted {predicted}, right is {right} (in state “{self.state}”); {shorter}{of}"


@dataclass(frozen=True, eq=False)
class Unknown:
    """Neither a proof nor an error was found.

    Parameters
    ----------
    machine : Machine
    reason : str
        Why the search ended, for people: "no error found in the budget".
    right_to : int
        All words of up to so many symbols are right; where symbols are boxes, at the boxes' corners.
    tolerance : float or None
        The finest τ at which a tracking automaton was closed; there was no error in it.
    sets : int
        Its states.
    failed : str
        The failure of the proof that was tried last, in the terms of the search.
    advice : str
    seconds : float
    """

    machine: Machine
    reason: str
    right_to: int
    tolerance: float | None
    sets: int
    failed: str
    advice: str
    seconds: float

    verdict: ClassVar[str] = "unknown"

    def __str__(self) -> str:
        return f"undecided: {self.text}"

    @property
    def text(self) -> str:
        """In one line, without the verdict."""
        of = "" if self.machine.ends is None else " on the inputs that were tried"
        return f"right up to {self.right_to} {step_name(self.machine)}s{of}, {self.reason}"

    @property
    def details(self) -> str:
        """What may help."""
        return self.advice

    @property
    def search(self) -> str:
        """Where the search ended, and which step of the proof failed: its tolerance τ and the automaton's size."""
        closed = ""
        if self.tolerance is not None:
            closed = f"no error in an automaton of {self.sets} states closed at τ = {self.tolerance:.2g}"
        return "; ".join(filter(None, [closed, self.failed]))


Proof = Proved | Refuted | Unknown
"""The result of `prove`; `match` distinguishes them."""
