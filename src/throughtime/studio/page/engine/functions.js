/** The functions of cells and readouts, right to the last digits wherever they are asked. */

/** S(x) = 1 / (1 + exp(−x)), of full relative accuracy for very negative x. @param {number} x */
export function sigmoid(x) {
  return x > -700 ? 1 / (1 + Math.exp(-x)) : Math.exp(x);
}

/** log(1 + exp(x)), without overflow. @param {number} x */
export function softplus(x) {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}
