"""JSON forms as Python types: what a value from outside must be is said once, by a dataclass or a TypedDict.

A field is an `int` of at least 0, `float`, `str`, `bool`, None, `Any`, a list, dict or `Literal`, another form, or one
of several (`X | Y`); dataclasses among those differ by their class's `type`, which is a key of their JSON. A value of
`Annotated[X, check]` passes through check(name, value) first, such as one of `checks`, which may make the X of it. A
field with a default, or one that is `NotRequired`, may be left out, and no form takes a key that it does not have.
`tests/studio/page/typescript.py` makes TypeScript's types of the same.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import MISSING, fields, is_dataclass
from functools import cache, partial
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from throughtime.support.checks import choice, flag, nearest, number, shown, whole_number, word


class Field(NamedTuple):
    """One field of a form: what it may be, and whether it may be left out."""

    kind: Any
    optional: bool


@cache
def fields_of(form: Any) -> dict[str, Field]:
    """The fields of a dataclass or a TypedDict by their names, apart from the `type` of a dataclass."""
    hints = get_type_hints(form, include_extras=True)
    if is_dataclass(form):
        return {f.name: Field(hints[f.name], f.default is not MISSING) for f in fields(form)}
    marked = {name: get_origin(kind) is NotRequired for name, kind in hints.items()}
    return {name: Field(get_args(kind)[0] if marked[name] else kind, marked[name]) for name, kind in hints.items()}


def is_form(kind: Any) -> bool:
    """Whether a type has fields of its own."""
    return is_typeddict(kind) or is_dataclass(kind)


def alternatives(kind: Any) -> tuple[Any, ...]:
    """The types of a union; of any other type, itself."""
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def read(kind: Any, value: Any, name: str, within: str | None = None) -> Any:
    """A value of plain JSON as a type has it: an object of a dataclass, else as the checks give it back.

    Parameters
    ----------
    kind : the type
    value : what `json.loads` gave
    name : what it is, for the error
    within : how the names of its fields begin; as `name` does, if not given

    Raises
    ------
    ValueError
        If it is anything else: in one sentence what is wrong, where, and what it must be.
    """
    if isinstance(kind, NewType):
        return read(kind.__supertype__, value, name)
    origin, of = get_origin(kind), get_args(kind)
    if origin is Annotated:
        value = of[1](name, value)
        return value if type(value) is of[0] else read(of[0], value, name)
    if is_form(kind):
        return _object(kind, value, name, f"{name}." if within is None else within)
    if len(alternatives(kind)) > 1:
        return _one_of(of, value, name)
    if origin is Literal:
        return choice(name, value, of) if isinstance(of[0], str) else whole_number(name, value, of[0], of[0])
    if origin in (list, tuple):
        return origin(read(of[0], one, f"{name}[{k}]") for k, one in enumerate(_of_type(list, value, name)))
    if origin is dict:
        return {key: read(of[1], one, f"{name}.{key[:40]}") for key, one in _of_type(dict, value, name).items()}
    return value if kind is Any else _CHECKS[kind](name, value)


_CHECKS: dict[Any, Any] = {int: partial(whole_number, most=None), float: number, str: word, bool: flag}
_JSON = {dict: "an object", list: "a list", int: "a whole number", float: "a number", str: "text", NoneType: "null"}


def _of_type(kind: type, value: Any, name: str) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{name} must be {_JSON[kind]}, got {shown(value)}")
    return value


def with_keys(value: Any, name: str, needed: Collection[str], known: Collection[str] = ()) -> dict[str, Any]:
    """A value that is an object with all the keys that are needed, and none that is not known; a ValueError else."""
    for key in _of_type(dict, value, name):
        if key not in needed and key not in known:
            advice = nearest(key[:40], [*needed, *known])
            raise ValueError(f'{name} has no "{key[:40]}"{advice if advice.endswith("?") else ""}')
    for key in needed:
        if key not in value:
            raise ValueError(f'{name} needs "{key}"')
    return dict(value)


def _object(form: Any, value: Any, name: str, within: str) -> Any:
    known = fields_of(form)
    needed = [field for field, of in known.items() if not of.optional]
    return form(
        **{
            field: read(known[field].kind, one, within + field)
            for field, one in with_keys(value, name, needed, known).items()
        }
    )


def _of_its_type(forms: tuple[Any, ...], value: Any, name: str) -> Any:
    """An object of the first of the forms that has its `type` and needs no field that it lacks."""
    tags = list(dict.fromkeys(form.type for form in forms))
    tag = choice(f"{name}'s type", _of_type(dict, value, name).get("type"), tags)
    given = {key: one for key, one in value.items() if key != "type"}
    alike = [form for form in forms if form.type == tag]
    complete = (form for form in alike if all(of.optional or key in given for key, of in fields_of(form).items()))
    return _object(next(complete, alike[0]), given, f'"{tag}"', "")


def _one_of(kinds: tuple[Any, ...], value: Any, name: str) -> Any:
    """A value of one of several types."""
    if all(map(is_dataclass, kinds)):
        return _of_its_type(kinds, value, name)
    others = [kind for kind in kinds if kind is not NoneType]
    if value is None and len(others) < len(kinds):
        return None
    if len(others) == 1:
        return read(others[0], value, name)
    if type(value) not in others:
        raise ValueError(f"{name} must be {' or '.join(_JSON[kind] for kind in kinds)}, got {shown(value)}")
    return value
