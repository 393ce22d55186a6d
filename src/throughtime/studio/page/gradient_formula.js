/**
 * The gradient of one parameter as a sum over time, ∇U[i,j] = Σ_t h_{t−1}[i] δ_h_t[j]: see `Trace.terms`.
 *
 * @typedef {import("./expression.js").Formula} Formula
 * @typedef {import("./expression.js").Expression} Expression
 * @typedef {import("./expression.js").NumberNode} NumberNode
 * @typedef {import("./expression.js").Name} Name
 * @typedef {{t: number, factors: NumberNode[]}} StepTerm what one step adds
 */

import { described } from "./cell.js";
import { constant, evaluate } from "./expression.js";
import { asText, written } from "./mathml.js";
import { Numbers, columnsOf, layerOf, parameterName, range } from "./numbers.js";
import { Unit } from "./unit.js";

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

/** The terms that the steps add to the gradient of the selected parameter, in the order of time. */
/** @param {TraceJSON} trace @param {Selection} selection @returns {StepTerm[]} */
export function stepTerms(trace, selection) {
  const { row, column } = placeInParameter(trace, selection);
  const { output } = trace.specification;
  if (["W", "b_y"].includes(selection.array)) {
    const numbers = new Numbers(trace);
    const steps = output === "last step" ? [numbers.steps - 1] : range(numbers.steps);
    return steps.map((t) => {
      const read = row === null ? [] : [rowOf(numbers.read(t), row)];
      return { t, factors: [...read, numbers.outer("delta_y", t, column)] };
    });
  }
  const of = layerOf(trace, selection.layer, selection.direction);
  const numbers = new Numbers(trace, of);
  const cell = described(trace);
  const parameter = cell.parameters.get(selection.array);
  if (!parameter) return [];
  const { error, source, back } = parameter;
  return range(numbers.steps).map((t) => {
    if (row === null || error === undefined || source === undefined)
      return { t, factors: factorsOf(new Unit(trace, of, t, column), back ?? 0) };
    const { op, name = "" } = cell.operations[source];
    const before = of.direction === "forward" ? t - 1 : t + 1;
    const read = () =>
      op === "state" ? numbers.layer(of, name, before, row) : numbers.layer(of, cell.arrayAt.get(source) ?? "", t, row);
    return {
      t,
      factors: [op === "x" ? rowOf(numbers.inputs(of, t), row) : read(), numbers.layer(of, error, t, column)],
    };
  });
}

/**
 * The term that a step adds to a vector's gradient, as at most two factors.
 * @param {Unit} unit
 * @param {number} back the place of ∂E by it
 */
function factorsOf(unit, back) {
  const added = unit.computed(back);
  if (added === null) return [constant("a step's part", unit.valueAt(back))];
  const factors = added.kind === "product" ? added.factors : [added];
  const numbers = factors.flatMap((factor) => (factor.kind === "number" ? [factor] : []));
  if (numbers.length === factors.length && numbers.length <= 2) return numbers;
  return [constant(asText(written(added, null)), evaluate(added))];
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
  const relative = (/** @type {number} */ step) => ({ 0: "t", [-1]: "t−1", 1: "t+1" })[step - t - 1] ?? String(step);
  const symbol = name.symbol.replace(/_(\d+)\[/g, (_, step) => `_${relative(Number(step))}[`);
  return name.plain ? { ...name, symbol, letter: symbol } : { ...name, symbol, step: relative(Number(name.step)) };
}

/** The parameter itself, as a number. @param {TraceJSON} trace @param {Selection} selection */
export function parameterNumber(trace, selection) {
  const { row, column } = placeInParameter(trace, selection);
  const isReadout = ["W", "b_y"].includes(selection.array);
  const of = isReadout ? null : layerOf(trace, selection.layer, selection.direction);
  return new Numbers(trace, of).parameter(of, selection.array, row === null ? [column] : [row, column]);
}

/** The number that meets a row. @param {{vector: {numbers: NumberNode[]}, from: number}[]} parts @param {number} row */
function rowOf(parts, row) {
  const { vector, from } = /** @type {typeof parts[0]} */ (parts.filter(({ from }) => from <= row).at(-1));
  return vector.numbers[row - from];
}
