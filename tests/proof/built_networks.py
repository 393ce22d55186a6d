"""Networks built by hand, so that what they compute is known.

A network for any machine over bits: one unit for each pair (state, symbol), which is high when that symbol was just
read in that state. The unit is an AND: of "one of the pairs that lead to the state was high" and "the symbol is read".
Before the first step no unit is high, which counts as state 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from throughtime.proof import Machine
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import Views, count

HIGH = np.tanh(1.0)  # h of an LSTM's unit whose C is 1


@dataclass
class Built:
    """As much of a network as a proof needs."""

    specification: NetworkSpecification
    parameters: np.ndarray

    def __getitem__(self, name):
        return Views(self.specification, self.parameters)[name]


def empty(**fields) -> Built:
    """All parameters zero."""
    specification = NetworkSpecification(**fields)
    return Built(specification, np.zeros(count(specification), specification.dtype))


def units(machine: Machine):
    """Of each pair's unit: weights from x (I,N), from the units' 0/1 values (N,N), bias (N): their sum is 1 or at most
    0.
    """
    S, A = machine.next.shape
    N = S * A
    V, U, b = np.zeros((machine.symbols.shape[1], N)), np.zeros((N, N)), np.zeros(N)
    for q in range(S):
        for a in range(A):
            unit = q * A + a
            V[:, unit] = np.where(machine.symbols[a] == 1, 1, -1)
            b[unit] = 1 - machine.symbols[a].sum()  # with V: 1 if a is read, at most 0 if not
            for before in range(S):
                for letter in range(A):
                    leads = machine.next[before, letter] == q
                    if q == 0:  # state 0 unless another one was left behind
                        U[before * A + letter, unit] = 0 if leads else -2
                    else:
                        U[before * A + letter, unit] = 1 if leads else 0
            b[unit] -= 0 if q == 0 else 1
    return V, U, b


def readout(machine: Machine, steep: float):
    """From the units' 0/1 values: W (N,O), b_y."""
    S, A, O = machine.outputs.shape
    W = steep * (2.0 * machine.outputs.reshape(S * A, O) - 1)
    return W, np.zeros(O)


def elman(machine, activation="sigmoid", steep=20.0, layers=1, identity=False, dtype="float64"):
    """An Elman network; with tanh the units are ±1, with relu two units make a ramp from 0 to 1."""
    V, U, b = units(machine)
    W, b_y = readout(machine, steep)
    N = len(b)
    H = 2 * N if activation == "relu" else N
    net = empty(
        cell="elman", inputs=len(V), hidden=H, outputs=W.shape[1], activation=activation, layers=layers,
        readout="identity" if identity else "sigmoid", dtype=dtype,
    )  # fmt: skip
    b = b - 0.5
    if activation == "tanh":  # u = (h + 1) / 2; before the first step all h are 0, which Σ h + N − 2 tells
        start = np.where(np.arange(N) < machine.next.shape[1], 0.5 * -U.sum(axis=0), 0.5 * U.sum(axis=0))
        b = b + U.sum(axis=0) / 2
        U = U / 2
        push = start / max(N - 2, 1) * np.where(np.arange(N) < machine.next.shape[1], 1, -1)
        U = U + push
        b = b + push * (N - 2)
        W, b_y = W / 2, b_y + W.sum(axis=0) / 2
    if activation == "relu":  # relu(4 z + ½) − relu(4 z − ½) is 1 for z = ½ and 0 for z ≤ −½
        V, U, b = 4 * V, 4 * U, 4 * b
        U = np.vstack([np.hstack([U, U]), -np.hstack([U, U])])
        V, b = np.hstack([V, V]), np.concatenate([b + 0.5, b - 0.5])
        W = np.vstack([W, -W])
        scale = 1.0
    else:
        scale = steep
    if identity:
        W, b_y = W / steep / 2, b_y + 0.5
    _layer(net, 0, scale * V, scale * U, scale * b)
    for layer in range(1, layers):  # a copy
        _layer(net, layer, *_copy(activation, H, steep))
    net["W"][:], net["b_y"][:] = W, b_y
    return net


def _layer(net, layer, V, U, b):
    net[f"layer{layer}.V"][:], net[f"layer{layer}.U"][:], net[f"layer{layer}.b_h"][:] = V, U, b


def _copy(activation, H, steep):
    if activation == "relu":
        return np.eye(H), np.zeros((H, H)), np.zeros(H)
    offset = -0.5 if activation == "sigmoid" else 0.0
    return steep * np.eye(H), np.zeros((H, H)), np.full(H, steep * offset)


def lstm(machine, steep=20.0, layers=1):
    """The AND is in the input gate; the candidate is 1, nothing is kept, all is shown."""
    V, U, b = units(machine)
    N = len(b)
    W, b_y = readout(machine, steep)
    net = empty(cell="lstm", inputs=len(V), hidden=N, outputs=W.shape[1], layers=layers)
    for layer in range(layers):
        name = f"layer{layer}."
        net[name + "forget.b"][:] = -20
        net[name + "candidate.b"][:] = 20
        net[name + "output.b"][:] = 20
        net[name + "input.V"][:] = steep * (V if layer == 0 else np.eye(N) / HIGH)
        net[name + "input.U"][:] = steep * U / HIGH if layer == 0 else 0
        net[name + "input.b"][:] = steep * (b - 0.5) if layer == 0 else -steep / 2
    net["W"][:], net["b_y"][:] = W / HIGH, b_y
    return net


def gru(machine, steep=20.0):
    """The candidate is the tanh network's, and nothing is kept."""
    plain = elman(machine, "tanh", steep)
    net = empty(cell="gru", inputs=plain["V"].shape[0], hidden=len(plain["b_h"]), outputs=plain["W"].shape[1])
    net["candidate.V"][:], net["candidate.b"][:], net["candidate.U"][:] = plain["V"], plain["b_h"], plain["U"]
    net["update.b"][:], net["reset.b"][:] = -20, 20
    net["W"][:], net["b_y"][:] = plain["W"], plain["b_y"]
    return net


def two_unit_adder(gain=20.0):
    """Carry c = S(…), high if at least two of a, b and the last c are; and g = S(a + b + c − 1.5), which counts them.

    g is 0.18, 0.38, 0.62 or 0.82, from which the readout takes the sum's bit: (g − 0.28) − 0.44 c is positive for 1 and
    3. `gain` is that of the loop from c to c; at 4 and below, c is forgotten.
    """
    net = empty(cell="elman", inputs=2, hidden=2, outputs=1)
    net["V"][:] = [[20.0, 1.0], [20.0, 1.0]]
    net["U"][:] = [[gain, 1.0], [0.0, 0.0]]
    net["b_h"][:] = [-20.0 - gain / 2, -1.5]
    net["W"][:] = [[-44.0], [100.0]]
    net["b_y"][:] = -28.0
    return net
