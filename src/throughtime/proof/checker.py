"""Check a proof that a recurrent network computes what a finite machine does, on input sequences of every length.

    python checker.py CERTIFICATE

This file needs only Python and python-flint, whose balls (midpoint ± radius) hold the true result of every operation,
so rounding is no concern. All it believes of a certificate is which network and specification it speaks of.

The claim. The specification is a Mealy machine: states (the first is 0), symbols (each an input vector), the next
state and the output bits for each state and symbol. Feed the network any finite sequence of symbols from h_0 = 0 (and
C_0 = 0). Let every coordinate of its state be off by up to ε whenever it is computed, and net_y, the input of the
readout, too. Then each output is nearer to the machine's bit than one half: with a sigmoid readout net_y > 0 where
the bit is 1 and < 0 where it is 0, with an identity readout |net_y − bit| < 1/2.

The proof. The certificate has sets S_q of network states, boxes { z : lo_q ≤ z ≤ hi_q }, each with a state label_q
of the machine and, for each symbol a, a set succ_q(a) that follows. It is checked that
 1. h_0 lies in S_0, and label_0 is the machine's first state;
 2. the label of succ_q(a) is the machine's next state from label_q by a;
 3. from every state in S_q, for every symbol a: the output is right, and the state after it lies in S_succ_q(a), or
    else the same is true from that state and that set for every next symbol, and so on, at most m symbols in all.
So from any state in S_q, the machine in label_q, whatever is read, all outputs are right until, at most m symbols
later, the state is in a set whose label is the machine's state then. It starts in S_0: by induction all are right.

In 3, sets of states are replaced by larger ones, zonotopes: coordinate j is c_j + Σ_k g_jk e_k + d_j e'_j, where all e
lie in [−1, 1], the e_k are common to the coordinates and e'_j is j's own. The form that an operation gives takes, for
the same e_k and some e', every value that the operation does:
 - a matrix M acts on c and g; the d's come to Σ_j |M_ij| d_j, unless `spread` has made columns of g of them before;
 - x y = x0 y0 + x0 (y − y0) + y0 (x − x0) + (x − x0)(y − y0), where the last is at most rx ry;
 - f(z) on [l, u], by `curve`: for any slope s, f(z) − s z is extremal at l, at u, or where f' = s (for relu, at 0).
   If it is within v ± w there, f(z) is s z + v ± w.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product, zip_longest
from typing import Any, NamedTuple

from flint import arb, arb_mat, ctx

MOST = 1_000_000  # numbers in sets, images looked at
LARGEST = 10**9  # multiplications for an image
ZERO, HALF = arb(0), arb(0.5)
GATES = {"elman": 1, "lstm": 4, "gru": 3}
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], float]] = {  # f, and its steepest slope
    "sigmoid": (lambda z: 1 / (1 + (-z).exp()), 0.25),
    "tanh": (lambda z: z.tanh(), 1.0),
    "relu": (lambda z: z.max(0), 1.0),
}


class Rejected(Exception):
    """Why a certificate proves nothing."""


class Report(NamedTuple):
    """Of an accepted certificate: sets, images looked at, by how much each net_y is right, the largest |state|."""

    sets: int
    images: int
    margin: float
    reach: float


@dataclass(slots=True)
class Form:
    """One coordinate of a zonotope, c + Σ_k g_k e_k + d e', and r ≥ Σ_k |g_k|; any g_k not listed is 0."""

    c: Any
    g: list[Any]
    d: Any = ZERO
    r: Any = None

    def __post_init__(self) -> None:
        self.r = sum(map(abs, self.g), ZERO) if self.r is None else self.r

    def ends(self) -> tuple[Any, Any]:
        """A lower and an upper bound."""
        return (self.c - self.r - self.d).lower(), (self.c + self.r + self.d).upper()

    def __add__(self, y: Form) -> Form:
        if not self.g or not y.g:
            return Form(self.c + y.c, self.g or y.g, self.d + y.d, self.r + y.r)
        return Form(self.c + y.c, [v + w for v, w in zip_longest(self.g, y.g, fillvalue=ZERO)], self.d + y.d)

    def __rmul__(self, a: Any) -> Form:
        return Form(a * self.c, [a * v for v in self.g], abs(a) * self.d, abs(a) * self.r)

    def __mul__(self, y: Form) -> Form:
        s = self.c * y + y.c * self
        return Form(self.c * y.c, s.g, s.d + (self.r + self.d) * (y.r + y.d), s.r)


