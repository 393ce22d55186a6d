"""For which deployments of a network a proof holds.

A proof holds for every program that computes a step which differs from the same step in real numbers by at most the
certificate's ε, in every state and net_y (`arithmetic`). So it holds for what a network was written as if ε is at least
the step error there: sums in any order, with or without fused multiply-adds, in float64 or float32, of weights that are
rounded to it when they are written. Of a program's exp, tanh and sigmoid it is assumed that they are right to within 8
units in the last place of 1 (`arithmetic`). Measured, over millions of arguments, are at most 8 u = 4 units in any of
the programs:

    u (2⁻⁵³ or 2⁻²⁴), at most      tanh, float64   float32     sigmoid, float64   float32
    NumPy 2.4                      0.9             1.1         1.5                1.5
    PyTorch 2.13                   0.6             0.6         1.5                1.5
    ONNX Runtime 1.32              8.0             5.5         1.5                2.8

The GNU C Library, which C programs are mostly linked with, gives 1 to 2 units for exp and tanh in its manual ("Errors
in Math Functions"). Not covered are products in a narrower type than that of the numbers, as TF32 on a GPU.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from throughtime.proof import checker
from throughtime.proof.arithmetic import step_error
from throughtime.proof.certificate import Certificate, read_ends
from throughtime.proof.checker.reading import near
from throughtime.proof.system import Net, System, why_not


class Deployed(NamedTuple):
    """A network as another program computes it: how far its step is from real numbers at most, and the ε of the proof.

    reason : why the proof does not hold for it whatever its step error; "" if there is nothing
    """

    step_error: float
    epsilon: float
    reason: str = ""

    @property
    def covered(self) -> bool:
        """Whether the proof holds for it."""
        return not self.reason and self.step_error <= self.epsilon

    @property
    def text(self) -> str:
        """In one line."""
        if self.reason:
            return f"the proof does not hold for it: {self.reason}"
        side = 1 if self.covered else -1  # so that what is rounded is as said
        error, epsilon = f"its step error {near(self.step_error, side)}", f"the proof's {near(self.epsilon, -side)}"
        if self.covered:
            return f"the proof holds for it: {error} is below {epsilon}"
        more = f"{1.1 * self.step_error:.2g}"
        return f"the proof does not hold for it: {error} is above {epsilon}; try throughtime prove --epsilon {more}"


def deployed(
    certificate: Certificate, net: Net, dtype: str, tick: Callable[..., None] = lambda *done: None
) -> Deployed:
    """Whether a proof holds for a network that is computed in a dtype; the certificate is checked first.

    Parameters
    ----------
    certificate : Certificate
    net : Network
    dtype : "float64" or "float32"
        Weights of the network that it cannot hold are rounded to it.
    tick : function
        As `checker.check` calls it.
    """
    if reason := why_not(net):
        return Deployed(np.inf, 0.0, reason)
    if not certificate.is_of(net):
        return Deployed(np.inf, 0.0, "the certificate is of another network")
    try:
        report = checker.check(certificate.text, tick)
    except checker.Rejected as rejection:
        return Deployed(np.inf, 0.0, f"the certificate is rejected: {rejection}")
    return of_reach(certificate, net, dtype, report.reach)


def of_reach(certificate: Certificate, net: Net, dtype: str, reach: float) -> Deployed:
    """The same for a certificate that is accepted, which says that no state exceeds `reach`."""
    content = json.loads(certificate.text)
    ends = read_ends(content["specification"]["symbols"])
    system = System(net.specification, np.array(net.parameters), ends[0], ends)
    return Deployed(step_error(system, reach, dtype), float.fromhex(content["epsilon"]))
