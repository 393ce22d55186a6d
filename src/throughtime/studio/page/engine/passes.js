/** The two passes of a network over a batch, and the arrays that they fill; for every cell, whose steps are written. */
import { addGradient, addRows, multiply, multiplyTransposed } from "./product.js";
import { judge, readOut } from "./readout.js";

/** @typedef {import("./network.js").Network} Network */
/**
 * @typedef {object} LayerTape the arrays of one layer
 * @property {Float64Array} states (N,T+1,B,H), each before the first step and after each step
 * @property {Float64Array} fed what enters the recurrence: the states, or states with noise
 * @property {Float64Array} gates (T,B,S·H), what is kept of each step
 * @property {Float64Array} delta (T,B,D·H), the δ's
 * @property {Float64Array} errors (N,T,B,H), ∂E by the states
 * @property {Float64Array} above (T,B,H), ∂E by the first state from above
 * @property {Float64Array} h (T,B,H), the first state after each step, as a view
 */

export class Tape {
  /** @param {Network} network @param {number} T @param {number} B @param {boolean} noisy */
  constructor({ cell, specification: s }, T, B, noisy) {
    const { hidden: H, outputs: O } = s;
    this.T = T;
    this.B = B;
    this.H = H;
    this.noisy = noisy;
    this.stride = (T + 1) * B * H;
    /** How many rows of outputs there are, and which row of h is the first that is read. */
    this.rows = s.output === "last step" ? B : T * B;
    this.first = T * B - this.rows;
    const array = (/** @type {number} */ size) => new Float64Array(size);
    /** @type {LayerTape[]} */
    this.layers = Array.from({ length: s.layers }, () => {
      const states = array(cell.states * this.stride);
      return {
        states,
        fed: noisy ? array(states.length) : states,
        gates: array(T * B * cell.slots * H),
        delta: array(T * B * cell.deltas * H),
        errors: array(cell.states * T * B * H),
        above: array(T * B * H),
        h: states.subarray(B * H, this.stride),
      };
    });
    this.error = array(cell.states * B * H);
    this.net_y = array(this.rows * O);
    this.y = array(this.rows * O);
    this.delta_y = array(this.rows * O);
    this.losses = array(this.rows);
  }

  /** Sets the initial states to 0. */
  clear() {
    const size = this.B * this.H;
    for (const { states } of this.layers)
      for (let at = 0; at < states.length; at += this.stride) states.fill(0, at, at + size);
  }

  /** Makes the last states the first ones. */
  goOn() {
    const size = this.B * this.H;
    for (const { states } of this.layers)
      for (let at = 0; at < states.length; at += this.stride)
        states.copyWithin(at, at + this.stride - size, at + this.stride);
  }

  /**
   * The loss of the outputs that stand here, against targets: fills δ_y.
   * @param {Network} network @param {Float64Array} y @param {Float64Array | null} mask
   */
  judge({ specification }, y, mask) {
    return judge(specification, mask, y, this.net_y, this.y, this.delta_y, this.losses, this.rows);
  }
}

/**
 * x (T,B,I) → all states and outputs. The initial states stand on the tape, and the noise that is to be added in `fed`.
 * @param {Network} network @param {Tape} tape @param {Float64Array} x
 */
export function forward(network, tape, x) {
  const { cell, places, parameters, specification: s } = network;
  const { T, B, H, stride } = tape;
  const size = B * H;
  let below = x;
  for (let layer = 0; layer < s.layers; layer++) {
    const { K, at, weightsAt, biasesAt } = places.layers[layer];
    const { states, fed, gates, h } = tape.layers[layer];
    const biases = biasesAt < 0 ? network.noBiases : parameters;
    cell.read(T * B, K, H, below, parameters, at, gates);
    if (tape.noisy)
      for (let n = 0; n < cell.states; n++) fed.set(states.subarray(n * stride, n * stride + size), n * stride);
    for (let t = 0; t < T; t++) {
      const gatesAt = t * size * cell.slots;
      const after = (t + 1) * size;
      cell.step(
        B,
        H,
        parameters,
        at,
        weightsAt,
        biases,
        Math.max(biasesAt, 0),
        gates,
        gatesAt,
        fed,
        t * size,
        states,
        after,
        stride,
      );
      if (tape.noisy) for (let n = 0; n < cell.states; n++) add(states, fed, n * stride + after, size);
    }
    below = h;
  }
  const { net_y, y, rows, first } = tape;
  const O = s.outputs;
  multiply(below, first * H, H, parameters, places.W, O, net_y, 0, O, rows, H, O, false);
  if (places.b_y >= 0)
    for (let row = 0; row < rows; row++) for (let k = 0; k < O; k++) net_y[row * O + k] += parameters[places.b_y + k];
  readOut(s.readout, net_y, y, rows, O);
}

/** b += a, of some numbers. @param {Float64Array} a @param {Float64Array} b @param {number} at @param {number} count */
function add(a, b, at, count) {
  for (let i = at; i < at + count; i++) b[i] += a[i];
}

/**
 * δ_y → all δ's; the gradient is added to.
 * @param {Network} network @param {Tape} tape as `forward` and `judge` left it
 * @param {Float64Array} x @param {Float64Array} gradient
 * @param {number} penalty λ of the loss ½ λ Σ C² of the states behind the first
 */
export function backward(network, tape, x, gradient, penalty) {
  const { cell, places, parameters, specification: s } = network;
  const { T, B, H, stride, error, delta_y, rows, first } = tape;
  const size = B * H;
  const O = s.outputs;
  const top = tape.layers[s.layers - 1];
  addGradient(top.h, first * H, H, delta_y, 0, O, gradient, places.W, O, rows, H, O);
  if (places.b_y >= 0) addRows(delta_y, 0, O, gradient, places.b_y, rows, O);
  if (first > 0) top.above.fill(0, 0, first * H);
  multiplyTransposed(delta_y, 0, O, parameters, places.W, O, top.above, first * H, H, rows, O, H, false);
  for (let layer = s.layers - 1; layer >= 0; layer--) {
    const { K, at } = places.layers[layer];
    const { states, fed, gates, delta } = tape.layers[layer];
    const below = layer === 0 ? x : tape.layers[layer - 1].h;
    error.fill(0);
    for (let t = T - 1; t >= 0; t--) {
      stepBack(network, tape, layer, t, penalty);
      cell.recur(B, H, parameters, at, delta, t * size * cell.deltas, error);
    }
    cell.gradient(T * B, B, K, H, s.bias, below, fed, states, stride, gates, delta, gradient, at);
    if (layer > 0) cell.inputs(T * B, K, H, parameters, at, delta, tape.layers[layer - 1].above);
  }
}

/**
 * The δ's of one step of a layer, of `above` and of what `recur` left in `error`.
 * @param {Network} network @param {Tape} tape @param {number} layer @param {number} t @param {number} penalty
 */
export function stepBack({ cell, places, parameters }, tape, layer, t, penalty) {
  const { T, B, H, stride, error } = tape;
  const { at, weightsAt } = places.layers[layer];
  const { states, fed, gates, delta, errors, above } = tape.layers[layer];
  const size = B * H;
  cell.back(
    B,
    H,
    parameters,
    at,
    weightsAt,
    gates,
    t * size * cell.slots,
    delta,
    t * size * cell.deltas,
    fed,
    t * size,
    states,
    (t + 1) * size,
    stride,
    above,
    t * size,
    error,
    errors,
    t * size,
    T * size,
    penalty,
  );
}
