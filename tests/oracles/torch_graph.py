"""A network of any cell in PyTorch, written from its graph: every value of every step, and ∂E by it from autograd."""

import numpy as np

from throughtime.weights.parameters import DIRECTIONS, view_name

torch = None


class Run:
    """One forward and backward pass over one sequence.

    values : {(layer, direction): [by step {place: tensor}]}, whose `grad` is ∂E by it
    parameters : {(name of a view, step): tensor}, a copy for each step, so that its `grad` is what that step adds
    """

    def __init__(self, net, x, d, mask=None, first=None):
        """x (T,I), d (T,O) or (O,); first {(layer, direction): states (H)}."""
        global torch
        import torch

        self.net, self.s, self.first = net, net.specification, first or {}
        self.values, self.parameters = {}, {}
        s, steps = self.s, range(len(x))
        below = [torch.tensor(row, dtype=torch.float64) for row in x]
        for layer in range(s.layers):
            sides = [self._side(layer, direction, below) for direction in DIRECTIONS[: s.directions]]
            below = [torch.cat([side[t] for side in sides]) for t in steps]
            self.sides = sides
        if s.output == "every step":
            read = below
        else:
            read = [torch.cat([side[0 if k else len(x) - 1] for k, side in enumerate(self.sides)])]
        self.outputs = [self._readout(row, t if s.output == "every step" else len(x) - 1) for t, row in enumerate(read)]
        d, weights = np.atleast_2d(d), np.ones(len(read)) if mask is None else np.atleast_1d(mask)
        loss = sum(
            w * self._error(net_y, torch.tensor(row)) for net_y, row, w in zip(self.outputs, d, weights, strict=True)
        )
        loss.backward()
        self.loss = float(loss.detach())

    def parameter(self, name, t):
        found = self.parameters.get((name, t))
        if found is None:
            found = torch.tensor(np.array(self.net[name]), dtype=torch.float64, requires_grad=True)
            self.parameters[name, t] = found
        return found

    def _side(self, layer, direction, below):
        s, graph = self.s, self.s.graph
        H = s.hidden
        do = {
            "+": torch.add, "-": torch.sub, "*": torch.mul, "/": torch.div, "neg": torch.neg, "@": torch.matmul,
            "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "exp": torch.exp,
            "softplus": torch.nn.functional.softplus, "minimum": torch.minimum, "maximum": torch.maximum,
        }  # fmt: skip
        given = self.first.get((layer, direction), [np.zeros(H)] * len(graph.states))
        states = [torch.tensor(state, dtype=torch.float64) for state in given]
        out, steps = [None] * len(below), range(len(below))
        self.values[layer, direction] = [None] * len(below)
        prefix = "".join([f"layer{layer}." if s.layers > 1 else "", f"{direction}." if s.bidirectional else ""])
        for t in steps if direction == "forward" else reversed(steps):
            known = {}
            for place, o in enumerate(graph.operations):
                if o.op == "x":
                    known[place] = below[t]
                elif o.op == "state":
                    known[place] = states[graph.states.index(o.name)]
                elif o.op == "number":
                    known[place] = torch.full((H,), o.value, dtype=torch.float64)
                elif o.op == "parameter":
                    name = prefix + view_name(graph, o.name)
                    known[place] = (
                        self.parameter(name, t) if name in self.net.views else torch.zeros(H, dtype=torch.float64)
                    )
                else:
                    known[place] = do[o.op](*(known[k] for k in o.of))
                    known[place] = known[place] + torch.zeros(H, dtype=torch.float64, requires_grad=True)
                    known[place].retain_grad()
            states = [known[place] for place in graph.after]
            out[t], self.values[layer, direction][t] = states[0], known
        return out

    def _readout(self, row, t):
        bias = self.parameter("b_y", t) if self.s.bias else 0
        return row @ self.parameter("W", t) + bias

    def _error(self, net_y, d):
        if self.s.readout == "softmax":
            return -(d * torch.log_softmax(net_y, 0)).sum()
        y = torch.sigmoid(net_y) if self.s.readout == "sigmoid" else net_y
        return ((y - d) ** 2).sum() / 2


def gradient_of(tensor):
    """∂E by it; 0 if nothing depends on it."""
    return np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()
