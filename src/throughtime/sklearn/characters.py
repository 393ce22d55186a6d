"""`CharacterModel`: how a text goes on, character by character, and how many bits each character costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from throughtime.batch import Array
from throughtime.cells.graph import Graph
from throughtime.generation import END, LanguageModel, Vocabulary, load
from throughtime.generation.training import Memory, learn, of_windows
from throughtime.generation.windows import Windows
from throughtime.sklearn.epochs import ended_by, forget, since_best
from throughtime.sklearn.estimator import seed_of, split
from throughtime.sklearn.options import check_goes_on, check_partial
from throughtime.sklearn.text_options import TextOptions, text_options_of
from throughtime.sklearn.texts import (
    MIN_COUNT,
    UNKNOWN,
    Known,
    ReadsTexts,
    check_not_empty,
    check_text,
    check_texts,
    vocabulary_of,
)
from throughtime.support.checks import flag, number
from throughtime.support.interrupts import deferred
from throughtime.support.threads import processors
from throughtime.training.history import History
from throughtime.training.optimisers import OptimiserName
from throughtime.training.source import EPOCHS, stream
from throughtime.weights.network_specification import DtypeName


@dataclass(kw_only=True, eq=False, repr=False)
class CharacterModel(ReadsTexts, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A recurrent network that learns how texts go on, character by character.

    Parameters
    ----------
    cell : "lstm", "gru", "elman" or another, see `throughtime.cells.NAMES`
    hidden : int ≥ 1
        Units of each layer.
    layers : int ≥ 1
    embedding : int ≥ 1
        The width of the vector that stands for a character.
    vocabulary : str, optional
        The characters that are told apart; when not given, those that are `min_count` times in the texts of the first
        fit. All others are read and predicted as one, "unknown".
    min_count : int ≥ 1
        With 2, characters that are there once teach the network how probable one is that was never there [Good 1953].
    max_iter : int ≥ 1
        Epochs: how often all texts are read.
    window : int ≥ 1
        Characters that a gradient goes back over, at most; the states go on over the whole text.
    batch_size : int ≥ 1
        Windows of an update, at different places of the texts.
    optimizer, learning_rate, schedule, clip, weight_decay : as for `SequenceClassifier`
    early_stopping : bool
        Whether a part of the texts, `validation_fraction` of them, is not trained on (of a single text, its end), and
        training stops when the bits per character of it have not become fewer for `n_iter_no_change` epochs. The
        network is then the one that did best.
    validation_fraction, n_iter_no_change, warm_start, dtype, random_state, verbose, callbacks : as for
        `SequenceClassifier`

    Attributes
    ----------
    model_ : throughtime.generation.LanguageModel
        Its last symbol, U+FFFD, stands for unknown characters.
    vocabulary_ : str
        The characters that are told apart.
    history_ : History
        A record for each update.
    n_iter_ : int
        Epochs taken.
    validation_losses_ : list of float
        Bits per character after each epoch, with `early_stopping`.

    Notes
    -----
    X is a list of texts, or an array or Series of them: names, lines, or one whole book, `[book]`. Of memory, each
    character of X takes a few bytes, however long texts are.
    """

    cell: str | Graph = "lstm"
    hidden: int = 128
    layers: int = 1
    embedding: int = 32
    vocabulary: str | None = None
    min_count: int = MIN_COUNT
    max_iter: int = 10
    window: int = 64
    batch_size: int = 32
    optimizer: OptimiserName = "adam"
    learning_rate: float = 0.01
    schedule: str = "constant"
    clip: float | None = 1.0
    weight_decay: float = 0.0
    early_stopping: bool = False
    validation_fraction: float = 0.1
    n_iter_no_change: int = 10
    warm_start: bool = False
    dtype: DtypeName | type[np.floating[Any]] = "float32"
    random_state: int | np.random.RandomState | None = None
    verbose: bool = False
    callbacks: Sequence[Callable[[Any], Any]] = ()

    # Training

    def fit(self, X: Any, y: Any = None) -> CharacterModel:
        """Learn from texts; y is not looked at."""
        options, texts = text_options_of(self), check_texts(X)
        new = not (options.warm_start and hasattr(self, "model_"))
        seed: int = seed_of(self.random_state) if new else self._seed
        learned, apart = _apart(options, texts, seed)
        model, known = self._begin(options, learned, seed) if new else self._go_on(options)
        windows = Windows.of(model.vocabulary, list(map(known.text, learned)), options.window)
        settings, memory = options.settings(len(windows), seed), Memory.of(model)
        best, losses = model, list[float]()
        forget(self, "validation_losses_")
        with deferred() as ctrl_c, ThreadPoolExecutor(processors()) as threads:
            for epoch in range(1, options.max_iter + 1):
                steps = windows.epoch(settings.batch, stream(seed, EPOCHS, epoch - 1))
                learn(model, of_windows(model, steps, threads), settings, memory, ctrl_c)
                if ctrl_c.came:
                    break
                self._settle(options, model, known, memory, seed)
                self.n_iter_ = epoch
                if options.early_stopping:
                    self.validation_losses_ = losses
                    losses.append(-self.score(apart))
                    if not since_best(losses):
                        best = model.copy()
                if self._ends_after(options, windows, settings.batch):
                    break
                if options.early_stopping and since_best(losses) >= options.n_iter_no_change:
                    break
        self.model_ = best
        return self

    def partial_fit(self, X: Any, y: Any = None) -> CharacterModel:
        """Read some texts once, in their order, with the optimiser's memory of the calls before.

        The first call decides the vocabulary.
        """
        options, texts = text_options_of(self), check_texts(X)
        check_partial(options)
        new = not hasattr(self, "model_")
        seed = seed_of(self.random_state) if new else self._seed
        model, known = self._begin(options, texts, seed) if new else self._go_on(options)
        windows = Windows.of(model.vocabulary, list(map(known.text, texts)), options.window)
        settings, memory = options.settings(len(windows), seed), Memory.of(model) if new else self._memory
        with deferred() as ctrl_c, ThreadPoolExecutor(processors()) as threads:
            learn(model, of_windows(model, windows.epoch(settings.batch), threads), settings, memory, ctrl_c)
        self._settle(options, model, known, memory, seed)
        self.n_iter_ = getattr(self, "n_iter_", 0) + 1
        return self

    def _begin(self, options: TextOptions, texts: list[str], seed: int) -> tuple[LanguageModel, Known]:
        """A new network, and the vocabulary of what it learns from."""
        vocabulary = vocabulary_of(texts, options.vocabulary, options.min_count)
        return options.model(Vocabulary(vocabulary), seed), Known(vocabulary)

    def _go_on(self, options: TextOptions) -> tuple[LanguageModel, Known]:
        """A copy of the network: who asks the one before, as iterators do, is not disturbed."""
        check_goes_on(options, self._begun)
        return self.model_.copy(), self._known

    def _settle(self, options: TextOptions, model: LanguageModel, known: Known, memory: Memory, seed: int) -> None:
        self.model_, self.vocabulary_ = model, model.vocabulary.symbols.removesuffix(UNKNOWN)
        self.history_: History = memory.history
        self._begun, self._known, self._memory = options.of_the_start, known, memory
        self._seed: int = seed

    def _ends_after(self, options: TextOptions, windows: Windows, batch: int) -> bool:
        """Tell of an epoch; whether a callback ends training."""
        if options.verbose:
            steps = windows.steps(batch)
            sizes = np.full(steps, batch)
            sizes[-1] = len(windows) - batch * (steps - 1)
            bits = self.history_["loss"][-steps:] @ sizes / len(windows.written) / math.log(2)
            said = [f"loss {bits:.6g}"]
            if options.early_stopping:
                said.append(f"validation {self.validation_losses_[-1]:.6g}")
            print(f"epoch {self.n_iter_}: {', '.join(said)} bits per character")
        return ended_by(options.callbacks, self)

    # How well texts are understood

    def bits_per_character(self, X: Any, after: str = "") -> Array:
        """−log₂ p of each text, by its characters (N,).

        Parameters
        ----------
        X : texts of at least one character
        after : str
            What has been read before each of them; it is not counted.

        Notes
        -----
        The end of a text is not counted. An unknown character costs what the network says of "unknown", and log₂ of how
        many other characters Unicode has room for: so the bits are those of a code for all texts there are.
        """
        texts, after = check_texts(X), check_text(after, "after")
        check_not_empty(texts, "has no bits per character")
        of_each: Array = self._bits(texts, after) / np.array(list(map(len, texts)))
        return of_each

    def score(self, X: Any, y: Any = None) -> float:
        """Minus the bits per character of all texts together: greater is better, 0 the best."""
        texts = check_texts(X)
        characters = sum(map(len, texts))
        if not characters:
            raise ValueError("X holds no character, so there is nothing to score")
        return -float(self._bits(texts).sum() / characters)

    def _bits(self, texts: list[str], after: str = "") -> Array:
        check_is_fitted(self, "model_")
        known = list(map(self._known.text, texts))
        of_unknown = np.array([text.count(UNKNOWN) for text in known]) * self._known.bits_of_unknown
        bits: Array = self.model_.total_bits(known, self._known.text(after)) + of_unknown
        return _finite(bits)

    # How they go on

    def next_probabilities(self, prompt: str = "") -> dict[str, float]:
        """The probability of each character that may follow, the most probable first.

        "" stands for the end of the text, U+FFFD for all characters that are unknown.
        """
        last, state = self._read(prompt)
        ln_p, _ = self.model_.next_symbol(last, state)
        p = np.exp(_finite(ln_p[0].astype(float)))
        names = ["", *self.model_.vocabulary.symbols]
        return {names[number]: float(p[number] / p.sum()) for number in np.argsort(-p, kind="stable")}

    def sample(
        self, prompt: str = "", *, temperature: float = 1.0, random_state: Any = None, ends: bool = True
    ) -> Iterator[str]:
        """How a text may go on after `prompt`: an iterator of characters, each drawn when it is asked for.

        Parameters
        ----------
        prompt : str
            How the text begins.
        temperature : float > 0
            1 draws as often as the network says; less makes what is probable more so.
        random_state : int, RandomState or None
        ends : bool
            Whether the text may end; if not, the iterator has no end.

        Notes
        -----
        Unknown characters are never drawn. It goes on with the network that there is when it is called, whatever is
        fitted later.
        """
        temperature, ends = number("temperature", temperature), flag("ends", ends)
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, got {temperature}")
        last, state = self._read(prompt)
        rng, model = check_random_state(random_state), self.model_

        def drawn() -> Iterator[str]:
            nonlocal last, state
            while True:
                ln_p, state = model.next_symbol(last, state)
                scaled = _finite(ln_p[0].astype(float))
                scaled[-1] = -np.inf
                if not ends:
                    scaled[END] = -np.inf
                with np.errstate(over="ignore"):
                    scaled = (scaled - scaled.max()) / temperature
                # The greatest of ln p + Gumbel noise is a draw from p [Gumbel 1954].
                last = np.array([np.argmax(scaled + rng.gumbel(size=scaled.shape))])
                if last[0] == END:
                    return
                yield model.vocabulary.symbols[last[0] - 1]

        return drawn()

    def _read(self, prompt: str) -> Any:
        check_is_fitted(self, "model_")
        return self.model_.start([self._known.text(check_text(prompt, "prompt"))])

    # On disk

    def save(self, path: Any) -> None:
        """Write the network and its vocabulary to a `.safetensors` file, atomically."""
        check_is_fitted(self, "model_")
        self.model_.save(path)

    @classmethod
    def load(cls, path: Any) -> CharacterModel:
        """The model that `save` wrote; settings of training are those of a new one.

        Raises
        ------
        ValueError
            In one sentence, if there is no such model in the file.
        """
        model = load(path)
        if not isinstance(model, LanguageModel) or not model.vocabulary.symbols.endswith(UNKNOWN):
            raise ValueError(
                f"{path} holds a {model.kind} without a symbol for unknown characters: read it with "
                "throughtime.generation.load"
            )
        fields: dict[str, Any] = {name: value for name, value in model.fields.items() if name != "vocabulary"}
        if isinstance(fields["cell"], dict):
            fields["cell"] = Graph.from_dict(fields["cell"])
        made = cls(**fields)
        made._settle(text_options_of(made), model, Known(model.vocabulary.symbols), Memory.of(model), 0)
        return made


def _finite(found: Array) -> Array:
    """What the network found; a ValueError if it is no number, as after a last update that was far too large."""
    if np.isnan(found).any():
        raise ValueError(
            "the network's outputs are not finite: train anew, with a lower learning_rate or a clip such as 1.0"
        )
    return found


def _apart(options: TextOptions, texts: list[str], seed: int) -> tuple[list[str], list[str]]:
    """What is learned from, and what early stopping validates on."""
    if not options.early_stopping:
        return texts, []
    if len(texts) > 1:
        parts = split(len(texts), options.validation_fraction, seed, None)
        learned, apart = ([texts[number] for number in part.tolist()] for part in parts)
    else:
        held_out = min(math.ceil(options.validation_fraction * len(texts[0])), len(texts[0]) - 1)
        learned, apart = [texts[0][: len(texts[0]) - held_out]], [texts[0][len(texts[0]) - held_out :]]
    if not any(learned) or not any(apart):
        raise ValueError(
            "early_stopping keeps a part of the characters apart, and one part has none: give more of them, or another "
            "validation_fraction"
        )
    return learned, apart
