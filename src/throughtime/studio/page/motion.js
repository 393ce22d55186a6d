/** Points that go from where they were to where they are, and leave trails; still where no motion is wanted. */

/** The longest way in milliseconds; updates that come faster are followed at their pace. */
const [SHORTEST, LONGEST] = [30, 300];
/** A trail is so many places, one each so many milliseconds. */
const [PLACES, EVERY] = [12, 45];

/** Whether pictures may move. */
export const mayMove = () => !window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Moving {
  /** @param {(now: Float64Array, trail: Float64Array[]) => void} draw */
  constructor(draw) {
    this.draw = draw;
    /** @type {Float64Array} */
    this.from = new Float64Array();
    this.now = this.to = this.from;
    /** @type {Float64Array[]} oldest first */
    this.trail = [];
    this.began = this.kept = 0;
    this.span = LONGEST;
    this.id = 0;
  }

  /**
   * Sets where the points are now.
   * @param {Float64Array} to
   * @param {boolean} moves whether they go there from where they are; else they are there at once
   */
  go(to, moves) {
    const at = performance.now();
    if (!moves || !mayMove() || to.length !== this.now.length) {
      this.from = this.now = this.to = to;
      this.trail = [];
    } else {
      this.span = Math.max(SHORTEST, Math.min(LONGEST, at - this.began));
      [this.from, this.to, this.began] = [this.now, to, at];
    }
    if (this.isAtRest()) this.draw(this.now, this.trail);
    else this.id ||= requestAnimationFrame((time) => this.#step(time));
  }

  isAtRest() {
    return this.now === this.to && this.trail.length === 0;
  }

  /** @param {number} time */
  #step(time) {
    this.id = 0;
    const share = Math.max(0, Math.min(1, (time - this.began) / this.span));
    if (time - this.kept > EVERY) {
      if (this.now !== this.to) this.trail.push(this.now);
      if (this.now === this.to || this.trail.length > PLACES) this.trail.shift();
      this.kept = time;
    }
    const { from, to } = this;
    this.now = share === 1 ? to : to.map((value, k) => from[k] + share * (value - from[k]));
    this.draw(this.now, this.trail);
    if (!this.isAtRest()) this.id ||= requestAnimationFrame((next) => this.#step(next));
  }
}
