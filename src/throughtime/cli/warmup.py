"""`throughtime warmup`: compile before it is needed what most networks need."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Annotated

import typer

from throughtime.cli.shell import Json, document, line

EPILOG = """\b
Example:
  throughtime warmup
  throughtime warmup --dtype float32"""


class Precision(StrEnum):
    """Of a network's numbers."""

    float64 = "float64"
    float32 = "float32"


def warmup(
    dtype: Annotated[Precision, typer.Option("--dtype", help="Precision of the networks.")] = Precision.float64,
    json: Json = False,
) -> None:
    """Compile the kernels of Elman, LSTM and GRU cells for training, looking inside and streaming, and keep them on the
    disk.
    """
    from throughtime.cells import TWINS
    from throughtime.network import Network
    from throughtime.tasks import Addition
    from throughtime.training.loop import train

    task = Addition(bits=2)
    x, d = task.encode(1, 2)
    took: dict[str, float] = {}
    for cell in TWINS:
        begin = time.perf_counter()
        net = Network(cell=cell, inputs=2, hidden=2, outputs=1, dtype=dtype.value)
        train(net, task, steps=1, batch=1, noise=0.1)
        net.predict(x)
        net.trace(x, d)
        net.backward(x, net.hidden(x)[0])
        took[cell] = time.perf_counter() - begin
        if not json:
            line(cell, f"ready after {took[cell]:.1f} s")
    if json:
        document({"dtype": dtype.value, "seconds": took})
