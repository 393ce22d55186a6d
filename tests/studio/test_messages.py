"""Each message of the page is read, or refused in one sentence."""

import json

import pytest

from throughtime.studio import answers, messages
from throughtime.studio.messages import Malformed, read

GOOD = [
    ({"type": "train"}, messages.Train()),
    ({"type": "pause"}, messages.Pause()),
    ({"type": "reset"}, messages.Reset()),
    ({"type": "prove"}, messages.Prove()),
    ({"type": "step"}, messages.Step(1)),
    ({"type": "step", "count": 1000}, messages.Step(1000)),
    ({"type": "restore", "step": 0}, messages.Restore(0)),
    ({"type": "example", "sample": 7}, messages.Sample(7)),
    ({"type": "example", "operands": [1, "2"]}, messages.Operands((1, 2))),
    ({"type": "example", "operands": [str(2**1024 - 1)]}, messages.Operands((2**1024 - 1,))),
    ({"type": "pace", "frames_per_second": 60}, messages.Pace(60, 0)),
    ({"type": "pace", "updates_per_second": None}, messages.Pace(0, None)),
    ({"type": "configure", "settings": {}}, messages.Configure({})),
    ({"type": "consider", "settings": {"hidden": 2}}, messages.Consider({"hidden": 2})),
    (
        {"type": "configure", "settings": {"task": "parity", "hidden": 2, "noise": 0, "seed": 2**53}},
        messages.Configure({"task": "parity", "hidden": 2, "noise": 0.0, "seed": 2**53}),
    ),
]

BAD = [
    "", "{", "[]", "null", '"train"', "{}", '{"type": 1}', '{"type": "dance"}', '{"type": "train", "now": true}',
    '{"type": "step", "count": 0}', '{"type": "step", "count": 1001}', '{"type": "step", "count": 1.5}',
    '{"type": "step", "count": true}', '{"type": "restore"}', '{"type": "restore", "step": -1}',
    '{"type": "example"}', '{"type": "example", "operands": []}', '{"type": "example", "operands": 5}',
    '{"type": "example", "operands": [-1, 2]}', '{"type": "example", "operands": ["1e3", 2]}',
    '{"type": "example", "operands": ["١٢", 2]}', '{"type": "example", "operands": ["", 2]}',
    '{"type": "example", "operands": [1, 2], "sample": 3}', '{"type": "example", "sample": 1e3}',
    '{"type": "pace", "frames_per_second": 61}', '{"type": "pace", "updates_per_second": -1}',
    '{"type": "pace", "updates_per_second": NaN}', '{"type": "configure"}', '{"type": "configure", "settings": []}',
    '{"type": "configure", "settings": {"hiden": 3}}', '{"type": "configure", "settings": {"hidden": "3"}}',
    '{"type": "configure", "settings": {"hidden": 129}}', '{"type": "configure", "settings": {"learning_rate": -1}}',
    '{"type": "configure", "settings": {"learning_rate": 0}}', '{"type": "configure", "settings": {"clip": 1e300}}',
    '{"type": "configure", "settings": {"noise": Infinity}}', '{"type": "configure", "settings": {"task": 3}}',
    '{"type": "configure", "settings": {"seed": -1}}', '{"type": "configure", "settings": {"seed": 1e999}}',
    "[" * 5000 + "]" * 5000, f'{{"type": "example", "operands": [{"9" * 310}, 1]}}',
    f'{{"type": "example", "operands": [{"9" * 5000}, 1]}}', f'{{"type": "{"x" * messages.LARGEST_MESSAGE}"}}',
    b"\xff\xfe{}", f'{{"type": "example", "operands": [{2**1024}, 1]}}',
]  # fmt: skip


@pytest.mark.parametrize(("document", "message"), GOOD)
def test_good(document, message):
    assert read(json.dumps(document)) == message
    assert read(json.dumps(document).encode()) == message


@pytest.mark.parametrize("text", BAD, ids=lambda text: str(text)[:60])
def test_bad(text):
    with pytest.raises(Malformed) as refused:
        read(text)
    assert 0 < len(str(refused.value)) < 300
    assert "\n" not in str(refused.value)


def test_numbers_that_json_lacks_are_written_as_null():
    written = answers.write(
        {"type": "history", "entries": [{"loss": float("nan"), "step": 3}], "limits": (float("inf"), 0.1)}
    )
    assert json.loads(written) == {"type": "history", "entries": [{"loss": None, "step": 3}], "limits": [None, 0.1]}
