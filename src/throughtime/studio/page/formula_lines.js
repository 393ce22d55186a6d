/** The lines of a formula: in symbols, in numbers, and its value, each in MathML. */
import { el } from "./dom.js";
import { linesOf } from "./expression.js";
import { asMathML, written } from "./mathml.js";

/** Significant digits of a formula's result. */
const DIGITS = 4;

/**
 * @param {import("./expression.js").Formula} formula
 * @param {"float64" | "float32"} dtype of the network
 */
export function formulaLines(formula, dtype) {
  const texts = linesOf(formula, DIGITS, dtype).map(({ expression, digits }) => asMathML(written(expression, digits)));
  return texts
    .filter((maths, k) => k === 0 || maths.map(content).join(" ") !== texts[k - 1].map(content).join(" "))
    .map((maths) => el("div", { class: "formula-line" }, el("span", { class: "equals" }, "="), ...maths));
}

/** @param {Element} node */
const content = (node) => node.textContent ?? "";
