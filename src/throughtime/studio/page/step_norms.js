/** How much each step adds to the gradient of a parameter, as one number. */
import { Numbers, deltaOf, layerOf, range, symbolOf } from "./numbers.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */

/**
 * The Frobenius norm of each step's term, [T]: a term is the product of a column and a row, so its norm is that of
 * both.
 * @param {TraceJSON} trace
 * @param {{array: string, layer: number, direction: "forward" | "backward"}} parameter
 * @returns {number[]}
 */
export function stepNorms(trace, { array, layer, direction }) {
  const symbol = symbolOf(array);
  const { output } = trace.specification;
  const of = layerOf(trace, layer, direction);
  const numbers = new Numbers(trace, of);
  const size = (/** @type {{numbers: {value: number}[]}[]} */ vectors) =>
    Math.hypot(...vectors.flatMap((vector) => vector.numbers.map(({ value }) => value)));
  if (symbol === "W" || symbol === "b_y") {
    return range(numbers.steps).map((t) => {
      if (output === "last step" && t < numbers.steps - 1) return 0;
      const read = symbol === "W" ? size(numbers.read(t).map(({ vector }) => vector)) : 1;
      return read * size([numbers.outerVector("delta_y", t)]);
    });
  }
  const delta = deltaOf(trace, { array });
  const before = direction === "forward" ? -1 : 1;
  return range(numbers.steps).map((t) => {
    const felt = size([numbers.layerVector(of, delta, t)]);
    if (symbol === "V") return felt * size(numbers.inputs(of, t).map(({ vector }) => vector));
    return symbol === "U" ? felt * size([numbers.layerVector(of, "h", t + before)]) : felt;
  });
}
