"""A whole network put together from the plain cells of `throughtime.cells`, one sequence at a time, without padding."""

import numpy as np

from oracles.layout import unpack
from throughtime.cells import elman, gru, lstm

FORWARD = {"elman": elman.forward, "lstm": lstm.forward, "gru": gru.forward}
BACKWARD = {"elman": elman.backward, "lstm": lstm.backward, "gru": gru.backward}
GATES = {"elman": ["net_h"], "lstm": ["i", "f", "C_tilde", "o"], "gru": ["r", "z", "n", "q"]}
DELTAS = {
    "elman": ["delta_h"],
    "lstm": ["delta_i", "delta_f", "delta_C_tilde", "delta_o"],
    "gru": ["delta_r", "delta_z", "delta_n", "delta_q"],
}
SYMBOLS = {
    "lstm": {"input": "i", "forget": "f", "candidate": "C", "output": "o"},
    "gru": {"reset": "r", "update": "z", "candidate": "n"},
}


def named_cell(cell, views, prefix="", activation="sigmoid"):
    """One layer and direction of a network as a cell written by hand; `prefix` as in "layer1.backward."."""

    def view(name, size=None):
        full = prefix + name
        return views[full] if size is None or full in views else np.zeros(size)

    if cell == "elman":
        U = view("U")
        return elman.Elman(view("V"), U, view("b_h", len(U)), activation)
    H = len(view("candidate.U"))
    parameters = {"c_n": view("candidate.c", H)} if cell == "gru" else {}
    for name, gate in SYMBOLS[cell].items():
        parameters |= {f"{s}_{gate}": view(f"{name}.{s}", H if s == "b" else None) for s in "VUb"}
    return {"lstm": lstm.LSTM, "gru": gru.GRU}[cell](**parameters)


def states(q, b):
    """Sequence b forward → its plain tapes [layer][direction], each in its own reading order, and states (T,D·H)."""
    s, n = q.s, int(q.lengths[b])
    D = 1 + s.bidirectional
    below, tapes = q.x[b, :n], []
    parameters = unpack(s, q.net.parameters)
    for layer in range(s.layers):
        row = []
        for d, direction in enumerate(["forward", "backward"][:D]):
            cell = named_cell(s.cell, parameters, f"layer{layer}.{direction}.", s.activation)
            first = [a[layer * D + d, b][None] for a in q.state.arrays]
            row.append((cell, FORWARD[s.cell](cell, _order(below, d)[None], *first)))
        tapes.append(row)
        below = np.concatenate([_order(tape.h[0], d) for d, (_, tape) in enumerate(row)], axis=-1)
    return tapes, below


def backward(q, b, tapes, d_states):
    """d_states (T,D·H) → plain gradients [layer][direction], ∂x (T,I)."""
    s, H = q.s, q.s.hidden
    found = [[] for _ in tapes]
    for layer in reversed(range(s.layers)):
        d_below = 0
        for d, (cell, tape) in enumerate(tapes[layer]):
            above = _order(d_states[:, d * H : (d + 1) * H], d)[None]
            gradient = BACKWARD[s.cell](cell, tape, above)
            found[layer].append(gradient)
            d_below = d_below + _order(gradient.d_x[0], d)
        d_states = d_below
    return found, d_states


def by_name(s, gradients):
    """Plain gradients [layer][direction] → arrays by full name."""
    named = {}
    for layer, row in enumerate(gradients):
        for direction, gradient in zip(["forward", "backward"], row, strict=False):
            at = f"layer{layer}.{direction}."
            if s.cell == "elman":
                named |= {at + symbol: getattr(gradient, symbol) for symbol in ("V", "U", "b_h")}
                continue
            for gate, letter in SYMBOLS[s.cell].items():
                for symbol in "VUb":
                    named[f"{at}{gate}.{symbol}"] = getattr(gradient.parameters, f"{symbol}_{letter}")
            if s.cell == "gru":
                named[at + "candidate.c"] = gradient.parameters.c_n
    return named


def _order(steps, direction):
    return steps[::-1] if direction else steps
