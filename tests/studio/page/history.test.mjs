/** The scales of the history's charts. */
import assert from "node:assert/strict";
import { it } from "node:test";

import { nearestEntry, scaleFor, titleOf } from "../../../src/throughtime/studio/page/history.js";

const entries = [
  [10, 20],
  [20, 3],
  [40, 0.05],
].map(([step, loss]) => ({ step, loss, exact: 0.5, gradient_norm: null, bits: null, learning_rate: 0.1, seconds: 1 }));
const loss = { name: "loss", title: "", share: false };

it("finds the entry nearest to the pointer", () => {
  assert.deepEqual(
    [0, 0.3, 0.38, 0.5, 0.74, 0.76, 1, 2].map((share) => nearestEntry(entries, share)),
    [0, 0, 1, 1, 1, 2, 2, 2],
  );
  assert.equal(nearestEntry([], 0.5), 0);
});

it("spans whole powers of ten, or from zero to a round value", () => {
  const log = scaleFor(loss, entries, true);
  assert.deepEqual(log.ticks, [0.01, 0.1, 1, 10, 100]);
  assert.deepEqual([0.01, 1, 100, 0].map(log.place), [0, 0.5, 1, 0]);
  const linear = scaleFor(loss, entries, false);
  assert.deepEqual(linear.ticks, [0, 10, 20]);
  assert.equal(linear.place(5), 0.25);
});

it("is not upset by a loss that is no number", () => {
  const broken = [
    { ...entries[0], loss: NaN },
    { ...entries[1], loss: Infinity },
  ];
  assert.deepEqual(scaleFor(loss, broken, true).ticks, [1, 10]);
});

it("says that what is exact in training is so with the noise of training", () => {
  const exact = { name: "exact", title: "exact sequences", share: true };
  assert.equal(titleOf(exact, 0), "exact sequences");
  assert.equal(titleOf(exact, 0.1), "exact sequences, with the noise of training");
  assert.equal(titleOf({ ...loss, title: "loss" }, 0.1), "loss");
});
