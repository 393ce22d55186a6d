/** What the gradient panel says, against Python's terms and a matrix worked by hand. */
import assert from "node:assert/strict";
import { it } from "node:test";

import { reachOf, reachSentence } from "../../../src/throughtime/studio/page/gradient.js";
import { placed } from "../../../src/throughtime/studio/page/numbers.js";
import { stepNorms } from "../../../src/throughtime/studio/page/step_norms.js";
import { CASES } from "./fixtures.mjs";

// each step back halves the error made at step 4; that of step 3 falls to a two-hundredth at once; that of step 2 grows
const REACH = [
  [1, 0, 0, 0],
  [3, 1, 0, 0],
  [0.5, 0.005, 1, 0],
  [0.25, 0.5, 1, 2],
];

it("counts the steps that an error reaches back", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((k) => reachOf(REACH, k)),
    [0, 1, 0, 3],
  );
  assert.equal(
    reachOf(
      [
        [0, 0],
        [0, 0],
      ],
      1,
    ),
    null,
  );
});

it("says so in a plain sentence", () => {
  assert.equal(reachSentence(REACH, 1), "The error at step 2 grows on its way back: at step 1 it is 3 times as large.");
  assert.equal(
    reachSentence(REACH, 2),
    "The error at step 3 reaches back 0 steps before it falls below 1 % of its size.",
  );
  assert.equal(reachSentence(REACH, 3), "The error at step 4 is still felt at step 1: 13 % of it arrives there.");
  const fading = Array.from({ length: 8 }, (_, k) =>
    Array.from({ length: 8 }, (_, t) => (t > k ? 0 : 0.25 ** (k - t))),
  );
  assert.equal(
    reachSentence(fading, 6),
    "The error at step 7 reaches back 3 steps before it falls below 1 % of its size.",
  );
  assert.equal(
    reachSentence(
      [
        [0, 0],
        [0, 0],
      ],
      1,
    ),
    "No error was made at step 2.",
  );
});

for (const { name, trace, terms } of CASES) {
  it(`measures every step's term as Python does: ${name}`, () => {
    const close = trace.specification.dtype === "float32" ? 1e-6 : 1e-12;
    for (const parameter of Object.keys(trace.parameters)) {
      const norms = stepNorms(trace, placed(parameter));
      norms.forEach((norm, t) => {
        const wanted = Math.hypot(...terms[parameter][t].flat());
        assert.ok(
          Math.abs(norm - wanted) <= close * Math.max(wanted, 1e-300),
          `${parameter} at ${t}: ${norm} is not ${wanted}`,
        );
      });
    }
  });
}
