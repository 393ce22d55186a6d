"""Random step functions as text, and networks of them by calling those functions with arrays."""

import random
from types import SimpleNamespace

import numpy as np

import throughtime as tt
from throughtime.cells.symbols import cell
from throughtime.weights.parameters import view_name

FUNCTIONS = {name: getattr(tt, name) for name in ("sigmoid", "tanh", "relu", "exp", "softplus", "minimum", "maximum")}


class Writer:
    """Writes one step function."""

    def __init__(self, seed):
        self.draw, self.names = random.Random(seed), 0

    def new(self, letters):
        self.names += 1
        return f"{self.draw.choice(letters)}{self.draw.choice(['', '_'])}{self.names}"

    def expression(self, depth, known):
        def deeper():
            return self.expression(depth - 1, known)

        one, other = self.draw.choice(known), self.draw.choice(known)
        if depth == 0 or self.draw.random() < 0.12:
            leaves = [
                f"x @ p.{self.new('VA')}",
                f"p.{self.new('bw')}",
                self.draw.choice(["1", "-0.25", "3"]),
                one,
                other,
            ]
            return self.draw.choice(leaves)
        kind = self.draw.choice(["@", "@", "sum", "sum", "-", "*", "*", "/", "neg", "S", "S", "tanh", "rest"])
        if kind == "rest":
            function = self.draw.choice(["softplus", "exp", "relu", "minimum", "maximum"])
            if function in ("minimum", "maximum"):
                return f"{function}({deeper()}, {deeper()} + 0.1 * {one})"
            return f"{function}(tanh({deeper()} + {one}))"
        return {
            "@": lambda: f"{one} @ p.{self.new('UA')}",
            "sum": lambda: f"({deeper()} + {deeper()})",
            "-": lambda: f"({deeper()} - {deeper()})",
            "*": lambda: f"{deeper()} * ({deeper()})",
            "/": lambda: f"({deeper()}) / (2 + sigmoid({deeper()} + {one}))",
            "neg": lambda: f"-({deeper()})",
            "S": lambda: f"sigmoid({deeper()} + {one})",
            "tanh": lambda: f"tanh({deeper()} + {one})",
        }[kind]()

    def function(self):
        states = [self.new("hCs") for _ in range(self.draw.choice([1, 1, 1, 2, 2, 3, 4, 8]))]
        known, left, lines = list(states), list(states), []
        for _ in range(self.draw.choice([0, 1, 2, 3, 5])):
            name, value = self.new("mnq"), self.expression(self.draw.choice([1, 2, 3]), known)
            lines += [f"    {name} = {value}" + (f" + {left.pop(0)}" if self.draw.random() < 0.5 and left else "")]
            known, left = [*known, name], [*left, name]
        after = []
        for k in range(len(states)):
            value = self.expression(self.draw.choice([1, 2, 3]), known)
            value += "".join(f" {self.draw.choice('+-*')} tanh({name})" for name in left[k :: len(states)])
            after.append(f"tanh({value} + x @ p.{self.new('V')})" if k == 0 else f"0.5 * ({value})")
        return "\n".join([f"def step(p, x, {', '.join(states)}):", *lines, f"    return {', '.join(after)}\n"])


def read(text):
    """The function of a text, and its graph."""
    known = dict(FUNCTIONS)
    exec(text, known)
    return known["step"], cell(known["step"])


def called(net, step, x):
    """Outputs, before the readout's function, of one sequence x (T,I): the step function itself does every step."""
    s = net.specification
    for layer in range(s.layers):
        read = []
        for direction in ("forward", "backward")[: s.directions]:
            views = {name: f"layer{layer}.{direction}.{view_name(s.graph, name)}" for name in s.graph.parameters}
            p = SimpleNamespace(**{n: net[view] if view in net else np.zeros(s.hidden) for n, view in views.items()})
            state, states, turn = (np.zeros(s.hidden),) * len(s.graph.states), [], slice(None, None, 1 - 2 * len(read))
            for x_t in x[turn]:
                after = step(p, x_t, *state)
                state = after if isinstance(after, tuple) else (after,)
                states.append(state[0])
            read.append(np.array(states)[turn])
        x = np.concatenate(read, axis=-1)
    if s.output == "last step":
        x = np.concatenate([read[0][-1], *(way[0] for way in read[1:])])
    return x @ net["W"] + (net["b_y"] if s.bias else 0)
