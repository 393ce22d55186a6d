"""The page's ES modules joined into one script, so that a page can stand in one file without a build tool.

Each module becomes a function that returns what it exports. The modules are written with whole-line imports of names
and with exports of functions, classes and constants; anything else is refused, so that nothing is joined wrongly.
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
_OTHER = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


def join(folder: Path, entry: str, written: Mapping[str, str] | None = None) -> str:
    """The module `entry` of a folder and all that it imports, as the text of one module without imports or exports.

    Parameters
    ----------
    folder : Path
    entry : str
        Its path in the folder, such as "engine/worker.js".
    written : dict, optional
        Texts of modules that are in no file, by their paths.

    Raises
    ------
    ValueError
        For imports in a circle, and for forms of import and export that are not known.
    """
    joined: list[str] = []
    state: dict[str, str] = {}

    def add(name: str, by: str) -> None:
        if state.get(name) == "begun":
            raise ValueError(f"{by} and {name} import each other; joined modules must not")
        if name in state:
            return
        state[name] = "begun"
        text = (written or {}).get(name) or (folder / name).read_text(encoding="utf-8")
        for found in _IMPORT.finditer(text):
            add(_path(found[2], name), name)
        state[name] = "done"
        joined.append(_wrapped(name, text))

    add(entry, entry)
    return "const modules = {};\n" + "".join(joined)


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
