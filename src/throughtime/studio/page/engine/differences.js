/** The gradient of a sequence beside central differences: `check` of `throughtime/studio/frame.py`. */
import { PURPOSES, Random } from "./random.js";

/** By how much a parameter is changed, at most; each of so many steps is a quarter of the one before. */
const STEPPED = 1e-4;
const STEPS = 5;
/** The greatest relative error of a right gradient. */
const TOLERANCE = 1e-6;
/** Parameters whose derivative is checked, and multiplications that this may take. */
const CHECKED = 300;
const WORK = 2 ** 27;

/**
 * @param {import("./network.js").Network} network
 * @param {import("./types.d.ts").Batch} batch of one sequence
 * @returns {import("../types.d.ts").Check}
 */
export function checked(network, batch) {
  const { gradient } = network.gradient(batch);
  const { parameters } = network;
  const P = parameters.length;
  const greatestOf = (/** @type {Float64Array} */ values) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const stepped = STEPPED / Math.max(1, greatestOf(batch.x));
  const rounding = (Number.EPSILON * Math.max(1, network.loss(batch))) / stepped;
  const size = Math.max(greatestOf(gradient), rounding / TOLERANCE);

  const difference = (/** @type {number} */ p, /** @type {number} */ step) => {
    const before = parameters[p];
    parameters[p] = before + step;
    const above = network.loss(batch);
    parameters[p] = before - step;
    const below = network.loss(batch);
    parameters[p] = before;
    return (above - below) / (2 * step);
  };
  const derivative = (/** @type {number} */ p) => {
    let coarse = difference(p, stepped);
    let [least, best] = [Infinity, coarse];
    for (let k = 1; k < STEPS && least > TOLERANCE * size; k++) {
      const fine = difference(p, stepped / 4 ** k);
      const extrapolated = (16 * fine - coarse) / 15;
      const off = Math.abs(extrapolated - fine);
      if (off < least) [least, best] = [off, extrapolated];
      coarse = fine;
    }
    return best;
  };

  const picked = some(P, Math.min(CHECKED, Math.max(4, Math.floor(WORK / (4 * P * batch.T)))));
  const greatest = picked.reduce((most, p) => Math.max(most, Math.abs(derivative(p) - gradient[p])), 0);
  return {
    greatest,
    relative: greatest / size,
    right: greatest <= TOLERANCE * size,
    against: "central differences",
    checked: picked.length,
    parameters: P,
  };
}

/** So many of the numbers below P, or all. @param {number} P @param {number} most */
function some(P, most) {
  const all = Array.from({ length: P }, (_, p) => p);
  if (most >= P) return all;
  const random = new Random(0, PURPOSES.example);
  for (let k = 0; k < most; k++) {
    const other = k + random.below(P - k);
    [all[k], all[other]] = [all[other], all[k]];
  }
  return all.slice(0, most);
}
