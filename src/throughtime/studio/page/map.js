/** One step of a network as a map of its state, h ↦ h′ for a fixed input: docs/math.md#elman and docs/math.md#gru. */
import { sigmoid } from "./expression.js";
import { range } from "./numbers.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").Matrix} Matrix */

const ACTIVATIONS = { sigmoid, tanh: Math.tanh, relu: (/** @type {number} */ net) => Math.max(net, 0) };
const CLOSE = 1e-10;
const NEWTON_STEPS = 50;

/** Whether the next state follows from the state and the input alone, in one layer. @param {TraceJSON} trace */
export const isMap = ({ specification: { cell, layers, bidirectional } }) =>
  cell !== "lstm" && layers === 1 && !bidirectional;

/** The state after one step. @param {TraceJSON} trace @param {number[]} x @param {number[]} h @returns {number[]} */
export function step({ specification: s, parameters: p }, x, h) {
  const times = (/** @type {number[]} */ vector, /** @type {string} */ name) =>
    range(s.hidden).map((j) =>
      vector.reduce((sum, value, k) => sum + value * /** @type {Matrix} */ (p[name])[k][j], 0),
    );
  const bias = (/** @type {string} */ name) =>
    s.bias ? /** @type {number[]} */ (p[name]) : range(s.hidden).map(() => 0);
  if (s.cell === "elman") {
    const [fromInput, fromState, b] = [times(x, "V"), times(h, "U"), bias("b_h")];
    return fromInput.map((value, j) => ACTIVATIONS[s.activation](value + fromState[j] + b[j]));
  }
  const net = (/** @type {string} */ gate) => {
    const [fromInput, fromState, b] = [times(x, `${gate}.V`), times(h, `${gate}.U`), bias(`${gate}.b`)];
    return { x: fromInput.map((value, j) => value + b[j]), h: fromState };
  };
  const [r, z, n] = ["reset", "update", "candidate"].map(net);
  const c = bias("candidate.c");
  return h.map((before, j) => {
    const reset = sigmoid(r.x[j] + r.h[j]);
    const keep = sigmoid(z.x[j] + z.h[j]);
    return (1 - keep) * Math.tanh(n.x[j] + reset * (n.h[j] + c[j])) + keep * before;
  });
}

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
