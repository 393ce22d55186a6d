"""A network as docs/math.md writes it: one sequence, one time step, one layer and direction after another.

No padding, no packing of gates, no clever sums, no backward pass: gradients come from `differentiate`. Every array may
have axes in front, (..., ), for many networks at once, and may be complex. A `point` is a dict of what can be varied:

    parameters (P,)   x (B,T,I)   h_0, C_0 (L·D,B,H)
    net (L,D,B,T,G,H)  is added to the net inputs; so ∂E/∂net is δ. G is 1, i f C̃ o, or r z ñ q
    net_y (B,R,O)      the same for the readout
"""

import numpy as np

from oracles.layout import unpack


def S(x):
    return 1 / (1 + np.exp(-x))


def dot(v, M):
    return np.einsum("...k,...kn->...n", v, M)


def elman(p, f, x, h, C, nudge):
    net = dot(x, p["V"]) + dot(h, p["U"]) + p.get("b_h", 0) + nudge[0]
    value = {"sigmoid": S, "tanh": np.tanh, "relu": lambda a: a * (a.real > 0)}[f](net)
    return value, C, [net]


def lstm(p, f, x, h, C, nudge):
    def net(gate):
        return dot(x, p[gate + ".V"]) + dot(h, p[gate + ".U"]) + p.get(gate + ".b", 0)

    i = S(net("input") + nudge[0])
    f = S(net("forget") + nudge[1])
    C_tilde = np.tanh(net("candidate") + nudge[2])
    o = S(net("output") + nudge[3])
    C = f * C + i * C_tilde
    return o * np.tanh(C), C, [i, f, C_tilde, o]


def gru(p, f, x, h, C, nudge):
    r = S(dot(x, p["reset.V"]) + dot(h, p["reset.U"]) + p.get("reset.b", 0) + nudge[0])
    z = S(dot(x, p["update.V"]) + dot(h, p["update.U"]) + p.get("update.b", 0) + nudge[1])
    q = dot(h, p["candidate.U"]) + p.get("candidate.c", 0) + nudge[3]
    n = np.tanh(dot(x, p["candidate.V"]) + p.get("candidate.b", 0) + nudge[2] + r * q)
    return (1 - z) * n + z * h, C, [r, z, n, q]


CELLS = {"elman": elman, "lstm": lstm, "gru": gru}
GATES_ON_TAPE = {"elman": 1, "lstm": 4, "gru": 4}


def softmax(net):
    return np.exp(net) / np.exp(net).sum(-1, keepdims=True)


READOUTS = {"sigmoid": S, "softmax": softmax, "identity": lambda net: net}


