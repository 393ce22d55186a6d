"""The text of a C99 file, from a network and its cell's graph."""

from __future__ import annotations

import re
from string import Template
from typing import Any

import numpy as np

import throughtime
from throughtime.batch import Array
from throughtime.bridges.c.templates import (
    AHEAD,
    BOTH_DIRECTIONS,
    EACH,
    ENDS,
    FILE,
    FUNCTIONS,
    LABEL,
    NONE,
    ONE_DIRECTION,
    POOL,
    POOLED,
    SOFTMAX,
    WINDOW,
)
from throughtime.bridges.equations import Equations, Names, Parameters, described, parameters_of
from throughtime.bridges.exported import Exported, exported
from throughtime.cells.graph import Graph
from throughtime.support.checks import choice
from throughtime.support.memory import require
from throughtime.weights.network_specification import CHOICES, NetworkSpecification

LONGEST_STRING = 4095
"""Bytes of a string literal that every C99 compiler reads."""
LONGEST_NAME = 24
_BYTES_OF_A_NUMBER = 150
_TYPES = {"float64": "double", "float32": "float"}

_WORDS = """
    auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while alignas alignof
    asm bool
    constexpr false nullptr static_assert thread_local true typeof typeof_unqual linux unix I class delete namespace new
    operator private protected public template this throw try catch using virtual far near interrupt
"""
_OWN = (
    "cell",
    "classes",
    "dot",
    "label",
    "layers",
    "parameters",
    "pool",
    "pooled",
    "predict",
    "readout",
    "reset",
    "state",
    "step",
    *FUNCTIONS,
)
_CALLED = ("exp", "expf", "fabs", "fabsf", "log1p", "log1pf", "tanh", "tanhf")


class _Step(Equations):
    """The step of a cell in C, for unit j; `members` are the parameters' names in C."""

    def __init__(self, graph: Graph, bias: bool, name: str, dtype: str) -> None:
        self._name, self._dtype = name, dtype
        taken = {*_WORDS.split(), *_CALLED, *(f"{name}_{own}" for own in _OWN)}
        names = Names({*taken, "inputs"})
        self.members = {parameter: names.new(parameter, f"p_{k}") for k, parameter in enumerate(graph.parameters)}
        super().__init__(graph, bias, Names({*taken, "j", "p", "pooled", "x"}))

    def number(self, value: float) -> str:
        return _literal(value, self._dtype)

    def vector(self, parameter: str) -> str:
        return f"p->{self.members[parameter]}[j]"

    def product(self, source: str | None, parameter: str) -> tuple[str, int]:
        where = "x, p->inputs" if source is None else f"{source}, {self._name.upper()}_HIDDEN"
        return f"{self._name}_dot(p->{self.members[parameter]}, j, {where})", 4

    def call(self, function: str, values: list[str]) -> str:
        own = f"{self._name}_{function}" if function in FUNCTIONS else function + "f" * (self._dtype == "float32")
        return f"{own}({', '.join(values)})"

    def element(self, name: str) -> str:
        return f"{name}[j]"

    def body(self) -> str:
        """The statements of the function."""
        real, width = _TYPES[self._dtype], f"{self._name.upper()}_HIDDEN"
        lines = [f"{real} {', '.join(f'{name}[{width}]' for name in self.arrays)};", "int j;"]
        if not any(o.op == "x" for o in self.graph.operations):
            lines += ["(void)x;"]
        for phase in filter(None, self.phases):
            lines += [f"for (j = 0; j < {width}; j++) {{"]
            for _, name, text in phase:
                lines += [f"    {name}[j] = {text};" if name in self.arrays else f"    const {real} {name} = {text};"]
            lines += ["}"]
        lines += [f"for (j = 0; j < {width}; j++) {{"]
        lines += [f"    {before}[j] = {after}[j];" for before, after in zip(self.before, self.after, strict=True)]
        return "\n".join(f"    {line}" for line in [*lines, "}"])


