"""Translate texts into others, character by character: dates into ISO 8601.

Your own data: a file with a text, a tab and its translation on each line:
    python gallery_translation.py FILE.tsv
See: throughtime gallery translation
"""

import sys
from pathlib import Path

import throughtime as tt
from throughtime.experiments.gallery import translation
from throughtime.generation import EncoderDecoder, Vocabulary, train

if len(sys.argv) > 1:
    pairs = [line.split("\t") for line in Path(sys.argv[1]).read_text().splitlines()]
else:
    found = translation.load(seed=0)[0]
    pairs = [[*pair] for pair in zip(found.written, found.iso, strict=True)]
sources, targets = map(list, zip(*pairs, strict=True))
cut = len(pairs) * 95 // 100

model = EncoderDecoder(Vocabulary.of(sources), Vocabulary.of(targets), cell="gru", hidden=64, dtype="float32")
model, _ = train(
    model, (sources[:cut], targets[:cut]), steps=1000, batch=64, optimizer=tt.Adam(0.01), schedule=tt.Cosine(0.02),
    clip=1.0,
)  # fmt: skip
written = model.write(sources[cut:], beam=2)
right = sum(one == other for one, other in zip(written, targets[cut:], strict=True))
print(f"{right} of {len(written)} right to the letter")
for source, text in zip(sources[cut : cut + 5], written, strict=False):
    print(f"{source} → {text}")

model.save("dates.safetensors")  # and back: throughtime.generation.load("dates.safetensors")
