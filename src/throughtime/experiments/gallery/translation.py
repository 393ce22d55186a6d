"""Dates as people in 16 places write them, translated into ISO 8601: "sábado, 20 de septiembre de 1958" → "1958-09-20".

An encoder reads the writing in both directions, a decoder begins with an affine map of its last states and writes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from throughtime.experiments.gallery import dates
from throughtime.experiments.gallery.comparison import Comparison, Row
from throughtime.generation import EncoderDecoder, Vocabulary, train
from throughtime.training.optimisers import Adam
from throughtime.training.schedules import Cosine

TESTED, VALIDATED, LEARNED, SHOWN, LONGEST = 2_000, 1_000, 40_000, 5, 12
ISO = Vocabulary("0123456789-")


@dataclass(frozen=True)
class Pairs:
    """Writings, and the same dates in ISO 8601."""

    written: list[str]
    iso: list[str]


def load(seed: int) -> tuple[Pairs, Pairs, Pairs]:
    """Pairs to learn from, to choose settings by, and to test on. No day is in two of them."""
    rng = np.random.default_rng(seed)
    days = dates.days(rng)
    test, validated, rest = days[:TESTED], days[TESTED : TESTED + VALIDATED], days[TESTED + VALIDATED :]
    learned = [rest[number] for number in rng.integers(len(rest), size=LEARNED)]
    pairs = [Pairs([dates.writing(day, rng) for day in part], [*map(str, part)]) for part in (learned, validated, test)]
    return pairs[0], pairs[1], pairs[2]


def compare(seed: int = 0, steps: int = 2000) -> Comparison:
    """Cell, units and learning rate were chosen by dates that are neither learned from nor tested on."""
    learned, _, test = load(seed)
    model = learn(learned, test, seed, steps)
    greedy, beam = (model.write(test.written, beam=width, longest=LONGEST) for width in (1, 4))
    return Comparison(
        data=f"{LEARNED:,} writings of {dates.DAYS - TESTED - VALIDATED:,} days to learn from, "
        f"{TESTED:,} other days to test on",
        network=repr(model),
        columns=("exact",),
        rows=(
            Row("wanted", (0.99,), "the gallery's own target"),
            Row("throughtime, beam of 4", (exact(beam, test.iso),)),
            Row("throughtime", (exact(greedy, test.iso),)),
        ),
        examples=tuple(f"{text} → {iso}" for text, iso in zip(test.written[:SHOWN], greedy, strict=False)),
    )


def learn(learned: Pairs, others: Pairs, seed: int, steps: int) -> EncoderDecoder:
    """An encoder-decoder of GRUs that knows the characters of all writings."""
    source = Vocabulary.of(learned.written + others.written)
    model = EncoderDecoder(source, ISO, cell="gru", hidden=64, embedding=16, dtype="float32", seed=seed)
    model, _ = train(
        model, (learned.written, learned.iso), steps=steps, batch=64, optimizer=Adam(0.01), schedule=Cosine(0.02),
        clip=1.0, seed=seed,
    )  # fmt: skip
    return model


def exact(written: list[str], wanted: list[str]) -> float:
    """The share of texts that are right to the letter, 0..1."""
    return float(np.mean([one == other for one, other in zip(written, wanted, strict=True)]))
