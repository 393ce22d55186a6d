"""A network that writes in the style of a text.

Your own data: any text file, best of 100,000 characters and more:
    python gallery_language.py FILE.txt
See: throughtime gallery language
"""

import sys
from pathlib import Path

import throughtime as tt
from throughtime.experiments.gallery import language
from throughtime.generation import LanguageModel, Vocabulary, train

text = Path(sys.argv[1]).read_text() if len(sys.argv) > 1 else language.load().learned
learned, test = text[: len(text) * 95 // 100], text[len(text) * 95 // 100 :]

model = LanguageModel(Vocabulary.of([text]), cell="lstm", hidden=128, embedding=32, dtype="float32")
model, history = train(
    model, learned, steps=150, batch=32, window=64, optimizer=tt.Adam(0.01), schedule=tt.Cosine(0.02), clip=1.0,
    weight_decay=0.1,
    callbacks=[lambda model, record: print(record.step, record.loss) if record.step % 50 == 0 else None],
)  # fmt: skip
print(f"{model.bits(test, after=learned[-1000:]):.3f} bits per character")
print(model.sample(["The "], temperature=0.6, longest=300, ends=False)[0])
