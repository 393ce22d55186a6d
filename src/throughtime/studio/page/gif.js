/** A moving picture that repeats for ever, as GIF 89a: each picture holds only what is new in it. */

/** The code that clears the dictionary, for colours of 8 bits; the next one ends a picture. */
const CLEAR = 256;
/** Codes have up to 12 bits. */
const MOST_CODES = 4096;

export class Gif {
  /**
   * @param {number} width
   * @param {number} height
   * @param {[number, number, number][]} colours at most 255; each pixel has the nearest of them
   */
  constructor(width, height, colours) {
    this.width = width;
    this.height = height;
    this.colours = colours;
    /** The place that stands for "as before". */
    this.same = colours.length;
    /** @type {Map<number, number>} the nearest colour's place, by a pixel's own colour */
    this.nearest = new Map();
    this.before = new Uint32Array(width * height);
    /** @type {Uint8Array[]} */
    this.parts = [head(width, height, colours)];
    this.pictures = 0;
    /** How the last picture is shown. */
    this.control = Uint8Array.of();
  }

  /**
   * Adds a picture; one that is as the last one was adds none, but may be seen for longer.
   * @param {Uint8ClampedArray} pixels (height, width, 4) red, green, blue and opacity
   * @param {number} hundredths of a second for which it is seen
   */
  add(pixels, hundredths) {
    const { width, height, before } = this;
    const now = new Uint32Array(pixels.buffer, pixels.byteOffset, width * height);
    let [left, right, top, bottom] = [width, -1, height, -1];
    for (let k = 0; k < now.length; k++) {
      if (now[k] === before[k] && this.pictures) continue;
      const [x, y] = [k % width, Math.floor(k / width)];
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
    if (right < 0) {
      if (hundredths > this.control[4] + 256 * this.control[5]) this.control.set(two(hundredths), 4);
      return;
    }
    const [w, h] = [right - left + 1, bottom - top + 1];
    const places = new Uint8Array(w * h);
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        const k = (top + y) * width + left + x;
        places[y * w + x] = this.pictures && now[k] === before[k] ? this.same : this.#place(now[k]);
      }
    before.set(now);
    this.pictures += 1;
    const [delay, numbers] = [two(hundredths), [left, top, w, h].flatMap(two)];
    this.control = Uint8Array.from([0x21, 0xf9, 4, 0b101, ...delay, this.same, 0]);
    const descriptor = Uint8Array.from([0x2c, ...numbers, 0, 8]);
    this.parts.push(this.control, descriptor, ...blocks(packed(places)));
  }

  /** The file. */
  done() {
    return new Blob(/** @type {BlobPart[]} */ ([...this.parts, Uint8Array.from([0x3b])]), { type: "image/gif" });
  }

  /** @param {number} pixel */
  #place(pixel) {
    const known = this.nearest.get(pixel);
    if (known !== undefined) return known;
    const own = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
    let [best, least] = [0, Infinity];
    this.colours.forEach((colour, place) => {
      const far = colour.reduce((sum, part, k) => sum + (part - own[k]) ** 2, 0);
      if (far < least) [best, least] = [place, far];
    });
    this.nearest.set(pixel, best);
    return best;
  }
}

/** @param {number} number */
const two = (number) => [number & 255, number >> 8];

/** @param {number} width @param {number} height @param {number[][]} colours */
function head(width, height, colours) {
  const table = new Uint8Array(3 * 256);
  colours.forEach((colour, k) => table.set(colour, 3 * k));
  const loop = [0x21, 0xff, 11, ...new TextEncoder().encode("NETSCAPE2.0"), 3, 1, 0, 0, 0];
  const name = new TextEncoder().encode("GIF89a");
  return Uint8Array.from([...name, ...two(width), ...two(height), 0xf7, 0, 0, ...table, ...loop]);
}

/** The bytes of a picture, packed after Lempel, Ziv and Welch. @param {Uint8Array} places */
function packed(places) {
  /** @type {number[]} */
  const bytes = [];
  let [held, bits, size, next] = [0, 0, 9, CLEAR + 2];
  /** @type {Map<number, number>} the code of a code with one more place behind it */
  let known = new Map();
  const put = (/** @type {number} */ code) => {
    held |= code << bits;
    for (bits += size; bits >= 8; bits -= 8, held >>>= 8) bytes.push(held & 255);
  };
  put(CLEAR);
  let code = places[0];
  for (let k = 1; k < places.length; k++) {
    const longer = code * 256 + places[k];
    const found = known.get(longer);
    if (found !== undefined) {
      code = found;
      continue;
    }
    put(code);
    code = places[k];
    if (next === MOST_CODES) {
      put(CLEAR);
      [known, size, next] = [new Map(), 9, CLEAR + 2];
      continue;
    }
    if (next === 1 << size) size += 1;
    known.set(longer, next++);
  }
  put(code);
  put(CLEAR + 1);
  if (bits) bytes.push(held & 255);
  return bytes;
}

/** Bytes in blocks of up to 255, and an empty one. @param {number[]} bytes */
function blocks(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.slice(at, at + 255);
    found.push(Uint8Array.from([block.length, ...block]));
  }
  return [...found, Uint8Array.from([0])];
}
