/**
 * Sets of states, as `throughtime/proof/checker` has them, in doubles. A coordinate takes a value in
 *
 *     x₀ + Σ x_k e_k ± own,     e_k in [−1, 1] the same in all coordinates
 *
 * What rounding does to a result is added to `own`: at most half a unit in its last place for each operation.
 */
import { down, sigmoid, tanh, TINY, UNIT, up } from "./bounds.js";

/**
 * @typedef {object} Form a coordinate; in floating point a sum: its terms come to s, are off by e in all, and are
 *   rounded
 *   k times at most
 * @property {Float64Array} x
 * @property {number} own
 * @property {number} s
 * @property {number} e
 * @property {number} k
 */
/** @typedef {Pick<Form, "x" | "own">} Set */

/** Σ of numbers from 0, rounded up. @param {...number} terms */
export function sum(...terms) {
  let total = 0;
  for (let k = 0; k < terms.length; k++) total = up(total + terms[k]);
  return total;
}

/** a · b, of numbers from 0, rounded up; 0 times what is without bound is 0. @param {number} a @param {number} b */
export const times = (a, b) => (a === 0 || b === 0 ? 0 : up(a * b));

/**
 * A bound of the errors of some operations, by the sum of their results' sizes.
 * @param {number} sizes @param {number} count
 */
const errors = (sizes, count) => up(sizes * UNIT + count * TINY);

const ROOM = 2 ** 16;
let [room, taken] = [new Float64Array(0), 0];

/** So many zeros, in a piece of memory that many have: one of its own for each takes longer than what is done in it. */
export function zeros(/** @type {number} */ count) {
  if (taken + count > room.length) [room, taken] = [new Float64Array(Math.max(count, ROOM)), 0];
  taken += count;
  return new Float64Array(room.buffer, 8 * (taken - count), count);
}

/** Σ |x_k| from k = `first` on, and own: how far it reaches. @param {Set} a @param {number} first */
function radius({ x, own }, first) {
  let total = own;
  for (let k = first; k < x.length; k++) total += Math.abs(x[k]);
  return up(total + errors(total * (x.length + 1), 0));
}

/** A bound of |a|. @param {Set} a */
export const size = (a) => radius(a, 0);

/** A lower and an upper bound. @param {Set} a @returns {[number, number]} */
export function ends(a) {
  const r = radius(a, 1);
  return [down(a.x[0] - r), up(a.x[0] + r)];
}

/** One number. @param {number} value @returns {Set} */
export const point = (value) => ({ x: Float64Array.of(value), own: 0 });

/** What is computed already. @param {Set} a @returns {Form} */
export const exact = ({ x, own }) => ({ x, own, s: size({ x, own }), e: 0, k: 0 });

/**
 * Anything from low to high, by the number at a place that no other has.
 * @param {number} low @param {number} high @param {number} at @returns {Form}
 */
export function between(low, high, at) {
  if (low === high) return exact(point(low));
  const x = new Float64Array(at + 1);
  x[0] = low / 2 + high / 2;
  x[at] = Math.max(up(high - x[0]), up(x[0] - low));
  return exact({ x, own: 0 });
}

/** Σ factor · set. @param {[number, Set][]} parts @returns {Set} */
export function combined(parts) {
  let K = 0;
  for (const [, set] of parts) K = Math.max(K, set.x.length);
  const x = zeros(K);
  let [sizes, own] = [0, 0];
  for (const [factor, set] of parts) {
    const of = set.x;
    for (let k = 0; k < of.length; k++) {
      const term = factor * of[k];
      const total = x[k] + term;
      x[k] = total;
      sizes += Math.abs(term) + Math.abs(total);
    }
    own = up(own + times(Math.abs(factor), set.own));
  }
  return { x, own: sum(own, errors(sizes, 2 * parts.length * x.length)) };
}

/**
 * Σ |row_j| · number_j, of numbers from 0, rounded up. In any order such a sum of n is off by at most γ_n Σ |terms|,
 * γ_n ≤ 2 n u.
 * @param {Float64Array} row @param {number[]} numbers
 */
export function weighed(row, numbers) {
  let total = 0;
  for (let j = 0; j < row.length; j++) total += Math.abs(row[j]) * numbers[j];
  return up(total + errors(total * (row.length + 1), row.length));
}

/**
 * Σ row_j · set_j, for each row: what rounding does to it is bounded as in `weighed`, by the sizes of the sets.
 * @param {Float64Array[]} rows @param {Set[]} sets @returns {Set[]}
 */
export function product(rows, sets) {
  const [n, K] = [sets.length, Math.max(...sets.map(({ x }) => x.length))];
  // four sets at once, so that a sum is read and written once for them; those that are missing are 0
  const four = Math.ceil(n / 4) * 4;
  const all = new Float64Array(four * K);
  sets.forEach(({ x }, j) => all.set(x, j * K));
  const off = sets.map((set) => up(set.own + errors(size(set) * n, 0)));
  return rows.map((row) => {
    const x = zeros(K);
    for (let j = 0; j < four; j += 4) {
      const [a, b, c, d] = [row[j], row[j + 1] || 0, row[j + 2] || 0, row[j + 3] || 0];
      for (let k = 0, at = j * K; k < K; k++, at++)
        x[k] += a * all[at] + b * all[at + K] + (c * all[at + 2 * K] + d * all[at + 3 * K]);
    }
    return { x, own: sum(weighed(row, off), errors(0, n * K)) }; // where it underflows
  });
}

