"""The page's ES modules joined into one script, so that a page can stand in one file without a build tool.

Each module becomes a function that returns what it exports. The modules are written with whole-line imports of names
and with exports of functions, classes and constants; anything else is refused, so that nothing is joined wrongly.
Comments that have lines of their own, types within lines and the spaces that lines begin with stay behind, so no text
in a module may go over several lines.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"(\.\.?/[\w./-]+\.js)";[ \t]*$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function\*? |class |const )", re.MULTILINE)
_NAME = re.compile(r"^export (?:async )?(?:function\*?|class|const) ([\w$]+)", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*\n", re.MULTILINE | re.DOTALL)
_SPACES = re.compile(r"^[ \t]+", re.MULTILINE)
_CAST = re.compile(r"/\*\* @type (?:(?!\*/).)*\*/ ?")
_OTHER = re.compile(r"^(?:(?:import|export)\b.*|[^`\n]*`[^`\n]*)$", re.MULTILINE)


class Modules:
    """The modules of a folder for the scripts of one page: each stands in one of them.

    Parameters
    ----------
    folder : Path
    written : dict, optional
        Texts of modules that are in no file, by their paths.
    """

    def __init__(self, folder: Path, written: Mapping[str, str] | None = None) -> None:
        self.folder, self.written = folder, written or {}
        self.shared: set[str] = set()

    def below(self, *entries: str) -> str:
        """The script of all that `entries` import, for themselves and for the page's other scripts.

        Parameters
        ----------
        *entries : str
            The paths of modules in the folder, such as "engine/worker.js".

        Raises
        ------
        ValueError
            For imports in a circle, and for forms of import and export that are not known.
        """
        found: dict[str, str] = {}
        for entry in entries:
            found |= self._imported(entry)
        shared = {name: text for name, text in found.items() if name not in entries}
        self.shared |= set(shared)
        return "const modules = {};\n" + "".join(shared.values())

    def script(self, entry: str) -> str:
        """The script of `entry` and of what it imports, without what `below` has given; raises as `below` does."""
        return "".join(self._imported(entry).values())

    def _imported(self, entry: str) -> dict[str, str]:
        """A module behind all that it imports, by their paths."""
        joined: dict[str, str] = {}
        begun: set[str] = set()

        def add(name: str, by: str) -> None:
            if name in joined or name in self.shared:
                return
            if name in begun:
                raise ValueError(f"{by} and {name} import each other; joined modules must not")
            begun.add(name)
            text = self.written.get(name) or (self.folder / name).read_text(encoding="utf-8")
            text = _SPACES.sub("", _COMMENT.sub("", text))
            text = _without_types(name, text)
            for found in _IMPORT.finditer(text):
                add(_path(found[2], name), name)
            joined[name] = _wrapped(name, text)

        add(entry, entry)
        return joined


def _without_types(name: str, text: str) -> str:
    """Without types within lines; a ValueError where one may stand in a text."""
    for cast in _CAST.finditer(text):
        before = text[text.rfind("\n", 0, cast.start()) + 1 : cast.start()]
        if any(before.count(quote) % 2 for quote in "\"'`"):
            raise ValueError(f"{name}: cannot leave out {cast[0]!r}, which may stand in a text")
    return _CAST.sub("", text)


def _wrapped(name: str, text: str) -> str:
    exported = _NAME.findall(text)
    body = _EXPORT.sub("", _IMPORT.sub(lambda found: _taken(found, name), text))
    if (other := _OTHER.search(body)) is not None:
        raise ValueError(f"{name}: cannot join {other[0]!r}")
    return f"modules[{json.dumps(name)}] = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();\n"


def _path(imported: str, by: str) -> str:
    """The path in the folder of what a module imports."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(by), imported))


def _taken(found: re.Match[str], by: str) -> str:
    names = re.sub(r"([\w$]+)\s+as\s+([\w$]+)", r"\1: \2", found[1])
    return f"const {{{names}}} = modules[{json.dumps(_path(found[2], by))}];"
