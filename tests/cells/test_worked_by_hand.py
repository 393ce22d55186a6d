"""Examples worked by hand.

Logarithms are chosen as net inputs, since S(ln a) = a/(1+a) and tanh(ln a) = (a²−1)/(a²+1).
"""

from math import log

import numpy as np
import pytest

from oracles.cases import Problem, state_of
from oracles.layout import unpack
from oracles.passes import run
from throughtime.cells import elman, gru, lstm
from throughtime.cells.elman import Elman
from throughtime.cells.gru import GRU
from throughtime.cells.lstm import LSTM
from throughtime.network import Network
from throughtime.passes.state import State

L, L2 = log(3), log(2)


def column(*numbers):
    """(1, T, 1): one sequence of one feature."""
    return np.array(numbers, float).reshape(1, -1, 1)


def full(number):
    return np.array([[float(number)]])


def network(parameters, **fields):
    """A network of one layer with these parameters, by short name; each is to be given."""
    net = Network(**fields)
    arrays = unpack(net.specification, net.parameters)
    assert {name.removeprefix("layer0.forward.") for name in arrays} == set(parameters)
    for name, array in arrays.items():
        array[:] = parameters[name.removeprefix("layer0.forward.")]
    return net


def given(net, x, y, h_0, C_0=None):
    """A batch of one sequence from an initial state."""
    C = np.zeros((1, 0, 1)) if C_0 is None else np.asarray(C_0, float)[None]
    no = state_of(np.zeros((1, *np.shape(h_0))), np.zeros_like(C))
    T = x.shape[1]
    return Problem(
        net, x, np.array([T]), y, np.ones((1, T)), state_of(np.asarray(h_0, float)[None], C),
        np.zeros((1, T, np.shape(h_0)[1])), no,
    )  # fmt: skip


def near(got, wanted):
    np.testing.assert_allclose(np.squeeze(got), np.squeeze(wanted), rtol=1e-14, atol=0)


# Elman, sigmoid, two steps. V = L, U = 2L, b_h = −L, W = 2L, b_y = −L/2 with L = ln 3; h_0 = 1/2; x = (1, −3/2); d =
# (0, 1).
#
#   net_h_1 = L + ½·2L − L = L                      h_1 = 3/4
#   net_h_2 = −3/2 L + 3/4·2L − L = −L              h_2 = 1/4
#   net_y_1 = 3/4·2L − L/2 = L                      y_1 = 3/4
#   net_y_2 = 1/4·2L − L/2 = 0                      y_2 = 1/2
#   E = ½ (3/4)² + ½ (1/2)² = 13/32
#   δ_y_1 = 3/4 · 3/16 = 9/64                       δ_y_2 = −1/2 · 1/4 = −1/8
#   δ_h_2 = −1/8·2L · 3/16 = −3/64 L
#   δ_h_1 = (9/64·2L − 3/64 L·2L) · 3/16 = 27/512 L − 9/512 L²
#   ∇W = 3/4·9/64 − 1/4·1/8 = 19/256                ∇b_y = 9/64 − 8/64 = 1/64
#   ∇U = ½ δ_h_1 + 3/4 δ_h_2 = −9/1024 (L + L²)
#   ∇V = δ_h_1 − 3/2 δ_h_2 = (63 L − 9 L²)/512      ∇b_h = (3 L − 9 L²)/512
#   ∂x_1 = δ_h_1 L = (27 L² − 9 L³)/512             ∂x_2 = −3/64 L²
#   ∂h_0 = δ_h_1 2L = (27 L² − 9 L³)/256
ELMAN = {"V": L, "U": 2 * L, "b_h": -L, "W": 2 * L, "b_y": -L / 2}
DELTA_Y = [9 / 64, -1 / 8]
DELTA_H = [27 / 512 * L - 9 / 512 * L**2, -3 / 64 * L]
NABLA = {"V": (63 * L - 9 * L**2) / 512, "U": -9 / 1024 * (L + L**2), "b_h": (3 * L - 9 * L**2) / 512}
D_X = [(27 * L**2 - 9 * L**3) / 512, -3 / 64 * L**2]
D_H_0 = (27 * L**2 - 9 * L**3) / 256


