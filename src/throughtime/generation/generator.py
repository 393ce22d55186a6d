"""The common base of networks that write: parts in one flat vector, a decoder, and its texts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, Self, TypedDict

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array
from throughtime.cells.graph import Graph
from throughtime.generation.decoding import beam_search, sample
from throughtime.generation.vocabulary import END, Indices, Vocabulary
from throughtime.network import Network
from throughtime.passes.given import sequences
from throughtime.passes.pool import Pool
from throughtime.passes.state import State
from throughtime.support.checks import number, only_known, whole_number
from throughtime.support.memory import require
from throughtime.weights.network_specification import DtypeName, NetworkSpecification, has_activation
from throughtime.weights.parameters import count, initial

Part = NetworkSpecification | tuple[int, ...]
"""A network, or a matrix or vector of that shape."""
Gradient = dict[str, Array]
"""∂E by the parameters of each part."""
Begun = tuple[State, Callable[[State], Gradient]]
"""The decoder's initial states, and what leads ∂E by them back."""


class Sizes(TypedDict, total=False):
    """Keywords of every model that writes, for type checkers and editors."""

    cell: str | Graph
    hidden: int
    layers: int
    embedding: int
    dtype: DtypeName
    seed: int


SIZES: Sizes = {"hidden": 64, "layers": 1, "embedding": 16, "dtype": "float64", "seed": 0}
"""Those that are not given; the cell is for each class to choose."""
_COUNTS = ("hidden", "layers", "embedding")
_OF_THE_VECTOR = ("_networks", "_arrays", "_passes")


