"""A Trace in a notebook, after the notebook was turned into HTML and with no network."""

import numpy as np
import pytest
from dom import PATIENCE, array, cells

import throughtime as tt

pytestmark = pytest.mark.long


def test_view_after_nbconvert(chromium, tmp_path):
    nbformat = pytest.importorskip("nbformat", reason="needs the extra `browser`")
    nbconvert = pytest.importorskip("nbconvert", reason="needs the extra `browser`")
    net = tt.Network(cell="lstm", inputs=2, hidden=4, outputs=1, seed=2)
    task = tt.tasks.Addition(bits=6)
    x, d = task.encode(21, 11)
    trace = net.trace(x, d)
    shown = nbformat.v4.new_output(
        "display_data", {"text/html": tt.view(trace, task=task)._repr_html_(), "text/plain": "View"}
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("tt.view(trace, task=task)", outputs=[shown])])
    page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    (tmp_path / "notebook.html").write_text(page, encoding="utf-8")

    context = chromium.new_context(viewport={"width": 1200, "height": 1000}, offline=True)
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    complaints = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto((tmp_path / "notebook.html").as_uri())
    opened.locator("iframe").scroll_into_view_if_needed()
    frame = opened.locator("iframe").element_handle().content_frame()
    frame.wait_for_selector(".panel-unrolled [data-array=h][data-value]")
    found = cells(frame, ".panel-unrolled")
    for name in ("i", "f", "C_tilde", "o", "C", "h", "delta_i", "delta_f", "delta_C_tilde", "delta_o"):
        np.testing.assert_array_equal(array(found, name, 6, 4), getattr(trace, name)[0], name)
    assert "32" in frame.locator(".panel-sum").inner_text()
    frame.locator('.panel-unrolled [data-array=f][data-t="2"][data-unit="1"]').click()
    frame.locator(".panel-inspector").scroll_into_view_if_needed()
    frame.wait_for_selector(".panel-inspector math")
    context.close()
    assert not [one for one in complaints if "require" not in one and "MathJax" not in one]  # nbconvert's own scripts
