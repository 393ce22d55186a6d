/** What lights up around a cell is what its formula reads, and the other way round. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { described } from "../../../src/throughtime/studio/page/cell.js";
import { dependents, dependsOn } from "../../../src/throughtime/studio/page/dependencies.js";
import { formula } from "../../../src/throughtime/studio/page/formula.js";
import { OUTER_ARRAYS } from "../../../src/throughtime/studio/page/numbers.js";
import { CASES, cellsOf } from "./fixtures.mjs";

/** Arrays that stand between two drawn ones: what they are computed from counts for what is computed from them. */
const isBetween = (trace, array) => ["net_y", "mask"].includes(array) || described(trace).isWrittenOut(array);
const key = ({ array, layer, direction, t, unit }) => [array, layer, direction, t, unit].join(" ");

/**
 * All recorded numbers that a formula reads, looking through what stands between; a loss may read net_y in place of y.
 */
function read(trace, cell) {
  const found = new Map();
  const collect = (node) => {
    if (Array.isArray(node)) node.forEach(collect);
    else if (node && typeof node === "object") {
      if (node.source && key(node.source) !== key(cell)) {
        const { array } = node.source;
        const output = { ...node.source, array: "y" };
        if (cell.array === "error" && array === "net_y") found.set(key(output), output);
        else if (isBetween(trace, array)) read(trace, node.source).forEach((source, name) => found.set(name, source));
        else if (described(trace).has(array) || OUTER_ARRAYS.includes(array)) found.set(key(node.source), node.source);
      }
      Object.values(node).forEach(collect);
    }
  };
  collect(formula(trace, cell));
  found.delete(key(cell));
  return found;
}

/** Single cells of what may be whole columns of a lane. */
function cells(trace, found) {
  const { hidden, inputs, outputs } = trace.specification;
  const size = { x: inputs, y: outputs, d: outputs, delta_y: outputs, error: 1 };
  return new Set(
    found.flatMap((of) =>
      (of.unit === null ? Array.from({ length: size[of.array] ?? hidden }, (_, unit) => unit) : [of.unit]).map((unit) =>
        key({ ...of, unit }),
      ),
    ),
  );
}

const drawn = (trace) =>
  [...cellsOf(trace)].filter(({ array }) => !["x", "d"].includes(array) && !isBetween(trace, array));

for (const { name, trace } of CASES) {
  describe(name, () => {
    it("a cell depends on what its formula reads", () => {
      for (const cell of drawn(trace)) {
        if (formula(trace, cell) === null) continue; // too long
        const wanted = [...read(trace, cell).keys()].sort();
        assert.deepEqual([...cells(trace, dependsOn(trace, cell))].sort(), wanted, key(cell));
      }
    });
    it("what depends on a cell is what is computed from it", () => {
      const backwards = new Map();
      for (const cell of drawn(trace)) {
        for (const source of cells(trace, dependsOn(trace, cell)))
          backwards.set(source, [...(backwards.get(source) ?? []), key(cell)]);
      }
      for (const cell of [...cellsOf(trace)].filter(({ array }) => !isBetween(trace, array))) {
        assert.deepEqual(
          [...cells(trace, dependents(trace, cell))].sort(),
          (backwards.get(key(cell)) ?? []).sort(),
          key(cell),
        );
      }
    });
  });
}
