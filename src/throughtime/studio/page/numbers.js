/**
 * The numbers of a Trace with their names, as formulas show them: h_3[5], δ_f_4[0], layer1.backward.U_C[:,2].
 *
 * The same names as those of `trace/explain/numbers.py`: the layer and the direction stand before a name where there
 * are
 * several, then docs/math.md's symbol, the step from 1 and the unit from 0. h_0 is the initial state; of a layer that
 * reads backward the initial state is h_{T+1}. In code steps count from 0: `h` at t = −1 is h_0.
 *
 * @typedef {import("./expression.js").Name} Name
 * @typedef {import("./expression.js").NumberNode} NumberNode
 * @typedef {import("./expression.js").Dot} Dot
 * @typedef {{name: Name, numbers: NumberNode[]}} Vector several numbers under one name
 * @typedef {{of: LayerJSON, from: number}} Part a direction of a layer, and where it begins among the layer's states
 */

import { described } from "./cell.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").LayerJSON} LayerJSON */
/** @typedef {import("./types.d.ts").Selection} Selection */

/** The arrays that a trace has once, not by layer. */
export const OUTER_ARRAYS = ["x", "net_y", "y", "d", "mask", "error", "delta_y"];

/** A number of the JSON, which writes those that JSON lacks as text. @param {number | string} value */
export const real = (value) => Number(value);

/** The steps of the sequence. @param {TraceJSON} trace */
export const stepsOf = (trace) => trace.lengths[0];

/** Whether an array has one entry for the whole sequence. @param {TraceJSON} trace @param {string} array */
export const isTimeless = (trace, array) =>
  trace.specification.output === "last step" && array !== "x" && OUTER_ARRAYS.includes(array);

/** The layer and direction of a selection. @param {TraceJSON} trace @param {number} layer @param {string} direction */
export const layerOf = (trace, layer, direction) =>
  trace.layers[layer * directions(trace) + (direction === "backward" && directions(trace) === 2 ? 1 : 0)];

/** The number of directions of a layer. @param {TraceJSON} trace */
export const directions = (trace) => (trace.specification.bidirectional ? 2 : 1);

/** A parameter's own part of its name, "forget.U", without layer and direction. @param {string} name */
export const shortParameter = (name) =>
  name
    .split(".")
    .filter((part) => !/^(layer\d+|forward|backward)$/.test(part))
    .join(".");

/**
 * The name among `trace.parameters` of a parameter that is selected by its own part, such as "forget.U".
 * @param {TraceJSON} trace
 * @param {{array: string, layer: number, direction: string}} selection
 */
export function parameterName(trace, { array, layer, direction }) {
  return ["W", "b_y"].includes(array) ? array : placeOf(trace, layer, direction) + array;
}

/**
 * The layer and direction of a parameter's name.
 * @param {string} name
 * @returns {{array: string, layer: number, direction: "forward" | "backward"}}
 */
export const placed = (name) => ({
  array: shortParameter(name),
  layer: Number(/layer(\d+)\./.exec(name)?.[1] ?? 0),
  direction: /(^|\.)backward\./.test(name) ? "backward" : "forward",
});

/** Whether a selection is of a parameter. @param {TraceJSON} trace @param {Selection} selection */
export function isParameter(trace, selection) {
  const values = trace.parameters[parameterName(trace, selection)];
  return values !== undefined && selection.unit < values.flat().length;
}

/** The columns of a parameter: of a bias too, which is one row. @param {TraceJSON} trace @param {string} name */
export function columnsOf(trace, name) {
  const first = trace.parameters[name][0];
  return Array.isArray(first) ? first.length : trace.parameters[name].length;
}

/**
 * "layer1.backward.", or what of it distinguishes something.
 * @param {TraceJSON} trace
 * @param {number} layer
 * @param {string} direction
 */
function placeOf(trace, layer, direction) {
  const { layers, bidirectional } = trace.specification;
  return (layers > 1 ? `layer${layer}.` : "") + (bidirectional ? `${direction}.` : "");
}

/** The recorded numbers of a trace of one sequence; `home` is the layer whose names are written without it. */
export class Numbers {
  /** @param {TraceJSON} trace @param {LayerJSON | null} home */
  constructor(trace, home = null) {
    this.trace = trace;
    this.home = home;
    this.cell = described(trace);
    this.steps = stepsOf(trace);
  }

