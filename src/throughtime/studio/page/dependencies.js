/** The cells that a cell is computed from, and those computed from it: one step of the formulas. */
import { described } from "./cell.js";

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
 * The sources of the arrays of readout and loss. A softmax's outputs hang together; only the cross-entropy undoes
 * that.
 * @param {TraceJSON} trace
 * @returns {[string, import("./cell.js").Link[]][]}
 */
function outerRules({ specification: { readout, loss } }) {
  const from = (/** @type {boolean} */ all) => ["y", "d"].map((array) => ({ array, shift: 0, all }));
  return [
    ["error", from(true)],
    ["delta_y", from(readout === "softmax" && loss === "squared")],
  ];
}
/** The cells that a cell is computed from. @param {TraceJSON} trace @param {Selection} cell @returns {Cells[]} */
export const dependsOn = (trace, cell) =>
  links(trace)
    .filter((link) => link.to === cell.array)
    .flatMap((link) => link.back(cell));

/** The cells that are computed from a cell. @param {TraceJSON} trace @param {Selection} cell @returns {Cells[]} */
export const dependents = (trace, cell) =>
  links(trace)
    .filter((link) => link.from === cell.array)
    .flatMap((link) => link.forth(cell));

/**
 * @typedef {{to: string, from: string, back: (cell: Selection) => Cells[], forth: (cell: Selection) => Cells[]}} Link
 */

/** All links between arrays, each walked both ways. @param {TraceJSON} trace @returns {Link[]} */
function links(trace) {
  const { layers, bidirectional, output } = trace.specification;
  const cell = described(trace);
  const T = trace.lengths[0];
  const directions = bidirectional ? ["forward", "backward"] : ["forward"];
  const inTime = (/** @type {Cells[]} */ cells) => cells.filter(({ t }) => t >= 0 && t < T);
  /** @type {Link[]} */
  const found = [];
  const arrays = [...cell.values.keys(), ...cell.errors.keys()].filter((array) => !cell.isWrittenOut(array));
  const rules = arrays.map((array) => /** @type {const} */ ([array, cell.sources(array)]));

  for (const [to, sources] of [...rules, ...outerRules(trace)]) {
    for (const { array: from, shift, all } of sources) {
      if (from === "below" || from === "above") continue;
      /** @param {string} array @param {Selection} of @param {number} by @returns {Cells[]} */
      const at = (array, { layer, direction, t, unit }, by) =>
        inTime([{ array, layer, direction, t: t + (direction === "backward" ? -by : by), unit: all ? null : unit }]);
      found.push({ to, from, back: (of) => at(from, of, shift), forth: (of) => at(to, of, -shift) });
    }
  }
  const readers = rules.filter(([, sources]) => sources.some(({ array }) => array === "below")).map(([to]) => to);
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
      from: cell.output,
      back: ({ layer, t }) => (layer > 0 ? each(cell.output, layer - 1, t) : []),
      forth: ({ layer, t }) => (layer < layers - 1 ? each(to, layer + 1, t) : []),
    });
  }
  const readout = (/** @type {string} */ array, /** @type {number} */ t) =>
    directions.map((direction) => whole(array, layers - 1, direction, everyStep ? t : lastRead(direction)));
  /** @type {(array: string) => (cell: Selection) => Cells[]} */
  const ruled =
    (array) =>
    ({ layer, direction, t }) =>
      layer === layers - 1 && (everyStep || t === lastRead(direction))
        ? [whole(array, 0, "forward", everyStep ? t : T - 1)]
        : [];
  found.push({ to: "y", from: cell.output, back: ({ t }) => readout(cell.output, t), forth: ruled("y") });
  const felt = rules.filter(([, sources]) => sources.some(({ array }) => array === "above")).map(([to]) => to);
  for (const to of felt) {
    found.push({ to, from: "delta_y", back: ruled("delta_y"), forth: ({ t }) => readout(to, t) });
    for (const from of cell.inputErrors) {
      found.push({
        to,
        from,
        back: ({ layer, t }) => (layer < layers - 1 ? each(from, layer + 1, t) : []),
        forth: ({ layer, t }) => (layer > 0 ? each(to, layer - 1, t) : []),
      });
    }
  }
  return found;
}
