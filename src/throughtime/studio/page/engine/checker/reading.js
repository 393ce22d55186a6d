/**
 * Reads the text of a certificate: its form is that of `throughtime/proof/checker`, and so are the reasons to
 * refuse it.
 */

export const MOST = 1e6;
/** Numbers in a row of a matrix or a set. */
export const WIDEST = 2 ** 15;

/** Why a certificate proves nothing. */
export class Rejected extends Error {}

/** Rejects, unless the condition surely holds. @param {boolean} condition @param {string} what */
export function need(condition, what) {
  if (!condition) throw new Rejected(what);
}

/** How many values each operation is done to. @type {Record<string, number>} */
export const ARITY = { x: 0, state: 0, parameter: 0, number: 0, neg: 1, sigmoid: 1, tanh: 1, relu: 1 };
for (const op of ["@", "+", "-", "*", "minimum", "maximum"]) ARITY[op] = 2;

/**
 * The bits of a number of each dtype, and −log₂ of the smallest normal one.
 * @type {Record<string, [number, number]>}
 */
export const DTYPES = { float64: [53, 1022], float32: [24, 126] };

/**
 * A value of another form than a table: a list of one form (of so many), one of some values, whole numbers, or a kind.
 */
export const list = (/** @type {any} */ of, /** @type {number | null} */ length = null) => ({ list: of, length });
/** A number, or its two ends: always read as these. */
export const interval = { interval: true };
const oneOf = (/** @type {any[]} */ ...values) => ({ values });
export const whole = (/** @type {number} */ least, /** @type {number} */ most) => ({ least, most });

const OPERATION = { op: oneOf(...Object.keys(ARITY)), of: "list", name: "name", value: "number" };
const STEP = {
  name: "name",
  states: list("name"),
  operations: list(OPERATION),
  after: "list",
  blocks: list(list("name")),
};
const SIZES = { inputs: "size", hidden: "size", outputs: "size", layers: "size" };
const NETWORK = {
  step: STEP,
  readout: oneOf("sigmoid", "identity"),
  bias: oneOf(false, true),
  dtype: oneOf(...Object.keys(DTYPES)),
  ...SIZES,
};
const MACHINE = {
  symbols: "list",
  next: "list",
  outputs: "list",
  state_names: list("text"),
  symbol_names: list("text"),
};
export const FILE = {
  format: oneOf("throughtime proof"),
  version: oneOf(2),
  network: NETWORK,
  specification: MACHINE,
  m: whole(1, 20),
  weights: list("number"),
  sha256: "text",
  epsilon: "number",
  sets: "list",
};

/** Latin and Greek letters, the same in every version of Unicode. */
const NAME = /^(?![0-9])[A-Za-z0-9_À-ÖØ-öø-ÿΑ-ΡΣ-ω]{0,100}$/;

/** @type {Record<string, (value: any) => boolean>} */
const KINDS = {
  number: (v) => typeof v === "string",
  size: (v) => Number.isInteger(v) && v > 0 && v <= WIDEST,
  text: (v) => typeof v === "string" && [...v].length <= 10_000,
  name: (v) => typeof v === "string" && NAME.test(v),
  list: (v) => Array.isArray(v),
};

/**
 * The values of a text in JSON whose numbers are all written as whole ones: to JavaScript, 2.0 is 2.
 * @param {string} text @returns {any}
 */
export function parsed(text) {
  const value = JSON.parse(text);
  need(!/\d[.e]/i.test(text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, "")), "expected whole numbers, and others as text");
  return value;
}

/**
 * The value, if it has that form; numbers as doubles.
 * @param {any} value @param {any} form @param {string} what @returns {any}
 */
export function read(value, form, what) {
  if (typeof form === "string") {
    need(KINDS[form](value), `${what}: expected a ${form}`);
    return form === "number" ? double(value) : value;
  }
  if ("list" in form) {
    const { list: of, length } = form;
    need(
      Array.isArray(value) && (length === null || value.length === length),
      `${what}: expected a list ${length ?? ""}`,
    );
    return value.map((/** @type {any} */ entry) => read(entry, of, what));
  }
  if ("interval" in form) {
    const [low, high] = read(Array.isArray(value) ? value : [value, value], list("number", 2), what);
    need(low <= high, `${what}: lo is above hi`);
    return [low, high];
  }
  if ("least" in form) {
    const { least, most } = form;
    need(Number.isInteger(value) && value >= least && value <= most, `${what}: expected one of ${least} to ${most}`);
    return value;
  }
  if (Array.isArray(form.values)) {
    need(form.values.includes(value), `${what}: expected one of ${form.values.join(", ")}`);
    return value;
  }
  const keys = Object.keys(form);
  const table = typeof value === "object" && value !== null && !Array.isArray(value);
  need(
    table && Object.keys(value).length === keys.length && keys.every((key) => Object.hasOwn(value, key)),
    `${what}: expected a table of ${keys.join(", ")}`,
  );
  return Object.fromEntries(keys.map((key) => [key, read(value[key], form[key], key)]));
}

