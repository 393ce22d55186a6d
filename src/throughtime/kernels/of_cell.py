"""The kernels of a cell, which are written from its graph: those that all cells share call them by these names.

Their first argument is the shape of the network, whose type says which cell it has; the cell's own function gets the
others.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

from numba.core import config
from numba.extending import intrinsic

from throughtime.kernels.shape import kernels_of


def _of_cell(name: str, arguments: str) -> Any:
    """The function of that name, of whichever cell it is called for."""

    def run(s: Any, *arguments: Any) -> Any:
        return getattr(kernels_of(type(s)), name)(*arguments)

    def compiled(typing_context: Any, s: Any, *arguments: Any) -> tuple[Any, Callable[..., Any]]:
        function = typing_context.resolve_value_type(getattr(kernels_of(s.instance_class), name))
        signature = function.get_call_type(typing_context, arguments, {})

        def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
            return context.get_function(function, signature)(builder, values[1:])

        return signature.return_type(s, *signature.args), generate

    every = ["typing_context", "s", *arguments.split()]
    compiled.__name__ = name
    parameters = [Parameter(one, Parameter.POSITIONAL_OR_KEYWORD) for one in every]
    compiled.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return run if config.DISABLE_JIT else intrinsic(compiled)  # type: ignore[attr-defined]


row = _of_cell("row", "phase H rows numbers gates before after step w b")
row_back = _of_cell("row_back", "phase H rows numbers gates delta before after step d_above d_after d_step penalty w")
pack = _of_cell("pack", "H K p at rows numbers room")
pack_back = _of_cell("pack_back", "H K p at rows wants_d_x numbers room")
multiply_x = _of_cell("multiply_x", "H packed xs gates")
multiply_d_x = _of_cell("multiply_d_x", "H packed deltas d_x")
multiply_step = _of_cell("multiply_step", "phase H packed numbers gates rows before after step")
multiply_back = _of_cell("multiply_back", "phase H packed numbers deltas rows d_after d_step")
gradients = _of_cell("gradients", "H K bias gradient at numbers xs gates deltas rows before after step")
