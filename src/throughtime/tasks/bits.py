"""Numbers as bits, least significant first, and tables of bits for people."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from throughtime.batch import Array
from throughtime.tasks.task import rounds_to

COLUMNS = 32
"""Columns of a table before it goes on below."""

DIGITS = 24
"""Digits of a number before a label shows only its ends."""


def to_bits(number: int, steps: int) -> Array:
    """The lowest `steps` bits (steps,) of a number of any size."""
    octets = number.to_bytes(max(1, -(-number.bit_length() // 8)), "little")
    bits = np.unpackbits(np.frombuffer(octets, np.uint8), count=steps, bitorder="little")
    return bits.astype(np.float64)


def to_number(bits: Array) -> int:
    """The number that bits (T,) write; anything above one half is a 1."""
    return int.from_bytes(np.packbits(np.asarray(bits) > 0.5, bitorder="little").tobytes(), "little")


def digits(number: int) -> str:
    """A number of any size in decimal (Python's own `str` stops at 4,300 digits)."""
    return str(number) if number.bit_length() < 10_000 else format(Decimal(number), "f")


def cells(bits: Array) -> list[str]:
    """How each number (T,) is shown: 0, 1, or ? if it rounds to neither."""
    return [
        "0" if zero else "1" if one else "?" for zero, one in zip(rounds_to(bits, 0), rounds_to(bits, 1), strict=True)
    ]


class Row(NamedTuple):
    """A line of a table."""

    label: str
    cells: Sequence[str]
    note: str = ""


def table(rows: Sequence[Row]) -> str:
    """Lay rows under each other, cells aligned; a table of many columns goes on below."""
    label = max(len(row.label) for row in rows)
    columns = max(len(row.cells) for row in rows)
    cell = max(len(c) for row in rows for c in row.cells)
    blocks = []
    for start in range(0, columns, COLUMNS):
        lines = []
        for row in rows:
            shown = " ".join(f"{c:>{cell}}" for c in row.cells[start : start + COLUMNS])
            note = f"      {row.note}" if row.note and start + COLUMNS >= columns else ""
            lines.append(f"  {row.label:<{label}}    {shown}{note}".rstrip())
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


class Operand(NamedTuple):
    """A line of a written calculation: its sign, its number, and its bits (T,), none for a constant."""

    sign: str
    number: int
    bits: Array | None = None


def calculation(memory: str, carries: Array, operands: Sequence[Operand], y: Array, d: Array) -> str:
    """A calculation as one writes it, the most significant bit at the left.

    Parameters
    ----------
    memory : str
        The memory from bit to bit: "carry", "borrow".
    carries : (T,) int array
        The carry that is added to each bit.
    operands : sequence of Operand
    y, d : (T,) arrays
        The predicted and the right result.
    """
    predicted, right = cells(y), cells(d)
    number = digits(to_number(y)) if "?" not in predicted else "?"
    lines = [(o.sign, digits(o.number), [] if o.bits is None else cells(o.bits)) for o in operands]
    lines.append(("=", number, predicted))
    if predicted != right:
        lines.append((" ", digits(to_number(d)), right))
    written = [[str(c) for c in carries]] + [bits for *_, bits in lines]
    used = max([t + 1 for bits in written for t, c in enumerate(bits) if c != "0"], default=1)
    width = max(len(memory) - 2, *(len(_ends(number)) for _, number, _ in lines))
    labels = [memory] + [f"{sign} {_ends(number):>{width}}" for sign, number, _ in lines]
    rows = [Row(label, bits[:used][::-1]) for label, bits in zip(labels, written, strict=True)]
    if predicted == right:
        rows[-1] = rows[-1]._replace(note="right")
    else:
        rows[-2:] = [rows[-2]._replace(note="wrong"), rows[-1]._replace(note="is right")]
    whole = f"\n\n  = {number}" if _ends(number) != number else ""
    return table(rows) + whole


def _ends(number: str) -> str:
    """A long number's first and last digits."""
    return number if len(number) <= DIGITS else f"{number[:10]}…{number[-10:]}"
