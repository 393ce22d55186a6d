"""The browser's engine in Node: every number against Python's, and what it draws, trains, checks and refuses."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from throughtime import cell, sigmoid, tanh
from throughtime.bridges.javascript import to_javascript
from throughtime.cells.graph import Graph
from throughtime.studio.export import PAGE
from throughtime.weights.network_specification import NetworkSpecification

HERE = Path(__file__).parent / "engine"
ENGINE = PAGE / "engine"
pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


def folder_of(folder: Path, *cells: str, fixtures: str = "fixtures.py") -> Path:
    """The engine's modules, the cells written for them, and what Python says of networks of these cells, or of all."""
    for module in ENGINE.rglob("*.js"):
        target = folder / module.relative_to(ENGINE)
        target.parent.mkdir(exist_ok=True)
        shutil.copy(module, target)
    (folder / "package.json").write_text('{"type": "module"}')
    subprocess.run([sys.executable, HERE / fixtures, folder, *cells], check=True, timeout=600)
    return folder


def node(test: str, folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["node", "--test", "--test-reporter=spec", HERE / test],
        env={**os.environ, "FOLDER": str(folder)},
        capture_output=True,
        text=True,
        timeout=600,
    )


def passes(test: str, folder: Path) -> None:
    done = node(test, folder)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return folder_of(tmp_path_factory.mktemp("engine"))


@pytest.mark.long
def test_every_number_is_pythons(whole):
    passes("agreement.mjs", whole)


@pytest.mark.long
def test_it_draws_learns_checks_and_refuses(whole):
    passes("engine.mjs", whole)


@pytest.mark.long
def test_the_session_in_the_browser_answers_as_the_studio_does(tmp_path):
    passes("session.mjs", folder_of(tmp_path, fixtures="session_fixtures.py"))


PLANTED = {
    "the slope of tanh": ("cells.js", "(1 - C_tilde * C_tilde)", "(1 - C_tilde)"),
    "h_t in place of h_(t-1)": ("cells.js", "addGradient(before, 0, H,", "addGradient(before, B * H, H,"),
    "a δ that is not stored": ("cells.js", "delta[deltaRow + unit + H] = delta_f;", ""),
    "no ∂C for the step before": ("cells.js", "error[B * H + place] = v", "error[B * H + place] = 0 * v"),
    "no error through a gate": ("cells.js", "Transposed(delta, deltaAt + 2 * H", "(delta, deltaAt + 2 * H"),
    "the candidate reads h, not r ∘ h": ("cells.js", "multiply(gates, gatesAt + 3 * H", "multiply(before, beforeAt"),
    "a bias that has no gradient": ("cells.js", "if (bias) addRows(delta, H,", "if (false) addRows(delta, H,"),
    "the first step": ("passes.js", "t >= 0", "t > 0"),
    "the weights of the mask": ("readout.js", "error[row] = weight *", "error[row] ="),
    "a row of a product": ("product.js", "q3 += q * m3;", "q3 += p * m3;"),
}  # fmt: skip
"""Errors of hand-written back-propagation: the file, what stands there, and what is put in its place."""


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    return folder_of(tmp_path_factory.mktemp("some"), "lstm", "gru_before", "lem")


@pytest.mark.long
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_seen(some, tmp_path, name):
    file, right, wrong = PLANTED[name]
    folder = shutil.copytree(some, tmp_path / "planted")
    text = (folder / file).read_text()
    assert right in text
    (folder / file).write_text(text.replace(right, wrong))
    assert "AssertionError" in node("agreement.mjs", folder).stdout


def test_what_is_not_planted_passes(some):
    passes("agreement.mjs", some)


def test_two_cells_of_one_name_and_normalised_ones_are_refused():
    @cell(name="own")
    def one(p, x, h):
        h = tanh(x @ p.V + h @ p.U)
        return h

    @cell(name="own")
    def other(p, x, h):
        h = sigmoid(x @ p.V + h @ p.U)
        return h

    sizes = {"inputs": 1, "hidden": 2, "outputs": 1}
    specifications = [NetworkSpecification(cell=step, **sizes) for step in (one, other)]
    with pytest.raises(ValueError, match="two different cells are called own"):
        to_javascript(*specifications)
    assert to_javascript(specifications[0], specifications[0]) == to_javascript(specifications[0])
    with pytest.raises(ValueError, match="layer_norm"):
        to_javascript(NetworkSpecification(cell=one, layer_norm=True, **sizes))


def test_a_cell_and_its_parameters_may_be_called_as_what_objects_are_made_from(tmp_path):
    @cell(name="__proto__", start={"__proto__": 1})
    def odd(p, x, h):
        h = tanh(x @ p.V + h @ p.U + p.__proto__)
        return h

    for name in ("functions.js", "product.js"):
        shutil.copy(ENGINE / name, tmp_path)
    (tmp_path / "cells.mjs").write_text(to_javascript(NetworkSpecification(cell=odd, inputs=1, hidden=2, outputs=1)))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    program = "import { cells } from './cells.mjs'; const [[name, { start }]] = Object.entries(cells); "
    program += "console.log(name, ...Object.entries(start).flat());"
    command = ["node", "--input-type=module", "-e", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("__proto__ __proto__ [ 1, 1 ]\n", "")


def test_names_from_outside_are_never_code():
    """A cell of another's is data: its names are words, and a word of JavaScript or of the engine is none of them."""
    names = ["return", "gates", "place", "H", "eval", "é"]

    @cell
    def hostile(p, x, h):
        locals_ = {name: x @ getattr(p, f"V_{k}") + h @ getattr(p, f"U_{k}") for k, name in enumerate(names)}
        h = sum((tanh(value) for value in locals_.values()), 0)
        return h

    content = hostile.as_dict()
    nets = [o for o in content["operations"] if o["op"] == "+"][: len(names)]
    for operation, name in zip(nets, names, strict=True):
        operation["name"] = name
    graph = Graph.from_dict(content)
    text = to_javascript(NetworkSpecification(cell=graph, inputs=1, hidden=2, outputs=1))
    declared = re.findall(r"const (\S+) =", text)
    assert text.isascii()
    assert not {"return", "gates", "eval", "H"} & set(declared)
