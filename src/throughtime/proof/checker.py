"""Check a proof that a recurrent network computes what a finite machine does, on input sequences of every length.

    python checker.py CERTIFICATE

This file needs only Python and python-flint, whose balls (midpoint ± radius) hold the true result of every operation,
so rounding is no concern. All it believes of a certificate is which network and machine it speaks of; it tells them.

The network. Each layer computes, at every step, the operations of its cell, which the certificate lists: each is done
to x, the states before, parameters, numbers, and operations before it in the list. The first state is what the layer
above, or the readout, gets.

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
    else the same is true from that state and that set for every next symbol, and so on, at most m symbols in all;
 4. no step from any of these states, in floating point of the network's dtype, is off by more than ε.
So from any state in S_q, the machine in label_q, whatever is read, all outputs are right until, at most m symbols
later, the state is in a set whose label is the machine's state then. It starts in S_0: by induction all are right.

Sets of states, in 3, are replaced by larger ones. A coordinate is a list of balls c, g_1, g_2, …: for any e_k in [−1,
1], the same in all coordinates, it takes a value in c + Σ_k g_k e_k. Sums, and products with matrices, are those of the
lists. The radius of c is what a coordinate is off by on its own, until `shared` makes it a g.
 - (1 − w) x + w y = (1 − w0) x + w0 y + t0 (w − w0) + (w − w0) (t − t0) with t = y − x: what w is off by counts once,
   the last product is bounded. Alone, w y is that with x = 0.
 - min(x, y) = x − relu(x − y), max(x, y) = x + relu(y − x).
 - f(z) on [l, u], by `curve`: for any slope s, f(z) − s z is extremal at l, at u, or where f' = s (for relu, at 0).

Rounding, in 4: u is 2⁻⁵³ (float32: 2⁻²⁴). A sum of products, in any order, with or without fused multiply-adds, so that
no term is rounded more than k times, is off by at most γ_k Σ |terms|, γ_k = k u / (1 − k u) [Higham 2002, §3.1], by
what its terms are off by, and by the smallest normal number wherever something underflows. A number of the cell is a
sum of one term, as it is rounded once. The sigmoid and tanh of the kernels
are taken to be right to 8 units in the last place, 16 u; of all float32 numbers none is found to be off by 3.

Higham, N. J. (2002). Accuracy and Stability of Numerical Algorithms, 2nd edition. SIAM.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
import sys
from collections import Counter
from collections.abc import Callable
from functools import reduce
from itertools import islice, permutations, product
from operator import add
from types import SimpleNamespace
from typing import Any, NamedTuple

from flint import arb, arb_mat, ctx

MOST, ROOM, LARGEST = 10**6, 3 * 10**7, 10**9  # images, numbers in sets; numbers for an image, and multiplications
ZERO, HALF, ONE = arb(0), arb(0.5), arb(1)
DTYPES = {
    "float64": ("<d", 53, 1022),
    "float32": ("<f", 24, 126),
}  # in struct; bits; −log₂ of the smallest normal number
ARITY = dict.fromkeys(["x", "state", "parameter", "number"], 0) | dict.fromkeys(["neg", "sigmoid", "tanh", "relu"], 1)
ARITY |= dict.fromkeys(["@", "+", "-", "*", "minimum", "maximum"], 2)


class Rejected(Exception):
    """Why a certificate proves nothing."""


class Inexact(Rejected):
    """Its ε is less than `rounding`, what a step may be off by."""

    def __init__(self, what: str, rounding: float) -> None:
        super().__init__(what)
        self.rounding = rounding


class Report(NamedTuple):
    """Of an accepted certificate."""

    sets: int
    images: int  # sets of states that were looked at
    margin: float  # by how much each net_y is right
    reach: float  # the largest |state|
    rounding: float  # what a step in the network's dtype is off by, at most
    claim: dict[str, list[str]]  # what has been proved, in lines


def need(condition: Any, what: str) -> None:
    """Reject unless the condition surely holds."""
    if not condition:
        raise Rejected(what)


KINDS: dict[str, Callable[[Any], bool]] = {
    "number": lambda v: type(v) is str and math.isfinite(float.fromhex(v)),
    "size": lambda v: type(v) is int and 0 < v <= MOST,
    "text": lambda v: type(v) is str and len(v) <= 10_000,
    "name": lambda v: type(v) is str and (not v or v.isidentifier()) and len(v) <= 100,
    "list": lambda v: type(v) is list,  # of what, depends on sizes
}
OPERATION = {"op": (*ARITY,), "of": "list", "name": "name", "value": "number"}
STEP = {"name": "name", "states": ["name"], "operations": [OPERATION], "after": "list", "blocks": [["name"]]}
NETWORK = {"step": STEP, "readout": ("sigmoid", "identity"), "bias": (False, True), "dtype": (*DTYPES,)}
NETWORK |= dict.fromkeys(["inputs", "hidden", "outputs", "layers"], "size")
MACHINE = dict.fromkeys(["symbols", "next", "outputs"], "list") | {"state_names": ["text"], "symbol_names": ["text"]}
FILE = {
    "format": ("throughtime proof",),
    "version": (2,),
    "network": NETWORK,
    "specification": MACHINE,
    "m": range(1, 21),
}
FILE |= {"weights": ["number"], "sha256": "text", "epsilon": "number", "sets": "list"}


def read(value: Any, form: Any, what: str) -> Any:
    """The value, if it has that form: a table, a list of one form (so many), one of several values, one of KINDS."""
    if isinstance(form, dict):
        need(type(value) is dict and set(value) == set(form), f"{what}: expected a table of {', '.join(form)}")
        return SimpleNamespace(**{key: read(value[key], form[key], key) for key in form})
    if isinstance(form, list):
        need(type(value) is list and len(value) in (form[1:] or [len(value)]), f"{what}: expected a list {form[1:]}")
        return [read(entry, form[0], what) for entry in value]
    if isinstance(form, tuple | range):
        kinds = {int} if isinstance(form, range) else {*map(type, form)}
        need(type(value) in kinds and value in form, f"{what}: expected one of {form}")
        return value
    need(KINDS[form](value), f"{what}: expected a {form}")
    return arb(float.fromhex(value)) if form == "number" else value


Balls = list[Any]


def plus(x: Balls, y: Balls) -> Balls:
    """x + y."""
    return [*map(add, x, y), *x[len(y) :], *y[len(x) :]]


def times(a: Any, x: Balls) -> Balls:
    """A number times x."""
    return [a * v for v in x]


def minus(x: Balls, y: Balls) -> Balls:
    """x − y."""
    return plus(x, times(-1, y))


def ends(x: Balls) -> tuple[Any, Any]:
    """A lower and an upper bound."""
    r = sum(map(abs, x[1:]), ZERO)
    return (x[0] - r).lower(), (x[0] + r).upper()


def size(x: Balls) -> Any:
    """A bound of |x|."""
    return sum(map(abs, x), ZERO).upper()


def blend(w: Balls, x: Balls, y: Balls) -> Balls:
    """(1 − w) x + w y."""
    t = minus(y, x)
    w0, t0 = w[0].mid(), t[0].mid()
    dw, dt = [w[0] - w0, *w[1:]], [t[0] - t0, *t[1:]]
    return plus(plus(times(w0, y), times(1 - w0, x)), plus(times(t0, dw), [arb(0, size(dw) * size(dt))]))


FUNCTIONS: dict[str, tuple[Callable[[Any], Any], float, Callable[[Any], Any], int, Any]] = {
    # f, which never falls; its steepest slope; z, where f' is s at ±z (S (1 − S), 1 − tanh²); off by how many u; its
    # size
    "sigmoid": (
        lambda z: 1 / (1 + (-z).exp()), 0.25, lambda s: ((1 + (1 - 4 * s).sqrt()) ** 2 / (4 * s)).log(), 16, ONE,
    ),
    "tanh": (lambda z: z.tanh(), 1.0, lambda s: ((1 + (1 - s).sqrt()) ** 2 / s).log() / 2, 16, ONE),
    "relu": (lambda z: z.max(0), 1.0, lambda s: ZERO, 0, arb("inf")),
}  # fmt: skip


def curve(f: str, x: Balls) -> Balls:
    """f(x), as s x and a ball that holds f(z) − s z at l, at u, and where f' = s in between."""
    of, steepest, turn, *_ = FUNCTIONS[f]
    l, u = ends(x)
    rise, run = float((of(u) - of(l)).mid()), float((u - l).mid())
    slope = min(max(rise / run, 0.0), steepest) if run > 1e-12 else 0.0
    s = arb(slope if math.isfinite(slope) else 0.0)
    rest = (of(l) - s * l).union(of(u) - s * u)
    for z in (-turn(s), turn(s)) if s > 0 else ():
        if not (z < l or z > u):
            rest = rest.union(of(z) - s * z)
    return plus(times(s, x), [rest])


