"""One update of all parameters by each optimiser, compiled; `training/optimisers.py` explains them."""

from __future__ import annotations

from typing import NamedTuple

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.operations import load, row, square_root, store, width

GRADIENT_DESCENT, MOMENTUM, RMSPROP, ADAM = 0, 1, 2, 3


class Rule(NamedTuple):
    """An optimiser as the kernels read it: which one, its two decays, and its ε."""

    kind: int
    decay_1: float
    decay_2: float
    epsilon: float


@inlined
def _step(rule, rate, keep, correct_1, correct_2, gradient, m, v, parameters, j, n):
    g = load(gradient, j, n)
    change = g
    if rule.kind == MOMENTUM:
        change = rule.decay_1 * load(m, j, n) + g
        store(m, j, n, change)
    elif rule.kind == RMSPROP:
        v_k = rule.decay_2 * load(v, j, n) + (1 - rule.decay_2) * (g * g)
        store(v, j, n, v_k)
        change = g / (square_root(v_k) + rule.epsilon)
    elif rule.kind == ADAM:
        m_k = rule.decay_1 * load(m, j, n) + (1 - rule.decay_1) * g
        v_k = rule.decay_2 * load(v, j, n) + (1 - rule.decay_2) * (g * g)
        store(m, j, n, m_k)
        store(v, j, n, v_k)
        change = (m_k / correct_1) / (square_root(v_k / correct_2) + rule.epsilon)
    store(parameters, j, n, keep * load(parameters, j, n) - rate * change)


@kernel
def update(rule, step, rate, weight_decay, gradient, moments, parameters):
    """Take update number `step` (from 1) along the gradient (P); moments (2,P) is the optimiser's memory."""
    m, v = row(moments, 0), row(moments, 1)
    keep = 1 - rate * weight_decay
    correct_1 = 1 - rule.decay_1**step
    correct_2 = 1 - rule.decay_2**step
    n, lanes = parameters.size, width(parameters)
    whole = n - n % lanes
    for j in range(0, whole, lanes):
        _step(rule, rate, keep, correct_1, correct_2, gradient, m, v, parameters, j, lanes)
    if whole < n:
        _step(rule, rate, keep, correct_1, correct_2, gradient, m, v, parameters, whole, n - whole)
