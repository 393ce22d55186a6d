"""The part of a cell's kernels that multiplies matrices: at each step and on the way back, and the gradients of a block
of steps.

Products of one value with neighbouring matrices, that belong to neighbouring slots, are one product.
"""

from __future__ import annotations

from dataclasses import dataclass

from throughtime.cells.layout import Layout
from throughtime.kernels.written_rows import plus, times


@dataclass(frozen=True)
class _Run:
    """Neighbouring columns of a block of matrices that belong to neighbouring slots: one product.

    block : its number; first, slot, count : in units of H; fresh : nothing stands in the slots yet
    """

    phase: int
    source: int
    block: int
    first: int
    slot: int
    count: int
    fresh: bool


def _runs(laid: Layout) -> list[_Run]:
    """All products of a step, in the order in which they are computed."""
    found: list[_Run] = []
    written: set[int] = set()
    order = sorted(range(len(laid.blocks)), key=lambda k: _phase_of(laid, k))
    for k in order:
        block = laid.blocks[k]
        if block.source is None:
            continue
        for column, name in enumerate(block.names):
            product = laid.product_of[name]
            fresh = product.slot not in written
            last = found[-1] if found else None
            if (
                last is not None
                and (last.block, last.fresh, last.slot + last.count) == (k, fresh, product.slot)
                and last.first + last.count == column
            ):
                found[-1] = _Run(last.phase, last.source, k, last.first, last.slot, last.count + 1, fresh)
            else:
                found.append(_Run(product.phase, block.source, k, column, product.slot, 1, fresh))
            written.add(product.slot)
    return found


def _phase_of(laid: Layout, block: int) -> tuple[int, int]:
    phases = [product.phase for product in laid.products if product.parameter in laid.blocks[block].names]
    return min(phases, default=-1), block


def function(name: str, arguments: str, lines: list[str], decorator: str = "@inlined") -> str:
    body = "\n".join(f"    {line}" for line in lines or ["pass"])
    return f"\n\n{decorator}\ndef {name}({arguments}):\n{body}\n"


