/**
 * NumPy's legacy generator, RandomState(seed): the Mersenne Twister MT19937 [Matsumoto & Nishimura 1998], and its
 * numbers as NumPy makes them of its bits. Uniform and whole numbers are NumPy's to the last bit.
 */

const N = 624;
const M = 397;

export class RandomState {
  /** @param {number} seed from 0 to 2³² − 1 */
  constructor(seed) {
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
      throw new Error(`a seed of the legacy generator is a whole number below 2^32, got ${seed}`);
    this.state = new Uint32Array(N);
    this.state[0] = seed;
    for (let k = 1; k < N; k++) {
      const before = this.state[k - 1];
      this.state[k] = Math.imul(1812433253, before ^ (before >>> 30)) + k;
    }
    this.place = N;
    /** @type {number | null} */
    this.left = null;
  }

  /** The next 32 bits, as a whole number from 0. */
  bits() {
    if (this.place === N) this.twist();
    let y = this.state[this.place++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  twist() {
    const { state } = this;
    for (let k = 0; k < N; k++) {
      const y = (state[k] & 0x80000000) | (state[(k + 1) % N] & 0x7fffffff);
      state[k] = state[(k + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.place = 0;
  }

  /** A number in [0, 1), as random_sample() draws it. */
  random() {
    const high = this.bits() >>> 5;
    return (high * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  /** A whole number from 0 to high − 1, as randint(high) draws it. @param {number} high at most 2³² */
  randint(high) {
    const most = high - 1;
    if (most === 0) return 0;
    const mask = 2 ** (32 - Math.clz32(most)) - 1;
    for (;;) {
      const drawn = (this.bits() & mask) >>> 0;
      if (drawn <= most) return drawn;
    }
  }

  /** A standard normal number, as randn() draws it [Marsaglia & Bray 1964]. */
  randn() {
    if (this.left !== null) {
      const left = this.left;
      this.left = null;
      return left;
    }
    for (;;) {
      const x = 2 * this.random() - 1;
      const y = 2 * this.random() - 1;
      const r = x * x + y * y;
      if (r < 1 && r !== 0) {
        const f = Math.sqrt((-2 * Math.log(r)) / r);
        this.left = f * x;
        return f * y;
      }
    }
  }
}
