"""The Elman network over a whole sequence, compiled.  [MATH.md §2]

Time comes first inside the kernels: x (T,B,I), states (T+2,B,H), see `sequence`.
"""

from __future__ import annotations

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.operations import (
    add_gradient,
    load,
    multiply,
    panels,
    positive_part,
    row,
    rows,
    sigmoid,
    store,
    tanh,
    where_positive,
    width,
)
from throughtime.kernels.sequence import (
    add_row,
    add_rows,
    before,
    block_length,
    block_start,
    clear_row,
    copy_row,
    is_noisy,
)

SIGMOID, TANH, RELU = 0, 1, 2


@inlined
def _step(net, b, h, activation, j, count):
    """net_h_t = (x_t V + h_{t-1} U) + b        h_t = f(net_h_t)"""
    net_h = load(net, j, count) + load(b, j, count)
    store(net, j, count, net_h)
    if activation == SIGMOID:
        store(h, j, count, sigmoid(net_h))
    elif activation == TANH:
        store(h, j, count, tanh(net_h))
    else:
        store(h, j, count, positive_part(net_h))


@inlined
def _step_back(d_h, d_h_after, h, delta, activation, j, count):
    """δ_h_t = (∂E/∂h_t from above + δ_h_{t+1} Uᵀ) ∘ f'(net_h_t)"""
    d = load(d_h, j, count) + load(d_h_after, j, count)
    f = load(h, j, count)
    if activation == SIGMOID:
        store(delta, j, count, d * (f * (1 - f)))
    elif activation == TANH:
        store(delta, j, count, d * (1 - f * f))
    else:
        store(delta, j, count, where_positive(f, d))
    store(d_h_after, j, count, 0)


@kernel
def _row(net, b, h, activation):
    n, lanes = h.size, width(h)
    whole = n - n % lanes
    for j in range(0, whole, lanes):
        _step(net, b, h, activation, j, lanes)
    if whole < n:
        _step(net, b, h, activation, whole, n - whole)


@kernel
def row_back(d_h, d_h_after, h, delta, activation):
    """δ_h of one sequence at one step, rows (H): → delta; d_h_after, which held δ_h_{t+1} Uᵀ, is set to 0."""
    n, lanes = h.size, width(h)
    whole = n - n % lanes
    for j in range(0, whole, lanes):
        _step_back(d_h, d_h_after, h, delta, activation, j, lanes)
    if whole < n:
        _step_back(d_h, d_h_after, h, delta, activation, whole, n - whole)


@kernel
def forward(x, V, U, b, lengths, backwards, activation, h, fed, net_h):
    """Run the network over time.

    Parameters
    ----------
    x : (T, B, I)
    V : (I, H)
    U : (H, H)
    b : (H,)
    lengths : (B,) int64
        Steps of each sequence; after them the state is held.
    backwards : bool
        Go from t = T-1 to 0, from the initial state `h[T+1]`.
    activation : int
        `SIGMOID`, `TANH` or `RELU`.
    h : (T+2, B, H), written
        Holds the initial state.
    fed : (T+2, B, H), written
        The states that are fed back: `h` itself, or another array that holds the noise to be added to h.
    net_h : (T, B, H), written
        0 at padded steps.
    """
    T, B, _ = x.shape
    H = U.shape[0]
    noisy = is_noisy(fed, h)
    if noisy:
        initial = T + 1 if backwards else 0
        for s in range(B):
            copy_row(row(h, initial * B + s), row(fed, initial * B + s))
    V_panels = panels(V, 0, H, False, T * B)
    U_panels = panels(U, 0, H, False, T * B)
    block = block_length(T, B)
    for step in range(0, T, block):
        length = min(block, T - step)
        first = block_start(step, length, T, backwards)
        multiply(rows(x, first * B, length * B), V_panels, rows(net_h, first * B, length * B), False)
        for k in range(length):
            t = first + length - 1 - k if backwards else first + k
            t_before = before(t, backwards)
            multiply(rows(fed, t_before * B, B), U_panels, rows(net_h, t * B, B), True)
            for s in range(B):
                now, after, earlier = t * B + s, (t + 1) * B + s, t_before * B + s
                if t < lengths[s]:
                    _row(row(net_h, now), b, row(h, after), activation)
                    if noisy:
                        add_row(row(h, after), row(fed, after))
                else:
                    clear_row(row(net_h, now))
                    copy_row(row(h, earlier), row(h, after))
                    copy_row(row(fed, earlier), row(fed, after))


@kernel
def backward(x, V, U, lengths, backwards, activation, h, fed, d_h, d_h_last, delta, dV, dU, db, d_x, d_h_0):
    """Back-propagate through time.

    Parameters
    ----------
    x, V, U, lengths, backwards, activation, h, fed
        As they were given to, and left by, `forward`.
    d_h : (T, B, H)
        ∂E/∂h_t from above.
    d_h_last : (B, H)
        ∂E by the final state, from outside.
    delta : (T, B, H), written
        δ_h_t; 0 at padded steps.
    dV, dU, db : like V, U, b, added to
        ∇V = Σ x_tᵀ δ_h_t, ∇U = Σ h_{t-1}ᵀ δ_h_t, ∇b = Σ δ_h_t.
    d_x : (T, B, I) or empty, added to
        ∂E/∂x_t = δ_h_t Vᵀ, unless empty.
    d_h_0 : (B, H), written
        ∂E by the initial state.
    """
    T, B, _ = x.shape
    H = U.shape[0]
    d_h_after = d_h_0
    for s in range(B):
        copy_row(row(d_h_last, s), row(d_h_after, s))
    Ut_panels = panels(U, 0, H, True, T * B)
    Vt_panels = panels(V, 0, H, True, T * B)
    block = block_length(T, B)
    for step in range(0, T, block):
        length = min(block, T - step)
        first = block_start(step, length, T, not backwards)
        for k in range(length):
            t = first + k if backwards else first + length - 1 - k
            for s in range(B):
                now, after = t * B + s, (t + 1) * B + s
                if t < lengths[s]:
                    row_back(row(d_h, now), row(d_h_after, s), row(h, after), row(delta, now), activation)
                else:
                    add_row(row(d_h, now), row(d_h_after, s))
                    clear_row(row(delta, now))
            multiply(rows(delta, t * B, B), Ut_panels, d_h_after, True)
        deltas = rows(delta, first * B, length * B)
        xs = rows(x, first * B, length * B)
        add_gradient(rows(fed, before(first, backwards) * B, length * B), deltas, dU)
        add_gradient(xs, deltas, dV)
        add_rows(deltas, 0, db)
        if d_x.size > 0:
            multiply(deltas, Vt_panels, rows(d_x, first * B, length * B), True)
