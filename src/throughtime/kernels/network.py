"""The whole network over one batch, compiled: all layers, both directions, readout and loss; forward and backward."""

from __future__ import annotations

from numba.extending import overload

from throughtime.kernels import elman, gru, lstm
from throughtime.kernels.compiled import kernel
from throughtime.kernels.operations import add_gradient, items, multiply, panels, row, rows
from throughtime.kernels.readout import judge, read_out
from throughtime.kernels.sequence import add_rows, clear, copy_row
from throughtime.kernels.shape import ElmanShape, GRUShape, LSTMShape, readout_weights, weights
from throughtime.kernels.tape import (
    d_x_at,
    direction_at,
    ends_at,
    errors_at,
    gates_at,
    last_at,
    layer_at,
    outputs_at,
    states_at,
    states_of,
)  # fmt: skip


def _elman_forward(s, parameters, layer, d, x, lengths, tape):
    V, U, b, _ = weights(s, parameters, False, layer, d)
    h, fed = states_at(s, tape, tape.h, layer, d), states_at(s, tape, tape.fed, layer, d)
    net_h = gates_at(s, tape, tape.gates, layer, d)
    elman.forward(x, V, U, b, lengths, d == 1, s.activation, h, fed, net_h)


def _elman_backward(s, parameters, layer, d, x, lengths, penalty, tape, d_h, d_x, gradient):
    V, U, _, _ = weights(s, parameters, False, layer, d)
    dV, dU, db, _ = weights(s, gradient, False, layer, d)
    h, fed = states_at(s, tape, tape.h, layer, d), states_at(s, tape, tape.fed, layer, d)
    delta = gates_at(s, tape, tape.delta, layer, d)
    d_h_last, d_h_0 = ends_at(s, tape, tape.d_h_last, layer, d), ends_at(s, tape, tape.d_h_0, layer, d)
    elman.backward(x, V, U, lengths, d == 1, s.activation, h, fed, d_h, d_h_last, delta, dV, dU, db, d_x, d_h_0)


def _lstm_forward(s, parameters, layer, d, x, lengths, tape):
    V, U, b, _ = weights(s, parameters, False, layer, d)
    h, fed, C = (
        states_at(s, tape, tape.h, layer, d),
        states_at(s, tape, tape.fed, layer, d),
        states_at(s, tape, tape.C, layer, d),
    )
    lstm.forward(
        x,
        V,
        U,
        b,
        lengths,
        d == 1,
        h,
        fed,
        C,
        states_at(s, tape, tape.fed_C, layer, d),
        gates_at(s, tape, tape.gates, layer, d),
    )


def _lstm_backward(s, parameters, layer, d, x, lengths, penalty, tape, d_h, d_x, gradient):
    V, U, _, _ = weights(s, parameters, False, layer, d)
    dV, dU, db, _ = weights(s, gradient, False, layer, d)
    h, fed, C = (
        states_at(s, tape, tape.h, layer, d),
        states_at(s, tape, tape.fed, layer, d),
        states_at(s, tape, tape.C, layer, d),
    )
    gates, delta = gates_at(s, tape, tape.gates, layer, d), gates_at(s, tape, tape.delta, layer, d)
    d_h_last, d_C_last = ends_at(s, tape, tape.d_h_last, layer, d), ends_at(s, tape, tape.d_C_last, layer, d)
    d_h_0, d_C_0 = ends_at(s, tape, tape.d_h_0, layer, d), ends_at(s, tape, tape.d_C_0, layer, d)
    lstm.backward(
        x, V, U, lengths, d == 1, h, fed, C, states_at(s, tape, tape.fed_C, layer, d), gates, penalty,
        d_h, d_h_last, d_C_last, delta, dV, dU, db, d_x, d_h_0, d_C_0,
    )  # fmt: skip


def _gru_forward(s, parameters, layer, d, x, lengths, tape):
    V, U, b, c = weights(s, parameters, True, layer, d)
    h, fed = states_at(s, tape, tape.h, layer, d), states_at(s, tape, tape.fed, layer, d)
    gates = gates_at(s, tape, tape.gates, layer, d)
    gru.forward(x, V, U, b, c, lengths, d == 1, h, fed, gates)


def _gru_backward(s, parameters, layer, d, x, lengths, penalty, tape, d_h, d_x, gradient):
    V, U, _, _ = weights(s, parameters, True, layer, d)
    dV, dU, db, dc = weights(s, gradient, True, layer, d)
    h, fed = states_at(s, tape, tape.h, layer, d), states_at(s, tape, tape.fed, layer, d)
    gates, delta = gates_at(s, tape, tape.gates, layer, d), gates_at(s, tape, tape.delta, layer, d)
    d_h_last, d_h_0 = ends_at(s, tape, tape.d_h_last, layer, d), ends_at(s, tape, tape.d_h_0, layer, d)
    gru.backward(x, V, U, lengths, d == 1, h, fed, gates, d_h, d_h_last, delta, dV, dU, db, dc, d_x, d_h_0)


_FORWARD = {ElmanShape: _elman_forward, LSTMShape: _lstm_forward, GRUShape: _gru_forward}
_BACKWARD = {ElmanShape: _elman_backward, LSTMShape: _lstm_backward, GRUShape: _gru_backward}


def _cell_forward(s, parameters, layer, d, x, lengths, tape):
    return _FORWARD[type(s)](s, parameters, layer, d, x, lengths, tape)


def _cell_backward(s, parameters, layer, d, x, lengths, penalty, tape, d_h, d_x, gradient):
    return _BACKWARD[type(s)](s, parameters, layer, d, x, lengths, penalty, tape, d_h, d_x, gradient)


