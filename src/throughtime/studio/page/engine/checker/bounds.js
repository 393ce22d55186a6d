/**
 * Bounds of real numbers in doubles. An operation of doubles gives the double next to the true result, so a result one
 * unit in the last place up (or down) bounds it: `up` and `down` take such a step. Math.exp is not believed: `exp` is
 * bounded here by its own series.
 */

/** Half of this, times a result, bounds its rounding error, but where it underflows; there TINY does. */
export const UNIT = 2 ** -52;
export const TINY = 2 ** -1074;

/** At least the next double. @param {number} x */
export const up = (x) => x + (Math.abs(x) * UNIT + TINY);

/** At most the double before. @param {number} x */
export const down = (x) => x - (Math.abs(x) * UNIT + TINY);

/** @typedef {[number, number]} Pair a lower and an upper bound */

/** ln 2 = LN2_HIGH + a number within LN2_LOW; k · LN2_HIGH is a double for all |k| < 2²⁰. */
const LN2_HIGH = 0x162e42fee / 2 ** 33;
/** @type {Pair} */
const LN2_LOW = [1.9082149292705872e-10, 1.908214929270588e-10];

/**
 * Bounds of exp(x) for x ≤ 0. With x = k ln 2 + r, |r| < 0.35: exp(x) = 2ᵏ exp(r).
 * @param {number} x @returns {Pair}
 */
export function exp(x) {
  if (x < -740) return [0, 2 ** -1060];
  const k = Math.round(x / (LN2_HIGH + LN2_LOW[0]));
  const t = x - k * LN2_HIGH;
  const [a, b] = [k * LN2_LOW[0], k * LN2_LOW[1]];
  const [low, high] = [down(down(t) - up(Math.max(a, b))), up(up(t) - down(Math.min(a, b)))];
  if (!(low > -0.35 && high < 0.35)) return [NaN, NaN];
  return [Math.max(0, down(scaled(series(low)[0], k))), up(scaled(series(high)[1], k))];
}

/**
 * Bounds of exp(r), |r| < 0.35, by Horner's rule: exp(r) = 1 + r (1 + r/2 (1 + r/3 (… (1 + r/14 w)))), where
 * w = 1 + r/15 + r²/(15 · 16) + … is within 0.03 of 1.
 * @param {number} r @returns {Pair}
 */
function series(r) {
  let [low, high] = [0.97, 1.03];
  for (let n = 14; n >= 1; n--) {
    const below = down(r * (r >= 0 ? low : high));
    const above = up(r * (r >= 0 ? high : low));
    low = down(1 + down(below / n));
    high = up(1 + up(above / n));
  }
  return [low, high];
}

/**
 * value · 2ᵏ for k ≤ 0; where it underflows, halves of the last place are lost, which come to less than TINY.
 * @param {number} value @param {number} k
 */
function scaled(value, k) {
  for (; k < 0; k++) value /= 2;
  return value;
}

/** Bounds of S(z) = 1 / (1 + exp(−z)). @param {number} z @returns {Pair} */
export function sigmoid(z) {
  const [a, b] = exp(-Math.abs(z));
  if (z < 0) return [Math.max(0, down(a / up(1 + a))), up(b / down(1 + b))];
  return [down(1 / up(1 + b)), Math.min(1, up(1 / down(1 + a)))];
}

/** Bounds of tanh(z) = ±(1 − E) / (1 + E), E = exp(−2 |z|). @param {number} z @returns {Pair} */
export function tanh(z) {
  const [a, b] = exp(-2 * Math.abs(z));
  const low = Math.max(0, down(down(1 - b) / up(1 + b)));
  const high = Math.min(1, up(up(1 - a) / down(1 + a)));
  return z < 0 ? [-high, -low] : [low, high];
}
