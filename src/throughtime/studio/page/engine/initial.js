/**
 * Parameters to start training from, drawn as `throughtime.weights.parameters` says [Glorot & Bengio 2010; Saxe et al.
 * 2014].
 */
import { RandomState } from "./legacy.js";
import { PURPOSES, Random } from "./random.js";

/** @typedef {import("./layers.js").View} View */
/** @typedef {"glorot" | "uniform" | "classic"} Init */

/**
 * @param {import("./types.d.ts").Cell} cell @param {import("./types.d.ts").Specification} s
 * @param {import("./layers.js").Places} places @param {Init} init @param {number} seed
 */
export function initial(cell, s, places, init, seed) {
  const vector = new Float64Array(places.size);
  if (init === "classic") classic(vector, places.blocks, new RandomState(seed));
  else if (init === "uniform") uniform(vector, s.hidden, new Random(seed, PURPOSES.parameters));
  else glorot(vector, cell, s.hidden, places.views, new Random(seed, PURPOSES.parameters));
  return vector;
}

/**
 * V, then W, then U, then all others, uniform in ±1.
 * @param {Float64Array} vector @param {import("./layers.js").Places["blocks"]} blocks @param {RandomState} random
 */
function classic(vector, blocks, random) {
  const order = ["V", "W", "U"];
  const rank = (/** @type {string} */ symbol) => (order.includes(symbol) ? order.indexOf(symbol) : order.length);
  for (const block of blocks.toSorted((a, b) => rank(a.symbol) - rank(b.symbol)))
    fill(vector, block, () => 2 * random.random() - 1);
}

/** @param {Float64Array} vector @param {number} H @param {Random} random */
function uniform(vector, H, random) {
  const bound = 1 / Math.sqrt(H);
  for (let k = 0; k < vector.length; k++) vector[k] = bound * (2 * random.uniform() - 1);
}

/**
 * @param {Float64Array} vector @param {import("./types.d.ts").Cell} cell @param {number} H
 * @param {Record<string, View>} views @param {Random} random
 */
function glorot(vector, cell, H, views, random) {
  const kinds = Object.fromEntries(cell.blocks.flatMap(({ kind, names }) => names.map((name) => [name, kind])));
  for (const [full, view] of Object.entries(views)) {
    const name = full.replace(/^layer\d+\./, "");
    const kind = full === "W" ? "x" : kinds[name];
    const start = cell.start[name];
    if (start) fill(vector, view, () => start[0] + (start[1] - start[0]) * random.uniform());
    else if (kind === "h") orthogonal(vector, view, random);
    else if (kind === "x") {
      const bound = Math.sqrt(6 / (view.rows + view.columns));
      fill(vector, view, () => bound * (2 * random.uniform() - 1));
    } else if (kind === "weight") fill(vector, view, () => (2 * random.uniform() - 1) / Math.sqrt(H));
  }
}

/** @param {Float64Array} vector @param {View} view @param {() => number} draw */
function fill(vector, { at, rows, columns, apart }, draw) {
  for (let i = 0; i < Math.max(1, rows); i++) for (let j = 0; j < columns; j++) vector[at + i * apart + j] = draw();
}

/**
 * A matrix whose rows are orthogonal: normal numbers, each row made so to those before it, twice.
 * @param {Float64Array} vector @param {View} view @param {Random} random
 */
function orthogonal(vector, view, random) {
  const { at, rows, columns, apart } = view;
  fill(vector, view, () => random.normal());
  for (let i = 0; i < rows; i++) {
    const row = vector.subarray(at + i * apart, at + i * apart + columns);
    for (let k = 0; k < 2 * i; k++) {
      const other = vector.subarray(at + (k % i) * apart, at + (k % i) * apart + columns);
      const along = row.reduce((sum, value, j) => sum + value * other[j], 0);
      for (let j = 0; j < columns; j++) row[j] -= along * other[j];
    }
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let j = 0; j < columns; j++) row[j] /= norm;
  }
}