OPERATIONS: dict[str, Callable[..., Balls]] = {
    "+": plus, "-": minus, "neg": lambda x: times(-1, x), "*": lambda x, y: blend(x, [ZERO], y), "blend": blend,
    "minimum": lambda x, y: minus(x, curve("relu", minus(x, y))),
    "maximum": lambda x, y: plus(x, curve("relu", minus(y, x))),
    **{f: (lambda x, f=f: curve(f, x)) for f in FUNCTIONS},
}  # fmt: skip


class Form(NamedTuple):
    """A coordinate; in floating point a sum: its terms come to s, off by e in all, rounded k times at most."""

    x: Balls
    s: Any = ZERO
    e: Any = ZERO
    k: int = 0


Forms = list[Form]


def exact(x: Balls) -> Form:
    """The values computed so far."""
    return Form(x, size(x))


class Arithmetic:
    """Operations on coordinates, where states have K balls; `worst` is the largest error of a state or net_y."""

    def __init__(self, dtype: str, epsilon: Any, K: int) -> None:
        self.K, self.epsilon, (_, bits, normal), self.worst = K, arb(0, epsilon), DTYPES[dtype], ZERO
        self.u, self.tiny = arb(2) ** -bits, arb(2) ** -normal

    def rounded(self, a: Form) -> Form:
        """The sum, once it is computed."""
        if not a.k:
            return a
        need(a.k * self.u < HALF and a.s * self.tiny < HALF, "a step may overflow")
        e = a.e + a.k * self.u / (1 - a.k * self.u) * a.s + 3 * a.k * self.tiny
        return Form(a.x, size(a.x) + e, e)

    def product(self, M: tuple[Any, Any], of: Forms) -> Forms:
        """M times a column of coordinates."""
        of = [self.rounded(a) for a in of]
        K = max(len(a.x) for a in of)
        x = M[0] * arb_mat([a.x + [ZERO] * (K - len(a.x)) for a in of])
        terms = M[1] * arb_mat([[a.s, a.e] for a in of])
        return [Form(row, s, e, len(of)) for row, (s, e) in zip(x.table(), terms.table(), strict=True)]

    def do(self, op: str, *of: Form) -> Form:
        """The operation on one coordinate."""
        of = of if op in ("+", "-") else tuple(map(self.rounded, of))
        x, a, b = OPERATIONS[op](*(a.x for a in of)), of[0], of[-1]
        if op in ("+", "-"):
            return Form(x, a.s + b.s, a.e + b.e, a.k + b.k + 1)
        if op == "*":
            return Form(x, a.s * b.s, a.s * b.e + b.s * a.e, 1)
        if op == "blend":  # as (1 − w) x + w y
            v = self.rounded(Form(minus([ONE], a.x), 1 + a.s, a.e, 1))
            return Form(x, v.s * of[1].s + a.s * b.s, v.s * of[1].e + of[1].s * v.e + a.s * b.e + b.s * a.e, 3)
        _, steepest, _, units, most = FUNCTIONS.get(op, FUNCTIONS["relu"])  # else neg, minimum or maximum
        e = steepest * a.e.max(b.e) + units * self.u
        return Form(x, size(x).min(most) + e, e)

    def state(self, of: Forms) -> Forms:
        """Coordinates of the state: what reads them reads what is computed."""
        self.off(of)
        return [exact(plus(a.x, [self.epsilon])) for a in of]

    def off(self, of: Forms, more: Any = ZERO) -> None:
        """Note what these are off by, once they are computed."""
        for a in of:
            self.worst = self.worst.max(self.rounded(a).e + more)

    def shared(self, of: Forms, at: int) -> Forms:
        """What each is off by on its own as a g, which all that reads it has in common, at places free from `at` on."""
        own = [[ZERO] * (self.K + at + j - len(a.x)) + [a.x[0].rad()] for j, a in enumerate(of)]
        return [a._replace(x=[a.x[0].mid(), *a.x[1:], *more]) for a, more in zip(of, own, strict=True)]


