"""Networks, tasks and evaluations in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from throughtime.cells import NAMES, step_of
from throughtime.cells.catalogue import entry
from throughtime.tasks.data import Data
from throughtime.tasks.from_file import FileEvaluation
from throughtime.weights.network_specification import has_activation

if TYPE_CHECKING:
    from throughtime.network import Network
    from throughtime.tasks.task import Evaluation
    from throughtime.weights.network_specification import NetworkSpecification


def grouped(number: int) -> str:
    """65536 → "65 536"."""
    return f"{number:,}".replace(",", " ")


def counted(number: int, noun: str) -> str:
    """3, "sequence" → "3 sequences"."""
    return f"{grouped(number)} {_of(number, noun)}"


def _of(number: int, noun: str) -> str:
    return noun + "s" * (number != 1)


def cell(s: NetworkSpecification) -> str:
    """Such as "LSTM", or the name of a cell of one's own."""
    return entry(s.cell).title if s.cell in NAMES and s.graph.operations == step_of(s.cell).operations else s.cell


def network(net: Network) -> str:
    """Such as "Elman, 16 sigmoid units, 321 parameters"."""
    s = net.specification
    units = counted(s.hidden, f"{s.activation} unit" if has_activation(s.step or s.cell) else "unit")
    layers = f"{s.layers} layers of {units}" if s.layers > 1 else units
    directions = ", both directions" if s.bidirectional else ""
    return f"{cell(s)}, {layers}{directions}, {counted(len(net.parameters), 'parameter')}"


def task(task: Any) -> str:
    """Such as "addition · 8 bits", "recall · gap 10 · noise 0.2", "readings.csv · 40 sequences"."""
    if isinstance(task.sequences, Data):
        return f"{task.name} · {counted(len(task.sequences), 'sequence')}"
    parts = [task.name]
    for name, value in task.options.items():
        if name == "bits":
            parts.append(f"{value} {_of(value, 'bit')}")
        elif (name, value) != ("operands", 2):
            parts.append(f"{name} {value}")
    return " · ".join(parts)


def exactness(task: Any, found: Evaluation, bits: int | None) -> str:
    """Such as "all 65 536 pairs of 8-bit numbers are added right"; or how many are wrong, before the first of these."""
    what = "sequences"
    if task.reads_numbers and bits is not None:
        of = {1: "", 2: "pairs of "}.get(task.inputs, f"sets of {task.inputs} ")
        what = f"{of}{bits}-bit numbers"
    elif bits is not None:
        what = f"words of {bits} {_of(bits, 'bit')}"
    if not found.exhaustive:
        what += " drawn at random"
    if not found.wrong:
        return (
            f"all {grouped(found.checked)} {what} are {task.done} right" if found.checked > 1 else f"{task.done} right"
        )
    sentence = f"on {grouped(found.wrong)} of {grouped(found.checked)} {what}"
    if isinstance(found, FileEvaluation) and found.steps > found.checked:
        sentence += f" ({100 * found.right_steps / found.steps:.3g} % of {grouped(found.steps)} steps are right)"
    return sentence if found.first_wrong is None else f"{sentence}, the first:"
