/** One step of a network as a map of its state, h ↦ h′ for a fixed input. */
import { described } from "./cell.js";
import { ARITHMETIC } from "./expression.js";
import { range } from "./numbers.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").Matrix} Matrix */

const CLOSE = 1e-10;
const NEWTON_STEPS = 50;

/**
 * Whether the next state follows from the state and the input alone: in one layer that reads in one direction, of a
 * cell with one state.
 * @param {TraceJSON} trace
 */
export const isMap = (trace) =>
  described(trace).states.length === 1 && trace.specification.layers === 1 && !trace.specification.bidirectional;

/** The state after one step. @param {TraceJSON} trace @param {number[]} x @param {number[]} h @returns {number[]} */
export function step(trace, x, h) {
  const cell = described(trace);
  return valuesOf(trace, x, { [cell.states[0].array]: h })[cell.output];
}

/**
 * All that a cell computes in one step, by the names of the trace; what is given is taken in place of its own.
 * @param {TraceJSON} trace
 * @param {number[]} x
 * @param {Record<string, number[]>} states before the step
 * @param {Record<string, number[]>} given
 * @returns {Record<string, number[]>}
 */
export function valuesOf(trace, x, states, given = {}) {
  const cell = described(trace);
  const recorded = [...cell.values.values()];
  const units = range(trace.specification.hidden);
  /** @type {any[]} vectors, and matrices */
  const values = [];
  for (const { op, of = [], name = "", value = 0 } of cell.operations.slice(
    0,
    1 + Math.max(...recorded.map(({ place }) => place)),
  )) {
    const [a, b] = of.map((place) => values[place]);
    const known = given[cell.arrayAt.get(values.length) ?? ""];
    if (known) values.push(known);
    else if (op === "x") values.push(x);
    else if (op === "state") values.push(states[name]);
    else if (op === "number") values.push(units.map(() => value));
    else if (op === "parameter") values.push(trace.parameters[name] ?? units.map(() => 0));
    else if (op === "@") values.push(units.map((j) => times(a, b, j)));
    else values.push(units.map((j) => ARITHMETIC[op](a[j], b?.[j])));
  }
  return Object.fromEntries(recorded.map(({ array, place }) => [array, values[place]]));
}

/** vector·M[:,column] @param {number[]} vector @param {Matrix} matrix @param {number} column */
const times = (vector, matrix, column) => vector.reduce((sum, value, k) => sum + value * matrix[k][column], 0);

/**
 * The fixed points of a map of the plane, found by Newton's method from a grid of starts.
 * @param {(h: number[]) => number[]} map
 * @param {[number, number]} bounds of both coordinates
 * @returns {{at: number[], stable: boolean}[]} stable where both eigenvalues of the Jacobian lie inside the unit circle
 */
export function fixedPoints(map, [low, high]) {
  /** @type {{at: number[], stable: boolean}[]} */
  const found = [];
  const starts = range(9).map((k) => low + ((high - low) * (k + 0.5)) / 9);
  for (const a of starts) {
    for (const b of starts) {
      const at = newton(map, [a, b]);
      if (at && !found.some((other) => Math.hypot(other.at[0] - at[0], other.at[1] - at[1]) < 1e-5))
        found.push({ at, stable: isStable(jacobian(map, at)) });
    }
  }
  return found;
}

/** @param {(h: number[]) => number[]} map @param {number[]} start */
function newton(map, start) {
  let h = start;
  for (let k = 0; k < NEWTON_STEPS; k++) {
    const image = map(h);
    const [u, v] = [image[0] - h[0], image[1] - h[1]];
    if (Math.hypot(u, v) < CLOSE) return h;
    const [[a, b], [c, d]] = jacobian(map, h);
    const determinant = (a - 1) * (d - 1) - b * c;
    if (Math.abs(determinant) < 1e-14) return null;
    h = [h[0] - ((d - 1) * u - b * v) / determinant, h[1] - ((a - 1) * v - c * u) / determinant];
    if (!h.every(Number.isFinite) || Math.hypot(...h) > 1e6) return null;
  }
  return null;
}

/** ∂h′ by h, rows are those of h′; central differences. @param {(h: number[]) => number[]} map @param {number[]} h */
function jacobian(map, [x, y]) {
  const width = 1e-6;
  const [right, left, up, down] = [map([x + width, y]), map([x - width, y]), map([x, y + width]), map([x, y - width])];
  return [0, 1].map((k) => [(right[k] - left[k]) / (2 * width), (up[k] - down[k]) / (2 * width)]);
}

/** @param {number[][]} jacobian by Jury's conditions for a 2×2 matrix */
function isStable([[a, b], [c, d]]) {
  const [trace, determinant] = [a + d, a * d - b * c];
  return Math.abs(determinant) < 1 && Math.abs(trace) < 1 + determinant;
}
