"""A network that learned standardised numbers, as one that takes and gives them as they are."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from throughtime.cells.layout import layout
from throughtime.tasks.standardisation import Standardisation
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import DIRECTIONS, view_name
from throughtime.weights.weights import Weights

Kind = TypeVar("Kind", bound=Weights)


def in_own_units(net: Kind, x: Standardisation, y: Standardisation | None = None) -> Kind:
    """The network that takes and gives numbers as they are, made from one that takes and gives them standardised.

    The standardisation goes into the weights: V/deviation and b − mean·V/deviation in the first layer; W·deviation and
    b_y·deviation + mean in the readout. So the result is a network like any other, to be saved, traced and exported.

    Parameters
    ----------
    net : Network, or its Weights
        With biases. It is not changed.
    x : Standardisation of its inputs
    y : Standardisation of its outputs, optional
        Only for the readout "identity".

    Raises
    ------
    ValueError
        If it has no biases, or its net inputs are normalised, or its cell adds no bias to a product of x, or its
        numbers cannot hold the result.
    """
    s = net.specification
    s.without_layer_norm("a standardisation cannot be put into the weights")
    if not s.bias:
        raise ValueError(
            "a network without biases cannot take in a mean: train it with bias=True, or do not standardise"
        )
    pairs = _matrices_and_biases(s)
    made = net.copy()
    views: Any = made.views
    with np.errstate(over="ignore", invalid="ignore"):  # it is refused below
        for direction in DIRECTIONS[: s.directions]:
            for V, b in pairs:
                matrix = views[f"layer0.{direction}.{V}"]
                bias = views[f"layer0.{direction}.{b}"]
                scaled = matrix.astype(np.float64) * x.factor[:, None]
                bias[:] = bias - x.mean @ scaled
                matrix[:] = scaled
        if y is not None:
            views["W"][:] = views["W"] * y.deviation
            views["b_y"][:] = views["b_y"] * y.deviation + y.mean
    if not np.isfinite(made.parameters).all():
        wider = "choose float64, other units" if s.dtype == "float32" else "choose other units"
        raise ValueError(f"{s.dtype} cannot hold weights for numbers of such sizes: {wider}, or do not standardise")
    return made


def _matrices_and_biases(s: NetworkSpecification) -> list[tuple[str, str]]:
    """The views of what x is multiplied by, each with that of a bias that is added to the product."""
    laid, found = layout(s.graph), []
    biases = {laid.bias_slot(name): name for name in laid.biases}
    for product in laid.products:
        if s.graph.operations[product.source].op == "x":
            if product.slot not in biases:
                raise ValueError(
                    f"the cell {s.cell} adds no bias to x @ p.{product.parameter}, which could take in a mean: "
                    "add one, or do not standardise"
                )
            found.append((view_name(s.graph, product.parameter), view_name(s.graph, biases[product.slot])))
    return found
