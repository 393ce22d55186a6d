/** The trace of one sequence as the panels draw it: the object of `throughtime/trace/json_form.py`, name for name. */
import { nested } from "./layers.js";
import { backward } from "./passes.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */

/**
 * Forward and backward over one sequence.
 * @param {Network} network
 * @param {number[][]} x (T,I)
 * @param {number[][] | number[]} d targets (T,O), or (O) for output "last step"
 * @param {{mask?: number[], reach?: boolean}} options weights of the targets; whether the reach of errors is wanted
 * @returns {TraceJSON}
 */
export function traceOf(network, x, d, { mask, reach = false } = {}) {
  const { specification: s, cell, places } = network;
  const T = x.length;
  const last = s.output === "last step";
  const batch = { x: Float64Array.from(x.flat()), y: Float64Array.from(d.flat()), T, B: 1 };
  if (batch.x.length !== T * s.inputs || batch.y.length !== (last ? 1 : T) * s.outputs)
    throw new Error(`a trace needs x (steps, ${s.inputs}) and targets of ${s.outputs} outputs`);
  const weights = Float64Array.from(mask ?? Array(last ? 1 : T).fill(1));
  const { loss, gradient } = network.gradient(batch, weights);
  const tape = /** @type {import("./passes.js").Tape} */ (network.tape);
  const named = (/** @type {Float64Array} */ vector) =>
    Object.fromEntries(Object.entries(places.views).map(([name, view]) => [name, nested(view, vector)]));
  const rows = (/** @type {Float64Array} */ array) =>
    last ? [Array.from(array)] : [matrix(array, 0, s.outputs, s.outputs, T)];
  const steps = (/** @type {Float64Array} */ array) => (last ? Array.from(array) : [Array.from(array)]);
  /** @type {any} */
  const trace = {
    format: "throughtime trace",
    version: 1,
    specification: s,
    cell: cell.description,
    parameters: named(network.parameters),
    gradient: named(gradient),
    loss,
    lengths: [T],
    x: [x.map((row) => Array.from(row))],
    d: rows(batch.y),
    mask: steps(weights),
    net_y: rows(tape.net_y),
    y: rows(tape.y),
    error: steps(tape.losses),
    delta_y: rows(tape.delta_y),
    layers: tape.layers.map((_, layer) => layerOf(network, tape, layer)),
  };
  if (reach) trace.reach = [reachOf(network, tape, batch.x)];
  return trace;
}

/** @param {Network} network @param {import("./passes.js").Tape} tape @param {number} layer */
function layerOf({ cell }, tape, layer) {
  const { T, H, stride } = tape;
  const { states, gates, delta, errors } = tape.layers[layer];
  const [S, D] = [cell.slots * H, cell.deltas * H];
  const { firsts, slots, states: names, d_states: d_names, deltas, all } = cell.arrays;
  /** @type {Record<string, any>} */
  const arrays = {};
  firsts.forEach((name, n) => (arrays[name] = [Array.from(states.subarray(n * stride, n * stride + H))]));
  slots.forEach((name, k) => (arrays[name] = [matrix(gates, k * H, S, H, T)]));
  names.forEach((name, n) => (arrays[name] = [matrix(states, n * stride + H, H, H, T)]));
  d_names.forEach((name, n) => (arrays[name] = [matrix(errors, n * T * H, H, H, T)]));
  deltas.forEach((name, k) => (arrays[name] = [matrix(delta, k * H, D, H, T)]));
  return { layer, direction: "forward", ...Object.fromEntries(all.map((name) => [name, arrays[name]])) };
}

/**
 * Rows of a flat array as lists.
 * @param {Float64Array} array @param {number} at @param {number} apart @param {number} width @param {number} count
 */
function matrix(array, at, apart, width, count) {
  return Array.from({ length: count }, (_, k) => Array.from(array.subarray(at + k * apart, at + k * apart + width)));
}

/**
 * ‖δ_{k→t}‖ of the last layer: the backward pass with the error of each step alone.
 * @param {Network} network @param {import("./passes.js").Tape} tape as the passes left it @param {Float64Array} x
 */
function reachOf(network, tape, x) {
  const { cell, specification: s } = network;
  const { T, H } = tape;
  const [O, D] = [s.outputs, cell.deltas * H];
  const whole = tape.delta_y.slice();
  const unused = new Float64Array(network.parameters.length);
  const { delta } = tape.layers[s.layers - 1];
  const found = Array.from({ length: T }, (_, k) => {
    const row = s.output === "last step" ? k - T + 1 : k;
    tape.delta_y.fill(0);
    if (row >= 0) tape.delta_y.set(whole.subarray(row * O, (row + 1) * O), row * O);
    backward(network, tape, x, unused, 0);
    return Array.from({ length: T }, (_, t) => {
      let sum = 0;
      for (const slot of cell.read_by) for (let j = 0; j < H; j++) sum += delta[t * D + slot * H + j] ** 2;
      return Math.sqrt(sum);
    });
  });
  tape.delta_y.set(whole);
  return found;
}
