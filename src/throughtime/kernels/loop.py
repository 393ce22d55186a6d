"""Many training steps in one compiled call: forward, backward and update, with no Python between them."""

from __future__ import annotations

import numpy as np

from throughtime.kernels.compiled import kernel
from throughtime.kernels.dropout import lay_out_masks
from throughtime.kernels.network import gradient_of, read, readout_backward, states_backward
from throughtime.kernels.operations import item, items, normal, row, shaped
from throughtime.kernels.optimisers import update
from throughtime.kernels.readout import count_right
from throughtime.kernels.sequence import add_row, clear_row, copy_row, lent
from throughtime.kernels.tape import outputs_at, states_at


@kernel
def begin(s, carry, tape):
    """Set the initial states: 0, or where the window before ended."""
    T, B = tape.T, tape.B
    for n in range(s.states):
        for layer in range(s.layers):
            for direction in range(s.directions):
                states = states_at(s, tape, tape.states, n, layer, direction)
                for b in range(B):
                    if carry:
                        copy_row(row(states, T * B + b), row(states, b))
                    else:
                        clear_row(row(states, b))
                    clear_row(row(states, (T + 1) * B + b))


@kernel
def lay_out_noise(s, noise, key, first, batch, tape):
    """Fill what is fed back with normal numbers of standard deviation `noise`, a function of the key.

    What enters the first step gets none, and what enters the last comes from the step before: these are T - 1 steps.
    The tape's rows are those from `first` on of a batch.
    """
    T, B, H, count = tape.T, tape.B, s.hidden, s.layers * s.directions
    at_once = max(1, T - 1) if batch == B else 1  # time steps whose numbers follow each other
    for n in range(s.states):
        for layer in range(s.layers):
            for direction in range(s.directions):
                fed = states_at(s, tape, tape.fed, n, layer, direction)
                number = n // 2 * count + layer * s.directions + direction
                for t in range(1 + direction, T + direction, at_once):
                    flat = shaped(items(fed, t, at_once), (at_once * B * H,))
                    normal(~key if n % 2 else key, ((number * (T + 2) + t) * batch + first) * H, flat)
                    for i in range(len(flat)):
                        flat[i] *= noise


@kernel
def count_exact(s, y, mask, tape):
    """Of the outputs on the tape: how many are right, how many are scored, in how many sequences all are right."""
    right, scored, exact = 0, 0, 0
    predicted, B = outputs_at(s, tape, tape.y), tape.B
    for b in range(B):
        wrong = 0
        for r in range(len(predicted) // B):
            if mask[r, b] != 0:
                count = count_right(s.readout, row(y, r * B + b), row(predicted, r * B + b))
                right += count
                scored += s.outputs
                wrong += s.outputs - count
        exact += wrong == 0
    return right, scored, exact


@kernel
def scale_and_measure(factor, gradient):
    """Multiply the gradient by a factor and return its norm."""
    total = 0.0
    for i in range(len(gradient)):
        gradient[i] *= factor
        total += gradient[i] * gradient[i]
    return np.sqrt(total)


@kernel
def begin_disturbed(s, carry, first, batch, noise, noise_key, dropout, dropout_key, tape):
    """What stands on the tape before a training step reads its sequences; see `differentiate`."""
    begin(s, carry, tape)
    if noise > 0:
        lay_out_noise(s, noise, noise_key, first, batch, tape)
    if dropout > 0:
        lay_out_masks(s, dropout, dropout_key, first, batch, tape)


@kernel
def differentiate(
    s, parameters, penalty, x, y, mask, lengths, carry, first, batch, noise, noise_key, dropout, dropout_key, tape,
    gradient, measured,
):  # fmt: skip
    """One step's loss and gradient of some rows of a batch, summed over them.

    x (T,B,I), y (R,B,O), mask (R,B), lengths (B)
    carry                   whether the rows begin with the states where the step before ended
    first, batch            which rows they are, and how many the batch has
    noise, noise_key        its standard deviation, and what it is a function of, together with the row
    dropout, dropout_key    its probability, and what the masks are a function of, likewise
    gradient (P)            written
    measured (5)            written: loss, nothing, right and scored outputs, exact sequences
    """
    begin_disturbed(s, carry, first, batch, noise, noise_key, dropout, dropout_key, tape)
    clear_row(gradient)
    measured[0] = gradient_of(s, parameters, x, y, mask, lengths, penalty, tape, gradient)
    measured[2], measured[3], measured[4] = count_exact(s, y, mask, tape)


@kernel
def read_disturbed(
    s, parameters, x, lengths, carry, first, batch, noise, noise_key, dropout, dropout_key, tape,
):  # fmt: skip
    """What a training step finds before its loss, for a loss that is computed elsewhere; see `differentiate`."""
    begin_disturbed(s, carry, first, batch, noise, noise_key, dropout, dropout_key, tape)
    read(s, parameters, x, lengths, tape)


@kernel
def back(s, parameters, penalty, x, lengths, tape, gradient):
    """The way back of such a step, from the delta_y on the tape: gradient (P) is written."""
    clear_row(gradient)
    readout_backward(s, parameters, tape, gradient)
    states_backward(s, parameters, x, lengths, penalty, tape, gradient)


@kernel
def follow(rule, step, rate, clip, weight_decay, batch, gradient, moments, parameters, measured):
    """Update number `step` (from 1) by the gradient summed over the batch, which is made its mean; likewise the loss.

    Returns whether both were finite; else nothing is updated. measured: of the step, see `train_block`.
    """
    measured[0] /= batch
    measured[1] = norm = scale_and_measure(1 / batch, gradient)
    if not (np.isfinite(measured[0]) and np.isfinite(norm)):
        return False
    if 0 < clip < norm:
        scale_and_measure(clip / norm, gradient)
    update(rule, step, rate, weight_decay, gradient, moments, parameters)
    return True


@kernel
def train_block(
    s, parameters, rule, moments, done, rates, clip, weight_decay, penalty,
    x, y, mask, lengths, carry, noise, noise_key, dropout, dropout_key, tape, gradient, measured,
):  # fmt: skip
    """Take N steps; returns how many were taken: fewer if a loss or a gradient was not finite, which is then not used.

    done                    steps taken before this block
    rates (N)               the learning rate of each step
    clip                    the greatest norm of a gradient; 0: any
    x (N,T,B,I), y (N,R,B,O), mask (N,R,B), lengths (N,B), carry (N)
                            and the others: see `differentiate`; the keys go up with the number of the step
    measured (N,5)          of each step: loss, norm of the gradient, right and scored outputs, exact sequences
    """
    B = x.shape[2]
    parameters, gradient = lent(parameters), lent(gradient)
    for n in range(len(x)):
        step, measured_n = np.uint64(done + n), row(measured, n)
        differentiate(
            s, parameters, penalty, item(x, n), item(y, n), item(mask, n), item(lengths, n), carry[n], 0, B,
            noise, noise_key + step, dropout, dropout_key + step, tape, gradient, measured_n,
        )  # fmt: skip
        if not follow(rule, done + n + 1, rates[n], clip, weight_decay, B, gradient, moments, parameters, measured_n):
            return n
    return len(x)


@kernel
def add_shards(gradients, measured):
    """Add the gradients (N,P) of N shards to the first, and what was measured (N,5) in them, in this order."""
    for shard in range(1, len(gradients)):
        add_row(row(gradients, shard), row(gradients, 0))
        for i in range(5):
            measured[0, i] += measured[shard, i]
