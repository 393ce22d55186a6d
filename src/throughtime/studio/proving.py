"""A proof in a process of its own, so that neither the page nor training waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from throughtime.batch import Array
from throughtime.network import Network
from throughtime.studio import child
from throughtime.studio.answers import Verdict, Word
from throughtime.studio.aside import aside
from throughtime.weights.network_specification import NetworkSpecification


@dataclass(frozen=True)
class Found:
    """The outcome of an attempt.

    letters : the numbers of a wrong input's symbols
    certificate : the text of a proof's
    """

    verdict: Verdict
    letters: Sequence[int] | None = None
    certificate: str | None = None


def attempt(specification: NetworkSpecification, parameters: Array, task: Any) -> Found:
    """Try to prove a network right for its task."""
    try:
        return _attempt(specification, parameters, task)
    except (ValueError, ArithmeticError, RuntimeError, MemoryError) as error:
        return unknown(str(error) or type(error).__name__)


def _attempt(specification: NetworkSpecification, parameters: Array, task: Any) -> Found:
    from throughtime.proof import Proved, Refuted, Unknown, prove

    machine = task.machine
    proof = prove(Network.of(specification, parameters), machine)
    if isinstance(proof, Proved):
        sentence = f"{proof.claim}: a proof of {proof.size} is found and checked"
        verdict = _verdict(proof.verdict, sentence, proof.seconds + proof.check_seconds)
        verdict["sets"] = proof.sets
        return Found(verdict, certificate=proof.certificate.text)
    sentence = str(proof) if isinstance(proof, Unknown) else proof.text
    verdict = _verdict(proof.verdict, sentence, proof.seconds)
    if not isinstance(proof, Refuted):
        return Found(verdict)
    symbols = [machine.symbol_names[letter] for letter in proof.word]
    verdict["word"] = Word(operands=None, symbols=symbols, step=proof.step, expected=proof.expected, given=proof.given)
    return Found(verdict, proof.word)


class Prover:
    """A process that tries one proof, and then ends."""

    def __init__(self, specification: NetworkSpecification, parameters: Array, task: Any) -> None:
        work = specification, parameters, task
        self.process, self.connection = child.start(_send_found, "throughtime proof", *work)

    async def found(self) -> Found:
        """The outcome of the attempt."""
        try:
            found: Found = await aside(self.connection.recv)
        except (EOFError, OSError):
            return unknown("the process that looked for a proof ended unexpectedly")
        return found

    def end(self) -> None:
        """Whatever it is doing."""
        self.process.kill()


def unknown(reason: str) -> Found:
    """Neither a proof nor a wrong input."""
    return Found(_verdict("unknown", reason))


def running() -> Verdict:
    """While a proof is looked for."""
    return _verdict("running", "looking for a proof")


def _verdict(state: Any, sentence: str, seconds: float = 0.0) -> Verdict:
    return Verdict(type="proof", state=state, sentence=sentence, seconds=seconds)


def _send_found(connection: Connection, *work: Any) -> None:
    connection.send(attempt(*work))
