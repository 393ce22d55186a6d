/** Moments of a training that one can go back to: `throughtime/studio/checkpoints.py`. */

/** @typedef {import("./types.d.ts").Snapshot} Snapshot */
/** @typedef {{snapshot: Snapshot, records: number}} Kept how many records there were then */

const MOST = 64;
/** Checkpoints stand at steps that grow by this factor: the most is learned early. */
const GROWTH = 1.15;

export class Checkpoints {
  constructor() {
    /** @type {Kept[]} */
    this.kept = [];
  }

  get steps() {
    return this.kept.map(({ snapshot }) => snapshot.step);
  }

  /** Whether one is to be kept at a step, which is further than ever before. @param {number} step */
  isDue(step) {
    const last = this.kept.at(-1)?.snapshot.step ?? -1;
    return step >= Math.max(last + 1, Math.floor(last * GROWTH));
  }

  /** @param {Snapshot} snapshot @param {number} records */
  keep(snapshot, records) {
    this.kept.push({ snapshot, records });
    if (this.kept.length > MOST) this.kept = this.kept.filter((_, k) => k % 2 === 0 || k === this.kept.length - 1);
  }

  /** The one that is nearest to a step. @param {number} step */
  nearest(step) {
    const far = (/** @type {Kept} */ { snapshot }) => Math.abs(snapshot.step - step);
    return this.kept.reduce((best, one) => (far(one) < far(best) ? one : best));
  }
}
