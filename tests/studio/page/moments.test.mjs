/** The walk: 2T + 3 moments in their order, and what is known at each of them. */
import assert from "node:assert/strict";
import { it } from "node:test";

import { momentAt, momentsOf, sentence } from "../../../src/throughtime/studio/page/moments.js";

it("goes forward, over the loss, backward, to the gradient and the update", () => {
  assert.deepEqual(momentsOf(2), [
    { phase: "forward", t: 0 },
    { phase: "forward", t: 1 },
    { phase: "loss", t: null },
    { phase: "backward", t: 1 },
    { phase: "backward", t: 0 },
    { phase: "gradient", t: null },
    { phase: "update", t: null },
  ]);
});

it("finds the moment of each step in each pass", () => {
  const T = 5;
  const moments = momentsOf(T);
  assert.equal(moments.length, 2 * T + 3);
  for (const pass of ["forward", "backward"]) {
    for (let t = 0; t < T; t++) assert.deepEqual(moments[momentAt(T, pass, t)], { phase: pass, t });
  }
  assert.equal(moments[momentAt(T, "loss", 3)].phase, "loss");
});

const frame = {
  trace: {
    lengths: [2],
    specification: { output: "every step" },
    loss: 0.125,
    x: [
      [
        [1, 0],
        [0, 1],
      ],
    ],
    y: [[[0.25], [0.5]]],
    d: [[[0], [1]]],
    delta_y: [[[0.25], [-0.5]]],
    gradient: {
      U: [
        [3, 0],
        [0, 0],
      ],
      b_h: [0, 4],
    },
  },
  example: { right: [true, false], has_targets: true },
  update: {
    U: [
      [0, -0.3],
      [0, 0],
    ],
    b_h: [0.4, 0],
  },
};

it("says what happens with the numbers of the frame", () => {
  const sentences = momentsOf(2).map((moment) => sentence(frame, moment));
  assert.match(sentences[0], /step 1 of 2.*x = \(1, 0\).*empty.*predicts 0\.25, and the target is 0: right/);
  assert.match(sentences[1], /x = \(0, 1\) and the state of step 1.*predicts 0\.5, and the target is 1: wrong/);
  assert.match(sentences[2], /E = 0\.125/);
  assert.match(sentences[3], /step 2 of 2.*δ_y = −0\.5.*Nothing comes back/);
  assert.match(sentences[4], /step 1 of 2.*comes back from step 2/);
  assert.match(sentences[5], /‖∇‖ = 5\./);
  assert.match(sentences[6], /‖Δ‖ = 0\.5\./);
});

it("judges nothing where no step is scored, or where nothing is simply right", () => {
  const numbers = sentence({ ...frame, example: { right: [], has_targets: true } }, { phase: "forward", t: 0 });
  assert.match(numbers, /It predicts 0\.25, and the target is 0\.$/);
  const unscored = momentsOf(2).map((moment) =>
    sentence({ ...frame, example: { right: [], has_targets: false } }, moment),
  );
  assert.match(unscored[0], /It predicts 0\.25\.$/);
  for (const one of unscored.slice(2)) assert.match(one, /no targets here, so there is no loss/);
});
