"""The lesson's exercises in a real browser: what they say of right answers, and of wrong ones."""

import numpy as np
import pytest
from lesson_page import number

from throughtime import Network

pytestmark = pytest.mark.long

SEEDS = 5
SOLUTION = """
function backward(x, h, y, d, V, U, W) {
  const [T, H] = [y.length, W.length];
  const zeros = (n) => Array.from({ length: n }, () => Array(H).fill(0));
  const [dV, dU, dW] = [zeros(2), zeros(H), Array(H).fill(0)];
  let after = Array(H).fill(0);
  for (let t = T - 1; t >= 0; t--) {
    const delta_y = (y[t] - d[t]) * y[t] * (1 - y[t]);
    const delta = after.map((_, j) => {
      let back = 0;
      for (let k = 0; k < H; k++) back += after[k] * U[j][k];
      return (delta_y * W[j] + back) * h[t + 1][j] * (1 - h[t + 1][j]);
    });
    for (let j = 0; j < H; j++) {
      dW[j] += h[t + 1][j] * delta_y;
      for (let i = 0; i < 2; i++) dV[i][j] += x[t][i] * delta[j];
      for (let i = 0; i < H; i++) dU[i][j] += h[t][i] * delta[j];
    }
    after = delta;
  }
  return { V: dV, U: dU, W: dW };
}
"""
FAULTS = {
    "first step is never": ("t >= 0", "t > 0"),
    "paired with h of the same step": ("+= h[t][i] * delta", "+= h[t + 1][i] * delta"),
    "takes its transpose": ("U[j][k]", "U[k][j]"),
    "slope of the state is missing": (" * h[t + 1][j] * (1 - h[t + 1][j])", ""),
    "Nothing comes back": ("+ back", "+ 0"),
    "central differences say": ("(y[t] - d[t])", "2 * (y[t] - d[t])"),
    "has not the shape": ("V: dV", "V: dV[0]"),
    "It does not run": ("after = delta", "after = ("),
    "longer than 2 seconds": ("let after", "for (;;); let after"),
}
"""What is said of a program, by what is wrong in it."""


def test_a_backward_pass_is_judged_and_its_fault_named(chapter):
    section = chapter("exercises")
    section.locator("[data-action=backward]").click()
    pane = section.locator(".exercise[data-part=backward]")

    def said(code):
        pane.locator("textarea").fill(code)
        pane.locator(".primary").click()
        pane.locator(".says[data-right]").wait_for()
        return pane.locator(".says").inner_text()

    for _ in range(SEEDS):
        assert said(SOLUTION).startswith("Right: every number agrees")
    for expected, (right, wrong) in FAULTS.items():
        assert SOLUTION.count(right) == 1
        for _ in range(1 if "2 seconds" in expected else SEEDS):
            assert expected in said(SOLUTION.replace(right, wrong))
    pane.get_by_role("button", name="Begin anew").click()
    assert "central differences say" in said(pane.locator("textarea").input_value())


def test_a_digit_is_predicted_before_each_step(chapter):
    section = chapter("exercises")
    section.locator("[data-action=digit]").click()
    pane = section.locator(".exercise[data-part=digit]")
    for seed in range(SEEDS):
        if seed:
            pane.get_by_role("button", name="Another sum").click()
        rows = [[cell.inner_text() for cell in row.locator("td").all()][::-1] for row in pane.locator("tr").all()]
        a, b = (sum(int(bit) << t for t, bit in enumerate(row)) for row in rows[1:3])
        right = 0
        for t in range(8):
            assert pane.locator(".answer").nth(7 - t).inner_text() == "·"
            bit = (a + b) >> t & 1 ^ (t == seed)
            pane.locator(f"[data-bit='{bit}']").click()
            right += t != seed
            says = pane.locator(".says").inner_text()
            assert says.startswith("Right" if t != seed else "No")
            assert f"the digit is {(a + b) >> t & 1}" in says
            assert pane.locator(".answer").nth(7 - t).inner_text() == str((a + b) >> t & 1)
        assert f"{right} of 8 digits" in says
        assert pane.locator("[data-bit='0']").is_disabled()


