"""Step functions: a cell is one plain function of one time step, which is read by calling it with symbols.

    @cell
    def min_gru(p, x, h):
        z = sigmoid(x @ p.V_z + p.b_z)
        h = (1 - z) * h + z * (x @ p.V_h + p.b_h)
        return h

`p` holds the parameters, whose shapes follow from their use; x is the input of this step; then come the states before
it, of which the function returns the values after it, in the same order. The last value of a local variable has its
name.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Mapping
from math import isfinite
from numbers import Real
from types import CodeType
from typing import Any, overload

import numpy as np

from throughtime.cells import activations
from throughtime.cells.graph import Builder, Graph, Operation, identifier

ALL_THERE_IS = "+ - * / @, numbers and tt.sigmoid, tanh, relu, exp, softplus, minimum and maximum"
"""What a step may do, for who tried something else."""


class Symbol:
    """A value of a step that is being read. Its operators are those that a cell can be made of."""

    __array_ufunc__ = None

    def __init__(self, builder: Builder, place: int) -> None:
        self._builder, self._place = builder, place

    def _with(self, op: str, *others: Any, reverse: bool = False) -> Any:
        places = [self._place]
        for other in others:
            if isinstance(other, Symbol) and other._builder is self._builder:
                places.append(other._place)
            elif isinstance(other, Real) and not isinstance(other, bool):
                if not isfinite(other):
                    raise ValueError(f"a number of a cell must be finite, got {other}")
                places.append(self._builder.add("number", value=float(other)))
            else:
                return NotImplemented
        return Symbol(self._builder, self._builder.add(op, *(reversed(places) if reverse else places)))

    def __add__(self, other: Any) -> Any:
        return self._with("+", other)

    def __radd__(self, other: Any) -> Any:
        return self._with("+", other, reverse=True)

    def __sub__(self, other: Any) -> Any:
        return self._with("-", other)

    def __rsub__(self, other: Any) -> Any:
        return self._with("-", other, reverse=True)

    def __mul__(self, other: Any) -> Any:
        return self._with("*", other)

    def __rmul__(self, other: Any) -> Any:
        return self._with("*", other, reverse=True)

    def __truediv__(self, other: Any) -> Any:
        return self._with("/", other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with("/", other, reverse=True)

    def __matmul__(self, other: Any) -> Any:
        return self._with("@", other)

    def __neg__(self) -> Any:
        return self._with("neg")

    def __bool__(self) -> bool:
        raise ValueError("a step has no branches that depend on a value: use minimum, maximum or relu")

    def __iter__(self) -> Any:
        raise ValueError("a value of a step cannot be taken apart")


class _Parameters:
    """The p of a step function: every attribute is a parameter."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder

    def __getattr__(self, name: str) -> Symbol:
        return Symbol(self._builder, self._builder.add("parameter", name=identifier("a parameter's name", name)))


@overload
def cell(step: Callable[..., Any], /) -> Graph: ...
@overload
def cell(
    *, name: str | None = None, labels: Mapping[str, str] | None = None, start: Mapping[str, Any] | None = None
) -> Callable[[Callable[..., Any]], Graph]: ...
def cell(
    step: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    labels: Mapping[str, str] | None = None,
    start: Mapping[str, Any] | None = None,
) -> Any:
    """Read a step function: a decorator.

    Parameters
    ----------
    step : function of p, x and the states, which returns the states after the step
    name : str, optional
        Of the cell; the function's name when not given.
    labels : dict, optional
        Labels for the parts of parameters' names after the "_": with {"f": "forget"}, `p.U_f` is "forget.U".
    start : dict, optional
        How parameters begin, by their names, where `init="glorot"` is not to decide: {"b_f": 1} all at this number,
        {"u": (0, 1)} uniform between two.

    Returns
    -------
    Graph

    Raises
    ------
    ValueError
        With the line of the function, if it does what a cell cannot be made of.
    """

    def read_it(function: Callable[..., Any]) -> Graph:
        return read(function, name, labels or {}).starting(start or {})

    return read_it if step is None else read_it(step)


def read(step: Callable[..., Any], name: str | None = None, labels: Mapping[str, str] | None = None) -> Graph:
    """The graph of a step function; see `cell`."""
    code = getattr(step, "__code__", None)
    if not isinstance(code, CodeType) or code.co_kwonlyargcount or code.co_flags & 0x0C or code.co_argcount < 3:
        raise ValueError("a cell is a function of p, x and at least one state, as in def elman(p, x, h)")
    name = identifier("a cell's name", step.__name__ if name is None else name)
    states = [identifier("a state's name", state) for state in code.co_varnames[2 : code.co_argcount]]
    builder = Builder(name, states)
    given = [_Parameters(builder), Symbol(builder, builder.add("x"))]
    given += [Symbol(builder, builder.add("state", name=state)) for state in states]
    try:
        returned, local = _called(step, code, given)
        returned = returned if isinstance(returned, tuple) else (returned,)
        if not all(isinstance(value, Symbol) for value in returned):
            raise ValueError(f"it must return {', '.join(states)}, got {returned!r}")
        _name(builder, local)
        return builder.graph([value._place for value in returned], labels or {})
    except Exception as error:
        said = " ".join(str(error).split())
        there = f"; a step has {ALL_THERE_IS}" if isinstance(error, AttributeError | TypeError) else ""
        raise ValueError(f"cell {name}{_line_of(error, code)}: {said}{there}") from None


def _called(step: Callable[..., Any], code: CodeType, given: list[Any]) -> tuple[Any, dict[str, Any]]:
    """The function's result, and its local variables at that moment."""
    local: dict[str, Any] = {}

    def watch(frame: Any, event: str, _: Any) -> None:
        if event == "return" and frame.f_code is code:
            local.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        return step(*given), local
    finally:
        sys.setprofile(before if callable(before) else None)
        if before is not None and not callable(before):  # cProfile's, which is set by its own method only
            before.enable()


def _name(builder: Builder, local: dict[str, Any]) -> None:
    for name, value in local.items():
        if isinstance(value, Symbol) and value._builder is builder and name not in builder.states:
            operation = builder.operations[value._place]
            if not operation.name and operation.op not in ("x", "number"):
                named = Operation(operation.op, operation.of, identifier("a value's name", name), operation.value)
                builder.operations[value._place] = named


def _line_of(error: BaseException, code: CodeType) -> str:
    """', line 5, "h = h ** 2"': where the function was when it failed."""
    found, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            linecache.checkcache(code.co_filename)  # the file may have been written anew
            text = linecache.getline(code.co_filename, trace.tb_lineno, trace.tb_frame.f_globals).strip()
            found = f", line {trace.tb_lineno}" + (f', "{text}"' if text else "")
        trace = trace.tb_next
    return found


def _function(name: str, plain: Callable[..., Any]) -> Any:
    def function(*values: Any) -> Any:
        for place, value in enumerate(values):
            if isinstance(value, Symbol):
                others = [*values[:place], *values[place + 1 :]]
                found = value._with(name, *others, reverse=place > 0)
                if found is NotImplemented:
                    raise ValueError(f"{name} takes values of the step and numbers, got {others[0]!r:.60}")
                return found
        return np.asarray(plain(*values))[()]  # a number of numbers

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name} of symbols or arrays, element by element."
    return function


sigmoid = _function("sigmoid", activations.sigmoid)
tanh = _function("tanh", np.tanh)
relu = _function("relu", activations.ACTIVATIONS["relu"].f)
exp = _function("exp", np.exp)
softplus = _function("softplus", activations.softplus)
minimum = _function("minimum", np.minimum)
maximum = _function("maximum", np.maximum)
