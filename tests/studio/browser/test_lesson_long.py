"""The lesson's chapters on long memory in a real browser: every sentence that says what its figures show."""

import json

import numpy as np
import pytest
from dom import FRAMES, stopped
from lesson_page import known, press, value

from throughtime.cells.activations import sigmoid

pytestmark = pytest.mark.long

TEN = 10


class Plane:
    """What NumPy makes of the network on the page of chapter 11."""

    def __init__(self, section):
        parameters = json.loads(section.locator(".planes").get_attribute("data-parameters"))
        self.V, self.U, self.b, self.W, self.c = (np.array(parameters[k]) for k in ("V", "U", "b_h", "W", "b_y"))

    def step(self, x, h):
        return np.tanh(x @ self.V + h @ self.U + self.b)

    def output(self, h):
        return sigmoid(h @ self.W + self.c)[..., 0]


def fixed_points(section):
    """By input: the attracting ones, and those that let go."""
    found = {}
    for figure in section.locator(".planes figure").all():
        x = tuple(map(int, figure.locator("figcaption").inner_text().removeprefix("it reads ").split()))
        found[x] = [
            [tuple(map(float, circle.get_attribute("data-value").split())) for circle in figure.locator(css).all()]
            for css in (".fixed.stable", ".fixed:not(.stable)")
        ]
    return found


def test_two_units_shape_their_plane_into_a_memory(chapter):
    section = chapter("plane")
    everywhere = np.stack(np.meshgrid(*[np.linspace(-1, 1, 21)] * 2), axis=-1).reshape(-1, 2)
    for seed in range(TEN):
        if seed:
            section.get_by_role("button", name="Another network").click()
        assert value(section, "updates") == "0"
        assert int(value(section, "right")) < 60
        section.locator("[data-action=learn]").click()
        assert (value(section, "updates"), value(section, "right")) == ("600", "200"), f"seed {seed}"
        network = Plane(section)
        for x, (attracting, letting_go) in fixed_points(section).items():
            for point in attracting + letting_go:
                assert network.step(np.array(x), np.array(point)) == pytest.approx(np.array(point), abs=1e-8)
            h = everywhere
            for _ in range(100):
                h = network.step(np.array(x), h)
            apart = np.linalg.norm(h[:, None] - np.array(attracting), axis=-1).min(axis=1)
            sides = {bool(network.output(np.array(point)) > 0.5) for point in attracting}
            if x[0] == x[1]:  # kept: a place on either side, and one between them that lets go
                assert (len(attracting), len(letting_go), len(sides)) == (2, 1, 2)
                first, second, between = map(np.array, [*attracting, *letting_go])
                assert 0 < (between - first) @ (second - first) < (second - first) @ (second - first)
            else:  # decided, and whatever was falls to the one place
                assert (len(attracting), len(letting_go), sides) == (1, 0, {x[0] > x[1]})
                assert apart.max() < 1e-6
            assert np.median(apart) < 1e-3


def test_a_step_bends_the_straight_grid(chapter):
    section = chapter("plane")
    grid = section.locator(".planes .grid").first

    def first_line():
        return np.array(
            [part.split() for part in grid.get_attribute("d").removeprefix("M").split("M")[0].split("L")], dtype=float
        )

    straight = first_line()
    assert section.locator(".legend .key:visible").count() == 2  # no fixed points are shown yet
    section.locator("[data-action=step]").click()
    bent = first_line()
    assert np.ptp(straight[:, 0]) == 0
    assert np.ptp(bent[:, 0]) > 5
    section.locator(".slider input").fill("0.5")
    assert first_line() == pytest.approx((straight + bent) / 2, abs=0.1)
    network = Plane(section)
    along = np.stack([np.full(21, -1.0), np.linspace(-1, 1, 21)], axis=-1)
    moved = network.step(np.zeros(2), along)
    scaled = (moved * [1, -1] + 1.08) / 2.16 * 200
    assert bent == pytest.approx(scaled, abs=0.051)


