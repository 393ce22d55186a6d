"""The JSON of a Trace: it comes back to the last bit, and damaged documents are refused in one line."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles.traces import CASES, assert_same, network, trace_of
from throughtime.cells import step_of
from throughtime.trace import Trace
from throughtime.trace.layer import array_names


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("fields", CASES)
def test_json_comes_back_to_the_last_bit(fields, dtype):
    trace = trace_of(**fields, dtype=dtype)
    text = trace.to_json()
    back = Trace.from_json(text)
    assert_same(trace, back)
    assert back.to_json() == text
    assert Trace.from_json(text.encode()).to_json(reach=True) == trace.to_json(reach=True)
    assert not back.h.flags.writeable


def test_json_holds_numbers_that_json_lacks():
    net = network(cell="elman", activation="relu", readout="identity")
    net["b_h"] = [np.inf, 1e200, 0]
    net["b_y"] = [0, -np.inf]
    with np.errstate(all="ignore"):
        trace = net.trace(np.ones((1, 3, 2)), np.ones((1, 3, 2)))
        assert not np.isfinite(trace.loss)
        text = trace.to_json()
    assert "NaN" not in json.dumps(json.loads(text), allow_nan=False).replace('"NaN"', "")
    back = Trace.from_json(text)
    np.testing.assert_array_equal(back.h, trace.h)
    np.testing.assert_array_equal(back.delta_y, trace.delta_y)


def test_json_schema():
    document = json.loads(trace_of(cell="lstm", bidirectional=True).to_json(reach=True))
    assert list(document) == [
        "format", "version", "specification", "cell", "parameters", "gradient", "loss", "lengths", "x", "d", "mask",
        "net_y", "y", "error", "delta_y", "layers", "reach",
    ]  # fmt: skip
    assert (document["format"], document["version"]) == ("throughtime trace", 1)
    assert np.shape(document["parameters"]["backward.forget.U"]) == (3, 3)
    assert np.shape(document["reach"]) == (3, 6, 6)
    assert [(of["layer"], of["direction"]) for of in document["layers"]] == [(0, "forward"), (0, "backward")]
    assert list(document["layers"][1])[2:] == list(array_names(step_of("lstm")))


def places(document, path=()):
    """The path of every list, object and a few leaves of a JSON document."""
    yield path
    if isinstance(document, dict):
        for key, part in document.items():
            yield from places(part, (*path, key))
    elif isinstance(document, list) and document:
        yield from places(document[-1], (*path, len(document) - 1))


def changed(document, path, value):
    if not path:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = changed(document[path[0]], path[1:], value)
    return copy


DOCUMENT = json.loads(trace_of(cell="gru", lengths=[2, 1]).to_json(reach=True))


@pytest.mark.parametrize("value", [None, True, "1.5", [], {}, [[]], "nan", 10**400, {"x": 1}, "inf"], ids=repr)
def test_every_damaged_place_is_refused_in_one_line(value):
    for path in places(DOCUMENT):
        if path == ("specification", "bias") and value is True:
            continue
        text = json.dumps(changed(DOCUMENT, path, value))
        with pytest.raises(ValueError) as caught:  # noqa: PT011  every message is another one
            Trace.from_json(text)
        message = str(caught.value)
        assert message
        assert "\n" not in message
        assert len(message) < 700


@settings(max_examples=100)
@given(st.data())
def test_a_missing_or_a_foreign_part_is_refused(data):
    path = data.draw(st.sampled_from([path for path in places(DOCUMENT) if path and path != ("reach",)]))
    needed = "cell", "inputs", "hidden", "outputs", "specification"
    optional = path == ("cell",) or (path[0] == "specification" and path[-1] not in needed)
    part = DOCUMENT
    for key in path[:-1]:
        part = part[key]
    less = [v for k, v in enumerate(part) if k != path[-1]] if isinstance(part, list) else dict(part)
    if isinstance(less, dict):
        del less[path[-1]]
    if not optional:
        with pytest.raises(ValueError, match=r"."):
            Trace.from_json(json.dumps(changed(DOCUMENT, path[:-1], less)))
    more = [*part, 0.0] if isinstance(part, list) else {**part, "foreign": 0.0}
    with pytest.raises(ValueError, match=r"."):
        Trace.from_json(json.dumps(changed(DOCUMENT, path[:-1], more)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this is not the JSON of a trace: Expecting value"),
        ("{", "this is not the JSON of a trace"),
        (b"\xff\xfe\x00", "this is not the JSON of a trace"),
        ("[" * 100_000, "this is not the JSON of a trace"),
        ("NaN", "this is not the JSON of a trace: NaN is no JSON"),
        ("3", 'it has no "format": "throughtime trace"'),
        ('{"format": "throughtime trace"}', "a trace of version 1 is expected, this one is None"),
        ('{"format": "throughtime trace", "version": 2}', "version 1 is expected, this one is 2"),
        ('{"format": "throughtime trace", "version": 1}', 'the trace needs "specification"'),
    ],
)
def test_what_is_no_trace_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        Trace.from_json(text)


@pytest.mark.parametrize("name", ["layers", "hidden", "inputs", "outputs"])
def test_a_huge_specification_takes_no_memory(name):
    with pytest.raises(ValueError, match=r"layers must be|fewer numbers"):
        Trace.from_json(json.dumps(changed(DOCUMENT, ("specification", name), 2**31 - 1)))
    if name != "layers":
        with pytest.raises(ValueError, match="fewer numbers"):
            Trace.from_json(json.dumps(changed(DOCUMENT, ("specification", name), 4000)))


def test_a_number_that_is_no_float32_is_refused():
    document = json.loads(trace_of(cell="elman", dtype="float32").to_json())
    with pytest.raises(ValueError, match=r"layers\[0\]\.h has a number that is none of float32"):
        Trace.from_json(json.dumps(changed(document, ("layers", 0, "h", 0, 0, 0), 0.1)))
    with pytest.raises(ValueError, match="none of float32"):
        Trace.from_json(json.dumps(changed(document, ("x", 0, 0, 0), 1e300)))


def test_a_text_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr("throughtime.trace.json_form.LARGEST_TEXT", 10)
    with pytest.raises(ValueError, match="may have 10 characters, got 11"):
        Trace.from_json("[1,2,3,4,5]")
