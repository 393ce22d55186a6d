"""The compiled passes run one by one, and what they leave on the tape in the axis order of the reference.

This is the one place of the tests that knows how the arrays of the kernels are laid out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from throughtime.kernels import network as kernels
from throughtime.kernels.shape import shape_of
from throughtime.passes.tape import TapeArrays


@dataclass(frozen=True)
class Passes:
    loss: float
    gradient: np.ndarray
    gates: np.ndarray
    delta: np.ndarray
    h: np.ndarray
    C: np.ndarray
    states: np.ndarray
    net_y: np.ndarray
    y: np.ndarray
    delta_y: np.ndarray
    error: np.ndarray
    d_x: np.ndarray
    d_h_0: np.ndarray
    d_C_0: np.ndarray


def tape_for(q, *, noisy=False, dropout=False):
    T, B = q.x.shape[1], q.x.shape[0]
    return TapeArrays(q.s, T, B, noisy=noisy, dropout=dropout, d_x=True)


def run(q, *, initial=True, noise=None, masks=None, penalty=0.0, tape: Any = None, gradient=None):
    """Forward, loss and backward of a problem.

    noise : (L,D,B,T,H), what is added to h_t where it is fed into the next step, and, its units in reverse, to C_t
    masks : one (B,K) a layer, of dropout
    tape, gradient : to be used again, as a training loop does
    """
    s, shape, p = q.s, shape_of(q.s), q.net.parameters
    T = q.x.shape[1]
    if tape is None:
        tape = tape_for(q, noisy=noise is not None, dropout=masks is not None)
    gradient = np.zeros_like(p) if gradient is None else gradient
    x, y, mask = _kernel_batch(q)
    for inside, outside in zip(tape.states, q.state.arrays, strict=True):
        _write_state(s, inside, outside * initial, T)
    if noise is not None:
        tape.fed[:] = 0
        tape.fed[0, :, :, 1 : T + 1] = noise.transpose(0, 1, 3, 2, 4)
        tape.fed[1:, :, :, 1 : T + 1] = noise.transpose(0, 1, 3, 2, 4)[..., ::-1]
    if masks is not None:
        tape.masks[:] = np.concatenate([mask.ravel() for mask in masks])
    loss = kernels.gradient_of(shape, p, x, y, mask, q.lengths, penalty, tape.tape, gradient)
    steps = [_real(state[:, :, 1:-1].transpose(0, 1, 3, 2, 4), q.lengths, 2) for state in tape.states]
    first = [state.reshape(q.state.h.shape).copy() for state in tape.d_first]
    return Passes(
        loss=float(loss), gradient=gradient,
        gates=_by_gate(s, tape.gates), delta=_by_gate(s, tape.delta),
        h=steps[0], C=steps[-1] if len(steps) > 1 else steps[0][:, :, :0],
        states=_real(_top_states(s, tape).transpose(1, 0, 2), q.lengths, 0),
        net_y=_outputs(q, tape.net_y), y=_outputs(q, tape.y), delta_y=_outputs(q, tape.delta_y),
        error=_outputs(q, tape.error[..., None])[..., 0],
        d_x=tape.d_x.transpose(1, 0, 2).copy(),
        d_h_0=first[0], d_C_0=first[-1] if len(first) > 1 else first[0][:, :0],
    )  # fmt: skip


def _kernel_batch(q):
    """x (T,B,I), y (R,B,O), mask (R,B), as `Network` hands them over."""
    x = np.ascontiguousarray(q.x.transpose(1, 0, 2), q.s.dtype)
    if q.s.output == "last step":
        return x, np.ascontiguousarray(q.y[None], q.s.dtype), np.ascontiguousarray(q.mask[None], q.s.dtype)
    mask = np.where(np.arange(q.x.shape[1]) < q.lengths[:, None], q.mask, 0)
    return x, np.ascontiguousarray(q.y.transpose(1, 0, 2), q.s.dtype), np.ascontiguousarray(mask.T, q.s.dtype)


def _top_states(s, tape):
    return tape.joined[-1] if s.bidirectional else tape.states[0, -1, 0, 1:-1]


def _write_state(s, inside, outside, T):
    D = 1 + s.bidirectional
    inside[:, 0, 0] = outside[0::D]
    if s.bidirectional:
        inside[:, 1, T + 1] = outside[1::D]


def _states(s, tape):
    """What the readout reads, (T,B,D·H)."""
    return tape.joined[-1] if s.bidirectional else tape.states[0, -1, 0, 1:-1]


def _by_gate(s, array):
    """(L,D,T,B,G·H) → (L,D,B,T,G,H)."""
    L, D, T, B, _ = array.shape
    return array.reshape(L, D, T, B, -1, s.hidden).transpose(0, 1, 3, 2, 4, 5).copy()


def _outputs(q, array):
    """(R,B,O) → (B,R,O), 0 behind the end."""
    out = array.transpose(1, 0, 2).copy()
    return out if q.s.output == "last step" else _real(out, q.lengths, 0)


def _real(array, lengths, batch_axis):
    """A copy, 0 behind each sequence's end; time follows the batch axis."""
    out = array.copy()
    for b, length in enumerate(lengths):
        out[(*[slice(None)] * batch_axis, b, slice(int(length), None))] = 0
    return out
