"""NumPy archives: arrays x, y and perhaps lengths, whose sizes are known before any of them is read.

An array that is not compressed is never read as a whole: it is mapped from where it stands in the file.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from functools import partial
from math import prod
from os import stat_result
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.support import memory
from throughtime.tasks.data import Data
from throughtime.tasks.datafile import reading as limits
from throughtime.tasks.datafile.labels import Labels, Unexpected
from throughtime.tasks.datafile.reading import ONE_A_STEP, Reading, data_of, listed, named, one_of, short

_AT_A_TIME = 2**24
"""Bytes of a file that are looked at at a time."""


def read_npz(path: Path, reading: Reading) -> Data:
    """Read a NumPy archive; see `read`."""
    before = path.stat()
    arrays = _arrays(path)
    x = _numbers(path, "x", arrays["x"])
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
    classes: tuple[str, ...] = ()
    if given.dtype.kind == "U" and given.shape[-1] > 1:
        raise ValueError(f"{path}: expected the names of classes one at a time, got y of shape {given.shape}")
    if given.dtype.kind == "U" or (reading.targets == "classes" and given.shape[-1] == 1):
        y, classes = _classes(path, given, lengths, reading)
    else:
        y = _numbers(path, "y", given)
    _check("x", x, lengths, path, reading)
    _check("y", y, lengths, path, reading)
    data = data_of(
        path, reading, x, y, lengths, named("x", x.shape[2]), named("y", given.shape[-1]), classes, notes=notes
    )
    if not any(isinstance(array, np.memmap) for array in arrays.values()):
        return data
    return replace(data, refuse_changed=partial(_refuse_changed, path.absolute(), before))


def _refuse_changed(path: Path, before: stat_result) -> None:
    """A ValueError if somebody has written to a file; one that was deleted or replaced stays mapped as it was.

    To read on behind the end of a file that is shorter now would end the process without a word.
    """
    try:
        now = path.stat()
    except OSError:
        return
    written = (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns)
    if now.st_ino == before.st_ino and written:
        raise ValueError(f"{path} was written to while its numbers were used: keep it as it is, or write another file")


def _check(name: str, values: Array, lengths: Array, path: Path, reading: Reading) -> None:
    """Refuse a number before a sequence's end that is not finite or too large."""
    step = max(1, _AT_A_TIME // max(1, values[0].nbytes))
    for start in range(0, len(values), step):
        part = values[start : start + step]
        smallest, greatest = float(part.min()), float(part.max())
        if smallest >= -reading.largest and greatest <= reading.largest:
            continue
        wrong = ~(np.abs(part.astype(np.float64)) <= reading.largest)
        if values.ndim == 3:
            wrong &= (np.arange(values.shape[1]) < lengths[start : start + step, None])[..., None]
        if wrong.any():
            inner = tuple(np.argwhere(wrong)[0].tolist())
            expected = "a finite number"
            if np.isfinite(part[inner]):
                expected = f"a number that {reading.dtype} can compute with (up to {reading.largest:g})"
            entry = (start + inner[0], *inner[1:])
            raise ValueError(f'{path}, array "{name}", entry {entry}: expected {expected}, got {part[inner]}')


def _arrays(path: Path) -> dict[str, Array]:
    """The arrays of an archive, once their sizes and kinds are known to be in order."""
    try:
        with ZipFile(path) as packed:
            members = {member.filename.removesuffix(".npy"): member for member in packed.infolist()}
            if not {"x", "y"} <= set(members) <= {"x", "y", "lengths"}:
                raise ValueError(
                    f"{path}: expected arrays x, y and perhaps lengths, got {listed(list(members)) or 'none'}"
                )
            if len(members) < len(packed.infolist()):
                raise ValueError(f"{path}: expected each of the arrays once, got {listed(packed.namelist())}")
            found: dict[str, Array] = {}
            unpacked = 0
            for name, member in members.items():
                with packed.open(member) as file:
                    shape, fortran_order, dtype = _header(file)
                    size = prod(shape)
                    if size * dtype.itemsize + file.tell() != member.file_size:
                        raise ValueError(f"array {name} has another size than it says")
                    header = file.tell()
                if dtype.kind not in ("biufU" if name == "y" else "biuf"):
                    raise ValueError(f'{path}, array "{name}": expected numbers, got {dtype}')
                if size and not fortran_order and _is_stored(member):
                    found[name] = np.memmap(path, dtype, "r", _checked(path, member) + header, shape)
                    continue
                unpacked += member.file_size
                if unpacked > 8 * limits.MOST_VALUES:
                    raise ValueError(f"{unpacked} bytes when unpacked, more than {8 * limits.MOST_VALUES}")
                memory.require(unpacked, f"{path}, unpacked,", "write it with numpy.savez, uncompressed")
                with packed.open(member) as file:
                    found[name] = np.lib.format.read_array(file, allow_pickle=False)
            return found
    except Exception as error:  # a damaged archive raises errors of zipfile, zlib, struct and NumPy
        if str(error).startswith(str(path)):
            raise
        raise ValueError(f"{path}: expected a NumPy archive of plain arrays, got: {short(str(error))}") from error


def _is_stored(member: ZipInfo) -> bool:
    """Whether the bytes of an array stand in the file as they are."""
    return member.compress_type == ZIP_STORED and member.compress_size == member.file_size and not member.flag_bits & 1


def _checked(path: Path, member: ZipInfo) -> int:
    """Where the bytes of a member that is not compressed begin, once they agree with their checksum."""
    with path.open("rb") as file:
        file.seek(member.header_offset + 26)  # the local header: two lengths, then a name and more of these lengths
        name, more = (int.from_bytes(file.read(2), "little") for _ in range(2))
        at = member.header_offset + 30 + name + more
        file.seek(at)
        left, found = member.file_size, 0
        while left and (block := file.read(min(left, _AT_A_TIME))):
            found, left = zlib.crc32(block, found), left - len(block)
    if left or found != member.CRC:
        raise ValueError(f"Bad CRC-32 for file {member.filename!r}")
    return at


def _header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    readers: dict[tuple[int, int], Any] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"an array of version {version}")
    shape, fortran_order, dtype = readers[version](file)
    if dtype.hasobject:
        raise ValueError("Objects, which are no plain numbers")
    return shape, fortran_order, dtype


def _numbers(path: Path, name: str, given: Array) -> Array:
    if given.dtype.kind not in "biuf":
        raise ValueError(f'{path}, array "{name}": expected numbers, got {given.dtype}')
    return given


def _classes(path: Path, given: Array, lengths: Array, reading: Reading) -> tuple[Array, tuple[str, ...]]:
    """Names or whole numbers (B,T,1) or (B,1) as (B,T,C) or (B,C): 1 for the class that it is."""
    labels = Labels(reading.targets, reading.classes, reading.largest)
    real = np.ones(given.shape[:1], bool) if given.ndim == 2 else np.arange(given.shape[1]) < lengths[:, None]
    kinds, first, kind = np.unique(given[real], return_index=True, return_inverse=True)
    codes = np.empty(len(kinds))
    for i in np.argsort(first).tolist():  # as they appear
        value = kinds[i].item()
        try:
            codes[i] = labels.of_text(value, None) if isinstance(value, str) else labels.of_number(value)
        except Unexpected as error:
            row = tuple(np.argwhere(real)[first[i]].tolist())
            raise ValueError(f'{path}, array "y", entry {row}: expected {error}, got {short(str(value))}') from None
    ordered, classes = labels.in_order(codes)
    every = np.full(real.shape, -1.0)
    every[real] = ordered[kind.reshape(-1)]
    return one_of(path, every, len(classes)), classes
