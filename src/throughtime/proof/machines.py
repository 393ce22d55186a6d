"""A user's own machine: from a Python function over states, or from a table in a TOML or CSV file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.support.documents import text_of, toml_table
from throughtime.tasks.machine import Machine

LARGEST = 2**20
"""Bytes of a file with a machine."""

Entry = float | tuple[float, float]
Step = Callable[[Any, tuple[Any, ...]], tuple[Hashable, int | Sequence[int]]]


def specify(
    step: Step,
    start: Hashable,
    symbols: Mapping[str, Sequence[Entry]] | Sequence[Sequence[Entry]],
    most: int = 1000,
    name: Callable[[Any], str] = str,
) -> Machine:
    """The machine that a function describes.

    Parameters
    ----------
    step : function of a state and an input vector
        Returns the next state and the output: 0 or 1, or a sequence of these.
    start : hashable
        The first state.
    symbols : table of names and input vectors, or list of input vectors
        A vector without a name is called by its entries, as in "01". An entry is a number, or the two ends of an
        interval: then the input may be anywhere in it.
    most : int
        Most states; a function with more of them is refused.
    name : function of a state
        The name of a state.

    Examples
    --------
    Addition, where the state is the carry:

    >>> machine = specify(lambda c, x: divmod(c + sum(x), 2), 0, [(0, 0), (0, 1), (1, 0), (1, 1)])
    >>> machine.next.tolist()
    [[0, 0, 0, 1], [0, 1, 1, 1]]

    An alarm that is on at the second high value of a signal and after it, up to the next low one; of values from 0.5
    to 0.8 nothing is said:

    >>> def alarm(highs, symbol):
    ...     highs = min(highs + 1, 2) if symbol == ((0.8, 2.0),) else 0
    ...     return highs, highs == 2
    >>> specify(alarm, 0, {"low": [(-1, 0.5)], "high": [(0.8, 2)]}).next.tolist()
    [[0, 1], [0, 2], [0, 2]]
    """
    named = symbols if isinstance(symbols, Mapping) else {_called(vector): vector for vector in symbols}
    vectors = [tuple(_entry(entry, called) for entry in vector) for called, vector in named.items()]
    if len({len(vector) for vector in vectors}) > 1:
        raise ValueError("all symbols need input vectors of one length")
    if len(vectors) < len(symbols):
        raise ValueError("two symbols have the same input vector, or one so near that they need names of their own")
    states: dict[Hashable, int] = {start: 0}
    after: list[list[int]] = []
    outputs: list[list[list[int]]] = []
    for state in (queue := [start]):
        after.append([])
        outputs.append([])
        for vector in vectors:
            follows, output = step(state, vector)
            if follows not in states:
                if len(states) == most:
                    raise ValueError(f"the function has more than {most} states")
                states[follows] = len(states)
                queue.append(follows)
            after[-1].append(states[follows])
            bits = np.atleast_1d(np.asarray(output))
            if bits.ndim != 1 or not np.isin(bits, (0, 1)).all():
                raise ValueError(f"the function must return 0 or 1, or a list of these, as its output, got {output!r}")
            outputs[-1].append(bits.astype(int).tolist())
    if len({len(bits) for row in outputs for bits in row}) > 1:
        raise ValueError("the function must return equally many outputs at every step")
    lo, hi = (np.array([[np.atleast_1d(entry)[end] for entry in v] for v in vectors], np.float64) for end in (0, -1))
    return Machine(
        symbols=np.where(lo == hi, lo, lo / 2 + hi / 2),
        next=np.array(after, np.int64),
        outputs=np.array(outputs, np.int64),
        state_names=tuple(name(state) for state in states),
        symbol_names=tuple(named),
        ends=np.stack([lo, hi]) if (lo != hi).any() else None,
    )


def _entry(entry: Any, symbol: Any) -> Entry:
    ends = np.array(entry, object).ravel().tolist()
    try:
        low, *high = map(float, ends)
        if len(high) < 2:
            return (low, high[0]) if high else low
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f'symbol "{symbol}": expected numbers or the two ends of intervals, got {_short(entry)}')


def _called(vector: Sequence[Entry]) -> str:
    names = ["..".join(f"{end:g}" for end in np.atleast_1d(entry)) for entry in vector]
    return ("" if all(len(name) == 1 for name in names) else ",").join(names)


def read_machine(path: str | Path) -> Machine:
    """The machine that a file describes, its states in the order in which they are reached from the first.

    A CSV file has a row for each state and symbol, the first state first, under the heads `state`, `symbol`, `next`,
    and one or more that begin with `output`. A symbol of digits, as "01", is its own input vector; other symbols need
    theirs in columns that begin with `input`. An input that may be anywhere in an interval is written as `-1..0.5`.

    A TOML file says the same so:

        start = "even"                     # or the first that is named
        [symbols]
        "0" = [0]
        "1" = [1]
        [states.even]
        "0" = { next = "even", output = 0 }
        "1" = { next = "odd", output = 1 }
        [states.odd]
        "0" = { next = "odd", output = 1 }
        "1" = { next = "even", output = 0 }

    There an input that may be anywhere in an interval is the list of its two ends: `low = [[-1, 0.5]]`.

    Raises
    ------
    ValueError
        With the place in the file.
    """
    path = Path(path)
    text = text_of(path, LARGEST)
    if path.suffix.lower() == ".toml":
        start, symbols, rows = _from_toml(text, path.name)
    elif path.suffix.lower() == ".csv":
        try:
            start, symbols, rows = _from_csv(text, path.name)
        except csv.Error as error:
            raise ValueError(f"{path.name}: {error}") from None
    else:
        raise ValueError(f"{path.name}: a machine is a .toml or a .csv file")
    vectors = {tuple(vector): symbol for symbol, vector in symbols.items()}
    if len(vectors) < len(symbols):
        raise ValueError(f"{path.name}: two symbols have the same input vector")

    def step(state: str, vector: tuple[float, ...]) -> tuple[str, list[int]]:
        if (state, vectors[vector]) not in rows:
            raise ValueError(f'{path.name}: nothing is said of state "{state}" and symbol "{vectors[vector]}"')
        return rows[state, vectors[vector]]

    try:
        return specify(step, start, symbols, most=len(rows) + 1)
    except ValueError as error:
        prefix = "" if str(error).startswith(path.name) else f"{path.name}: "
        raise ValueError(f"{prefix}{error}") from None


Rows = dict[tuple[str, str], tuple[str, list[int]]]
Symbols = dict[str, list[Entry]]


def _from_csv(text: str, file: str) -> tuple[str, Symbols, Rows]:
    reader = csv.DictReader(text.splitlines(), skipinitialspace=True)
    heads = reader.fieldnames or []
    output = [head for head in heads if head.startswith("output")]
    given = [head for head in heads if head.startswith("input")]
    if not {"state", "symbol", "next"} <= set(heads) or not output:
        raise ValueError(f'{file}: the first line must name the columns "state", "symbol", "next" and "output"')
    if len(set(heads)) < len(heads):
        raise ValueError(f"{file}: two columns have the same name")
    start = ""
    symbols = Symbols()
    rows = Rows()
    for row in reader:
        where = f"{file}, line {reader.line_num}"
        if None in row or None in row.values():
            raise ValueError(f"{where}: expected {len(heads)} columns")
        start = start or row["state"]
        symbol = row["symbol"]
        if not given and not (symbol.isascii() and symbol.isdigit()):
            raise ValueError(f'{where}, column "symbol": "{symbol}" needs its input vector in columns named "input…"')
        entries = [(row[head].split(".."), f'{where}, column "{head}"') for head in given]
        vector = [_ends(ends, place) for ends, place in entries] or [float(digit) for digit in symbol]
        if symbols.setdefault(symbol, vector) != vector:
            raise ValueError(f'{where}: symbol "{symbol}" had another input vector before')
        if (row["state"], symbol) in rows:
            raise ValueError(f'{where}: state "{row["state"]}" and symbol "{symbol}" were there before')
        rows[row["state"], symbol] = (
            row["next"], [_bit(row[head].strip(), f'{where}, column "{head}"') for head in output]
        )  # fmt: skip
    if not rows:
        raise ValueError(f"{file}: there are no rows")
    return start, symbols, rows


def _from_toml(text: str, file: str) -> tuple[str, Symbols, Rows]:
    content = toml_table(text, file)
    symbols, states = content.get("symbols"), content.get("states")
    if not isinstance(symbols, dict) or not isinstance(states, dict) or not symbols or not states:
        raise ValueError(f"{file}: expected the tables [symbols] and [states.…]")
    if unknown := set(content) - {"symbols", "states", "start"}:
        raise ValueError(f"{file}: unknown key {_short(min(unknown))}")
    for symbol, vector in symbols.items():
        if not isinstance(vector, list):
            raise ValueError(f'{file}, symbol "{symbol}": expected a list of numbers, got {_short(vector)}')
        entries = [entry if isinstance(entry, list) else [entry] for entry in vector]
        symbols[symbol] = [_ends(ends, f'{file}, symbol "{symbol}"') for ends in entries]
    rows = Rows()
    for state, row in states.items():
        for symbol, entry in (row if isinstance(row, dict) else {"": row}).items():
            where = f'{file}, state "{state}", symbol "{symbol}"'
            if symbol not in symbols:
                raise ValueError(f"{where}: no such symbol")
            if not isinstance(entry, dict) or set(entry) != {"next", "output"} or not isinstance(entry["next"], str):
                raise ValueError(f'{where}: expected {{ next = "…", output = … }}, got {_short(entry)}')
            output = entry["output"] if isinstance(entry["output"], list) else [entry["output"]]
            rows[state, symbol] = entry["next"], [_bit(bit, where) for bit in output]
    start = content.get("start", next(iter(states)))
    if not isinstance(start, str):
        raise ValueError(f"{file}: start must be the name of a state, got {_short(start)}")
    return start, symbols, rows


def _bit(value: Any, where: str) -> int:
    if isinstance(value, bool) or value not in (0, 1, "0", "1"):
        raise ValueError(f"{where}: expected an output of 0 or 1, got {_short(value)}")
    return int(value)


def _ends(values: list[Any], where: str) -> Entry:
    """A number, or the two ends of an interval."""
    if len(values) not in (1, 2):
        raise ValueError(f"{where}: expected a number or the two ends of an interval, got {_short(values)}")
    low, *high = (_number(value, where) for value in values)
    if high and not low < high[0]:
        raise ValueError(f"{where}: an interval begins below its end, got {low:g} to {high[0]:g}")
    return (low, high[0]) if high else low


def _number(value: Any, where: str) -> float:
    try:
        number = float("nan" if isinstance(value, bool) else value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not np.isfinite(number):
        raise ValueError(f"{where}: expected a number, got {_short(value)}")
    return number


def _short(value: Any) -> str:
    try:
        shown = repr(value)
    except ValueError:  # more digits than Python writes
        return "a number of very many digits"
    return shown if len(shown) <= 60 else f"{shown[:40]}…"
