"""A character model of the text that every Python carries: the topics of its `help()`.

Many to many, one endless text: it is read in windows, each beginning with the state in which the last one ended.
Compared with an n-gram model with back-off, with what xz makes of the same text, and with PyTorch's LSTM of the same
size, trained for as many steps on the same windows.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.util import find_spec
from math import log
from typing import Any

import numpy as np

from throughtime.experiments.gallery import ngrams
from throughtime.experiments.gallery.comparison import Comparison, Row
from throughtime.generation import LanguageModel, Vocabulary, train
from throughtime.training.optimisers import Adam
from throughtime.training.schedules import Cosine

ORDER = 5
"""Of the n-gram model: the best on the validation part, of 4 to 8."""
HIDDEN, EMBEDDING, BATCH, WINDOW = 128, 32, 32, 64
RATE, FINAL, CLIP, DECAY = 0.01, 0.02, 1.0, 0.1


@dataclass(frozen=True)
class Text:
    """The texts to learn from, to choose settings by, and to test on; and all characters."""

    learned: str
    validation: str
    test: str
    symbols: str

    @property
    def before(self) -> str:
        """The text before the tested part."""
        return self.validation[-1000:]


def load() -> Text:
    """The topics in the order of their names, each paragraph once: many stand in several topics. 90, 5 and 5 %."""
    from pydoc_data.topics import topics

    paragraphs = "\n\n".join(topics[name] for name in sorted(topics)).split("\n\n")
    once: dict[str, str] = {}
    for paragraph in paragraphs:
        once.setdefault(" ".join(paragraph.split()), paragraph.strip("\n"))
    text = "\n\n".join(paragraph for paragraph in once.values() if paragraph)
    first, second = len(text) * 90 // 100, len(text) * 95 // 100
    return Text(text[:first], text[first:second], text[second:], "".join(sorted(set(text))))


def compare(seed: int = 0, steps: int = 1200) -> Comparison:
    """Units, learning rate, weight decay and n were chosen on the validation part."""
    text = load()
    started = time.perf_counter()
    model = learn(text, seed, steps)
    seconds = time.perf_counter() - started
    nan = float("nan")
    rows = [
        Row("xz -9e", (ngrams.xz_bits(text.learned, text.test), nan)),
        Row(
            f"{ORDER}-grams with back-off",
            (ngrams.BackOff(text.learned, ORDER, text.symbols).bits(text.before, text.test), nan),
        ),
    ]
    if find_spec("torch") is not None:
        rows.append(Row("PyTorch's LSTM, the same steps", torch_lstm(text, seed, steps)))
    rows.append(Row("throughtime", (model.bits(text.test, after=text.before), seconds)))
    written = model.sample(["The "], temperature=0.5, longest=300, seed=seed, ends=False)[0]
    return Comparison(
        data=f"{len(text.learned):,} characters of pydoc_data.topics to learn from, {len(text.test):,} to test on",
        network=repr(model),
        columns=("bits per character", "seconds of training"),
        rows=tuple(rows),
        examples=tuple(f"The {written}".splitlines()),
    )


def learn(text: Text, seed: int, steps: int) -> LanguageModel:
    """Truncated back-propagation through 64 characters, over 32 places of the text side by side."""
    model = LanguageModel(
        Vocabulary(text.symbols), cell="lstm", hidden=HIDDEN, embedding=EMBEDDING, dtype="float32", seed=seed
    )
    model, _ = train(
        model, text.learned, steps=steps, batch=BATCH, window=WINDOW, optimizer=Adam(RATE), schedule=Cosine(FINAL),
        clip=CLIP, weight_decay=DECAY, seed=seed,
    )  # fmt: skip
    return model


def torch_lstm(text: Text, seed: int, steps: int) -> tuple[float, float]:
    """Bits per character and seconds of the same network in PyTorch, trained in the same way."""
    import torch
    from torch.nn.functional import cross_entropy

    torch.manual_seed(seed)
    vocabulary = Vocabulary(text.symbols)
    size = len(vocabulary)
    parts = torch.nn.ModuleDict(
        {
            "embedding": torch.nn.Embedding(size, EMBEDDING),
            "lstm": torch.nn.LSTM(EMBEDDING, HIDDEN, batch_first=True),
            "readout": torch.nn.Linear(HIDDEN, size),
        }
    )
    optimiser = torch.optim.AdamW(parts.parameters(), lr=RATE, weight_decay=DECAY)

    def loss_of(read: Any, targets: Any, state: Any) -> tuple[Any, Any]:
        h, state = parts["lstm"](parts["embedding"](read), state)
        return cross_entropy(parts["readout"](h).transpose(1, 2), targets), state

    symbols = vocabulary.encode([text.learned])[0][0]
    T = len(symbols) // BATCH
    targets = torch.tensor(symbols[: T * BATCH].reshape(BATCH, T))
    read = torch.tensor(np.pad(symbols, (1, 0))[: T * BATCH].reshape(BATCH, T))
    started, state = time.perf_counter(), None
    for step in range(steps):
        at = step % (T // WINDOW) * WINDOW
        loss, (h, C) = loss_of(read[:, at : at + WINDOW], targets[:, at : at + WINDOW], state if at else None)
        state = h.detach(), C.detach()
        for group in optimiser.param_groups:
            group["lr"] = RATE * Cosine(FINAL).factors(np.array([step]), steps)[0]
        optimiser.zero_grad()
        (WINDOW * loss).backward()
        torch.nn.utils.clip_grad_norm_(parts.parameters(), CLIP)
        optimiser.step()
    seconds = time.perf_counter() - started
    with torch.no_grad():
        whole = torch.tensor(vocabulary.encode([text.before + text.test])[0])
        start = len(text.before)
        _, before = loss_of(whole[:, : start - 1], whole[:, 1:start], None)
        loss, _ = loss_of(whole[:, start - 1 : -1], whole[:, start:], before)
    return loss.item() / log(2), seconds
