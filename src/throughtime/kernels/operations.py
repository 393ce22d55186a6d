"""What the kernels are written in: vectors, views, products, activations, noise, masks.

With `NUMBA_DISABLE_JIT=1` the same names are NumPy's operations, so that kernels can be run, counted and stepped
through as plain Python.
"""

from numba.core import config

if config.DISABLE_JIT:  # type: ignore[attr-defined]
    from throughtime.kernels.interpreted import (
        add_gradient,
        columns,
        exp,
        greater,
        item,
        items,
        keep,
        lesser,
        load,
        multiply,
        normal,
        panels,
        positive_part,
        row,
        rows,
        shaped,
        sigmoid,
        softplus,
        square_root,
        store,
        tanh,
        where_less,
        where_not_less,
        where_positive,
        width,
    )
else:
    from throughtime.kernels.activations import exp, sigmoid, softplus, tanh
    from throughtime.kernels.bernoulli import keep
    from throughtime.kernels.gaussian import normal
    from throughtime.kernels.product import add_gradient, multiply, panels
    from throughtime.kernels.vector import (
        greater,
        lesser,
        load,
        positive_part,
        square_root,
        store,
        where_less,
        where_not_less,
        where_positive,
        width,
    )
    from throughtime.kernels.views import columns, item, items, row, rows, shaped

__all__ = [
    "add_gradient",
    "columns",
    "exp",
    "greater",
    "item",
    "items",
    "keep",
    "lesser",
    "load",
    "multiply",
    "normal",
    "panels",
    "positive_part",
    "row",
    "rows",
    "shaped",
    "sigmoid",
    "softplus",
    "square_root",
    "store",
    "tanh",
    "where_less",
    "where_not_less",
    "where_positive",
    "width",
]
