"""Dropout on what each layer reads: each number is 0 with probability p, and 1 / (1 − p) times itself otherwise.

A sequence has one mask for each layer, the same at every time step and in both directions [Gal & Ghahramani 2016];
decision 22 says why. On the tape, masks (B,K) and what the layers read (T,B,K) lie one layer after the other; without
dropout both are empty.
"""

from __future__ import annotations

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.operations import items, keep, load, row, shaped, store, width
from throughtime.kernels.shape import inputs_of


@inlined
def dropping(tape):
    """Whether the tape has masks."""
    return tape.masks != tape.dropped


@inlined
def _inputs_below(s, layer):
    """How many numbers all layers below this one read."""
    return s.inputs + (layer - 1) * s.directions * s.hidden if layer > 0 else 0


@inlined
def mask_at(s, tape, layer):
    """The mask (B,K) of a layer."""
    B, K = tape.B, inputs_of(s, layer)
    return shaped(items(tape.numbers, tape.masks + _inputs_below(s, layer) * B, B * K), (B, K))


@inlined
def dropped_at(s, tape, layer):
    """What a layer reads (T,B,K)."""
    T, B, K = tape.T, tape.B, inputs_of(s, layer)
    return shaped(items(tape.numbers, tape.dropped + _inputs_below(s, layer) * T * B, T * B * K), (T, B, K))


@kernel
def lay_out_masks(s, p, key, first, batch, tape):
    """Draw the masks of all layers; the tape's rows are those from `first` on of a batch."""
    for layer in range(s.layers):
        K, below = inputs_of(s, layer), _inputs_below(s, layer)
        masks = items(tape.numbers, tape.masks + below * tape.B, tape.B * K)
        keep(key, below * batch + first * K, p, masks)


@inlined
def _mask(mask, source, target, j, count):
    store(target, j, count, load(mask, j, count) * load(source, j, count))


@kernel
def put_mask_on(mask, source, target):
    """target = mask ∘ source at every step; mask (B,K), the others (T,B,K), which may be the same."""
    (B, K), lanes = mask.shape, width(mask)
    whole = K - K % lanes
    for i in range(source.shape[0] * B):
        mask_b, source_i, target_i = row(mask, i % B), row(source, i), row(target, i)
        for j in range(0, whole, lanes):
            _mask(mask_b, source_i, target_i, j, lanes)
        if whole < K:
            _mask(mask_b, source_i, target_i, whole, K - whole)
