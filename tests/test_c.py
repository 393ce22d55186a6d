"""Files in C99, compiled with every warning an error, against the network over random sequences."""

import ctypes
import os
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

import throughtime as tt
from oracles import plain_networks
from oracles.cases import CELLS, FORMS, LOSSES
from oracles.step_functions import STEPS
from throughtime.bridges.c import save_c, to_c
from throughtime.bridges.c.compiled import Compiled, compiled
from throughtime.bridges.exported import Exported
from throughtime.cells.graph import Graph
from throughtime.cells.symbols import cell, sigmoid

needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler, cc")
STRICT = ("-Wall", "-Wextra", "-Werror", "-pedantic", "-Wdouble-promotion", "-Wstrict-prototypes", "-Wshadow")
TOLERANCE = {"float64": 1e-12, "float32": 1e-5}


def network(seed=0, scale=0.6, **fields):
    net = tt.Network(**({"inputs": 2, "hidden": 5, "outputs": 3} | fields))
    net.parameters[:] = np.random.default_rng(seed).normal(0, scale, net.parameters.shape)
    return net


EACH, LAST = {"readout": "identity"}, {"output": "last step", "dtype": "float32", "readout": "identity"}
NETWORKS = {
    f"{name} {form} {how['readout'] if how is EACH else 'last step'}": network(**CELLS[name], **FORMS[form], **how)
    for name in CELLS for form in FORMS for how in (EACH, LAST)
}  # fmt: skip
for own, graph in STEPS.items():
    NETWORKS[f"{own} one-layer"] = network(scale=0.3, cell=graph, **EACH)
    NETWORKS[f"{own} two-layers last step"] = network(scale=0.3, cell=graph, layers=2, bias=False, **LAST)
for own in ("mgu", "cornn", "odd"):
    NETWORKS[f"{own} both-directions"] = network(scale=0.3, cell=STEPS[own], layers=3, bidirectional=True)
for loss, how in LOSSES.items():
    for dtype in ("float64", "float32"):
        NETWORKS[f"{loss} {dtype}"] = network(cell="gru", dtype=dtype, bias=dtype == "float64", **how)
NAMES = {name: f"net_{k}" for k, name in enumerate(NETWORKS)}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """All the networks in one program."""
    source = tmp_path_factory.mktemp("c") / "all.c"
    source.write_text("\n".join(to_c(net, NAMES[name]) for name, net in NETWORKS.items()))
    return compiled(source, *STRICT)


@needs_cc
@pytest.mark.parametrize("name", NETWORKS)
def test_equal_outputs(name, library):
    net = NETWORKS[name]
    x = np.random.default_rng(1).normal(size=(2, 9, 2)).astype(net.specification.dtype)
    found = Compiled(library, NAMES[name], Exported(net))
    y, atol = found.predict(x, np.array([9, 9])), TOLERANCE[net.specification.dtype]
    np.testing.assert_allclose(y, plain_networks.predict(net, x), atol=atol, rtol=atol)
    if net.specification.step is None:
        np.testing.assert_allclose(y, net.predict(x), atol=atol, rtol=atol)
    if net.specification.bidirectional:
        assert not hasattr(library, f"{NAMES[name]}_step")
        return
    for _ in range(2):  # a reset makes everything as at first
        found.reset()
        stepped = np.array([found.step(x_t) for x_t in x[0]])
        np.testing.assert_array_equal(stepped if net.specification.output == "every step" else stepped[-1], y[0])


@needs_cc
def test_a_number_that_is_large_overflows_nothing(tmp_path):
    net = network(hidden=2, scale=300.0, outputs=2)
    (tmp_path / "net.c").write_text(to_c(net, "net"))
    with np.errstate(over="raise"):
        y = Compiled(compiled(tmp_path / "net.c"), "net", Exported(net)).predict(np.full((1, 3, 2), 1e3), np.array([3]))
    assert np.isfinite(y).all()


