"""Certificates that were tampered with: whether the checker rejects them, and whether what they claim is so."""

from __future__ import annotations

import json

import numpy as np

from throughtime.proof import checker

OPERATIONS = ("sigmoid", "tanh", "relu", "neg", "+", "-", "*", "@", "minimum", "maximum", "x", "state", "number", "exp")


def rejected(content) -> str | None:
    """Why it is rejected, or None if it is accepted."""
    try:
        checker.check(content if isinstance(content, str) else json.dumps(content))
    except checker.Rejected as reason:
        return str(reason)
    return None


def plain(content):
    """One step of the network that a certificate speaks of, by its own list of operations, in NumPy."""
    network, step = content["network"], content["network"]["step"]
    I, H, O, layers = (network[name] for name in ("inputs", "hidden", "outputs", "layers"))
    weights = np.array([float.fromhex(w) for w in content["weights"]])
    products = [o["of"] for o in step["operations"] if o["op"] == "@"]
    of_x = {step["operations"][M]["name"] for x, M in products if step["operations"][x]["op"] == "x"}
    of_h = {step["operations"][M]["name"] for _, M in products}
    tables, at = [], 0
    for layer in range(layers):
        named = {}
        for names in step["blocks"]:
            height = (H if layer else I) if names[0] in of_x else H if names[0] in of_h else 1
            block = weights[at : at + height * len(names) * H].reshape(height, -1)
            at += block.size
            named |= {name: block[:, k * H : k * H + H] for k, name in enumerate(names)}
        tables.append(named)
    W, b_y = weights[at : at + H * O].reshape(H, O), weights[at + H * O :] if network["bias"] else np.zeros(O)
    epsilon, rng = float.fromhex(content["epsilon"]), np.random.default_rng(2)
    functions = {
        "@": np.matmul, "+": np.add, "-": np.subtract, "*": np.multiply, "neg": np.negative, "tanh": np.tanh,
        "relu": lambda z: np.maximum(z, 0), "minimum": np.minimum, "maximum": np.maximum,
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    }  # fmt: skip

    def advance(states, x):
        """states: for every layer a table of arrays (B,H)."""
        found = []
        for named, before in zip(tables, states, strict=True):
            values = []
            for place, o in enumerate(step["operations"]):
                if o["op"] == "state":
                    value = before[o["name"]]
                elif o["op"] == "number":
                    value = np.full((1, H), float.fromhex(o["value"]))
                else:
                    value = x if o["op"] == "x" else named[o["name"]] if o["op"] == "parameter" else None
                if value is None:
                    value = functions[o["op"]](*(values[i] for i in o["of"]))
                if place in step["after"]:
                    value = value + rng.uniform(-1, 1, (len(x), H)) * epsilon
                values.append(value)
            found.append({name: values[place] for name, place in zip(step["states"], step["after"], strict=True)})
            x = values[step["after"][0]]
        net_y = x @ W + b_y
        return found, functions["sigmoid"](net_y) if network["readout"] == "sigmoid" else net_y

    start = [{name: np.zeros((200, H)) for name in step["states"]} for _ in range(layers)]
    return start, advance


def holds(content) -> bool:
    """Whether the network and the machine that a certificate is about agree on 200 walks of 200 steps."""
    machine = content["specification"]
    ends = [[v if isinstance(v, list) else [v, v] for v in symbol] for symbol in machine["symbols"]]
    lo, hi = np.moveaxis([[[float.fromhex(end) for end in pair] for pair in symbol] for symbol in ends], -1, 0)
    follows, outputs = np.array(machine["next"]), np.array(machine["outputs"])
    states, advance = plain(content)
    rng, q = np.random.default_rng(1), np.zeros(200, np.int64)
    for _ in range(200):
        letter = rng.integers(len(lo), size=200)
        at = np.clip(rng.uniform(-0.5, 1.5, (200, lo.shape[1])), 0, 1)  # half of them at an end
        with np.errstate(all="ignore"):
            states, y = advance(states, (1 - at) * lo[letter] + at * hi[letter])
        if not (np.abs(y - outputs[q, letter]) < 0.5).all():
            return False
        q = follows[q, letter]
    return True