  /** A number of a layer; before the first step stands the initial state, and 0 where nothing was recorded. */
  /** @param {LayerJSON} of @param {string} array @param {number} t @param {number} unit @returns {NumberNode} */
  layer(of, array, t, unit) {
    const { layer, direction } = of;
    const name = { ...this.stateName(of, array, t), index: `${unit}` };
    const arrays = /** @type {Record<string, any>} */ (/** @type {unknown} */ (of));
    if (t >= 0 && t < this.steps) return number(name, arrays[array][0][t][unit], { array, layer, direction, t, unit });
    const initial = this.cell.states.find((state) => state.array === array)?.initial;
    if (initial && t === (direction === "forward" ? -1 : this.steps))
      return number(name, arrays[initial][0][unit], { array: initial, layer, direction, t, unit });
    return number(name, 0, null);
  }

  /** All units of a layer at step t. @param {LayerJSON} of @param {string} array @param {number} t @returns {Vector} */
  layerVector(of, array, t) {
    const units = range(this.trace.specification.hidden);
    return { name: this.stateName(of, array, t), numbers: units.map((unit) => this.layer(of, array, t, unit)) };
  }

  /** A number of the trace itself: x, d, net_y, y, delta_y of a feature, error or mask without one. */
  /** @param {string} array @param {number} t @param {number | null} k @returns {NumberNode} */
  outer(array, t, k = null) {
    const sequence = /** @type {Record<string, any>} */ (/** @type {unknown} */ (this.trace))[array][0];
    const timeless = isTimeless(this.trace, array);
    const at = timeless ? sequence : sequence[t];
    const name = { ...this.outerName(array, t), index: k === null ? undefined : `${k}` };
    const selected = { array, layer: 0, direction: /** @type {const} */ ("forward"), t: timeless ? this.steps - 1 : t };
    const source = { ...selected, unit: k ?? 0 };
    return number(name, k === null ? at : at[k], source);
  }

  /** All features at step t. @param {string} array @param {number} t @returns {Vector} */
  outerVector(array, t) {
    const { inputs, outputs } = this.trace.specification;
    const features = range(array === "x" ? inputs : outputs);
    return { name: this.outerName(array, t), numbers: features.map((k) => this.outer(array, t, k)) };
  }

  /** The inputs of a layer at step t, each part with the first row of V that it meets. */
  /** @param {LayerJSON} of @param {number} t @returns {{vector: Vector, from: number}[]} */
  inputs(of, t) {
    if (of.layer === 0) return [{ vector: this.outerVector("x", t), from: 0 }];
    return this.parts(of.layer - 1).map(({ of, from }) => ({ vector: this.states(of, t), from }));
  }

  /** The states of a layer that the layer above or the readout reads. @param {LayerJSON} of @param {number} t */
  states(of, t) {
    return this.layerVector(of, this.cell.output, t);
  }

  /** The inputs of the readout for step t, each part with the first row of W that it meets. @param {number} t */
  read(t) {
    const { layers, output } = this.trace.specification;
    return this.parts(layers - 1).map(({ of, from }) => {
      const at = output === "last step" && of.direction === "backward" ? 0 : t;
      return { vector: this.states(of, at), from };
    });
  }

  /** The directions of a layer. @param {number} layer @returns {Part[]} */
  parts(layer) {
    const many = directions(this.trace);
    const found = this.trace.layers.slice(layer * many, (layer + 1) * many);
    return found.map((of, d) => ({ of, from: d * this.trace.specification.hidden }));
  }

  /** Whether there is a parameter; without biases these are left out. @param {LayerJSON} of @param {string} array */
  hasParameter(of, array) {
    return parameterName(this.trace, { array, ...of }) in this.trace.parameters;
  }

  /** A parameter, such as U_f[2,5] of "forget.U"; `of` is null for the readout's. */
  /** @param {LayerJSON | null} of @param {string} array @param {number[]} index @returns {NumberNode} */
  parameter(of, array, index) {
    const place = { array, layer: of?.layer ?? 0, direction: of?.direction ?? /** @type {const} */ ("forward") };
    const full = parameterName(this.trace, place);
    const values = this.trace.parameters[full];
    const [row, column] = index;
    const value = column === undefined ? values[row] : /** @type {number[][]} */ (values)[row][column];
    const unit = column === undefined ? row : row * columnsOf(this.trace, full) + column;
    const name = { ...this.parameterSymbol(of, array), index: index.join(",") };
    return number(name, /** @type {number} */ (value), { ...place, t: 0, unit });
  }

  /** The readout's bias of an output in a list, which is empty in a network without biases. @param {number} k */
  biasOfOutput(k) {
    return this.trace.specification.bias ? [this.parameter(null, "b_y", [k])] : [];
  }

