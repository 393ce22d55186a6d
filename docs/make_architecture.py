"""Draw the layers of the package from what CI checks of their imports: python docs/make_architecture.py."""

from configparser import ConfigParser
from html import escape
from pathlib import Path

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "pictures" / "architecture.svg"
WIDTH, ROW, GAP, BOX, LEFT = 860, 30, 8, 26, 90
STYLE = """
  text { font: 13px ui-monospace, monospace; fill: #222; text-anchor: middle }
  .side { font: italic 12px sans-serif; fill: #667 }
  rect { fill: #eef3fa; stroke: #8aa4c8 }
  path { fill: none; stroke: #8aa4c8; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e8ee } .side { fill: #9ab } rect { fill: #223044; stroke: #5b7aa6 } path { stroke: #5b7aa6 }
  }
"""


def layers() -> list[list[str]]:
    """The packages of each layer, from the command line down."""
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    rows = contracts["importlinter:contract:layers"]["layers"].strip().splitlines()
    return [[name.strip().removeprefix("throughtime.") for name in row.split(":")] for row in rows]


def drawn() -> str:
    """The picture: a row of boxes for each layer; imports point down, data flows up."""
    rows = layers()
    height = len(rows) * ROW + 2 * GAP
    shapes = []
    for place, names in enumerate(rows):
        y = GAP + place * ROW
        width = (WIDTH - LEFT - GAP * len(names)) / len(names)
        for k, name in enumerate(names):
            x = LEFT + k * (width + GAP)
            shapes += [
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BOX}" rx="4"/>',
                f'<text x="{x + width / 2:.1f}" y="{y + 17}">{escape(name)}</text>',
            ]
    for x, word, tip in ((22, "imports", height - 12), (62, "data", 12)):
        start, turn = (12, tip - 7) if tip > 12 else (height - 12, tip + 7)
        shapes += [
            f'<path d="M{x} {start}V{tip}M{x - 5} {turn}L{x} {tip}L{x + 5} {turn}"/>',
            f'<text class="side" transform="translate({x - 7} {height / 2:.0f}) rotate(-90)">{word}</text>',
        ]
    inside = "\n".join(shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" '
        f'aria-label="The layers of throughtime">\n<style>{STYLE}</style>\n{inside}\n</svg>\n'
    )


if __name__ == "__main__":
    PICTURE.write_text(drawn())
