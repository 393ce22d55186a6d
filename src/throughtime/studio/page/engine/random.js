/**
 * Random numbers as a function of a seed, what they are for, and a number: those of an update do not depend on what was
 * drawn before, so a run goes on from any update to the same bits. They are others than Python's from the same seed.
 *
 * The bits are those of sfc32 [Doty-Humphrey, PractRand 2010], normal numbers come by the ziggurat of Marsaglia & Tsang
 * (2000) with 256 layers, the layer and the place in it from different bits [Doornik 2005].
 */

/** What numbers are for. */
export const PURPOSES = { parameters: 0, sequences: 1, noise: 2, example: 3 };

const LAYERS = 256;
const R = 3.6541528853610088;
const AREA = 4.92867323399e-3;
/**
 * By how much a whole number of 24 bits, with its sign, is multiplied in a layer; below which it lies inside;
 * exp(−x²/2).
 */
const WIDTH = new Float64Array(LAYERS);
const INSIDE = new Int32Array(LAYERS);
const HEIGHT = new Float64Array(LAYERS);
{
  const whole = 2 ** 23;
  const density = (/** @type {number} */ x) => Math.exp((-x * x) / 2);
  const base = AREA / density(R);
  let x = R;
  WIDTH[0] = base / whole;
  INSIDE[0] = Math.floor((R / base) * whole);
  WIDTH[LAYERS - 1] = R / whole;
  HEIGHT[0] = 1;
  HEIGHT[LAYERS - 1] = density(R);
  for (let layer = LAYERS - 2; layer >= 1; layer--) {
    const inner = Math.sqrt(-2 * Math.log(AREA / x + density(x)));
    INSIDE[layer + 1] = Math.floor((inner / x) * whole);
    x = inner;
    WIDTH[layer] = x / whole;
    HEIGHT[layer] = density(x);
  }
}

export class Random {
  /** @param {number} seed @param {number} purpose @param {number} number */
  constructor(seed, purpose = 0, number = 0) {
    this.a = seed | 0;
    this.b = Math.floor(seed / 2 ** 32) ^ Math.imul(purpose + 1, 0x9e3779b9);
    this.c = number | 0;
    this.counter = 1;
    for (let k = 0; k < 16; k++) this.bits();
  }

  /** 32 random bits, as a whole number with a sign. */
  bits() {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
    return t;
  }

  /** A number in [0, 1), of 53 bits. */
  uniform() {
    const high = this.bits() >>> 5;
    return (high * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  /** A whole number from 0 to n − 1. @param {number} n */
  below(n) {
    return Math.floor(this.uniform() * n);
  }

  /** A standard normal number. */
  normal() {
    for (;;) {
      const bits = this.bits();
      const layer = bits & (LAYERS - 1);
      const place = bits >> 8;
      if (Math.abs(place) < INSIDE[layer]) return place * WIDTH[layer];
      const outside = this.outside(layer, place);
      if (outside !== null) return outside;
    }
  }

  /**
   * Fills an array, from a place on, with normal numbers of this deviation.
   * @param {Float64Array} array @param {number} from @param {number} deviation
   */
  fillNormal(array, from, deviation) {
    let { a, b, c, counter } = this;
    for (let i = from; i < array.length; i++) {
      const bits = (((a + b) | 0) + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + bits) | 0;
      const layer = bits & (LAYERS - 1);
      const place = bits >> 8;
      if (Math.abs(place) < INSIDE[layer]) array[i] = deviation * (place * WIDTH[layer]);
      else {
        Object.assign(this, { a, b, c, counter });
        const outside = this.outside(layer, place);
        array[i] = deviation * (outside === null ? this.normal() : outside);
        ({ a, b, c, counter } = this);
      }
    }
    Object.assign(this, { a, b, c, counter });
  }

  /**
   * A number from the edge of a layer, or from the tail; null if this one is not taken.
   * @param {number} layer @param {number} place
   */
  outside(layer, place) {
    const x = place * WIDTH[layer];
    if (layer > 0) {
      const height = HEIGHT[layer] + this.uniform() * (HEIGHT[layer - 1] - HEIGHT[layer]);
      return height < Math.exp((-x * x) / 2) ? x : null;
    }
    for (;;) {
      const along = -Math.log(1 - this.uniform()) / R;
      const up = -Math.log(1 - this.uniform());
      if (2 * up > along * along) return place > 0 ? R + along : -R - along;
    }
  }
}
