/** The unit that alone tells a state of two values best: `_keeper` of `throughtime/studio/frame.py`. */

/** It keeps the state where it tells it after so many of the steps that leave either value. */
const KEPT = 0.95;

/**
 * @param {Float64Array} h (N,H) states @param {number} H
 * @param {number[]} label (N) the true state after each, 0 or 1, both of which occur
 * @returns {import("../types.d.ts").Keeper}
 */
export function keeperOf(h, H, label) {
  const counts = [0, 1].map((state) => label.filter((one) => one === state).length);
  const units = Array.from({ length: H }, (_, unit) => {
    const values = label.map((_, k) => h[k * H + unit]);
    const means = /** @type {[number, number]} */ (
      counts.map((count, state) => values.reduce((sum, v, k) => sum + (label[k] === state ? v : 0), 0) / count)
    );
    const middle = (means[0] + means[1]) / 2;
    const asOne = values.map((value) => value > middle === means[1] > means[0]);
    const right = [0, 1].map((state) => asOne.filter((one, k) => label[k] === state && one === (state === 1)).length);
    return { unit, means, right: right[0] + right[1], least: Math.min(...right.map((n, state) => n / counts[state])) };
  });
  const { least, ...best } = units.reduce((most, one) => (one.least > most.least ? one : most));
  return { ...best, steps: label.length, keeps: least >= KEPT };
}
