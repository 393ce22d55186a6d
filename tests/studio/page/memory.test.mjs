/** The unit that shows a state best, in made-up states whose answer is known. */
import assert from "node:assert/strict";
import { it } from "node:test";

import { hasBothStates, keeper } from "../../../src/throughtime/studio/page/memory.js";
import { traceOf } from "./fixtures.mjs";
import { parse } from "../../../src/throughtime/studio/page/json.js";

const states = [0, 1, 1, 0, 0, 1];
const trace = (columns, more = {}) => {
  const h = states.map((_, t) => columns.map((column) => column[t]));
  return {
    specification: { hidden: columns.length },
    cell: traceOf({ cell: "elman" }).cell,
    layers: [{ layer: 0, direction: "forward", h: [h], ...more }],
  };
};

it("finds the unit whose values lie farthest apart", () => {
  const noisy = [0.4, 0.6, 0.9, 0.1, 0.3, 0.7];
  const sharp = [0.95, 0.02, 0.03, 0.96, 0.97, 0.01];
  const blind = [0.5, 0.1, 0.9, 0.5, 0.2, 0.8];
  const { array, unit, means, apart } = keeper(trace([noisy, sharp, blind]), states);
  assert.deepEqual({ array, unit, apart }, { array: "h", unit: 1, apart: 2 });
  assert.ok(Math.abs(means[0] - 0.96) < 1e-12 && Math.abs(means[1] - 0.02) < 1e-12);
});

it("finds no unit where none keeps them apart", () => {
  assert.equal(keeper(trace([[0.5, 0.1, 0.9, 0.5, 0.2, 0.8]]), states), null);
});

it("looks into an LSTM's cell state too", () => {
  const C = [states.map((state) => [3 * state])];
  const found = keeper(
    { ...trace([[0.5, 0.1, 0.9, 0.5, 0.2, 0.8]], { C }), cell: traceOf({ cell: "lstm" }).cell },
    states,
  );
  assert.deepEqual([found.array, found.means], ["C", [0, 3]]);
});

it("says nothing of a sequence that has a state less than twice, or more than two states", () => {
  assert.ok(hasBothStates(states));
  for (const few of [null, [0, 0, 0, 0, 0, 1], [1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 2, 2]]) {
    assert.ok(!hasBothStates(few));
    assert.equal(keeper(trace([states]), few), null);
  }
});

it("reads the numbers that JSON lacks", () => {
  assert.deepEqual(parse('{"a":["NaN",1,"-Infinity"],"b":"Infinity","c":"NaN of text"}'), {
    a: [NaN, 1, -Infinity],
    b: Infinity,
    c: "NaN of text",
  });
  assert.deepEqual(parse('{"a":[0.1]}'), { a: [0.1] });
});
