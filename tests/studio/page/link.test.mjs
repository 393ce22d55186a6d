/** A link says all that is needed to see the same cell again, and a wrong link harms nothing. */
import assert from "node:assert/strict";
import { it } from "node:test";

import { read, write } from "../../../src/throughtime/studio/page/link.js";

const settings = {
  task: "adding-problem",
  cell: "lstm",
  activation: "sigmoid",
  hidden: 8,
  layers: 2,
  bits: 12,
  learning_rate: 0.02,
  optimizer: "gradient-descent",
  noise: 0,
  seed: 9007199254740991,
  batch: 64,
  steps: 2000,
};

it("is read as it was written", () => {
  const selection = { array: "forget.U", layer: 1, direction: "backward", t: -1, unit: 63 };
  const link = { settings, step: 120, moment: 0, selection, operands: ["9".repeat(300), "0"] };
  assert.deepEqual(read(write(link)), link);
});

it("leaves out what is not there", () => {
  assert.deepEqual(read(""), { settings: {} });
  assert.deepEqual(read(write({ settings: { task: "parity" } })), { settings: { task: "parity" } });
});

it("leaves out what is wrong", () => {
  const wrong = "#hidden=many&lr=&seed=Infinity&step=-3&moment=1e9&chapter=x&selection=h@0,sideways,1,2&a=1;b&b=-5";
  assert.deepEqual(read(wrong), { settings: {} });
});

it("never holds a token", () => {
  assert.equal(write(read("#token=secret&task=parity")), "#task=parity");
});
