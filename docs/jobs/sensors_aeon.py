"""Sensor data to a classifier in aeon; what it learned is not to be had as C."""

import matplotlib.pyplot as plt
from aeon.classification.convolution_based import MiniRocketClassifier
from aeon.datasets import load_basic_motions
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score
from sklearn.model_selection import cross_val_predict

X, y = load_basic_motions(split="train")  # (recordings, sensors, time)
model = MiniRocketClassifier(random_state=0)
predicted = cross_val_predict(model, X, y, cv=5)
print(f"right in cross-validation: {accuracy_score(y, predicted):.3f}")
ConfusionMatrixDisplay.from_predictions(y, predicted)
plt.savefig("motions.png")
