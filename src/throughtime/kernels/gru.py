"""The GRU (reset-after form) over a whole sequence, compiled.  [MATH.md §4]

Time comes first inside the kernels: x (T,B,I), states (T+2,B,H), see `sequence`. Gates are packed r, z, ñ. The tape
holds a fourth, q = h_{t-1} U_n + c_n, which the reset gate multiplies.
"""

from __future__ import annotations

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.operations import (
    add_gradient,
    columns,
    load,
    multiply,
    panels,
    row,
    rows,
    sigmoid,
    store,
    tanh,
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


@inlined
def _step(gates, b, c, h_before, h, H, j, n):
    """The gates hold x_t V_r + h_{t-1} U_r, the same of z, x_t V_n, h_{t-1} U_n, and afterwards r, z, ñ, q."""
    r = sigmoid(load(gates, j, n) + load(b, j, n))
    z = sigmoid(load(gates, H + j, n) + load(b, H + j, n))
    q = load(gates, 3 * H + j, n) + load(c, j, n)
    n_tilde = tanh(load(gates, 2 * H + j, n) + load(b, 2 * H + j, n) + r * q)
    store(gates, j, n, r)
    store(gates, H + j, n, z)
    store(gates, 2 * H + j, n, n_tilde)
    store(gates, 3 * H + j, n, q)
    store(h, j, n, (1 - z) * n_tilde + z * load(h_before, j, n))


@inlined
def _step_back(d_h, d_h_after, gates, h_before, delta, H, j, n):
    """`d_h_after` holds ∂h_t by way of the step t+1, and afterwards the part of ∂h_{t-1} that came through z."""
    r = load(gates, j, n)
    z = load(gates, H + j, n)
    n_tilde = load(gates, 2 * H + j, n)
    q = load(gates, 3 * H + j, n)
    dh = load(d_h, j, n) + load(d_h_after, j, n)
    delta_n = dh * (1 - z) * (1 - n_tilde * n_tilde)
    store(delta, j, n, delta_n * q * (r * (1 - r)))
    store(delta, H + j, n, dh * (load(h_before, j, n) - n_tilde) * (z * (1 - z)))
    store(delta, 2 * H + j, n, delta_n)
    store(delta, 3 * H + j, n, delta_n * r)
    store(d_h_after, j, n, dh * z)


@kernel
def _row(gates, b, c, h_before, h):
    H, lanes = h.size, width(h)
    whole = H - H % lanes
    for j in range(0, whole, lanes):
        _step(gates, b, c, h_before, h, H, j, lanes)
    if whole < H:
        _step(gates, b, c, h_before, h, H, whole, H - whole)


@kernel
def _row_back(d_h, d_h_after, gates, h_before, delta):
    H, lanes = d_h.size, width(d_h)
    whole = H - H % lanes
    for j in range(0, whole, lanes):
        _step_back(d_h, d_h_after, gates, h_before, delta, H, j, lanes)
    if whole < H:
        _step_back(d_h, d_h_after, gates, h_before, delta, H, whole, H - whole)


@kernel
def forward(x, V, U, b, c, lengths, backwards, h, fed, gates):
    """Run the network over time.

    Parameters
    ----------
    x : (T, B, I)
    V : (I, 3H)
    U : (H, 3H)
    b : (3H,)
    c : (H,)
        c_n.
    lengths : (B,) int64
        Steps of each sequence; after them the state is held.
    backwards : bool
        Go from t = T-1 to 0, from the initial state `h[T+1]`.
    h : (T+2, B, H), written
        Holds the initial state.
    fed : (T+2, B, H), written
        The states that are fed back: `h` itself, or another array that holds the noise to be added to h. The update
        gate keeps of these, too.
    gates : (T, B, 4H), written
        r, z, ñ, q; 0 at padded steps.
    """
    T, B, _ = x.shape
    H = U.shape[0]
    noisy = is_noisy(fed, h)
    if noisy:
        initial = T + 1 if backwards else 0
        for s in range(B):
            copy_row(row(h, initial * B + s), row(fed, initial * B + s))
    V_panels = panels(V, 0, 3 * H, False, T * B)
    U_rz_panels = panels(U, 0, 2 * H, False, T * B)
    U_n_panels = panels(U, 2 * H, H, False, T * B)
    block = block_length(T, B)
    for step in range(0, T, block):
        length = min(block, T - step)
        first = block_start(step, length, T, backwards)
        x_V = columns(rows(gates, first * B, length * B), 0, 3 * H)
        multiply(rows(x, first * B, length * B), V_panels, x_V, False)
        for k in range(length):
            t = first + length - 1 - k if backwards else first + k
            t_before = before(t, backwards)
            h_before, gates_t = rows(fed, t_before * B, B), rows(gates, t * B, B)
            multiply(h_before, U_rz_panels, columns(gates_t, 0, 2 * H), True)
            multiply(h_before, U_n_panels, columns(gates_t, 3 * H, H), False)
            for s in range(B):
                now, after, earlier = t * B + s, (t + 1) * B + s, t_before * B + s
                if t < lengths[s]:
                    _row(row(gates, now), b, c, row(fed, earlier), row(h, after))
                    if noisy:
                        add_row(row(h, after), row(fed, after))
                else:
                    clear_row(row(gates, now))
                    copy_row(row(h, earlier), row(h, after))
                    copy_row(row(fed, earlier), row(fed, after))


@kernel
def backward(x, V, U, lengths, backwards, h, fed, gates, d_h, d_h_last, delta, dV, dU, db, dc, d_x, d_h_0):
    """Back-propagate through time.

    Parameters
    ----------
    x, V, U, lengths, backwards, h, fed, gates
        As they were given to, and left by, `forward`.
    d_h : (T, B, H)
        ∂E/∂h_t from above.
    d_h_last : (B, H)
        ∂E by the final state, from outside.
    delta : (T, B, 4H), written
        δ_r, δ_z, δ_n and δ_q = δ_n ∘ r; 0 at padded steps.
    dV, dU, db, dc : like V, U, b, c, added to
        Gradients. Those of U_n and c_n are made from δ_q.
    d_x : (T, B, I) or empty, added to
        ∂E/∂x_t = δ_{r,z,ñ} Vᵀ, unless empty.
    d_h_0 : (B, H), written
        ∂E by the initial state.
    """
    T, B, _ = x.shape
    H = U.shape[0]
    d_h_after = d_h_0
    for s in range(B):
        copy_row(row(d_h_last, s), row(d_h_after, s))
    Ut_rz_panels = panels(U, 0, 2 * H, True, T * B)
    Ut_n_panels = panels(U, 2 * H, H, True, T * B)
    Vt_panels = panels(V, 0, 3 * H, True, T * B)
    block = block_length(T, B)
    for step in range(0, T, block):
        length = min(block, T - step)
        first = block_start(step, length, T, not backwards)
        for k in range(length):
            t = first + k if backwards else first + length - 1 - k
            t_before = before(t, backwards)
            for s in range(B):
                now = t * B + s
                if t < lengths[s]:
                    _row_back(
                        row(d_h, now), row(d_h_after, s), row(gates, now), row(fed, t_before * B + s), row(delta, now)
                    )
                else:
                    add_row(row(d_h, now), row(d_h_after, s))
                    clear_row(row(delta, now))
            delta_t = rows(delta, t * B, B)
            multiply(columns(delta_t, 0, 2 * H), Ut_rz_panels, d_h_after, True)
            multiply(columns(delta_t, 3 * H, H), Ut_n_panels, d_h_after, True)
        deltas = rows(delta, first * B, length * B)
        delta_rzn = columns(deltas, 0, 3 * H)
        h_before = rows(fed, before(first, backwards) * B, length * B)
        xs = rows(x, first * B, length * B)
        add_gradient(h_before, columns(deltas, 0, 2 * H), columns(dU, 0, 2 * H))
        add_gradient(h_before, columns(deltas, 3 * H, H), columns(dU, 2 * H, H))
        add_gradient(xs, delta_rzn, dV)
        add_rows(deltas, 0, db)
        add_rows(deltas, 3 * H, dc)
        if d_x.size > 0:
            multiply(delta_rzn, Vt_panels, rows(d_x, first * B, length * B), True)