def test_training_and_bending_can_be_watched(chapter):
    section = chapter("plane", reduced_motion="no-preference")
    time = stopped(section.page)
    for name in ("▶ Let it learn", "Pause", "Go on"):
        section.get_by_role("button", name=name).click()
        time.run_for(FRAMES)
    assert 0 < int(value(section, "updates")) < 600
    time.resume()
    section.locator(".buttons .primary:disabled").wait_for()
    assert value(section, "right") == "200"
    section.locator("[data-action=step]").click()
    pytest.importorskip("playwright.sync_api").expect(section.locator(".slider input")).to_have_value("1")


WRITES = [0, 5, 9]
"""The steps of chapter 10 at which the pencil writes: 1, 0 and 1."""


def read_cell(section, steps=12):
    """The numbers in the drawing at each step."""
    found = []
    for column in section.locator(".strip .column").all():
        column.click()
        numbers = section.locator(".cell-of:not([hidden]) [data-array]").all()
        found.append({at.get_attribute("data-array"): float(at.get_attribute("data-value")) for at in numbers})
    assert len(found) == steps
    return found


def kept(section):
    return [float(bar.get_attribute("data-value")) for bar in section.locator(".strip .kept").all()]


def outputs(section):
    return [float(text.get_attribute("data-value")) for text in section.locator(".strip [data-right]").all()]


def numpy_lstm(section, forget=None, given_input=None):
    p = json.loads(section.locator(".strip").get_attribute("data-parameters"))
    h = C = 0.0
    for read, write in zip([1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1], [t in WRITES for t in range(12)], strict=True):
        net = {
            gate: np.array([read, write, h, 1])
            @ np.ravel([p[f"{gate}.V"][0], p[f"{gate}.V"][1], p[f"{gate}.U"][0], p[f"{gate}.b"]])
            for gate in ("input", "forget", "candidate", "output")
        }
        f = sigmoid(net["forget"]) if forget is None else forget
        i = sigmoid(net["input"]) if given_input is None else given_input
        C = f * C + i * np.tanh(net["candidate"])
        h = sigmoid(net["output"]) * np.tanh(C)
        yield float(f), float(C), float(sigmoid(h * p["W"][0][0] + p["b_y"][0]))


def test_an_lstm_says_its_numbers(chapter):
    section = chapter("gates")
    f, C, y = map(list, zip(*numpy_lstm(section), strict=True))
    cell = read_cell(section)
    assert [step["f"] for step in cell] == pytest.approx(f, abs=1e-12)
    assert kept(section) == pytest.approx(C, abs=1e-12)
    assert outputs(section) == pytest.approx(y, abs=1e-12)
    assert (value(section, "right"), value(section, "now")) == ("12", "12")
    for t in range(12):
        assert f[t] < 0.3 if t in WRITES else f[t] > 0.7
        before = C[t - 1] if t else 0
        assert C[t] == pytest.approx(f[t] * before + cell[t]["i"] * cell[t]["C_tilde"], abs=1e-12)
        assert -1 < cell[t]["C_tilde"] < 1


def test_the_forget_gate_by_hand(chapter):
    section = chapter("gates")
    learned = kept(section)
    for forget in (0, 0.5, 1):
        section.locator(f"[data-action='{forget}']").click()
        by_numpy = list(numpy_lstm(section, forget))
        assert kept(section) == pytest.approx([C for _, C, _ in by_numpy], abs=1e-12)
        now = kept(section)
        if forget == 0:
            assert abs(now[1]) < 0.1 < 0.9 < now[0]  # gone
        elif forget == 0.5:
            assert now[1] / now[0] == pytest.approx(0.5, abs=0.1)  # about halved
            assert max(map(abs, now[3:5])) < 0.1  # soon nothing is left
        else:
            assert min(now[:5]) > 0.8  # nothing is lost
            assert now[5] == pytest.approx(now[4] - 0.95, abs=0.15)  # the written 0 is added to what was there
    section.locator(".slider.gate input").first.fill("0.25")
    assert section.locator(".slider.gate:visible span").all_inner_texts() == [
        "forget gate f, by hand",
        "input gate i, as it learned",
    ]
    assert kept(section) == pytest.approx([C for _, C, _ in numpy_lstm(section, 0.25)], abs=1e-12)
    section.locator("[data-action=free]").click()
    assert kept(section) == learned
    assert "by hand" not in "".join(section.locator(".slider.gate span").all_inner_texts())