class Products:
    """Writes the products of matrices: packing them, one step, one step back, and the gradients."""

    def __init__(self, laid: Layout) -> None:
        self.laid, self.graph, self.runs = laid, laid.graph, _runs(laid)
        self.places: list[str] = []
        at = ["at"]
        for block in laid.blocks:
            self.places.append(" + ".join(at))
            height = {"x": "K * ", "h": "H * "}.get(block.kind, "")
            at.append(f"{height}{len(block.names)} * H")

    def view(self, k: int, of: str) -> str:
        """The block number k of a flat vector, as a matrix."""
        block = self.laid.blocks[k]
        height = "K" if block.kind == "x" else "H"
        return f"matrix({of}, {self.places[k]}, {height}, {len(block.names)} * H)"

    def pack(self, back: bool) -> str:
        used = dict.fromkeys(run.block for run in self.runs)
        lines = [f"M_{k} = {self.view(k, 'p')}" for k in used]
        room = "room"
        for k, r in enumerate(self.runs):
            count = f"{r.count} * H" + (" * wants_d_x" if back and self.is_x(r) else "")
            lines.append(f"packed_{k} = panels(M_{r.block}, {r.first} * H, {count}, {back}, rows, numbers, {room})")
            room = f"packed_{k}[-1]"
        lines.append(f"return ({''.join(f'packed_{k}, ' for k in range(len(self.runs)))})")
        name, more = ("pack_back", "wants_d_x, ") if back else ("pack", "")
        return function(name, f"H, K, p, at, rows, {more}numbers, room", lines)

    def is_x(self, run: _Run) -> bool:
        return self.graph.operations[run.source].op == "x"

    def source(self, run: _Run) -> str:
        """The rows that are multiplied."""
        o = self.graph.operations[run.source]
        if o.op == "x":
            return "xs"
        if o.op == "state":
            place = plus("before", times(self.graph.states.index(o.name), "step"))
            return f"matrix(numbers, {place}, rows, H)"
        if run.source in self.graph.after:
            place = plus("after", times(self.graph.after.index(run.source), "step"))
            return f"matrix(numbers, {place}, rows, H)"
        return f"columns(gates, {self.laid.slot_of[run.source]} * H, H)"

    def slots(self, run: _Run, of: str) -> str:
        width = len(self.laid.slots) + (len(self.laid.weights) if of == "deltas" else 0)
        if run.count == width:
            return of
        return f"columns({of}, {run.slot} * H, {run.count} * H)"

    def multiply_x(self) -> str:
        lines = [
            f"multiply(xs, packed[{k}], {self.slots(run, 'gates')}, {not run.fresh})"
            for k, run in enumerate(self.runs)
            if self.is_x(run)
        ]
        return function("multiply_x", "H, packed, xs, gates", lines)

    def multiply_step(self) -> str:
        lines = []
        for phase in range(self.laid.phases):
            own = [
                f"multiply({self.source(run)}, packed[{k}], {self.slots(run, 'gates')}, {not run.fresh})"
                for k, run in enumerate(self.runs)
                if run.phase == phase and not self.is_x(run)
            ]
            lines += own if self.laid.phases == 1 else _only(phase, own)
        return function("multiply_step", "phase, H, packed, numbers, gates, rows, before, after, step", lines)

    def multiply_back(self) -> str:
        lines: list[str] = []
        for phase in range(self.laid.phases):
            own: list[str] = []
            begun: set[str] = set()
            for k, run in enumerate(self.runs):
                if run.phase == phase and not self.is_x(run):
                    o = self.graph.operations[run.source]
                    if o.op == "state" or run.source in self.graph.after:
                        n = self.graph.states.index(o.name)
                        target, more = f"matrix(numbers, {plus('d_after', times(n, 'd_step'))}, rows, H)", True
                    else:
                        target = f"columns(deltas, {self.laid.slot_of[run.source]} * H, H)"
                        more = target in begun
                    own.append(f"multiply({self.slots(run, 'deltas')}, packed[{k}], {target}, {more})")
                    begun.add(target)
            lines += own if self.laid.phases == 1 else _only(phase, own)
        return function("multiply_back", "phase, H, packed, numbers, deltas, rows, d_after, d_step", lines)

    def multiply_d_x(self) -> str:
        lines = [
            f"multiply({self.slots(run, 'deltas')}, packed[{k}], d_x, True)"
            for k, run in enumerate(self.runs)
            if self.is_x(run)
        ]
        return function("multiply_d_x", "H, packed, deltas, d_x", lines)

    def gradients(self) -> str:
        laid, lines = self.laid, []
        lines += [f"d_{k} = {self.view(k, 'gradient')}" for k in dict.fromkeys(run.block for run in self.runs)]
        for run in sorted(self.runs, key=lambda run: self.is_x(run)):
            whole = run.count == len(laid.blocks[run.block].names)
            target = f"d_{run.block}" if whole else f"columns(d_{run.block}, {run.first} * H, {run.count} * H)"
            lines.append(f"add_gradient({self.source(run)}, {self.slots(run, 'deltas')}, {target})")
        biases = []
        for k, block in enumerate(laid.blocks):
            if block.kind == "weight":
                first = len(laid.slots) + laid.weights.index(block.names[0])
                where = f"piece(gradient, {self.places[k]}, {len(block.names)} * H)"
                lines.append(f"add_rows(deltas, {first} * H, {where})")
            elif block.kind == "bias":
                biases += [
                    f"    add_rows(deltas, {slot} * H, piece(gradient, {self.places[k]} + {first} * H, {count} * H))"
                    for first, slot, count in _together([laid.bias_slot(name) for name in block.names])
                ]
        if biases:
            lines += ["if bias:", *biases]
        arguments = "H, K, bias, gradient, at, numbers, xs, gates, deltas, rows, before, after, step"
        return function("gradients", arguments, lines)


def _only(phase: int, lines: list[str]) -> list[str]:
    return [f"if phase == {phase}:", *(f"    {line}" for line in lines)] if lines else []


def _together(slots: list[int]) -> list[tuple[int, int, int]]:
    """Neighbours that belong to neighbouring slots: (the first of them, its slot, how many)."""
    found: list[tuple[int, int, int]] = []
    for k, slot in enumerate(slots):
        if found and found[-1][1] + found[-1][2] == slot:
            found[-1] = (*found[-1][:2], found[-1][2] + 1)
        else:
            found.append((k, slot, 1))
    return found
