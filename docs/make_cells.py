"""Write docs/cells.md, what all shipped cells are, and its pictures: python docs/make_cells.py."""

from pathlib import Path

from throughtime import cells
from throughtime.cells.catalogue import entry
from throughtime.cells.graph import Graph
from throughtime.cells.letters import letter
from throughtime.cells.textbook import equations

PAGE = Path(__file__).parent / "cells.md"
PICTURES = PAGE.parent / "pictures" / "cells"
WIDE, HIGH, APART, BELOW = 76, 24, 50, 8
"""Of the boxes in a picture, and between them."""
HEAD = """\
# The cells

<!-- written by docs/make_cells.py -->

`cell="NAME"` of `tt.Network`, and `--cell NAME` of `throughtime train` and `sweep`. `throughtime cells` lists them, and
`throughtime cells NAME` prints what stands here: the equations are read from the cell's one function of one time step,
and the backward pass is derived from it. How well each learns to add is in [the recipes](recipes.md); a cell that is
not here is [one function of your own](own_cell.md).

x is the input of a step, ∘ is element by element, S is the sigmoid, ∂v is ∂E by a value v, and δ_v is ∂E by the net
input of which v was made. ∂v⁺ is what comes from above and from the next step. In the pictures, lines come into each
value, from the left, from those that it is made of; states are round.

| name | cell | states | matrices of x, of states | paper |
|---|---|---|---|---|
"""


def page() -> str:
    """The text of docs/cells.md."""
    rows, sections = [], []
    for name in cells.NAMES:
        graph, said = cells.step_of(name), entry(name)
        products = [graph.operations[o.of[0]].op for o in graph.operations if o.op == "@"]
        x = products.count("x")
        paper = said.summary.rpartition(" (")[2].removesuffix(")")
        states = ", ".join(graph.states)
        anchor = said.title.lower().replace(" ", "-").replace(",", "")
        rows.append(f"| `{name}` | [{said.title}](#{anchor}) | {states} | {x}, {len(products) - x} | {paper} |\n")
        sections.append(
            f"\n## {said.title}\n\n`{name}`: {said.summary}. {said.use}\n\n{said.paper}\n\n"
            f"![What is made of what in {said.title}](pictures/cells/{name}.svg)\n\n"
            f"```text\n{equations(graph)}\n```\n"
        )
    return HEAD + "".join(rows) + "".join(sections)


def picture(graph: Graph) -> str:
    """What is made of what, as SVG: x, the states before and after, and what the step gives names to, one below the
    other.
    """
    columns: dict[int, int] = {}
    boxes: list[tuple[int, str, bool]] = []
    arrows: list[tuple[int, int]] = []
    made: list[set[int]] = []
    for place, o in enumerate(graph.operations):
        text, leaf = letter(graph, o.name).text, o.op in ("x", "state")
        sources = set().union(*(made[source] for source in o.of))
        made.append({place} if leaf or (o.name and o.of) else sources)
        if place in made[-1]:
            columns[place] = 1 + max((columns[source] for source in sources), default=-1)
            boxes.append(
                (place, {"x": "x_t", "state": f"{text}_{{t-1}}"}.get(o.op, f"{text}_t"), leaf or place in graph.after)
            )
            arrows += [(source, place) for source in sorted(sources)]
    rows = {place: row for row, (place, _, _) in enumerate(boxes)}

    def at(place: int) -> tuple[int, int]:
        return BELOW + columns[place] * (WIDE + APART), BELOW + rows[place] * (HIGH + BELOW)

    width = BELOW + max(at(place)[0] for place, _, _ in boxes) + WIDE
    height = BELOW + len(boxes) * (HIGH + BELOW)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="serif" font-size="14" font-style="italic" text-anchor="middle">',
        '<g fill="none" stroke="#888">',
    ]
    for source, place in arrows:
        (x, y), (x_2, y_2) = at(source), at(place)
        y, turn, y_2 = y + HIGH // 2, x_2 - APART, y_2 + HIGH // 2
        # along its source's row, where no other box is, and in the space before its target's column
        lines.append(f'<path d="M{x + WIDE} {y}H{turn}C{x_2} {y} {turn} {y_2} {x_2} {y_2}"/>')
    lines.append("</g>")
    for place, text, state in boxes:
        (x, y), round_ = at(place), 12 if state else 3
        fill = "#dbe9f6" if state else "#fff"
        lines.append(
            f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="{round_}" fill="{fill}" stroke="#888"/>'
        )
        lines.append(f'<text x="{x + WIDE // 2}" y="{y + 17}">{_with_index(text)}</text>')
    return "\n".join([*lines, "</svg>\n"])


def _with_index(text: str) -> str:
    """h_{t-1} with its index below the line, in a picture."""
    letter, _, index = text.partition("_")
    index = index.strip("{}").replace("_", ",").replace("-", "−")
    return f'{letter}<tspan font-size="10" dy="3">{index}</tspan>'


def pictures() -> dict[str, str]:
    """The pictures by the names of the cells."""
    return {name: picture(cells.step_of(name)) for name in cells.NAMES}


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    PICTURES.mkdir(exist_ok=True)
    for name, text in pictures().items():
        (PICTURES / f"{name}.svg").write_text(text, encoding="utf-8")
