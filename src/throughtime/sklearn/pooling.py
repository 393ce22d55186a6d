"""One output of a sequence from the outputs of its steps: the last one, their mean, or their mean by attention.

The readout is linear, so to attend to states is to attend to outputs: the network has one output more, the score s_t of
its step, and the sequence's is y = Σ_t a_t y_t with a = softmax_t(s) [Raffel & Ellis 2015]. Backward, with ∂E/∂y = δ:

    ∂E/∂y_t = a_t δ            ∂E/∂s_t = a_t δ · (y_t − y)

In a mean, a_t = 1/T for the T steps of the sequence.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from throughtime.batch import Array

Pooling = Literal["last", "mean", "attention"]


def pooled(y: Array, lengths: Array, pooling: Pooling) -> tuple[Array, Array | None]:
    """Outputs (B,R,O) → those of the sequences (B,1,K), and the share (B,R) of each step; `last` are as they are."""
    if pooling == "last":
        return y, None
    real = _real(y, lengths)
    of_steps, shares = (y[..., :-1], attention(y, lengths)) if pooling == "attention" else (y, real / lengths[:, None])
    return (shares[..., None] * np.where(real[..., None], of_steps, 0)).sum(axis=1, keepdims=True), shares


def unpooled(delta: Array, y: Array, one: Array, shares: Array | None, pooling: Pooling) -> Array:
    """∂E by what `pooled` gave (B,1,K) → ∂E by the outputs (B,R,O)."""
    if shares is None:
        return delta
    of_steps: Array = shares[..., None] * delta
    if pooling == "mean":
        return of_steps
    along = np.where(shares > 0, shares * ((y[..., :-1] - one) * delta).sum(axis=-1), 0)
    return np.concatenate([of_steps, along[..., None]], axis=-1)


def attention(y: Array, lengths: Array) -> Array:
    """The share (B,R) of each step, by the scores that stand behind its outputs (B,R,O)."""
    scores = np.where(_real(y, lengths), y[..., -1], -np.inf)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _real(y: Array, lengths: Array) -> Array:
    real: Array = np.arange(y.shape[1]) < np.asarray(lengths)[:, None]
    return real
