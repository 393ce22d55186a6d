"""What type checkers say to users: nothing about the README and the examples, and an error at each mistake."""

import json
import re
import subprocess
import sys
from dataclasses import MISSING, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Required, get_origin, get_type_hints

import pytest

import throughtime as tt
from throughtime.generation import training as generation
from throughtime.training.settings import Settings, SettingsButSeed, SettingsFields
from throughtime.weights.network_specification import Fields

ROOT = Path(__file__).parent.parent

BEGIN = """
import numpy as np
import throughtime as tt
from throughtime.sklearn import SequenceClassifier

task = tt.tasks.Addition(bits=8)
net = tt.Network(cell="rnn", inputs=2, hidden=16, outputs=1)
x, y = task.encode(107, 27)
proof = tt.prove(net, task.machine)
"""
RIGHT = """
@tt.cell
def mine(p, x, h):  # type: ignore[no-untyped-def]
    h = tt.tanh(x @ p.V + h @ p.U + p.b)
    return h

tt.Network(cell=mine, inputs=2, hidden=3, outputs=1, dtype="float32")
tt.Network(net.specification, seed=3, init="uniform")
run: tt.Run = tt.train(net, task, steps=10, optimizer=tt.Adam(0.01), clip=None, out="run", validate=tt.Batch(x, y))
for run in tt.train_many(net.specification, task, seeds=range(3), noise=0.2, schedule=tt.Cosine()):
    run.network.predict(x).round()
[len(outputs) for outputs in net.predict([x[0], x[0, :3]])]
net.trace([x[0]], [y[0]]).delta_h.shape
SequenceClassifier(cell="gru", hidden=8, random_state=0).fit(x, [1]).predict(x)
match proof:
    case tt.Proved():
        proof.certificate.save("adder.json")
    case tt.Refuted():
        proof.word
    case tt.Unknown():
        proof.reason
"""
WRONG = [
    "tt.Network(inputs=2, hiden=16, outputs=1)",
    "tt.Network(inputs=2, hidden=16)",
    'tt.Network(inputs=2, hidden="16", outputs=1)',
    "tt.Network(cell=3, inputs=2, hidden=16, outputs=1)",
    'tt.Network(inputs=2, hidden=16, outputs=1, init="glorrot")',
    "tt.Network(net.specification, hidden=3)",
    'tt.train(net, task, steps="many")',
    "tt.train(net, task, learning_rate=0.1)",
    'tt.train(net, task, optimizer="adam")',
    "tt.train(net, 5)",
    "tt.train_many(net.specification, task, seeds=[1], seed=2)",
    "tt.train_many(net.specification, task, seeds=[1], callbacks=[])",
    "SequenceClassifier(cell=3)",
    "tt.load(5)",
    "proof.certificate",
    "tt.Netwrok",
]
WRONG_TO_PYRIGHT = [*WRONG, "SequenceClassifier(hiden=8)"]
"""To mypy, what derives from a class of scikit-learn, which has no types, may take anything."""


def test_what_a_network_takes_by_name_are_the_fields_of_its_specification():
    given, of_specification = get_type_hints(Fields), get_type_hints(tt.NetworkSpecification)
    assert given | {"cell": None} == of_specification | {"cell": None}
    required = {
        name for name, kind in get_type_hints(Fields, include_extras=True).items() if get_origin(kind) is Required
    }
    assert required == {f.name for f in fields(tt.NetworkSpecification) if f.default is MISSING}


def test_what_train_takes_by_name_are_the_fields_of_settings():
    of_settings = get_type_hints(Settings)
    assert get_type_hints(SettingsFields) == of_settings
    assert get_type_hints(SettingsButSeed) == {name: kind for name, kind in of_settings.items() if name != "seed"}
    here = {name: kind for name, kind in of_settings.items() if name not in generation.NOT_HERE}
    assert get_type_hints(generation.SettingsHere) == here


def mypy(folder):
    """(file, line) of each error that `mypy --strict` finds in the files of a folder."""
    config = folder / "mypy.ini"
    config.write_text(
        f"[mypy]\nstrict = true\nmypy_path = {ROOT / 'src'}\nfollow_imports = silent\nignore_missing_imports = true\n"
        f"cache_dir = {folder / 'cache'}\n[mypy-torch.*]\nfollow_imports = skip\n"
        "[mypy-own_cell]\ndisallow_untyped_defs = false\n"  # a step function, in symbols
    )
    command = [sys.executable, "-m", "mypy", "--config-file", str(config), "--no-error-summary", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert not done.stderr, done.stderr
    return {(name, int(line)): text for name, line, text in re.findall(r"(?m)^(\S+?):(\d+): error: (.*)$", done.stdout)}


def pyright(folder):
    """The same of pyright's standard checks; basedpyright is it in a package that brings all it needs."""
    (folder / "pyrightconfig.json").write_text(
        json.dumps({"typeCheckingMode": "standard", "extraPaths": [str(ROOT / "src")], "reportMissingImports": "none"})
    )
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    return {
        (Path(found["file"]).name, found["range"]["start"]["line"] + 1): found["message"]
        for found in json.loads(done.stdout)["generalDiagnostics"]
        if found["severity"] == "error"
    }


def readme():
    """The Python of the README."""
    return "\n".join(re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL))


@pytest.mark.long
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_checkers(checker, tmp_path):
    if find_spec({"mypy": "mypy", "pyright": "basedpyright"}[checker.__name__]) is None:
        pytest.skip(f"{checker.__name__} is not installed")
    files = {path.name: path.read_text() for path in (ROOT / "examples").glob("*.py")} if checker is mypy else {}
    wrong = WRONG if checker is mypy else WRONG_TO_PYRIGHT
    files |= {"readme.py": readme(), "right.py": BEGIN + RIGHT, "wrong.py": "\n".join([BEGIN, *wrong])}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = checker(tmp_path)
    lines = files["wrong.py"].splitlines()
    assert {place: text for place, text in found.items() if place[0] != "wrong.py"} == {}
    assert sorted(lines[line - 1] for name, line in found if name == "wrong.py") == sorted(wrong)
