"""Read an image row by row, as a sequence, and classify it.

Your own data: `images`, an array (images, rows, columns), and `digits`, an int array (images,).
See: throughtime gallery digits
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import throughtime as tt

data = load_digits()
images, digits = data.images / 16 - 0.3, data.target
images, others, digits, truth = train_test_split(images, digits, test_size=0.3, stratify=digits, random_state=0)

copies = np.tile(images, (20, 1, 1))
copies += 0.2 * np.random.default_rng(0).standard_normal(copies.shape)
net = tt.Network(
    cell="gru", inputs=8, hidden=64, outputs=10, bidirectional=True, output="last step",
    readout="softmax", loss="cross_entropy", dtype="float32",
)  # fmt: skip
net = tt.train(
    net, tt.Batch(copies, np.tile(np.eye(10)[digits], (20, 1))), steps=800, batch=32, optimizer=tt.Adam(0.005),
    schedule=tt.Cosine(0.02), clip=1.0, weight_decay=0.1,
).network  # fmt: skip
print(f"accuracy {np.mean(net.predict(others).argmax(axis=1) == truth):.3f}")
