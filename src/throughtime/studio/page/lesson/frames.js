/** Work and motion in steps that leave the page free: each is a frame's share, and rests while nobody looks. */

/** Milliseconds of work in a frame, so that the page answers and draws in what is left of its 16. */
const SHARE = 9;

export class Loop {
  /** @param {(now: number) => boolean} frame draws a frame; whether there is more to do */
  constructor(frame) {
    this.frame = frame;
    this.wanted = false;
    this.looked = true;
    this.id = 0;
  }

  start() {
    this.wanted = true;
    this.go();
  }

  stop() {
    this.wanted = false;
    cancelAnimationFrame(this.id);
    this.id = 0;
  }

  /** @param {boolean} is */
  seen(is) {
    this.looked = is;
    if (is) this.go();
  }

  go() {
    if (this.id || !this.wanted || !this.looked) return;
    this.id = requestAnimationFrame((now) => {
      this.id = 0;
      if (!this.frame(now)) this.wanted = false;
      this.go();
    });
  }
}

/**
 * Repeats a piece of work, `most` times or as long as a frame's share lasts.
 * @param {number} most @param {() => void} piece
 */
export function forAFrame(most, piece) {
  const end = performance.now() + SHARE;
  for (let k = 0; k < most && performance.now() < end; k++) piece();
}
