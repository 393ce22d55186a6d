"""Networks of any cell in plain NumPy, which need not be compiled first: layers, directions and readout around
`plain_cells`.
"""

import numpy as np

from oracles import plain_cells
from throughtime.cells.activations import sigmoid
from throughtime.cells.layout import layout
from throughtime.weights.parameters import view_name


def predict(net, x):
    """As `Network.predict`: x (B,T,I) → y (B,T,O) or (B,O)."""
    s, graph = net.specification, net.specification.graph
    for layer in range(s.layers):
        read = []
        for direction in ("forward", "backward")[: s.directions]:
            p = {name: np.zeros(s.hidden) for block in layout(graph).blocks for name in block.names}
            for name in p:
                view = f"layer{layer}.{direction}.{view_name(graph, name)}"
                p[name] = net[view] if view in net else p[name]
            turn = slice(None, None, -1 if direction == "backward" else 1)
            first = [np.zeros((len(x), s.hidden))] * len(graph.states)
            read.append(plain_cells.forward(graph, p, x[:, turn], first).values[graph.after[0]][:, turn])
        x = np.concatenate(read, axis=-1)
    if s.output == "last step":
        x = np.concatenate([read[0][:, -1], *(way[:, 0] for way in read[1:])], axis=-1)
    net_y = x @ net["W"] + (net["b_y"] if s.bias else 0)
    if s.readout == "softmax":
        e = np.exp(net_y - net_y.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)
    return sigmoid(net_y) if s.readout == "sigmoid" else net_y
