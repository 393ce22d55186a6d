"""NumPy archives: arrays x, y and perhaps lengths, whose sizes are known before any of them is read."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.tasks.datafile import dataset
from throughtime.tasks.datafile.dataset import ONE_A_STEP, Dataset, Reading, check_size, listed, named, one_of, short
from throughtime.tasks.datafile.labels import Labels, Unexpected


def read_npz(path: Path, reading: Reading) -> Dataset:
    """Read a NumPy archive; see `read`."""
    arrays = _arrays(path)
    x = _numbers(path, "x", arrays["x"], reading)
    if x.ndim != 3:
        raise ValueError(f"{path}: x must be (batch, time, features), got shape {x.shape}")
    given = arrays["y"]
    if not given.ndim or len(given) != len(x):
        found = f"{len(given):,} in y" if given.ndim else "a single number as y"
        raise ValueError(
            f"{path}: expected as many sequences in y as in x, got {len(x):,} in x, {found}; for B sequences of T "
            f"steps y is (B,T,O), (B,O), (B,T) for one target at each step or (B,) for one at the end"
        )
    notes: tuple[str, ...] = ()
    if given.ndim == 1:
        given = given[:, None]
    elif given.ndim == 2 and given.shape == x.shape[:2] and reading.output != "last step":
        given, notes = given[:, :, None], (ONE_A_STEP,)
    output = "every step" if given.ndim == 3 else "last step"
    if reading.output not in (None, output):
        raise ValueError(f"{path}: expected targets at {reading.output}, as output= says, got y of shape {given.shape}")
    try:
        lengths = Batch(x, np.broadcast_to(0.0, given.shape), arrays.get("lengths")).lengths  # y may hold names yet
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if not x.size or not given.size:
        raise ValueError(f"{path}: expected at least one sequence, step and feature, got x {x.shape}, y {given.shape}")
    lengths = np.full(len(x), x.shape[1]) if lengths is None else lengths.astype(np.int64)
    real = np.arange(x.shape[1]) < lengths[:, None]
    x[~real] = 0
    classes: tuple[str, ...] = ()
    if given.dtype.kind == "U" and given.shape[-1] > 1:
        raise ValueError(f"{path}: expected the names of classes one at a time, got y of shape {given.shape}")
    if given.dtype.kind == "U" or (reading.targets == "classes" and given.shape[-1] == 1):
        y, classes = _classes(path, given, real, reading)
    else:
        y = _numbers(path, "y", given, reading)
        if y.ndim == 3:
            y[~real] = 0
    for name, values in (("x", x), ("y", y)):
        if not (values.min() >= -reading.largest and values.max() <= reading.largest):
            place = tuple(np.argwhere(~(np.abs(values) <= reading.largest))[0].tolist())
            expected = "a finite number"
            if np.isfinite(values[place]):
                expected = f"a number that {reading.dtype} can compute with (up to {reading.largest:g})"
            raise ValueError(f'{path}, array "{name}", entry {place}: expected {expected}, got {values[place]}')
    return Dataset(x, y, lengths, named("x", x.shape[2]), named("y", given.shape[-1]), classes, notes=notes)


def _arrays(path: Path) -> dict[str, Array]:
    """The arrays of an archive, once their sizes and kinds are known to be in order."""
    try:
        with ZipFile(path) as packed:
            members = {member.filename.removesuffix(".npy"): member for member in packed.infolist()}
            if not {"x", "y"} <= set(members) <= {"x", "y", "lengths"}:
                raise ValueError(
                    f"{path}: expected arrays x, y and perhaps lengths, got {listed(list(members)) or 'none'}"
                )
            size = sum(member.file_size for member in members.values())
            if size > 8 * dataset.MOST_VALUES:
                raise ValueError(f"{size} bytes when unpacked, more than {8 * dataset.MOST_VALUES}")
            for name, member in members.items():
                with packed.open(member) as file:
                    shape, dtype = _header(file)
                    if prod(shape) * dtype.itemsize + file.tell() != member.file_size:
                        raise ValueError(f"array {name} has another size than it says")
                if dtype.kind not in ("biufU" if name == "y" else "biuf"):
                    raise ValueError(f'{path}, array "{name}": expected numbers, got {dtype}')
                check_size(path, prod(shape))
            found = {}
            for name, member in members.items():
                with packed.open(member) as file:
                    found[name] = np.lib.format.read_array(file, allow_pickle=False)
            return found
    except Exception as error:  # a damaged archive raises errors of zipfile, zlib, struct and NumPy
        if str(error).startswith(str(path)):
            raise
        raise ValueError(f"{path}: expected a NumPy archive of plain arrays, got: {short(str(error))}") from error


def _header(file: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    readers: dict[tuple[int, int], Any] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"an array of version {version}")
    shape, _, dtype = readers[version](file)
    if dtype.hasobject:
        raise ValueError("Objects, which are no plain numbers")
    return shape, dtype


def _numbers(path: Path, name: str, given: Array, reading: Reading) -> Array:
    if given.dtype.kind not in "biuf":
        raise ValueError(f'{path}, array "{name}": expected numbers, got {given.dtype}')
    return np.array(given, np.float64, order="C")


def _classes(path: Path, given: Array, real: Array, reading: Reading) -> tuple[Array, tuple[str, ...]]:
    """Names or whole numbers (B,T,1) or (B,1) as (B,T,C) or (B,C): 1 for the class that it is."""
    labels = Labels(reading.targets, reading.classes, reading.largest)
    rows = np.argwhere(real if given.ndim == 3 else np.ones(len(given), bool))
    codes = np.zeros(given.shape[:-1])
    for row in map(tuple, rows.tolist()):
        value = given[(*row, 0)].item()
        try:
            codes[row] = labels.of_text(value, None) if isinstance(value, str) else labels.of_number(value)
        except Unexpected as error:
            raise ValueError(f'{path}, array "y", entry {row}: expected {error}, got {short(str(value))}') from None
    ordered, classes = labels.in_order(codes)
    if given.ndim == 3:
        ordered = np.where(real, ordered, -1)
    return one_of(path, ordered, len(classes)), classes
