"""An alarm on a real signal, proved for ever: El Niño, three warm months in a row."""

from typing import Any

import numpy as np
from statsmodels.datasets import elnino

import throughtime as tt
from throughtime.proof import specify

NORMAL, WARM, MONTHS = (-3.0, 0.5), (1.0, 5.0), 3


def alarm(warm: int, sea: tuple[Any, ...]) -> tuple[int, int]:
    """How many months in a row were warm, at most three; whether the alarm is on."""
    warm = min(warm + 1, MONTHS) if sea == (WARM,) else 0
    return warm, int(warm == MONTHS)


machine = specify(alarm, 0, {"normal": [NORMAL], "warm": [WARM]}, name="{} warm".format)


def settled(degrees: Any) -> Any:
    """What is between the two intervals, or outside of both, as the nearest number that is in one."""
    return np.where(degrees < 0.75, np.clip(degrees, *NORMAL), np.clip(degrees, *WARM))


def labelled(x: Any) -> tt.Batch:
    """Signals x (B,T,1) and when the alarm ought to be on."""
    return tt.Batch(x, np.array([machine.run(signal[:, 0] > 0.75)[1] for signal in x], float))


sea = elnino.load_pandas().data.iloc[:, 1:].to_numpy(float)  # °C, 61 years of 12 months
series = settled((sea - sea.mean(axis=0)).ravel())[:, None]
windows = np.lib.stride_tricks.sliding_window_view(series, 24, axis=0).transpose(0, 2, 1)
net = tt.Network(activation="tanh", inputs=1, hidden=8, outputs=1, loss="binary_cross_entropy", seed=0)

# Learned from the series alone: right on all of it, and wrong on signals that it never had.
plain = tt.train(net, labelled(windows), steps=2000, optimizer=tt.Adam(0.02)).network
right = (plain.predict(series[None]) > 0.5) == labelled(series[None]).y
print(f"right in {right.sum()} of {right.size} months")
refuted = tt.prove(plain, machine)
assert isinstance(refuted, tt.Refuted)
print(refuted, refuted.details, sep="\n")

# Learned from it and from signals drawn in the intervals, with noise on states and inputs.
rng = np.random.default_rng(0)
words = (rng.random((2000, 24)) < rng.random((2000, 1))).astype(int)
drawn = rng.uniform(machine.lo[words], machine.hi[words])
learned = labelled(np.concatenate([windows, drawn]))
robust = tt.train(
    net, learned, steps=2000, optimizer=tt.Adam(0.02), schedule=tt.Cosine(0.05), noise=0.5, input_noise=0.1
).network
proof = tt.prove(robust, machine)
print(proof)

on = robust.predict(series[None])[0, :, 0] > 0.5
begins = np.flatnonzero(on & ~np.roll(on, 1))
print("alarm from", ", ".join(f"{1950 + month // 12}-{month % 12 + 1:02}" for month in begins))