def curve(name: str, x: Form) -> Form:
    """f(x) = s x + v ± w; the ball v ± w is made to hold f(z) − s z at l, at u, and where f' = s in between."""
    f, steepest = FUNCTIONS[name]
    l, u = x.ends()
    rise, run = float((f(u) - f(l)).mid()), float((u - l).mid())
    slope = min(max(rise / run, 0.0), steepest) if run > 1e-12 else 0.0
    s, turns = arb(slope if math.isfinite(slope) else 0.0), [ZERO] if name == "relu" else []
    if name != "relu" and s > 0:  # where S' = S (1 − S) = s, or tanh' = 1 − tanh² = s
        root = (1 - 4 * s).sqrt() if name == "sigmoid" else (1 - s).sqrt()
        turn = ((1 + root) ** 2 / (4 * s)).log() if name == "sigmoid" else ((1 + root) ** 2 / s).log() / 2
        turns = [-turn, turn]
    ball = (f(l) - s * l).union(f(u) - s * u)
    for z in turns:
        if not (z < l or z > u):
            ball = ball.union(f(z) - s * z)
    return Form(s * x.c + ball.mid(), [s * v for v in x.g], s * x.d + ball.rad(), s * x.r)


def matrix(M: Any, state: list[Form], b: Any = None) -> list[Form]:
    """M times a column of coordinates, plus b."""
    K = max(len(s.g) for s in state)
    c = (M * arb_mat(len(state), 1, [s.c for s in state])).entries()
    G = M * arb_mat(len(state), K, [v for s in state for v in s.g + [ZERO] * (K - len(s.g))])
    d = [ZERO] * len(c)
    if any(s.d != 0 for s in state):
        d = [sum((abs(v) * s.d for v, s in zip(row, state, strict=True)), ZERO) for row in M.table()]
    return [Form(c[i] + (b[i, 0] if b is not None else ZERO), [G[i, k] for k in range(K)], d[i]) for i in range(len(c))]


def spread(state: list[Form], K: int) -> list[Form]:
    """Make every d a column of g of its own, after the first K."""
    return [Form(s.c, s.g + [ZERO] * (K - len(s.g) + j) + [s.d]) for j, s in enumerate(state)]


def need(condition: Any, what: str) -> None:
    """Reject unless the condition surely holds."""
    if not condition:
        raise Rejected(what)


def read(value: Any, what: str, high: int | None, *shape: int) -> Any:
    """Nested lists of that shape, of whole numbers from 0 to high, or, if that is None, of hexadecimal floats."""
    if shape:
        need(type(value) is list and len(value) == shape[0], f"{what}: expected a list of {shape[0]}")
        return [read(entry, what, high, *shape[1:]) for entry in value]
    if high is None:
        need(type(value) is str and math.isfinite(float.fromhex(value)), f"{what}: expected finite numbers")
        return arb(float.fromhex(value))
    need(type(value) is int and 0 <= value <= high, f"{what}: expected whole numbers from 0 to {high}")
    return value


def table(value: Any, what: str, keys: str) -> list[Any]:
    """The entries of a table that has just these keys."""
    need(type(value) is dict and set(value) == set(keys.split()), f"{what}: expected a table of {keys}")
    return [value[key] for key in keys.split()]


