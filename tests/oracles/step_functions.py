"""Step functions: the shipped cells that have no backward pass by hand, and some that use the language in every way."""

from throughtime.cells import NAMES, TWINS, step_of
from throughtime.cells.graph import Graph
from throughtime.cells.symbols import cell, exp, minimum, sigmoid, softplus, tanh


@cell
def min_gru(p, x, h):
    z = sigmoid(x @ p.V_z + p.b_z)
    h = (1 - z) * h + z * (x @ p.V_h + p.b_h)
    return h


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


SHIPPED = {name: step_of(name) for name in NAMES if name not in TWINS}
STEPS = SHIPPED | {name: graph for name, graph in globals().items() if isinstance(graph, Graph)}
