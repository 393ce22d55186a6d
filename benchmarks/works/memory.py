"""What a forward and a backward pass take of memory at their peak."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.measure import Context
from benchmarks.rows import Figure
from benchmarks.sizes import CELLS

MEMORY = """
import json, sys
B, T, I, H, cell, who = json.loads(sys.argv[1])
def peak():
    status = open("/proc/self/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
from benchmarks.sizes import network, sequences
if who == "ours":
    net = network(cell, I, H)
    step = net.gradient
    small = sequences(1, 2, I)
else:
    import torch
    from benchmarks.peers.pytorch import Recurrent
    torch.set_num_threads(1)
    peer = Recurrent(network(cell, I, H))
    step = lambda x, d: peer.passes(torch.tensor(x.transpose(1, 0, 2)), torch.tensor(d.transpose(1, 0, 2)))
    small = sequences(1, 2, I)
step(*small)
x, d = sequences(B, T, I)
open("/proc/self/clear_refs", "w").write("5")  # the peak begins anew
before = peak()
step(x, d)
print(peak() - before)
"""


def measured(context: Context) -> Iterator[Figure]:
    """The peak of one forward and backward pass, beyond its arguments, in bytes for each of B·T·H numbers."""
    with_torch = "torch" in context.peers
    for name, cell in CELLS.items():
        for T in (256, 1024):
            size = (64, T, 16, 64)
            peaks = {who: _peak(*size, cell, who) for who in ("ours", "torch")[: 1 + with_torch]}
            per = {who: peak / (64 * T * 64) for who, peak in peaks.items()}
            note = f"PyTorch {per['torch']:.1f}" if with_torch else "PyTorch is not installed"
            yield Figure(f"memory of {name}, B=64 T={T} H=64", per["ours"], "bytes per B·T·H", per.get("torch"), note)


def _peak(B: int, T: int, inputs: int, hidden: int, cell: str, who: str) -> int:
    size = json.dumps([B, T, inputs, hidden, cell, who])
    done = subprocess.run([sys.executable, "-c", MEMORY, size], check=True, capture_output=True, text=True)
    return int(done.stdout)
