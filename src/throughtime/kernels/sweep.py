"""One layer and direction over a whole sequence, for every cell: the order of time, padding, noise, and what is summed
over time.

What a cell computes at a step comes from `of_cell`. Time comes first inside the kernels, see `sequence`. Arrays are
places in `tape.numbers`; for those of a row see `written`.
"""

from __future__ import annotations

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.of_cell import (
    gradients,
    multiply_back,
    multiply_d_x,
    multiply_step,
    multiply_x,
    pack,
    pack_back,
    row,
    row_back,
)
from throughtime.kernels.operations import rows
from throughtime.kernels.sequence import (
    add_row,
    before,
    block_length,
    block_start,
    clear_row,
    copy_row,
    lent,
    matrix,
    piece,
)
from throughtime.kernels.shape import inputs_of, parameters_at
from throughtime.kernels.tape import delta_place, end_place, gates_place, state_place, state_step, vectors


@kernel
def _take_states(s, numbers, source, target, step, count):
    """Copy the states of so many sequences from one place to another."""
    for n in range(s.states):
        copy_row(
            piece(numbers, source + n * step, count * s.hidden), piece(numbers, target + n * step, count * s.hidden)
        )


@kernel
def _add_states(s, numbers, source, target, step, count):
    """Add the states of so many sequences to what stands in another place."""
    for n in range(s.states):
        add_row(
            piece(numbers, source + n * step, count * s.hidden), piece(numbers, target + n * step, count * s.hidden)
        )


@kernel
def _shortest(lengths):
    """The steps of the shortest sequence."""
    least = lengths[0]
    for q in range(1, len(lengths)):
        least = min(least, lengths[q])
    return least


@inlined
def _alike(lengths, shortest, t, q):
    """How many sequences from number q on are as q at step t: all still there, or all ended."""
    if t < shortest:
        return len(lengths) - q
    end = q + 1
    while end < len(lengths) and (t < lengths[end]) == (t < lengths[q]):
        end += 1
    return end - q


@kernel
def forward(s, p, layer, direction, x, lengths, tape):
    """Run the layer over time.

    Parameters
    ----------
    s : shape of the network
    p : flat parameters
    layer, direction : int
        Direction 1 goes from t = T-1 to 0, from the initial states at T + 1.
    x : (T, B, K)
        What the layer reads.
    lengths : (B,) int64
        Steps of each sequence; after them the states are held.
    tape : Tape
        Holds the initial states, and, if `fed` is an array of its own, the noise to be added to states that are fed
        back. Its states, fed and gates are written; gates are 0 at padded steps.
    """
    T, B, H, K = tape.T, tape.B, s.hidden, inputs_of(s, layer)
    numbers, S, backwards = lent(tape.numbers), s.slots * s.hidden, direction == 1
    at, step = parameters_at(s, layer, direction), state_step(s, tape)
    states, fed = state_place(s, tape, tape.states, layer, direction), state_place(s, tape, tape.fed, layer, direction)
    gates, noisy = gates_place(s, tape, layer, direction), tape.fed != tape.states
    w, b = vectors(s, tape, p, at, K)
    if noisy:
        initial = (T + 1 if backwards else 0) * B
        _take_states(s, numbers, states + initial * H, fed + initial * H, step, B)
    shortest = _shortest(lengths)
    packed = pack(s, H, K, p, at, T * B, numbers, tape.packed)
    block = block_length(T, B)
    for begun in range(0, T, block):
        length = min(block, T - begun)
        first = block_start(begun, length, T, backwards)
        xs = rows(x, first * B, length * B)
        multiply_x(s, H, packed, xs, matrix(numbers, gates + first * B * S, length * B, S))
        for k in range(length):
            t = first + length - 1 - k if backwards else first + k
            t_before = before(t, backwards)
            gates_t, fed_t, after_t = gates + t * B * S, fed + t_before * B * H, states + (t + 1) * B * H
            feeds = noisy and (t > 0 if backwards else t + 1 < T)
            for phase in range(s.phases):
                multiply_step(s, phase, H, packed, numbers, matrix(numbers, gates_t, B, S), B, fed_t, after_t, step)
                last, q = phase == s.phases - 1, 0
                while q < B:
                    count = _alike(lengths, shortest, t, q)
                    gates_q, fed_q, after_q, fed_after = (
                        gates_t + q * S, fed_t + q * H, after_t + q * H, fed + ((t + 1) * B + q) * H
                    )  # fmt: skip
                    if t < lengths[q]:
                        row(s, phase, H, count, numbers, gates_q, fed_q, after_q, step, w, b)
                        if feeds and last:
                            _add_states(s, numbers, after_q, fed_after, step, count)
                    elif last:
                        clear_row(piece(numbers, gates_q, count * S))
                        _take_states(s, numbers, states + (t_before * B + q) * H, after_q, step, count)
                        if feeds:
                            _take_states(s, numbers, fed_q, fed_after, step, count)
                    q += count


