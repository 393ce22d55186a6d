/** The search for a word longer than all that a network was trained on, which it gets wrong. */

/** @typedef {import("../engine/network.js").Network} Network */
/** @typedef {import("../engine/tasks.js").MachineTask} MachineTask */

/** Digits of the longest sum that still fits the page. */
const LONGEST = 15;

/**
 * The shortest wrong one among words of `least` to `LONGEST` symbols that begin with two symbols at most, go round one
 * or two, and end with any.
 * @param {Network} network @param {MachineTask} task @param {number} least
 * @returns {number[] | null}
 */
export function wrongWord(network, task, least) {
  const { symbols } = task.machine;
  const one = symbols.map((_, a) => [a]);
  const two = one.flatMap(([a]) => one.map(([b]) => [a, b]));
  const rounds = [...one, ...two.filter(([a, b]) => a !== b)];
  for (let T = least; T <= LONGEST; T++) {
    const words = [[], ...one, ...two].flatMap((begin) =>
      rounds.flatMap((round) => {
        const until = [...begin];
        while (until.length < T - 1) until.push(round[(until.length - begin.length) % round.length]);
        return one.map(([last]) => [...until, last]);
      }),
    );
    const B = words.length;
    const x = new Float64Array(T * B * task.inputs);
    words.forEach((word, b) => word.forEach((a, t) => x.set(symbols[a], (t * B + b) * task.inputs)));
    const y = network.predict({ x, T, B });
    const found = words.find((word, b) => y[(T - 1) * B + b] > 0.5 !== task.run(word).y[T - 1][0] > 0.5);
    if (found) return found;
  }
  return null;
}
