/** Checks a network on every word of a length, through a prefix tree: what words share is computed once. */

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./passes.js").Tape} Tape */
/** @typedef {import("./types.d.ts").Machine} Machine */
/** @typedef {{checked: number, wrong: number, word: number[] | null}} Checked the word is the first wrong one */
/**
 * @typedef {{states: Float64Array[][], q: Int32Array, bad: Uint8Array}} Level states (layer, state) of rows, machine's,
 *   wrong
 */

/** How many rows of the tree are computed at once. */
const WIDTH = 4096;

/**
 * All words of `steps` free symbols, and `closing` times the first symbol after them.
 * @param {Network} network @param {Machine} machine @param {number} steps @param {number} closing
 */
export function checkAll(network, machine, steps, closing = 0) {
  const slices = checkInSlices(network, machine, steps, closing);
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
  }
}

/**
 * The same, some thousand words at a time; yields what has been checked so far.
 * @param {Network} network @param {Machine} machine @param {number} steps @param {number} closing
 * @returns {Generator<Checked, Checked, void>}
 */
export function* checkInSlices(network, machine, steps, closing = 0) {
  const A = machine.symbols.length;
  /** @type {Checked} */
  const result = { checked: 0, wrong: 0, word: null };
  /** @type {[number, Level][]} */
  const stack = [[0, root(network)]];
  while (stack.length > 0) {
    const [depth, begun] = /** @type {[number, Level]} */ (stack.pop());
    let level = begun;
    const rows = level.q.length;
    if (depth < steps && rows * A > WIDTH && rows > 1) {
      const half = rows >> 1;
      stack.push([depth, part(level, half, rows)], [depth, part(level, 0, half)]);
      continue;
    }
    if (depth < steps) {
      stack.push([depth + 1, read(network, machine, level, A)]);
      continue;
    }
    for (let k = 0; k < closing; k++) level = read(network, machine, level, 1);
    const first = level.bad.indexOf(1);
    if (result.word === null && first >= 0) {
      const place = result.checked + first;
      const word = Array.from({ length: steps }, (_, t) => Math.floor(place / A ** (steps - 1 - t)) % A);
      result.word = [...word, ...Array(closing).fill(0)];
    }
    result.checked += rows;
    for (const bad of level.bad) result.wrong += bad;
    yield { ...result };
  }
  return result;
}

/** @param {Network} network @returns {Level} */
function root({ cell, specification: { layers, hidden } }) {
  const none = () => Array.from({ length: cell.states }, () => new Float64Array(hidden));
  return { states: Array.from({ length: layers }, none), q: new Int32Array(1), bad: new Uint8Array(1) };
}

/** @param {Level} level @param {number} from @param {number} to @returns {Level} */
function part({ states, q, bad }, from, to) {
  const of = (/** @type {Float64Array} */ a) => a.slice((from * a.length) / q.length, (to * a.length) / q.length);
  return { states: states.map((layer) => layer.map(of)), q: q.slice(from, to), bad: bad.slice(from, to) };
}

/**
 * Each row reads the first `letters` symbols, one for each row that comes of it.
 * @param {Network} network @param {Machine} machine @param {Level} level @param {number} letters
 */
function read(network, machine, level, letters) {
  const { hidden: H, inputs: I, outputs: O } = network.specification;
  const rows = level.q.length * letters;
  const tape = network.begin(rows);
  const x = new Float64Array(rows * I);
  const size = rows * H;
  for (let row = 0; row < rows; row++) {
    const from = Math.floor(row / letters);
    x.set(machine.symbols[row % letters], row * I);
    level.states.forEach((layer, l) =>
      layer.forEach((states, n) =>
        tape.layers[l].states.set(states.subarray(from * H, from * H + H), n * tape.stride + row * H),
      ),
    );
  }
  const y = network.step(tape, x);
  /** @type {Level} */
  const after = {
    states: tape.layers.map(({ states }, l) =>
      level.states[l].map((_, n) => states.slice(n * tape.stride, n * tape.stride + size)),
    ),
    q: new Int32Array(rows),
    bad: new Uint8Array(rows),
  };
  for (let row = 0; row < rows; row++) {
    const from = Math.floor(row / letters);
    const [q, symbol] = [level.q[from], row % letters];
    const right = machine.outputs[q][symbol].every((d, k) => Math.abs(y[row * O + k] - d) < 0.5);
    after.bad[row] = level.bad[from] | Number(!right);
    after.q[row] = machine.next[q][symbol];
  }
  return after;
}
