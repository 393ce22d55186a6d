"""The commands run in an empty folder, inside this process; what they print and their status is what is tested."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

import throughtime as tt
from throughtime.cli import app
from throughtime.training import recipes
from throughtime.weights.files import save_network


class Outcome(NamedTuple):
    """What a command left: its status, what it printed, what it complained about."""

    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def complaint(self):
        """The one line of an error, without its "error: "."""
        assert self.out == ""
        assert self.err.count("\n") == 1
        assert self.err.startswith("error: ")
        return self.err.removeprefix("error: ").strip()


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def throughtime():
    """Run a command: throughtime("add", 107, 27)."""

    def run(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture(scope="session")
def adder():
    """A network that adds."""
    task = tt.tasks.Addition(bits=8)
    recipe = recipes.default(task)
    net = tt.Network(**recipe.network, init=recipe.init, seed=0)
    return tt.train(net, task, seed=0, **recipe.settings).network


@pytest.fixture
def adder_file(adder, here):
    """The file of a network that adds."""
    save_network(adder, here / "adder.safetensors", "addition")
    return "adder.safetensors"


@pytest.fixture
def forgetful(here):
    """The file of a network that always tells 0."""
    net = tt.Network(inputs=2, hidden=4, outputs=1)
    net.parameters[:] = 0
    net["b_y"] = -5
    save_network(net, here / "forgetful.safetensors", "addition")
    return "forgetful.safetensors"
