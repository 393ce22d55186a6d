"""Numbers read out of the page, and how long they are waited for."""

import numpy as np
import pytest

PATIENCE = 120_000
"""Milliseconds; a machine that does other things too may take as long."""

FRAMES = 200
"""Milliseconds of a page whose time stands still: some frames, in which it moves."""

CELLS = """(where) => [...document.querySelectorAll(where + " [data-array][data-value]")].map((cell) => ({
    array: cell.dataset.array, layer: Number(cell.dataset.layer), direction: cell.dataset.direction,
    t: Number(cell.dataset.t), unit: Number(cell.dataset.unit), value: cell.dataset.value }))"""


def stopped(page):
    """The page's time, which stands still from here on, so that no test must be faster than what it looks at."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    return page.clock


def cells(page, where=""):
    """{(array, layer, direction): {(t, unit): value}} of all cells within `where`."""
    found = {}
    for cell in page.evaluate(CELLS, where):
        if " " not in cell["value"]:
            array = found.setdefault((cell["array"], cell["layer"], cell["direction"]), {})
            array[cell["t"], cell["unit"]] = float(cell["value"])
    return found


def array(found, name, T, width, layer=0):
    """The cells of one array of the Trace as (T, width); every one must be there."""
    cells = found[name, layer, "forward"]
    return np.array([[cells[t, unit] for unit in range(width)] for t in range(T)])


def see(page, panel, array, t, unit, value):
    """Scroll to a panel, which is drawn only where it is seen, and wait until one of its cells shows a value."""
    page.locator(panel).scroll_into_view_if_needed()
    page.wait_for_function(
        """([where, value]) => Number(document.querySelector(where)?.dataset.value) === value""",
        arg=[f'{panel} [data-array="{array}"][data-t="{t}"][data-unit="{unit}"]', value],
    )


def serious_faults(page):
    """What axe-core finds to be a serious or critical fault, and where."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra `browser`")
    found = axe.Axe().run(page).response["violations"]
    serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    return [(fault["id"], [node["target"] for node in fault["nodes"]][:5]) for fault in serious]


def wait_for_step(page, step):
    page.wait_for_function(
        "(step) => document.querySelector('[data-counter=step]').textContent === String(step)", arg=step
    )
