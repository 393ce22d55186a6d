"""Read a sequence that never ends, one step at a time, in constant memory."""

import numpy as np

import throughtime as tt

task = tt.tasks.Parity(bits=16)
net = tt.Network(cell="elman", inputs=1, hidden=8, outputs=1, seed=1)
net = tt.train(net, task, steps=3000, batch=64, optimizer=tt.Adam(0.02), noise=0.2, seed=1).network

rng = np.random.default_rng(0)
state, ones, wrong = net.initial_state(batch=1), 0, 0
for _ in range(20_000):
    bit = int(rng.integers(2))
    ones += bit
    y, state = net.step([[bit]], state)
    wrong += round(y[0, 0]) != ones % 2
print(f"parity predicted wrong at {wrong} of 20,000 steps")
