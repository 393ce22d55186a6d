"""tt.view makes the page of a Trace, whatever was traced."""

import json

import numpy as np
import pytest

import throughtime as tt


def record(view):
    return json.loads(view.page.split('id="throughtime-record">')[1].split("</script>")[0])


def test_a_sum_of_a_task_is_shown_as_one():
    net = tt.Network(cell="elman", inputs=2, hidden=3, outputs=1)
    task = tt.tasks.Addition(bits=5)
    shown = record(tt.view(net.trace(*task.encode(9, 7)), task=task))
    assert shown["frames"][0]["example"]["operands"] == ["9", "7"]
    assert shown["frames"][0]["example"]["states"] == [1, 1, 1, 1, 0]
    assert shown["settings"]["task"] == "addition"
    assert record(tt.view(net.trace(*task.encode(9, 7))))["frames"][0]["example"]["operands"] is None
    with pytest.raises(ValueError, match="parity has 1 inputs and 1 outputs at every step, but the network 2 and 1"):
        tt.view(net.trace(*task.encode(9, 7)), task=tt.tasks.Parity())


def test_the_arrays_that_are_there_are_shown():
    """A trace whose numbers no network computes: they are drawn as they are."""
    task = tt.tasks.Addition(bits=5)
    document = json.loads(tt.Network(cell="lstm", inputs=2, hidden=3, outputs=1).trace(*task.encode(9, 7)).to_json())
    document["layers"][0]["h"][0][2][1] = 7.25
    document["y"][0][3][0] = -2.5
    frame = record(tt.view(tt.Trace.from_json(json.dumps(document)), task=task))["frames"][0]
    assert frame["trace"]["layers"][0]["h"] == document["layers"][0]["h"]
    assert frame["trace"]["y"] == document["y"]
    assert frame["example"]["right"][3] is False


def test_one_sequence_of_a_batch_of_any_kind(tmp_path):
    rng = np.random.default_rng(0)
    net = tt.Network(cell="gru", inputs=3, hidden=4, outputs=2, layers=2, bidirectional=True, output="last step",
                     readout="softmax", loss="cross_entropy")  # fmt: skip
    x, y = rng.normal(size=(4, 7, 3)), np.eye(2)[[0, 1, 1, 0]]
    trace = net.trace((x, [7, 5, 2, 6]), y)
    view = tt.view(trace, 1, height=700)
    frame = record(view)["frames"][0]
    np.testing.assert_array_equal(frame["trace"]["x"], x[1:2, :5])
    np.testing.assert_allclose(frame["trace"]["layers"][2]["h"], trace.layer(1, "forward").h[1:2, :5], rtol=1e-12)
    assert frame["trace"]["loss"] == pytest.approx(trace.error[1], rel=1e-12)
    _, gradient = net.gradient(x[1:2, :5], y[1:2])
    for name in net.names:
        right = tt.Network.of(net.specification, gradient)[name]
        np.testing.assert_allclose(frame["trace"]["gradient"][name], right, rtol=1e-10, atol=1e-12)
    assert frame["exact"]["checked"] == 4
    assert frame["check"]["greatest"] < 1e-7
    assert 'height="700"' in view._repr_html_()
    assert len(repr(view)) < 100 < len(view._repr_html_()) / 1000
    assert "<script" not in view._repr_html_()  # all of it is inside the frame's srcdoc
    view.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == view.page


def test_numbers_of_numpy_are_numbers():
    net = tt.Network(cell="elman", inputs=1, hidden=3, outputs=1, dtype="float32")
    trace = net.trace(np.zeros((2, 3, 1), np.float32), np.ones((2, 3, 1), np.float32))
    assert tt.view(trace, np.int64(1), height=np.int32(500)).page == tt.view(trace, 1, height=500).page
    assert len(repr(tt.view(trace))) < 100


def test_what_is_no_trace_is_refused():
    net = tt.Network(cell="elman", inputs=2, hidden=3, outputs=1)
    with pytest.raises(ValueError, match="view shows a Trace"):
        tt.view(net)
    trace = net.trace(*tt.tasks.Addition(bits=5).encode(9, 7))
    for sequence in (1, -1, True, 0.0, "0", None):
        with pytest.raises(ValueError, match="sequence must be a whole number"):
            tt.view(trace, sequence)
    for height in (0, '9" onload="alert(1)', float("inf"), 10**6):
        with pytest.raises(ValueError, match="height must be a whole number"):
            tt.view(trace, height=height)


@pytest.mark.long
def test_a_long_sequence_is_refused_and_its_neighbours_are_shown():
    net = tt.Network(cell="elman", inputs=1, hidden=3, outputs=1)
    lengths = [1101, 1100, 3]
    trace = net.trace((np.zeros((3, 1101, 1)), lengths), np.zeros((3, 1101, 1)))
    with pytest.raises(ValueError, match="a page shows sequences of up to 1,100 steps, got one of 1,101: cut it into"):
        tt.view(trace, 0)
    frame = record(tt.view(trace, 2))["frames"][0]
    assert frame["trace"]["lengths"] == [3]
    assert frame["exact"]["checked"] == 2
    large = tt.Network(cell="lstm", inputs=1, hidden=128, outputs=1, layers=2)
    with pytest.raises(ValueError, match="of this network of up to 512 steps, got one of 513"):
        tt.view(large.trace(np.zeros((1, 513, 1)), np.zeros((1, 513, 1))))