/**
 * (1 − w) x + w y = (1 − w₀) x + w₀ y + t₀ (w − w₀) + (w − w₀) (t − t₀), t = y − x.
 * @param {Set} w @param {Set} x @param {Set} y
 */
export function blend(w, x, y) {
  const t = combined([
    [1, y],
    [-1, x],
  ]);
  const [w0, t0] = [w.x[0], t.x[0]];
  const rest = 1 - w0;
  const moved = { x: w.x.slice(), own: w.own };
  moved.x[0] = 0;
  const result = combined([
    [rest, x],
    [w0, y],
    [t0, moved],
  ]);
  const lost = times(errors(Math.abs(rest), 1), size(x)); // 1 − w₀ is rounded
  result.own = sum(result.own, lost, times(radius(w, 1), radius(t, 1)));
  return result;
}

/** Of each function: its bounds, its steepest slope, by how many u the kernels' one is off, and a bound of its size. */
export const FUNCTIONS = {
  sigmoid: { of: sigmoid, steepest: 0.25, units: 16, most: 1 },
  tanh: { of: tanh, steepest: 1, units: 16, most: 1 },
  relu: { of: (/** @type {number} */ z) => [Math.max(z, 0), Math.max(z, 0)], steepest: 1, units: 0, most: Infinity },
};

/** f(x), as s x and bounds of f(z) − s z on [l, u]. @param {keyof FUNCTIONS} f @param {Set} x */
export function curve(f, x) {
  const { of, steepest } = FUNCTIONS[f];
  const [l, u] = ends(x);
  const [lower, upper] = [of(l), of(u)];
  const [rise, run] = [upper[0] - lower[0], u - l];
  const slope = run > 1e-12 ? Math.min(Math.max(rise / run, 0), steepest) : 0;
  const s = Number.isFinite(slope) ? slope : 0;
  const [[a, b], [c, d]] = [left(lower, s, l), left(upper, s, u)];
  let [low, high] = [Math.min(a, c), Math.max(b, d)];
  if (f === "relu") {
    if (l < 0 && u > 0) low = Math.min(low, 0);
  } else if (s > 0) {
    if (u > 0) high = Math.max(high, highest(f, s, Math.max(l, 0), u));
    if (l < 0) low = Math.min(low, down((f === "sigmoid" ? 1 : 0) - highest(f, s, Math.max(-u, 0), -l)));
  }
  const middle = (low + high) / 2;
  const result = combined([
    [s, x],
    [1, point(middle)],
  ]);
  result.own = sum(result.own, Math.max(up(high - middle), up(middle - low)));
  return result;
}

/**
 * Bounds of f(z) − s z, by those of f(z).
 * @param {number[]} f @param {number} s @param {number} z @returns {[number, number]}
 */
function left([low, high], s, z) {
  return [down(low - up(s * z)), up(high - down(s * z))];
}

/**
 * A bound of g(z) = f(z) − s z on [a, b], 0 ≤ a < b. There f, the sigmoid or tanh, is concave, and so lies below each
 * of its tangents: below the one at z₀, which is nearly where f' = s. (On the other side f(−z) is 1 − f(z), or −f(z).)
 * @param {"sigmoid" | "tanh"} f @param {number} s @param {number} a @param {number} b
 */
function highest(f, s, a, b) {
  const root = Math.sqrt(Math.max(0, f === "sigmoid" ? 1 - 4 * s : 1 - s));
  const turn = f === "sigmoid" ? Math.log((1 + root) ** 2 / (4 * s)) : Math.log((1 + root) ** 2 / s) / 2;
  const z = Math.min(Math.max(turn, a), b);
  const [low, high] = FUNCTIONS[f].of(z);
  const half = Math.max(low, 0.5);
  // f' = S (1 − S), which falls where S ≥ 1/2, or 1 − tanh²
  const steep = f === "sigmoid" ? up(half * up(1 - half)) : up(1 - down(low * low));
  const shallow = f === "sigmoid" ? down(high * down(1 - high)) : down(1 - up(high * high));
  const rising = times(Math.max(0, up(steep - s)), up(b - z));
  const falling = times(Math.max(0, up(s - shallow)), up(z - a));
  return up(left([low, high], s, z)[1] + Math.max(rising, falling));
}

export const OPERATIONS = {
  "+": (/** @type {Set} */ x, /** @type {Set} */ y) =>
    combined([
      [1, x],
      [1, y],
    ]),
  "-": (/** @type {Set} */ x, /** @type {Set} */ y) =>
    combined([
      [1, x],
      [-1, y],
    ]),
  neg: (/** @type {Set} */ x) => combined([[-1, x]]),
  "*": (/** @type {Set} */ w, /** @type {Set} */ y) => blend(w, point(0), y),
  blend,
  minimum: (/** @type {Set} */ x, /** @type {Set} */ y) => OPERATIONS["-"](x, curve("relu", OPERATIONS["-"](x, y))),
  maximum: (/** @type {Set} */ x, /** @type {Set} */ y) => OPERATIONS["+"](x, curve("relu", OPERATIONS["-"](y, x))),
  sigmoid: (/** @type {Set} */ x) => curve("sigmoid", x),
  tanh: (/** @type {Set} */ x) => curve("tanh", x),
  relu: (/** @type {Set} */ x) => curve("relu", x),
};
