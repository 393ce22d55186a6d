"""Many training steps in one compiled call: forward, backward and update, with no Python between them."""

from __future__ import annotations

import numpy as np

from throughtime.kernels.compiled import kernel
from throughtime.kernels.dropout import lay_out_masks
from throughtime.kernels.network import gradient_of
from throughtime.kernels.operations import item, items, normal, row, shaped
from throughtime.kernels.optimisers import update
from throughtime.kernels.readout import count_right
from throughtime.kernels.sequence import clear_row, copy_row
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
def lay_out_noise(s, noise, key, tape):
    """Fill what is fed back with normal numbers of standard deviation `noise`, a function of the key.

    What enters the first step gets none, and what enters the last comes from the step before: these are T - 1 steps.
    """
    T, B, count = tape.T, tape.B, s.layers * s.directions
    for n in range(s.states):
        for layer in range(s.layers):
            for direction in range(s.directions):
                size, first = (T + 2) * B * s.hidden, (1 + direction) * B * s.hidden
                flat = items(
                    shaped(states_at(s, tape, tape.fed, n, layer, direction), (size,)), first, (T - 1) * B * s.hidden
                )
                number = n // 2 * count + layer * s.directions + direction
                normal(~key if n % 2 else key, number * size + first, flat)
                for i in range(len(flat)):
                    flat[i] *= noise


@kernel
def count_exact(s, y, mask, tape):
    """Of the outputs on the tape: how many are right, how many are scored, in how many sequences all are right."""
    right, scored, exact = 0, 0, 0
    told, B = outputs_at(s, tape, tape.y), tape.B
    for b in range(B):
        wrong = 0
        for r in range(len(told) // B):
            if mask[r, b] != 0:
                count = count_right(s.readout, row(y, r * B + b), row(told, r * B + b))
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
def train_block(
    s, parameters, rule, moments, done, rates, clip, weight_decay, penalty,
    x, y, mask, lengths, carry, noise, noise_key, dropout, dropout_key, tape, gradient, measured,
):  # fmt: skip
    """Take N steps; returns how many were taken: fewer if a loss or a gradient was not finite, which is then not used.

    done                    steps taken before this block
    rates (N)               the learning rate of each step
    clip                    the greatest norm of a gradient; 0: any
    x (N,T,B,I), y (N,R,B,O), mask (N,R,B), lengths (N,B)
    carry (N)               whether a step begins with the states where the one before it ended
    noise, noise_key        its standard deviation, and what it is a function of, together with the number of the step
    dropout, dropout_key    its probability, and what the masks are a function of, likewise
    measured (N,5)          of each step: loss, norm of the gradient, right and scored outputs, exact sequences;
                            of the step that failed, if one did, loss and norm
    """
    B = x.shape[2]
    for n in range(len(x)):
        begin(s, carry[n], tape)
        if noise > 0:
            lay_out_noise(s, noise, noise_key + np.uint64(done + n), tape)
        if dropout > 0:
            lay_out_masks(s, dropout, dropout_key + np.uint64(done + n), tape)
        clear_row(gradient)
        x_n, y_n, mask_n, lengths_n = item(x, n), item(y, n), item(mask, n), item(lengths, n)
        loss = gradient_of(s, parameters, x_n, y_n, mask_n, lengths_n, penalty, tape, gradient) / B
        norm = scale_and_measure(1 / B, gradient)
        measured[n, 0], measured[n, 1] = loss, norm
        if not (np.isfinite(loss) and np.isfinite(norm)):
            return n
        measured[n, 2], measured[n, 3], measured[n, 4] = count_exact(s, y_n, mask_n, tape)
        if 0 < clip < norm:
            scale_and_measure(clip / norm, gradient)
        update(rule, done + n + 1, rates[n], weight_decay, gradient, moments, parameters)
    return len(x)