@kernel
def backward(s, p, layer, direction, x, lengths, penalty, tape, d_h, d_x, gradient):
    """Back-propagate through time.

    Parameters
    ----------
    s, p, layer, direction, x, lengths
        As they were given to `forward`.
    penalty : float
        λ of the loss ½ λ Σ C_t² of the states behind the first: adds λ C_t to ∂C_t at every step that is not padding.
    tape : Tape
        As `forward` left it; d_last holds ∂E by the final states, from outside. Its delta is written, 0 at padded
        steps, and d_first, ∂E by the initial states.
    d_h : int
        The place of ∂E/∂h_t from above, (T,B,H).
    d_x : (T, B, K) or empty, added to
        ∂E/∂x_t, unless empty.
    gradient : flat, added to
        That of the layer's parameters.
    """
    T, B, H, K = tape.T, tape.B, s.hidden, inputs_of(s, layer)
    numbers, S, D, backwards = lent(tape.numbers), s.slots * s.hidden, s.deltas * s.hidden, direction == 1
    at, step, d_step = parameters_at(s, layer, direction), state_step(s, tape), s.layers * s.directions * B * H
    states, fed = state_place(s, tape, tape.states, layer, direction), state_place(s, tape, tape.fed, layer, direction)
    gates, delta = gates_place(s, tape, layer, direction), delta_place(s, tape, layer, direction)
    d_after, d_last = (
        end_place(s, tape, tape.d_first, layer, direction),
        end_place(s, tape, tape.d_last, layer, direction),
    )
    w, _ = vectors(s, tape, p, at, K)
    _take_states(s, numbers, d_last, d_after, d_step, B)
    shortest = _shortest(lengths)
    packed = pack_back(s, H, K, p, at, T * B, d_x.size > 0, numbers, tape.packed)
    block = block_length(T, B)
    for begun in range(0, T, block):
        length = min(block, T - begun)
        first = block_start(begun, length, T, not backwards)
        for k in range(length):
            t = first + k if backwards else first + length - 1 - k
            gates_t, delta_t, d_h_t = gates + t * B * S, delta + t * B * D, d_h + t * B * H
            fed_t, after_t = fed + before(t, backwards) * B * H, states + (t + 1) * B * H
            for back in range(s.phases):
                phase = s.phases - 1 - back
                q = 0
                while q < B:
                    count = _alike(lengths, shortest, t, q)
                    if t < lengths[q]:
                        row_back(
                            s, phase, H, count, numbers, gates_t + q * S, delta_t + q * D, fed_t + q * H,
                            after_t + q * H, step, d_h_t + q * H, d_after + q * H, d_step, penalty, w,
                        )  # fmt: skip
                    elif back == 0:
                        add_row(piece(numbers, d_h_t + q * H, count * H), piece(numbers, d_after + q * H, count * H))
                        clear_row(piece(numbers, delta_t + q * D, count * D))
                    q += count
                multiply_back(s, phase, H, packed, numbers, matrix(numbers, delta_t, B, D), B, d_after, d_step)
        deltas = matrix(numbers, delta + first * B * D, length * B, D)
        gradients(
            s, H, K, s.bias, gradient, at, numbers, rows(x, first * B, length * B),
            matrix(numbers, gates + first * B * S, length * B, S), deltas, length * B,
            fed + before(first, backwards) * B * H, states + (first + 1) * B * H, step,
        )  # fmt: skip
        if d_x.size > 0:
            multiply_d_x(s, H, packed, deltas, rows(d_x, first * B, length * B))
