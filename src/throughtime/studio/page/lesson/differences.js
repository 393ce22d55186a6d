/** A small Elman network whose gradient a reader computes: what central differences say of it, and what is wrong. */
import { sigmoid as S } from "../engine/functions.js";
import { Random } from "../engine/random.js";

/** @typedef {{V: number[][], U: number[][], W: number[]}} Parameters V (2,H), U (H,H), W (H) */
/** @typedef {{x: number[][], d: number[]} & Parameters} Example */
/** @typedef {"first" | "pairing" | "transposes" | "slope" | "future"} Fault */

const [T, H] = [5, 4];
const STEP = 1e-5;
const CLOSE = 1e-6;
/** @type {Fault[]} */
const FAULTS = ["first", "pairing", "transposes", "slope", "future"];
export const NAMES = /** @type {const} */ (["V", "U", "W"]);

/** @param {number} seed @returns {Example} */
export function exampleOf(seed) {
  const random = new Random(seed, 7, 9);
  const list = (/** @type {number} */ n, /** @type {() => any} */ of) => Array.from({ length: n }, of);
  const weight = () => 4 * random.uniform() - 2;
  return {
    x: list(T, () => list(2, () => random.below(2))),
    d: list(T, () => random.below(2)),
    V: list(2, () => list(H, weight)),
    U: list(H, () => list(H, weight)),
    W: list(H, weight),
  };
}

/** h[t + 1] after step t, y, and E. @param {Example} example */
export function forwardOf({ x, d, V, U, W }) {
  const h = [Array(H).fill(0)];
  const y = x.map((read, t) => {
    h.push(W.map((_, j) => S(sum(2, (i) => read[i] * V[i][j]) + sum(H, (i) => h[t][i] * U[i][j]))));
    return S(sum(H, (j) => h[t + 1][j] * W[j]));
  });
  return { h, y, loss: sum(T, (t) => (y[t] - d[t]) ** 2 / 2) };
}

/** @param {number} n @param {(k: number) => number} of */
const sum = (n, of) => Array.from({ length: n }, (_, k) => of(k)).reduce((a, b) => a + b, 0);

/** The gradient by back-propagation, or by one that has a fault. @param {Example} e @param {Fault | null} fault */
export function gradientOf(e, fault = null) {
  const { h, y } = forwardOf(e);
  const zeros = (/** @type {number} */ rows) => Array.from({ length: rows }, () => Array(H).fill(0));
  const [dV, dU, dW] = [zeros(2), zeros(H), Array(H).fill(0)];
  let after = Array(H).fill(0);
  for (let t = T - 1; t >= (fault === "first" ? 1 : 0); t--) {
    const now = h[t + 1];
    const delta_y = (y[t] - e.d[t]) * y[t] * (1 - y[t]);
    const back = (/** @type {number} */ j) =>
      fault === "future" ? 0 : sum(H, (k) => after[k] * (fault === "transposes" ? e.U[k][j] : e.U[j][k]));
    const delta_h = now.map((v, j) => (delta_y * e.W[j] + back(j)) * (fault === "slope" ? 1 : v * (1 - v)));
    const before = fault === "pairing" ? now : h[t];
    for (let j = 0; j < H; j++) {
      dW[j] += now[j] * delta_y;
      for (let i = 0; i < 2; i++) dV[i][j] += e.x[t][i] * delta_h[j];
      for (let i = 0; i < H; i++) dU[i][j] += before[i] * delta_h[j];
    }
    after = delta_h;
  }
  return { V: dV, U: dU, W: dW };
}

/** The gradient by central differences: no back-propagation in it. @param {Example} e @returns {Parameters} */
export function differencesOf(e) {
  /** @type {Example} */
  const moved = structuredClone(e);
  const slope = (/** @type {number[]} */ of, /** @type {number} */ j) => {
    const [at, ends] = [of[j], [STEP, -STEP]];
    const [up, down] = ends.map((step) => {
      of[j] = at + step;
      return forwardOf(moved).loss;
    });
    of[j] = at;
    return (up - down) / (2 * STEP);
  };
  const all = (/** @type {number[]} */ of) => of.map((_, j) => slope(of, j));
  return { V: moved.V.map(all), U: moved.U.map(all), W: all(moved.W) };
}

/**
 * What is to be said of a gradient that a reader has computed.
 * @param {Example} e @param {any} given
 * @returns {{kind: "right" | "wrong" | "shape", fault: Fault | null, name: string, at: number[], value: number,
 *   expected: number}} fault: the known one that gives these very numbers; name, at: the worst number
 */
export function judged(e, given) {
  const expected = differencesOf(e);
  /** @type {(of: any, like: any) => boolean} */
  const fits = (/** @type {any} */ of, /** @type {any} */ like) =>
    Array.isArray(like)
      ? Array.isArray(of) && of.length === like.length && like.every((_, k) => fits(of[k], like[k]))
      : typeof of === "number" && Number.isFinite(of);
  const none = { fault: null, name: "", at: [], value: NaN, expected: NaN };
  const odd = NAMES.find((name) => !fits(given?.[name], expected[name]));
  if (odd) return { ...none, kind: "shape", name: odd };
  const worst = farthest(given, expected);
  if (worst.off < CLOSE) return { ...none, kind: "right" };
  const fault = FAULTS.find((name) => farthest(given, gradientOf(e, name)).off < 1e-9) ?? null;
  return { kind: "wrong", fault, ...worst };
}

/** @param {Parameters} given @param {Parameters} expected */
function farthest(given, expected) {
  const all = NAMES.flatMap((name) => {
    const rows = name === "W" ? [given.W] : given[name];
    return rows.flatMap((row, i) =>
      row.map((value, j) => {
        const right = name === "W" ? expected.W[j] : expected[name][i][j];
        return { name, at: name === "W" ? [j] : [i, j], value, expected: right, off: Math.abs(value - right) };
      }),
    );
  });
  return all.reduce((worst, one) => (one.off > worst.off ? one : worst));
}
