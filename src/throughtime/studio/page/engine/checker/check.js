/**
 * Checks a proof that a recurrent network computes what a finite machine does, on input sequences of every length: a
 * second program beside `throughtime/proof/checker`, whose text is the argument. That one bounds the errors of whole
 * rows and matrices, this one those of each operation; both believe of a certificate only which network and machine it
 * speaks of, and say which.
 */
import { down } from "./bounds.js";
import { between, ends } from "./forms.js";
import { Arithmetic, Network } from "./network.js";
import { claimOf, short } from "./claim.js";
import { FILE, interval, list, MOST, need, parsed, read, Rejected, sha256, whole, WIDEST } from "./reading.js";

/** Numbers in sets; numbers for an image, and multiplications. */
const ROOM = 3e7;
const LARGEST = 1e9;

/** @typedef {import("./forms.js").Form} Form */
/**
 * @typedef {object} Accepted
 * @property {true} accepted
 * @property {number} sets
 * @property {number} images sets of states that were looked at
 * @property {number} margin by how much each net_y is right
 * @property {number} reach the largest |state|
 * @property {number} rounding what a step in the network's dtype is off by, at most
 * @property {Record<string, string[]>} claim what has been proved, in lines
 */
/** @typedef {Accepted | {accepted: false, reason: string}} Verdict */
/**
 * @typedef {object} Image where states of a set may be after one symbol or more
 * @property {number[]} path the set that they come from, and the symbols
 * @property {number} to the set that follows
 * @property {Form[]} states
 * @property {boolean} inside whether they are all in that set
 */

/**
 * Checks the text of a certificate.
 * @param {string} certificate
 * @param {{budget?: number, tick?: (done: number, of: number) => void, seen?: (image: Image) => void}} options how many
 *   multiplications it may take at most, counted before they are done; what is called before each image, and with each
 * @returns {Verdict}
 */
export function check(certificate, { budget = Infinity, tick = () => {}, seen = () => {} } = {}) {
  try {
    return new Proof(certificate, budget, tick, seen).check();
  } catch (error) {
    if (error instanceof Rejected) return { accepted: false, reason: error.message };
    if (error instanceof SyntaxError || error instanceof RangeError)
      return { accepted: false, reason: `not a valid certificate: ${error.message}` };
    throw error;
  }
}

class Proof {
  /**
   * @param {string} certificate @param {number} budget @param {(done: number, of: number) => void} tick
   * @param {(image: Image) => void} seen
   */
  constructor(certificate, budget, tick, seen) {
    this.budget = budget;
    this.tick = tick;
    this.seen = seen;
    const file = read(parsed(certificate), FILE, "file");
    this.file = file;
    const bytes = new DataView(new ArrayBuffer(8 * file.weights.length));
    file.weights.forEach((/** @type {number} */ weight, /** @type {number} */ k) =>
      bytes.setFloat64(8 * k, weight, true),
    );
    need(sha256(new Uint8Array(bytes.buffer)) === file.sha256, "sha256 is not the hash of the weights");
    this.network = new Network(file.network, file.weights);
    this.machine = file.specification;
    const { state_names, symbol_names } = this.machine;
    const [S, A, sets] = [state_names.length, symbol_names.length, file.sets.length];
    const { inputs: I, outputs: O, layers: L, hidden: H, dtype } = file.network;
    const n = L * this.network.after.length * H;
    need(S > 0 && A > 0, "names: expected some");
    need(sets * n > 0 && sets * n <= MOST, "sets: expected a list, not empty, not too long");
    need(n * this.network.values <= ROOM, "the network is too large");
    this.machine.symbols = read(this.machine.symbols, list(list(interval, I), A), "symbols");
    /** @type {[number, number][]} */
    const inputs = this.machine.symbols.flat();
    /** Inputs that may be anywhere in an interval: each has a number of its own at every step. */
    this.loose = inputs.some(([low, high]) => low < high) ? I : 0;
    read(this.machine.next, list(list(whole(0, S - 1), A), S), "next");
    read(this.machine.outputs, list(list(list(whole(0, 1), O), A), S), "outputs");
    const held = (/** @type {number} */ v) => dtype === "float64" || Math.fround(v) === v;
    need([...file.weights, ...inputs.flat()].every(held), `a weight or symbol is none of ${dtype}`);
    const box = { lo: list("number", n), hi: list("number", n) };
    const set = { label: whole(0, S - 1), succ: list(whole(0, sets - 1), A), ...box };
    file.sets = read(file.sets, list(set), "sets");
    for (const { lo, hi } of file.sets)
      need(
        lo.every((/** @type {number} */ low, /** @type {number} */ j) => low <= hi[j]),
        "set: lo is above hi",
      );
    need(file.epsilon >= 0, "epsilon is negative");
    this.images = 0;
    this.margin = Infinity;
    this.reach = 0;
    this.rounding = 0;
  }

