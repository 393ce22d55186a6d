"""Scripts of the forward pass, run where throughtime cannot be imported."""

import ast
import subprocess
import sys

import numpy as np
import pytest

from oracles import plain_networks
from oracles.cases import CELLS, FORMS, LOSSES, problem
from oracles.step_functions import STEPS
from throughtime.bridges.exported import Exported
from throughtime.bridges.numpy_script import save_script, to_numpy

OUTPUTS = ["every step", "last step"]


def predict_of(text):
    script = {"__name__": "script"}
    exec(text, script)
    return script["predict"]


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("bias", [True, False])
def test_equal_outputs(name, form, output, bias):
    q = problem(output=output, bias=bias, **CELLS[name], **FORMS[form])
    np.testing.assert_allclose(predict_of(to_numpy(q.net))(q.x), q.net.predict(q.x), atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_readouts_and_dtypes(loss, dtype):
    q = problem(dtype=dtype, **LOSSES[loss])
    y = predict_of(to_numpy(q.net))(q.x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, q.net.predict(q.x), atol=1e-6 if dtype == "float32" else 1e-12)


def test_no_parameter_changes():
    q = problem(dtype="float32", cell="elman", activation="tanh")
    script = {"__name__": "script"}
    exec(to_numpy(q.net), script)
    np.testing.assert_array_equal(script["P"]["layer0"]["U"], q.net["U"])
    np.testing.assert_array_equal(script["P"]["readout"]["W"], q.net["W"])


def test_as_a_program_without_throughtime(tmp_path):
    q = problem(cell="lstm", layers=2)
    path = tmp_path / "net.py"
    assert save_script(q.net, path) < 1e-12
    imported = [
        name.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import)
        for name in node.names
    ]
    assert imported == ["sys", "numpy"]
    steps = "\n".join(" ".join(map(repr, row)) for row in q.x[0].tolist())
    program = (
        f"import runpy, sys; sys.modules['throughtime'] = None; runpy.run_path({str(path)!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], input=steps, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    y = np.array([line.split() for line in done.stdout.splitlines()], float)
    np.testing.assert_allclose(y, q.net.predict(q.x[:1])[0], atol=1e-12)


def test_a_wrong_shape_is_told():
    predict = predict_of(to_numpy(problem().net))
    with pytest.raises(ValueError, match=r"x must be \(batch, time, 2 features\) with at least one step, got \(5, 2\)"):
        predict(np.zeros((5, 2)))


NASTY = [
    '""";import os;os.system("touch run");""".py', "a\nimport os; os.mkdir('run')\n.py", "'''.py", "{0.__class__}.py",
    "\\.py", '"\\N{BULLET}.py', "import.py", "class.py", "a b.py", "1.py", "%s.py", "\x1b[2J.py", "ü.py",
]  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
def test_a_file_name_never_becomes_code(name, tmp_path):
    q = problem()
    save_script(q.net, tmp_path / name)
    program = f"import runpy; s = runpy.run_path({str(tmp_path / name)!r}); print(sorted(s))"
    done = subprocess.run(
        [sys.executable, "-B", "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "'predict'" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == [name]
    tree = ast.parse((tmp_path / name).read_text())
    assert {type(node) for node in tree.body} <= {ast.Expr, ast.Import, ast.FunctionDef, ast.Assign, ast.If}
    assert len([node for node in tree.body if isinstance(node, ast.Expr)]) == 1  # the documentation


def test_the_documentation_names_the_module():
    net = problem().net
    assert "from adder import predict" in to_numpy(net, "adder")
    assert "from network import predict" in to_numpy(net, "import")


def run(text, given, tmp_path):
    """Run a script as a program."""
    (tmp_path / "net.py").write_text(text)
    return subprocess.run(
        [sys.executable, "-I", "net.py"], input=given, capture_output=True, text=True, cwd=tmp_path, timeout=60
    )


@pytest.mark.parametrize("given", ["1 2 3\n", "1 two\n", "1 2\n3\n"])
def test_wrong_input_of_the_program_is_one_line(given, tmp_path):
    done = run(to_numpy(problem().net), given, tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_the_program_of_a_table_reads_one_number_a_line(tmp_path):
    net = problem(inputs=1).net
    text = to_numpy(Exported(net, table=True))
    x = np.array([0.5, -1, 2])
    done = run(text, "0.5\n-1\n2\n", tmp_path)
    np.testing.assert_allclose(
        [list(map(float, line.split())) for line in done.stdout.splitlines()], net.predict(x[None, :, None])[0]
    )
    assert run(text, "1 2\n3 4\n", tmp_path).stderr.startswith("error: x must be")


@pytest.mark.parametrize("name", STEPS)
def test_cells_of_ones_own(name):
    q = problem(cell=STEPS[name], layers=2, lengths=(3, 3))
    q.net.parameters[:] *= 0.5
    script = {"__name__": "script"}
    exec(to_numpy(q.net), script)
    y = script["predict"](q.x)
    np.testing.assert_allclose(y, plain_networks.predict(q.net, q.x), atol=1e-12, rtol=1e-12)
    np.testing.assert_allclose(stepped(script, q.x), y, atol=1e-13)


def stepped(script, x):
    """The outputs of a script's step, from sequences read step by step."""
    state, outputs = script["initial_state"](len(x)), []
    for t in range(x.shape[1]):
        y, state = script["step"](x[:, t], state)
        outputs.append(y)
    return np.stack(outputs, axis=1)


@pytest.mark.parametrize("fields", [{"layers": 3, "cell": "lstm"}, {"dtype": "float32", "bias": False}])
def test_step_by_step(fields):
    q = problem(**fields)
    script = {"__name__": "script"}
    exec(to_numpy(q.net), script)
    y, state = [], q.net.initial_state(len(q.x))
    for t in range(q.x.shape[1]):
        y_t, state = q.net.step(q.x[:, t], state)
        y.append(y_t)
    found = stepped(script, q.x)
    assert found.dtype == q.net.specification.dtype
    np.testing.assert_allclose(found, np.stack(y, axis=1), atol=1e-12 if "layers" in fields else 1e-6)
    with pytest.raises(ValueError, match=r"x must be \(batch, features\) = \(1, 2\) for this state, got \(3, 2\)"):
        script["step"](q.x[:, 0], script["initial_state"]())


def test_what_reads_whole_sequences_has_no_step():
    for what in (problem(bidirectional=True).net, Exported(problem(output="last step").net, horizon=1, window=4)):
        script = {"__name__": "script"}
        exec(to_numpy(what), script)
        assert "predict" in script
        assert "step" not in script
