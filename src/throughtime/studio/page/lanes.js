/** The rows of the unrolled picture, from top to bottom: a lane is one array of the Trace, with a row for each unit. */

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

/** The lanes of each cell from top to bottom: values flow up to the output, errors down from it. */
const LANES = {
  elman: { forward: ["h"], backward: ["delta_h"] },
  lstm: {
    forward: ["h", "o", "C", "C_tilde", "i", "f"],
    backward: ["d_h", "delta_o", "d_C", "delta_C_tilde", "delta_i", "delta_f"],
  },
  gru: { forward: ["h", "n", "z", "r"], backward: ["d_h", "delta_n", "delta_z", "delta_r"] },
};

/** The symbol, the name and how the values are read. @type {Record<string, [string, string, string]>} */
const NAMES = {
  x: ["x", "input", "what the network reads"],
  y: ["y", "output", "what the network says"],
  d: ["d", "target", "what it should say"],
  h: ["h", "hidden units", "the memory"],
  f: ["f", "forget gate", "0 forgets, 1 remembers"],
  i: ["i", "input gate", "1 lets in"],
  C_tilde: ["C̃", "candidate", "what could be stored"],
  C: ["C", "cell state", "the long memory"],
  o: ["o", "output gate", "1 shows"],
  r: ["r", "reset gate", "0 ignores the past"],
  z: ["z", "update gate", "1 keeps the old"],
  n: ["ñ", "candidate", "the new state"],
  error: ["E", "loss", "the loss of each step"],
  delta_y: ["δ_y", "output", "the error at the output"],
  delta_h: ["δ_h", "hidden units", "the error of the memory"],
  d_h: ["∂h", "hidden units", "the error of the memory"],
  d_C: ["∂C", "cell state", "the error of the long memory"],
  delta_f: ["δ_f", "forget gate", "its error"],
  delta_i: ["δ_i", "input gate", "its error"],
  delta_C_tilde: ["δ_C̃", "candidate", "its error"],
  delta_o: ["δ_o", "output gate", "its error"],
  delta_r: ["δ_r", "reset gate", "its error"],
  delta_z: ["δ_z", "update gate", "its error"],
  delta_n: ["δ_n", "candidate", "its error"],
};

/** All lanes of a trace; where nothing is asked, without the targets. @param {TraceJSON} trace @returns {Lane[]} */
export function lanesOf(trace) {
  const asked = trace.mask.flat().some((/** @type {number} */ weight) => weight !== 0);
  return [
    ...(asked ? [outer(trace, "d", "forward")] : []),
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
  const { cell, hidden, layers, bidirectional } = trace.specification;
  const lanes = [];
  for (const of of [...trace.layers].reverse()) {
    const place = [
      layers > 1 ? `layer ${of.layer + 1}` : "",
      bidirectional ? (of.direction === "forward" ? "→" : "←") : "",
    ]
      .join(" ")
      .trim();
    for (const array of LANES[cell][pass]) {
      const [symbol, name, note] = NAMES[array];
      const { layer, direction } = of;
      lanes.push({ array, pass, layer, direction, symbol, place, name, note, rows: hidden, values: of[array][0] });
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
  const [symbol, name, note] = NAMES[array];
  const last = output === "last step" && array !== "x";
  /** @type {any[]} */
  const steps = last ? [...Array.from({ length: trace.lengths[0] - 1 }, () => []), trace[array][0]] : trace[array][0];
  const values = array === "error" ? steps.map((value) => [value].flat()) : steps;
  const rows = array === "x" ? inputs : array === "error" ? 1 : outputs;
  return { array, pass, layer: 0, direction: "forward", symbol, place: "", name, note, rows, values };
}
