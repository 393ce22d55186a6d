"""A model's file and its arrays, bounded before they are read."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from throughtime.batch import Array
from throughtime.bridges.onnx.operators import Refused, quoted
from throughtime.support.memory import require

LARGEST_FILE = 2**30
"""Bytes of a model, its external data included."""
DTYPES: dict[int, Any] = {
    TensorProto.FLOAT: np.float32, TensorProto.DOUBLE: np.float64, TensorProto.INT64: np.int64,
    TensorProto.INT32: np.int32, TensorProto.BOOL: np.bool_,
}  # fmt: skip
"""The types of numbers that a model may hold."""


def model_at(path: Path) -> onnx.ModelProto:
    """The model in a file, with the arrays that stand in a second file beside it.

    Raises
    ------
    Refused
        If there is none, or it is larger than `LARGEST_FILE`.
    """
    if not path.is_file():
        raise Refused(
            "it is a folder" if path.is_dir() else "it is no regular file" if path.exists() else "there is no file"
        )
    size = path.stat().st_size
    _check_size(size)
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except Exception:  # protobuf's errors have no common base
        raise Refused("it holds no ONNX model") from None
    if not model.HasField("graph") or not model.opset_import:
        raise Refused("it holds no ONNX model")
    for tensor in model.graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL:
            size += _load(tensor, path)
            _check_size(size)
    return model


def array_of(tensor: onnx.TensorProto) -> Array:
    """A tensor's array; a refusal if it is of other numbers, or of other size than it says."""
    if tensor.data_type not in DTYPES:
        raise Refused(f"its array {quoted(tensor.name)} is of a type that no network has")
    if tensor.data_location == TensorProto.EXTERNAL:
        raise Refused(f"its array {quoted(tensor.name)} stands in another file")
    dtype = np.dtype(DTYPES[tensor.data_type])
    fields = (tensor.float_data, tensor.double_data, tensor.int64_data, tensor.int32_data)
    held = len(tensor.raw_data) // dtype.itemsize if tensor.HasField("raw_data") else max(map(len, fields))
    if any(size < 0 for size in tensor.dims) or prod(tensor.dims) != held:
        raise Refused(f"its array {quoted(tensor.name)} is {tuple(tensor.dims)} and holds {held:,} numbers")
    try:
        return np.asarray(numpy_helper.to_array(tensor)).astype(dtype, copy=False)
    except Exception:  # of several libraries, for the same reason
        raise Refused(f"its array {quoted(tensor.name)} is damaged") from None


def _check_size(size: int) -> None:
    if size > LARGEST_FILE:
        raise Refused(f"it has {size:,} bytes; at most {LARGEST_FILE:,} are read")
    require(6 * size, "a model of this size", "read a smaller one")


def _load(tensor: onnx.TensorProto, path: Path) -> int:
    """Read an array from the file beside the model where PyTorch puts it → its bytes.

    No other place is read: the file's name has no folder in it, and it is a regular file of the needed size.
    """
    entries = {entry.key: entry.value for entry in tensor.external_data}
    name = entries.get("location", "")
    try:
        offset, length = int(entries.get("offset", 0)), int(entries["length"])
    except (KeyError, ValueError):
        raise Refused(f"the place of its array {quoted(tensor.name)} is damaged") from None
    if not name or name in (".", "..") or set(name) & set("/\\:\0"):
        raise Refused(f"its array {quoted(tensor.name)} stands in {quoted(name)}, not in a file beside it")
    beside = path.parent / name
    if beside.is_symlink() or not beside.is_file():
        raise Refused(f"its arrays stand in {quoted(name)} beside it, which is not there")
    if offset < 0 or length < 0 or offset + length > beside.stat().st_size:
        raise Refused(f"its array {quoted(tensor.name)} ends behind the end of {quoted(name)}")
    with beside.open("rb") as file:
        file.seek(offset)
        tensor.raw_data = file.read(length)
    tensor.data_location = TensorProto.DEFAULT
    del tensor.external_data[:]
    return length