  /** vector·M[rows,column], with the rows that the vector meets: what a net input gets. */
  /**
   * @param {{vector: Vector, from: number}} read
   * @param {LayerJSON | null} of
   * @param {string} array
   * @param {number} column
   * @param {boolean} collapsed
   * @returns {Dot}
   */
  column({ vector, from }, of, array, column, collapsed = false) {
    const to = from + vector.numbers.length;
    const weights = vector.numbers.map((_, k) => this.parameter(of, array, [from + k, column]));
    const some = from === 0 ? (to === this.rowCount(of, array) ? ":" : `:${to}`) : `${from}:`;
    return dot(vector, { ...this.parameterSymbol(of, array), index: `${some},${column}` }, weights, collapsed);
  }

  /** vector·M[row,:]: what comes back through a matrix. */
  /**
   * @param {Vector} vector
   * @param {LayerJSON | null} of
   * @param {string} array
   * @param {number} row
   * @param {boolean} collapsed
   * @returns {Dot}
   */
  row(vector, of, array, row, collapsed = false) {
    const weights = vector.numbers.map((_, column) => this.parameter(of, array, [row, column]));
    return dot(vector, { ...this.parameterSymbol(of, array), index: `${row},:` }, weights, collapsed);
  }

  /** @param {LayerJSON | null} of @param {string} array */
  rowCount(of, array) {
    const place = { array, layer: of?.layer ?? 0, direction: of?.direction ?? "" };
    return this.trace.parameters[parameterName(this.trace, place)].length;
  }

  // Names

  /** @param {LayerJSON} of @param {string} array @param {number} t @returns {Name} */
  stateName(of, array, t) {
    const { letter, mark } = lettersOf(this.trace, array);
    const text = { δ: "δ_", "∂": "∂", "": "" }[mark ?? ""] + letter;
    return { symbol: `${this.prefix(of)}${text}_${t + 1}`, letter, mark, step: t + 1, ...this.accents(of) };
  }

  /** @param {string} array @param {number} t @returns {Name} */
  outerName(array, t) {
    const text = array === "delta_y" ? "δ_y" : array === "error" ? "E" : array;
    const step = isTimeless(this.trace, array) ? undefined : t + 1;
    const symbol = text + (step === undefined ? "" : `_${step}`);
    return { symbol, letter: array === "delta_y" ? "y" : text, mark: array === "delta_y" ? "δ" : undefined, step };
  }

  /** @param {LayerJSON | null} of @param {string} array @returns {Name} */
  parameterSymbol(of, array) {
    if (of === null) {
      const [letter, gate] = array.split("_");
      return { symbol: array, letter, gate };
    }
    const { letter, gate } = /** @type {import("./types.d.ts").CellParameter} */ (this.cell.parameters.get(array));
    const symbol = `${this.prefix(of)}${letter}${gate ? `_${gate}` : ""}`;
    return { symbol, letter, gate: gate || undefined, ...this.accents(of) };
  }

  /** @param {LayerJSON} of @returns {Partial<Name>} */
  accents(of) {
    const { layers, bidirectional } = this.trace.specification;
    return {
      arrow: of.direction === "backward" ? "←" : bidirectional ? "→" : undefined,
      layer: layers > 1 ? of.layer : undefined,
    };
  }

  /** @param {LayerJSON} of */
  prefix(of) {
    return of === this.home ? "" : placeOf(this.trace, of.layer, of.direction);
  }
}

/**
 * A layer's array, or that of an initial state, as formulas write it.
 * @param {TraceJSON} trace
 * @param {string} array
 * @returns {{letter: string, mark?: "δ" | "∂"}}
 */
export function lettersOf(trace, array) {
  const cell = described(trace);
  const { letter = array } = cell.values.get(cell.initialOf(array)?.array ?? array) ?? {};
  return cell.errors.get(array) ?? { letter };
}

/** 0, 1, … n − 1. @param {number} n */
export const range = (n) => Array.from({ length: n }, (_, k) => k);

/** @param {Name} name @param {number | string} value @param {Selection | null} source @returns {NumberNode} */
function number(name, value, source) {
  const symbol = name.index === undefined ? name.symbol : `${name.symbol}[${name.index}]`;
  return { kind: "number", name: { ...name, symbol }, value: real(value), source };
}

/**
 * @param {Vector} vector
 * @param {Name} right
 * @param {NumberNode[]} weights
 * @param {boolean} collapsed
 * @returns {Dot}
 */
function dot(vector, right, weights, collapsed) {
  const named = { ...right, symbol: `${right.symbol}[${right.index}]` };
  return {
    kind: "dot",
    left: vector.name,
    right: named,
    symbol: `${vector.name.symbol}·${named.symbol}`,
    terms: vector.numbers.map((value, k) => ({ factors: [value, weights[k]] })),
    collapsed: collapsed && vector.numbers.every(({ value }) => value === 0),
  };
}
