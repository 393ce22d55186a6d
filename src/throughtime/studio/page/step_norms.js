/** The size of the part that each step adds to a parameter's gradient, as one number. */
import { described } from "./cell.js";
import { Numbers, layerOf, range } from "./numbers.js";
import { Unit } from "./unit.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */

/**
 * The Frobenius norm of each step's term, [T]: a matrix's is the product of a column and a row, so its norm is that of
 * both.
 * @param {TraceJSON} trace
 * @param {{array: string, layer: number, direction: "forward" | "backward"}} parameter
 * @returns {number[]}
 */
export function stepNorms(trace, { array, layer, direction }) {
  const { output, hidden } = trace.specification;
  const of = layerOf(trace, layer, direction);
  const numbers = new Numbers(trace, of);
  const size = (/** @type {{numbers: {value: number}[]}[]} */ vectors) =>
    Math.hypot(...vectors.flatMap((vector) => vector.numbers.map(({ value }) => value)));
  if (array === "W" || array === "b_y") {
    return range(numbers.steps).map((t) => {
      if (output === "last step" && t < numbers.steps - 1) return 0;
      const read = array === "W" ? size(numbers.read(t).map(({ vector }) => vector)) : 1;
      return read * size([numbers.outerVector("delta_y", t)]);
    });
  }
  const cell = described(trace);
  const parameter = cell.parameters.get(array);
  if (!parameter) return [];
  const { source, error, back } = parameter;
  const before = direction === "forward" ? -1 : 1;
  return range(numbers.steps).map((t) => {
    if (source === undefined || error === undefined) {
      return Math.hypot(...range(hidden).map((unit) => new Unit(trace, of, t, unit).valueAt(back ?? 0)));
    }
    const felt = size([numbers.layerVector(of, error, t)]);
    const { op, name = "" } = cell.operations[source];
    if (op === "x") return felt * size(numbers.inputs(of, t).map(({ vector }) => vector));
    if (op === "state") return felt * size([numbers.layerVector(of, name, t + before)]);
    return felt * size([numbers.layerVector(of, cell.arrayAt.get(source) ?? "", t)]);
  });
}