class Network:
    """The operations of a cell and the weights of every layer, if they fit together."""

    def __init__(self, network: SimpleNamespace, weights: list[Any]) -> None:
        self.cell, self.I, self.H, self.O = network.step, network.inputs, network.hidden, network.outputs
        self.all, self.after, blocks, L = self.cell.operations, self.cell.after, self.cell.blocks, network.layers
        matrices = self.valid()
        self.matrices, self.blends = {*matrices}, {at: w for at in range(len(self.all)) if (w := self.blend(at))}
        self.reads = [self.blends.get(at, o.of) for at, o in enumerate(self.all)]

        named = [(o.name, matrices.get(at, "vector")) for at, o in enumerate(self.all) if o.op == "parameter"]
        kind, listed = dict(named), [name for block in blocks for name in block]
        need(len(kind) == len(named) and sorted(listed) == sorted(kind), "step: parameters and blocks differ")
        need(all(len({kind[name] for name in block}) == 1 for block in blocks), "step: a block of different shapes")
        heights = [{"x": below, "h": self.H, "vector": 1} for below in (self.I, self.H)]  # in layer 0, and above it
        first, above = (sum(height[kind[name]] * self.H for name in listed) for height in heights)
        total = first + (L - 1) * above + (self.H + network.bias) * self.O
        need(total == len(weights) and listed, f"weights: expected {total}")
        left, self.layers = iter(weights), list[dict[str, Any]]()

        def columns(height: int, width: int) -> list[Balls]:
            rows = [[*islice(left, width)] for _ in range(height)]
            return [[*column] for column in zip(*rows, strict=True)]

        for layer in range(L):
            self.layers.append({})
            for block in blocks:  # transposed, as a state is a column here
                M = columns(heights[layer > 0][kind[block[0]]], len(block) * self.H)
                self.layers[-1] |= {name: sized(M[k * self.H :][: self.H]) for k, name in enumerate(block)}
        self.W, self.b_y = sized(columns(self.H, self.O)), columns(network.bias, self.O) or [[ZERO]] * self.O

        uses, todo = Counter(self.after), [*self.after]
        while todo:
            for at in self.reads[todo.pop()]:
                todo += [] if at in uses else [at]
                uses[at] += 1
        self.order, self.moving = sorted(uses), set[int]()  # what is computed; what of it depends on x
        for at in self.order:
            self.moving |= {at} if self.all[at].op == "x" or self.moving & {*self.reads[at]} else set()
        places = [(l, at) for l in range(L) for at in self.order if self.all[at].of]
        twice = [(l, at) for l, at in places if uses[at] > 1 or (l + 1 < L and at == self.after[0])]
        self.share = {place: k * self.H for k, place in enumerate(twice)}
        self.values, products = L * self.H * len(self.order), sum(self.all[at].op == "@" for at in self.order)
        self.work = self.values + self.H * (L * products * max(self.I, self.H) + self.O)

    def valid(self) -> dict[int, str]:
        """What the matrices, by their places, multiply: x or h; Rejected if an operation cannot be done."""
        states, kinds = self.cell.states, ["x" if o.op == "x" else "h" for o in self.all]
        need(0 < len(self.all) <= 1000 and self.cell.name and all(states), "step: expected a cell")
        for at, o in enumerate(self.all):
            read(o.of, [range(at), ARITY[o.op]], f"operation {at}")
        matrices = {o.of[1]: kinds[o.of[0]] for o in self.all if o.op == "@"}
        for at, o in enumerate(self.all):
            if o.op == "@":
                x, M = o.of
                fits = self.all[M].op == "parameter" and x not in matrices and matrices[M] == kinds[x]
            else:
                fits = not any(i in matrices or kinds[i] == "x" for i in o.of) and (o.op != "state" or o.name in states)
            need(fits, f"operation {at}: {o.op} cannot be done to this")
        read(self.after, [range(len(self.all)), len(states)], "after")
        need(all(self.all[at].of for at in self.after), "step: a state that is not computed")
        need(len({*states}) == len(states) == len({*self.after}) > 0, "step: two states that are one")
        return matrices

    def blend(self, at: int) -> list[int]:
        """w, x, y, if this is (1 − w) x + w y in any order, and its parts are no states, which are off by ε.

        Else nothing.
        """
        for first, second in permutations(self.all[at].of if self.all[at].op == "+" else (), 2):
            p, q = self.all[first], self.all[second]
            for (rest, x), (w, y) in product(permutations(p.of), permutations(q.of)) if p.op == q.op == "*" else ():
                o = self.all[rest]
                if o.op == "-" and o.of[1] == w and self.all[o.of[0]].op == "number" and self.all[o.of[0]].value == 1:
                    return [] if {first, second, rest} & {*self.after} else [w, x, y]
        return []

    def step(self, how: Arithmetic, before: Forms, x: Forms, known: dict[int, Any]) -> tuple[Forms, Forms]:
        """The states after x, and net_y; `known` has, after the first step from these states, what no x changes."""
        after: Forms = []
        parts = iter(before[at : at + self.H] for at in range(0, len(before), self.H))
        for l, parameters in enumerate(self.layers):
            states = {name: next(parts) for name in self.cell.states}
            values = known.setdefault(l, {})
            for at in self.order:
                if at in values and at not in self.moving:
                    continue
                o, of = self.all[at], [values[i] for i in self.reads[at]]
                if o.op in ("x", "state"):
                    value = x if o.op == "x" else states[o.name]
                elif o.op == "number":
                    value = [Form([o.value], abs(o.value), k=1)] * self.H
                elif o.op == "parameter":
                    M = parameters[o.name]
                    value = M if at in self.matrices else [exact([v]) for v in M[0].entries()]
                elif o.op == "@":
                    value = how.product(of[1], of[0])
                else:
                    value = [how.do("blend" if at in self.blends else o.op, *c) for c in zip(*of, strict=True)]
                value = how.state(value) if at in self.after else value
                values[at] = how.shared(value, self.share[l, at]) if (l, at) in self.share else value
            x = values[self.after[0]]
            after += [coordinate for at in self.after for coordinate in values[at]]
        net_y = zip(how.product(self.W, x), self.b_y, strict=True)
        return after, [how.do("+", y, exact([b])) for y, (b,) in net_y]

    def spelled(self) -> list[str]:
        """The operations as equations.

        state_before is a state before the step, p.name a parameter, v7 the 7th result.
        """
        taken = {f"{state}_before" for state in self.cell.states} | {"x", "p", *ARITY}
        uses, lines, texts = Counter(at for o in self.all for at in o.of), [f"{self.cell.name}:"], list[str]()
        binds: list[int] = []  # how strongly each text holds together
        for at, o in enumerate(self.all):
            binds.append({"+": 1, "-": 1, "*": 2, "@": 2, "neg": 3}.get(o.op, 4))
            loose = [binds[at] < 4 and binds[i] < binds[at] + k for k, i in enumerate(o.of)]
            of = [f"({texts[i]})" if wrap else texts[i] for i, wrap in zip(o.of, loose, strict=True)]
            leaves = {"x": "x", "state": f"{o.name}_before", "parameter": f"p.{o.name}", "neg": f"-{''.join(of)}"}
            leaves["number"] = repr(float(o.value)).removesuffix(".0")
            texts.append(leaves.get(o.op, f" {o.op} ".join(of) if binds[at] < 4 else f"{o.op}({', '.join(of)})"))
            if o.of and (o.name or uses[at] > 1 or at in self.after):
                fits = o.name and o.name not in taken and (o.name not in self.cell.states or at in self.after)
                name = o.name if fits and not o.name[1:].isdigit() else f"v{at}"
                lines.append(f"  {name} = {texts[at]}")
                taken.add(name)
                texts[at], binds[at] = name, 4
        return [*lines, f"  return {', '.join(texts[at] for at in self.after)}"]


