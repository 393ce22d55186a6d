"""The same networks in PyTorch: its own recurrent modules, and plain code for the sigmoid cell, which it lacks."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks import sizes as benchmarked

MODULES = {"elman": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
CELLS = {"elman": torch.nn.RNNCell, "lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell}

GATES = {
    "elman": [""],
    "lstm": ["input.", "forget.", "candidate.", "output."],
    "gru": ["reset.", "update.", "candidate."],
}
"""In PyTorch's order, as this library calls them."""


def use_threads(threads: int) -> None:
    torch.set_num_threads(threads)


class Recurrent(torch.nn.Module):
    """One recurrent layer and a sigmoid readout; x is (T,B,I), time first, which is PyTorch's fastest order."""

    def __init__(self, net):
        super().__init__()
        s = net.specification
        self.recurrent = MODULES[s.cell](s.inputs, s.hidden)
        self.readout = torch.nn.Linear(s.hidden, s.outputs)
        self.to(getattr(torch, s.dtype))
        _fill(self.recurrent, net, "_l0")
        with torch.no_grad():
            self.readout.weight[:] = torch.tensor(net["W"].T)
            self.readout.bias[:] = torch.tensor(net["b_y"])

    def forward(self, x):
        return torch.sigmoid(self.readout(self.recurrent(x)[0]))

    def passes(self, x, d):
        """Forward and backward with the squared error → the loss; the gradients stand in the parameters."""
        self.zero_grad(set_to_none=True)
        loss = 0.5 * ((self(x) - d) ** 2).sum()
        loss.backward()
        return loss

    def predict(self, x):
        with torch.inference_mode():
            return self(x)

    @property
    def gradients(self):
        """By V (I,G·H), U (H,G·H) and W (H,O)."""
        layer = self.recurrent
        return [p.grad.numpy().T for p in (layer.weight_ih_l0, layer.weight_hh_l0, self.readout.weight)]


def check(net, x, d, peer: Recurrent, time_first) -> None:
    """That both have the same loss and gradients, before they are timed."""
    loss, gradient = net.gradient(x, d)
    views = type(net.views)(net.specification, gradient)
    np.testing.assert_allclose(loss, float(peer.passes(*time_first).detach()), rtol=1e-4)
    for symbol, theirs in zip("VU", peer.gradients, strict=False):
        mine = np.concatenate([views[gate + symbol] for gate in GATES[net.specification.cell]], axis=1)
        np.testing.assert_allclose(mine, theirs, atol=1e-3 * np.abs(theirs).max())


def cases(sizes):
    """Of each size (B,T,I,H) and cell, once both agree: the size, the cell's label and name, the network, x and d, the
    same network in PyTorch, and x and d time first.
    """
    for size in sizes:
        B, T, inputs, hidden = size
        for label, cell in benchmarked.CELLS.items():
            net, (x, d) = benchmarked.network(cell, inputs, hidden), benchmarked.sequences(B, T, inputs)
            peer = Recurrent(net)
            time_first = [torch.tensor(np.ascontiguousarray(array.transpose(1, 0, 2))) for array in (x, d)]
            check(net, x, d, peer, time_first)
            yield size, label, cell, net, (x, d), peer, time_first


class Cell:
    """One step after the other, the state carried on."""

    def __init__(self, net, x):
        s = net.specification
        self.module = CELLS[s.cell](s.inputs, s.hidden).to(getattr(torch, s.dtype))
        _fill(self.module, net, "")
        self.x = torch.tensor(x)
        zero = torch.zeros(len(x), s.hidden, dtype=self.x.dtype)
        self.state = (zero, zero) if s.cell == "lstm" else zero

    def step(self):
        with torch.inference_mode():
            self.state = self.module(self.x, self.state)
        return self.state[0] if isinstance(self.state, tuple) else self.state


def _fill(module, net, suffix):
    s = net.specification
    views, H = net.views, s.hidden
    with torch.no_grad():
        for g, name in enumerate(GATES[s.cell]):
            rows = slice(g * H, (g + 1) * H)
            getattr(module, "weight_ih" + suffix)[rows] = torch.tensor(views[name + "V"].T)
            getattr(module, "weight_hh" + suffix)[rows] = torch.tensor(views[name + "U"].T)
            getattr(module, "bias_ih" + suffix)[rows] = torch.tensor(views[name + ("b" if name else "b_h")])
            getattr(module, "bias_hh" + suffix)[rows] = 0
        if s.cell == "gru":
            getattr(module, "bias_hh" + suffix)[2 * H :] = torch.tensor(views["candidate.c"])


class Adder(torch.nn.Module):
    """The classic adder as one writes it in PyTorch: sigmoid units, no biases, squared error, one pair an update."""

    def __init__(self, V, W, U):
        super().__init__()
        self.V, self.W, self.U = (torch.nn.Parameter(torch.tensor(matrix)) for matrix in (V, W, U))

    def forward(self, x):
        h, outputs = torch.zeros(len(x), self.U.shape[0], dtype=x.dtype), []
        for t in range(x.shape[1]):
            h = torch.sigmoid(x[:, t] @ self.V + h @ self.U)
            outputs.append(torch.sigmoid(h @ self.W))
        return torch.stack(outputs, dim=1)


def train_classic(pairs: int, seed: int = 0, learning_rate: float = 0.1):
    """→ V, W, U after so many pairs, drawn as `peers.numpy_loop` draws them."""
    rng = np.random.RandomState(seed)
    V, W, U = (2 * rng.random_sample(shape) - 1 for shape in ((2, 16), (16, 1), (16, 16)))
    net = Adder(V, W, U)
    optimizer = torch.optim.SGD(net.parameters(), lr=learning_rate)
    place = np.arange(8)
    for _ in range(pairs):
        a, b = rng.randint(128), rng.randint(128)
        x = torch.tensor(np.stack([a >> place & 1, b >> place & 1], axis=-1)[None].astype(float))
        d = torch.tensor(((a + b) >> place & 1)[None, :, None].astype(float))
        optimizer.zero_grad()
        (0.5 * ((net(x) - d) ** 2).sum()).backward()
        optimizer.step()
    return tuple(parameter.detach().numpy() for parameter in (net.V, net.W, net.U))
