"""The same network in PyTorch, with its own modules where it has them, and its automatic differentiation."""

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from oracles.cases import C_of
from oracles.layout import GATES, unpack


def tensor(array):
    return torch.tensor(array, requires_grad=True)


class Twin:
    """A problem's network, batch and initial state as tensors that know their gradient."""

    def __init__(self, q):
        self.q, self.s = q, q.s
        self.p = {name: tensor(array.copy()) for name, array in unpack(q.s, q.net.parameters).items()}
        self.x, self.h_0, self.C_0 = tensor(q.x), tensor(q.state.h), tensor(C_of(q.state))
        self.lengths = torch.tensor(q.lengths)

    def states(self, initial=True):
        """→ states (B,T,D·H), 0 behind the end; final h and C (L·D,B,H), C being None but for LSTM."""
        h_0, C_0 = self.h_0 * float(initial), self.C_0 * float(initial)
        if self.s.cell == "elman" and self.s.activation == "sigmoid":
            return self._sigmoid_states(h_0)
        kind = {"elman": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[self.s.cell]
        extra = {"nonlinearity": self.s.activation} if self.s.cell == "elman" else {}
        module = kind(
            self.s.inputs, self.s.hidden, self.s.layers, batch_first=True, bidirectional=self.s.bidirectional,
            dtype=torch.float64, **extra,
        )  # fmt: skip
        packed = pack_padded_sequence(self.x, self.lengths, batch_first=True, enforce_sorted=False)
        first = (h_0, C_0) if self.s.cell == "lstm" else h_0
        out, final = torch.func.functional_call(module, self._torch_parameters(), (packed, first))
        states, _ = pad_packed_sequence(out, batch_first=True, total_length=self.x.shape[1])
        return (states, *final) if self.s.cell == "lstm" else (states, final, None)

    def _torch_parameters(self):
        """PyTorch's names and shapes: weights transposed, gates below each other, two biases of which ours is the
        first.
        """
        named, H = {}, self.s.hidden
        for layer in range(self.s.layers):
            for direction in ["forward", "backward"][: 1 + self.s.bidirectional]:
                at, suffix = f"layer{layer}.{direction}.", f"_l{layer}" + "_reverse" * (direction == "backward")
                gates = GATES[self.s.cell]
                for symbol, name in (("V", "weight_ih"), ("U", "weight_hh")):
                    named[name + suffix] = torch.cat([self.p[f"{at}{gate}{symbol}"].T for gate in gates])
                bias = "b_h" if self.s.cell == "elman" else "b"
                zero = torch.zeros(H, dtype=torch.float64)
                named["bias_ih" + suffix] = torch.cat([self.p.get(f"{at}{gate}{bias}", zero) for gate in gates])
                last = self.p.get(at + "candidate.c", zero)
                named["bias_hh" + suffix] = torch.cat([*[zero] * (len(gates) - 1), last])
        return named

    def _sigmoid_states(self, h_0):
        B, T, _ = self.x.shape
        D, final = 1 + self.s.bidirectional, {}
        below = [list(self.x[b, : int(n)]) for b, n in enumerate(self.lengths)]
        for layer in range(self.s.layers):
            sides = []
            for d, direction in enumerate(["forward", "backward"][:D]):
                V, U = (self.p[f"layer{layer}.{direction}.{symbol}"] for symbol in "VU")
                b_h = self.p.get(f"layer{layer}.{direction}.b_h", torch.zeros(self.s.hidden, dtype=torch.float64))
                side = []
                for b in range(B):
                    h, states = h_0[layer * D + d, b], []
                    for x in reversed(below[b]) if d else below[b]:
                        h = torch.sigmoid(x @ V + h @ U + b_h)
                        states.append(h)
                    final[layer * D + d, b] = h
                    side.append(states[::-1] if d else states)
                sides.append(side)
            below = [[torch.cat(parts) for parts in zip(*(side[b] for side in sides), strict=True)] for b in range(B)]
        nothing = torch.zeros(D * self.s.hidden, dtype=torch.float64)
        states = torch.stack([torch.stack(row + [nothing] * (T - len(row))) for row in below])
        rows = range(self.s.layers * D)
        return states, torch.stack([torch.stack([final[k, b] for b in range(B)]) for k in rows]), None

    def outputs(self, initial=True):
        """→ net_y and y, (B,T,O) or (B,O)."""
        states, final, _ = self.states(initial)
        if self.s.output == "last step":
            D = 1 + self.s.bidirectional
            states = torch.cat(list(final[-D:]), dim=-1)
        net_y = states @ self.p["W"] + self.p.get("b_y", 0)
        g = {"sigmoid": torch.sigmoid, "softmax": lambda a: torch.softmax(a, -1), "identity": lambda a: a}
        return net_y, g[self.s.readout](net_y)

    def loss(self, initial=True):
        net_y, y = self.outputs(initial)
        d, mask = torch.tensor(self.q.y), torch.tensor(self.q.mask)
        if self.s.output == "every step":
            mask = mask * (torch.arange(self.x.shape[1]) < self.lengths[:, None])
        if self.s.loss == "squared":
            E = 0.5 * torch.nn.functional.mse_loss(y, d, reduction="none").sum(-1)
        elif self.s.loss == "binary_cross_entropy":
            E = torch.nn.functional.binary_cross_entropy_with_logits(net_y, d, reduction="none").sum(-1)
        else:
            flat = torch.nn.functional.cross_entropy(
                net_y.reshape(-1, self.s.outputs), d.reshape(-1, self.s.outputs), reduction="none"
            )
            E = flat.reshape(mask.shape)
        return (E * mask).sum()

    def gradients(self, scalar):
        """∂scalar → by name of the parameter, and by x, h_0, C_0, as NumPy arrays (0 where nothing depends on it)."""
        leaves = self.p | {"x": self.x, "h_0": self.h_0, "C_0": self.C_0}
        found = torch.autograd.grad(scalar, list(leaves.values()), allow_unused=True)
        zeros = [torch.zeros_like(leaf) for leaf in leaves.values()]
        return {name: (z if g is None else g).numpy() for name, g, z in zip(leaves, found, zeros, strict=True)}
