/** Which cells a cell is computed from, and which are computed from it: one step of the formulas in docs/math.md. */

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").Selection} Selection */
/**
 * @typedef {object} Cells some cells of one array at one step
 * @property {string} array
 * @property {number} layer
 * @property {string} direction
 * @property {number} t
 * @property {number | null} unit null for all units
 */

/**
 * "what: from, …": a source at the same step, "<" at the step read before, ">" at the step read after; "*" all units,
 * else the same unit. "below" is what the layer reads, "above" the errors of what reads the layer.
 */
const RULES = {
  elman: ["h: below* h<*", "delta_h: above* delta_h>* h"],
  lstm: [
    "f: below* h<*",
    "i: below* h<*",
    "C_tilde: below* h<*",
    "o: below* h<*",
    "C: f C< i C_tilde",
    "h: o C",
    "d_h: above* delta_f>* delta_i>* delta_C_tilde>* delta_o>*",
    "delta_o: d_h C o",
    "d_C: d_h o C d_C> f>",
    "delta_f: d_C C< f",
    "delta_i: d_C C_tilde i",
    "delta_C_tilde: d_C i C_tilde",
  ],
  gru: [
    "r: below* h<*",
    "z: below* h<*",
    "q: h<*",
    "n: below* r q",
    "h: z n h<",
    "d_h: above* delta_r>* delta_z>* delta_q>* d_h> z>",
    "delta_z: d_h h< n z",
    "delta_n: d_h z n",
    "delta_r: delta_n q r",
    "delta_q: delta_n r",
  ],
};
/** A softmax's outputs hang together; only the cross-entropy undoes that. @param {TraceJSON} trace */
const outerRules = ({ specification: { readout, loss } }) => [
  "error: y* d*",
  readout === "softmax" && loss === "squared" ? "delta_y: y* d*" : "delta_y: y d",
];
const ERRORS = {
  elman: ["delta_h"],
  lstm: ["delta_i", "delta_f", "delta_C_tilde", "delta_o"],
  gru: ["delta_r", "delta_z", "delta_n"],
};

/** What a cell is computed from. @param {TraceJSON} trace @param {Selection} cell @returns {Cells[]} */
export const dependsOn = (trace, cell) =>
  links(trace)
    .filter((link) => link.to === cell.array)
    .flatMap((link) => link.back(cell));

/** What is computed from a cell. @param {TraceJSON} trace @param {Selection} cell @returns {Cells[]} */
export const dependents = (trace, cell) =>
  links(trace)
    .filter((link) => link.from === cell.array)
    .flatMap((link) => link.forth(cell));

/**
 * @typedef {{to: string, from: string, back: (cell: Selection) => Cells[], forth: (cell: Selection) => Cells[]}} Link
 */

/** All links between arrays, each walked both ways. @param {TraceJSON} trace @returns {Link[]} */
function links(trace) {
  const { cell, layers, bidirectional, output } = trace.specification;
  const T = trace.lengths[0];
  const directions = bidirectional ? ["forward", "backward"] : ["forward"];
  const inTime = (/** @type {Cells[]} */ cells) => cells.filter(({ t }) => t >= 0 && t < T);
  /** @type {Link[]} */
  const found = [];

  for (const rule of [...RULES[cell], ...outerRules(trace)]) {
    const [to, sources] = rule.split(": ");
    for (const source of sources.split(" ")) {
      const from = source.replace(/[<>*]/g, "");
      const all = source.endsWith("*");
      if (from === "below" || from === "above") continue;
      const shift = source.includes("<") ? -1 : source.includes(">") ? 1 : 0;
      /** @param {string} array @param {Selection} of @param {number} by @returns {Cells[]} */
      const at = (array, { layer, direction, t, unit }, by) =>
        inTime([{ array, layer, direction, t: t + (direction === "backward" ? -by : by), unit: all ? null : unit }]);
      found.push({ to, from, back: (of) => at(from, of, shift), forth: (of) => at(to, of, -shift) });
    }
  }
  const readers = RULES[cell].filter((rule) => rule.includes("below*")).map((rule) => rule.split(":")[0]);
  const whole = (
    /** @type {string} */ array,
    /** @type {number} */ layer,
    /** @type {string} */ direction,
    /** @type {number} */ t,
  ) => ({ array, layer, direction, t, unit: null });
  const each = (/** @type {string} */ array, /** @type {number} */ layer, /** @type {number} */ t) =>
    directions.map((direction) => whole(array, layer, direction, t));
  const lastRead = (/** @type {string} */ direction) => (direction === "backward" ? 0 : T - 1);
  const everyStep = output === "every step";

  for (const to of readers) {
    found.push({
      to,
      from: "x",
      back: ({ layer, t }) => (layer === 0 ? [whole("x", 0, "forward", t)] : []),
      forth: ({ t }) => each(to, 0, t),
    });
    found.push({
      to,
      from: "h",
      back: ({ layer, t }) => (layer > 0 ? each("h", layer - 1, t) : []),
      forth: ({ layer, t }) => (layer < layers - 1 ? each(to, layer + 1, t) : []),
    });
  }
  const readout = (/** @type {string} */ array, /** @type {number} */ t) =>
    directions.map((direction) => whole(array, layers - 1, direction, everyStep ? t : lastRead(direction)));
  /** @type {(array: string) => (cell: Selection) => Cells[]} */
  const told =
    (array) =>
    ({ layer, direction, t }) =>
      layer === layers - 1 && (everyStep || t === lastRead(direction))
        ? [whole(array, 0, "forward", everyStep ? t : T - 1)]
        : [];
  found.push({ to: "y", from: "h", back: ({ t }) => readout("h", t), forth: told("y") });
  const felt = cell === "elman" ? "delta_h" : "d_h";
  found.push({ to: felt, from: "delta_y", back: told("delta_y"), forth: ({ t }) => readout(felt, t) });
  for (const from of ERRORS[cell]) {
    found.push({
      to: felt,
      from,
      back: ({ layer, t }) => (layer < layers - 1 ? each(from, layer + 1, t) : []),
      forth: ({ layer, t }) => (layer > 0 ? each(felt, layer - 1, t) : []),
    });
  }
  return found;
}
