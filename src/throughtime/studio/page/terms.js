/**
 * The summands of a number's formula.
 *
 * @typedef {import("./expression.js").Expression} Expression
 * @typedef {import("./expression.js").Formula} Formula
 *
 * A summand: its factors, its value, and its share of the sum of all summands' sizes, in [0, 1].
 * @typedef {{factors: Expression[], value: number, share: number}} Summand
 */

import { evaluate, partsOf } from "./expression.js";

/**
 * The summands of the sum in a formula, the greatest first; none where there is no sum.
 * @param {Formula} formula
 * @returns {Summand[]}
 */
export function summands({ expression }) {
  const sum = firstSum(expression);
  if (!sum) return [];
  const found = addends(sum).map((factors) => ({
    factors,
    value: factors.reduce((v, factor) => v * evaluate(factor), 1),
  }));
  const size = found.reduce((total, { value }) => total + Math.abs(value), 0);
  return found
    .map((summand) => ({ ...summand, share: size > 0 ? Math.abs(summand.value) / size : 0 }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

/** @param {Expression} expression @returns {Expression | undefined} */
function firstSum(expression) {
  if (expression.kind === "sum" || expression.kind === "dot") return expression;
  return partsOf(expression).map(firstSum).find(Boolean);
}

/** The factors of each addend. @param {Expression} expression @returns {Expression[][]} */
function addends(expression) {
  switch (expression.kind) {
    case "sum":
      return expression.parts.flatMap(addends);
    case "dot":
      return expression.terms.map((term) => term.factors);
    case "product":
      return [expression.factors];
    default:
      return [[expression]];
  }
}

/** A text that is the same for the same cell. @param {import("./types.d.ts").Selection} selection */
export const keyOf = ({ array, layer, direction, t, unit }) => `${array} ${layer} ${direction} ${t} ${unit}`;
