"""The tile of a matrix product that is held in vector registers, as LLVM IR.

`C[rows × 2 vectors] (+)= A[rows × depth] · B[depth × 2 vectors]`: each step along the depth loads two vectors of B
and one number per row of A, and adds their products to accumulators that stay in registers until the end. The steps
between the elements of A are free, so A may be a transposed view. `product` walks over whole matrices with it.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from throughtime.kernels.compiled import inlined
from throughtime.kernels.machine import ENGINE
from throughtime.kernels.vector import (
    first_lanes,
    llvm_float,
    llvm_vector,
    masked_load,
    masked_store,
    multiply_add,
    splat,
    vector_of,
)

_int = ir.IntType(64)


def engine() -> tuple[str, int, int, int]:
    """The engine in use.

    Returns
    -------
    name : str
        `avx512`, `avx2`, `neon`, `plain` or `numpy`.
    tile_rows, columns : int
        Size of the tile for float32 (float64: half the columns).
    vector_bits : int
        Width of a vector register; 0 for `numpy`.
    """
    return ENGINE.name, ENGINE.tile_rows, ENGINE.tile_columns(4), 8 * ENGINE.vector_bytes


def _not_unrolled(module: ir.Module) -> ir.Value:
    """The mark of a loop that is left as it is: another one for the steps left over takes longer than it saves."""
    disable = module.add_metadata([ir.MetaDataString(module, "llvm.loop.unroll.disable")])
    mark = module.add_metadata([disable])
    mark.operands = mark, disable  # LLVM knows it by this
    return mark


class _Tile:
    """Writes the LLVM function of the tile of so many rows and vectors.

    `ragged`: the last vector has columns that do not exist and are not touched. A tile of few rows has too few
    accumulators to hide the latency of an addition, so it keeps several for each element of C (`chains`), each of
    them for its own steps along the depth, and sums them at the end. A single row is a part of the walk that calls
    it: steps in time wait for it.
    """

    depth: ir.Value
    a: ir.Value
    a_row: ir.Value
    a_column: ir.Value
    b: ir.Value
    b_row: ir.Value
    c: ir.Value
    c_row: ir.Value
    columns: ir.Value
    accumulate: ir.Value
    ARGUMENTS = ("depth", "a", "a_row", "a_column", "b", "b_row", "c", "c_row", "columns", "accumulate")

    def __init__(
        self, module: ir.Module, element: types.Float, rows: int, vectors: int, lanes: int, ragged: bool
    ) -> None:
        self.rows, self.vectors, self.lanes, self.ragged = rows, vectors, lanes, ragged
        self.chains = max(1, 4 // rows)
        self.bytes = element.bitwidth // 8
        self.real = llvm_float(element)
        self.vector = llvm_vector(element, self.lanes)
        pointer = self.real.as_pointer()
        signature = [_int, pointer, _int, _int, pointer, _int, pointer, _int, _int, ir.IntType(1)]
        name = f"throughtime.tile.{element}.{rows}x{vectors}x{lanes}{'.ragged' if ragged else ''}"
        self.function = cgutils.get_or_insert_function(module, ir.FunctionType(ir.VoidType(), signature), name)
        if not self.function.blocks:
            self.function.linkage = "internal"
            self.function.attributes.add("noinline" if rows > 1 else "alwaysinline")
            self.function.attributes.add("nounwind")
            for name, argument in zip(self.ARGUMENTS, self.function.args, strict=True):
                setattr(self, name, argument)
            self._write()

    def _write(self) -> None:
        builder = self.builder = ir.IRBuilder(self.function.append_basic_block("entry"))
        if self.ragged:
            in_last = builder.sub(self.columns, ir.Constant(_int, (self.vectors - 1) * self.lanes))
            self.mask = first_lanes(builder, in_last, self.lanes)
        accumulators = self._start() + self._zeros(self.chains - 1)
        if self.chains > 1:
            several = builder.sub(self.depth, builder.urem(self.depth, ir.Constant(_int, self.chains)))
            accumulators = self._loop(ir.Constant(_int, 0), several, self.chains, accumulators)
            size = self.rows * self.vectors
            first = self._loop(several, self.depth, 1, accumulators[:size])
            accumulators = self._sum(
                [first] + [accumulators[k : k + size] for k in range(size, len(accumulators), size)]
            )
        else:
            accumulators = self._loop(ir.Constant(_int, 0), self.depth, 1, accumulators)
        for i in range(self.rows):
            for v in range(self.vectors):
                self._store(accumulators[i * self.vectors + v], self._pointer_c(i, v), v)
        builder.ret_void()

    def _zeros(self, chains: int) -> list[ir.Value]:
        zero = ir.Constant(self.vector, [0.0] * self.lanes)
        return [zero] * (chains * self.rows * self.vectors)

    def _start(self) -> list[ir.Value]:
        """C if it is to be added to, else zero."""
        builder = self.builder
        entry = builder.block
        with builder.if_then(self.accumulate):
            loaded = [self._load(self._pointer_c(i, v), v) for i in range(self.rows) for v in range(self.vectors)]
            loading = builder.block
        start = []
        for old, zero in zip(loaded, self._zeros(1), strict=True):
            phi = builder.phi(self.vector)
            phi.add_incoming(zero, entry)
            phi.add_incoming(old, loading)
            start.append(phi)
        return start

    def _loop(self, first: ir.Value, last: ir.Value, step: int, start: list[ir.Value]) -> list[ir.Value]:
        """for k in range(first, last, step): every chain takes the products of one of the next `step` depths."""
        builder = self.builder
        before = builder.block
        body, after = builder.append_basic_block("depth"), builder.append_basic_block("end")
        builder.cbranch(builder.icmp_signed("<", first, last), body, after)

        builder.position_at_end(body)
        k = builder.phi(_int)
        accumulators = [builder.phi(self.vector) for _ in start]
        size = self.rows * self.vectors
        sums = []
        for chain in range(step):
            depth = builder.add(k, ir.Constant(_int, chain))
            sums += self._products(depth, accumulators[chain * size : (chain + 1) * size])
        following = builder.add(k, ir.Constant(_int, step))
        k.add_incoming(first, before)
        k.add_incoming(following, body)
        for phi, old, new in zip(accumulators, start, sums, strict=True):
            phi.add_incoming(old, before)
            phi.add_incoming(new, body)
        again = builder.cbranch(builder.icmp_signed("<", following, last), body, after)
        again.set_metadata("llvm.loop", _not_unrolled(builder.module))

        builder.position_at_end(after)
        result = []
        for old, new in zip(start, sums, strict=True):
            phi = builder.phi(self.vector)
            phi.add_incoming(old, before)
            phi.add_incoming(new, body)
            result.append(phi)
        return result

    def _products(self, k: ir.Value, accumulators: list[ir.Value]) -> list[ir.Value]:
        """accumulators + A[:, k] B[k, :]."""
        builder = self.builder
        b_row = builder.gep(self.b, [builder.mul(k, self.b_row)])
        b = [self._load(builder.gep(b_row, [ir.Constant(_int, v * self.lanes)]), v) for v in range(self.vectors)]
        a_column = builder.gep(self.a, [builder.mul(k, self.a_column)])
        sums = []
        for i in range(self.rows):
            pointer = builder.gep(a_column, [builder.mul(ir.Constant(_int, i), self.a_row)])
            a = splat(builder, builder.load(pointer), self.lanes)
            sums += [multiply_add(builder, a, b[v], accumulators[i * self.vectors + v]) for v in range(self.vectors)]
        return sums

    def _sum(self, chains: list[list[ir.Value]]) -> list[ir.Value]:
        while len(chains) > 1:
            chains = [
                [self.builder.fadd(x, y) for x, y in zip(left, right, strict=True)]
                for left, right in zip(chains[::2], chains[1::2], strict=True)
            ]
        return chains[0]

    def _pointer_c(self, i: int, v: int) -> ir.Value:
        row = self.builder.mul(ir.Constant(_int, i), self.c_row)
        return self.builder.gep(self.c, [self.builder.add(row, ir.Constant(_int, v * self.lanes))])

    def _is_ragged(self, v: int) -> bool:
        return self.ragged and v == self.vectors - 1

    def _load(self, pointer: ir.Value, v: int) -> ir.Value:
        if self._is_ragged(v):
            return masked_load(self.builder, pointer, self.vector, self.mask)
        typed = self.builder.bitcast(pointer, self.vector.as_pointer())
        return self.builder.load(typed, align=self.bytes)

    def _store(self, value: ir.Value, pointer: ir.Value, v: int) -> None:
        if self._is_ragged(v):
            masked_store(self.builder, value, pointer, self.mask)
        else:
            typed = self.builder.bitcast(pointer, self.vector.as_pointer())
            self.builder.store(value, typed, align=self.bytes)


@intrinsic(prefer_literal=True)
def tile(typing_context, rows, depth, a, a_row, a_column, b, b_row, c, c_row, columns, accumulate):
    """One tile, at most as many columns as two vectors have lanes.

    `a`, `b`, `c` point to the first elements, steps from row to row and column to column are in elements, and
    `rows` is a constant.
    """
    element = a.dtype
    lanes = vector_of(element).lanes
    signature = types.void(
        rows, types.int64, a, types.int64, types.int64, b, types.int64, c, types.int64, types.int64, types.boolean
    )

    def generate(context, builder, signature, arguments):
        arguments = arguments[1:]
        columns_value = arguments[-2]
        end = builder.append_basic_block("tile.end")
        for relation, least, vectors, width in (
            ("==", 2 * lanes, 2, lanes),
            (">", lanes, 2, lanes),
            ("==", lanes, 1, lanes),
            ("==", 1, 1, 1),
            (">", 1, 1, lanes),
        ):
            fits = builder.icmp_signed(relation, columns_value, ir.Constant(_int, least))
            call, otherwise = builder.append_basic_block("tile"), builder.append_basic_block("tile.other")
            builder.cbranch(fits, call, otherwise)
            builder.position_at_end(call)
            one = _Tile(builder.module, element, rows.literal_value, vectors, width, ragged=relation == ">")
            builder.call(one.function, arguments)
            builder.branch(end)
            builder.position_at_end(otherwise)
        builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return signature, generate


@inlined
def _plain_tile(rows, depth, a, a_row, a_column, b, b_row, c, c_row, columns, accumulate):
    """The tile of the engine `numpy`: one row."""
    if not accumulate:
        for j in range(columns):
            c[j] = 0
    for k in range(depth):
        for j in range(columns):
            c[j] += a[k * a_column] * b[k * b_row + j]


if ENGINE.name == "numpy":
    tile = _plain_tile
