"""Cells as step functions, from papers; and one that no paper has, in which the language is used in every way."""

from throughtime.cells.graph import Graph
from throughtime.cells.symbols import cell, exp, maximum, minimum, relu, sigmoid, softplus, tanh


@cell
def peephole(p, x, h, C):
    i = sigmoid(x @ p.V_i + h @ p.U_i + C * p.w_i + p.b_i)
    f = sigmoid(x @ p.V_f + h @ p.U_f + C * p.w_f + p.b_f)
    C_tilde = tanh(x @ p.V_C + h @ p.U_C + p.b_C)
    C = f * C + i * C_tilde
    o = sigmoid(x @ p.V_o + h @ p.U_o + C * p.w_o + p.b_o)
    h = o * tanh(C)
    return h, C


@cell
def min_gru(p, x, h):
    z = sigmoid(x @ p.V_z + p.b_z)
    h = (1 - z) * h + z * (x @ p.V_h + p.b_h)
    return h


@cell
def min_lstm(p, x, h):
    f = sigmoid(x @ p.V_f + p.b_f)
    i = sigmoid(x @ p.V_i + p.b_i)
    h_tilde = x @ p.V_h + p.b_h
    h = f / (f + i) * h + i / (f + i) * h_tilde
    return h


@cell
def indrnn(p, x, h):
    h = relu(x @ p.V + h * p.u + p.b)
    return h


@cell
def mgu(p, x, h):
    f = sigmoid(x @ p.V_f + h @ p.U_f + p.b_f)
    h_tilde = tanh(x @ p.V_h + (f * h) @ p.U_h + p.b_h)
    h = (1 - f) * h + f * h_tilde
    return h


@cell
def ugrnn(p, x, h):
    c = tanh(x @ p.V_c + h @ p.U_c + p.b_c)
    g = sigmoid(x @ p.V_g + h @ p.U_g + p.b_g)
    h = g * h + (1 - g) * c
    return h


@cell
def gru_before(p, x, h):
    r = sigmoid(x @ p.V_r + h @ p.U_r + p.b_r)
    z = sigmoid(x @ p.V_z + h @ p.U_z + p.b_z)
    n = tanh(x @ p.V_n + (r * h) @ p.U_n + p.b_n)
    h = (1 - z) * n + z * h
    return h


@cell
def cornn(p, x, y, z):
    z = z + 0.1 * (tanh(x @ p.V + y @ p.U_y + z @ p.U_z + p.b) - 1.5 * y - 0.7 * z)
    y = y + 0.1 * z
    return y, z


@cell
def lem(p, x, y, z):
    d_1 = sigmoid(x @ p.V_1 + y @ p.U_1 + p.b_1)
    d_2 = sigmoid(x @ p.V_2 + y @ p.U_2 + p.b_2)
    z = (1 - d_1) * z + d_1 * tanh(x @ p.V_z + y @ p.U_z + p.b_z)
    y = (1 - d_2) * y + d_2 * tanh(x @ p.V_y + z @ p.U_y + p.b_o)
    return y, z


@cell
def slstm(p, x, h, c, n, m):
    i_net = x @ p.V_i + h @ p.U_i + p.b_i
    f_net = x @ p.V_f + h @ p.U_f + p.b_f
    z = tanh(x @ p.V_z + h @ p.U_z + p.b_z)
    o = sigmoid(x @ p.V_o + h @ p.U_o + p.b_o)
    m_new = maximum(f_net + m, i_net)
    i = exp(i_net - m_new)
    f = exp(f_net + m - m_new)
    c = f * c + i * z
    n = f * n + i
    h = o * (c / n)
    return h, c, n, m_new


@cell
def odd(p, x, h, C):
    a = x @ p.V_a
    b = a + h @ p.U_a - C @ p.U_b
    C = C * p.w / (1 + exp(-b)) + minimum(b, 0.3) * -p.v
    h = tanh(C @ p.U_c) + (h * C) @ p.U_d + a
    return h, C


@cell
def smooth(p, x, h):
    """Softplus of a net input, of what is none, and of a net input that is used elsewhere, too."""
    a = x @ p.V_a + h @ p.U_a + p.b_a
    h = softplus(x @ p.V + h @ p.U + p.b) * p.v - softplus(h * p.w) * a / (1 + softplus(a))
    return h


@cell
def deep(p, x, h):
    """More operations inside one another than Python reads brackets, or calls functions."""
    a = x @ p.V + h @ p.U + p.b
    for k in range(130):
        a = tanh(a * p.w + 0.01 * k)
    h = a
    return h


STEPS = {name: graph for name, graph in globals().items() if isinstance(graph, Graph)}
