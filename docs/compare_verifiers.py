"""Certify an adder at fixed lengths with auto_LiRPA, for docs/other_verifiers.md.

python docs/compare_verifiers.py [--networks "sigmoid 16" "LSTM 8"] [--methods IBP CROWN CROWN-Optimized] [--seconds 60]

It needs PyTorch and auto_LiRPA, which CI has not; measured with auto_LiRPA 0.7.1 and PyTorch 2.13 on one thread. With
--out it writes what docs/note/measure.py draws.

A network that reads T symbols is unrolled to a feed-forward one, whose output at step T is bounded over a domain: a set
of symbols for each step, one of {00}, {01}, {10}, {11}, {01, 10} and all four. The set {01, 10} is the segment between
its two inputs and all four are the unit square, so what is bounded is more than the words. A domain is closed if the
sum's bit is the same for all of its words and the bounds have its sign. Otherwise the last of its steps with several
symbols is split. It begins with one domain, all words of T symbols, so what is certified is every word of this length.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path

import auto_LiRPA
import numpy as np
import torch
from torch import Tensor, nn

import throughtime as tt
from throughtime.training import recipes

NETWORKS = {"sigmoid 16": ("elman", "sigmoid"), "tanh 16": ("elman", "tanh"), "LSTM 8": ("lstm", None)}
GATES = ("input", "forget", "output", "candidate")
ZERO, ONE, LOW, HIGH, EITHER, ALL = range(6)
"""Sets of symbols: 00, 11, 01, 10, {01, 10}, all four."""

SYMBOLS = {ZERO: (0,), ONE: (3,), LOW: (1,), HIGH: (2,), EITHER: (1, 2), ALL: (0, 1, 2, 3)}
"""Which of the machine's symbols each set has."""

SPLIT = {EITHER: (LOW, HIGH), ALL: (ZERO, ONE, EITHER)}
LEAST = torch.tensor([(0.0, 0, 0), (1, 1, 0), (0, 1, 0), (1, 0, 0), (0, 1, 0), (0, 0, 0)], dtype=torch.float64)
MOST = torch.tensor([(0.0, 0, 0), (1, 1, 0), (0, 1, 0), (1, 0, 0), (0, 1, 1), (1, 1, 0)], dtype=torch.float64)
"""The box of each set in (u, v, w), where the bits are a = u + w and b = v − w."""

AT_ONCE = 512
Domain = tuple[int, ...]


class Unrolled(nn.Module):
    """net_y at step T of a network with one layer, (B,T,3) → (B,1)."""

    def __init__(self, net: tt.Network, T: int) -> None:
        super().__init__()
        self.T, self.cell, self.activation = T, net.specification.cell, net.specification.activation
        self.weights = {name: torch.tensor(np.array(net[name])) for name in net.names}
        for name, V in self.weights.items():
            if name.endswith("V"):
                self.weights[name] = torch.cat([V, V[:1] - V[1:]])

    def forward(self, z: Tensor) -> Tensor:
        step = self.lstm if self.cell == "lstm" else self.elman
        state: tuple[Tensor, ...] = ()
        for t in range(self.T):
            state = step(z[:, t], *state)
        return state[0] @ self.weights["W"] + self.weights["b_y"]

    def net(self, z: Tensor, h: Tensor | None, V: str, U: str, b: str) -> Tensor:
        """The input of a gate; at the first step h is 0."""
        enters = z @ self.weights[V] + self.weights[b]
        return enters if h is None else enters + h @ self.weights[U]

    def elman(self, z: Tensor, h: Tensor | None = None) -> tuple[Tensor, ...]:
        net_h = self.net(z, h, "V", "U", "b_h")
        return ((torch.tanh if self.activation == "tanh" else torch.sigmoid)(net_h),)

    def lstm(self, z: Tensor, h: Tensor | None = None, C: Tensor | None = None) -> tuple[Tensor, ...]:
        gates = [self.net(z, h, *(f"{gate}.{kind}" for kind in "VUb")) for gate in GATES]
        i, f, o = map(torch.sigmoid, gates[:3])
        new = i * torch.tanh(gates[3])
        C = new if C is None else f * C + new
        return o * torch.tanh(C), C


