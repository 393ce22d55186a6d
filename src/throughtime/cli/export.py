"""`throughtime export`: a model in a form that other programs read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from throughtime.cli.models import Model, ModelArgument, ModelOption, open_model
from throughtime.cli.shell import WRONG, Failure, Json, document, line
from throughtime.support.disk import require_folder

if TYPE_CHECKING:
    from throughtime.bridges.exported import Exported
    from throughtime.proof.covering import Deployed

EPILOG = """\b
Example:
  throughtime export --to numpy -o adder.py
  throughtime export --to c -o adder.c
  throughtime export runs/addition-elman-0 --to onnx -o adder.onnx

\b
onnx   ONNX's recurrent operators, of other cells Scans; any batch size and number of steps
torch  the state_dict of PyTorch's own layers, of other cells of a module that computes them
numpy  one readable script: predict and step; it needs only NumPy
c      one C99 file: predict and step; it needs nothing, and no memory but its own

\b
A model that learned from a data file takes and gives that file's numbers as they are; its classes and the names of its
columns are written too (not into a state_dict).

A proof (throughtime prove) holds for what is written if no step of it is off by more than the proof allows. With
--only-proved nothing else is written; the exit status is 1 then.

\b
Before a file is written, its content is run and compared with the network (C, where there is a compiler cc)."""


CERTIFICATE = "certificate.json"
"""In a run's folder, where it is looked for."""


class Form(StrEnum):
    """Forms that a model can be written in."""

    onnx = "onnx"
    torch = "torch"
    numpy = "numpy"
    c = "c"


class Dtype(StrEnum):
    """Types of numbers."""

    float64 = "float64"
    float32 = "float32"


def export(
    path: ModelArgument = None,
    model_path: ModelOption = None,
    to: Annotated[Form, typer.Option("--to", help="The form to write.")] = ...,  # type: ignore[assignment]
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="File.")] = ...,  # type: ignore[assignment]
    lengths: Annotated[
        bool,
        typer.Option("--lengths", help="Give the ONNX model a second input: the steps of each sequence that are real."),
    ] = False,
    state: Annotated[
        bool, typer.Option("--state", help="Make every state an input and an output of the ONNX model: h_0 and h_n.")
    ] = False,
    dtype: Annotated[
        Dtype | None,
        typer.Option(
            "--dtype",
            help="The numbers of a C file or an ONNX model.  [default: as the network; of ONNX float32]",
            show_default=False,
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Say whether this proof holds for what is written.  [default: certificate.json in the run's folder]",
            show_default=False,
        ),
    ] = None,
    only_proved: Annotated[
        bool, typer.Option("--only-proved", help="Write only a file for which the proof holds.")
    ] = False,
    json: Json = False,
) -> None:
    """Write a model as an ONNX model, a PyTorch state_dict, a NumPy script or a C file."""
    if dtype is not None and to not in (Form.c, Form.onnx):
        raise Failure("--dtype is for --to c and --to onnx: the others are written in the network's own dtype")
    if lengths and to != Form.onnx:
        raise Failure("--lengths is for --to onnx: the others take lengths, or one sequence at a time, anyway")
    if state and to != Form.onnx:
        raise Failure("--state is for --to onnx: the others have a step, or take a state, anyway")
    require_folder(out)
    if out.is_dir():
        raise Failure(f"{out} is a folder; give the file to write")
    model = open_model(path, model_path)
    what = _exported(model)
    s = what.network.specification
    proof = _deployed(model, certificate, dtype.value if dtype else "float32" if to == Form.onnx else s.dtype)
    if only_proved and (proof is None or not proof.covered):
        missing = "there is no certificate of it; write one with: throughtime prove --certificate FILE"
        line("refused", f"nothing is written: {missing if proof is None else proof.text}")
        raise typer.Exit(WRONG)
    difference: float | None
    try:
        if to == Form.onnx:
            from throughtime.bridges.onnx import to_onnx

            numbers = dtype or Dtype.float32
            difference = to_onnx(what, out, lengths=lengths, state=state, dtype=numbers)
            read = ", lengths (batch,)" * lengths + "".join(f", {name}_0" for name in s.graph.states if state)
            given = ", label" * bool(what.classes) + "".join(f", {name}_n" for name in s.graph.states if state)
            holds = f"x (batch, time, {s.inputs}){read} → y{given}, in {numbers.value}"
        elif to == Form.torch:
            from throughtime.bridges.pytorch import save_state, to_torch

            difference = save_state(what, out)
            holds = " · ".join(f"{name}: {layer}" for name, layer in to_torch(what).named_children())
        elif to == Form.c:
            from throughtime.bridges.c import save_c
            from throughtime.bridges.c.writing import functions

            difference = save_c(what, out, dtype)
            real = {"float64": "double", "float32": "float"}[dtype or s.dtype]
            holds = f"{', '.join(functions(what, out.stem))}, in C99, {real}"
        else:
            from throughtime.bridges.numpy_script import save_script

            difference = save_script(what, out)
            stepped = ", step(x, state)" * (not s.bidirectional)
            holds = f"predict(x){stepped}{' and label(x)' * bool(what.classes)}, x (batch, time, {s.inputs}) → y"
    except ImportError as error:
        raise Failure(str(error)) from None
    size = out.stat().st_size if out.is_file() else None
    if json:
        document({
            "model": str(model.path), "to": to.value, "out": str(out), "bytes": size, "difference": difference,
            "inputs": list(what.inputs), "classes": list(what.classes), "covered": proof.covered if proof else None,
        })  # fmt: skip
        return
    if size is None:  # a device or a pipe, as /dev/stdout, holds what was written and nothing else
        return
    line("wrote", f"{out}, {size} bytes")
    line("holds", holds)
    if what.inputs:
        line("inputs", ", ".join(map(repr, what.inputs)))
    if what.classes:
        line("classes", ", ".join(map(repr, what.classes)))
    if difference is None:
        line("checked", "no: there is no C compiler, cc, here that makes a library of it to be run")
    else:
        line("checked", f"its outputs differ from the network's by at most {difference:.2g}")
    if proof is not None:
        line("covers", proof.text)


def _deployed(model: Model, certificate: Path | None, dtype: str) -> Deployed | None:
    """Whether the proof of a certificate, or of that in the run's folder, holds for the model computed in a dtype."""
    from throughtime.proof import Certificate
    from throughtime.proof.covering import deployed

    if certificate is None:
        own = None if model.run is None else model.run / CERTIFICATE
        if own is None or not own.is_file():
            return None
        certificate = own
    elif not certificate.is_file():
        raise Failure(f"there is no file {certificate}; write one with: throughtime prove --certificate {certificate}")
    return deployed(Certificate.load(certificate), model.network, dtype)


def _exported(model: Model) -> Exported:
    """The network of a model, and what the columns of its data file say of its numbers."""
    import numpy as np

    from throughtime.bridges.exported import Exported

    columns = model.columns
    if columns is None:
        return Exported(model.network)
    return Exported(
        model.network, inputs=columns.inputs if columns.named else (), classes=columns.classes, x=columns.x,
        unit=np.where(columns.y.deviation > 0, columns.y.deviation, 1),
    )  # fmt: skip
