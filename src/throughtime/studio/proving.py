"""A proof in a process of its own, so that neither the page nor training waits for it."""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

from throughtime.batch import Array
from throughtime.network import Network
from throughtime.network_specification import NetworkSpecification
from throughtime.studio import child
from throughtime.studio.aside import aside

BUDGET = 10.0


def reason_not_to(task: Any, specification: NetworkSpecification) -> str | None:
    """Why there is nothing to prove, in one sentence; None if there is."""
    if task.specification is None:
        return f"{task.name} is no finite machine, so that nothing can be proved for sequences of every length"
    if task.name == "reber":
        return "Reber's machine also speaks of words that the grammar never makes, so that nothing is to be proved"
    if specification.bidirectional:
        return "a network that reads in both directions needs the whole sequence, so that nothing can be proved for every length"
    if specification.readout == "softmax":
        return "only networks with sigmoid or identity outputs can be proved"
    return None


def attempt(specification: NetworkSpecification, parameters: Array, task: Any) -> dict[str, Any]:
    """The verdict as the page is told it; `letters` of a wrong input are its symbols' numbers."""
    from throughtime.proof import Proved, Refuted, prove

    machine = task.specification
    proof = prove(Network.of(specification, parameters), machine, BUDGET)
    told: dict[str, Any] = {"state": proof.verdict, "sentence": proof.text, "seconds": proof.seconds}
    if isinstance(proof, Proved):
        return told | {"sets": proof.sets, "seconds": proof.seconds + proof.check_seconds}
    told["details"] = proof.details
    if isinstance(proof, Refuted):
        symbols = [machine.symbol_names[letter] for letter in proof.word]
        told["word"] = {"symbols": symbols, "step": proof.step, "expected": proof.expected, "given": proof.given}
        told["letters"] = proof.word
    return told


class Prover:
    """A process that tries one proof, and then ends."""

    def __init__(self, specification: NetworkSpecification, parameters: Array, task: Any) -> None:
        work = specification, parameters, task
        self.process, self.connection = child.start(_send_verdict, "throughtime proof", *work)

    async def verdict(self) -> dict[str, Any]:
        """What comes of it, as of `attempt`."""
        try:
            found: dict[str, Any] = await aside(self.connection.recv)
        except (EOFError, OSError):
            return unknown("the process that looked for a proof ended unexpectedly")
        return found

    def end(self) -> None:
        """Whatever it is doing."""
        self.process.kill()


def unknown(reason: str) -> dict[str, Any]:
    """The verdict that there is none."""
    return {"state": "unknown", "sentence": reason, "seconds": 0.0}


def _send_verdict(connection: Connection, *work: Any) -> None:
    try:
        found = attempt(*work)
    except (ValueError, ArithmeticError, RuntimeError, MemoryError) as error:
        found = unknown(str(error) or type(error).__name__)
    connection.send(found)
