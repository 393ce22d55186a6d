/** The task of remembering one symbol over a gap, the twin of `throughtime.tasks.recall`. */

const NOISE = 0.2;

/** @param {number} gap steps of noise after the symbol @returns {import("../engine/types.d.ts").Source} */
export function recall(gap) {
  const T = 1 + gap;
  return {
    sample(random, B) {
      const x = new Float64Array(T * B);
      const y = new Float64Array(B);
      for (let b = 0; b < B; b++) {
        y[b] = random.below(2);
        x[b] = 2 * y[b] - 1;
      }
      for (let k = B; k < x.length; k++) x[k] = NOISE * random.normal();
      return { x, y, T, B };
    },
  };
}
