"""Every number on the page is that of the plain NumPy cells, and every δ that of central differences."""

import numpy as np
import pytest
from dom import array, cells, see, wait_for_step
from running import at_rest, receive, send

from oracles.of_cells import named_cell
from throughtime.cells import elman, gru, lstm
from throughtime.cells.activations import sigmoid

pytestmark = pytest.mark.long

H = 5
MODULES = {"elman": elman, "lstm": lstm, "gru": gru}
FORWARD = {"elman": ["h"], "lstm": ["i", "f", "C_tilde", "o", "C", "h"], "gru": ["r", "z", "n", "h"]}
GATES = {"elman": {"h": ""}, "lstm": {"i": "input", "f": "forget", "C_tilde": "candidate", "o": "output"},
         "gru": {"r": "reset", "z": "update", "n": "candidate"}}  # fmt: skip
EPSILON = 1e-5


def errors(cell, views, x, d, gate="", nudged=None):
    """E_t (T,) by the plain cell; `nudged` (T,H) is added to a gate's net inputs, like T·H more inputs."""
    T = len(x)
    V_of = [name for name in views if name.endswith("V")]
    more = {name: np.zeros((T * H, H)) for name in V_of}
    if nudged is not None:
        more[f"{gate}.V" if gate else "V"] = np.tile(np.eye(H), (T, 1))
    wider = views | {name: np.vstack([views[name], more[name]]) for name in V_of}
    here = np.kron(np.eye(T), np.ones(H)) * (0 if nudged is None else nudged.ravel())
    plain = named_cell(cell, wider)
    first = [np.zeros((1, H))] * (2 if cell == "lstm" else 1)
    tape = MODULES[cell].forward(plain, np.hstack([x, here])[None], *first)
    y = sigmoid(tape.h[0] @ views["W"] + views["b_y"])
    return ((y - d) ** 2).sum(axis=1) / 2, tape, y


def by_differences(cell, views, x, d, gate):
    """∂E_k/∂net_t of a gate by central differences, (T_k, T_t, H)."""
    T = len(x)
    found = np.zeros((T, T, H))
    for t in range(T):
        for unit in range(H):
            nudge = np.zeros((T, H))
            nudge[t, unit] = EPSILON
            up, down = (errors(cell, views, x, d, gate, sign * nudge)[0] for sign in (1, -1))
            found[:, t, unit] = (up - down) / (2 * EPSILON)
    return found


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
def test_numbers(running, watched, line, cell):
    page = watched(running.url).page
    send(line, "configure", settings={"task": "addition", "cell": cell, "hidden": H, "bits": 6, "seed": 3})
    receive(line, "frame", lambda frame: frame["step"] == 0)
    send(line, "example", operands=[21, 27])
    send(line, "step", count=1000)
    frame = receive(line, "frame", lambda frame: frame["step"] == 1000 and at_rest(frame))
    wait_for_step(page, 1000)
    see(page, ".panel-unrolled", "h", 5, 0, frame["trace"]["layers"][0]["h"][0][5][0])
    shown = cells(page, ".panel-unrolled")
    views = {name: np.array(view) for name, view in frame["trace"]["parameters"].items()}
    x, d = np.array(frame["trace"]["x"][0]), np.array(frame["trace"]["d"][0])
    T = 6
    assert [sum(int(bit) << t for t, bit in enumerate(column)) for column in x.T] == [21, 27]
    assert sum(int(bit[0]) << t for t, bit in enumerate(d)) == 48

    E, tape, y = errors(cell, views, x, d)
    for name in FORWARD[cell]:
        np.testing.assert_allclose(
            array(shown, name, T, H), getattr(tape, name)[0], rtol=1e-12, atol=1e-15, err_msg=name
        )
    np.testing.assert_allclose(array(shown, "x", T, 2), x)
    np.testing.assert_allclose(array(shown, "d", T, 1), d)
    np.testing.assert_allclose(array(shown, "y", T, 1), y, rtol=1e-12)
    np.testing.assert_allclose(array(shown, "error", T, 1)[:, 0], E, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(array(shown, "delta_y", T, 1), (y - d) * y * (1 - y), rtol=1e-11, atol=1e-16)
    reaching = []
    for gate, name in GATES[cell].items():
        differences = by_differences(cell, views, x, d, name)
        np.testing.assert_allclose(
            array(shown, f"delta_{gate}", T, H), differences.sum(axis=0), atol=3e-10, err_msg=gate
        )
        reaching.append(differences)

    see(page, ".panel-gradient", "reach", 5, 5, frame["trace"]["reach"][0][5][5])
    reach = cells(page, ".panel-gradient")["reach", 0, "forward"]
    norms = np.sqrt((np.concatenate(reaching, axis=2) ** 2).sum(axis=2))  # (T_k, T_t)
    for (t, k), value in reach.items():
        assert value == pytest.approx(norms[k, t], abs=3e-10)
    assert len(reach) == T * (T + 1) / 2

    see(page, ".panel-weights", "b_y", 0, 0, views["b_y"][0])
    choice = page.get_by_label("Which weights")
    for option in choice.locator("option").all() if choice.count() else [None]:
        if option is not None:
            choice.select_option(option.get_attribute("value"))
        for (name, *_), numbers in cells(page, ".panel-weights").items():
            view = views.pop(name, None)
            if view is not None:
                at = min(t for t, _ in numbers)
                np.testing.assert_array_equal([numbers[at, unit] for unit in range(view.size)], view.ravel(), name)
    assert not views  # every one was there


def test_the_last_step_and_two_layers(running, watched, line):
    page = watched(running.url).page
    send(line, "configure", settings={"task": "recall", "cell": "gru", "hidden": 3, "layers": 2, "gap": 4})
    frame = receive(line, "frame", lambda frame: len(frame["trace"]["layers"]) == 2)
    wait_for_step(page, 0)
    page.wait_for_selector('[data-array=h][data-layer="1"][data-value]')
    shown = cells(page, ".panel-unrolled")
    for layer in (0, 1):
        for name in ("r", "z", "n", "h", "delta_r", "delta_z", "delta_n"):
            wanted = frame["trace"]["layers"][layer][name][0]
            np.testing.assert_array_equal(array(shown, name, 5, 3, layer), wanted)
