"""A form's JSON is read as it is described, or refused in one sentence."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, NewType, NotRequired, TypedDict

import pytest

from throughtime.support import schema
from throughtime.support.checks import whole_number

Name = NewType("Name", str)


class Point(TypedDict):
    x: float
    label: NotRequired[Literal["a", "b"]]


@dataclass(frozen=True)
class Draw:
    type: ClassVar = "draw"
    points: list[Point]
    size: Annotated[int, partial(whole_number, least=1, most=9)] = 1
    names: tuple[Name, ...] = ()
    more: dict[str, int | None] | None = None
    version: Literal[1] = 1
    any: Any = None


@dataclass(frozen=True)
class Erase:
    type: ClassVar = "erase"
    place: int | str


@dataclass(frozen=True)
class EraseAll:
    type: ClassVar = "erase"
    all: bool


Message = Draw | Erase | EraseAll


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"type": "draw", "points": []}, Draw([])),
        ({"type": "draw", "points": [{"x": 2.5, "label": "b"}], "size": 9}, Draw([{"x": 2.5, "label": "b"}], 9)),
        ({"type": "draw", "points": [], "names": ["p", ""], "any": [{}]}, Draw([], names=("p", ""), any=[{}])),
        ({"type": "draw", "points": [], "more": {"a": 2**70, "b": None}}, Draw([], more={"a": 2**70, "b": None})),
        ({"type": "draw", "points": [], "more": None, "version": 1}, Draw([])),
        ({"type": "erase", "place": 3}, Erase(3)),
        ({"type": "erase", "place": "end"}, Erase("end")),
        ({"type": "erase", "all": True}, EraseAll(True)),
    ],
)  # fmt: skip
def test_good(value, found):
    assert schema.read(Message, value, "a message") == found


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "a message must be"),
        ({}, 'a message\'s type must be "draw" or "erase", got None'),
        ({"type": ["draw"]}, "type must be"),
        ({"type": "draw"}, '"draw" needs "points"'),
        ({"type": "draw", "pionts": []}, '"draw" has no "pionts", did you mean points?'),
        ({"type": "draw", "points": [], "z" * 1000: 1}, '"draw" has no "' + "z" * 40 + '"'),
        ({"type": "draw", "points": {}}, "points must be a list, got {}"),
        ({"type": "draw", "points": [{}]}, r'points\[0\] needs "x"'),
        ({"type": "draw", "points": [{"x": True}]}, r"points\[0\].x must be a number, got True"),
        ({"type": "draw", "points": [{"x": 1, "label": "c"}]}, r'points\[0\].label must be "a" or "b", got \'c\''),
        ({"type": "draw", "points": [], "size": 10}, "size must be a whole number from 1 to 9, got 10"),
        ({"type": "draw", "points": [], "names": "p"}, "names must be a list, got 'p'"),
        ({"type": "draw", "points": [], "names": [1]}, r"names\[0\] must be text, got 1"),
        ({"type": "draw", "points": [], "more": {"a": -1}}, "more.a must be a whole number of at least 0, got -1"),
        ({"type": "draw", "points": [], "more": []}, r"more must be an object, got \[\]"),
        ({"type": "draw", "points": [], "version": 2}, "version must be a whole number from 1 to 1, got 2"),
        ({"type": "draw", "points": [], "version": True}, "version must be a whole number from 1 to 1, got True"),
        ({"type": "erase", "place": None}, "place must be a whole number or text, got None"),
        ({"type": "erase", "place": True}, "place must be a whole number or text, got True"),
        ({"type": "erase", "place": 1, "all": True}, '"erase" has no "all"'),
    ],
)  # fmt: skip
def test_bad(value, sentence):
    with pytest.raises(ValueError, match=sentence) as refused:
        schema.read(Message, value, "a message")
    assert len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)
