/** The states and outputs of some sequences over a training, for pictures that move: as many moments as may be kept. */

/** @typedef {import("./types.d.ts").Batch} Batch */

export class Recording {
  /**
   * @param {Batch} batch whose sequences are watched
   * @param {{most?: number}} options how many moments are kept at most
   */
  constructor(batch, { most = 400 } = {}) {
    this.batch = batch;
    this.most = Math.max(2, most);
    /** Every how many updates a moment is kept. */
    this.every = 1;
    /** @type {number[]} */
    this.steps = [];
    /** The states of the last layer, (T,B,H) each. @type {Float32Array[]} */
    this.states = [];
    /** The outputs, (T,B,O) each. @type {Float32Array[]} */
    this.outputs = [];
  }

  /** Keeps this moment, if it is one to keep. @param {import("./network.js").Network} network @param {number} step */
  add(network, step) {
    const before = this.steps[this.steps.length - 1];
    if (before !== undefined && step < before + this.every) return;
    if (this.steps.length >= this.most) this.thinOut();
    const y = network.predict(this.batch);
    const { layers } = /** @type {import("./passes.js").Tape} */ (network.tape);
    this.steps.push(step);
    this.states.push(Float32Array.from(layers[layers.length - 1].h));
    this.outputs.push(Float32Array.from(y));
  }

  /** Keeps every other moment, and from now on half as many. */
  thinOut() {
    const other = (/** @type {unknown} */ _, /** @type {number} */ k) => k % 2 === 0;
    this.every *= 2;
    this.steps = this.steps.filter(other);
    this.states = this.states.filter(other);
    this.outputs = this.outputs.filter(other);
  }
}
