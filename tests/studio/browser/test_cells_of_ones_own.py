"""Cells of one's own on the page: every row with its recorded numbers, every number with a formula that gives it."""

import numpy as np
import pytest
from dom import PATIENCE, array, cells

import throughtime as tt
from throughtime.cells.symbols import cell, exp, maximum, sigmoid, tanh

pytestmark = pytest.mark.long

T, H = 5, 3


@cell(labels={"f": "forget"})
def own(p, x, y, C, m):
    """A state called as the output is, another read through a vector, and one that holds a maximum."""
    f = sigmoid(x @ p.V_f + y @ p.U_f + p.w_f * C + p.b_f)
    a = x @ p.V_a + p.b_a
    m_new = maximum(a, m - f)
    C = f * C + exp(a - m_new) / (1 + exp(-m))
    y = tanh(C)
    return y, C, m_new


def test_every_number_has_its_formula(watched, tmp_path):
    net = tt.Network(cell=own, inputs=2, hidden=H, outputs=1, seed=1)
    net.parameters[:] = np.random.default_rng(2).normal(0, 0.8, net.parameters.shape)
    trace = net.trace(*tt.tasks.Addition(bits=T).encode(13, 6))
    tt.view(trace).save(tmp_path / "page.html")
    page = watched((tmp_path / "page.html").as_uri(), offline=True).page
    page.wait_for_selector('.panel-unrolled [data-array="y_"][data-value]')
    shown = cells(page, ".panel-unrolled")
    layer = trace.layer()
    drawn = {name for name, _, _ in shown} & set(layer.arrays)
    assert drawn == {"f", "a", "m", "C", "y_", "delta_f", "delta_a", "d_m", "d_C", "d_y_"}
    for name in sorted(drawn):
        np.testing.assert_array_equal(array(shown, name, T, H), layer.arrays[name][0], name)
        page.locator(f'.panel-unrolled [data-array="{name}"][data-t="2"][data-unit="1"]').click()
        value = page.locator(".panel-inspector .inspector-value [data-value]").first
        page.wait_for_function(
            "(array) => document.querySelector('.inspector-value [data-array]')?.dataset.array === array", arg=name
        )
        assert float(value.get_attribute("data-value")) == layer.arrays[name][0, 2, 1]
        assert page.locator(".panel-inspector .formula-line math").count() > 1
    page.locator('.panel-unrolled [data-array="f"][data-t="2"][data-unit="1"]').click()
    page.locator(".panel-inspector h3", has_text="Forget gate (0 forgets, 1 remembers) of unit 1 at step 3").wait_for()
    page.locator('.panel-weights [data-array="forget.w"]').first.click()
    page.locator(".panel-inspector h3", has_text="Weight forget.w of unit 0").wait_for()
    steps = page.locator(".panel-inspector tbody .term-value").evaluate_all(
        "all => all.map((one) => one.dataset.value)"
    )
    assert sum(map(float, steps)) == pytest.approx(trace.terms("forget.w").sum(axis=0)[0], rel=1e-12)


def test_a_cell_that_a_page_does_not_know_is_refused_in_a_sentence(chromium, tmp_path):
    trace = tt.Network(cell="elman", inputs=2, hidden=H, outputs=1).trace(*tt.tasks.Addition(bits=4).encode(5, 6))
    text = tt.view(trace).page
    assert '"op":"@T"' in text
    (tmp_path / "page.html").write_text(text.replace('"op":"@T"', '"op":"unheard"'), encoding="utf-8")
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE)
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((tmp_path / "page.html").as_uri())
    page.get_by_text("cannot show the cell elman: it does not know its operation").wait_for()
    assert page.locator("[data-array]").count() == 0
    page.close()
    assert not complaints
