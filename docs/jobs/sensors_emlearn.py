"""Sensor data to C by emlearn: a forest on figures of whole recordings, which C has to work out beside it."""

from pathlib import Path

import emlearn
import matplotlib.pyplot as plt
import numpy as np
from aeon.datasets import load_basic_motions
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import LabelEncoder

X, y = load_basic_motions(split="train")  # (recordings, sensors, time)
features = np.hstack([X.mean(2), X.std(2), X.min(2), X.max(2)])
codes = LabelEncoder().fit(y)
model = RandomForestClassifier(100, random_state=0)
predicted = cross_val_predict(model, features, codes.transform(y), cv=5)
print(f"right in cross-validation: {accuracy_score(codes.transform(y), predicted):.3f}")
ConfusionMatrixDisplay.from_predictions(y, codes.inverse_transform(predicted))
plt.savefig("motions.png")
emlearn.convert(model.fit(features, codes.transform(y)), dtype="float").save(file="motions.h", name="motions")
Path("features.c").write_text("""\
#include <math.h>
/* x: count steps of 6 sensors, kept since the beginning; out: 24 figures of them */
void motions_features(const float *x, int count, float *out) {
  for (int k = 0; k < 6; k++) {
    float sum = 0, squares = 0, low = x[k], high = x[k];
    for (int t = 0; t < count; t++) {
      float v = x[6 * t + k];
      sum += v; squares += v * v;
      if (v < low) low = v;
      if (v > high) high = v;
    }
    out[k] = sum / count;
    out[6 + k] = sqrtf(fmaxf(0, squares / count - out[k] * out[k]));
    out[12 + k] = low; out[18 + k] = high;
  }
}
""")
