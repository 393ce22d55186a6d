"""The flat parameter vector taken apart as its documentation says, by full names such as "layer1.backward.forget.U"."""

GATES = {
    "elman": [""],
    "lstm": ["input.", "forget.", "candidate.", "output."],
    "gru": ["reset.", "update.", "candidate."],
}


def unpack(s, flat):
    """Flat vectors (..., P) → arrays (..., rows, columns) by full name, in the order of the vector."""
    arrays, at, H = {}, 0, s.hidden
    lead = flat.shape[:-1]
    directions = ["forward", "backward"][: 1 + s.bidirectional]

    def take(*shape):
        nonlocal at
        size = shape[0] * (shape[1] if len(shape) == 2 else 1)
        at += size
        return flat[..., at - size : at].reshape(*lead, *shape)

    for layer in range(s.layers):
        for direction in directions:
            K = s.inputs if layer == 0 else H * len(directions)
            gates = GATES[s.cell]
            whole = {"V": take(K, len(gates) * H), "U": take(H, len(gates) * H)}
            if s.bias:
                whole["b_h" if s.cell == "elman" else "b"] = take(len(gates) * H)
            for symbol, matrix in whole.items():
                for g, gate in enumerate(gates):
                    arrays[f"layer{layer}.{direction}.{gate}{symbol}"] = matrix[..., g * H : (g + 1) * H]
            if s.bias and s.cell == "gru":
                arrays[f"layer{layer}.{direction}.candidate.c"] = take(H)
    arrays["W"] = take(H * len(directions), s.outputs)
    if s.bias:
        arrays["b_y"] = take(s.outputs)
    assert at == flat.shape[-1], f"the vector has {flat.shape[-1]} numbers, its documentation says {at}"
    return arrays
