/**
 * Where the parameters of a network lie in the flat vector: layer by layer the blocks of the cell, then W and b_y
 * [`throughtime.weights.parameters`].
 */

/** @typedef {import("./types.d.ts").Cell} Cell */
/** @typedef {import("./types.d.ts").Specification} Specification */
/**
 * @typedef {object} View a named matrix, or a vector if `rows` is 0
 * @property {number} at where it begins
 * @property {number} rows
 * @property {number} columns
 * @property {number} apart from the beginning of a row to that of the next
 */
/**
 * @typedef {object} Layer
 * @property {number} K how many numbers it reads
 * @property {number[]} at where each block begins
 * @property {number} weightsAt where the vectors begin that are no biases
 * @property {number} biasesAt where the biases begin; −1 if there are none
 */
/**
 * @typedef {object} Places
 * @property {Layer[]} layers
 * @property {number} W
 * @property {number} b_y −1 if there is none
 * @property {number} size
 * @property {Record<string, View>} views
 * @property {(View & {symbol: string})[]} blocks what the names of a block have in common, V of V_i; in their order
 */

/** The parameters of a network, by place and by name. @param {Cell} cell @param {Specification} s @returns {Places} */
export function placesOf(cell, s) {
  const { hidden: H, outputs: O } = s;
  /** @type {Record<string, View>} */
  const views = {};
  /** @type {Layer[]} */
  const layers = [];
  /** @type {Places["blocks"]} */
  const blocks = [];
  let at = 0;
  for (let layer = 0; layer < s.layers; layer++) {
    const K = layer === 0 ? s.inputs : H;
    /** @type {Layer} */
    const places = { K, at: [], weightsAt: 0, biasesAt: -1 };
    const heights = { x: K, h: H, weight: 0, bias: 0 };
    let vectors = false;
    for (const { kind, names } of cell.blocks) {
      places.at.push(at);
      if (kind === "weight" && !vectors) places.weightsAt = at;
      if (kind === "weight") vectors = true;
      if (kind === "bias" && !s.bias) continue;
      if (kind === "bias" && places.biasesAt < 0) places.biasesAt = at;
      const apart = names.length * H;
      names.forEach((name, k) => {
        const full = s.layers === 1 ? name : `layer${layer}.${name}`;
        views[full] = { at: at + k * H, rows: heights[kind], columns: H, apart };
      });
      const symbol = names[0].replace(/^.*\./, "").replace(/_.*$/, "");
      blocks.push({ symbol, at, rows: heights[kind], columns: apart, apart });
      at += (heights[kind] || 1) * apart;
    }
    layers.push(places);
  }
  views.W = { at, rows: H, columns: O, apart: O };
  const W = at;
  at += H * O;
  const b_y = s.bias ? at : -1;
  if (s.bias) views.b_y = { at, rows: 0, columns: O, apart: O };
  for (const symbol of ["W", "b_y"]) if (views[symbol]) blocks.push({ symbol, ...views[symbol] });
  return { layers, W, b_y, size: at + (s.bias ? O : 0), views, blocks };
}

/** A view of a flat vector, as nested lists. @param {View} view @param {Float64Array} vector */
export function nested({ at, rows, columns, apart }, vector) {
  if (rows === 0) return Array.from(vector.subarray(at, at + columns));
  return Array.from({ length: rows }, (_, k) => Array.from(vector.subarray(at + k * apart, at + k * apart + columns)));
}
