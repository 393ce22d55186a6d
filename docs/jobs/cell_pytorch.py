"""A paper's cell with a loss and a loop of its own in plain PyTorch."""

import numpy as np
import torch
from torch import nn


class Janet(nn.Module):  # van der Westhuizen & Lasenby 2018
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.hidden = hidden
        self.V = nn.Linear(inputs, 2 * hidden)
        self.U = nn.Linear(hidden, 2 * hidden, bias=False)
        self.readout = nn.Linear(hidden, outputs)
        for matrix in (self.V.weight, self.readout.weight):
            nn.init.xavier_uniform_(matrix)
        for gate in self.U.weight.chunk(2):
            nn.init.orthogonal_(gate)
        with torch.no_grad():
            self.V.bias.copy_(torch.cat([torch.ones(hidden), torch.zeros(hidden)]))

    def forward(self, x):
        given, h = self.V(x), x.new_zeros(len(x), self.hidden)
        for t in range(x.shape[1]):
            s, c = (given[:, t] + self.U(h)).chunk(2, -1)
            h = torch.sigmoid(s) * h + (1 - torch.sigmoid(s - 1)) * torch.tanh(c)
        return self.readout(h)


def sample(rng, batch, steps=40):
    value, marked = rng.random((batch, steps)), np.zeros((batch, steps))
    for row in marked:
        row[rng.choice(steps, 2, replace=False)] = 1
    return torch.from_numpy(np.stack([value, marked], -1)), torch.from_numpy((value * marked).sum(1, keepdims=True))


torch.manual_seed(0)
model = Janet(2, 32, 1).double()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
for step in range(600):
    x, y = sample(np.random.default_rng(step), 64)
    loss = torch.log(torch.cosh(model(x) - y)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"loss {loss.item():.2g}")
torch.save(model.state_dict(), "janet.pt")