def to_c(net: Any, name: str = "network", dtype: str | None = None) -> str:
    """The text of a C99 file with `NAME_predict` and, if the network can be read step by step, `NAME_step` and
    `NAME_reset`.

    Parameters
    ----------
    net : Network, or a fitted estimator of `throughtime.sklearn`
        Of any cell. The file of an estimator reads features as `fit` did: its standardisation is in the weights.
    name : str
        The beginning of its names; "network" if it is no word of letters, digits and _ (at most 24).
    dtype : "float64" or "float32", optional
        The type of its numbers, double or float; the network's own when not given.

    Returns
    -------
    str, in ASCII

    Raises
    ------
    ValueError
        If a number of the network is not finite in that type, or a class or feature has a name that C's strings cannot
        hold.
    """
    what = exported(net)
    s = what.network.specification
    dtype = s.dtype if dtype is None else choice("dtype", dtype, CHOICES["dtype"])
    require(_BYTES_OF_A_NUMBER * len(what.network.parameters), "the text of the network")
    name = name_in_c(name)
    step = _Step(s.graph, s.bias, name, dtype)
    real, states, words = _TYPES[dtype], step.before, {"name": name, "NAME": name.upper()}
    words |= {"real": real, "f": "f" * (dtype == "float32"), "first": states[0]}
    stateful = _stateful(what)
    net_y = Template("${name}_dot(${name}_W, k, h, ${NAME}_WIDTH)" + " + ${name}_b_y[k]" * s.bias).substitute(words)
    readout = _readout(what.readout, "h[k]" if what.pooled else net_y, words)
    body = step.body()
    found = parameters_of(what.network)
    used = "".join(text for own, text in FUNCTIONS.items() if f"{name}_{own}(" in body + readout)
    words |= {
        "cell": described(s), "layers": f"{s.layers} {'layer' if s.layers == 1 else 'layers'}"
        + " in both directions" * s.bidirectional, "version": throughtime.__version__,
        "I": str(s.inputs), "H": str(s.hidden), "L": str(s.layers), "D": str(s.directions),
        "O": f"({what.horizon} * {s.inputs})" if what.horizon else str(what.outputs),
        "members": ", ".join(f"*{step.members[parameter]}" for parameter in found.layers[0, 0]),
        "parameters": _arrays(s, found, step, words, dtype), "body": body,
        "arguments": ", ".join(f"{real} *{state}" for state in states),
        "functions": Template(used).substitute(words), "readout": readout,
        "from": "their mean over time" if what.pooled else "the states of the last layer",
        "pool": Template(POOL).substitute(words | {"net": net_y}) if what.pooled else "",
        "interface": _interface(what, words, stateful), "declarations": _declarations(what, step, words, stateful),
        "rest": _predict(what, step, words, stateful) + _labels(what, words),
    }  # fmt: skip
    return FILE.substitute(words)


def name_in_c(name: str) -> str:
    """`name`, if names in C can begin with it; else "network"."""
    return name if re.fullmatch(rf"[A-Za-z][A-Za-z0-9_]{{0,{LONGEST_NAME - 1}}}", name) else "network"


def functions(what: Exported, name: str) -> list[str]:
    """The names of a file's functions."""
    own = ["reset", "step"] * _stateful(what) + ["predict"] + ["label"] * bool(what.classes)
    return [f"{name_in_c(name)}_{function}" for function in own]


def _stateful(what: Exported) -> bool:
    return not (what.network.specification.bidirectional or what.horizon)


