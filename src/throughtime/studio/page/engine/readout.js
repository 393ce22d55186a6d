/** The readout y = g(h W + b_y) and the losses, each beside its derivative by net_y [docs/math.md#readout-and-loss]. */
import { sigmoid } from "./functions.js";

/** @typedef {import("./types.d.ts").Specification} Specification */

/**
 * net_y → y, row by row.
 * @param {Specification["readout"]} readout
 * @param {Float64Array} net_y @param {Float64Array} y @param {number} rows @param {number} O
 */
export function readOut(readout, net_y, y, rows, O) {
  const size = rows * O;
  if (readout === "sigmoid") for (let k = 0; k < size; k++) y[k] = sigmoid(net_y[k]);
  else if (readout === "identity") for (let k = 0; k < size; k++) y[k] = net_y[k];
  else {
    for (let at = 0; at < size; at += O) {
      const highest = greatest(net_y, at, O);
      let total = 0;
      for (let k = at; k < at + O; k++) total += y[k] = Math.exp(net_y[k] - highest);
      for (let k = at; k < at + O; k++) y[k] /= total;
    }
  }
}

/** @param {Float64Array} a @param {number} at @param {number} count */
function greatest(a, at, count) {
  let highest = a[at];
  for (let k = at + 1; k < at + count; k++) highest = Math.max(highest, a[k]);
  return highest;
}

/**
 * The loss against targets d: fills error (rows) and delta_y (rows·O), and returns its sum. Without weights, all count.
 * @param {Specification} s
 * @param {Float64Array | null} weights of each row
 * @param {Float64Array} d @param {Float64Array} net_y @param {Float64Array} y
 * @param {Float64Array} delta_y @param {Float64Array} error @param {number} rows
 */
export function judge(s, weights, d, net_y, y, delta_y, error, rows) {
  const O = s.outputs;
  const of = { squared, binary_cross_entropy: binaryCrossEntropy, cross_entropy: crossEntropy }[s.loss];
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const weight = weights ? weights[row] : 1;
    if (weight === 0) {
      delta_y.fill(0, row * O, (row + 1) * O);
      error[row] = 0;
    } else {
      error[row] = weight * of(s.readout, weight, d, net_y, y, delta_y, row * O, O);
    }
    sum += error[row];
  }
  return sum;
}

/**
 * @param {Specification["readout"]} readout @param {number} weight
 * @param {Float64Array} d @param {Float64Array} net_y @param {Float64Array} y @param {Float64Array} delta_y
 * @param {number} at @param {number} O
 */
function squared(readout, weight, d, net_y, y, delta_y, at, O) {
  let error = 0;
  let along = 0;
  for (let k = at; k < at + O; k++) {
    const e = y[k] - d[k];
    error += (e * e) / 2;
    delta_y[k] = weight * e;
    along += weight * e * y[k];
  }
  if (readout === "sigmoid") for (let k = at; k < at + O; k++) delta_y[k] *= y[k] * (1 - y[k]);
  else if (readout === "softmax") for (let k = at; k < at + O; k++) delta_y[k] = y[k] * (delta_y[k] - along);
  return error;
}

/**
 * @param {Specification["readout"]} _ @param {number} weight
 * @param {Float64Array} d @param {Float64Array} net_y @param {Float64Array} y @param {Float64Array} delta_y
 * @param {number} at @param {number} O
 */
function binaryCrossEntropy(_, weight, d, net_y, y, delta_y, at, O) {
  let error = 0;
  for (let k = at; k < at + O; k++) {
    error += Math.max(net_y[k], 0) - net_y[k] * d[k] + Math.log1p(Math.exp(-Math.abs(net_y[k])));
    delta_y[k] = weight * (y[k] - d[k]);
  }
  return error;
}

/**
 * @param {Specification["readout"]} _ @param {number} weight
 * @param {Float64Array} d @param {Float64Array} net_y @param {Float64Array} y @param {Float64Array} delta_y
 * @param {number} at @param {number} O
 */
function crossEntropy(_, weight, d, net_y, y, delta_y, at, O) {
  const highest = greatest(net_y, at, O);
  let total = 0;
  let wanted = 0;
  for (let k = at; k < at + O; k++) {
    total += Math.exp(net_y[k] - highest);
    wanted += d[k];
  }
  let error = 0;
  for (let k = at; k < at + O; k++) {
    error += d[k] * (highest + Math.log(total) - net_y[k]);
    delta_y[k] = weight * (y[k] * wanted - d[k]);
  }
  return error;
}

/**
 * Whether an output of O numbers is right: each nearer to the target than one half, or of a softmax the likeliest.
 * @param {Specification["readout"]} readout
 * @param {Float64Array} d @param {Float64Array} y @param {number} at @param {number} O
 */
export function isRight(readout, d, y, at, O) {
  if (readout !== "softmax") {
    for (let k = at; k < at + O; k++) if (y[k] > 0.5 !== d[k] > 0.5) return false;
    return true;
  }
  let predicted = at;
  let wanted = at;
  for (let k = at; k < at + O; k++) {
    if (y[k] > y[predicted]) predicted = k;
    if (d[k] > d[wanted]) wanted = k;
  }
  return predicted === wanted;
}

/**
 * In how many sequences all outputs y are right: those of each step, or the only ones of a sequence.
 * @param {Specification["readout"]} readout @param {import("./types.d.ts").Batch} batch
 * @param {Float64Array} y @param {number} O
 */
export function rightSequences(readout, { y: d, B }, y, O) {
  let exact = 0;
  for (let b = 0; b < B; b++) {
    let right = true;
    for (let at = b * O; at < y.length && right; at += B * O) right = isRight(readout, d, y, at, O);
    if (right) exact++;
  }
  return exact;
}