def test_the_end_of_a_reach_is_found(chapter):
    section = chapter("exercises")
    section.locator("[data-action=reach]").click()
    pane = section.locator(".exercise[data-part=reach]")
    for _ in range(SEEDS):
        sizes = [number(text) for text in pane.locator("b").all_inner_texts()]
        felt = [size >= 0.01 * sizes[-1] for size in sizes]
        end = max(t for t, is_felt in enumerate(felt) if not is_felt)
        for t in range(8):
            pane.locator(f"[data-step='{t + 1}']").click()
            says = pane.locator(".says").inner_text()
            assert says.startswith("Right") == (t == end)
            assert ("Go farther back" in says) == (t > end)
        pane.get_by_role("button", name="Another sum").click()


def test_each_exercise_has_a_link_of_its_own(chapter):
    section = chapter("exercises")
    page = section.page
    for name in ("reach", "backward", "digit", "repair"):
        address, _ = page.url.split("#") if "#" in page.url else (page.url, "")
        page.goto("about:blank")
        page.goto(f"{address}#exercise-{name}")
        page.locator(f".exercise[data-part={name}]").wait_for(state="visible")


def adds(parameters, pairs, T):
    """How many of some pairs (N,2) a network of the default shape adds right, by NumPy's engine."""
    network = Network(inputs=2, hidden=16, outputs=1)
    network.parameters[:] = parameters
    x = pairs[:, None, :] >> np.arange(T)[None, :, None] & 1
    digits = network.predict(x.astype(float))[:, :, 0] > 0.5
    return int(((digits << np.arange(T)).sum(axis=1) == pairs.sum(axis=1)).sum())


def repaired(pane, *changes):
    """What is said of the refuted network once it has been trained on, and whether that is right."""
    for name in ("noise", "decay", "longer"):
        pane.locator(f"[name={name}]").set_checked(name in changes)
    pane.locator(".primary").focus()
    pane.page.keyboard.press("Enter")
    pane.locator(".says[data-right]").wait_for(timeout=300_000)
    says = pane.locator(".says")
    return says.inner_text(), says.get_attribute("data-right") == "true"


@pytest.fixture
def repairing(chapter):
    section = chapter("exercises", viewport={"width": 390, "height": 844})
    section.locator("[data-action=repair]").click()
    pane = section.locator(".exercise[data-part=repair]")
    pane.locator(".paper").wait_for()
    return pane


def is_refuted(pane):
    pane.get_by_text("Refuted: after").wait_for()
    parameters = [float(text) for text in pane.get_attribute("data-parameters").split()]
    every = np.stack(np.divmod(np.arange(65536), 256), axis=1)
    assert adds(parameters, every, 9) == 65536
    rows = [[cell.inner_text() for cell in row.locator("td").all()][::-1] for row in pane.locator("tr").all()]
    sum_ = np.array([[sum(int(bit) << t for t, bit in enumerate(row)) for row in rows[1:3]]])
    assert sum_.max() >= 256
    assert adds(parameters, sum_, len(rows[1])) == 0
    assert pane.locator(".answer[data-right=false]").count() > 0


def test_a_refuted_network_is_proved_once_it_has_had_noise(repairing):
    for seed in range(SEEDS):
        if seed:
            repairing.get_by_role("button", name="Another network").click()
        is_refuted(repairing)
        says, is_right = repaired(repairing, "noise")
        assert is_right, says
        assert says.startswith("Proved: right for numbers of every length")
        assert repairing.locator(".answer[data-right=false]").count() == 0


def test_a_change_that_does_not_help_leaves_a_network_unproved(repairing):
    is_refuted(repairing)
    for changes in ((), ("decay",), ("longer",)):
        says, is_right = repaired(repairing, *changes)
        assert not is_right, says
        assert says.startswith("Undecided: no wrong sum was found, and no proof")
