"""Gradient descent that updates the weights at every step of the backward pass, as a widely read article has it.

    for t = T down to 1:   δ_h_t with the weights as step t+1 left them;   then W, V, U −= α · this step's gradient

[docs/math.md#update-per-step]. For one layer of Elman cells and an output at every step.
"""

from __future__ import annotations

import numpy as np

from throughtime.kernels.compiled import kernel
from throughtime.kernels.loop import begin, count_exact
from throughtime.kernels.network import losses, outputs, states
from throughtime.kernels.of_cell import row_back
from throughtime.kernels.operations import add_gradient, item, multiply, panels, rows
from throughtime.kernels.sequence import add_rows, clear, lent, matrix
from throughtime.kernels.shape import readout_weights, vectors
from throughtime.kernels.tape import ends_at, layer_at, outputs_at, states_at


@kernel
def train_block_per_step(s, parameters, rates, x, y, mask, lengths, tape, measured):
    """Take N steps with one sequence each; arguments as for `loop.train_block`, of which this is the variant."""
    H, T = s.hidden, x.shape[1]
    V, U = matrix(parameters, 0, s.inputs, H), matrix(parameters, s.inputs * H, H, H)
    w, b_h = vectors(s, parameters, 0, s.inputs)
    W, b_y = readout_weights(s, parameters)
    h, delta_y = states_at(s, tape, tape.states, 0, 0, 0), outputs_at(s, tape, tape.delta_y)
    numbers = lent(tape.numbers)
    delta_h = matrix(numbers, tape.delta, T, H)
    d_h, d_h_after = rows(layer_at(s, tape, tape.d_states, 0), 0, 1), ends_at(s, tape, tape.d_first, 0, 0, 0)
    minus_delta_y, minus_delta_h = np.empty((1, s.outputs), x.dtype), np.empty((1, s.hidden), x.dtype)
    for n in range(len(x)):
        begin(s, False, tape)
        states(s, parameters, item(x, n), item(lengths, n), tape)
        outputs(s, parameters, tape)
        loss = losses(s, item(y, n), item(mask, n), tape)
        measured[n, 0], measured[n, 1] = loss, np.nan  # no gradient is ever whole
        if not np.isfinite(loss):
            return n
        measured[n, 2], measured[n, 3], measured[n, 4] = count_exact(s, item(y, n), item(mask, n), tape)
        clear(d_h_after)
        for back in range(T):
            t = T - 1 - back
            multiply(rows(delta_y, t, 1), panels(W, 0, s.outputs, True, 1), d_h, False)
            if back > 0:
                multiply(rows(delta_h, t + 1, 1), panels(U, 0, s.hidden, True, 1), d_h_after, False)
            row_back(
                s, 0, H, numbers, tape.gates + t * H, tape.delta + t * H, tape.states + t * H, tape.states + (t + 1) * H, 0,
                tape.d_states, tape.d_first, 0, 0.0, w,
            )  # fmt: skip
            for k in range(s.outputs):
                minus_delta_y[0, k] = -rates[n] * delta_y[t, k]
            for j in range(s.hidden):
                minus_delta_h[0, j] = -rates[n] * delta_h[t, j]
            add_gradient(rows(h, t + 1, 1), minus_delta_y, W)
            add_gradient(rows(item(x, n), t, 1), minus_delta_h, V)
            add_gradient(rows(h, t, 1), minus_delta_h, U)
            add_rows(minus_delta_y, 0, b_y)
            add_rows(minus_delta_h, 0, b_h)
    return len(x)
