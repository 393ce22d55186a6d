/** The rows of the unrolled picture, from top to bottom: a lane is one array of the Trace, with a row for each unit. */
import { described } from "./cell.js";
import { lettersOf } from "./numbers.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").Direction} Direction */
/** @typedef {"forward" | "loss" | "backward"} Pass when the lane's numbers become known */
/**
 * @typedef {object} Lane
 * @property {string} array
 * @property {Pass} pass
 * @property {number} layer
 * @property {Direction} direction
 * @property {string} symbol
 * @property {string} place the layer and direction, where there are several
 * @property {string} name what the array is called
 * @property {string} note how its values are read
 * @property {number} rows
 * @property {number[][]} values [T][rows]; empty at steps that have none
 */

/** The symbol, the name and how the values are read. */
const OUTER = /** @type {const} */ ({
  x: ["x", "input", "read by the network"],
  y: ["y", "output", "predicted by the network"],
  d: ["d", "target", "to be predicted"],
  error: ["E", "loss", "the loss of each step"],
  delta_y: ["δ_y", "output", "the error at the output"],
});

/** All lanes of a trace; where no step is scored, without the targets. @param {TraceJSON} trace @returns {Lane[]} */
export function lanesOf(trace) {
  const scored = trace.mask.flat().some((/** @type {number} */ weight) => weight !== 0);
  return [
    ...(scored ? [outer(trace, "d", "forward")] : []),
    outer(trace, "y", "forward"),
    ...inner(trace, "forward"),
    outer(trace, "x", "forward"),
    outer(trace, "error", "loss"),
    outer(trace, "delta_y", "backward"),
    ...inner(trace, "backward"),
  ];
}

/**
 * The lanes of the layers, the last one on top.
 * @param {TraceJSON} trace
 * @param {"forward" | "backward"} pass
 * @returns {Lane[]}
 */
function inner(trace, pass) {
  const { hidden, layers, bidirectional } = trace.specification;
  const cell = described(trace);
  const lanes = [];
  for (const of of [...trace.layers].reverse()) {
    const place = [
      layers > 1 ? `layer ${of.layer + 1}` : "",
      bidirectional ? (of.direction === "forward" ? "→" : "←") : "",
    ]
      .join(" ")
      .trim();
    for (const value of cell.lanes()) {
      const { layer, direction } = of;
      const array = pass === "forward" ? value.array : /** @type {string} */ (cell.partners.get(value.array));
      const { letter, mark } = lettersOf(trace, array);
      const symbol = mark ? `${mark === "δ" ? "δ_" : mark}${letter}` : letter;
      const isState = cell.states.some((state) => state.array === value.array);
      const note = pass === "forward" ? value.note : isState ? `the error of ${value.note}` : "its error";
      lanes.push({
        array,
        pass,
        layer,
        direction,
        symbol,
        place,
        name: value.label,
        note,
        rows: hidden,
        values: of[array][0],
      });
    }
  }
  return lanes;
}

/**
 * A lane of the trace itself.
 * @param {TraceJSON} trace
 * @param {"x" | "y" | "d" | "error" | "delta_y"} array
 * @param {Pass} pass
 * @returns {Lane}
 */
function outer(trace, array, pass) {
  const { inputs, outputs, output } = trace.specification;
  const [symbol, name, note] = OUTER[array];
  const last = output === "last step" && array !== "x";
  /** @type {any[]} */
  const steps = last ? [...Array.from({ length: trace.lengths[0] - 1 }, () => []), trace[array][0]] : trace[array][0];
  const values = array === "error" ? steps.map((value) => [value].flat()) : steps;
  const rows = array === "x" ? inputs : array === "error" ? 1 : outputs;
  return { array, pass, layer: 0, direction: "forward", symbol, place: "", name, note, rows, values };
}
