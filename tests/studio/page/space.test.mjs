/** The map of the state and its fixed points, against Python's traces and what is known of tanh. */
import assert from "node:assert/strict";
import { it } from "node:test";

import { fixedPoints, isMap, step } from "../../../src/throughtime/studio/page/map.js";
import { projected } from "../../../src/throughtime/studio/page/space.js";
import { CASES } from "./fixtures.mjs";

const maps = CASES.filter(({ trace }) => isMap(trace));

it("has maps of every kind to compare", () => {
  const kinds = maps.map(({ trace }) => `${trace.specification.cell} ${trace.specification.bias}`);
  for (const kind of ["elman true", "elman false", "gru true", "min_gru true", "smooth true", "deep true"])
    assert.ok(kinds.includes(kind), kind);
  assert.ok(maps.every(({ trace }) => trace.cell.states.length === 1 && trace.layers.length === 1));
});

for (const { name, trace } of maps) {
  it(`takes each step that Python took: ${name}`, () => {
    const [of] = trace.layers;
    of.h[0].forEach((wanted, t) => {
      const got = step(trace, trace.x[0][t], t === 0 ? of.h_0[0] : of.h[0][t - 1]);
      got.forEach((value, k) =>
        assert.ok(Math.abs(value - wanted[k]) < 1e-12, `h_${t + 1}[${k}]: ${value} is not ${wanted[k]}`),
      );
    });
  });
}

it("finds the nine fixed points of two units that hold themselves, of which the corners attract", () => {
  const map = ([a, b]) => [Math.tanh(2 * a), Math.tanh(2 * b)];
  const found = fixedPoints(map, [-1.05, 1.05]);
  const held = 0.957504024079; // tanh(2a) = a
  assert.equal(found.length, 9);
  for (const { at, stable } of found) {
    at.forEach((value) =>
      assert.ok(
        [0, held, -held].some((known) => Math.abs(value - known) < 1e-8),
        String(value),
      ),
    );
    assert.equal(
      stable,
      at.every((value) => Math.abs(value) > 0.5),
    );
  }
});

it("finds the one fixed point of a rotation that shrinks", () => {
  const [found, ...others] = fixedPoints(([a, b]) => [0.3 - 0.5 * b, 0.1 + 0.5 * a], [-1, 1]);
  assert.equal(others.length, 0);
  assert.ok(Math.abs(found.at[0] - 0.2) < 1e-8 && Math.abs(found.at[1] - 0.2) < 1e-8 && found.stable);
});

it("projects a state on the axes", () => {
  assert.deepEqual(
    projected(
      {
        mean: [1, 1, 0],
        axes: [
          [0, 0, 1],
          [1, 0, 0],
        ],
      },
      [3, 5, 7],
    ),
    [7, 2],
  );
});
