"""IndRNN: units that see their own past only, one number each (Li et al. 2018).

    h_t = max(x_t V + u ∘ h_{t-1} + b, 0)

u begins uniform in [0, 1]. Use it in several layers, for long sequences: how far each unit remembers is one number,
|u|, so gradients are easy to keep from exploding; and a step has no matrix in it. A layer alone has no unit that sees
another.

Li, S., Li, W., Cook, C., Zhu, C. & Gao, Y. (2018). Independently recurrent neural network (IndRNN): building a longer
and deeper RNN. CVPR 2018, 5457–5466.
"""

from typing import Any

from throughtime.cells.symbols import cell, relu


@cell(start={"u": (0, 1)})
def indrnn(p: Any, x: Any, h: Any) -> Any:
    h = relu(x @ p.V + h * p.u + p.b)
    return h
