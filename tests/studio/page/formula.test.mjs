/** The formulas of the page say what Python's `explain` says, and give the recorded numbers. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { evaluate, expanded, linesOf } from "../../../src/throughtime/studio/page/expression.js";
import { formula } from "../../../src/throughtime/studio/page/formula.js";
import { asText, written } from "../../../src/throughtime/studio/page/mathml.js";
import { summands } from "../../../src/throughtime/studio/page/terms.js";
import { CASES, cellsOf, parametersOf, recorded } from "./fixtures.mjs";

const GIVEN = ["x", "d", "mask"];

/** The sum of the sizes of what is added up: rounding is relative to it where summands cancel. */
function size(node) {
  switch (node.kind) {
    case "number":
      return Math.abs(node.value);
    case "dot":
      return node.terms.reduce((all, { factors }) => all + Math.abs(factors.reduce((v, f) => v * f.value, 1)), 0);
    case "sum":
      return node.parts.reduce((all, part) => all + size(part), 0);
    case "difference":
      return size(node.left) + size(node.right);
    case "quotient":
      return size(node.left) / Math.abs(evaluate(node.right));
    case "indicator":
      return 1;
    case "extreme":
      return Math.max(size(node.left), size(node.right));
    case "minus":
      return size(node.of);
    case "square":
      return size(node.of) ** 2;
    case "product":
      return node.factors.reduce((all, factor) => all * size(factor), 1);
    case "call":
      return Math.abs(evaluate(node));
  }
}

/** Of the cells of these tests, only `deep` does more in one formula than can be written. */
const isTooLong = ({ specification }, { array }) => specification.cell === "deep" && ["h", "delta_0"].includes(array);

const epsilon = (trace) => (trace.specification.dtype === "float32" ? 1e-6 : 1e-12);

function assertClose(got, wanted, scale, relative, what) {
  assert.ok(Math.abs(got - wanted) <= relative * Math.max(Math.abs(wanted), scale), `${what}: ${got} is not ${wanted}`);
}

/** A selection of the source that Python names. */
function selectionOf(source, trace) {
  const columns = (name) => (Array.isArray(trace.parameters[name][0]) ? trace.parameters[name][0].length : 1);
  const steps = trace.lengths[0];
  if (source.kind === "parameter") {
    const [, layer, direction, array] = /^(?:layer(\d+)\.)?(?:(forward|backward)\.)?(.*)$/.exec(source.array);
    const [row, column] = source.index;
    const unit = column === undefined ? row : row * columns(source.array) + column;
    return { array, layer: Number(layer ?? 0), direction: direction ?? "forward", t: 0, unit };
  }
  const initial = trace.cell.states.some((state) => state.initial === source.array);
  const t = initial ? (source.direction === "backward" ? steps : -1) : (source.t ?? steps) - 1;
  const { array, layer, direction, index } = source;
  return { array, layer: layer ?? 0, direction: direction ?? "forward", t, unit: index[0] ?? 0 };
}

/** A tree of the page beside one of Python: the same kinds, names, sources and numbers. */
function assertSame(ours, theirs, trace) {
  if (ours.kind === "indicator") {
    assert.deepEqual([asText(written(ours, null)), evaluate(ours)], [theirs.symbol, theirs.value]);
    return;
  }
  assert.equal(ours.kind, theirs.kind);
  if (ours.kind !== "dot" || expanded(ours))
    assertClose(evaluate(ours), theirs.value, size(ours), epsilon(trace), theirs.kind);
  switch (ours.kind) {
    case "number":
      assert.equal(ours.name.symbol, theirs.symbol);
      assert.deepEqual(ours.source, theirs.source && selectionOf(theirs.source, trace), theirs.symbol);
      break;
    case "dot":
      assert.equal(ours.symbol, theirs.symbol);
      assert.equal(ours.terms.length, theirs.terms.length);
      ours.terms.forEach(({ factors }, k) =>
        factors.forEach((factor, j) => assertSame(factor, { kind: "number", ...theirs.terms[k].factors[j] }, trace)),
      );
      break;
    case "sum":
      assert.equal(ours.parts.length, theirs.parts.length);
      ours.parts.forEach((part, k) => assertSame(part, theirs.parts[k], trace));
      break;
    case "quotient":
      assertSame(ours.left, theirs.over, trace);
      assertSame(ours.right, theirs.under, trace);
      break;
    case "difference":
    case "extreme":
      assertSame(ours.left, theirs.left, trace);
      assertSame(ours.right, theirs.right, trace);
      break;
    case "product":
      assert.equal(ours.factors.length, theirs.factors.length);
      ours.factors.forEach((factor, k) => assertSame(factor, theirs.factors[k], trace));
      break;
    case "call":
      assert.equal(ours.function, theirs.function);
      assertSame(ours.argument, theirs.argument, trace);
      break;
    default:
      assertSame(ours.of, theirs.of, trace);
  }
}

