"""The panels beside the picture: formulas, the way to the lesson, pictures that are saved."""

from xml.etree import ElementTree

import numpy as np
import pytest
from dom import see, wait_for_step
from running import at_rest, receive, send

from oracles.of_cells import named_cell
from throughtime.cells import elman, gru, lstm

pytestmark = pytest.mark.long

H = 4
MODULES = {"elman": elman, "lstm": lstm, "gru": gru}
SHOWN = {
    "elman": ["h", "delta_h"],
    "lstm": ["i", "f", "C_tilde", "C", "o", "h", "d_h", "d_C", "delta_i", "delta_f", "delta_C_tilde", "delta_o"],
    "gru": ["r", "z", "n", "h", "d_h", "delta_r", "delta_z", "delta_n"],
}
WHOLE_SUMS = {"elman": [], "lstm": ["C", "d_h", "d_C"], "gru": ["h", "d_h"]}
"""The arrays whose formula is a sum and nothing around it, so that the table's terms add up to the value."""


def is_of(frame, cell):
    return frame["trace"]["specification"]["cell"] == cell and frame["trace"]["specification"]["hidden"] == H


def shown(page):
    """The inspector's value and its tables' totals."""
    numbers = page.locator(".panel-inspector").evaluate(
        """(panel) => [panel.querySelector(".inspector-value [data-value]").dataset.value,
            ...[...panel.querySelectorAll(".terms-total [data-value]")].map((total) => total.dataset.value)]"""
    )
    return [float(number) for number in numbers]


def choose(page, array, t, unit):
    page.evaluate(
        """([array, t, unit]) => document.querySelector(
            `.panel-unrolled [data-array="${array}"][data-t="${t}"][data-unit="${unit}"]`).click()""",
        [array, t, unit],
    )
    page.wait_for_function(
        """([array, t, unit]) => { const shown = document.querySelector(".inspector-value [data-array]")?.dataset;
            return shown && shown.array === array && shown.t === String(t) && shown.unit === String(unit); }""",
        arg=[array, t, unit],
    )


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
def test_each_cell_has_its_formula(running, watched, line, cell):
    send(line, "configure", settings={"task": "addition", "cell": cell, "hidden": H, "seed": 1})
    receive(line, "frame", lambda frame: frame["step"] == 0 and is_of(frame, cell))
    send(line, "step", count=20)
    frame = receive(line, "frame", lambda frame: frame["step"] == 20 and at_rest(frame))
    page = watched(running.url).page
    wait_for_step(page, 20)
    trace = frame["trace"]
    see(page, ".panel-unrolled", SHOWN[cell][-1], 0, 0, trace["layers"][0][SHOWN[cell][-1]][0][0][0])
    for array in SHOWN[cell]:
        choose(page, array, 1, H - 1)
        value, *totals = shown(page)
        assert value == trace["layers"][0][array][0][1][H - 1], array
        if array in WHOLE_SUMS[cell]:
            assert totals[0] == pytest.approx(value, rel=1e-12, abs=1e-18), array

    # the sum inside S(…) is the net input of the plain cells
    views = {name: np.array(view) for name, view in trace["parameters"].items()}
    first = [np.zeros((1, H))] * (2 if cell == "lstm" else 1)
    tape = MODULES[cell].forward(named_cell(cell, views), np.array(trace["x"]), *first)
    gate = {"elman": "h", "lstm": "f", "gru": "z"}[cell]
    choose(page, gate, 2, 3)
    gate_value = getattr(tape, gate)[0, 2, 3]
    assert shown(page)[1] == pytest.approx(np.log(gate_value / (1 - gate_value)), rel=1e-11)


def test_a_term_leads_to_its_cell(running, watched, line):
    send(line, "configure", settings={"task": "addition", "cell": "elman", "hidden": H, "seed": 1})
    frame = receive(line, "frame", lambda frame: frame["step"] == 0 and is_of(frame, "elman"))
    page = watched(running.url).page
    see(page, ".panel-unrolled", "delta_h", 2, 1, frame["trace"]["layers"][0]["delta_h"][0][2][1])
    choose(page, "delta_h", 2, 1)
    term = page.locator('.panel-inspector button[data-array="delta_h"][data-t="3"]').first
    value = float(term.get_attribute("data-value"))
    term.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('.inspector-value [data-array]').dataset.t === '3'")
    assert shown(page)[0] == value
    weight = page.locator('.panel-inspector button[data-array="U"]').first
    weight.click()
    page.wait_for_selector(".panel-inspector .facts")
    steps = page.locator(".panel-inspector tbody .term-value").evaluate_all(
        "all => all.map((one) => one.dataset.value)"
    )
    assert len(steps) == frame["trace"]["lengths"][0]
    assert sum(map(float, steps)) == pytest.approx(shown(page)[0], rel=1e-12)


def test_prove_is_offered_where_something_can_be_proved(running, watched, line):
    send(line, "configure", settings={"task": "recall", "seed": 1})
    why = receive(line, "hello", lambda hello: hello["settings"]["task"] == "recall")["unable"]["prove"]
    page = watched(running.url).page
    prove = page.locator(".prove button").first
    prove.wait_for(state="hidden")
    assert page.locator(".verdict").inner_text()[1:] == f"{why}."[1:]
    send(line, "configure", settings={"task": "addition", "seed": 1})
    prove.wait_for()
    assert prove.is_enabled()


def test_the_lesson_is_a_link_away(running, watched):
    page = watched(running.url).page
    page.get_by_role("link", name="the lesson").click()
    page.wait_for_selector("#adds .paper")
    page.locator("#adds [data-action=learn]").click()
    assert page.locator("#adds output[data-name=right]").inner_text() == "200"


def test_a_panel_is_saved_as_a_picture_of_its_own(running, watched):
    page = watched(running.url).page
    page.locator(".panel-gradient").scroll_into_view_if_needed()
    page.wait_for_selector(".panel-gradient .square")
    saved = {}
    for kind in ("SVG", "PNG"):
        with page.expect_download() as download:
            page.locator(".panel-gradient").get_by_role("button", name=f"Save this picture as {kind}").click()
        saved[kind] = download.value
    assert saved["SVG"].suggested_filename.endswith(".svg")
    picture = ElementTree.parse(saved["SVG"].path()).getroot()
    tags = {element.tag.split("}")[1] for element in picture.iter()}
    assert tags <= {"svg", "g", "rect", "path", "text", "line", "circle", "image", "title"}
    words = " ".join("".join(text.itertext()) for text in picture.iter("{http://www.w3.org/2000/svg}text"))
    assert "error made at one step" in words
    png = saved["PNG"].path().read_bytes()
    width, height = (int.from_bytes(png[k : k + 4], "big") for k in (16, 20))
    assert [width, height] == [2 * int(picture.get("width")), 2 * int(picture.get("height"))]