@needs_cc
def test_sequences_that_are_refused(tmp_path, library):
    net, one = NETWORKS["gru both-directions identity"], "gru one-layer identity"
    found = Compiled(library, NAMES["gru both-directions identity"], Exported(net))
    assert found.predict(np.zeros((1, 256, 2)), np.array([256])).shape == (1, 256, 3)
    with pytest.raises(ValueError, match="refuses a sequence of 257 steps"):
        found.predict(np.zeros((1, 257, 2)), np.array([257]))
    with pytest.raises(ValueError, match="refuses a sequence of 0 steps"):
        Compiled(library, NAMES[one], Exported(NETWORKS[one])).predict(np.zeros((1, 0, 2)), np.array([0]))
    (tmp_path / "more.c").write_text(to_c(net, "more"))
    more = compiled(tmp_path / "more.c", *STRICT, "-DMORE_MOST_STEPS=300")
    assert Compiled(more, "more", Exported(net)).predict(np.zeros((1, 300, 2)), np.array([300])).shape[1] == 300


NASTY = [
    '"; int main(void) { return 1; } //', "*/ int x; /*", "??/", "\\", "a\\\nb", "\n", "%s%n", "{x}", "$name",
    "\x1b[2J", "é", "\x7f1",
    "??=include <x>", "'", "1", "",
]  # fmt: skip


@needs_cc
def test_texts_from_outside_never_become_code(tmp_path):
    net = tt.Network(inputs=2, hidden=2, outputs=len(NASTY), readout="softmax", loss="cross_entropy")
    what = Exported(net, inputs=(NASTY[0], NASTY[2]), classes=tuple(NASTY))
    assert save_c(what, tmp_path / "net.c") < 1e-12
    text = (tmp_path / "net.c").read_bytes()
    assert text.isascii()
    assert not re.search(rb"\?\?|\\\n|\x1b", text)
    library = compiled(tmp_path / "net.c", *STRICT, "-trigraphs")
    strings = (ctypes.c_char_p * len(NASTY)).in_dll(library, "net_classes")
    assert [string.decode() for string in strings] == NASTY
    assert [s.decode() for s in (ctypes.c_char_p * 2).in_dll(library, "net_inputs")] == [NASTY[0], NASTY[2]]
    library.net_label.restype = ctypes.c_char_p
    y = np.zeros(len(NASTY))
    for k in (3, 8):
        y[k] = 1 + k
        assert library.net_label(y.ctypes.data_as(ctypes.c_void_p)).decode() == NASTY[k]


FILES = ["1", "a b", "*/x", "??/", "é", "_x", "a" * 25, "x\n", ""]


@pytest.mark.parametrize("name", FILES)
def test_a_file_name_never_becomes_code(name):
    assert to_c(network(), name) == to_c(network(), "network")


def words_of(graph, names):
    """A graph with other names, as a file may hold it."""
    values = graph.as_dict()
    for operation in values["operations"]:
        if "name" in operation:
            operation["name"] = names.get(operation["name"], operation["name"])
    values["states"] = [names.get(state, state) for state in values["states"]]
    return Graph.from_dict(values)


@cell
def taken(p, x, a, b):
    c = sigmoid(x @ p.V + a @ p.U + p.b)
    d = c * b
    e = d + p.w * c
    a = e * (1 - c)
    b = 0.5 * e - d
    return a, b


CLASHES = [
    {"a": "x", "b": "y", "c": "for", "d": "NAN", "V": "int", "U": "inputs", "w": "double"},
    {"a": "j", "b": "p", "c": "tanh", "d": "linux", "V": "exp", "U": "j", "e": "net1_dot"},
    {"a": "é", "b": "ﬁ", "c": "fi", "d": "a_after", "V": "ü", "e": "np", "w": "x"},
    {"a": "a_after", "b": "a", "c": "v_9", "d": "lambda", "e": "net3_sigmoid", "V": "None", "U": "p"},
    {"a": "state", "b": "P", "c": "sigmoid", "d": "M_PI", "e": "True", "V": "HUGE_VAL", "U": "net4_cell"},
]


@needs_cc
def test_names_of_a_cell_that_the_language_needs_itself(tmp_path):
    from throughtime.bridges.numpy_script import to_numpy

    nets = {f"net{k}": network(cell=words_of(taken, names), layers=2) for k, names in enumerate(CLASHES)}
    (tmp_path / "all.c").write_text("\n".join(to_c(net, name) for name, net in nets.items()))
    library = compiled(tmp_path / "all.c", *STRICT)
    x = np.random.default_rng(0).normal(size=(2, 5, 2))
    wanted = plain_networks.predict(network(cell=taken, layers=2), x)
    for name, net in nets.items():
        found = Compiled(library, name, Exported(net)).predict(x, np.array([5, 5]))
        np.testing.assert_allclose(found, wanted, atol=1e-12)
    for names in CLASHES:
        script = {"__name__": "script"}
        exec(to_numpy(network(cell=words_of(taken, names), layers=2)), script)
        np.testing.assert_allclose(script["predict"](x), wanted, atol=1e-12)


