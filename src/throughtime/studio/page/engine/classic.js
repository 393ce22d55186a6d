/**
 * The classic program of 2015, which learns to add from one pair after the other, with its public log to the last of
 * its 8 digits [docs/math.md#the-classic-recipe].
 */
import { RandomState } from "./legacy.js";
import { Network } from "./network.js";
import { addition } from "./tasks.js";
import { Trainer } from "./training.js";

const BITS = 8;
const EVERY = 1000;

/**
 * @typedef {{pair: number, error: number, a: number, b: number, predicted: number, true: number, y: number[]}} Logged
 */
/** @typedef {import("./types.d.ts").Settings["update"]} Update */
/** @typedef {{hidden?: number, seed?: number, pairs?: number, learning_rate?: number, update?: Update}} Options */

export class Classic {
  /** @param {import("./types.d.ts").Cell} cell of one state, with its sigmoid @param {Options} options */
  constructor(cell, { hidden = 16, seed = 0, pairs = 10000, learning_rate = 0.1, update = "per batch" } = {}) {
    /** @type {import("./types.d.ts").Specification} */
    const specification = {
      cell: cell.name,
      inputs: 2,
      hidden,
      outputs: 1,
      layers: 1,
      bidirectional: false,
      activation: "sigmoid",
      readout: "sigmoid",
      loss: "squared",
      bias: false,
      output: "every step",
      dtype: "float64",
    };
    this.network = new Network(cell, specification, seed, "classic");
    this.random = new RandomState(seed);
    for (let k = 0; k < this.network.parameters.length; k++) this.random.random();
    this.pairs = pairs;
    this.pair = 0;
    this.task = addition({ bits: BITS });
    this.trainer = new Trainer(this.network, this.task, {
      batch: 1,
      optimizer: { name: "gradient-descent", learning_rate },
      update,
    });
  }

  get done() {
    return this.pair >= this.pairs;
  }

  /** Learns from so many pairs: the lines of the log that come by. @param {number} count @returns {Logged[]} */
  next(count = 1) {
    /** @type {Logged[]} */
    const lines = [];
    for (let k = 0; k < count && !this.done; k++) {
      const a = this.random.randint(2 ** (BITS - 1));
      const b = this.random.randint(2 ** (BITS - 1));
      const { x, y } = this.task.encode(a, b);
      const batch = { x: Float64Array.from(x.flat()), y: Float64Array.from(y.flat()), T: BITS, B: 1 };
      if (this.pair % EVERY === 0) lines.push(this.line(a, b, batch));
      this.trainer.take(batch);
      this.pair++;
    }
    return lines;
  }

  /**
   * What the network says of a pair before it learns from it.
   * @param {number} a @param {number} b @param {import("./types.d.ts").Batch} batch
   */
  line(a, b, batch) {
    const y = Array.from(this.network.predict(batch));
    const error = y.reduce((sum, value, t) => sum + Math.abs(batch.y[t] - value), 0);
    const predicted = this.task.decode(y.map((value) => [value]));
    return { pair: this.pair, error, a, b, predicted, true: a + b, y };
  }
}