def test_elman_kernel():
    net = network(ELMAN, cell="elman", inputs=1, hidden=1, outputs=1)
    found = run(given(net, column(1, -3 / 2), column(0, 1), full(1 / 2)))
    near(found.gates, [L, -L])
    near(found.h, [3 / 4, 1 / 4])
    np.testing.assert_allclose(found.net_y.ravel(), [L, 0], atol=1e-15)
    near(found.y, [3 / 4, 1 / 2])
    near(found.loss, 13 / 32)
    near(found.delta_y, DELTA_Y)
    near(found.delta, DELTA_H)
    near(found.d_x, D_X)
    near(found.d_h_0, D_H_0)
    gradient = unpack(net.specification, found.gradient)
    for name, wanted in (NABLA | {"W": 19 / 256, "b_y": 1 / 64}).items():
        near(gradient.get(name, gradient.get("layer0.forward." + name)), wanted)


def test_elman_plain_cell():
    cell = Elman(full(L), full(2 * L), np.array([-L]))
    tape = elman.forward(cell, column(1, -3 / 2), full(1 / 2))
    near(tape.net_h, [L, -L])
    near(tape.h, [3 / 4, 1 / 4])
    gradient = elman.backward(cell, tape, column(*DELTA_Y) * 2 * L)
    near(gradient.delta_h, DELTA_H)
    near(gradient.d_x, D_X)
    near(gradient.d_h_0, D_H_0)
    for name, wanted in NABLA.items():
        near(getattr(gradient, name), wanted)


# Elman, relu, three steps, two units, identity readout: whole numbers, so nothing is rounded, and U is not symmetric.
#
#   V = (1 2)   U = (1 −1; 2 0)   b_h = (0 1)   W = (1 3)ᵀ   b_y = −1   h_0 = (1 1)   x = 1, 2, −1   d = 8, 14, 7
#   net_1 = (1 2) + (3 −1) + (0 1) = (4 2)          h_1 = (4 2)     y_1 = 4 + 6 − 1 = 9      e = 1
#   net_2 = (2 4) + (8 −4) + (0 1) = (10 1)         h_2 = (10 1)    y_2 = 10 + 3 − 1 = 12    e = −2
#   net_3 = (−1 −2) + (12 −10) + (0 1) = (11 −11)   h_3 = (11 0)    y_3 = 11 − 1 = 10        e = 3      E = 7
#   δ_3 = 3 (1 3) ∘ (1 0) = (3 0)                   δ_3 Uᵀ = (3 6)
#   δ_2 = −2 (1 3) + (3 6) = (1 0)                  δ_2 Uᵀ = (1 2)
#   δ_1 = (1 3) + (1 2) = (2 5)                     ∂h_0 = δ_1 Uᵀ = (−3 4)
#   ∇W = (4 2) − 2 (10 1) + 3 (11 0) = (17 0)       ∇b_y = 2        ∇b_h = (6 5)
#   ∇V = (2 5) + 2 (1 0) − (3 0) = (1 5)            ∂x = δ Vᵀ = 12, 1, 3
#   ∇U = (1 1)ᵀ(2 5) + (4 2)ᵀ(1 0) + (10 1)ᵀ(3 0) = (36 5; 7 5)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_relu_in_whole_numbers(dtype):
    parameters = {"V": [[1, 2]], "U": [[1, -1], [2, 0]], "b_h": [0, 1], "W": [[1], [3]], "b_y": -1}
    net = network(
        parameters, cell="elman", activation="relu", readout="identity", inputs=1, hidden=2, outputs=1, dtype=dtype
    )
    found = run(given(net, column(1, 2, -1), column(8, 14, 7), [[1, 1]]))
    assert found.loss == 7
    assert found.gates.reshape(3, 2).tolist() == [[4, 2], [10, 1], [11, -11]]
    assert found.h.reshape(3, 2).tolist() == [[4, 2], [10, 1], [11, 0]]
    assert found.error.tolist() == [[0.5, 2, 4.5]]
    assert found.delta.reshape(3, 2).tolist() == [[2, 5], [1, 0], [3, 0]]
    gradient = {name.split(".")[-1]: a.tolist() for name, a in unpack(net.specification, found.gradient).items()}
    assert gradient == {"V": [[1, 5]], "U": [[36, 5], [7, 5]], "b_h": [6, 5], "W": [[17], [0]], "b_y": [2]}
    assert found.d_x.ravel().tolist() == [12, 1, 3]
    assert found.d_h_0.ravel().tolist() == [-3, 4]