def bit(machine: tt.Machine, domain: Domain) -> int | None:
    """The machine's last output if it is the same for all words of the domain."""
    states = {0}
    for chosen in domain[:-1]:
        states = {int(machine.next[q, a]) for q in states for a in SYMBOLS[chosen]}
    bits = {int(machine.outputs[q, a, 0]) for q in states for a in SYMBOLS[domain[-1]]}
    return bits.pop() if len(bits) == 1 else None


def split(domain: Domain) -> list[Domain]:
    """The domain in two or three, by its last step with several symbols."""
    several = [t for t, chosen in enumerate(domain) if chosen in SPLIT]
    if not several:
        raise ValueError(f"the network is wrong on {domain}")
    t = several[-1]
    return [(*domain[:t], chosen, *domain[t + 1 :]) for chosen in SPLIT[domain[t]]]


class Certifier:
    """Bounds of the unrolled network by one of auto_LiRPA's methods."""

    def __init__(self, net: tt.Network, T: int, method: str) -> None:
        self.plain, self.method = Unrolled(net, T), method
        options = {"optimize_bound_args": {"iteration": 20, "verbosity": 0}}
        self.module = auto_LiRPA.BoundedModule(self.plain, torch.zeros(2, T, 3), bound_opts=options)

    def surely(self, domains: list[Domain], bits: list[int]) -> list[bool]:
        """Whether the last output is right in all of each domain."""
        boxes = torch.tensor(domains)
        low, high = LEAST[boxes], MOST[boxes]
        if bool((low == high).all()):
            lower = upper = self.plain(low)
        else:
            region = auto_LiRPA.PerturbationLpNorm(norm=np.inf, x_L=low, x_U=high)
            x = auto_LiRPA.BoundedTensor((low + high) / 2, region)
            lower, upper = self.module.compute_bounds(x=(x,), method=self.method)
        positive = torch.tensor(bits) == 1
        return (torch.where(positive, lower[:, 0], -upper[:, 0]) > 0).tolist()


def certify(net: tt.Network, machine: tt.Machine, T: int, method: str, seconds: float) -> tuple[bool, int, float]:
    """(whether all words of T symbols are certified, boxes that were bounded, seconds of processor time)."""
    begun, bounded = time.process_time(), 0
    certifier, open_domains = Certifier(net, T, method), [(ALL,) * T]
    while open_domains:
        batch: list[tuple[Domain, int]] = []
        while open_domains and len(batch) < AT_ONCE:
            domain = open_domains.pop()
            known = bit(machine, domain)
            if known is None:
                open_domains += split(domain)
            else:
                batch.append((domain, known))
        if time.process_time() - begun > seconds:
            return False, bounded, time.process_time() - begun
        domains, bits = [domain for domain, _ in batch], [known for _, known in batch]
        bounded += len(batch)
        for domain, sure in zip(domains, certifier.surely(domains, bits), strict=True):
            if not sure:
                open_domains += split(domain)
    return True, bounded, time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=["sigmoid 16", "LSTM 8"], choices=NETWORKS)
    parser.add_argument("--methods", nargs="+", default=["IBP", "CROWN", "CROWN-Optimized"])
    parser.add_argument("--seconds", type=float, default=60, help="for one length, after which it is given up")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    task = tt.tasks.Addition(bits=8)
    print(f"auto_LiRPA {auto_LiRPA.__version__}, PyTorch {torch.__version__}, seed {options.seed}")
    compared = {}
    for name in options.networks:
        recipe = recipes.default(task, *NETWORKS[name])
        net = tt.Network(init=recipe.init, seed=options.seed, **recipe.network)
        net = tt.train(net, task, seed=options.seed, **recipe.settings).network
        tt.prove(net, task.machine)  # compiles and imports what it needs
        begun = time.process_time()
        proof = tt.prove(net, task.machine)
        proved = time.process_time() - begun
        print(f"\n{name}: {proof.verdict} for every length in {proved:.2g} s", flush=True)
        compared[name] = {"proved": round(proved, 2), "methods": {method: [] for method in options.methods}}
        for method, rows in compared[name]["methods"].items():
            print(f"{method}: T, boxes, seconds")
            for T in range(1, 1000):
                certified, boxes, seconds = certify(net, task.machine, T, method, options.seconds)
                print(f"{T:>3} {boxes:>8} {seconds:>8.2f}{'' if certified else '  given up'}", flush=True)
                rows.append({"T": T, "boxes": boxes, "seconds": round(seconds, 2), "certified": certified})
                if not certified:
                    break
    if options.out:
        options.out.write_text(json.dumps(compared).replace("}, ", "},\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
