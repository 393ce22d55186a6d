"""A proof in a process of its own, so that neither the page nor training waits for it."""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

from throughtime.batch import Array
from throughtime.network import Network
from throughtime.studio import child
from throughtime.studio.aside import aside
from throughtime.weights.network_specification import NetworkSpecification

BUDGET = 10.0


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