# LSTM, one step, h_0 = 2, x = 1, C_0 = 2 ln 2 − 9/10; each gate's net input is V + 2 U + b.
#
#   i = S(L) = 3/4     f = S(0) = 1/2     C̃ = tanh(ln 2) = 3/5     o = S(−L) = 1/4
#   C = ½ C_0 + 3/4·3/5 = ln 2            tanh C = 3/5             h = 3/20
#   from above ∂h = 25:   ∂C = 25 · 1/4 · 16/25 = 4                ∂C_0 = 4·½ = 2
#   δ_o = 25 · 3/5 · 3/16 = 45/16         δ_f = 4 C_0 · 1/4 = C_0
#   δ_i = 4 · 3/5 · 3/16 = 9/20           δ_C̃ = 4 · 3/4 · 16/25 = 48/25
#   ∇V = δ, ∇U = 2 δ, ∇b = δ              ∂h_0 = 2 δ_i − 3 δ_f + δ_C̃ − δ_o     ∂x = L δ_i + δ_f + ln 2 δ_C̃ − L δ_o
C_0 = 2 * L2 - 9 / 10
LSTM_DELTA = {"i": 9 / 20, "f": C_0, "C": 48 / 25, "o": 45 / 16}
LSTM_V = {"i": L, "f": 1, "C": L2, "o": -L}
LSTM_U = {"i": 2, "f": -3, "C": 1, "o": -1}
LSTM_B = {"i": -4, "f": 5, "C": -2, "o": 2}
LSTM_GATES = {"input": "i", "forget": "f", "candidate": "C", "output": "o"}


def test_lstm_plain_cell():
    gates = {f"V_{g}": full(LSTM_V[g]) for g in "ifCo"} | {f"U_{g}": full(LSTM_U[g]) for g in "ifCo"}
    cell = LSTM(**gates, **{f"b_{g}": np.array([float(LSTM_B[g])]) for g in "ifCo"})
    tape = lstm.forward(cell, column(1), full(2), full(C_0))
    for symbol, wanted in {"i": 3 / 4, "f": 1 / 2, "C_tilde": 3 / 5, "o": 1 / 4, "C": L2, "h": 3 / 20}.items():
        near(getattr(tape, symbol), wanted)
    gradient = lstm.backward(cell, tape, column(25))
    for g, delta in LSTM_DELTA.items():
        near(getattr(gradient, "delta_C_tilde" if g == "C" else f"delta_{g}"), delta)
        near(getattr(gradient.parameters, f"V_{g}"), delta)
        near(getattr(gradient.parameters, f"U_{g}"), 2 * delta)
        near(getattr(gradient.parameters, f"b_{g}"), delta)
    near(gradient.d_h_0, sum(LSTM_U[g] * LSTM_DELTA[g] for g in "ifCo"))
    near(gradient.d_x, sum(LSTM_V[g] * LSTM_DELTA[g] for g in "ifCo"))
    near(gradient.d_C_0, 2)


def test_lstm_kernel():
    numbers = {"V": LSTM_V, "U": LSTM_U, "b": LSTM_B}
    parameters = {f"{gate}.{s}": numbers[s][g] for gate, g in LSTM_GATES.items() for s in "VUb"}
    net = network(parameters | {"W": 1, "b_y": 0}, cell="lstm", inputs=1, hidden=1, outputs=1)
    state = State(h=full(2)[None], C=full(C_0)[None])
    states, after = net.hidden(column(1), initial_state=state)
    near(states, 3 / 20)
    near(after.h, 3 / 20)
    near(after.C, L2)
    found = net.backward(column(1), column(25), initial_state=state)
    gradient = unpack(net.specification, found.gradient)
    for gate, g in LSTM_GATES.items():
        for symbol, times in (("V", 1), ("U", 2), ("b", 1)):
            near(gradient[f"layer0.forward.{gate}.{symbol}"], times * LSTM_DELTA[g])
    near(found.d_state.h, sum(LSTM_U[g] * LSTM_DELTA[g] for g in "ifCo"))
    near(found.d_state.C, 2)
    near(found.d_x, sum(LSTM_V[g] * LSTM_DELTA[g] for g in "ifCo"))


