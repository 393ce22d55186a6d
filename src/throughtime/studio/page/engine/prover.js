/**
 * Looks for a proof that a network does what a machine does, for sequences of every length: sets of states around those
 * that come of one another, which are widened until each symbol carries set into set. What it finds is a certificate,
 * which the checker has yet to accept. A simpler search than `throughtime/proof/search.py`, which finds more.
 */
import { between, ends } from "./checker/forms.js";
import { Arithmetic, Network as Bounded } from "./checker/network.js";
import { FILE, read, sha256 } from "./checker/reading.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./types.d.ts").Machine} Machine */
/** @typedef {{label: number, succ: number[], lo: Float64Array, hi: Float64Array}} Box */

/** How far apart states of one set are at first, at most: less and less, until a proof is found. */
const APART = [0.4, 0.25, 0.15, 0.08];
const SETS = 300;
/** Symbols after which a state is in a set again, at most. */
const AGAIN = [2, 4];
/** By how much a set is wider than what it must hold: a part of its width, and a little. */
const WIDER = 0.1;
const WIDER_BY = 3e-3;
const ROUNDS = 40;
const EPSILON = 2 ** -40;

/**
 * The text of a certificate; null where none is found.
 * @param {Network} network @param {Machine} machine @param {any} described the network as certificates have it
 */
export function* proofOf(network, machine, described) {
  const bounded = new Bounded(read(described, FILE.network, "network"), Array.from(network.parameters));
  for (const apart of APART)
    for (const again of AGAIN) {
      const boxes = followed(network, machine, apart);
      if (boxes === null) break;
      const search = new Search(bounded, machine, boxes, again);
      if (yield* search.closed()) return written(network, machine, described, boxes, again);
    }
  return null;
}

/**
 * Sets around states that come of one another: a state that is near to one with the same label is in its set.
 * @param {Network} network @param {Machine} machine @param {number} apart
 * @returns {Box[] | null}
 */
function followed(network, { next, symbols }, apart) {
  const H = network.specification.hidden;
  const N = network.cell.states;
  const tape = network.begin(1);
  const n = tape.layers.length * N * H;
  /** @type {Box[]} */
  const boxes = [];
  const place = (/** @type {number} */ label, /** @type {Float64Array} */ state) => {
    const found = boxes.findIndex(
      (box) => box.label === label && state.every((value, k) => Math.abs(value - (box.lo[k] + box.hi[k]) / 2) < apart),
    );
    if (found >= 0) return found;
    boxes.push({ label, succ: [], lo: state.map((v) => v - WIDER_BY), hi: state.map((v) => v + WIDER_BY) });
    return boxes.length - 1;
  };
  /** Where the tape has a number of the state. @param {number} k @returns {[layer: number, row: number]} */
  const at = (k) => [Math.floor(k / (N * H)), (Math.floor(k / H) % N) * tape.stride + (k % H)];
  place(0, new Float64Array(n));
  for (let q = 0; q < boxes.length; q++) {
    if (boxes.length > SETS) return null;
    const { lo, hi, label } = boxes[q];
    boxes[q].succ = symbols.map((symbol, a) => {
      const after = new Float64Array(n);
      for (let k = 0; k < n; k++) {
        const [layer, row] = at(k);
        tape.layers[layer].states[row] = (lo[k] + hi[k]) / 2;
      }
      network.step(tape, Float64Array.from(symbol));
      for (let k = 0; k < n; k++) {
        const [layer, row] = at(k);
        after[k] = tape.layers[layer].states[row];
      }
      return place(next[label][a], after);
    });
  }
  return boxes;
}

/** Widens sets until each symbol, or at most so many, carries each into those that follow. */
class Search {
  /** @param {Bounded} bounded @param {Machine} machine @param {Box[]} boxes @param {number} again */
  constructor(bounded, machine, boxes, again) {
    this.bounded = bounded;
    this.machine = machine;
    this.boxes = boxes;
    this.again = again;
    /** The sets that have yet to be looked at: those that were widened. */
    this.todo = new Set(boxes.keys());
  }

  /** Whether they close. */
  *closed() {
    for (let round = 0; round < ROUNDS && this.todo.size > 0; round++) {
      const { todo } = this;
      this.todo = new Set();
      for (const q of todo) {
        const { lo, hi } = this.boxes[q];
        const states = Array.from(lo, (low, j) => between(low, hi[j], 1 + j));
        if (!this.branch(q, states, this.again)) return false;
        yield;
      }
    }
    return this.todo.size === 0;
  }

  /**
   * As the checker does; false where an output may be wrong.
   * @param {number} q @param {import("./checker/forms.js").Form[]} states @param {number} m @returns {boolean}
   */
  branch(q, states, m) {
    const { bounded, machine, boxes } = this;
    const { label, succ } = boxes[q];
    const most = Math.max(...states.map(({ x }) => x.length));
    const how = new Arithmetic("float64", EPSILON, most);
    /** @type {any[]} */
    const known = [];
    for (const [a, symbol] of machine.symbols.entries()) {
      const x = symbol.map((value, i) => between(value, value, most + i));
      const [after, net_y] = bounded.step(how, states, x, known);
      const right = machine.outputs[label][a].every((bit, k) => {
        const [low, high] = ends(net_y[k]);
        return (bit ? low : -high) > EPSILON;
      });
      if (!right) return false;
      const image = after.map(ends);
      const { lo, hi } = boxes[succ[a]];
      if (image.every(([low, high], j) => lo[j] <= low && high <= hi[j])) continue;
      if (m === 1) {
        widen(boxes[succ[a]], image);
        this.todo.add(succ[a]);
      } else if (!this.branch(succ[a], how.shared(after, bounded.share.size * bounded.H), m - 1)) return false;
    }
    return true;
  }
}

/** Makes a box hold an image. @param {Box} box @param {[number, number][]} image */
function widen({ lo, hi }, image) {
  image.forEach(([low, high], k) => {
    const more = WIDER * (high - low) + EPSILON;
    if (low < lo[k]) lo[k] = low - more;
    if (high > hi[k]) hi[k] = high + more;
  });
}

/**
 * @param {Network} network @param {Machine} machine @param {any} described @param {Box[]} boxes @param {number} again
 */
function written(network, machine, described, boxes, again) {
  const text = (/** @type {ArrayLike<number>} */ values) => Array.from(values, (value) => value.toString(16));
  const bytes = new Uint8Array(Float64Array.from(network.parameters).buffer);
  return JSON.stringify({
    format: "throughtime proof",
    version: 2,
    network: described,
    weights: text(network.parameters),
    sha256: sha256(bytes),
    specification: { ...machine, symbols: machine.symbols.map(text) },
    m: again,
    epsilon: text([EPSILON])[0],
    sets: boxes.map(({ label, succ, lo, hi }) => ({ label, succ, lo: text(lo), hi: text(hi) })),
  });
}
