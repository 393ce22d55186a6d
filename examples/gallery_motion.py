"""Recognise what a wearer of six sensors does, and see how sure the network is after each second.

Your own data: `x`, an array (recordings, time, sensors), and `y`, an array (recordings, classes) with a 1 for the
class. See: throughtime gallery motion
"""

import numpy as np

import throughtime as tt
from throughtime.experiments.gallery import timeseries

train, test = (timeseries.load("BasicMotions", part) for part in ("TRAIN", "TEST"))
data, others = (part.batch(*train.moments()) for part in (train, test))

rows = np.tile(np.arange(len(data)), 20)  # copies with noise, so that 40 recordings are not known by heart
x = data.x[rows] + 0.6 * np.random.default_rng(0).standard_normal(data.x[rows].shape)

# Reading forward alone, it can answer at any time; the same target at every step teaches it to.
T = x.shape[1]
y = np.repeat(data.y[rows][:, None], T, axis=1)
net = tt.Network(
    cell="gru", inputs=6, hidden=32, outputs=4, readout="softmax", loss="cross_entropy", dtype="float32"
)  # fmt: skip
net = tt.train(
    net, tt.Batch(x, y), steps=300, batch=32, optimizer=tt.Adam(0.01), schedule=tt.Cosine(0.02), clip=1.0,
    weight_decay=0.1,
).network  # fmt: skip

predicted = net.predict(others.x)
for second in (1, 2, 5, 10):
    right = predicted[:, 10 * second - 1].argmax(axis=1) == others.y.argmax(axis=1)
    print(f"after {second:>2} s: {right.mean():.3f} right")
