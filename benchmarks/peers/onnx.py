"""The same networks in ONNX Runtime, as `throughtime.bridges.onnx` writes them."""

from __future__ import annotations

import numba

from throughtime.bridges.onnx import model_of, session_of


class Session:
    """A network's model with the sequences (B,T,I) that it reads."""

    def __init__(self, net, x):
        self.session = session_of(model_of(net), threads=numba.get_num_threads())
        self.x = x

    def run(self):
        """→ y (B,T,O)."""
        return self.session.run(None, {"x": self.x})[0]