for (const { name, trace, explanations, terms } of CASES) {
  describe(name, () => {
    it("explains as Python does, in the same names, numbers and lines", () => {
      for (const theirs of explanations.flatMap((explanation) => explanation.formulas)) {
        const ours = formula(trace, selectionOf(theirs.name.source, trace));
        assert.equal(ours.name.name.symbol, theirs.name.symbol);
        assert.equal(ours.backward, theirs.pass === "backward");
        assertSame(ours.expression, theirs.expression, trace);
        const lines = linesOf(ours, 4, trace.specification.dtype).map(({ expression, digits }) =>
          asText(written(expression, digits)),
        );
        const [symbols, ...ends] = lines;
        const unique = ends.filter((end, k) => k === 0 || end !== ends[k - 1]);
        assert.deepEqual([symbols, unique.join(" = ")], theirs.text, theirs.name.symbol);
      }
    });

    it("has a formula for each cell, which gives the recorded number", () => {
      for (const cell of cellsOf(trace)) {
        const found = formula(trace, cell);
        assert.equal(found === null, GIVEN.includes(cell.array) || isTooLong(trace, cell), cell.array);
        if (!found) continue;
        assert.equal(found.name.value, recorded(trace, cell));
        assertClose(
          evaluate(found.expression),
          found.name.value,
          size(found.expression),
          epsilon(trace),
          found.name.name.symbol,
        );
      }
    });

    it("has none for what does not exist", () => {
      const { hidden } = trace.specification;
      const cell = { array: "h", layer: 0, direction: "forward", t: 0, unit: 0 };
      const others = [
        { unit: hidden },
        { t: 99 },
        { layer: 9 },
        { array: "?" },
        { array: "y", unit: 99 },
        { array: "W", unit: 999 },
      ];
      for (const other of others) assert.equal(formula(trace, { ...cell, ...other }), null, JSON.stringify(other));
    });

    it("adds each parameter's gradient up from its terms over time", () => {
      for (const selection of parametersOf(trace)) {
        const found = formula(trace, selection);
        const full = Object.keys(terms).find((key) => key.endsWith(selection.array) && matches(key, selection, trace));
        assert.equal(found.name.value, trace.gradient[full].flat()[selection.unit]);
        assertClose(evaluate(found.expression), found.name.value, size(found.expression), epsilon(trace), full);
        for (const { t, factors } of found.expression.terms) {
          const value = factors.reduce((v, factor) => v * factor.value, 1);
          assertClose(value, terms[full][t].flat()[selection.unit], 0, epsilon(trace), `${full} at ${t}`);
        }
      }
    });

    it("sorts the summands by size, with shares of the whole", () => {
      for (const cell of cellsOf(trace)) {
        const found = formula(trace, cell);
        const rows = found ? summands(found) : [];
        rows.forEach((row, k) => assert.ok(k === 0 || Math.abs(row.value) <= Math.abs(rows[k - 1].value)));
        const share = rows.reduce((all, row) => all + row.share, 0);
        assert.ok(rows.length === 0 || share === 0 || Math.abs(share - 1) < 1e-12);
      }
    });
  });
}

function matches(name, { layer, direction, array }, trace) {
  const place =
    (trace.specification.layers > 1 ? `layer${layer}.` : "") +
    (trace.specification.bidirectional ? `${direction}.` : "");
  return name === (["W", "b_y"].includes(array) ? array : place + array);
}
