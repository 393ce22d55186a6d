"""A recurrent network learns to add: the classic program of 2015."""

import numpy as np

# weights: digits to 16 units (V), these to the sum (W) and to themselves (U)
T, H, alpha = 8, 16, 0.1
random = np.random.RandomState(0)
V = 2 * random.random_sample((2, H)) - 1
W = 2 * random.random_sample((H, 1)) - 1
U = 2 * random.random_sample((H, H)) - 1


def S(net):
    return 1 / (1 + np.exp(-net))


def bits(n):
    return np.array([n >> t & 1 for t in range(T)])


for pair in range(10_000):
    # example: two random numbers and their sum, least significant digit first
    a, b = random.randint(2 ** (T - 1)), random.randint(2 ** (T - 1))
    x, d = np.stack([bits(a), bits(b)], axis=1), bits(a + b)

    # forward: h[t] is the state before step t, h[t + 1] the state after it
    h, y = np.zeros((T + 1, H)), np.zeros((T, 1))
    for t in range(T):
        h[t + 1] = S(x[t] @ V + h[t] @ U)
        y[t] = S(h[t + 1] @ W)

    # backward: from the last step, into which nothing comes back, to the first
    dV, dU, dW = np.zeros_like(V), np.zeros_like(U), np.zeros_like(W)
    delta_h = np.zeros(H)
    for t in reversed(range(T)):
        delta_y = (y[t] - d[t]) * y[t] * (1 - y[t])
        delta_h = (delta_y @ W.T + delta_h @ U.T) * h[t + 1] * (1 - h[t + 1])
        dW += np.outer(h[t + 1], delta_y)
        dU += np.outer(h[t], delta_h)
        dV += np.outer(x[t], delta_h)

    # update: every weight against its gradient
    V, U, W = V - alpha * dV, U - alpha * dU, W - alpha * dW

    # report: most significant digit first, as one writes
    if pair % 1000 == 0:
        predicted = (y[:, 0] > 0.5).astype(int)
        print("Error:", round(np.abs(d - y[:, 0]).sum(), 8))
        print("Pred:", *predicted[::-1])
        print("True:", *d[::-1])
        print(f"{a} + {b} = {predicted @ 2 ** np.arange(T)}")
