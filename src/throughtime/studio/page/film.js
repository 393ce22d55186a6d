/** Films a canvas while it moves: what was seen is saved as a picture that repeats for ever. */
import { Gif } from "./gif.js";
import { download } from "./save.js";

/** Milliseconds between two pictures, and for how long the last one is seen. */
const [EVERY, LAST] = [60, 1500];
/** Pictures of a film, which ends there by itself. */
export const MOST = 400;
/** Colours that a GIF has room for, beside the one for what has not changed. */
const COLOURS = 255;

export class Film {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {string} ground
   * @param {string[]} inks what is drawn on it; each is seen in all its shades
   */
  constructor(canvas, ground, inks) {
    this.canvas = canvas;
    this.small = new OffscreenCanvas(canvas.clientWidth, canvas.clientHeight);
    this.context = /** @type {OffscreenCanvasRenderingContext2D} */ (
      this.small.getContext("2d", { willReadFrequently: true })
    );
    this.gif = new Gif(this.small.width, this.small.height, this.#shades(ground, inks));
    this.ink = inks[0];
    this.font = `600 13px ${getComputedStyle(canvas).fontFamily}`;
    /** @type {Uint8ClampedArray | null} the picture that is not in the film yet */
    this.last = null;
    this.taken = -Infinity;
  }

  /** Takes what the canvas shows, if it is time to. @param {string} text written into it */
  take(text) {
    const now = performance.now();
    if (now - this.taken < EVERY || this.isFull()) return;
    this.taken = now;
    if (this.last) this.gif.add(this.last, EVERY / 10);
    const { width, height } = this.small;
    this.context.drawImage(this.canvas, 0, 0, width, height);
    this.context.font = this.font;
    this.context.fillStyle = this.ink;
    this.context.fillText(text, 18, height - 10);
    this.last = this.context.getImageData(0, 0, width, height).data;
  }

  isFull() {
    return this.gif.pictures >= MOST;
  }

  /** Saves the film as a file of the browser's downloads. @param {string} name */
  save(name) {
    if (this.last) this.gif.add(this.last, LAST / 10);
    const address = URL.createObjectURL(this.gif.done());
    download(`${name}.gif`, address);
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  /** @param {string} ground @param {string[]} inks @returns {[number, number, number][]} */
  #shades(ground, inks) {
    const below = this.#channels(ground);
    const levels = Math.floor((COLOURS - 1) / inks.length);
    const shades = inks.flatMap((ink) => {
      const full = this.#channels(ink);
      return Array.from({ length: levels }, (_, k) => {
        const share = (k + 1) / levels;
        return /** @type {[number, number, number]} */ (
          full.map((part, c) => Math.round(below[c] + share * (part - below[c])))
        );
      });
    });
    return [below, ...shades];
  }

  /** @param {string} colour @returns {[number, number, number]} */
  #channels(colour) {
    this.context.fillStyle = colour;
    this.context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = this.context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue];
  }
}