def _interface(what: Exported, words: dict[str, str], stateful: bool) -> str:
    lines = []
    if stateful:
        lines += [
            "${name}_state state;            as many as there are sequences to be read at once",
            "${name}_reset(&state);          before the first step of each",
            "${name}_step(&state, x, y);     reads a step, x (${NAME}_INPUTS), and writes y (${NAME}_OUTPUTS), unless "
            "y is 0",
        ]
    every = "each step" if what.each else "all steps" if what.pooled else "the last step"
    most = ", or more than ${NAME}_MOST_STEPS" * what.network.specification.bidirectional
    lines += [
        f"${{name}}_predict(steps, x, y);   reads a sequence, and writes y of {every}; -1 if there are no steps{most}"
    ]
    if what.pooled and stateful:
        lines += ["Its y is made of all steps so far, so that after the last one it is what ${name}_predict writes."]
    if what.classes:
        lines += ["${name}_label(y)                the likeliest of ${name}_classes, whose probabilities y are"]
    if what.horizon:
        lines += [
            "y are the ${NAME}_AHEAD steps after the sequence, of which the last ${NAME}_WINDOW are read: so there is "
            "no step"
        ]
    if what.network.specification.bidirectional:
        lines += ["It is read in both directions, so it must be there as a whole: there is no step."]
    return Template("".join(f"       {line}\n" for line in lines)).substitute(words)


def _declarations(what: Exported, step: _Step, words: dict[str, str], stateful: bool) -> str:
    lines = []
    if what.horizon:
        lines += [f"#define ${{NAME}}_AHEAD {what.horizon}", f"#define ${{NAME}}_WINDOW {what.window}"]
    if what.network.specification.bidirectional:
        lines += ["#ifndef ${NAME}_MOST_STEPS", "#define ${NAME}_MOST_STEPS 256", "#endif"]
    if what.pooled:
        lines += ["", "typedef struct {", "    $real largest, total, mean[${NAME}_OUTPUTS];", "} ${name}_pooled;"]
    if not what.network.specification.bidirectional:
        members = ", ".join(f"{state}[${{NAME}}_LAYERS][${{NAME}}_HIDDEN]" for state in step.before)
        own = ["    ${name}_pooled pooled;"] * what.pooled
        lines += ["", "typedef struct {", f"    $real {members};", *own, "} ${name}_state;"]
    lines += [""]
    if stateful:
        lines += ["void ${name}_reset(${name}_state *state);"]
        lines += ["void ${name}_step(${name}_state *state, const $real *x, $real *y);"]
    lines += ["int ${name}_predict(long steps, const $real *x, $real *y);"]
    if what.classes:
        lines += [
            "extern const char *const ${name}_classes[${NAME}_OUTPUTS];",
            "const char *${name}_label(const $real *y);",
        ]
    if what.inputs:
        lines += ["extern const char *const ${name}_inputs[${NAME}_INPUTS];"]
    return Template("\n".join([*lines, ""])).substitute(words)


def _predict(what: Exported, step: _Step, words: dict[str, str], stateful: bool) -> str:
    s, states = what.network.specification, step.before
    if s.bidirectional:
        places = {
            "count": str(len(states)), "places": str(min(2, s.layers)),
            "zeros": " = ".join(f"own[{n}][j]" for n in range(len(states))) + " = 0",
            "states": ", ".join(f"own[{n}]" for n in range(len(states))),
            "pooled": f"    {words['name']}_pooled pooled;\n" * what.pooled,
            "outputs": Template(EACH if what.each else POOLED if what.pooled else ENDS).substitute(words),
        }  # fmt: skip
        return Template(BOTH_DIRECTIONS).substitute(words | places)
    places = {
        "zeros": " = ".join(f"state->{state}[layer][j]" for state in states) + " = 0",
        "states": ", ".join(f"state->{state}[layer]" for state in states),
        "to": "y + t * ${NAME}_OUTPUTS" if what.each else "t + 1 < steps ? 0 : y",
        "none": NONE.format("state->pooled") if what.pooled else "",
        "add": "    ${name}_pool(&state->pooled, x);\n" * what.pooled,
        "h": "state->pooled.mean" if what.pooled else "x",
        "window": WINDOW if what.horizon else "", "ahead": AHEAD if what.horizon else "",
    }  # fmt: skip
    places = {key: Template(text).substitute(words) for key, text in places.items()}
    return Template(ONE_DIRECTION).substitute(words | places | {"linkage": "" if stateful else "static "})


