"""A small drawing of an automaton as SVG: states on a circle, arrows between them, in light and dark."""

from __future__ import annotations

from html import escape
from math import cos, hypot, pi, sin

from throughtime.support.documents import printable

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Told apart with every kind of colour vision (Okabe & Ito 2008)."""

DASHES = ("", "5 3", "1 3", "8 3 2 3")
"""Outlines that tell kinds of states apart when the colours are used up."""

SIZE, GAP = 26, 46
"""Radius of a state, and the least space between two."""

LABELLED = 60
"""Most arrows that are labelled; the labels of more would cover each other. They remain as tooltips."""

STYLE = """
  svg { color-scheme: light dark; font: 12px system-ui, sans-serif; }
  .ink { stroke: #333; fill: none; } .tip { fill: #333; } text { fill: #222; } .back { fill: #fff; }
  .halo { stroke: #fff; stroke-width: 4px; paint-order: stroke; }
  @media (prefers-color-scheme: dark) {
    .ink { stroke: #ccc; } .tip { fill: #ccc; } text { fill: #eee; } .back { fill: #1b1b1f; } .halo { stroke: #1b1b1f; }
  }
"""


def draw(names: list[str], kinds: list[int], edges: dict[tuple[int, int], list[str]]) -> str:
    """Draw an automaton.

    Parameters
    ----------
    names : Q strings
        State 0 is marked as the first.
    kinds : Q ints
        States of one kind have one colour.
    edges : table
        For each pair (from, to) of state numbers, what is written on the arrow.
    """
    Q = len(names)
    R = 0.0 if Q == 1 else max(90.0, Q * (2 * SIZE + GAP) / (2 * pi))
    side = max(60.0, *(6.5 * len(name) / 2 for name in names)) + 90
    width, height = 2 * (R + side), 2 * (R + 110)
    cx, cy = width / 2, height / 2
    at = [(cx - R * cos(2 * pi * q / Q), cy - R * sin(2 * pi * q / Q)) for q in range(Q)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="automaton of {Q} states">',
        f"<style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path class="tip" d="M0 0 L8 4 L0 8 z"/></marker></defs>',
        f'<rect class="back" width="{width:.0f}" height="{height:.0f}"/>',
        f'<path class="ink" marker-end="url(#tip)" d="M{at[0][0] - SIZE - 40:.1f} {at[0][1]:.1f} h36"/>',
    ]
    arrows = [_arrow(at, q, to, (to, q) in edges, (cx, cy)) for q, to in edges]
    for (path, _, _), labels in zip(arrows, edges.values(), strict=True):
        title = _text(", ".join(labels))
        parts.append(f'<path class="ink" marker-end="url(#tip)" d="{path}"><title>{title}</title></path>')
    for q, (x, y) in enumerate(at):
        colour, dash = COLOURS[kinds[q] % len(COLOURS)], DASHES[kinds[q] // len(COLOURS) % len(DASHES)]
        short = names[q] if len(names[q]) <= 7 else str(q)
        parts.append(
            f'<g><title>{_text(names[q])}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="{SIZE}" fill="{colour}" '
            f'fill-opacity="0.18" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dash}"/>'
            f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{_text(short)}</text></g>'
        )
    if len(edges) <= LABELLED:
        for (_, x, y), labels in zip(arrows, edges.values(), strict=True):
            for line, text in enumerate(_lines(labels)):
                parts.append(
                    f'<text class="halo" x="{x:.1f}" y="{y + 4 + 14 * line:.1f}" '
                    f'text-anchor="middle">{_text(text)}</text>'
                )
    return "\n".join([*parts, "</svg>", ""])


def _text(name: str) -> str:
    """A name inside of XML, which has no control characters at all."""
    return escape(printable(name))


def _lines(labels: list[str]) -> list[str]:
    """At most three to a line, and two lines."""
    lines = [", ".join(labels[at : at + 3]) for at in range(0, len(labels), 3)]
    return lines if len(lines) <= 2 else [lines[0], "…"]


def _arrow(
    at: list[tuple[float, float]], q: int, to: int, both: bool, centre: tuple[float, float]
) -> tuple[str, float, float]:
    """The path of an arrow, and where its label stands."""
    (x, y), (X, Y) = at[q], at[to]
    if q == to:  # a loop, on the side away from the centre
        far = hypot(x - centre[0], y - centre[1])
        ox, oy = ((x - centre[0]) / far, (y - centre[1]) / far) if far > 1 else (0.0, -1.0)
        ax, ay = x + SIZE * (0.87 * ox - 0.5 * oy), y + SIZE * (0.87 * oy + 0.5 * ox)
        bx, by = x + SIZE * (0.87 * ox + 0.5 * oy), y + SIZE * (0.87 * oy - 0.5 * ox)
        path = (
            f"M{ax:.1f} {ay:.1f} C{ax + 42 * ox - 14 * oy:.1f} {ay + 42 * oy + 14 * ox:.1f} "
            f"{bx + 42 * ox + 14 * oy:.1f} {by + 42 * oy - 14 * ox:.1f} {bx:.1f} {by:.1f}"
        )
        return path, x + 72 * ox, y + 66 * oy
    length = hypot(X - x, Y - y)
    ux, uy = (X - x) / length, (Y - y) / length
    bend = 0.22 * length if both else 0.06 * length
    mx, my = (x + X) / 2 - bend * uy, (y + Y) / 2 + bend * ux
    away, back = hypot(mx - x, my - y), hypot(mx - X, my - Y)
    sx, sy = x + SIZE * (mx - x) / away, y + SIZE * (my - y) / away
    ex, ey = X + SIZE * (mx - X) / back, Y + SIZE * (my - Y) / back
    return f"M{sx:.1f} {sy:.1f} Q{mx:.1f} {my:.1f} {ex:.1f} {ey:.1f}", (mx + (x + X) / 2) / 2, (my + (y + Y) / 2) / 2
