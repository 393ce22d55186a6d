"""What Python calls for a pass: arrays as users give them, (batch, time, features), are laid out time-major and passed.

Numbers are looked at as they are laid out. Where one may be wrong, False comes back: the caller then finds the number
and says so. A number of x is wrong for sure, and ends the pass; of a target, the caller has the last word.
Rows of a batch may be given alone: they are rows of the arrays.
"""

from __future__ import annotations

import numpy as np

from throughtime.kernels.compiled import kernel
from throughtime.kernels.loop import begin
from throughtime.kernels.network import losses, outputs, readout_backward, states, states_backward
from throughtime.kernels.operations import row, shaped
from throughtime.kernels.readout import CROSS_ENTROPY, IDENTITY, SOFTMAX
from throughtime.kernels.sequence import clear_row, copy_row
from throughtime.kernels.starts import CARRIED, GIVEN
from throughtime.kernels.tape import outputs_at, states_at

SLACK = 5e-5
"""By which targets may miss 0, 1 or their sum of 1 here: less than `losses.check_targets` allows, the last word."""


@kernel
def _lay_finite(source, target):
    """target = source, both contiguous; whether all are finite."""
    finite = True
    for j in range(source.size):
        target[j] = source[j]
        finite &= abs(source[j]) < np.inf
    return finite


@kernel
def _finite(x):
    """Whether all numbers of x (B,I) are finite."""
    finite = True
    for b in range(len(x)):
        part = row(x, b)
        for j in range(part.size):
            finite &= abs(part[j]) < np.inf
    return finite


@kernel
def _lay_out(x, lengths, first, x_t, lengths_t):
    """Steps `first` to first + T of x (B,·,I) → x_t (T,B,I), 0 behind the ends, and how many of them are real (B,)."""
    (T, B, _), steps = x_t.shape, x.shape[1]
    finite = True
    for b in range(B):
        there = max(0, min(T, lengths[b] - first))
        lengths_t[b] = there
        for t in range(there):
            finite &= _lay_finite(row(x, b * steps + first + t), row(x_t, t * B + b))
        for t in range(there, T):
            clear_row(row(x_t, t * B + b))
    return finite


@kernel
def _lay_target(s, source, target):
    """target = source, both (O); whether it is one that such an output can be."""
    fits, total = True, 0.0
    for k in range(source.size):
        target[k] = source[k]
        total += source[k]
        fits &= abs(source[k]) < np.inf
        if s.readout != IDENTITY:
            fits &= -SLACK <= source[k] <= 1 + SLACK
    if s.loss == CROSS_ENTROPY:
        fits &= abs(total - 1) <= SLACK
    return fits


@kernel
def _lay_out_targets(s, y, mask, lengths_t, y_t, mask_t):
    """Targets y (B,R,O) and their weights (B,R) → y_t (R,B,O), mask_t (R,B), both 0 where nothing is scored."""
    R, B = mask_t.shape
    fits = s.readout != SOFTMAX or s.outputs > 1
    for b in range(B):
        for r in range(R):
            weight, counts = mask[b, r], s.last_step or r < lengths_t[b]
            if counts and not 0 <= weight < np.inf:
                fits = False
            if counts and weight > 0:
                mask_t[r, b] = weight
                fits &= _lay_target(s, row(y, b * R + r), row(y_t, r * B + b))
            else:
                mask_t[r, b] = 0
                clear_row(row(y_t, r * B + b))
    return fits


@kernel
def _give_outputs(s, tape, lengths, first, y):
    """The outputs on the tape → those of steps `first` to first + T of y (B,R,O), 0 behind the ends."""
    of_tape, R, B = outputs_at(s, tape, tape.y), y.shape[1], tape.B
    here = 1 if s.last_step else min(tape.T, R - first)
    begun = 0 if s.last_step else first
    for b in range(B):
        for r in range(here):
            if s.last_step or first + r < lengths[b]:
                copy_row(row(of_tape, r * B + b), row(y, b * R + begun + r))
            else:
                clear_row(row(y, b * R + begun + r))


@kernel
def read(s, parameters, x_t, lengths_t, tape, x, lengths, first, start, y):
    """Steps `first` to first + T of x (B,·,I) → what layers and readout leave, and y (B,R,O) unless empty."""
    if not _lay_out(x, lengths, first, x_t, lengths_t):
        return False
    if start != GIVEN:
        begin(s, start == CARRIED, tape)
    states(s, parameters, x_t, lengths_t, tape)
    outputs(s, parameters, tape)
    if y.size > 0:
        _give_outputs(s, tape, lengths, first, y)
    return True


@kernel
def judge(s, lengths_t, y_t, mask_t, tape, y, mask):
    """The loss of the outputs on the tape against y (B,R,O), weighted by mask (B,R): whether they fit, and the sum."""
    fits = _lay_out_targets(s, y, mask, lengths_t, y_t, mask_t)
    return fits, losses(s, y_t, mask_t, tape)


@kernel
def differentiate(s, parameters, x_t, lengths_t, y_t, mask_t, tape, x, lengths, y, mask, gradient):
    """Forward from states of 0, loss, backward: whether all fits, and the loss; the gradient is added to."""
    if not _lay_out(x, lengths, 0, x_t, lengths_t):
        return False, 0.0
    begin(s, False, tape)
    states(s, parameters, x_t, lengths_t, tape)
    outputs(s, parameters, tape)
    fits = _lay_out_targets(s, y, mask, lengths_t, y_t, mask_t)
    loss = losses(s, y_t, mask_t, tape)
    readout_backward(s, parameters, tape, gradient)
    states_backward(s, parameters, x_t, lengths_t, 0.0, tape, gradient)
    return fits, loss


@kernel
def step(s, parameters, lengths_t, tape, x, before, after, y):
    """One step of a network that reads forward: x (B,I), states before it (N,L,B,H) → states after it, y (B,O).

    Returns whether x is finite; else there is no step.
    """
    B = tape.B
    if not _finite(x):
        return False
    for b in range(B):
        lengths_t[b] = 1
    for n in range(s.states):
        for layer in range(s.layers):
            for b in range(B):
                i = (n * s.layers + layer) * B + b
                copy_row(row(before, i), row(states_at(s, tape, tape.states, n, layer, 0), b))
    states(s, parameters, shaped(x, (1, B, s.inputs)), lengths_t, tape)
    outputs(s, parameters, tape)
    for n in range(s.states):
        for layer in range(s.layers):
            for b in range(B):
                i = (n * s.layers + layer) * B + b
                copy_row(row(states_at(s, tape, tape.states, n, layer, 0), B + b), row(after, i))
    of_tape = outputs_at(s, tape, tape.y)
    for b in range(B):
        copy_row(row(of_tape, b), row(y, b))
    return True