@overload(_cell_forward)
def _compile_cell_forward(s, parameters, layer, d, x, lengths, tape):
    return _FORWARD[s.instance_class]


@overload(_cell_backward)
def _compile_cell_backward(s, parameters, layer, d, x, lengths, penalty, tape, d_h, d_x, gradient):
    return _BACKWARD[s.instance_class]


@kernel
def states(s, parameters, x, lengths, tape):
    """x (T,B,I) → all that the layers leave on the tape. The initial states stand in its h and C."""
    T, B, H = tape.T, tape.B, s.hidden
    for layer in range(s.layers):
        below = x if layer == 0 else states_of(s, tape, layer - 1)
        for direction in range(s.directions):
            _cell_forward(s, parameters, layer, direction, below, lengths, tape)
            if s.directions == 2:
                h, joined = states_at(s, tape, tape.h, layer, direction), layer_at(s, tape, tape.joined, layer)
                for i in range(T * B):
                    copy_row(row(h, B + i), items(row(joined, i), direction * H, H))


@kernel
def _read(s, tape):
    """What the readout reads, (R·B,D·H)."""
    top, T, B, H = s.layers - 1, tape.T, tape.B, s.hidden
    if not s.last_step:
        return rows(states_of(s, tape, top), 0, T * B)
    h = states_at(s, tape, tape.h, top, 0)
    if s.directions == 1:
        return rows(h, T * B, B)
    h_backwards, last = states_at(s, tape, tape.h, top, 1), last_at(s, tape)
    for b in range(B):
        copy_row(row(h, T * B + b), items(row(last, b), 0, H))
        copy_row(row(h_backwards, B + b), items(row(last, b), H, H))
    return last


@kernel
def outputs(s, parameters, tape):
    """The readout of the states on the tape: → net_y, y."""
    W, b_y = readout_weights(s, parameters)
    net_y, y = outputs_at(s, tape, tape.net_y), outputs_at(s, tape, tape.y)
    multiply(_read(s, tape), panels(W, 0, s.outputs, False, len(y)), net_y, False)
    for i in range(len(y)):
        read_out(s.readout, b_y, row(net_y, i), row(y, i))


@kernel
def read(s, parameters, x, lengths, tape):
    """The whole forward pass: x (T,B,I) → all that the layers and the readout leave on the tape."""
    states(s, parameters, x, lengths, tape)
    outputs(s, parameters, tape)


@kernel
def losses(s, y, mask, tape):
    """The loss of the outputs on the tape against y (R,B,O), weighted by mask (R,B): → error, delta_y; their sum."""
    net_y, told, delta_y, error = (
        outputs_at(s, tape, tape.net_y), outputs_at(s, tape, tape.y), outputs_at(s, tape, tape.delta_y), errors_at(s, tape)
    )  # fmt: skip
    total = 0.0
    for i in range(len(error)):
        weight = mask[i // tape.B, i % tape.B]
        error[i] = judge(s.readout, s.loss, weight, row(y, i), row(net_y, i), row(told, i), row(delta_y, i))
        total += error[i]
    return total


@kernel
def readout_backward(s, parameters, tape, gradient):
    """delta_y → the gradient of W and b_y (added), ∂E by the top layer's states; ∂E by all last states is set."""
    W, _ = readout_weights(s, parameters)
    dW, db_y = readout_weights(s, gradient)
    top, H, O = s.layers - 1, s.hidden, s.outputs
    delta_y = outputs_at(s, tape, tape.delta_y)
    count = len(delta_y)
    add_gradient(_read(s, tape), delta_y, dW)
    add_rows(delta_y, 0, db_y)
    for layer in range(s.layers):
        for direction in range(s.directions):
            clear(ends_at(s, tape, tape.d_h_last, layer, direction))
            if tape.has_C:
                clear(ends_at(s, tape, tape.d_C_last, layer, direction))
    d_states = rows(layer_at(s, tape, tape.d_states, top % 2), 0, tape.T * tape.B)
    if s.last_step:
        clear(d_states)
        for direction in range(s.directions):
            W_t = panels(rows(W, direction * H, H), 0, O, True, count)
            multiply(delta_y, W_t, ends_at(s, tape, tape.d_h_last, top, direction), False)
    else:
        multiply(delta_y, panels(W, 0, O, True, count), d_states, False)


@kernel
def states_backward(s, parameters, x, lengths, penalty, tape, gradient):
    """d_states of the top layer → the δ's of every layer, the gradient of V, U, b (added), d_h_0, d_C_0, d_x."""
    T, B, H = tape.T, tape.B, s.hidden
    for above in range(s.layers):
        layer = s.layers - 1 - above
        below = x if layer == 0 else states_of(s, tape, layer - 1)
        d_states = layer_at(s, tape, tape.d_states, layer % 2)
        d_below = d_x_at(s, tape) if layer == 0 else layer_at(s, tape, tape.d_states, 1 - layer % 2)
        clear(rows(d_below, 0, d_below.shape[0] * B))
        for direction in range(s.directions):
            d_h = d_states
            if s.directions == 2:
                d_h = direction_at(s, tape, direction)
                for i in range(T * B):
                    copy_row(items(row(d_states, i), direction * H, H), row(d_h, i))
            _cell_backward(s, parameters, layer, direction, below, lengths, penalty, tape, d_h, d_below, gradient)


@kernel
def gradient_of(s, parameters, x, y, mask, lengths, penalty, tape, gradient):
    """Forward, loss, backward: the loss summed over the batch; its gradient is added to `gradient`."""
    states(s, parameters, x, lengths, tape)
    outputs(s, parameters, tape)
    loss = losses(s, y, mask, tape)
    readout_backward(s, parameters, tape, gradient)
    states_backward(s, parameters, x, lengths, penalty, tape, gradient)
    return loss
