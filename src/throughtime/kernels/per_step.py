"""Gradient descent that updates the weights at every step of the backward pass, as a widely read article has it.

    for t = T down to 1:   the δ's of step t with the weights as step t+1 left them;
                           θ −= α · this step's gradient, for all parameters θ;
                           ∂h_{t-1} = Σ δ Uᵀ with the new U

[docs/math.md#update-per-step]. For one layer of any cell and an output at every step. What goes back to step t−1
without a matrix, such as ∂C_{t-1} of an LSTM, is computed before the update.
"""

from __future__ import annotations

import numpy as np

from throughtime.kernels.compiled import kernel
from throughtime.kernels.loop import begin, count_exact
from throughtime.kernels.network import losses, outputs, states
from throughtime.kernels.of_cell import gradients, multiply_back, pack_back, row_back
from throughtime.kernels.operations import add_gradient, item, multiply, panels, rows
from throughtime.kernels.sequence import add_rows, clear, lent, matrix
from throughtime.kernels.tape import ends_at, layer_at, outputs_at, readout_weights, state_step, states_at, vectors


@kernel
def train_block_per_step(s, parameters, rates, x, y, mask, lengths, tape, minus_delta_y, minus_delta, measured):
    """Take N steps with one sequence each; arguments as for `loop.train_block`, of which this is the variant.

    minus_delta_y (1,O), minus_delta (1,D) : room for a step's −α δ
    """
    H, K, O, S, D = s.hidden, s.inputs, s.outputs, s.slots * s.hidden, s.deltas * s.hidden
    w, _ = vectors(s, tape, parameters, 0, K)
    W, b_y = readout_weights(s, tape, parameters)
    h, delta_y = states_at(s, tape, tape.states, 0, 0, 0), outputs_at(s, tape, tape.delta_y)
    numbers, step = lent(tape.numbers), state_step(s, tape)
    d_h = rows(layer_at(s, tape, tape.d_states, 0), 0, 1)
    for n in range(len(x)):
        begin(s, False, tape)
        states(s, parameters, item(x, n), item(lengths, n), tape)
        outputs(s, parameters, tape)
        loss = losses(s, item(y, n), item(mask, n), tape)
        measured[n, 0], measured[n, 1] = loss, np.nan  # no gradient is ever whole
        if not np.isfinite(loss):
            return n
        measured[n, 2], measured[n, 3], measured[n, 4] = count_exact(s, item(y, n), item(mask, n), tape)
        for state in range(s.states):
            clear(ends_at(s, tape, tape.d_first, state, 0, 0))
        for back in range(lengths[n, 0]):
            t = lengths[n, 0] - 1 - back
            gates_t, delta_t = tape.gates + t * S, tape.delta + t * D
            before, after = tape.states + t * H, tape.states + (t + 1) * H
            multiply(rows(delta_y, t, 1), panels(W, 0, O, True, 1, numbers, tape.packed), d_h, False)
            packed = pack_back(s, H, K, parameters, 0, 1, False, numbers, tape.packed)
            if back > 0:
                multiply_back(s, 0, H, packed, numbers, matrix(numbers, delta_t + D, 1, D), 1, tape.d_first, H)
            for phases_back in range(s.phases):
                phase = s.phases - 1 - phases_back
                row_back(
                    s, phase, H, 1, numbers, gates_t, delta_t, before, after, step, tape.d_states, tape.d_first, H,
                    0.0, w,
                )  # fmt: skip
                if phase > 0:
                    multiply_back(s, phase, H, packed, numbers, matrix(numbers, delta_t, 1, D), 1, tape.d_first, H)
            for k in range(O):
                minus_delta_y[0, k] = -rates[n] * delta_y[t, k]
            for j in range(D):
                minus_delta[0, j] = -rates[n] * numbers[delta_t + j]
            add_gradient(rows(h, t + 1, 1), minus_delta_y, W)
            if s.bias:
                add_rows(minus_delta_y, 0, b_y)
            gradients(
                s, H, K, s.bias, parameters, 0, numbers, rows(item(x, n), t, 1), matrix(numbers, gates_t, 1, S),
                minus_delta, 1, before, after, step,
            )  # fmt: skip
    return len(x)
