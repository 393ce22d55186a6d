"""A watch that knows what its wearer does: from 40 recordings to a C file, which is compiled, run and measured.

Needs: pip install 'throughtime[gallery,sklearn]', and a C compiler, cc. What it writes is in the folder it is run in.
"""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.bridges.c import save_c
from throughtime.bridges.numpy_script import save_script
from throughtime.experiments.gallery import timeseries
from throughtime.experiments.gallery.nearest import nearest
from throughtime.sklearn import SequenceClassifier

train, test = (timeseries.load("BasicMotions", part) for part in ("TRAIN", "TEST"))
X, X_test = np.array(train.series), np.array(test.series)  # (40 recordings, 100 steps, 6 sensors) each
y, y_test = (np.array(part.classes)[part.labels] for part in (train, test))

model = SequenceClassifier(
    cell="gru", hidden=24, max_iter=150, batch_size=8, schedule="cosine:0.02", input_noise=0.2, weight_decay=0.1,
    dtype="float32", random_state=0,
).fit(X, y)  # fmt: skip
print(f"right on the test split: {model.score(X_test, y_test):.3f}")

print(f"gesture.c differs from the network by at most {save_c(model, 'gesture.c', dtype='float32'):.1e}")

print(f"the script differs by at most {save_script(model, 'gesture_script.py'):.1e}")

# Beside the usual classifier.
moments = train.moments()
found = nearest(test.standardised(*moments), np.array(train.standardised(*moments)), np.full(len(X), X.shape[1]))
print(f"1-NN, DTW: {np.mean(y[found] == y_test):.3f}")

# Compiled, and fed step by step with the test recordings.
SPEED = r"""
#include <stdio.h>
#include <time.h>
#include "gesture.c"
#define STEPS 200000L
int main(void)
{
    gesture_state state;
    float x[GESTURE_INPUTS] = {0}, y[GESTURE_OUTPUTS], sum = 0;
    clock_t before;
    long t;
    gesture_reset(&state);
    before = clock();
    for (t = 0; t < STEPS; t++) {
        x[0] = (float)(t % 7);
        gesture_step(&state, x, y);
        sum += y[0];
    }
    printf("%g %lu %g\n", 1e6 * (clock() - before) / CLOCKS_PER_SEC / STEPS, (unsigned long)sizeof state, sum);
    return 0;
}
"""


def run(*command: str, text: str | None = None) -> list[list[str]]:
    """The words of each line that a program prints."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return [line.split(maxsplit=4) for line in done.stdout.splitlines()]


def stepped(recording: Any) -> Any:
    """What the watch says after each step (T,I) → (T,O)."""
    lines = run("./watch", text="\n".join(" ".join(f"{v:.9g}" for v in step) for step in recording))
    assert all(line[4] == model.classes_[np.argmax([float(v) for v in line[:4]])] for line in lines)
    return np.array([line[:4] for line in lines], float)


Path("watch.c").write_text(Path(__file__).with_name("watch.c").read_text())
Path("speed.c").write_text(SPEED)
for name in ("watch", "speed"):
    run("cc", "-O2", "-std=c99", "-o", name, f"{name}.c", "-lm")
run("cc", "-O2", "-std=c99", "-c", "gesture.c")

in_c = np.array([stepped(recording) for recording in X_test])
steps = range(1, X_test.shape[1] + 1)
in_python = np.stack([model.predict_proba(X_test[:, :t]) for t in steps], axis=1)
difference = np.abs(in_c - in_python).max()
print(f"all {in_c[..., 0].size:,} outputs in C differ from the network's by at most {difference:.1e}")
assert difference < 1e-5

right = model.classes_[in_c.argmax(axis=2)] == y_test[:, None]
for second in (1, 2, 5, 10):
    print(f"right after {second} s: {right[:, 10 * second - 1].mean():.3f}")
assert right[:, -1].mean() > 0.9
endless = stepped(X_test.reshape(-1, 6)).reshape(in_c.shape)[:, -1]
print(f"right if the state is never reset: {np.mean(model.classes_[endless.argmax(axis=1)] == y_test):.3f}")

(speed,) = run("./speed")
code = int(run("size", "gesture.o")[1][3])
print(f"{float(speed[0]):.1f} µs a step, {speed[1]} bytes of state, {code:,} bytes of code and parameters")
print(f"{Path('gesture.c').stat().st_size:,} bytes of C as text")
