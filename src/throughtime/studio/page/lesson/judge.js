/** How good a network is on sums, and what is carried in them. */

/** @typedef {import("../engine/network.js").Network} Network */
/** @typedef {import("../engine/types.d.ts").Batch} Batch */

/**
 * How many digits are right, and how many sums have no wrong digit.
 * @param {Network} network @param {Batch} batch
 */
export function rightOf(network, batch) {
  const wrong = new Uint8Array(batch.B);
  let digits = 0;
  network.predict(batch).forEach((y, row) => {
    if (y > 0.5 === batch.y[row] > 0.5) digits++;
    else wrong[row % batch.B] = 1;
  });
  return { digits, sums: batch.B - wrong.reduce((sum, is) => sum + is, 0) };
}

/** @param {Network} network @param {Batch} batch */
export const sumsRight = (network, batch) => rightOf(network, batch).sums;

/**
 * The carry after every step of every sequence, (T·B,).
 * @param {import("../engine/tasks.js").MachineTask} task
 * @param {Batch} batch
 */
export function carriesOf(task, { x, T, B }) {
  const carries = new Uint8Array(T * B);
  for (let b = 0; b < B; b++) {
    const read = Array.from({ length: T }, (_, t) => [x[(t * B + b) * 2], x[(t * B + b) * 2 + 1]]);
    task.states(read).forEach((carry, t) => t && (carries[(t - 1) * B + b] = carry));
  }
  return carries;
}
