"""What has to be true of a certificate."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from .network import Arithmetic, Network
from .reading import FILE, MOST, WIDEST, Inexact, Rejected, near, need, off_by, read, shown, whole
from .sets import Set, between, ends, points

ROOM, LARGEST = 3 * 10**7, 10**9  # numbers for an image, and multiplications


class Report(NamedTuple):
    """Of an accepted certificate."""

    sets: int
    images: int  # sets of states that were looked at
    margin: float  # by how much each net_y is right
    reach: float  # the largest |state|
    rounding: float  # what a step in the network's dtype is off by, at most
    claim: dict[str, list[str]]  # what has been proved, in lines


class Proof:
    """A certificate whose types and sizes are valid."""

    def __init__(self, certificate: str) -> None:
        self.file = file = read(json.loads(certificate, parse_float=whole, parse_constant=whole), FILE, "file")
        packed, dtype = file.weights.astype("<f8").tobytes(), file.network.dtype
        need(hashlib.sha256(packed).hexdigest() == file.sha256, "sha256 is not the hash of the weights")
        self.network, self.machine, sets = Network(file.network, file.weights), file.specification, len(file.sets)
        S, self.A = len(self.machine.state_names), len(self.machine.symbol_names)
        n = len(self.network.layers) * len(self.network.after) * self.network.H
        need(S and self.A, "names: expected some")
        need(0 < sets * n <= MOST, "sets: expected a list, not empty, not too long")
        need(n * self.network.values <= ROOM, "the network is too large")
        symbols = read(self.machine.symbols, [["interval", self.network.I], self.A], "symbols")
        self.lo, self.hi = np.moveaxis(np.array(symbols), -1, 0)
        self.loose = self.network.I * bool((self.lo < self.hi).any())  # inputs that may be anywhere in an interval
        read(self.machine.next, [[range(S), self.A], S], "next")
        read(self.machine.outputs, [[[(0, 1), self.network.O], self.A], S], "outputs")
        for numbers in [file.weights, self.lo, self.hi]:
            need((numbers.astype(dtype) == numbers).all(), f"a weight or symbol is none of {dtype}")
        box = {"lo": ["number", n], "hi": ["number", n]}
        file.sets = read(file.sets, [{"label": range(S), "succ": [range(sets), self.A]} | box], "sets")
        need(all((s.lo <= s.hi).all() for s in file.sets), "set: lo is above hi")
        need(file.epsilon >= 0, "epsilon is negative")

    def check(self, tick: Callable[[int, int, int], None]) -> Report:
        """The four checks; before each image `tick` gets the sets done, all sets, and the multiplications of one."""
        file, sets = self.file, self.file.sets
        self.images, self.margin, self.reach, self.rounding, self.tick = 0, math.inf, 0.0, 0.0, tick
        need(sets[0].label == 0, "label_0 is not the machine's first state")
        need(((sets[0].lo <= 0) & (sets[0].hi >= 0)).all(), "h_0 is not in S_0")
        for (q, entry), a in product(enumerate(sets), range(self.A)):
            follows = sets[entry.succ[a]].label == self.machine.next[entry.label][a]
            need(follows, f"set {q}, symbol {a}: the label of the set that follows is wrong")
        for q, entry in enumerate(sets):
            self.done = q
            self.branch(q, between(entry.lo, entry.hi, 1), file.m, f"set {q}")
        rounding, dtype = float(self.rounding), file.network.dtype
        if not file.epsilon >= rounding:
            what = f"epsilon is {file.epsilon:.3g}, but a step in {dtype} may be off by {rounding:.3g}"
            raise Inexact(what, rounding)
        numbers = len(sets), self.images, float(self.margin), float(self.reach), rounding
        return Report(*numbers, self.claim(f"; {dtype}, in any order of sums, is off by at most {near(rounding, 1)}"))

    def branch(self, q: int, states: Set, m: int, path: str) -> None:
        """From these states and set q: right until in a set that follows, after at most m more symbols."""
        file, network, known, free = self.file, self.network, dict[int, Any](), states.x.shape[1]
        how = Arithmetic(file.network.dtype, file.epsilon, free + self.loose)
        K, sigmoid = how.K + len(network.share) * network.H, file.network.readout == "sigmoid"
        need(
            K <= WIDEST and K * network.work <= LARGEST and K * max(network.values, self.loose) <= ROOM,
            "the network is too large",
        )
        for a, (lo, hi) in enumerate(zip(self.lo, self.hi, strict=True)):
            self.tick(self.done, len(file.sets), K * network.work)
            self.images += 1
            need(self.images <= MOST, "too many images")
            here, to = f"{path}, symbol {a}", file.sets[q].succ[a]
            after, net_y = network.step(how, states, between(lo, hi, free) if self.loose else points(lo), known)
            how.off(net_y, 8 * 16 * how.u * sigmoid)  # S is off by 16 u, and its slope is near ¼
            (low, high), bit = ends(net_y.set), np.array(self.machine.outputs[file.sets[q].label][a])
            margin = np.where(bit, low, -high) if sigmoid else np.minimum(low - (bit - 0.5), (bit + 0.5) - high)
            margin = np.nextafter(np.nextafter(margin, -np.inf) - file.epsilon, -np.inf)
            need((margin > 0).all(), f"{here}: the output may be wrong")
            self.margin = min(self.margin, margin.min())
            low, high = ends(after)
            need((np.isfinite(low) & np.isfinite(high)).all(), f"{here}: states without bounds")
            self.reach = max(self.reach, -low.min(), high.max())
            if not ((file.sets[to].lo <= low) & (high <= file.sets[to].hi)).all():
                need(m > 1, f"{here}: the states are not inside set {to}")
                self.branch(to, how.shared(after, K - how.K), m - 1, here)
        self.rounding = np.maximum(self.rounding, how.worst)

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
            "inputs": self.inputs(),
            "error": [f"{near(self.file.epsilon, -1)} in each state and net_y, at every step" + rounding],
            "assumed": [
                "states start at 0; inputs are the machine's symbols; an output counts as the nearer of 0 and 1"
            ],
        }

    def inputs(self) -> list[str]:
        """The vectors of each symbol, and by how much they may be off."""
        symbols = [[*zip(*ends, strict=True)] for ends in zip(self.lo.tolist(), self.hi.tolist(), strict=True)]
        texts = [[" to ".join(map(shown, dict.fromkeys(ends))) for ends in symbol] for symbol in symbols]
        lines = [f"{name}: {', '.join(text)}" for name, text in zip(self.machine.symbol_names, texts, strict=True)]
        off = {off_by(low, high) for symbol in symbols for low, high in symbol}
        if not self.loose:
            return lines
        how = f"be off by {off.pop()}" if len(off) == 1 else "be anywhere in these intervals"
        return [*lines, f"each input may {how} at every step"]


def check(certificate: str, tick: Callable[[int, int, int], None] = lambda done, of, work: None) -> Report:
    """Check the text of a certificate; Rejected, with the reason, if it proves nothing."""
    try:
        with np.errstate(all="ignore"):  # what overflows is refused
            return Proof(certificate).check(tick)
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise Rejected(f"not a valid certificate: {error}") from None
