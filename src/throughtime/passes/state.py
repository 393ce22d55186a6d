"""State: the memory of a network between two steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array, numbers
from throughtime.support.memory import require
from throughtime.weights.network_specification import NetworkSpecification


class State:
    """The memory of a network between two steps: an array for each state of its cell, called as in the cell's step.

    So that of an LSTM has `state.h` and `state.C`, that of an Elman cell or a GRU `state.h` alone. `state[rows]` is the
    state of some of the sequences, `rows` being a slice or an index array; `len(state)` is the number of sequences.

    Parameters
    ----------
    **arrays : (L·D, B, H) array of each state
        In the order of the cell, of each layer and direction: `State(h=h, C=C)`. They are copied.

    Attributes
    ----------
    names : tuple of str
    numbers : (N, L·D, B, H) array
        All N states.

    Raises
    ------
    ValueError
        If there is none, one holds anything but finite real numbers, or two differ in shape.
    """

    __slots__ = ("names", "numbers")
    names: tuple[str, ...]
    numbers: Array

    def __init__(self, **arrays: npt.ArrayLike) -> None:
        given = [numbers(name, array) for name, array in arrays.items()]
        if not given or given[0].ndim != 3 or any(array.shape != given[0].shape for array in given):
            found = ", ".join(f"{name} {array.shape}" for name, array in zip(arrays, given, strict=True)) or "none"
            raise ValueError(f"the arrays of a state must all be of one shape (layers, batch, hidden), got {found}")
        for name, array in zip(arrays, given, strict=True):
            if not np.isfinite(array).all():
                found = array[~np.isfinite(array)][0]
                raise ValueError(f"the arrays of a state must be finite numbers, got {found} in {name}")
        self.names, self.numbers = tuple(arrays), np.stack(given)

    @classmethod
    def of(cls, names: tuple[str, ...], numbers: Array) -> State:
        """The state whose arrays these numbers (N, L·D, B, H) are, not copied."""
        made: State = _new(cls)
        made.names, made.numbers = names, numbers
        return made

    @classmethod
    def zero(cls, s: NetworkSpecification, batch: int) -> State:
        """The state of sequences of a network before their first step: all zero."""
        shape = shape_of(s, batch)
        require(8.0 * shape[0] * shape[1] * batch * s.hidden, f"the state of {batch:,} sequences")
        return cls.of(s.graph.states, np.zeros(shape, s.dtype))

    @property
    def arrays(self) -> tuple[Array, ...]:
        """The array (L·D, B, H) of each state, in the order of the cell."""
        return tuple(self.numbers)

    def __getitem__(self, rows: Any) -> State:
        part = self.numbers[:, :, rows]
        if part.ndim != 4:
            raise ValueError(f"the rows of a state must be a slice or an index array, got {rows!r}")
        return State.of(self.names, part)

    def __len__(self) -> int:
        return int(self.numbers.shape[2])

    def __getattr__(self, name: str) -> Array:
        if name.startswith("_") or name in State.__slots__:
            raise AttributeError(name)
        if name not in self.names:
            raise AttributeError(f"this state has no {name!r}; it has {', '.join(self.names)}")
        return self.numbers[self.names.index(name)]  # type: ignore[no-any-return]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.names]

    def __repr__(self) -> str:
        return (
            f"State({', '.join(f'{name} {array.shape}' for name, array in zip(self.names, self.arrays, strict=True))})"
        )

    def check(self, s: NetworkSpecification, batch: int) -> None:
        """A ValueError if it is not one of `batch` sequences of such a network."""
        expected = shape_of(s, batch)
        if self.names != s.graph.states or self.numbers.shape != expected:
            raise ValueError(
                f"the state must have {' and '.join(s.graph.states)} of shape {expected[1:]} for this batch, got "
                f"{' and '.join(self.names)} of shape {self.numbers.shape[1:]}"
            )


def given_state(value: Any) -> State:
    """What is given as a state, or a ValueError if it is none."""
    if not isinstance(value, State):
        found = type(value).__name__
        raise ValueError(f"a state must be a State, such as net.initial_state() and net.step give, got {found}")
    return value


_new = object.__new__


def shape_of(s: NetworkSpecification, batch: int) -> tuple[int, int, int, int]:
    """(N, L·D, B, H), the shape of all states of so many sequences."""
    return len(s.graph.states), s.layers * s.directions, batch, s.hidden
