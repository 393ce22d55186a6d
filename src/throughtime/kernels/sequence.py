"""What the passes of all cells over a sequence share: the order of the time steps, and small sums.

Arrays of states have two rows more than there are time steps: the state after step t = 0..T-1 stands at `t + 1`,
between the initial state of the forward direction at 0 and that of the backwards direction at `T + 1`.

Time is passed in blocks of neighbouring steps. The products that need no recurrence (x V before the steps of a block,
the weight gradients and ∂x after them) take a block at once: enough rows for full tiles, few enough to find in the
cache what the steps have just written there.
"""

from __future__ import annotations

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.operations import items, load, row, shaped, store, width

_BLOCK_ROWS = 128


@inlined
def block_length(T, B):
    """Time steps of a block."""
    return max(1, min(T, _BLOCK_ROWS // max(1, B)))


@inlined
def block_start(step, length, T, descending):
    """The earliest time of the block that the pass reaches after `step` steps."""
    return T - step - length if descending else step


@inlined
def before(t, backwards):
    """Where the state before step t stands in an array of states."""
    return t + 2 if backwards else t


@inlined
def piece(numbers, place, count):
    """So many numbers of a flat array from a place on."""
    return items(numbers, place, count)


@inlined
def lent(numbers):
    """A flat array as a view, which does not keep it alive: passing it on counts no references."""
    return items(numbers, 0, len(numbers))


@inlined
def matrix(numbers, place, rows, columns):
    """The numbers of a flat array from a place on, as a matrix."""
    return shaped(items(numbers, place, rows * columns), (rows, columns))


@inlined
def _add(source, total, j, count):
    store(total, j, count, load(total, j, count) + load(source, j, count))


@kernel
def add_row(source, total):
    """total += source, both contiguous."""
    n, lanes = total.size, width(total)
    whole = n - n % lanes
    for j in range(0, whole, lanes):
        _add(source, total, j, lanes)
    if whole < n:
        _add(source, total, whole, n - whole)


@kernel
def copy_row(source, target):
    """target = source, both contiguous."""
    for j in range(source.size):
        target[j] = source[j]


@kernel
def clear_row(target):
    """target = 0, contiguous."""
    for j in range(target.size):
        target[j] = 0


@kernel
def clear(a):
    """a = 0, a contiguous array of two dimensions."""
    for i in range(a.shape[0]):
        clear_row(row(a, i))


@inlined
def _sum(a, first_column, total, j, count):
    part = load(row(a, 0), first_column + j, count)
    for i in range(1, a.shape[0]):
        part = part + load(row(a, i), first_column + j, count)
    store(total, j, count, load(total, j, count) + part)


@kernel
def add_rows(a, first_column, total):
    """total += Σ a[:, first_column : first_column + total.size], the gradient of a bias.

    The sum of these rows is finished before it is added to the total: rounding errors of a sum of sums grow more
    slowly with time.

    Parameters
    ----------
    a : (M, S) contiguous
    first_column : int
    total : (n,) contiguous
    """
    n, lanes = total.size, width(total)
    whole = n - n % lanes
    for j in range(0, whole, lanes):
        _sum(a, first_column, total, j, lanes)
    if whole < n:
        _sum(a, first_column, total, whole, n - whole)