/** Characters of a number: more than a double has, so that what follows takes no time. */
const LONGEST = 1000;
const HEXADECIMAL = /^[ \t-\r]*([-+]?)(?:0x)?([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([-+]?\d+))?[ \t-\r]*$/i;

/**
 * The double that a hexadecimal text writes, as Python's float.hex does; rejected, if it is none.
 * @param {string} text
 */
export function double(text) {
  need(text.length <= LONGEST, `expected a hexadecimal number, got ${text.length} characters`);
  const [, sign, before, after = "", power = "0"] = HEXADECIMAL.exec(text) ?? ["", "", "", "", "0"];
  need(before + after !== "", `expected a hexadecimal number, got ${text.slice(0, 40)}`);
  let digits = BigInt(`0x${before}${after}`);
  let exponent = Number(power) - 4 * after.length;
  while (digits !== 0n && digits % 2n === 0n) {
    digits /= 2n;
    exponent++;
  }
  let value = Number(digits);
  need(digits < 2n ** 53n && Math.abs(exponent) < 10_000, `${text.slice(0, 40)} has more digits than a double`);
  for (; exponent > 0 && value !== 0 && Number.isFinite(value); exponent--) value *= 2;
  for (; exponent < 0 && value !== 0; exponent++) {
    need((value / 2) * 2 === value, `${text.slice(0, 40)} is smaller than a double can be`);
    value /= 2;
  }
  need(Number.isFinite(value), `${text.slice(0, 40)} is larger than a double can be`);
  return sign === "-" && value !== 0 ? -value : value; // −0 is 0, as the first checker has it
}

/** Bits of the fractions of roots of the first primes. @param {number} power @param {number} count */
function fractions(power, count) {
  const found = [];
  for (let n = 2; found.length < count; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) prime &&= n % d !== 0;
    if (!prime) continue;
    const root = 2n ** 32n * BigInt(Math.floor(n ** (1 / power)));
    let [low, high] = [root, root + 2n ** 32n]; // of the root times 2³²
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      if (middle ** BigInt(power) <= BigInt(n) * 2n ** BigInt(32 * power)) low = middle;
      else high = middle;
    }
    found.push(Number(low % 2n ** 32n));
  }
  return found;
}

const K = fractions(3, 64);
const ROOTS = fractions(2, 8);

/**
 * SHA-256 of bytes, in hexadecimal [FIPS 180-4]: the browser's own is not there for a page that is a file.
 * @param {Uint8Array} bytes
 */
export function sha256(bytes) {
  const hash = Int32Array.from(ROOTS);
  const padded = new DataView(new ArrayBuffer(((bytes.length + 72) >> 6) << 6));
  new Uint8Array(padded.buffer).set(bytes);
  padded.setUint8(bytes.length, 128);
  padded.setBigUint64(padded.byteLength - 8, BigInt(bytes.length) * 8n);
  const turned = (/** @type {number} */ x, /** @type {number} */ by) => (x >>> by) | (x << (32 - by));
  const w = new Int32Array(64);
  for (let block = 0; block < padded.byteLength; block += 64) {
    for (let t = 0; t < 16; t++) w[t] = padded.getInt32(block + 4 * t);
    for (let t = 16; t < 64; t++) {
      const [x, y] = [w[t - 15], w[t - 2]];
      const early = turned(x, 7) ^ turned(x, 18) ^ (x >>> 3);
      w[t] = w[t - 16] + early + w[t - 7] + (turned(y, 17) ^ turned(y, 19) ^ (y >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let t = 0; t < 64; t++) {
      const first = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + K[t] + w[t];
      const second = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, k) => (hash[k] += value));
  }
  return Array.from(hash, (value) => (value >>> 0).toString(16).padStart(8, "0")).join("");
}