class Generator(ABC):
    """A network that writes texts; see `LanguageModel`, `OneToMany` and `EncoderDecoder`.

    Attributes
    ----------
    vocabulary : Vocabulary
        The symbols that it writes with.
    parameters : (P,) array
        All parameters in one vector, which may be written in place.
    views : dict of arrays
        The same numbers by name: those of the decoder's network as "decoder.V" and so on; "decoder.embedding" (S,K)
        holds a vector for each symbol; the others are named by the classes.
    """

    kind: str
    """The model's name in files."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        sizes: Sizes,
        before: Callable[[NetworkSpecification], Mapping[str, Part]] = lambda decoder: {},
    ) -> None:
        only_known("a model that writes has no", sizes, Sizes.__annotations__)
        given = {**SIZES, **sizes}
        fields: dict[str, Any] = given | {name: whole_number(name, given[name], 1) for name in _COUNTS}
        seed = whole_number("seed", fields.pop("seed"))
        cell, dtype = fields["cell"], fields["dtype"]
        self.vocabulary = vocabulary
        chosen: dict[str, Any] = {"activation": "tanh"} if has_activation(cell) else {}
        decoder = NetworkSpecification(
            cell=cell, hidden=fields["hidden"], layers=fields["layers"], dtype=dtype, inputs=fields["embedding"],
            outputs=len(vocabulary), readout="softmax", loss="cross_entropy", **chosen,
        )  # fmt: skip
        self.fields = {"vocabulary": vocabulary.symbols, **fields}
        self.fields["cell"] = cell.as_dict() if isinstance(cell, Graph) else cell
        self._parts: dict[str, Part] = {
            **before(decoder),
            "decoder.embedding": (len(vocabulary), decoder.inputs),
            "decoder": decoder,
        }
        size = sum(map(_size, self._parts.values()))
        require(3 * np.dtype(dtype).itemsize * size, f"a network of {size:,} parameters")
        self._settle(np.concatenate(_initial(self._parts, dtype, seed)))

    def _settle(self, vector: Array) -> None:
        """Make the parts views of one vector."""
        self._parameters, self._networks, self._arrays, at = vector, dict[str, Network](), dict[str, Array](), 0
        for name, part in self._parts.items():
            size = _size(part)
            if isinstance(part, NetworkSpecification):
                self._networks[name] = Network.of(part, vector[at : at + size], copy=False)
            else:
                self._arrays[name] = vector[at : at + size].reshape(part)
            at += size
        self._passes = Pool(self.decoder.specification, self.decoder.parameters, d_x=True)

    @property
    def parameters(self) -> Array:
        """All parameters (P,); they may be written in place."""
        return self._parameters

    @property
    def views(self) -> dict[str, Array]:
        """The parameters by name, as views, in the order of the vector."""
        named: dict[str, Array] = {}
        for name in self._parts:
            if name in self._arrays:
                named[name] = self._arrays[name]
            else:
                named |= {f"{name}.{inner}": view for inner, view in self._networks[name].views.items()}
        return named

    @property
    def decoder(self) -> Network:
        """The network that writes; its parameters are a part of this one's."""
        return self._networks["decoder"]

    @property
    def dtype(self) -> Any:
        """The precision of the parameters."""
        return self.parameters.dtype

    def copy(self) -> Self:
        """A model of its own with the same parameters."""
        other = object.__new__(type(self))
        other.__setstate__(self.__getstate__())
        return other

    def __getstate__(self) -> dict[str, Any]:
        """The fields, with the vector in place of the parts that are views of it."""
        fields = {name: value for name, value in self.__dict__.items() if name not in _OF_THE_VECTOR}
        return fields | {"_parameters": self.parameters.copy()}

    def __setstate__(self, fields: dict[str, Any]) -> None:
        self.__dict__.update(fields)
        self._settle(fields["_parameters"])

    def __repr__(self) -> str:
        s = self.decoder.specification
        size = f"{s.layers} × {s.hidden} {s.cell}, {len(self.vocabulary)} symbols, {len(self.parameters)} parameters"
        return f"{type(self).__name__}({size})"

    # What the classes differ in

    @abstractmethod
    def begin(self, source: Any) -> Begun:
        """The decoder's initial states for these sources, and the way back."""

    # How probable texts are

    def log_probability(self, source: Any, texts: Sequence[str]) -> Array:
        """ln p(text | source) of each text and its END, (B,)."""
        symbols, lengths = self.vocabulary.encode(texts)
        state, _ = self.begin(source)
        pass_ = self.decoder.forward(*self._read(shifted(symbols), lengths + 1), state)
        pass_.loss(self._targets(symbols))
        return np.asarray(-pass_.error.sum(axis=1, dtype=float))

    def gradient(self, source: Any, texts: Sequence[str]) -> tuple[float, Array]:
        """Back-propagation through decoder and source, the decoder being given the right symbols so far (teacher
        forcing).

        Parameters
        ----------
        source : as the class says, for B texts
        texts : B strings

        Returns
        -------
        loss : float
            −ln p(text | source), summed over the texts.
        gradient : (P,) array
            Its derivative by each parameter, in the order of `parameters`.
        """
        symbols, lengths = self.vocabulary.encode(texts)
        state, back = self.begin(source)
        loss, _, d_state, gradient = self.differentiate(shifted(symbols), symbols, lengths + 1, state)
        return loss, self.flat(gradient | back(d_state))

    def differentiate(
        self, read: Indices, written: Indices, lengths: Indices | None, state: State
    ) -> tuple[float, State, State, Gradient]:
        """The decoder's loss and its derivatives.

        Parameters
        ----------
        read : (B, T) int array, what the decoder is given
        written : (B, ≤ T) int array, what it ought to write; END where nothing stands
        lengths : (B,) int array, optional
        state : State

        Returns
        -------
        loss, the final state, ∂E by the initial state, and the gradient of the decoder's parts.
        """
        x, lengths = sequences(self.decoder.specification, *self._read(read, lengths))
        pass_ = self._passes.take(x.shape[1], len(x), True)
        pass_.read(x, lengths, state)
        loss, final = pass_.loss(self._targets(written, read.shape[1])), pass_.final
        back = pass_.backward()
        self._passes.give_back(pass_)
        d_embedding = embedding_gradient(read, back.d_x, len(self.vocabulary))
        return loss, final, back.d_state, {"decoder": back.gradient, "decoder.embedding": d_embedding}

    def flat(self, gradient: Gradient) -> Array:
        """The gradients of all parts as one vector (P,)."""
        return np.concatenate([gradient[name].ravel() for name in self._parts])

    def _read(self, symbols: Indices, lengths: Indices | None) -> tuple[Array, Indices | None]:
        return self._arrays["decoder.embedding"][symbols], lengths

    def _targets(self, symbols: Indices, steps: int | None = None) -> Array:
        """One-hot (B, T, S); END where a row is shorter than the steps."""
        B, T = symbols.shape
        y = np.zeros((B, T + 1 if steps is None else steps, len(self.vocabulary)), self.dtype)
        y[:, T:, END] = 1
        y[np.arange(B)[:, None], np.arange(T), symbols] = 1
        return y

    # What it writes

    def write(self, source: Any, *, beam: int = 1, longest: int = 200) -> list[str]:
        """The most probable text for each source.

        Parameters
        ----------
        source : as the class says
        beam : int ≥ 1
            How many beginnings are kept: 1 takes the most probable symbol at each step (greedy).
        longest : int ≥ 1
            Where a text is cut.
        """
        beam, longest = whole_number("beam", beam, 1), whole_number("longest", longest, 1)
        first, state = self.start(source)
        self._require(len(first) * beam, longest, beam)
        return self.vocabulary.decode(beam_search(self.next_symbol, first, state, beam, longest))

    def sample(
        self, source: Any, *, temperature: float = 1.0, longest: int = 200, seed: int = 0, ends: bool = True
    ) -> list[str]:
        """A text for each source, drawn symbol by symbol.

        Parameters
        ----------
        source : as the class says
        temperature : float > 0
            1 draws as often as the network says; less makes what is probable more so.
        longest : int ≥ 1
            Where a text is cut.
        seed : int ≥ 0
        ends : bool
            Whether a text may end before.
        """
        temperature, longest = number("temperature", temperature), whole_number("longest", longest, 1)
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, got {temperature}")
        first, state = self.start(source)
        self._require(len(first), longest)
        rng = np.random.default_rng(whole_number("seed", seed))
        return self.vocabulary.decode(sample(self.next_symbol, first, state, temperature, longest, rng, ends))

    def _require(self, texts: int, longest: int, beam: int = 1) -> None:
        """Refuse what would write more than memory holds."""
        each = longest + 4 * len(self.vocabulary) + state_size(self.decoder.specification)
        require(8 * texts * each, f"writing {longest:,} symbols in {beam:,} beams", "choose a smaller longest or beam")

    def start(self, source: Any) -> tuple[Indices, State]:
        """The first symbol that the decoder reads, (B,), and its first states."""
        state, _ = self.begin(source)
        return np.full(len(state), END, np.int64), state

    def next_symbol(self, last: Indices, state: State) -> tuple[Array, State]:
        """Read the symbols (B,) → ln p of each next one (B,S), and the state after."""
        y, state = self.decoder.step(self._arrays["decoder.embedding"][last], state)
        return np.log(np.maximum(y, np.finfo(self.dtype).tiny)), state

    def save(self, path: Any) -> None:
        """Write the model to a `.safetensors` file, atomically."""
        from throughtime.generation.files import save

        save(self, path)


