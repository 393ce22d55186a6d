/**
 * The gradient of one parameter as a sum over time, ∇U[i,j] = Σ_t h_{t−1}[i] δ_h_t[j]: see `Trace.terms`.
 *
 * @typedef {import("./expression.js").Formula} Formula
 * @typedef {import("./expression.js").NumberNode} NumberNode
 * @typedef {import("./expression.js").Name} Name
 * @typedef {{t: number, factors: NumberNode[]}} StepTerm what one step adds
 */

import { Numbers, columnsOf, deltaOf, gateOf, layerOf, parameterName, range, symbolOf } from "./numbers.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").Selection} Selection */

/** Row and column of a parameter's flat index; of a bias the column alone. */
/** @param {TraceJSON} trace @param {Selection} selection @returns {{row: number | null, column: number}} */
export function placeInParameter(trace, selection) {
  const name = parameterName(trace, selection);
  const columns = columnsOf(trace, name);
  const isMatrix = Array.isArray(trace.parameters[name][0]);
  return { row: isMatrix ? Math.floor(selection.unit / columns) : null, column: selection.unit % columns };
}

/** What each step adds to the gradient of the selected parameter, in the order of time. */
/** @param {TraceJSON} trace @param {Selection} selection @returns {StepTerm[]} */
export function stepTerms(trace, selection) {
  const symbol = symbolOf(selection.array);
  const { row, column } = placeInParameter(trace, selection);
  const { output } = trace.specification;
  if (symbol === "W" || symbol === "b_y") {
    const numbers = new Numbers(trace);
    const steps = output === "last step" ? [numbers.steps - 1] : range(numbers.steps);
    return steps.map((t) => {
      const read = row === null ? [] : [rowOf(numbers.read(t), row)];
      return { t, factors: [...read, numbers.outer("delta_y", t, column)] };
    });
  }
  const of = layerOf(trace, selection.layer, selection.direction);
  const numbers = new Numbers(trace, of);
  const delta = deltaOf(trace, selection);
  const before = of.direction === "forward" ? -1 : 1;
  return range(numbers.steps).map((t) => {
    const felt = numbers.layer(of, delta, t, column);
    if (row === null) return { t, factors: [felt] };
    const read = symbol === "V" ? rowOf(numbers.inputs(of, t), row) : numbers.layer(of, "h", t + before, row);
    return { t, factors: [read, felt] };
  });
}

/** @param {TraceJSON} trace @param {Selection} selection @returns {Formula} */
export function gradientFormula(trace, selection) {
  const { row, column } = placeInParameter(trace, selection);
  const full = parameterName(trace, selection);
  const gradient = trace.gradient[full];
  const value = row === null ? gradient[column] : /** @type {number[][]} */ (gradient)[row][column];
  const terms = stepTerms(trace, selection);
  const [left, right] = terms[0].factors.map((factor) =>
    terms.length === 1 ? factor.name : overTime(factor.name, terms[0].t),
  );
  const { name } = parameterNumber(trace, selection);
  return {
    name: {
      kind: "number",
      name: { ...name, symbol: `∇${name.symbol}`, mark: "∇" },
      value: Number(value),
      source: selection,
    },
    expression: {
      kind: "dot",
      left,
      right: right ?? null,
      symbol: `${terms.length === 1 ? "" : "Σ_t "}${left.symbol}${right ? `·${right.symbol}` : ""}`,
      terms,
      overTime: terms.length > 1,
      collapsed: false,
    },
    backward: true,
  };
}

/** h_{t−1}[i] of h_0[i]: the name that stands for all steps. @param {Name} name @param {number} t @returns {Name} */
function overTime(name, t) {
  const step = { 0: "t", [-1]: "t−1", 1: "t+1" }[/** @type {number} */ (name.step) - t - 1];
  return { ...name, symbol: name.symbol.replace(/_\d+\[/, `_${step}[`), step };
}

/** The parameter itself, as a number. @param {TraceJSON} trace @param {Selection} selection */
export function parameterNumber(trace, selection) {
  const { row, column } = placeInParameter(trace, selection);
  const symbol = symbolOf(selection.array).replace("b_h", "b");
  const isReadout = ["W", "b_y"].includes(symbol);
  const of = isReadout ? null : layerOf(trace, selection.layer, selection.direction);
  return new Numbers(trace, of).parameter(
    of,
    symbol,
    gateOf(trace, selection.array),
    row === null ? [column] : [row, column],
  );
}

/** The number that meets a row. @param {{vector: {numbers: NumberNode[]}, from: number}[]} parts @param {number} row */
function rowOf(parts, row) {
  const { vector, from } = /** @type {typeof parts[0]} */ (parts.filter(({ from }) => from <= row).at(-1));
  return vector.numbers[row - from];
}
