"""The LSTM over a whole sequence, compiled.  [MATH.md §3]

Time comes first inside the kernels: x (T,B,I), states (T+2,B,H), see `sequence`. Gates are packed i, f, C̃, o.
"""

from __future__ import annotations

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.operations import add_gradient, load, multiply, panels, row, rows, sigmoid, store, tanh, width
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
def _step(gates, b, C_before, C, h, H, j, n):
    """The gates hold x_t V + h_{t-1} U, and afterwards i, f, C̃, o."""
    i = sigmoid(load(gates, j, n) + load(b, j, n))
    f = sigmoid(load(gates, H + j, n) + load(b, H + j, n))
    C_tilde = tanh(load(gates, 2 * H + j, n) + load(b, 2 * H + j, n))
    o = sigmoid(load(gates, 3 * H + j, n) + load(b, 3 * H + j, n))
    C_t = f * load(C_before, j, n) + i * C_tilde
    store(gates, j, n, i)
    store(gates, H + j, n, f)
    store(gates, 2 * H + j, n, C_tilde)
    store(gates, 3 * H + j, n, o)
    store(C, j, n, C_t)
    store(h, j, n, o * tanh(C_t))


@inlined
def _step_back(d_h, d_h_after, d_C_after, gates, C_before, C, cell_penalty, delta, H, j, n):
    """`d_h_after` holds Σ δ_gate U_gateᵀ and `d_C_after` holds ∂C_{t+1} ∘ f_{t+1}, both of the step t+1."""
    i = load(gates, j, n)
    f = load(gates, H + j, n)
    C_tilde = load(gates, 2 * H + j, n)
    o = load(gates, 3 * H + j, n)
    C_t = load(C, j, n)
    tanh_C = tanh(C_t)
    dh = load(d_h, j, n) + load(d_h_after, j, n)
    dC = dh * o * (1 - tanh_C * tanh_C) + load(d_C_after, j, n) + cell_penalty * C_t
    store(delta, j, n, dC * C_tilde * (i * (1 - i)))
    store(delta, H + j, n, dC * load(C_before, j, n) * (f * (1 - f)))
    store(delta, 2 * H + j, n, dC * i * (1 - C_tilde * C_tilde))
    store(delta, 3 * H + j, n, dh * tanh_C * (o * (1 - o)))
    store(d_C_after, j, n, dC * f)
    store(d_h_after, j, n, 0)


@kernel
def _row(gates, b, C_before, C, h):
    H, lanes = h.size, width(h)
    whole = H - H % lanes
    for j in range(0, whole, lanes):
        _step(gates, b, C_before, C, h, H, j, lanes)
    if whole < H:
        _step(gates, b, C_before, C, h, H, whole, H - whole)


@kernel
def _row_back(d_h, d_h_after, d_C_after, gates, C_before, C, cell_penalty, delta):
    H, lanes = d_h.size, width(d_h)
    whole = H - H % lanes
    for j in range(0, whole, lanes):
        _step_back(d_h, d_h_after, d_C_after, gates, C_before, C, cell_penalty, delta, H, j, lanes)
    if whole < H:
        _step_back(d_h, d_h_after, d_C_after, gates, C_before, C, cell_penalty, delta, H, whole, H - whole)


@kernel
def forward(x, V, U, b, lengths, backwards, h, fed, C, fed_C, gates):
    """Run the network over time.

    Parameters
    ----------
    x : (T, B, I)
    V : (I, 4H)
    U : (H, 4H)
    b : (4H,)
    lengths : (B,) int64
        Steps of each sequence; after them the state is held.
    backwards : bool
        Go from t = T-1 to 0, from the initial state `h[T+1]`, `C[T+1]`.
    h, C : (T+2, B, H), written
        Hold the initial state.
    fed, fed_C : (T+2, B, H), written
        The states that are fed back: `h` and `C` themselves, or other arrays that hold the noise to be added to them.
    gates : (T, B, 4H), written
        i, f, C̃, o; 0 at padded steps.
    """
    T, B, _ = x.shape
    H = U.shape[0]
    noisy = is_noisy(fed, h)
    if noisy:
        initial = T + 1 if backwards else 0
        for s in range(B):
            copy_row(row(h, initial * B + s), row(fed, initial * B + s))
            copy_row(row(C, initial * B + s), row(fed_C, initial * B + s))
    V_panels = panels(V, 0, 4 * H, False, T * B)
    U_panels = panels(U, 0, 4 * H, False, T * B)
    block = block_length(T, B)
    for step in range(0, T, block):
        length = min(block, T - step)
        first = block_start(step, length, T, backwards)
        multiply(rows(x, first * B, length * B), V_panels, rows(gates, first * B, length * B), False)
        for k in range(length):
            t = first + length - 1 - k if backwards else first + k
            t_before = before(t, backwards)
            multiply(rows(fed, t_before * B, B), U_panels, rows(gates, t * B, B), True)
            for s in range(B):
                now, after, earlier = t * B + s, (t + 1) * B + s, t_before * B + s
                if t < lengths[s]:
                    _row(row(gates, now), b, row(fed_C, earlier), row(C, after), row(h, after))
                    if noisy:
                        add_row(row(h, after), row(fed, after))
                        add_row(row(C, after), row(fed_C, after))
                else:
                    clear_row(row(gates, now))
                    copy_row(row(C, earlier), row(C, after))
                    copy_row(row(h, earlier), row(h, after))
                    copy_row(row(fed, earlier), row(fed, after))
                    copy_row(row(fed_C, earlier), row(fed_C, after))


@kernel
def backward(
    x,
    V,
    U,
    lengths,
    backwards,
    h,
    fed,
    C,
    fed_C,
    gates,
    cell_penalty,
    d_h,
    d_h_last,
    d_C_last,
    delta,
    dV,
    dU,
    db,
    d_x,
    d_h_0,
    d_C_0,
):
    """Back-propagate through time.

    Parameters
    ----------
    x, V, U, lengths, backwards, h, fed, C, gates
        As they were given to, and left by, `forward`.
    cell_penalty : float
        λ of the loss ½ λ Σ C_t²: adds λ C_t to ∂C_t at every step that is not padding.
    d_h : (T, B, H)
        ∂E/∂h_t from above.
    d_h_last, d_C_last : (B, H)
        ∂E by the final state, from outside.
    delta : (T, B, 4H), written
        δ_i, δ_f, δ_C̃, δ_o; 0 at padded steps.
    dV, dU, db : like V, U, b, added to
        ∇V = Σ x_tᵀ δ_t, ∇U = Σ h_{t-1}ᵀ δ_t, ∇b = Σ δ_t.
    d_x : (T, B, I) or empty, added to
        ∂E/∂x_t = δ_t Vᵀ, unless empty.
    d_h_0, d_C_0 : (B, H), written
        ∂E by the initial state.
    """
    T, B, _ = x.shape
    H = U.shape[0]
    d_h_after, d_C_after = d_h_0, d_C_0
    for s in range(B):
        copy_row(row(d_h_last, s), row(d_h_after, s))
        copy_row(row(d_C_last, s), row(d_C_after, s))
    Ut_panels = panels(U, 0, 4 * H, True, T * B)
    Vt_panels = panels(V, 0, 4 * H, True, T * B)
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
                        row(d_h, now), row(d_h_after, s), row(d_C_after, s), row(gates, now),
                        row(fed_C, t_before * B + s), row(C, (t + 1) * B + s), cell_penalty, row(delta, now),
                    )  # fmt: skip
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
