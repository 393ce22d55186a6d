"""Check a proof that a recurrent network computes what a finite machine does, on input sequences of every length.

    python checker.py CERTIFICATE

This file needs only Python and python-flint, whose balls (midpoint ± radius) hold the true result of every operation,
so rounding is no concern. All it believes of a certificate is which network and specification it speaks of.

The network. Each layer computes, at every step, the operations of its cell, which the certificate lists: each is done to
x, the states before, parameters, numbers, and operations before it in the list. The first state is what the layer above,
or the readout, gets. What the names say is not believed; the report spells the operations, as `Cell.spelled` does.

The claim. The specification is a Mealy machine: states (the first is 0), symbols (each an input vector), the next
state and the output bits for each state and symbol. Feed the network any finite sequence of symbols from states that
are 0. Let every coordinate of its state be off by up to ε whenever it is computed, and net_y, the input of the
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
 - (1 − w) x + w y, as one operation, is x + w t with t = y − x, so the error of x counts |1 − w0| times, not 1 + |w0| times;
 - min(x, y) = x − relu(x − y), max(x, y) = x + relu(y − x);
 - f(z) on [l, u], by `curve`: for any slope s, f(z) − s z is extremal at l, at u, or where f' = s (for relu, at 0).
   If it is within v ± w there, f(z) is s z + v ± w.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product, zip_longest
from typing import Any, NamedTuple

from flint import arb, arb_mat, ctx

MOST = 1_000_000  # numbers in sets, images looked at
LARGEST = 10**9  # multiplications for an image
ZERO, HALF = arb(0), arb(0.5)
NAMES = {"@": "{} @ {}", "neg": "-{}", "+": "{} + {}", "-": "{} - {}", "*": "{} * {}"}  # how operations are spelled
NAMES |= {f: f + "({})" for f in ("sigmoid", "tanh", "relu")} | {f: f + "({}, {})" for f in ("minimum", "maximum")}
ARITY = {op: spelled.count("{}") for op, spelled in NAMES.items()} | dict.fromkeys(
    ["x", "state", "parameter", "number"], 0
)
OLD = {  # the cells of version 1: states, blocks of parameters, equations in Polish notation, where f is the activation
    "elman": ("h", "V, U, b", "h = f + + @ x V @ h U b"),
    "lstm": (
        "h C", "V_i V_f V_C V_o, U_i U_f U_C U_o, b_i b_f b_C b_o",
        "i = sigmoid + + @ x V_i @ h U_i b_i, f = sigmoid + + @ x V_f @ h U_f b_f, o = sigmoid + + @ x V_o @ h U_o b_o,"
        "C_tilde = tanh + + @ x V_C @ h U_C b_C, C = + * f C * i C_tilde, h = * o tanh C",
    ),
    "gru": (
        "h", "V_r V_z V_n, U_r U_z U_n, b_r b_z b_n, c_n",
        "r = sigmoid + + @ x V_r @ h U_r b_r, z = sigmoid + + @ x V_z @ h U_z b_z,"
        "n = tanh + + @ x V_n b_n * r + @ h U_n c_n, h = + * - 1 z n * z h",
    ),
}  # fmt: skip
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], float]] = {  # f, and its steepest slope
    "sigmoid": (lambda z: 1 / (1 + (-z).exp()), 0.25),
    "tanh": (lambda z: z.tanh(), 1.0),
    "relu": (lambda z: z.max(0), 1.0),
}


class Rejected(Exception):
    """Why a certificate proves nothing."""


class Report(NamedTuple):
    """Of an accepted certificate: sets, images looked at, by how much each net_y is right, the largest |state|, the step."""

    sets: int
    images: int
    margin: float
    reach: float
    step: str


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


def blend(w: Form, x: Form, y: Form) -> Form:
    """(1 − w) x + w y."""
    t = y + -1 * x
    s = x + w.c * t + t.c * w
    d = abs(1 - w.c) * x.d + abs(w.c) * y.d + abs(t.c) * w.d + (w.r + w.d) * (t.r + t.d)
    return Form(x.c + w.c * t.c, s.g, d, s.r)


def computed(op: str, x: Form, y: Form) -> Form:
    """The operation on one coordinate; on x alone, if it takes one."""
    if op in FUNCTIONS:
        return curve(op, x)
    if op == "*":
        return x * y
    if op in ("neg", "+", "-"):
        return -1 * x if op == "neg" else x + (y if op == "+" else -1 * y)
    need(op in ("minimum", "maximum"), f"{op}: unknown operation")
    return x + -1 * curve("relu", x + -1 * y) if op == "minimum" else x + curve("relu", y + -1 * x)


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


class Operation(NamedTuple):
    """What is done to the results at the places `of`; name is of a parameter or state, else but for the report."""

    op: str
    of: list[int]
    name: str
    value: Any


def old_cell(network: dict[str, Any]) -> dict[str, Any]:
    """The network of a certificate of version 1, with its cell written out."""
    cell, f, bias = network.pop("cell"), network.pop("activation"), network["bias"]
    states, blocks, equations = OLD[cell]
    operations: list[dict[str, Any]] = []
    place: dict[str, int] = {}

    def add(op: str, of: list[int], name: str = "", value: float = 0.0) -> int:
        operations.append({"op": op, "of": of, "name": name, "value": value.hex()})
        return len(operations) - 1

    def take(words: list[str]) -> int:
        word = words.pop(0)
        word = f if (cell, word) == ("elman", "f") else word
        if ARITY.get(word):
            return add(word, [take(words) for _ in range(ARITY[word])])
        if word not in place:
            number = word == "1" or (word[0] in "bc" and not bias)
            kind = "number" if number else "x" if word == "x" else "state" if word in states.split() else "parameter"
            place[word] = add(kind, [], word if word.isidentifier() else "", float(word == "1"))
        return place[word]

    for equation in equations.split(","):
        name, _, *words = equation.split()
        place[name] = take(words)
        operations[place[name]]["name"] = name
    named = [block.split() for block in blocks.split(",") if bias or block.split()[0][0] not in "bc"]
    after = [place[state] for state in states.split()]
    step = {"name": cell, "states": states.split(), "operations": operations, "after": after, "blocks": named}
    return network | {"step": step}


class Cell:
    """The operations of one step, if they are valid: each is done to earlier ones, and their shapes fit."""

    def __init__(self, step: Any) -> None:
        self.name, self.states, operations, self.after, self.blocks = table(
            step, "step", "name states operations after blocks"
        )
        lists = [self.states, operations, self.after, self.blocks, *self.blocks]
        need(all(type(entry) is list and 0 < len(entry) <= 1000 for entry in lists), "step: expected lists")
        self.all: list[Operation] = []
        for at, entry in enumerate(operations):
            op, of, name, value = table(entry, f"operation {at}", "op of name value")
            need(type(op) is type(name) is str and op in ARITY, f"operation {at}: unknown, {op!r:.40}")
            need(not name or name.isidentifier(), f"operation {at}: a name that is none")
            self.all.append(Operation(op, read(of, f"operation {at}", at - 1, ARITY[op]), name, read(value, op, None)))
        self.products: dict[int, list[int]] = {}  # by what is multiplied
        need(all(type(s) is str and s.isidentifier() for s in [self.name, *self.states]), "step: expected names")
        matrices: dict[int, str] = {}
        for at, o in enumerate(self.all):
            if o.op == "@":
                self.products.setdefault(o.of[0], []).append(at)
                matrices[o.of[1]] = self.all[o.of[0]].op
        wide = [o.op == "x" or at in matrices for at, o in enumerate(self.all)]
        for o in self.all:
            if o.op == "@":
                x, M = self.all[o.of[0]].op, self.all[o.of[1]].op
                same = (x == "x") == (matrices[o.of[1]] == "x")
                need(M == "parameter" and o.of[0] not in matrices and same, "step: a product is none with a matrix")
            else:
                need(not any(wide[at] for at in o.of), "step: x and matrices can only be multiplied")
            need(o.op != "state" or o.name in self.states, "step: a state that is not there")
        self.after = read(self.after, "after", len(self.all) - 1, len(self.states))
        need(all(self.all[at].of for at in self.after), "step: a state that is not computed")
        need(len({*self.states}) == len(self.states) == len({*self.after}), "step: two states that are one")
        kinds = {o.name: matrices.get(at, "vector") for at, o in enumerate(self.all) if o.op == "parameter"}
        count = sum(o.op == "parameter" for o in self.all)
        listed = sorted(name for block in self.blocks for name in block)
        need(listed == sorted(kinds) and len(kinds) == count, "step: parameters and blocks differ")
        self.vectors = {name for name, kind in kinds.items() if kind == "vector"}
        self.kinds = [{kinds[name] if kinds[name] in ("x", "vector") else "h" for name in b} for b in self.blocks]
        need(all(len(kind) == 1 for kind in self.kinds), "step: a block of different shapes")
        self.blends = {at: found for at in range(len(self.all)) if (found := self.blend(at))}
        self.uses, todo = Counter(self.after), list(self.after)
        while todo:
            for at in self.reads(todo.pop()):
                todo += [] if at in self.uses else [at]
                self.uses[at] += 1
        self.order = sorted(self.uses)

    def reads(self, at: int) -> list[int]:
        """The places of what an operation is done to; of w, x, y for a blend."""
        return self.blends.get(at, self.all[at].of)

    def blend(self, at: int) -> list[int]:
        """w, x, y, if this is (1 − w) x + w y in any order, and its parts are no states, which are off by ε; else nothing."""
        if self.all[at].op == "+":
            for first, second in (self.all[at].of, self.all[at].of[::-1]):
                p, q = self.all[first], self.all[second]
                for rest, x in (p.of, p.of[::-1]) if p.op == q.op == "*" else ():
                    o = self.all[rest]
                    if o.op == "-" and self.all[o.of[0]].op == "number" and self.all[o.of[0]].value == 1:
                        w = o.of[1]
                        if w in q.of and not {first, second, rest} & {*self.after}:
                            return [w, x, q.of[1 - q.of.index(w)]]
        return []

    def spelled(self) -> str:
        """The operations as equations; state_before is a state before the step, p.name a parameter, v7 the 7th result."""
        taken = {f"{state}_before" for state in self.states} | {"x", "p", *NAMES}
        count, lines = Counter(at for o in self.all for at in o.of), [f"{self.name}:"]
        text: list[str] = []
        binds: list[int] = []  # how strongly each text holds together
        for at, o in enumerate(self.all):
            binds.append({"+": 1, "-": 1, "*": 2, "@": 2, "neg": 3}.get(o.op, 4))
            if not o.of:
                number = repr(float(o.value)).removesuffix(".0")
                leaves = {"state": f"{o.name}_before", "parameter": f"p.{o.name}", "number": number, "x": "x"}
                text.append(leaves[o.op])
                continue
            loose = [binds[at] < 4 and binds[i] < binds[at] + (k > 0) for k, i in enumerate(o.of)]
            of = [f"({text[i]})" if wrap else text[i] for i, wrap in zip(o.of, loose, strict=True)]
            text.append(NAMES[o.op].format(*of))
            if o.name or count[at] > 1 or at in self.after:
                fits = o.name and o.name not in taken and (o.name not in self.states or at in self.after)
                name = o.name if fits and not o.name[1:].isdigit() else f"v{at}"
                lines.append(f"  {name} = {text[at]}")
                taken.add(name)
                text[at], binds[at] = name, 4
        returned = ", ".join(text[at] for at in self.after)
        return "\n".join([*lines, f"  return {returned}"])


class Proof:
    """A certificate whose types and sizes are valid."""

    def __init__(self, text: str) -> None:
        keys = "format version network weights sha256 specification m epsilon sets"
        kind, version, network, weights, sha256, machine, m, epsilon, sets = table(json.loads(text), "file", keys)
        need(kind == "throughtime proof" and type(version) is int, "not a throughtime proof")
        need(version in (1, 2), "not a throughtime proof of version 1 or 2")
        if version == 1:
            keys = "cell activation readout bias dtype inputs hidden outputs layers"
            old, f, _, bias, *_ = table(network, "network", keys)
            need(old in OLD and f in FUNCTIONS and type(bias) is bool, "network: unknown kind")
            network = old_cell(dict(network))
        keys = "step readout bias dtype inputs hidden outputs layers"
        step, self.readout, bias, dtype, *sizes = table(network, "network", keys)
        self.cell = cell = Cell(step)
        need(dtype in ("float64", "float32"), "network: unknown kind")
        need(self.readout in ("sigmoid", "identity") and type(bias) is bool, "network: unknown readout or bias")
        I, H, O, layers = read(sizes, "sizes", 10_000, 4)
        self.H, self.parts = H, len(cell.states)
        n, rows = layers * self.parts * H, sum(map(len, cell.products.values())) * H
        need(min(I, n, O) > 0, "sizes: a network of nothing")
        need(layers * n * H * max(rows, len(cell.all)) <= LARGEST, "sizes: the network is too large")
        heights = [{"x": K, "h": H, "vector": 1} for K in [I, *[H] * (layers - 1)]]
        shapes = [(of[kind], len(b) * H) for of in heights for (kind,), b in zip(cell.kinds, cell.blocks, strict=True)]
        shapes += [(H, O), (bias, O)]  # after the blocks of every layer W, b_y
        flat = read(weights, "weights", None, sum(height * width for height, width in shapes))
        digest = hashlib.sha256(struct.pack(f"<{len(flat)}d", *map(float, flat))).hexdigest()
        need(digest == sha256, "sha256 is not the hash of the weights")
        self.layers: list[tuple[dict[int, Any], dict[str, list[Any]]]] = []  # matrices by what they multiply; vectors
        blocks, at = [], 0
        for height, width in shapes:  # transposed, as a state is a column here; without a bias it is 0
            block, at = flat[at : at + height * width] or [ZERO] * width, at + height * width
            blocks.append([block[column::width] for column in range(width)])
        W, b_y = blocks[-2:]
        self.W, self.b_y = arb_mat(W), arb_mat(b_y)
        for first in range(0, len(blocks) - 2, len(cell.blocks)):
            columns: dict[str, Any] = {}
            for names, block in zip(cell.blocks, blocks[first:], strict=False):
                columns |= {name: block[k * H : k * H + H] for k, name in enumerate(names)}
            named = {x: [cell.all[cell.all[at].of[1]].name for at in found] for x, found in cell.products.items()}
            matrices = {x: arb_mat([row for name in all for row in columns[name]]) for x, all in named.items()}
            self.layers.append((matrices, {name: [row[0] for row in columns[name]] for name in cell.vectors}))
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
        return Report(sets, self.images, self.margin, self.reach, self.cell.spelled())

    def branch(self, q: int, state: list[Form], m: int, path: str) -> None:
        """From these states and set q: right until in a set that follows, after at most m more symbols."""
        state = spread(state, max(len(s.g) for s in state))
        ahead = self.ahead(state)
        for a in range(self.A):
            self.tick(self.done, len(self.label))
            self.images, here, to = self.images + 1, f"{path}, symbol {a}", self.succ[q][a]
            need(self.images <= MOST, "too many images")
            after, net_y = self.step(ahead, a)
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

    def ahead(self, state: list[Form]) -> list[dict[int, list[Form]]]:
        """For every layer, what no symbol is needed for: leaves of the step, and the states' products with matrices."""
        found, at = [], 0
        for l, (_, vectors) in enumerate(self.layers):
            values: dict[int, list[Form]] = {}
            before = {name: state[at + k * self.H : at + (k + 1) * self.H] for k, name in enumerate(self.cell.states)}
            at += self.parts * self.H
            for place, o in enumerate(self.cell.all):
                if o.op == "state":
                    values[place] = before[o.name]
                elif o.op == "number" or (o.op == "parameter" and o.name in vectors):
                    numbers = [o.value] * self.H if o.op == "number" else vectors[o.name]
                    values[place] = [Form(number, []) for number in numbers]
            for place in [place for place in self.cell.products if place in values]:
                self.multiply(l, place, values)
            found.append(values)
        return found

    def multiply(self, layer: int, place: int, values: dict[int, list[Form]]) -> None:
        """All products of the value at that place with matrices."""
        rows, H = matrix(self.layers[layer][0][place], values[place]), self.H
        values.update((at, rows[k * H : k * H + H]) for k, at in enumerate(self.cell.products[place]))

    def step(self, ahead: list[dict[int, list[Form]]], a: int) -> tuple[list[Form], list[Form]]:
        """The states after symbol a, and net_y."""
        cell, H, off, after = self.cell, self.H, Form(ZERO, [], self.epsilon), []
        K = max((len(s.g) for known in ahead for value in known.values() for s in value), default=0)
        x = [Form(entry, []) for entry in self.symbols[a]]
        for l, known in enumerate(ahead):
            values = dict(known)
            for at in cell.order:
                o = cell.all[at]
                if at in known or at in values:
                    pass
                elif o.op == "x":
                    values[at] = x
                elif o.op == "parameter":
                    continue
                elif at in cell.blends:
                    values[at] = [blend(*of) for of in zip(*(values[i] for i in cell.blends[at]), strict=True)]
                else:
                    of = values[o.of[0]], values[o.of[-1]]
                    values[at] = [computed(o.op, *both) for both in zip(*of, strict=True)]
                if at in cell.after:
                    values[at] = [s + off for s in values[at]]
                if o.of and cell.uses[at] > 1:  # it is read twice, with the same error
                    values[at], K = spread(values[at], K), K + H
                if at in cell.products and (o.of or o.op == "x"):
                    self.multiply(l, at, values)
            states = [values[at] for at in cell.after]
            x = states[0]
            if l < len(ahead) - 1:
                x, K = spread(x, K), K + H
            after += [s for part in (x, *states[1:]) for s in part]
        return after, matrix(self.W, x, self.b_y)


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
            report = check(file.read())
            print("accepted:", report._replace(step=""), report.step, sep="\n")
    except (Rejected, OSError, ValueError, IndexError) as error:
        sys.exit(f"rejected: {error}")
