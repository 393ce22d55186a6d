/** The certificate of the page: what it says, and ways to damage it. */
import { double, sha256 } from "../engine/checker/reading.js";

/** @typedef {{label: number, succ: number[], lo: string[], hi: string[]}} Box numbers in hexadecimal */
/** @typedef {{weights: string[], sha256: string, sets: Box[], epsilon: string, m: number}} File */

/** The text that Python has written into this page. */
export const certificateText = () => document.getElementById("throughtime-certificate")?.textContent ?? "";

/** @param {string[]} texts */
export const numbers = (texts) => Float64Array.from(texts, double);

/**
 * A box's middle and half its widths.
 * @param {Box} box
 */
export function middleOf({ lo, hi }) {
  const [low, high] = [numbers(lo), numbers(hi)];
  return { middle: low.map((v, j) => (v + high[j]) / 2), half: low.map((v, j) => (high[j] - v) / 2) };
}

/**
 * Another certificate than this, by a way to damage it.
 * @param {string} text @param {string} way digit: the last digit of a weight is another; sign: a weight has the other
 *   sign, and the hash is that of the changed weights; shrink: a set is half as wide
 * @param {number} q the set
 */
export function damaged(text, way, q) {
  /** @type {File} */
  const file = JSON.parse(text);
  const { weights } = file;
  if (way === "digit") weights[0] = weights[0].replace(/.(?=p)/, (digit) => (digit === "1" ? "2" : "1"));
  else if (way === "sign") {
    const sizes = numbers(weights).map(Math.abs);
    const k = sizes.indexOf(Math.max(...sizes));
    weights[k] = weights[k].startsWith("-") ? weights[k].slice(1) : `-${weights[k]}`;
    file.sha256 = sha256(new Uint8Array(littleEndian(numbers(weights))));
  } else {
    const box = file.sets[q];
    const { middle, half } = middleOf(box);
    box.lo = Array.from(middle, (m, j) => (m - half[j] / 2).toString(16));
    box.hi = Array.from(middle, (m, j) => (m + half[j] / 2).toString(16));
  }
  return JSON.stringify(file);
}

/** @param {Float64Array} values */
function littleEndian(values) {
  const bytes = new DataView(new ArrayBuffer(8 * values.length));
  values.forEach((value, k) => bytes.setFloat64(8 * k, value, true));
  return bytes.buffer;
}
