"""One step of a network on zonotopes of states: its image under every symbol, and the outputs on the way.

A coordinate of the state may be off by ε when it is computed, and so may each net_y; what reads it reads it so. The
states' zonotopes have one batch axis (N,); an image has two, (N,A), the second one that of the symbols.
"""

from __future__ import annotations

import numpy as np

from throughtime.proof.system import Layer, System
from throughtime.proof.zonotope import (
    ACTIVATIONS,
    Zonotope,
    add,
    affine,
    aligned,
    blend,
    product,
    sigmoid,
    spread,
    tanh,
    widen,
)


def image(system: System, Z: Zonotope, epsilon: float) -> tuple[Zonotope, Zonotope]:
    """Push states through the network.

    Parameters
    ----------
    system : System
    Z : Zonotope with c (N,n)
    epsilon : float

    Returns
    -------
    the next states, c (N,A,n), and net_y, c (N,A,O)
    """
    Z = spread(Z)
    Z = Zonotope(Z.c[:, None], Z.G[:, None], Z.d[:, None], Z.g[:, None])
    points = system.symbols.astype(np.float64)[None]
    below = Zonotope(
        points, np.zeros((*points.shape[:2], 0, points.shape[2])), np.zeros_like(points), np.zeros_like(points)
    )
    parts: list[Zonotope] = []
    step = _STEP[system.specification.cell]
    for index, layer in enumerate(system.layers):
        before = [_columns(Z, system.columns(index, part)) for part in range(system.parts)]
        after = step(system, layer, below, before, epsilon)
        below = after[0] if index == len(system.layers) - 1 else spread(after[0])
        parts += [below, *after[1:]]
    W, b_y = system.readout
    net_y = affine(below, W.astype(np.float64), b_y.astype(np.float64))
    return _joined(parts), widen(net_y, epsilon)


def _columns(Z: Zonotope, at: slice) -> Zonotope:
    return Zonotope(*(array[..., at] for array in Z))


def _joined(parts: list[Zonotope]) -> Zonotope:
    return Zonotope(*(np.concatenate(arrays, axis=-1) for arrays in zip(*aligned(*parts), strict=True)))


def _elman(system: System, layer: Layer, below: Zonotope, before: list[Zonotope], epsilon: float) -> list[Zonotope]:
    """h = f(below V + h U + b_h)."""
    net_h = add(affine(before[0], layer.U, 0.0), affine(below, layer.V, layer.b))
    return [widen(ACTIVATIONS[system.specification.activation](net_h), epsilon)]


def _lstm(system: System, layer: Layer, below: Zonotope, before: list[Zonotope], epsilon: float) -> list[Zonotope]:
    """C = f ∘ C + i ∘ C̃ and h = o ∘ tanh(C)."""
    h, C = before
    net = add(affine(h, layer.U, 0.0), affine(below, layer.V, layer.b))
    i, f, C_tilde, o = (_columns(net, gate) for gate in _gates(layer))
    C = spread(widen(add(product(sigmoid(f), C), product(sigmoid(i), tanh(C_tilde))), epsilon))
    return [widen(product(sigmoid(o), tanh(C)), epsilon), C]


def _gru(system: System, layer: Layer, below: Zonotope, before: list[Zonotope], epsilon: float) -> list[Zonotope]:
    """h = (1 − z) ∘ tanh(below V_n + b_n + r ∘ (h U_n + c_n)) + z ∘ h."""
    (h,) = before
    r_gate, z_gate, n_gate = _gates(layer)
    from_h, from_x = affine(h, layer.U, 0.0), affine(below, layer.V, layer.b)
    r, z = (sigmoid(add(_columns(from_h, gate), _columns(from_x, gate))) for gate in (r_gate, z_gate))
    q = affine(h, layer.U[:, n_gate], layer.c)
    n = tanh(add(product(r, q), _columns(from_x, n_gate)))
    return [widen(blend(z, n, h), epsilon)]


def _gates(layer: Layer) -> list[slice]:
    H = len(layer.U)
    return [slice(at, at + H) for at in range(0, layer.U.shape[1], H)]


_STEP = {"elman": _elman, "lstm": _lstm, "gru": _gru}