def sized(rows: list[Balls]) -> tuple[Any, Any]:
    """A matrix, and that of its sizes."""
    return arb_mat(rows), arb_mat([[abs(w) for w in row] for row in rows])


def packed(numbers: Balls, dtype: str) -> bytes:
    """These numbers in little-endian floating point."""
    return struct.pack(f"<{len(numbers)}{DTYPES[dtype][0][1]}", *map(float, numbers))


class Proof:
    """A certificate whose types and sizes are valid."""

    def __init__(self, certificate: str) -> None:
        self.file = file = read(json.loads(certificate), FILE, "file")
        weights, dtype = packed(file.weights, "float64"), file.network.dtype
        need(hashlib.sha256(weights).hexdigest() == file.sha256, "sha256 is not the hash of the weights")
        self.network, self.machine, sets = Network(file.network, file.weights), file.specification, len(file.sets)
        S, self.A = len(self.machine.state_names), len(self.machine.symbol_names)
        n = len(self.network.layers) * len(self.network.after) * self.network.H
        need(S and self.A, "names: expected some")
        need(0 < sets * n <= MOST, "sets: expected a list, not empty, not too long")
        need(n * self.network.values <= ROOM, "the network is too large")
        self.machine.symbols = read(self.machine.symbols, [["number", self.network.I], self.A], "symbols")
        read(self.machine.next, [[range(S), self.A], S], "next")
        read(self.machine.outputs, [[[(0, 1), self.network.O], self.A], S], "outputs")
        for numbers in [file.weights, *self.machine.symbols]:
            held = struct.iter_unpack(DTYPES[dtype][0], packed(numbers, dtype))
            need(all(v == w for (v,), w in zip(held, numbers, strict=True)), f"a weight or symbol is none of {dtype}")
        box = {"lo": ["number", n], "hi": ["number", n]}
        file.sets = read(file.sets, [{"label": range(S), "succ": [range(sets), self.A]} | box], "sets")
        need(all(low <= high for s in file.sets for low, high in zip(s.lo, s.hi, strict=True)), "set: lo is above hi")
        need(file.epsilon >= 0, "epsilon is negative")

    def check(self, tick: Callable[[int, int, int], None]) -> Report:
        """The four checks; before each image `tick` gets the sets done, all sets, and the multiplications of one."""
        file, sets = self.file, self.file.sets
        self.images, self.margin, self.reach, self.rounding, self.tick = 0, arb("inf"), ZERO, ZERO, tick
        need(sets[0].label == 0, "label_0 is not the machine's first state")
        need(all(low <= 0 <= high for low, high in zip(sets[0].lo, sets[0].hi, strict=True)), "h_0 is not in S_0")
        for (q, entry), a in product(enumerate(sets), range(self.A)):
            follows = sets[entry.succ[a]].label == self.machine.next[entry.label][a]
            need(follows, f"set {q}, symbol {a}: the label of the set that follows is wrong")
        for q, entry in enumerate(sets):
            self.done = q
            bounds = enumerate(zip(entry.lo, entry.hi, strict=True))
            box = [exact([(low + high) / 2, *[ZERO] * j, (high - low) / 2]) for j, (low, high) in bounds]
            self.branch(q, box, file.m, f"set {q}")
        rounding, dtype = float(self.rounding.upper()), file.network.dtype
        if not file.epsilon >= self.rounding:
            what = f"epsilon is {float(file.epsilon):.3g}, but a step in {dtype} may be off by {rounding:.3g}"
            raise Inexact(what, rounding)
        numbers = len(sets), self.images, float(self.margin.lower()), float(self.reach.upper()), rounding
        return Report(*numbers, self.claim(f"; {dtype}, in any order of sums, is off by at most {rounding:.3g}"))

    def branch(self, q: int, states: Forms, m: int, path: str) -> None:
        """From these states and set q: right until in a set that follows, after at most m more symbols."""
        file, network, known = self.file, self.network, dict[int, Any]()
        how = Arithmetic(file.network.dtype, file.epsilon, max(len(z.x) for z in states))
        K, sigmoid = how.K + len(network.share) * network.H, file.network.readout == "sigmoid"
        need(K * network.work <= LARGEST and K * network.values <= ROOM, "the network is too large")
        for a, symbol in enumerate(self.machine.symbols):
            self.tick(self.done, len(file.sets), K * network.work)
            self.images += 1
            need(self.images <= MOST, "too many images")
            here, to = f"{path}, symbol {a}", file.sets[q].succ[a]
            after, net_y = network.step(how, states, [exact([v]) for v in symbol], known)
            how.off(net_y, 8 * 16 * how.u * sigmoid)  # S is off by 16 u, and its slope is near ¼
            target = self.machine.outputs[file.sets[q].label][a]
            for bit, (low, high) in zip(target, (ends(y.x) for y in net_y), strict=True):
                margin = (low if bit else -high) if sigmoid else (low - bit + HALF).min(bit + HALF - high)
                need(margin > file.epsilon, f"{here}: the output may be wrong")
                self.margin = self.margin.min(margin - file.epsilon)
            found = [ends(z.x) for z in after]
            need(all(end.is_finite() for pair in found for end in pair), f"{here}: states without bounds")
            self.reach = reduce(arb.max, (abs(end) for pair in found for end in pair), self.reach)
            box = zip(file.sets[to].lo, file.sets[to].hi, found, strict=True)
            if not all(l <= low and high <= h for l, h, (low, high) in box):
                need(m > 1, f"{here}: the states are not inside set {to}")
                self.branch(to, how.shared(after, K - how.K), m - 1, here)
        self.rounding = self.rounding.max(how.worst)

    def claim(self, rounding: str) -> dict[str, list[str]]:
        """The proved claim, in lines."""
        of, machine, names = self.file.network, self.machine, self.machine.state_names
        rows = [(q, a, "".join(map(str, machine.outputs[q][a]))) for q in range(len(names)) for a in range(self.A)]
        sizes = f"inputs {of.inputs}, hidden {of.layers} × {of.hidden}, outputs {of.outputs}, readout {of.readout}"
        return {
            "network": [f"{sizes}, {of.dtype}", f"sha256 {self.file.sha256}"],
            "cell": self.network.spelled(),
            "machine": [
                f"{names[q]}: {machine.symbol_names[a]} → {y}, {names[machine.next[q][a]]}" for q, a, y in rows
            ],
            "error": [f"{float(self.file.epsilon):.3g} in each state and net_y, at every step" + rounding],
            "assumed": [
                "states start at 0; inputs are the machine's symbols; an output counts as the nearer of 0 and 1"
            ],
        }


def check(certificate: str, tick: Callable[[int, int, int], None] = lambda done, of, work: None) -> Report:
    """Check the text of a certificate; Rejected, with the reason, if it proves nothing."""
    precision, ctx.prec = ctx.prec, 64
    try:
        return Proof(certificate).check(tick)
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise Rejected(f"not a valid certificate: {error}") from None
    finally:
        ctx.prec = precision


if __name__ == "__main__":
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            report = check(file.read())
        print("accepted", *(f"{label:<9} {line}" for label, lines in report.claim.items() for line in lines), sep="\n")
    except (Rejected, OSError, ValueError, IndexError) as error:
        sys.exit(f"rejected: {error}")
