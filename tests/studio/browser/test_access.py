"""The keyboard alone suffices, and axe-core finds no serious fault."""

import pytest
from dom import cells, serious_faults, wait_for_step
from running import receive, send

pytestmark = pytest.mark.long


def tab_to(page, where, most=80):
    """Press Tab until the focus is on an element that fits the selector."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(where) => document.activeElement.matches(where)", where):
            return
    raise AssertionError(f"{where} is not reached by {most} times Tab")


def test_the_keyboard_alone(running, watched, line):
    send(line, "configure", settings={"task": "addition", "seed": 0})
    receive(line, "frame", lambda frame: frame["step"] == 0)
    page = watched(running.url).page
    page.get_by_role("button", name="One update").wait_for()
    tab_to(page, "button")
    while page.evaluate("() => document.activeElement.textContent") != "One update":
        page.keyboard.press("Tab")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"  # the focus is seen
    page.keyboard.press("Enter")
    wait_for_step(page, 1)
    tab_to(page, "[role=gridcell]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    at = page.evaluate("() => ({ ...document.activeElement.dataset })")
    page.keyboard.press("Enter")
    page.wait_for_selector(".panel-inspector .inspector-value [data-value]")
    shown = page.locator(".panel-inspector .inspector-value [data-value]").first
    assert shown.get_attribute("data-value") == at["value"]
    tab_to(page, "input[aria-label='Number 1']", 400)
    page.keyboard.press("Control+A")
    page.keyboard.type("5")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("6")
    page.keyboard.press("Enter")
    page.locator(".panel-sum").scroll_into_view_if_needed()
    page.wait_for_function(
        "() => /5\\s*\\+\\s*6\\s/.test(document.querySelector('.panel-sum').innerText.replace(/[01]/g, ''))"
    )
    assert len(cells(page, ".panel-sum")["y", 0, "forward"]) == 8


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_no_serious_fault(running, watched, line, theme, width):
    send(line, "configure", settings={"task": "addition", "seed": 0})
    send(line, "step", count=500)
    receive(line, "frame", lambda frame: frame["step"] == 500)
    page = watched(running.url, color_scheme=theme, bypass_csp=True).page
    page.set_viewport_size({"width": width, "height": 1000})
    wait_for_step(page, 500)
    page.locator('.panel-unrolled [data-array=h][data-t="2"][data-unit="3"]').click()
    page.locator(".panel-inspector").scroll_into_view_if_needed()
    page.wait_for_selector(".panel-inspector .inspector-value [data-value]")
    for panel in (".panel-gradient", ".panel-weights", ".panel-history", ".panel-space"):
        page.locator(panel).scroll_into_view_if_needed()
    assert serious_faults(page) == []
