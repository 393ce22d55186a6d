"""`throughtime export`: a model in a form that other programs read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from throughtime.cli.models import ModelArgument, open_model
from throughtime.cli.shell import Failure, Json, document, line

EPILOG = """\b
Example:
  throughtime export --to numpy -o adder.py
  throughtime export runs/addition-elman-0 --to onnx -o adder.onnx

\b
onnx   standard operators, float32, any batch size and number of steps
torch  the state_dict of PyTorch's own layers
numpy  one readable script of the forward pass that needs only NumPy

Before a file is written, what is in it is run and compared with the network."""


class Form(StrEnum):
    """What a model can be written as."""

    onnx = "onnx"
    torch = "torch"
    numpy = "numpy"


def export(
    path: ModelArgument = None,
    to: Annotated[Form, typer.Option("--to", help="What to write.")] = ...,  # type: ignore[assignment]
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write it.")] = ...,  # type: ignore[assignment]
    lengths: Annotated[
        bool,
        typer.Option("--lengths", help="Give the ONNX model a second input: the steps of each sequence that are real."),
    ] = False,
    json: Json = False,
) -> None:
    """Write a model as an ONNX model, a PyTorch state_dict or a NumPy script."""
    if lengths and to != Form.onnx:
        raise Failure("--lengths is for --to onnx: the others take lengths, or one sequence at a time, anyway")
    if not out.parent.is_dir():
        raise Failure(f"there is no folder {out.parent} for {out.name}")
    if out.is_dir():
        raise Failure(f"{out} is a folder; give the file to write")
    model = open_model(path)
    net = model.network
    try:
        if to == Form.onnx:
            from throughtime.onnx import to_onnx

            difference = to_onnx(net, out, lengths=lengths)
            holds = f"x (batch, time, {net.specification.inputs}){' and lengths (batch,)' * lengths} → y, in float32"
        elif to == Form.torch:
            from throughtime.pytorch import save_state, to_torch

            difference = save_state(net, out)
            holds = " · ".join(f"{name}: {layer}" for name, layer in to_torch(net).named_children())
        else:
            from throughtime.standalone import save_script

            difference = save_script(net, out)
            holds = f"predict(x), x (batch, time, {net.specification.inputs}) → y"
    except ImportError as error:
        raise Failure(str(error)) from None
    if json:
        document({
            "model": str(model.path), "to": to.value, "out": str(out), "bytes": out.stat().st_size, "difference": difference,
        })  # fmt: skip
        return
    line("wrote", f"{out}, {out.stat().st_size} bytes")
    line("holds", holds)
    line("checked", f"its outputs differ from the network's by at most {difference:.2g}")
