"""Recurrent dropout: weights of the recurrent matrices that are 0 for one update [Wan et al. 2013; Merity et al. 2018].

It is a change of the parameters before the passes, and of the gradient behind them; decision 51 says why.
"""

from __future__ import annotations

import numpy as np

from throughtime.batch import Array
from throughtime.support import aligned
from throughtime.training.settings import Settings
from throughtime.training.source import RECURRENT, key
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import blocks, count


class DroppedWeights:
    """The parameters that a step computes with: θ ∘ m, where m is 1 but for the recurrent matrices.

    There, number i of them all, in the order of the flat vector, is 0 with the settings' probability p, and
    1 / (1 − p) otherwise: a function of the seed, the number of the step and i.

    Parameters
    ----------
    s : NetworkSpecification
    settings : Settings
    """

    def __init__(self, s: NetworkSpecification, settings: Settings) -> None:
        self._p, self._key = settings.recurrent_dropout, key(settings.seed, RECURRENT)
        self._mask = np.ones(count(s), s.dtype)
        self._recurrent = [block.of(self._mask).reshape(-1) for block in blocks(s) if block.kind == "h"]
        self._parameters = aligned.zeros(self._mask.shape, s.dtype)

    def of(self, parameters: Array, step: int) -> Array:
        """What a step computes with, in memory that the next one uses again."""
        from throughtime.kernels.bernoulli import keep

        place = 0
        for part in self._recurrent:
            keep(self._key + np.uint64(step), place, self._p, part)
            place += len(part)
        return np.multiply(parameters, self._mask, out=self._parameters)

    def back(self, gradient: Array) -> None:
        """Make ∂E by what the step computed with ∂E by the parameters."""
        gradient *= self._mask
