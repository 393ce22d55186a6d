/** Which unit tells the task's true state best, in the sequence that is shown: where the carry is kept. */
import { described } from "./cell.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/**
 * @typedef {object} Keeper
 * @property {string} array one of the states
 * @property {number} layer
 * @property {number} unit
 * @property {[number, number]} means its mean after steps that leave state 0, and state 1
 * @property {number} apart how many units of this array have all their values of one state above all those of the other
 */

/**
 * Whether a sequence has both states often enough to tell them apart.
 * @param {number[] | null} carry
 * @returns {carry is number[]}
 */
export function isTelling(carry) {
  const ones = carry?.filter((state) => state === 1).length ?? 0;
  return carry !== null && ones >= 2 && carry.length - ones >= 2 && carry.every((state) => state <= 1);
}

/**
 * The unit whose two groups of values lie farthest apart, measured by their spread; null while none keeps them apart.
 * @param {TraceJSON} trace
 * @param {number[] | null} carry the state after each step
 * @returns {Keeper | null}
 */
export function keeper(trace, carry) {
  if (!isTelling(carry)) return null;
  const { hidden } = trace.specification;
  /** @type {(Keeper & {score: number}) | null} */
  let best = null;
  for (const of of trace.layers.filter(({ direction }) => direction === "forward")) {
    for (const { array } of [...described(trace).states].reverse()) {
      const found = Array.from({ length: hidden }, (_, unit) => groups(of[array][0], unit, carry)).map(apart);
      const count = found.filter(({ gap }) => gap > 0).length;
      found.forEach(({ gap, means, score }, unit) => {
        if (gap > 0 && (!best || score > best.score))
          best = { array, layer: of.layer, unit, means, apart: count, score };
      });
    }
  }
  return best;
}

/**
 * The values of a unit after steps that leave state 0, and state 1.
 * @param {number[][]} values
 * @param {number} unit
 * @param {number[]} carry
 */
function groups(values, unit, carry) {
  const of = (/** @type {number} */ state) => carry.flatMap((at, t) => (at === state ? [values[t][unit]] : []));
  return [of(0), of(1)];
}

/**
 * How far apart two groups lie.
 * @param {number[][]} groups
 * @returns {{gap: number, means: [number, number], score: number}}
 */
function apart([zeros, ones]) {
  const means = /** @type {[number, number]} */ (
    [zeros, ones].map((group) => group.reduce((sum, value) => sum + value, 0) / group.length)
  );
  const gap = Math.max(Math.min(...ones) - Math.max(...zeros), Math.min(...zeros) - Math.max(...ones));
  const spread = Math.max(...zeros) - Math.min(...zeros) + Math.max(...ones) - Math.min(...ones);
  return { gap, means, score: Math.abs(means[1] - means[0]) / (spread + 0.01) };
}
