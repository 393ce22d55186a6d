"""Cells of one's own, with all that proofs can read."""

import throughtime as tt


@tt.cell
def peepholes(p, x, h, C):
    i = tt.sigmoid(x @ p.V_i + h @ p.U_i + p.w_i * C + p.b_i)
    f = tt.sigmoid(x @ p.V_f + h @ p.U_f + p.w_f * C + p.b_f)
    C = f * C + i * tt.tanh(x @ p.V_C + h @ p.U_C + p.b_C)
    o = tt.sigmoid(x @ p.V_o + h @ p.U_o + p.w_o * C + p.b_o)
    h = o * tt.tanh(C)
    return h, C


@tt.cell
def reset_before(p, x, h):
    r, z = tt.sigmoid(x @ p.V_r + h @ p.U_r + p.b_r), tt.sigmoid(x @ p.V_z + h @ p.U_z + p.b_z)
    n = tt.tanh(x @ p.V_n + (r * h) @ p.U_n + p.b_n)
    h = z * h + n * (1 - z)
    return h


@tt.cell
def min_gru(p, x, h):
    z = tt.sigmoid(x @ p.V_z + p.b_z)
    h = (1 - z) * h + z * (x @ p.V_h + p.b_h)
    return h


@tt.cell
def clipped(p, x, h, m):
    """All that is read besides: two biases in a net input, minimum, maximum, minus, a number, a state without x."""
    n = tt.relu(x @ p.V + p.b + p.c + p.u * h - 0.25)
    m = tt.minimum(tt.maximum(0.5 * (m - h), p.low), p.d)
    h = tt.maximum(-n, tt.minimum(n * n, 2 * m)) + p.d
    return h, m


@tt.cell
def chained(p, x, h, m):
    """States that the step reads after it has computed them, and a product of a product."""
    m = h @ p.U + x @ p.V + p.c * m
    n = tt.tanh(m @ p.A + p.a * m)
    h = (n @ p.B) * n + tt.tanh(p.k * h)
    return h, m


@tt.cell
def rests(p, x, h, m):
    """No blend: 1 − z is a state, and h reads it as it was computed."""
    z = tt.sigmoid(x @ p.V_z + h @ p.U_z + m)
    m = 1 - z
    h = m * h + z * tt.tanh(x @ p.V + p.b)
    return h, m


@tt.cell
def differs(p, x, h):
    """Two values that are read twice and lead to no other: what one is off by says nothing of the other."""
    a, c = tt.tanh(x @ p.V_a + h @ p.U_a), tt.tanh(x @ p.V_c + h @ p.U_c)
    h = p.k * (a - c) + p.l * (a + c)
    return h


@tt.cell
def grows(p, x, h):
    h = h / (1 + tt.exp(x @ p.V))
    return h


OWN = {step.name: {"cell": step} for step in (peepholes, reset_before, min_gru, clipped, chained, rests, differs)}
OWN |= {f"{name}, two layers, no biases": {**fields, "layers": 2, "bias": False} for name, fields in OWN.items()}
