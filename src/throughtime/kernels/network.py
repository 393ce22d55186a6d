"""The whole network over one batch, compiled: all layers, both directions, readout and loss; forward and backward."""

from __future__ import annotations

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.dropout import dropped_at, dropping, mask_at, put_mask_on
from throughtime.kernels.operations import add_gradient, items, multiply, panels, row, rows, shaped
from throughtime.kernels.readout import judge, read_out
from throughtime.kernels.sequence import add_rows, clear, copy_row, lent
from throughtime.kernels.sweep import backward, forward
from throughtime.kernels.tape import (
    d_x_at,
    direction_at,
    ends_at,
    errors_at,
    last_at,
    layer_at,
    outputs_at,
    readout_weights,
    states_at,
    states_of,
)


@inlined
def _below(s, x, tape, layer):
    """What stands below a layer (T,B,K)."""
    return x if layer == 0 else states_of(s, tape, layer - 1)


@inlined
def _read_by(s, x, tape, layer):
    """What a layer reads (T,B,K)."""
    return dropped_at(s, tape, layer) if dropping(tape) else _below(s, x, tape, layer)


@kernel
def states(s, parameters, x, lengths, tape):
    """x (T,B,I) → all that the layers leave on the tape. The initial states stand in its states."""
    T, B, H = tape.T, tape.B, s.hidden
    for layer in range(s.layers):
        if dropping(tape):
            put_mask_on(mask_at(s, tape, layer), _below(s, x, tape, layer), dropped_at(s, tape, layer))
        for direction in range(s.directions):
            forward(s, parameters, layer, direction, _read_by(s, x, tape, layer), lengths, tape)
            if s.directions == 2:
                h, joined = states_at(s, tape, tape.states, 0, layer, direction), layer_at(s, tape, tape.joined, layer)
                for i in range(T * B):
                    copy_row(row(h, B + i), items(row(joined, i), direction * H, H))


@kernel
def _read(s, tape):
    """What the readout reads, (R·B,D·H)."""
    top, T, B, H = s.layers - 1, tape.T, tape.B, s.hidden
    if not s.last_step:
        return rows(states_of(s, tape, top), 0, T * B)
    h = states_at(s, tape, tape.states, 0, top, 0)
    if s.directions == 1:
        return rows(h, T * B, B)
    h_backwards, last = states_at(s, tape, tape.states, 0, top, 1), last_at(s, tape)
    for b in range(B):
        copy_row(row(h, T * B + b), items(row(last, b), 0, H))
        copy_row(row(h_backwards, B + b), items(row(last, b), H, H))
    return last


@kernel
def outputs(s, parameters, tape):
    """The readout of the states on the tape: → net_y, y."""
    W, b_y = readout_weights(s, tape, parameters)
    net_y, y = outputs_at(s, tape, tape.net_y), outputs_at(s, tape, tape.y)
    multiply(_read(s, tape), panels(W, 0, s.outputs, False, len(y), lent(tape.numbers), tape.packed), net_y, False)
    read_out(s.readout, b_y, net_y, y)


@kernel
def read(s, parameters, x, lengths, tape):
    """The whole forward pass: x (T,B,I) → all that the layers and the readout leave on the tape."""
    states(s, parameters, x, lengths, tape)
    outputs(s, parameters, tape)


@kernel
def losses(s, y, mask, tape):
    """The loss of the outputs on the tape against y (R,B,O), weighted by mask (R,B): → error, delta_y; their sum."""
    error, count = errors_at(s, tape), len(errors_at(s, tape))
    judge(
        s.readout, s.loss, shaped(mask, (count,)), shaped(y, (count, s.outputs)),
        outputs_at(s, tape, tape.net_y), outputs_at(s, tape, tape.y), outputs_at(s, tape, tape.delta_y), error,
    )  # fmt: skip
    total = 0.0
    for i in range(count):
        total += error[i]
    return total


@kernel
def readout_backward(s, parameters, tape, gradient):
    """delta_y → the gradient of W and b_y (added), ∂E by the top layer's states; ∂E by all last states is set."""
    W, _ = readout_weights(s, tape, parameters)
    dW, db_y = readout_weights(s, tape, gradient)
    top, H, O = s.layers - 1, s.hidden, s.outputs
    delta_y = outputs_at(s, tape, tape.delta_y)
    count = len(delta_y)
    add_gradient(_read(s, tape), delta_y, dW)
    if s.bias:
        add_rows(delta_y, 0, db_y)
    for layer in range(s.layers):
        for direction in range(s.directions):
            for n in range(s.states):
                clear(ends_at(s, tape, tape.d_last, n, layer, direction))
    d_states = rows(layer_at(s, tape, tape.d_states, top % 2), 0, tape.T * tape.B)
    if s.last_step:
        clear(d_states)
        for direction in range(s.directions):
            W_t = panels(rows(W, direction * H, H), 0, O, True, count, lent(tape.numbers), tape.packed)
            multiply(delta_y, W_t, ends_at(s, tape, tape.d_last, 0, top, direction), False)
    else:
        multiply(delta_y, panels(W, 0, O, True, count, lent(tape.numbers), tape.packed), d_states, False)


@kernel
def states_backward(s, parameters, x, lengths, penalty, tape, gradient):
    """d_states of the top layer → the δ's of every layer, the gradient of their parameters (added), d_first, d_x."""
    T, B, H = tape.T, tape.B, s.hidden
    for above in range(s.layers):
        layer = s.layers - 1 - above
        below = _read_by(s, x, tape, layer)
        d_states = layer_at(s, tape, tape.d_states, layer % 2)
        d_below = d_x_at(s, tape) if layer == 0 else layer_at(s, tape, tape.d_states, 1 - layer % 2)
        clear(rows(d_below, 0, d_below.shape[0] * B))
        for direction in range(s.directions):
            place = tape.d_states + layer % 2 * T * B * H
            if s.directions == 2:
                d_h, place = direction_at(s, tape, direction), tape.d_h + direction * T * B * H
                for i in range(T * B):
                    copy_row(items(row(d_states, i), direction * H, H), row(d_h, i))
            backward(s, parameters, layer, direction, below, lengths, penalty, tape, place, d_below, gradient)
        if dropping(tape):
            put_mask_on(mask_at(s, tape, layer), d_below, d_below)


@kernel
def gradient_of(s, parameters, x, y, mask, lengths, penalty, tape, gradient):
    """Forward, loss, backward: the loss summed over the batch; its gradient is added to `gradient`."""
    states(s, parameters, x, lengths, tape)
    outputs(s, parameters, tape)
    loss = losses(s, y, mask, tape)
    readout_backward(s, parameters, tape, gradient)
    states_backward(s, parameters, x, lengths, penalty, tape, gradient)
    return loss