@needs_cc
def test_brackets(tmp_path):
    from throughtime.bridges.numpy_script import to_numpy

    @cell
    def brackets(p, x, a, b):
        a, b = (
            x @ p.V - (a - (b + a @ p.U)) - -0.25 * -(b - 2) / -(-p.w - 3),
            0.5 / ((1 + a * a) / (2 - -b * (b - a)))
            - (-(-a)) * (p.v / 3 / (2 + b * b))  # noqa: B002
            - (1 - (a - 0.5)),
        )
        return a, b

    net = network(cell=brackets, hidden=2, scale=0.2)
    (tmp_path / "net.c").write_text(to_c(net, "net"))
    x = np.random.default_rng(0).normal(size=(2, 3, 2))
    wanted = plain_networks.predict(net, x)
    y = Compiled(compiled(tmp_path / "net.c", *STRICT), "net", Exported(net)).predict(x, np.array([3, 3]))
    np.testing.assert_allclose(y, wanted, atol=1e-12)
    script = {"__name__": "script"}
    exec(to_numpy(net), script)
    np.testing.assert_allclose(script["predict"](x), wanted, atol=1e-12)


@needs_cc
def test_a_cell_that_is_deep(tmp_path):
    @cell
    def deep(p, x, h):
        h = x @ p.V + h @ p.U
        for k in range(300):
            h = 0.5 * (h - k / 300)
        return h

    net = network(cell=deep, scale=0.1)
    (tmp_path / "deep.c").write_text(to_c(net, "deep"))
    x = np.random.default_rng(0).normal(size=(2, 5, 2))
    y = Compiled(compiled(tmp_path / "deep.c", *STRICT), "deep", Exported(net)).predict(x, np.array([5, 5]))
    np.testing.assert_allclose(y, plain_networks.predict(net, x), atol=1e-12)


def test_in_another_type_than_the_networks():
    net = network(cell="lstm")
    assert to_c(net, "net", "float32") == to_c(
        tt.Network.of(replace(net.specification, dtype="float32"), net.parameters), "net"
    )
    with pytest.raises(ValueError, match='dtype must be "float64" or "float32"'):
        to_c(net, "net", "float16")


def test_what_cannot_be_written():
    net = tt.Network(inputs=1, hidden=2, outputs=2, readout="softmax", loss="cross_entropy")
    for classes in (("a\0", "b"), ("a" * 4096, "b"), ("\ud800", "b")):
        with pytest.raises(ValueError, match="a class is called"):
            to_c(Exported(net, classes=classes))
    with pytest.raises(ValueError, match="classes must be all whole numbers"):
        to_c(Exported(net, classes=(1, "a")))
    net["W"][0, 0] = 1e300
    with pytest.raises(ValueError, match=r"a number of the network, 1e\+300, is not finite in float32"):
        to_c(net, dtype="float32")
    net["W"][0, 0] = np.nan
    with pytest.raises(ValueError, match="nan, is not finite in float64"):
        to_c(net)


def test_without_a_compiler_it_is_written_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert save_c(network(), tmp_path / "net.c") is None
    assert (tmp_path / "net.c").read_text() == to_c(network(), "net")


@needs_cc
def test_what_a_compiler_refuses_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr("throughtime.bridges.c.compiled.to_c", lambda *_: "double f(void) { return }")
    with pytest.raises(OSError, match=r"cc does not compile network\.c: "):
        save_c(network(), tmp_path / "net.c")
    assert not (tmp_path / "net.c").exists()


@pytest.mark.skipif(os.name != "posix", reason="the compiler that fails is a script")
def test_with_a_compiler_that_fails_too(tmp_path, monkeypatch):
    (tmp_path / "cc").write_text("#!/bin/sh\necho no math.h >&2\nexit 1\n")
    (tmp_path / "cc").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert save_c(network(), tmp_path / "net.c") is None
    with pytest.raises(OSError, match=r"cc does not compile net\.c: no math\.h"):
        compiled(tmp_path / "net.c")
