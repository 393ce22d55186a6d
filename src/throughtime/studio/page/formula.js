/**
 * The formula of any cell of a Trace, for a single number: the readout's and the loss's of `weights/losses.py`, and of
 * a layer
 * those that follow from the operations of its cell.
 *
 * It says the same as `trace/explain/unit.py`, and more cells have one: net_h, d_h of an Elman cell, the parameters.
 *
 * @typedef {import("./expression.js").Expression} Expression
 * @typedef {import("./expression.js").Formula} Formula
 */

import { described } from "./cell.js";
import { gradientFormula } from "./gradient_formula.js";
import { Numbers, OUTER_ARRAYS, isParameter, isTimeless, layerOf, stepsOf } from "./numbers.js";
import { outputFormula } from "./output_formula.js";
import { Unit } from "./unit.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").Selection} Selection */

/**
 * The formula of the selected number; null for one that is given, not computed (x, d, an initial state), that does not
 * exist, or of which the formula would be too long. Of a parameter it is the formula of its gradient.
 * @param {TraceJSON} trace
 * @param {Selection} selection
 * @returns {Formula | null}
 */
export function formula(trace, selection) {
  if (isParameter(trace, selection)) return gradientFormula(trace, selection);
  if (!exists(trace, selection)) return null;
  const { array, layer, direction, t, unit } = selection;
  if (OUTER_ARRAYS.includes(array)) return outputFormula(new Numbers(trace), array, t, unit);
  const found = new Unit(trace, layerOf(trace, layer, direction), t, unit);
  const expression = found.recorded(array);
  return expression && { name: found.at(array), expression, backward: described(trace).isBackward(array) };
}

/** Whether there is a cell of that name and place. @param {TraceJSON} trace @param {Selection} selection */
export function exists(trace, { array, layer, direction, t, unit }) {
  const { hidden, inputs, outputs, layers } = trace.specification;
  if (t < 0 || t >= stepsOf(trace) || unit < 0) return false;
  if (isTimeless(trace, array) && t !== stepsOf(trace) - 1) return false;
  if (OUTER_ARRAYS.includes(array)) {
    return unit < (array === "x" ? inputs : ["error", "mask"].includes(array) ? 1 : outputs);
  }
  const directed = direction === "forward" || trace.specification.bidirectional;
  return described(trace).has(array) && directed && layer >= 0 && layer < layers && unit < hidden;
}
