/** A network and an example become a frame, all that the page draws at one moment: `throughtime/studio/frame.py`. */
import { principal } from "./axes.js";
import { checked } from "./differences.js";
import { keeperOf } from "./keeper.js";
import { PURPOSES, Random } from "./random.js";
import { isRight, rightSequences } from "./readout.js";
import { traceOf } from "./trace.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./tasks.js").MachineTask} MachineTask */
/** @typedef {import("../types.d.ts").Frame} Frame */
/** @typedef {{x: number[][], y: number[][]}} Example a sequence (T,I) and its targets (T,O) */

/** Numbers that the reach of errors may be computed from, while training runs and at rest, and its most steps. */
const REACH = 2 ** 17;
const REACH_AT_REST = 2 ** 22;
const REACH_STEPS = 256;
/** The most sequences of the state space and of `exact`, the most steps that they may have together, and points. */
const SEQUENCES = 128;
const STEPS = 4096;
const POINTS = 512;

export class Framer {
  /** @param {MachineTask} task */
  constructor(task) {
    const T = task.bits;
    const B = Math.max(8, Math.min(SEQUENCES, Math.floor(STEPS / T)));
    this.task = task;
    this.sequences = task.sample(new Random(0, PURPOSES.example), B);
    this.labels = labelsOf(task, this.sequences);
    const rows = T * B;
    const count = Math.min(POINTS, rows);
    /** The rows that become points, at even distances. */
    this.shown = Array.from({ length: count }, (_, k) => Math.floor((k * (rows - 1)) / Math.max(1, count - 1)));
    /** @type {number[][] | null} */
    this.axes = null;
  }

  /**
   * @param {Network} network @param {Example} example
   * @param {{step: number, running: boolean, change: Float64Array | null}} at
   * @returns {Frame}
   */
  frame(network, example, { step, running, change }) {
    const { hidden: H, outputs: O, readout } = network.specification;
    const { x, y: d } = example;
    const T = x.length;
    const reach = T <= REACH_STEPS && T * T * H * network.cell.slots <= (running ? REACH : REACH_AT_REST);
    const trace = traceOf(network, x, d, { reach });
    const batch = { x: Float64Array.from(x.flat()), y: Float64Array.from(d.flat()), T, B: 1 };
    const y = Float64Array.from(trace.y[0].flat());
    const predicted = this.predicted(network);
    return {
      type: "frame",
      step,
      running,
      trace,
      example: this.described(example, trace.y[0], (t) => isRight(readout, batch.y, y, t * O, O)),
      update: change && network.named(change),
      updates: 1,
      check: running ? null : checked(network, batch),
      ...predicted,
    };
  }

  /** The state space, and how many sequences are right. @param {Network} network */
  predicted(network) {
    const { sequences, task, shown, labels } = this;
    const { hidden: H, outputs: O, readout } = network.specification;
    const y = network.predict(sequences);
    const exact = { checked: sequences.B, right: rightSequences(readout, sequences, y, O) };
    if (H < 2) return { exact, space: null };
    const { layers } = /** @type {import("./passes.js").Tape} */ (network.tape);
    const states = layers[layers.length - 1].h;
    const h = new Float64Array(shown.length * H);
    shown.forEach((row, k) => h.set(states.subarray(row * H, (row + 1) * H), k * H));
    const { mean, axes, share } = principal(h, H, this.axes);
    this.axes = axes;
    const on = (/** @type {number[]} */ axis, /** @type {number} */ at) =>
      axis.reduce((sum, part, j) => sum + part * (h[at + j] - mean[j]), 0);
    const points = shown.map((_, k) => axes.map((axis) => Number(on(axis, k * H).toFixed(6))));
    const label = shown.map((row) => labels[row]);
    const names = task.machine.state_names;
    const both = names.length === 2 && label.includes(0) && label.includes(1);
    const keeper = both ? { keeper: keeperOf(h, H, label) } : {};
    return { exact, space: /** @type {any} */ ({ mean, axes, share, points, label, labels: names, ...keeper }) };
  }

  /** @param {Example} example @param {number[][]} y predicted @param {(t: number) => boolean} right */
  described({ x, y: d }, y, right) {
    const { task } = this;
    const word = x.map((bits) => task.symbol(bits));
    return {
      operands: task.numbers(x)?.map(String) ?? null,
      sign: task.sign,
      symbols: word.map((symbol) => task.machine.symbol_names[symbol]),
      states: task.states(x).slice(1),
      memory: task.memory,
      rendered: task.rendered(x, y, d),
      right: x.map((_, t) => right(t)),
      has_targets: true,
    };
  }
}

/**
 * The true state of the machine after each step, (T·B).
 * @param {MachineTask} task @param {import("./types.d.ts").Batch} batch
 */
function labelsOf(task, { x, T, B }) {
  const I = task.inputs;
  const labels = new Int32Array(T * B);
  for (let b = 0; b < B; b++) {
    const rows = Array.from({ length: T }, (_, t) => Array.from(x.subarray((t * B + b) * I, (t * B + b + 1) * I)));
    task
      .states(rows)
      .slice(1)
      .forEach((state, t) => (labels[t * B + b] = state));
  }
  return labels;
}