  /** The four checks. @returns {Accepted} */
  check() {
    const { file, machine } = this;
    const { sets, epsilon } = file;
    need(sets[0].label === 0, "label_0 is not the machine's first state");
    need(
      sets[0].lo.every((/** @type {number} */ low, /** @type {number} */ j) => low <= 0 && 0 <= sets[0].hi[j]),
      "h_0 is not in S_0",
    );
    for (const [q, { label, succ }] of sets.entries())
      for (const [a, to] of succ.entries())
        need(
          sets[to].label === machine.next[label][a],
          `set ${q}, symbol ${a}: the label of the set that follows is wrong`,
        );
    for (const [q, { lo, hi }] of sets.entries()) {
      this.done = q;
      const box = lo.map((/** @type {number} */ low, /** @type {number} */ j) => between(low, hi[j], 1 + j));
      this.branch(q, box, file.m, [q]);
    }
    const { rounding } = this;
    const off = `a step in ${file.network.dtype} may be off by ${short(rounding)}`;
    need(epsilon >= rounding, `epsilon is ${short(epsilon)}, but ${off}`);
    const { images, margin, reach } = this;
    const claim = claimOf(file, this.network, this.loose > 0, rounding);
    return { accepted: true, sets: sets.length, images, margin, reach, rounding, claim };
  }

  /**
   * From these states and set q: right until in a set that follows, after at most m more symbols.
   * @param {number} q @param {Form[]} states @param {number} m @param {number[]} path the first set, and the symbols
   */
  branch(q, states, m, path) {
    const { file, network, machine } = this;
    const { epsilon } = file;
    /** @type {import("./network.js").Known} */
    const known = [];
    const most = Math.max(...states.map(({ x }) => x.length));
    const how = new Arithmetic(file.network.dtype, epsilon, most + this.loose);
    const K = how.K + network.share.size * network.H;
    const sigmoid = file.network.readout === "sigmoid";
    const fits = K <= WIDEST && K * network.work <= LARGEST && K * Math.max(network.values, this.loose) <= ROOM;
    need(fits, "the network is too large");
    for (const [a, symbol] of machine.symbols.entries()) {
      this.tick(/** @type {number} */ (this.done), file.sets.length);
      this.budget -= K * network.work;
      need(this.budget >= 0, "checking it takes more work than its budget");
      this.images++;
      need(this.images <= MOST, "too many images");
      const [here, to] = [[...path, a], file.sets[q].succ[a]];
      const where = `set ${here.join(", symbol ")}`;
      const x = symbol.map((/** @type {[number, number]} */ [low, high], /** @type {number} */ i) =>
        between(low, high, most + i),
      );
      const [after, net_y] = network.step(how, states, x, known);
      how.off(net_y, 8 * 16 * how.u * Number(sigmoid)); // S is off by 16 u, and its slope is near ¼
      machine.outputs[file.sets[q].label][a].forEach((/** @type {number} */ bit, /** @type {number} */ k) => {
        const [low, high] = ends(net_y[k]);
        const [below, above] = [down(down(low - bit) + 0.5), down(down(bit - high) + 0.5)];
        const margin = sigmoid ? (bit ? low : -high) : Math.min(below, above);
        need(margin > epsilon, `${where}: the output may be wrong`);
        this.margin = Math.min(this.margin, down(margin - epsilon));
      });
      const found = after.map(ends);
      need(found.flat().every(Number.isFinite), `${where}: states without bounds`);
      for (const end of found.flat()) this.reach = Math.max(this.reach, Math.abs(end));
      const { lo, hi } = file.sets[to];
      const inside = found.every(([low, high], j) => lo[j] <= low && high <= hi[j]);
      this.seen({ path: here, to, states: after, inside });
      if (!inside) {
        need(m > 1, `${where}: the states are not inside set ${to}`);
        this.branch(to, how.shared(after, K - how.K), m - 1, here);
      }
    }
    this.rounding = Math.max(this.rounding, how.worst);
  }
}
