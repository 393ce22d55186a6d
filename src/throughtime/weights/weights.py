"""Weights: a specification and one flat vector of parameters with named views; most readers need no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array
from throughtime.support import aligned
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import Views, count


class Weights:
    """What a network is and what it has learned: its specification and its parameters.

    Parameters
    ----------
    specification : NetworkSpecification
    parameters : (P,) array of the specification's dtype
        It is kept, not copied: see `of`.

    Attributes
    ----------
    specification : NetworkSpecification
    parameters : (P,) array
        May be written in place; `net["V"]` and the other views by name show the same numbers.
    names : list of str
        The names of the views, in the order of the vector.
    """

    def __init__(self, specification: NetworkSpecification, parameters: Array) -> None:
        self._specification, self._parameters = specification, parameters

    @classmethod
    def of(cls, specification: NetworkSpecification, parameters: npt.ArrayLike, *, copy: bool = True) -> Self:
        """Those with these parameters (P,): a copy of them, or the very array, if it has the network's dtype and
        lies in one piece of memory.
        """
        dtype = np.dtype(specification.dtype)
        vector = np.require(np.asarray(parameters), dtype, ["C", "A"])
        if vector.shape != (count(specification),):
            raise ValueError(f"parameters must be ({count(specification)},) for this network, got {vector.shape}")
        made = cls.__new__(cls)
        Weights.__init__(made, specification, aligned.copied(vector, dtype) if copy else vector)
        return made

    def __reduce__(self) -> Any:
        return type(self).of, (self.specification, self.parameters)

    def copy(self) -> Self:
        """Those of a network of its own, with the same parameters."""
        return self.of(self.specification, self.parameters)

    @property
    def specification(self) -> NetworkSpecification:
        """Its specification."""
        return self._specification

    @property
    def parameters(self) -> Array:
        """The flat vector (P,); it may be written in place, and assigning to it writes into it."""
        return self._parameters

    @parameters.setter
    def parameters(self, values: npt.ArrayLike) -> None:
        vector = np.asarray(values)
        if vector.shape != self._parameters.shape:
            raise ValueError(f"parameters must be {self._parameters.shape} for this network, got {vector.shape}")
        self._parameters[:] = vector

    @property
    def views(self) -> Views:
        """The parameters by name."""
        return Views(self.specification, self.parameters)

    @property
    def names(self) -> list[str]:
        """The names of the views, in the order of the vector."""
        return list(self.views)

    def __getitem__(self, name: str) -> Array:
        return self.views[name]

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        self.views[name][...] = value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self.views

    def __iter__(self) -> Iterator[str]:
        return iter(self.views)

    def __repr__(self) -> str:
        s, size = self.specification, len(self.parameters)
        return f"{type(self).__name__}({s.cell}, {s.inputs} → {s.layers} × {s.hidden} → {s.outputs}, {size} parameters)"