def _readout(readout: str, net: str, words: dict[str, str]) -> str:
    if readout == "softmax":
        return Template(SOFTMAX).substitute(words | {"net": net})
    y = {"identity": net, "sigmoid": f"{words['name']}_sigmoid({net})", "exp": f"exp{words['f']}({net})"}[readout]
    return f"    int k;\n    for (k = 0; k < {words['NAME']}_OUTPUTS; k++)\n        y[k] = {y};"


def _labels(what: Exported, words: dict[str, str]) -> str:
    text = ""
    if what.inputs:
        names = _strings("feature", what.inputs)
        text += f"\nconst char *const {words['name']}_inputs[{words['NAME']}_INPUTS] = {{\n{names}\n}};\n"
    if what.classes:
        classes = what.classes if what.labels.dtype.kind == "U" else what.labels.tolist()
        text += Template(LABEL).substitute(words | {"classes": _strings("class", classes)})
    return text


def _strings(what: str, texts: Any) -> str:
    return "\n".join(f"    {_string(what, str(text))}," for text in texts)


def _string(what: str, text: str) -> str:
    """A literal of this text in UTF-8.

    It never ends early, and holds no trigraphs: all signs but plain ones are octal.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"a {what} is called {text!r:.60}, which is no text in UTF-8: it cannot be written in C"
        ) from None
    if 0 in data or len(data) > LONGEST_STRING:
        raise ValueError(
            f"a {what} is called {text!r:.60}: a text in C holds no NUL and at most {LONGEST_STRING:,} bytes "
            f"({len(data):,})"
        )
    plain = re.compile(rb"[A-Za-z0-9 _.,:;<=>()\[\]{}|~!#$%&'*+/^`@-]")
    return '"' + "".join(chr(b) if plain.match(bytes([b])) else f"\\{b:03o}" for b in data) + '"'


def _arrays(s: NetworkSpecification, found: Parameters, step: _Step, words: dict[str, str], dtype: str) -> str:
    """Definitions of arrays, matrices transposed: a row for each unit."""
    name, real = words["name"], words["real"]
    lines, layers = list[str](), list[str]()
    for k, arrays in enumerate(found.layers.values()):
        for parameter, array in arrays.items():
            lines += [_array(f"{name}_{k}_{step.members[parameter]}", array, real, dtype)]
        inputs = f"{words['NAME']}_{'INPUTS' if k < s.directions else 'WIDTH'}"
        members = [f"{name}_{k}_{step.members[parameter]}" for parameter in arrays]
        layers += [f"    {{{', '.join([inputs, *members])}}},"]
    lines += [_array(f"{name}_{parameter}", array, real, dtype) for parameter, array in found.readout.items()]
    count = f"{words['NAME']}_LAYERS * {words['NAME']}_DIRECTIONS"
    return "\n".join([*lines, f"static const {name}_parameters {name}_layers[{count}] = {{", *layers, "};", ""])


def _array(name: str, array: Array, real: str, dtype: str) -> str:
    rows = array.T if array.ndim == 2 else array[None]
    lines = []
    for row in rows:
        numbers = [_literal(value, dtype) for value in row.tolist()]
        lines += ["    " + ", ".join(numbers[k : k + 5]) + "," for k in range(0, len(numbers), 5)]
    return "\n".join([f"static const {real} {name}[{array.size}] = {{", *lines, "};"])


def _literal(value: float, dtype: str) -> str:
    """A number with all its digits."""
    with np.errstate(over="ignore"):
        number = np.dtype(dtype).type(value)
    if not np.isfinite(number):
        raise ValueError(f"a number of the network, {value}, is not finite in {dtype}: it cannot be written")
    return f"{number!s}{'f' * (dtype == 'float32')}"