def embedding_gradient(symbols: Indices, d_x: Array, size: int) -> Array:
    """∂E by the vectors of the symbols (S,K): the sum of ∂E/∂x (B,T,K) over the steps where each was read."""
    order = np.argsort(symbols, axis=None, kind="stable")
    flat, rows = symbols.ravel()[order], d_x.reshape(-1, d_x.shape[-1])[order]
    present, starts = np.unique(flat, return_index=True)
    gradient = np.zeros((size, d_x.shape[-1]), d_x.dtype)
    gradient[present] = np.add.reduceat(rows, starts, axis=0)
    return gradient


def state_size(network: NetworkSpecification) -> int:
    """How many numbers a decoder's state has, of one sequence."""
    return network.layers * network.hidden * len(network.graph.states)


def as_state(network: NetworkSpecification, vectors: Array) -> State:
    """(B, state_size) → the state that these numbers are: h of one layer after the other, then so each other state."""
    B, L, H = len(vectors), network.layers, network.hidden
    names = network.graph.states
    return State.of(names, vectors.reshape(B, len(names), L, H).transpose(1, 2, 0, 3))


def as_vectors(state: State) -> Array:
    """The inverse of `as_state`."""
    return state.numbers.transpose(2, 0, 1, 3).reshape(len(state), -1)


def shifted(symbols: Indices) -> Indices:
    """The decoder's inputs when it ought to write these: END first, then each symbol one step later."""
    return np.pad(symbols, [(0, 0), (1, 0)], constant_values=END)


def _size(part: Part) -> int:
    return count(part) if isinstance(part, NetworkSpecification) else prod(part)


def _initial(parts: Mapping[str, Part], dtype: npt.DTypeLike, seed: int) -> list[Array]:
    """Networks as `parameters.initial`, embeddings standard normal, affine maps uniform [Glorot & Bengio 2010]."""
    seeds = np.random.SeedSequence(seed).generate_state(len(parts))
    vectors = []
    for (name, part), own in zip(parts.items(), seeds.tolist(), strict=True):
        rng = np.random.default_rng(own)
        if isinstance(part, NetworkSpecification):
            vectors.append(initial(part, "glorot", own))
        elif name.endswith("embedding"):
            vectors.append(rng.standard_normal(part).ravel())
        elif len(part) == 2:
            bound = np.sqrt(6 / sum(part))
            vectors.append(rng.uniform(-bound, bound, part).ravel())
        else:
            vectors.append(np.zeros(part))
    return [vector.astype(dtype) for vector in vectors]
