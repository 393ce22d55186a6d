/** Gradient descent that updates the weights at every step of the backward pass [docs/math.md#update-per-step]. */
import { stepBack } from "./passes.js";
import { addGradient, addRows, multiplyTransposed } from "./product.js";

/**
 * For t = T down to 1: what step t+1 hands back, with the weights as it left them; the δ's of step t; and −α times its
 * gradient is added to the parameters.
 * @param {import("./network.js").Network} network of one layer @param {import("./passes.js").Tape} tape of one sequence
 * @param {Float64Array} x @param {number} rate α
 */
export function backwardPerStep(network, tape, x, rate) {
  const { cell, places, parameters, specification: s } = network;
  const { T, H, stride, error, delta_y } = tape;
  const { K, at } = places.layers[0];
  const { states, fed, gates, delta, above, h } = tape.layers[0];
  const O = s.outputs;
  const [S, D] = [cell.slots * H, cell.deltas * H];
  error.fill(0);
  for (let t = T - 1; t >= 0; t--) {
    if (t + 1 < T) cell.recur(1, H, parameters, at, delta, (t + 1) * D, error);
    multiplyTransposed(delta_y, t * O, O, parameters, places.W, O, above, t * H, H, 1, O, H, false);
    stepBack(network, tape, 0, t, 0);
    const change_y = delta_y.slice(t * O, (t + 1) * O).map((value) => -rate * value);
    const change = delta.slice(t * D, (t + 1) * D).map((value) => -rate * value);
    addGradient(h, t * H, H, change_y, 0, O, parameters, places.W, O, 1, H, O);
    if (places.b_y >= 0) addRows(change_y, 0, O, parameters, places.b_y, 1, O);
    cell.gradient(
      1,
      1,
      K,
      H,
      s.bias,
      x.subarray(t * K),
      fed.subarray(t * H),
      states.subarray(t * H),
      stride,
      gates.subarray(t * S),
      change,
      parameters,
      at,
    );
  }
}
