"""A network that writes in the style of a text.

Your own data: any text file, best of 100,000 characters and more:
    python gallery_language.py FILE.txt
See: throughtime gallery language
"""

import sys
from itertools import islice
from pathlib import Path

from throughtime.experiments.gallery import language
from throughtime.sklearn import CharacterModel

text = Path(sys.argv[1]).read_text(encoding="utf-8") if len(sys.argv) > 1 else language.load().learned
learned, test = text[: len(text) * 95 // 100], text[len(text) * 95 // 100 :]

model = CharacterModel(max_iter=1, schedule="cosine:0.02", weight_decay=0.1, random_state=0, verbose=True)
model.fit([learned])  # max_iter=7 for the gallery's figures
print(f"{model.bits_per_character([test], after=learned[-1000:])[0]:.3f} bits per character")
print("The " + "".join(islice(model.sample("The ", temperature=0.6, random_state=0, ends=False), 300)))
