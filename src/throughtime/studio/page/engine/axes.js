/** States of many sequences on two principal axes. */

/** Rounds of the iteration, which begins where it ended for the states before. */
const ROUNDS = 60;

/**
 * The mean of rows h (N,H), the two directions of their greatest spread, and the part of all spread along each; turned
 * or mirrored in their own plane to lie as near as can be to the axes before.
 * @param {Float64Array} h @param {number} H @param {number[][] | null} before
 */
export function principal(h, H, before) {
  const N = h.length / H;
  const mean = new Float64Array(H);
  for (let k = 0; k < h.length; k++) mean[k % H] += h[k] / N;
  const spread = new Float64Array(H * H);
  for (let at = 0; at < h.length; at += H)
    for (let i = 0; i < H; i++)
      for (let j = 0; j <= i; j++) spread[i * H + j] += ((h[at + i] - mean[i]) * (h[at + j] - mean[j])) / N;
  for (let i = 0; i < H; i++) for (let j = 0; j < i; j++) spread[j * H + i] = spread[i * H + j];
  const times = (/** @type {number[]} */ axis) =>
    axis.map((_, i) => axis.reduce((sum, part, j) => sum + spread[i * H + j] * part, 0));
  let axes = before ?? [0, 1].map((k) => Array.from({ length: H }, (_, j) => Math.cos((2 * k + 1) * (j + 1))));
  for (let round = 0; round < ROUNDS; round++) axes = upright(axes.map(times));
  axes = alongSpread(axes, axes.map(times));
  if (before) axes = near(axes, before);
  let total = 0;
  for (let i = 0; i < H; i++) total += spread[i * H + i];
  const share = axes.map((axis) => dot(axis, times(axis)) / Math.max(total, Number.MIN_VALUE));
  return { mean: Array.from(mean), axes, share };
}

/** @param {number[]} a @param {number[]} b */
const dot = (a, b) => a.reduce((sum, part, k) => sum + part * b[k], 0);

/** @param {number[]} a @param {number[]} b @param {number} x @param {number} y @returns {number[]} a x + b y */
const mixed = (a, b, x, y) => a.map((part, k) => x * part + y * b[k]);

/** Two axes of length 1 at right angles. @param {number[][]} axes */
function upright([a, b]) {
  const first = mixed(a, a, 1 / (Math.sqrt(dot(a, a)) || 1), 0);
  const left = mixed(b, first, 1, -dot(b, first));
  return [first, mixed(left, left, 1 / (Math.sqrt(dot(left, left)) || 1), 0)];
}

/**
 * Turned in their plane so that the spread along the first is the greatest.
 * @param {number[][]} axes @param {number[][]} spread what the covariance makes of them
 */
function alongSpread([a, b], [ofA, ofB]) {
  const angle = Math.atan2(2 * dot(b, ofA), dot(a, ofA) - dot(b, ofB)) / 2;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [mixed(a, b, cos, sin), mixed(a, b, -sin, cos)];
}

/** As near to those before as can be (Procrustes). @param {number[][]} axes @param {number[][]} before */
function near([a, b], before) {
  const [p, q] = [dot(before[0], a), dot(before[0], b)];
  const [r, s] = [dot(before[1], a), dot(before[1], b)];
  const mirrored = p * s - q * r < 0 ? -1 : 1;
  const [c, d] = [p + mirrored * s, q - mirrored * r];
  const size = Math.hypot(c, d) || 1;
  return [mixed(a, b, c / size, d / size), mixed(a, b, (-mirrored * d) / size, (mirrored * c) / size)];
}
