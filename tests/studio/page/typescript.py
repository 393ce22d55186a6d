"""The types of messages and JSON forms for `tsc`, made of Python's: python tests/studio/page/typescript.py FILE."""

import sys
from inspect import getdoc
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, get_args, get_origin

from throughtime.cells.graph import Graph
from throughtime.studio import answers, browser, messages
from throughtime.studio.plan import OF_TASKS, SETTINGS
from throughtime.support.schema import alternatives, fields_of, is_form
from throughtime.weights.network_specification import NetworkSpecification

SINGLE = {
    Graph: "object",
    int: "number",
    float: "number",
    str: "string",
    bool: "boolean",
    type(None): "null",
    Any: "any",
}
OF_OPTIONS = {"whole number": "number", "number": "number", "yes or no": "boolean"}
ROOTS = {"ServerMessage": answers.Answer, "ClientMessage": messages.Message}


def settings() -> str:
    """Of the options: those of networks and training, which there always are, and those of some tasks."""
    always = {"task": "string"} | {name: OF_OPTIONS.get(option.kind, "string") for name, option in SETTINGS.items()}
    of_tasks = {name: option.kind for options in OF_TASKS.values() for name, option in options.items()}
    sometimes = {f"{name}?": OF_OPTIONS.get(kind, "string") for name, kind in of_tasks.items() if name not in always}
    lines = [f"  {name}: {kind};" for name, kind in (always | sometimes).items()]
    return "\n".join(["{", *lines, "  [option: string]: string | number | boolean | null | undefined;", "}"])


LEFT_OUT = '"layer_norm" | "step"'
"""The fields of a NetworkSpecification that `as_dict` leaves out where they say nothing."""

BY_HAND = {
    "Operand": "number | string",
    "LayerJSON": '{ layer: number; direction: "forward" | "backward"; [array: string]: any }',
    "ParametersJSON": "Record<string, number[][] | number[]>",
    "Settings": settings(),
    "SpecificationJSON": f"Required<Omit<NetworkSpecification, {LEFT_OUT}>> & Pick<NetworkSpecification, {LEFT_OUT}>",
    "SomeSettings": "Partial<Settings>",
    "Steps": "number[][][]",
}
"""What Python's types do not say."""


class Types:
    """The declarations of all forms that were named, each once."""

    def __init__(self) -> None:
        self.declared: dict[str, str] = {}

    def name(self, kind: Any) -> str:
        """A type in TypeScript; the forms in it are declared."""
        of = get_args(kind)
        if isinstance(kind, NewType):
            self.declared[kind.__name__] = f"export type {kind.__name__} = {BY_HAND[kind.__name__]};"
            return kind.__name__
        if is_form(kind) and kind not in SINGLE:
            if kind.__name__ not in self.declared:
                self.declared[kind.__name__] = ""
                self.declared[kind.__name__] = self._interface(kind)
            return kind.__name__
        if get_origin(kind) is Annotated:
            return self.name(of[0])
        if get_origin(kind) is Literal:
            return " | ".join(f'"{one}"' if isinstance(one, str) else str(one) for one in of)
        if get_origin(kind) is tuple and Ellipsis not in of:
            return f"[{', '.join(map(self.name, of))}]"
        if get_origin(kind) in (list, tuple):
            return f"({self.name(of[0])})[]"
        if get_origin(kind) is dict:
            return f"Record<string, {self.name(of[1])}>"
        return SINGLE[kind] if len(alternatives(kind)) == 1 else " | ".join(map(self.name, of))

    def _interface(self, form: Any) -> str:
        tag = [f'  type: "{form.type}";'] if isinstance(getattr(form, "type", None), str) else []
        fields = [f"  {name}{'?' * of.optional}: {self.name(of.kind)};" for name, of in fields_of(form).items()]
        return "\n".join([f"/** {getdoc(form)} */", f"export interface {form.__name__} {{", *tag, *fields, "}"])


def text() -> str:
    """The whole file."""
    types = Types()
    types.name(NetworkSpecification)
    types.name(browser.Kit)
    roots = [f"export type {name} = {types.name(kind)};" for name, kind in ROOTS.items()]
    return "\n\n".join([*roots, *types.declared.values()]) + "\n"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text(), encoding="utf-8")
