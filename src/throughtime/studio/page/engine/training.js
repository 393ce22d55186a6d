/** Trains a network in place: draws sequences, goes forward and backward, and takes a step along the gradient. */
import { factor, update } from "./optimisers.js";
import { backward, forward, Tape } from "./passes.js";
import { backwardPerStep } from "./per_step.js";
import { PURPOSES, Random } from "./random.js";
import { rightSequences } from "./readout.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./types.d.ts").Batch} Batch */
/** @typedef {import("./types.d.ts").Settings} Settings */
/** @typedef {import("./types.d.ts").Snapshot} Snapshot */

const REFUSED = ["window", "dropout", "recurrent_dropout", "patience", "input_noise"];

export class Trainer {
  /** @param {Network} network @param {import("./types.d.ts").Source} source @param {Settings} settings */
  constructor(network, source, settings) {
    for (const name of REFUSED) if (settings[name]) throw new Error(`training in the browser has no ${name}`);
    this.network = network;
    this.source = source;
    this.settings = {
      steps: settings.steps ?? 1000,
      batch: settings.batch ?? 64,
      optimizer: settings.optimizer ?? { name: /** @type {const} */ ("adam"), learning_rate: 0.01 },
      schedule: settings.schedule ?? { name: /** @type {const} */ ("constant") },
      clip: settings.clip ?? 0,
      noise: settings.noise ?? 0,
      decay: settings.weight_decay ?? 0,
      penalty: settings.cell_penalty ?? 0,
      perStep: settings.update === "per step",
      seed: settings.seed ?? 0,
    };
    if (this.settings.perStep) refusePerStep(network.specification, this.settings);
    const P = network.parameters.length;
    this.step = 0;
    this.moments = new Float64Array(2 * P);
    this.gradient = new Float64Array(P);
    this.before = network.parameters.slice();
    /** @type {Tape | null} */
    this.tape = null;
  }

  /** Takes so many updates. @param {number} updates @returns {import("./types.d.ts").Measured} */
  run(updates = 1) {
    let [loss, norm, exact, sequences] = [NaN, NaN, 0, 0];
    for (let k = 0; k < updates; k++) {
      const batch = this.source.sample(
        new Random(this.settings.seed, PURPOSES.sequences, this.step),
        this.settings.batch,
      );
      ({ loss, norm } = this.take(batch));
      exact += this.exact(batch);
      sequences += batch.B;
    }
    return { step: this.step, loss, norm, exact, sequences };
  }

  /** One update on these sequences: their mean loss before it, and the gradient's norm. @param {Batch} batch */
  take(batch) {
    const { network, settings, gradient } = this;
    const { parameters } = network;
    if (this.tape === null || this.tape.T !== batch.T || this.tape.B !== batch.B)
      this.tape = new Tape(network, batch.T, batch.B, settings.noise > 0);
    const { tape } = this;
    this.before.set(parameters);
    tape.clear();
    if (tape.noisy) this.makeNoise(tape);
    forward(network, tape, batch.x);
    const loss = tape.judge(network, batch.y, null) / batch.B;
    const rate = settings.optimizer.learning_rate * factor(settings.schedule, this.step, settings.steps);
    if (settings.perStep) {
      if (!Number.isFinite(loss)) throw notFinite(this.step, loss);
      backwardPerStep(network, tape, batch.x, rate);
      this.step++;
      return { loss, norm: NaN };
    }
    gradient.fill(0);
    backward(network, tape, batch.x, gradient, settings.penalty);
    const norm = scaled(gradient, 1 / batch.B);
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) throw notFinite(this.step, loss);
    if (settings.clip && settings.clip < norm) scaled(gradient, settings.clip / norm);
    update(settings.optimizer, this.step + 1, rate, settings.decay, gradient, this.moments, parameters);
    this.step++;
    return { loss, norm };
  }

  /** What is to be added to the states that are fed back, of this update. @param {Tape} tape */
  makeNoise(tape) {
    const random = new Random(this.settings.seed, PURPOSES.noise, this.step);
    const size = tape.B * tape.H;
    for (const { fed } of tape.layers)
      for (let at = 0; at < fed.length; at += tape.stride)
        random.fillNormal(fed.subarray(at + size, at + tape.stride), 0, this.settings.noise);
  }

  /** In how many sequences of the last update all outputs are right. @param {Batch} batch */
  exact(batch) {
    const { readout, outputs } = this.network.specification;
    return rightSequences(readout, batch, /** @type {Tape} */ (this.tape).y, outputs);
  }

  /** The last change of the parameters. */
  change() {
    return this.network.parameters.map((value, k) => value - this.before[k]);
  }

  /** @returns {Snapshot} */
  snapshot() {
    return { step: this.step, parameters: this.network.parameters.slice(), moments: this.moments.slice() };
  }

  /** Goes on from there, to the same bits. @param {Snapshot} snapshot */
  restore({ step, parameters, moments }) {
    this.step = step;
    this.network.parameters.set(parameters);
    this.before.set(parameters);
    this.moments.set(moments);
  }
}

/** Multiplies a gradient by a factor, and measures it. @param {Float64Array} gradient @param {number} by */
function scaled(gradient, by) {
  let total = 0;
  for (let k = 0; k < gradient.length; k++) {
    gradient[k] *= by;
    total += gradient[k] * gradient[k];
  }
  return Math.sqrt(total);
}

/** @param {number} step @param {number} loss */
function notFinite(step, loss) {
  return new Error(`the loss at update ${step + 1} is ${loss}, or its gradient is not finite: lower the learning rate`);
}

/** @param {import("./types.d.ts").Specification} s @param {Trainer["settings"]} settings */
function refusePerStep(s, { optimizer, batch, clip, noise, decay, penalty }) {
  const plain = optimizer.name === "gradient-descent" && batch === 1 && !clip && !noise && !decay && !penalty;
  if (!plain || s.layers > 1 || s.output === "last step")
    throw new Error(
      'update "per step" is plain gradient descent, one sequence at a time, for one layer and an output at every step',
    );
}