# GRU, one step, h_0 = 2, x = 1. V_r, U_r, b_r = 1, −1, 1; V_z, U_z, b_z = L, ½, −1; V_n, U_n, b_n, c_n = 1, 1, −1, 2 ln
# 2 − 2.
#
#   r = S(0) = 1/2    z = S(L) = 3/4    q = 2 + 2 ln 2 − 2 = 2 ln 2    ñ = tanh(1 − 1 + ½·2 ln 2) = 3/5
#   h = ¼·3/5 + ¾·2 = 33/20
#   from above ∂h = 100:   δ_z = 100 · (2 − 3/5) · 3/16 = 105/4       δ_n = 100 · ¼ · 16/25 = 16
#   δ_r = 16 · 2 ln 2 · ¼ = 8 ln 2      δ_q = 16·½ = 8
#   ∇V_n = δ_n, ∇U_n = 2 δ_q, ∇b_n = δ_n, ∇c_n = δ_q; for r and z: δ, 2 δ, δ
#   ∂h_0 = 100·¾ − δ_r + ½ δ_z + δ_q = 75 − 8 ln 2 + 105/8 + 8        ∂x = δ_r + L δ_z + δ_n
GRU_NABLA = {
    "reset": {"V": 8 * L2, "U": 16 * L2, "b": 8 * L2},
    "update": {"V": 105 / 4, "U": 105 / 2, "b": 105 / 4},
    "candidate": {"V": 16, "U": 16, "b": 16, "c": 8},
}
GRU_PARAMETERS = {
    "reset": {"V": 1, "U": -1, "b": 1},
    "update": {"V": L, "U": 1 / 2, "b": -1},
    "candidate": {"V": 1, "U": 1, "b": -1, "c": 2 * L2 - 2},
}
GRU_D_H_0, GRU_D_X = 75 - 8 * L2 + 105 / 8 + 8, 8 * L2 + 105 / 4 * L + 16
GRU_LETTERS = {"reset": "r", "update": "z", "candidate": "n"}


def test_gru_plain_cell():
    cell = GRU(
        **{
            f"{symbol}_{GRU_LETTERS[gate]}": full(number) if symbol in "VU" else np.array([float(number)])
            for gate, numbers in GRU_PARAMETERS.items()
            for symbol, number in numbers.items()
        }
    )
    tape = gru.forward(cell, column(1), full(2))
    for symbol, wanted in {"r": 1 / 2, "z": 3 / 4, "q": 2 * L2, "n": 3 / 5, "h": 33 / 20}.items():
        near(getattr(tape, symbol), wanted)
    gradient = gru.backward(cell, tape, column(100))
    for symbol, wanted in {"r": 8 * L2, "z": 105 / 4, "n": 16, "q": 8}.items():
        near(getattr(gradient, f"delta_{symbol}"), wanted)
    for gate, numbers in GRU_NABLA.items():
        for symbol, wanted in numbers.items():
            near(getattr(gradient.parameters, f"{symbol}_{GRU_LETTERS[gate]}"), wanted)
    near(gradient.d_h_0, GRU_D_H_0)
    near(gradient.d_x, GRU_D_X)


def test_gru_kernel():
    parameters = {f"{gate}.{s}": n for gate, numbers in GRU_PARAMETERS.items() for s, n in numbers.items()}
    net = network(parameters | {"W": 1, "b_y": 0}, cell="gru", inputs=1, hidden=1, outputs=1)
    state = State(h=full(2)[None])
    near(net.hidden(column(1), initial_state=state)[0], 33 / 20)
    found = net.backward(column(1), column(100), initial_state=state)
    gradient = unpack(net.specification, found.gradient)
    for gate, numbers in GRU_NABLA.items():
        for symbol, wanted in numbers.items():
            near(gradient[f"layer0.forward.{gate}.{symbol}"], wanted)
    near(found.d_state.h, GRU_D_H_0)
    near(found.d_x, GRU_D_X)
