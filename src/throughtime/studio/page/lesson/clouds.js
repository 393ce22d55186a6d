/** Hidden states of many sequences as points of a plane, whose axes turn with what is learned. */

/**
 * Points (N,H) seen along two axes: the first from the mean of one class to that of the other, the second the direction
 * in which they spread most beside it. Both turn slowly, so that points move as the states do.
 */
export class Clouds {
  /** @param {number} H */
  constructor(H) {
    this.H = H;
    this.mean = new Float64Array(H);
    this.across = unit(Float64Array.from({ length: H }, (_, k) => Math.sin(1 + k)));
    this.up = unit(Float64Array.from({ length: H }, (_, k) => Math.cos(2 + 3 * k)));
    this.reach = 0;
  }

  /**
   * Turns the axes to these states, by a share of the way (1: all of it).
   * @param {ArrayLike<number>} h (N,H) flat
   * @param {ArrayLike<number>} classes (N,) 0 or 1
   * @param {number} share
   */
  turn(h, classes, share) {
    const { H } = this;
    const N = classes.length;
    const means = [new Float64Array(H), new Float64Array(H)];
    const counts = [0, 0];
    for (let n = 0; n < N; n++) {
      const into = means[classes[n]];
      counts[classes[n]]++;
      for (let k = 0; k < H; k++) into[k] += h[n * H + k];
    }
    for (const c of [0, 1]) for (let k = 0; k < H; k++) means[c][k] /= Math.max(1, counts[c]);
    const middle = means[0].map((m, k) => (m + means[1][k]) / 2);
    const apart = unit(means[1].map((m, k) => m - means[0][k]));
    move(this.mean, middle, share);
    move(this.across, apart, share);
    unit(this.across);
    this.up = spread(h, N, H, this.mean, this.across, this.up, share);
    let most = 0;
    for (let n = 0; n < N; n++) {
      const [a, b] = this.at(h, n);
      most = Math.max(most, Math.abs(a), Math.abs(b));
    }
    this.reach += (most - this.reach) * (this.reach ? share : 1);
  }

  /** Where the n-th state lies. @param {ArrayLike<number>} h @param {number} n @returns {[number, number]} */
  at(h, n) {
    const { H, mean, across, up } = this;
    let [a, b] = [0, 0];
    for (let k = 0; k < H; k++) {
      const from = h[n * H + k] - mean[k];
      a += from * across[k];
      b += from * up[k];
    }
    return [a, b];
  }

  /**
   * How far apart the classes are along the first axis, as a share of all: below 0 they overlap.
   * @param {ArrayLike<number>} h @param {ArrayLike<number>} classes
   */
  gap(h, classes) {
    const ends = [-Infinity, Infinity];
    let [least, most] = [Infinity, -Infinity];
    for (let n = 0; n < classes.length; n++) {
      const [a] = this.at(h, n);
      if (classes[n]) ends[1] = Math.min(ends[1], a);
      else ends[0] = Math.max(ends[0], a);
      least = Math.min(least, a);
      most = Math.max(most, a);
    }
    return (ends[1] - ends[0]) / (most - least);
  }
}

/** @param {Float64Array} vector */
function unit(vector) {
  const size = Math.hypot(...vector) || 1;
  for (let k = 0; k < vector.length; k++) vector[k] /= size;
  return vector;
}

/** @param {Float64Array} from @param {Float64Array} to @param {number} share */
function move(from, to, share) {
  for (let k = 0; k < from.length; k++) from[k] += (to[k] - from[k]) * share;
}

/**
 * The direction of the greatest spread at right angles to `across`: a step of power iteration from the one before.
 * @param {ArrayLike<number>} h @param {number} N @param {number} H
 * @param {Float64Array} mean @param {Float64Array} across
 * @param {Float64Array} up @param {number} share
 */
function spread(h, N, H, mean, across, up, share) {
  const next = new Float64Array(H);
  for (let n = 0; n < N; n++) {
    let [along, aside] = [0, 0];
    for (let k = 0; k < H; k++) {
      const from = h[n * H + k] - mean[k];
      along += from * up[k];
      aside += from * across[k];
    }
    for (let k = 0; k < H; k++) next[k] += along * (h[n * H + k] - mean[k] - aside * across[k]);
  }
  unit(next);
  const turned = up.map((u, k) => u + (next[k] - u) * share);
  const on = turned.reduce((sum, u, k) => sum + u * across[k], 0);
  return unit(turned.map((u, k) => u - on * across[k]));
}
