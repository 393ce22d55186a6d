"""A step of the network, on sets of states, and what it may be off by in floating point."""

from __future__ import annotations

from collections import Counter
from itertools import permutations, product
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from . import sets
from .reading import ARITY, DTYPES, Array, need, read, shown
from .sets import FUNCTIONS, OPERATIONS, Set, points, size, up, wider


class Form(NamedTuple):
    """Coordinates; in floating point sums: their terms come to s, off by e in all, rounded k times at most."""

    set: Set
    s: Array
    e: Array
    k: int = 0


def exact(a: Set) -> Form:
    """The values computed so far."""
    return Form(a, size(a), np.zeros(len(a.r)))


class Arithmetic:
    """Operations on coordinates, where states have K columns; `worst` is the largest error of a state or net_y."""

    def __init__(self, dtype: str, epsilon: float, K: int) -> None:
        self.K, self.epsilon, (bits, normal), self.worst = K, epsilon, DTYPES[dtype], 0.0
        self.u, self.tiny = 2.0**-bits, 2.0**-normal

    def rounded(self, a: Form) -> Form:
        """The sums, once they are computed."""
        if not a.k:
            return a
        need(a.k * self.u < 0.5 and (a.s * self.tiny < 0.5).all(), "a step may overflow")
        e = up(a.e + a.k * self.u / (1 - a.k * self.u) * a.s + 3 * a.k * self.tiny)
        return Form(a.set, up(size(a.set) + e), e)

    def product(self, M: Array, of: Form) -> Form:
        """M times a column of coordinates."""
        of = self.rounded(of)
        return Form(sets.product(M, of.set), up(np.abs(M) @ of.s), up(np.abs(M) @ of.e), len(of.s))

    def do(self, op: str, *of: Form) -> Form:
        """The operation on each coordinate."""
        of = of if op in ("+", "-") else tuple(map(self.rounded, of))
        found, a, b = OPERATIONS[op](*(a.set for a in of)), of[0], of[-1]
        if op in ("+", "-"):
            return Form(found, up(a.s + b.s), up(a.e + b.e), a.k + b.k + 1)
        if op == "*":
            return Form(found, up(a.s * b.s), up(a.s * b.e + b.s * a.e), 1)
        if op == "blend":  # as (1 − w) x + w y
            x, less = of[1], sets.minus(points(np.ones(len(a.s))), a.set)
            v = self.rounded(Form(less, up(1 + a.s), a.e, 1))
            return Form(found, up(v.s * x.s + a.s * b.s), up(v.s * x.e + x.s * v.e + a.s * b.e + b.s * a.e), 3)
        f = FUNCTIONS.get(op, FUNCTIONS["relu"])  # else neg, minimum or maximum
        e = up(f.steepest * np.maximum(a.e, b.e) + f.units * self.u)
        return Form(found, up(np.minimum(size(found), f.most) + e), e)

    def state(self, of: Form) -> Form:
        """Coordinates of the state: what reads them reads what is computed."""
        self.off(of)
        return exact(wider(of.set, self.epsilon))

    def off(self, of: Form, more: float = 0.0) -> None:
        """Note what these are off by, once they are computed."""
        self.worst = np.maximum(self.worst, up(self.rounded(of).e + more).max())

    def shared(self, a: Set, at: int) -> Set:
        """What each is off by on its own as an x_k, which all that reads it has in common, at places free from `at`."""
        (rows, columns), free = a.x.shape, self.K + at
        x = np.zeros((rows, free + rows))
        x[:, :columns] = a.x
        np.fill_diagonal(x[:, free:], a.r)
        return Set(x, np.zeros(rows))


class Network:
    """The operations of a cell and the weights of every layer, if they fit together."""

    def __init__(self, network: SimpleNamespace, weights: Array) -> None:
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
        self.layers, at = list[dict[str, Array]](), 0

        def columns(height: int, width: int) -> Array:  # transposed, as a state is a column here
            nonlocal at
            at += height * width
            return weights[at - height * width : at].reshape(height, width).T

        for layer in range(L):
            self.layers.append({})
            for block in blocks:
                M = columns(heights[layer > 0][kind[block[0]]], len(block) * self.H)
                self.layers[-1] |= {name: M[k * self.H :][: self.H] for k, name in enumerate(block)}
        self.W, self.b_y = columns(self.H, self.O), columns(1, self.O) if network.bias else np.zeros((self.O, 1))

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

    def step(self, how: Arithmetic, before: Set, x: Set, known: dict[int, Any]) -> tuple[Set, Form]:
        """The states after x, and net_y; `known` has, after the first step from these states, what no x changes."""
        after, below = list[Set](), exact(x)
        parts = (Set(before.x[at : at + self.H], before.r[at : at + self.H]) for at in range(0, len(before.r), self.H))
        for l, parameters in enumerate(self.layers):
            states = {name: next(parts) for name in self.cell.states}
            values = known.setdefault(l, {})
            for at in self.order:
                if at in values and at not in self.moving:
                    continue
                o, of = self.all[at], [values[i] for i in self.reads[at]]
                if o.op in ("x", "state"):
                    value = below if o.op == "x" else exact(states[o.name])
                elif o.op == "number":
                    numbers = np.full(self.H, o.value)
                    value = Form(points(numbers), np.abs(numbers), 0 * numbers, 1)
                elif o.op == "parameter":
                    M: Any = parameters[o.name]
                    value = M if at in self.matrices else exact(Set(M, np.zeros(len(M))))
                elif o.op == "@":
                    value = how.product(of[1], of[0])
                else:
                    value = how.do("blend" if at in self.blends else o.op, *of)
                value = how.state(value) if at in self.after else value
                if (l, at) in self.share:
                    value = value._replace(set=how.shared(value.set, self.share[l, at]))
                values[at] = value
            below = values[self.after[0]]
            after += [values[at].set for at in self.after]
        return sets.column(after), how.do("+", how.product(self.W, below), exact(points(self.b_y[:, 0])))

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
            leaves["number"] = shown(o.value)
            texts.append(leaves.get(o.op, f" {o.op} ".join(of) if binds[at] < 4 else f"{o.op}({', '.join(of)})"))
            if o.of and (o.name or uses[at] > 1 or at in self.after):
                fits = o.name and o.name not in taken and (o.name not in self.cell.states or at in self.after)
                name = o.name if fits and not o.name[1:].isdigit() else f"v{at}"
                lines.append(f"  {name} = {texts[at]}")
                taken.add(name)
                texts[at], binds[at] = name, 4
        return [*lines, f"  return {', '.join(texts[at] for at in self.after)}"]
