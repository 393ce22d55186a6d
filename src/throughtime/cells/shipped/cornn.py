"""coRNN: units that are coupled oscillators, driven and damped (Rusch & Mishra 2021).

    z_t = z_{t-1} + Δt (tanh(x_t V + h_{t-1} U_h + z_{t-1} U_z + b) − γ h_{t-1} − ε z_{t-1})
    h_t = h_{t-1} + Δt z_t

h, called y in the paper, is where the oscillators are, and z how fast they move. Δt = 0.1, γ = 0.2 and ε = 6.4, with
which the authors' program recognises what people do from sensors they wear; they choose them anew for each task, and so
should you, in a copy of this function under @tt.cell. Use it for hundreds of steps and more: states and gradients stay
bounded, and in one step they hardly change, so short sequences are not for it.

Rusch, T. K. & Mishra, S. (2021). Coupled oscillatory recurrent neural network (coRNN): an accurate and (gradient)
stable architecture for learning long time dependencies. ICLR 2021.
"""

from typing import Any

from throughtime.cells.symbols import cell, tanh


@cell
def cornn(p: Any, x: Any, h: Any, z: Any) -> Any:
    force = tanh(x @ p.V + h @ p.U_h + z @ p.U_z + p.b)
    z = z + 0.1 * (force - 0.2 * h - 6.4 * z)
    h = h + 0.1 * z
    return h, z
