"""Where the kernels find the arrays of a tape, which `passes.tape` lays out."""

from __future__ import annotations

from throughtime.kernels.compiled import inlined
from throughtime.kernels.operations import items, rows, shaped


@inlined
def _at(tape, place, number, count, width):
    """Part `number` of the array at that place, whose parts are (count,B,width)."""
    size = count * tape.B * width
    part = items(tape.numbers, place + number * size, size)
    return shaped(part, (count, tape.B, width))


@inlined
def state_step(s, tape):
    """How far the places of two states of a cell stand apart."""
    return s.layers * s.directions * (tape.T + 2) * tape.B * s.hidden


@inlined
def state_place(s, tape, place, layer, direction):
    """Where the first state of a layer's direction begins in states or fed."""
    return place + (layer * s.directions + direction) * (tape.T + 2) * tape.B * s.hidden


@inlined
def gates_place(s, tape, layer, direction):
    """Where the gates of a layer's direction begin."""
    return tape.gates + (layer * s.directions + direction) * tape.T * tape.B * s.slots * s.hidden


@inlined
def delta_place(s, tape, layer, direction):
    """Where the δ's of a layer's direction begin."""
    return tape.delta + (layer * s.directions + direction) * tape.T * tape.B * s.deltas * s.hidden


@inlined
def end_place(s, tape, place, layer, direction):
    """Where ∂E by the first state of a layer's direction begins in d_last or d_first."""
    return place + (layer * s.directions + direction) * tape.B * s.hidden


@inlined
def states_at(s, tape, place, n, layer, direction):
    """State n of a layer's direction (T+2,B,H), of states or fed."""
    return _at(tape, place, (n * s.layers + layer) * s.directions + direction, tape.T + 2, s.hidden)


@inlined
def ends_at(s, tape, place, n, layer, direction):
    """∂E by state n of a layer's direction (B,H), of d_last or d_first."""
    number = (n * s.layers + layer) * s.directions + direction
    return rows(_at(tape, place, number, 1, s.hidden), 0, tape.B)


@inlined
def layer_at(s, tape, place, number):
    """joined or d_states (T,B,D·H), at that number."""
    return _at(tape, place, number, tape.T, s.directions * s.hidden)


@inlined
def direction_at(s, tape, direction):
    """d_h (T,B,H) of a direction."""
    return _at(tape, tape.d_h, direction, tape.T, s.hidden)


@inlined
def outputs_at(s, tape, place):
    """net_y, y or delta_y as rows (R·B,O)."""
    count = (1 if s.last_step else tape.T) * tape.B
    return shaped(items(tape.numbers, place, count * s.outputs), (count, s.outputs))


@inlined
def errors_at(s, tape):
    """error (R·B)."""
    return items(tape.numbers, tape.error, (1 if s.last_step else tape.T) * tape.B)


@inlined
def last_at(s, tape):
    """last (B,2H)."""
    return shaped(items(tape.numbers, tape.last, tape.B * 2 * s.hidden), (tape.B, 2 * s.hidden))


@inlined
def d_x_at(s, tape):
    """d_x (T,B,I), or empty."""
    T = tape.wants_d_x * tape.T
    return shaped(items(tape.numbers, tape.d_x, T * tape.B * s.inputs), (T, tape.B, s.inputs))


@inlined
def states_of(s, tape, layer):
    """The states (T,B,D·H) of a layer, as the next one or the readout reads them."""
    if s.directions == 1:
        return items(states_at(s, tape, tape.states, 0, layer, 0), 1, tape.T)
    return layer_at(s, tape, tape.joined, layer)


@inlined
def vectors(s, tape, vector, at, K):
    """The weights and the biases of the layer's direction whose parameters begin there: one vector after the other."""
    w_at, biases = at + (K * s.x_matrices + s.hidden * s.h_matrices) * s.hidden, s.biases * s.hidden
    w = items(vector, w_at, s.weights * s.hidden)
    return w, items(vector, w_at + s.weights * s.hidden, biases) if s.bias else items(tape.numbers, tape.zeros, biases)


@inlined
def readout_weights(s, tape, vector):
    """The views W (D·H,O) and b_y (O), the last of the flat vector."""
    width = s.directions * s.hidden
    start = len(vector) - (width + s.bias) * s.outputs
    W = shaped(items(vector, start, width * s.outputs), (width, s.outputs))
    return W, items(vector, start + width * s.outputs, s.outputs) if s.bias else items(
        tape.numbers, tape.zeros, s.outputs
    )