def forward(s, point, lengths, noise=None, masks=None):
    """→ gates (L,D,B,T,G,H), h, C (L,D,B,T,H), final_h, final_C (L·D,B,H), states (B,T,D·H), net_y, y (B,R,O).

    `noise` (L,D,B,T,H) is added to h_t where it enters the recurrence at the next step, in reading order,
    and to C_t its units in reverse. `masks`, one (B,K) a layer, is what the layer's inputs are multiplied by.
    """
    p, x = unpack(s, point["parameters"]), point["x"]
    lead, (B, T, _) = x.shape[:-3], x.shape[-3:]
    L, D, H, G = s.layers, 1 + s.bidirectional, s.hidden, GATES_ON_TAPE[s.cell]
    R = 1 if s.output == "last step" else T
    kind = np.result_type(*point.values())
    zero = np.zeros(G)
    made = {
        "gates": np.zeros((*lead, L, D, B, T, G, H), kind),
        "h": np.zeros((*lead, L, D, B, T, H), kind),
        "C": np.zeros((*lead, L, D, B, T, H), kind),
        "final_h": np.zeros((*lead, L * D, B, H), kind),
        "final_C": np.zeros((*lead, L * D, B, H), kind),
        "states": np.zeros((*lead, B, T, D * H), kind),
        "net_y": np.zeros((*lead, B, R, s.outputs), kind),
        "y": np.zeros((*lead, B, R, s.outputs), kind),
    }
    for b in range(B):
        steps = range(int(lengths[b]))
        below = [x[..., b, t, :] for t in steps]
        for layer in range(L):
            below = below if masks is None else [value * masks[layer][b] for value in below]
            sides = []
            for d, direction in enumerate(["forward", "backward"][:D]):
                prefix = f"layer{layer}.{direction}."
                own = {name.removeprefix(prefix): a for name, a in p.items() if name.startswith(prefix)}
                h = point["h_0"][..., layer * D + d, b, :]
                C = point["C_0"][..., layer * D + d, b, :] if s.cell == "lstm" else None
                side, read = {}, list(reversed(steps)) if d else list(steps)
                for t in read:
                    nudge = zero if "net" not in point else [point["net"][..., layer, d, b, t, g, :] for g in range(G)]
                    fed, fed_C = h, C
                    if noise is not None and t != read[0]:
                        added = noise[layer, d, b, t + 1 if d else t - 1]
                        fed, fed_C = h + added, None if C is None else C + added[::-1]
                    h, C, gates = CELLS[s.cell](own, s.activation, below[t], fed, fed_C, nudge)
                    made["h"][..., layer, d, b, t, :] = side[t] = h
                    if C is not None:
                        made["C"][..., layer, d, b, t, :] = C
                    for g in range(G):
                        made["gates"][..., layer, d, b, t, g, :] = gates[g]
                made["final_h"][..., layer * D + d, b, :] = h
                if C is not None:
                    made["final_C"][..., layer * D + d, b, :] = C
                sides.append(side)
            below = [np.concatenate([side[t] for side in sides], axis=-1) for t in steps]
        for t in steps:
            made["states"][..., b, t, :] = below[t]
        if s.output == "last step":
            top = [made["final_h"][..., (L - 1) * D + d, b, :] for d in range(D)]
            below = [np.concatenate(top, axis=-1)]
        for r, h in enumerate(below):
            net_y = dot(h, p["W"]) + p.get("b_y", 0)
            if "net_y" in point:
                net_y = net_y + point["net_y"][..., b, r, :]
            made["net_y"][..., b, r, :] = net_y
            made["y"][..., b, r, :] = READOUTS[s.readout](net_y)
    return made


def errors(s, y, d):
    """E of each output: (..., B, R)."""
    if s.loss == "squared":
        return ((y - d) ** 2).sum(-1) / 2
    if s.loss == "binary_cross_entropy":
        return -(d * np.log(y) + (1 - d) * np.log(1 - y)).sum(-1)
    return -(d * np.log(y)).sum(-1)


def loss(s, point, lengths, d, mask, noise=None, penalty=0.0, masks=None):
    """The loss of each network (...,): Σ mask·E, and ½ penalty ‖C_t‖² of every step."""
    made = forward(s, point, lengths, noise, masks)
    every = s.output == "every step"
    d, mask = (d, mask) if every else (d[:, None], mask[:, None])
    total = 0
    for b, length in enumerate(lengths):
        real = slice(0, int(length) if every else 1)
        each = errors(s, made["y"][..., b, real, :], d[b, real])
        total = total + (each * mask[b, real]).sum(-1)
    if penalty:
        total = total + penalty / 2 * (made["C"] ** 2).reshape(*made["C"].shape[:-5], -1).sum(-1)
    return total


def along_states(s, point, lengths, d_h, d_final_h, d_final_C):
    """Σ d_h ∘ states + Σ d_final ∘ final state: the scalar whose gradient `Network.backward` is to return."""
    made = forward(s, point, lengths)
    total = (made["states"] * d_h).sum((-1, -2, -3)) + (made["final_h"] * d_final_h).sum((-1, -2, -3))
    return total + (made["final_C"] * d_final_C).sum((-1, -2, -3)) if s.cell == "lstm" else total
