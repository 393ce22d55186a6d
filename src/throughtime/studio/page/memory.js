/** The unit that shows the task's true state best in the sequence of the page, such as the carry of a sum. */
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
 * Whether a sequence has both states often enough to keep them apart.
 * @param {number[] | null} states
 * @returns {states is number[]}
 */
export function hasBothStates(states) {
  const ones = states?.filter((state) => state === 1).length ?? 0;
  return states !== null && ones >= 2 && states.length - ones >= 2 && states.every((state) => state <= 1);
}

/**
 * The unit whose two groups of values lie farthest apart, measured by their spread; null while none keeps them apart.
 * @param {TraceJSON} trace
 * @param {number[] | null} states the state after each step
 * @returns {Keeper | null}
 */
export function keeper(trace, states) {
  if (!hasBothStates(states)) return null;
  const { hidden } = trace.specification;
  /** @type {(Keeper & {score: number}) | null} */
  let best = null;
  for (const of of trace.layers.filter(({ direction }) => direction === "forward")) {
    for (const { array } of [...described(trace).states].reverse()) {
      const found = Array.from({ length: hidden }, (_, unit) => groups(of[array][0], unit, states)).map(apart);
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
 * @param {number[]} states
 */
function groups(values, unit, states) {
  const of = (/** @type {number} */ state) => states.flatMap((at, t) => (at === state ? [values[t][unit]] : []));
  return [of(0), of(1)];
}

/**
 * The distance of two groups.
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
