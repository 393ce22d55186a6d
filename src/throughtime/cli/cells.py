"""`throughtime cells`: the cells that networks can be made of, and their equations."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from throughtime.cli.shell import Json, document

if TYPE_CHECKING:
    from throughtime.cells.graph import Graph

_WIDTH = 100

EPILOG = """\b
Examples:
  throughtime cells
  throughtime cells lstm
  throughtime cells mine.py:peephole
  throughtime train addition --cell mgu"""


def cells(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A cell's name, or a cell of your own as FILE.py:NAME.")
    ] = None,
    json: Json = False,
) -> None:
    """List the cells, or print the equations of one: forward, backward and gradients, as in a textbook."""
    from throughtime.cells import NAMES, step_of
    from throughtime.cells.catalogue import entry
    from throughtime.cells.own import cell_of
    from throughtime.cells.textbook import equations
    from throughtime.weights.network_specification import cell_named

    if name is None:
        _list([_described(step_of(one)) | entry(one)._asdict() for one in NAMES], json)
        return
    found = cell_of(name)
    shipped = entry(cell_named(found)) if isinstance(found, str) else None
    graph = step_of(cell_named(found)) if isinstance(found, str) else found
    if json:
        parts = {head: list(map(list, part)) for head, part in equations(graph)._asdict().items()}
        document(_described(graph) | ({} if shipped is None else shipped._asdict()) | parts)
        return
    if shipped is not None:
        print(f"{shipped.title}: {shipped.summary}\n")
    print(graph.equations)
    if shipped is not None:
        print("", *textwrap.wrap(shipped.use, _WIDTH), "", *textwrap.wrap(shipped.paper, _WIDTH), sep="\n")


def _list(listed: list[dict[str, Any]], json: bool) -> None:
    if json:
        document(listed)
        return
    width = max(len(one["name"]) for one in listed)
    for one in listed:
        print(f"  {one['name']:<{width}}   {one['title']}: {one['summary']}")
        print(f"  {'':<{width}}   states {', '.join(one['states'])}")
    print("Equations: throughtime cells NAME. Your own: a function under @throughtime.cell, as FILE.py:NAME")


def _described(graph: Graph) -> dict[str, Any]:
    return {"name": graph.name, "states": graph.states, "parameters": graph.parameters}