def test_the_input_gate_by_hand(chapter):
    section = chapter("gates")
    section.locator("[data-action=shut]").click()
    assert kept(section) == [0] * 12  # nothing comes in
    section.locator("[data-action=wide]").click()
    by_numpy = [C for _, C, _ in numpy_lstm(section, given_input=1)]
    assert kept(section) == pytest.approx(by_numpy, abs=1e-12)
    cell = read_cell(section)
    now = kept(section)
    for t in range(1, 12):
        assert now[t] - cell[t]["f"] * now[t - 1] == pytest.approx(cell[t]["C_tilde"], abs=1e-12)  # every candidate
    section.locator("[data-action=gru]").click()
    assert section.locator(".slider.gate:visible").count() == 1


def test_a_gru_keeps_with_one_gate(chapter):
    section = chapter("gates")
    said = section.locator("[data-light=f] output").all_inner_texts()
    section.locator("[data-action=gru]").click()
    assert not known(section, "now")
    assert known(section, "right")
    assert section.locator("output[data-name=right]:visible").inner_text() == "12"
    assert section.locator("[data-light=f] output").all_inner_texts() == said  # the LSTM's, of which it speaks
    cell, h = read_cell(section), kept(section)
    assert value(section, "z") == f"{cell[-1]['z']:.2f}"
    assert "…" not in section.locator(".text").inner_text()
    for t, step in enumerate(cell):
        before = h[t - 1] if t else 0
        assert h[t] == pytest.approx(step["z"] * before + (1 - step["z"]) * step["n"], abs=1e-12)
    assert max(cell[t]["z"] for t in WRITES) < 0.1
    assert np.median([step["z"] for t, step in enumerate(cell) if t not in WRITES]) > 0.9
    for part, name in (("f", "LSTM"), ("z", "GRU"), ("o", "LSTM")):  # what is read of is shown
        section.locator(f"[data-light={part}]").last.evaluate("p => p.scrollIntoView()")
        other = {"LSTM": "See the GRU", "GRU": "Back to the LSTM"}[name]
        section.locator(".buttons").get_by_text(other, exact=True).wait_for()


def test_an_error_fades_or_explodes_on_its_way_back(chapter):
    section = chapter("long")
    curve = section.locator(".fading")
    gap, gain = (section.locator(f".slider[data-part={name}] input") for name in ("gap", "gain"))

    def norms():
        return np.array(curve.get_attribute("data-value").split(), dtype=float)

    growth = []
    for _ in range(TEN // 2):
        gap.fill("50")
        gain.fill("1")
        assert len(norms()) == 51
        assert (norms()[1:] / norms()[:-1] < 0.25).all()  # a quarter at most, by U that only turns
        section.locator("[data-action=tanh]").click()
        assert 1e-3 < norms()[-1] / norms()[0] < 1  # hardly fades
        kept = norms()
        gain.fill("0.8")
        assert norms()[-1] / norms()[0] < 1e-4 < kept[-1] / kept[0]  # fades again
        press(section, "explode")
        growth.append(norms()[-1] / norms()[0])
        assert growth[-1] > 10
        assert value(section, "clipped") == "1.0"
        assert float(curve.get_attribute("data-gradient")) > 1
        section.get_by_role("button", name="Use the sigmoid").click()
        section.get_by_role("button", name="Another network").click()
    assert growth[0] > 1e4  # the first one explodes, and most others
    assert np.median(growth) > 1e3, growth


def test_a_hundred_networks_say_what_decides(chapter):
    section = chapter("long")
    section.locator("[data-action=run]").click()
    section.locator(".buttons .primary:disabled").wait_for()
    rows = [
        [cell.split("/") for cell in row.locator("td").all_inner_texts()]
        for row in section.locator(".race tbody tr").all()
    ]
    assert {total for row in rows for _, total in row} == {"5"}
    sigmoids, halves, orthogonal, lstm = [[int(learned) for learned, _ in row] for row in rows]
    assert sigmoids[2:] == [0, 0, 0]
    assert orthogonal == [5] * 5
    assert sum(lstm) >= 22
    assert sum(halves[3:]) < 5