class Proof:
    """A certificate whose types and sizes are valid."""

    def __init__(self, text: str) -> None:
        keys = "format version network weights sha256 specification m epsilon sets"
        kind, version, network, weights, sha256, machine, m, epsilon, sets = table(json.loads(text), "file", keys)
        need([kind, version] == ["throughtime proof", 1], "not a throughtime proof of version 1")
        keys = "cell activation readout bias dtype inputs hidden outputs layers"
        self.cell, self.f, self.readout, bias, dtype, *sizes = table(network, "network", keys)
        need(self.cell in GATES and self.f in FUNCTIONS and dtype in ("float64", "float32"), "network: unknown kind")
        need(self.readout in ("sigmoid", "identity") and type(bias) is bool, "network: unknown readout or bias")
        I, H, O, layers = read(sizes, "sizes", 10_000, 4)
        self.H, self.parts, columns = H, 2 if self.cell == "lstm" else 1, GATES[self.cell] * H
        n, shapes = layers * self.parts * H, []
        need(layers * n * H * columns <= LARGEST, "sizes: the network is too large")
        for K in [I, *[H] * (layers - 1)]:  # V, U, b, c_n of every layer, then W, b_y
            shapes += [(K, columns), (H, columns), (bias, columns), (bias * (self.cell == "gru"), H)]
        shapes += [(H, O), (bias, O)]
        flat = read(weights, "weights", None, sum(height * width for height, width in shapes))
        digest = hashlib.sha256(struct.pack(f"<{len(flat)}d", *map(float, flat))).hexdigest()
        need(min(I, n, O) > 0 and digest == sha256, "sha256 is not the hash of the weights")
        self.blocks, at = [], 0
        for height, width in shapes:  # transposed, as a state is a column here; without biases they are 0
            block, at = flat[at : at + height * width] or [ZERO] * width, at + height * width
            self.blocks.append(arb_mat(height or 1, width, block).transpose())
        keys = "symbols next outputs state_names symbol_names"
        symbols, after, outputs, *names = table(machine, "specification", keys)
        need(all(type(s) is list and s and all(type(e) is str for e in s) for s in names), "names: expected strings")
        S, self.A = map(len, names)
        self.symbols, self.next = read(symbols, "symbols", None, self.A, I), read(after, "next", S - 1, S, self.A)
        self.outputs = read(outputs, "outputs", 1, S, self.A, O)
        self.m, self.epsilon = read(m, "m", 20), read(epsilon, "epsilon", None)
        need(self.m > 0 and self.epsilon >= 0, "m or epsilon is too small")
        need(type(sets) is list and 0 < len(sets) * n <= MOST, "sets: expected a list, not empty, not too long")
        self.label, self.succ, self.box = [], [], []
        for entry in sets:
            label, succ, lo, hi = table(entry, "set", "label succ lo hi")
            self.label.append(read(label, "label", S - 1))
            self.succ.append(read(succ, "succ", len(sets) - 1, self.A))
            self.box.append(list(zip(read(lo, "lo", None, n), read(hi, "hi", None, n), strict=True)))
            need(all(low <= high for low, high in self.box[-1]), "set: lo is above hi")

    def check(self, tick: Callable[[int, int], None]) -> Report:
        """The three checks; before each image `tick` is told the sets done and all sets."""
        self.images, self.margin, self.reach, sets = 0, math.inf, 0.0, len(self.label)
        self.tick = tick
        need(self.label[0] == 0, "label_0 is not the machine's first state")
        need(all(low <= 0 <= high for low, high in self.box[0]), "h_0 is not in S_0")
        for q, a in product(range(sets), range(self.A)):
            follows = self.label[self.succ[q][a]] == self.next[self.label[q]][a]
            need(follows, f"set {q}, symbol {a}: the label of the set that follows is wrong")
        for q, bounds in enumerate(self.box):
            self.done = q
            box = [Form((l + h) / 2, [ZERO] * j + [(h - l) / 2]) for j, (l, h) in enumerate(bounds)]
            self.bounded(box, f"set {q}")
            self.branch(q, box, self.m, f"set {q}")
        return Report(sets, self.images, self.margin, self.reach)

    def branch(self, q: int, state: list[Form], m: int, path: str) -> None:
        """From these states and set q: right until in a set that follows, after at most m more symbols."""
        state = spread(state, max(len(s.g) for s in state))
        u = [matrix(U, self.part(state, l, 0)) for l, U in enumerate(self.blocks[1:-2:4])]
        for a in range(self.A):
            self.tick(self.done, len(self.label))
            self.images, here, to = self.images + 1, f"{path}, symbol {a}", self.succ[q][a]
            need(self.images <= MOST, "too many images")
            after, net_y = self.step(state, u, a)
            for bit, (low, high) in zip(self.outputs[self.label[q]][a], (y.ends() for y in net_y), strict=True):
                margin = low if bit else -high
                if self.readout == "identity":
                    margin = (low - bit + HALF).min(bit + HALF - high)
                need(margin > self.epsilon, f"{here}: the output may be wrong")
                self.margin = min(self.margin, float((margin - self.epsilon).lower()))
            ends = self.bounded(after, here)
            if not all(l <= low and high <= h for (l, h), (low, high) in zip(self.box[to], ends, strict=True)):
                need(m > 1, f"{here}: the states are not inside set {to}")
                self.branch(to, after, m - 1, here)

    def bounded(self, state: list[Form], path: str) -> list[tuple[Any, Any]]:
        """The ends of these states, which must be finite."""
        ends = [s.ends() for s in state]
        need(all(end.is_finite() for pair in ends for end in pair), f"{path}: states without bounds")
        self.reach = max(self.reach, *(float(abs(end).upper()) for pair in ends for end in pair))
        return ends

    def part(self, state: list[Form], layer: int, part: int) -> list[Form]:
        """h of a layer, or as part 1 its C."""
        at = (layer * self.parts + part) * self.H
        return state[at : at + self.H]

    def step(self, state: list[Form], u: list[list[Form]], a: int) -> tuple[list[Form], list[Form]]:
        """The states after symbol a, and net_y, from u = U h of every layer."""
        K, H, S, off, after = max(len(s.g) for s in state), self.H, "sigmoid", Form(ZERO, [], self.epsilon), []
        x = [Form(entry, []) for entry in self.symbols[a]]
        for l, u_l in enumerate(u):
            V, _, b, c = self.blocks[4 * l : 4 * l + 4]
            v, h, C = matrix(V, x, b), self.part(state, l, 0), self.part(state, l, self.parts - 1)
            if self.cell == "elman":  # h = f(x V + h U + b)
                x = [curve(self.f, v[j] + u_l[j]) + off for j in range(H)]
            elif self.cell == "lstm":  # i, f, o = S(…), C̃ = tanh(…), C = f C + i C̃, h = o tanh C
                i, f, o = ([curve(S, v[j] + u_l[j]) for j in range(g * H, g * H + H)] for g in (0, 1, 3))
                tilde = [curve("tanh", v[2 * H + j] + u_l[2 * H + j]) for j in range(H)]
                C, K = spread([f[j] * C[j] + i[j] * tilde[j] + off for j in range(H)], K), K + H
                x = [o[j] * curve("tanh", C[j]) + off for j in range(H)]
            else:  # r, z = S(…), n = tanh(x V_n + b_n + r (h U_n + c_n)), h = n + z (h − n)
                r, z = ([curve(S, v[j] + u_l[j]) for j in range(g * H, g * H + H)] for g in (0, 1))
                x = []
                for j in range(H):
                    n = curve("tanh", v[2 * H + j] + r[j] * (u_l[2 * H + j] + Form(c[j, 0], [])))
                    n = spread([n], K)[0]  # it occurs twice, and its d stands for the same e' in both places
                    new = n + z[j] * (h[j] + -1 * n)
                    x.append(Form(new.c, new.g[:K], new.d + abs(new.g[K])) + off)
            if l < len(u) - 1:
                x, K = spread(x, K), K + H
            after += x + (C if self.cell == "lstm" else [])
        return after, matrix(self.blocks[-2], x, self.blocks[-1])


def check(text: str, tick: Callable[[int, int], None] = lambda done, of: None) -> Report:
    """Check the text of a certificate; Rejected, with the reason, if it proves nothing."""
    precision, ctx.prec = ctx.prec, 64
    try:
        return Proof(text).check(tick)
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise Rejected(f"not a valid certificate: {error}") from None
    finally:
        ctx.prec = precision


if __name__ == "__main__":
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            print("accepted:", check(file.read()))
    except (Rejected, OSError, ValueError, IndexError) as error:
        sys.exit(f"rejected: {error}")
