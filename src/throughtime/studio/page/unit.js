/**
 * The formulas of one unit of a layer at one step, from the operations of its cell: a value is written in what was
 * recorded of this step and of the one before, ∂E by it in what was recorded of this step and of the one after.
 *
 * @typedef {import("./expression.js").Expression} Expression
 * @typedef {import("./expression.js").Dot} Dot
 */

import { FUNCTION_SYMBOLS, described } from "./cell.js";
import {
  ARITHMETIC,
  ZERO,
  call,
  constant,
  difference,
  evaluate,
  expanded,
  extreme,
  indicator,
  minus,
  product,
  quotient,
  square,
  sum,
} from "./expression.js";
import { asText, written } from "./mathml.js";
import { Numbers } from "./numbers.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").LayerJSON} LayerJSON */

/** If the vector products of a sum have more terms than this to be written out, none of them is. */
const WRITTEN_OUT = 8;
/** A formula with more parts than this is not written. */
const LONGEST = 200;

class TooLong extends Error {}

/** A unit of a layer and direction at a step; the step before and the one after are those in the order of reading. */
export class Unit {
  /** @param {TraceJSON} trace @param {LayerJSON} of @param {number} t @param {number} unit */
  constructor(trace, of, t, unit) {
    this.trace = trace;
    this.cell = described(trace);
    this.numbers = new Numbers(trace, of);
    this.of = of;
    this.t = t;
    this.unit = unit;
    this.step = of.direction === "forward" ? 1 : -1;
    this.parts = 0;
  }

  /** The expression of a recorded number; null where it is too long to be written. @param {string} array */
  recorded(array) {
    const { place } = /** @type {{place: number}} */ (this.cell.values.get(array) ?? this.cell.errors.get(array));
    return this.computed(place, true);
  }

  /** The expression at a place among the operations; null where it is too long to be written. @param {number} place */
  computed(place, top = false) {
    try {
      this.parts = 0;
      return this.#written(place, this.t, top);
    } catch (error) {
      if (error instanceof TooLong) return null;
      throw error;
    }
  }

  /** The number that stands at a place among the operations, however long its formula. @param {number} place */
  valueAt(place) {
    /** @type {Map<number, number>} */
    const known = new Map();
    /** @param {number} at @returns {number} */
    const value = (at) => known.get(at) ?? computed(at);
    /** @param {number} at @returns {number} */
    const computed = (at) => {
      const { op, of = [] } = this.cell.operations[at];
      this.parts = 0;
      const isPlain = op in ARITHMETIC && !this.cell.arrayAt.has(at);
      const found = isPlain ? ARITHMETIC[op](...of.map(value)) : evaluate(this.#written(at, this.t));
      known.set(at, found);
      return found;
    };
    return value(place);
  }

  /** This unit's number, at its own step if not said otherwise. @param {string} array @param {number} t */
  at(array, t = this.t) {
    return this.numbers.layer(this.of, array, t, this.unit);
  }

  /**
   * @param {number} place
   * @param {number} t
   * @param {boolean} top whether it is written in full, though it was recorded
   * @returns {Expression}
   */
  #written(place, t, top = false) {
    if (++this.parts > LONGEST) throw new TooLong();
    const recorded = this.cell.arrayAt.get(place);
    if (recorded !== undefined && !top && !this.cell.writtenOut.has(place)) return this.at(recorded, t);
    const { op, of = [], name = "", value = 0 } = this.cell.operations[place];
    const [a, b, c] = of;
    /** @param {number} source */
    const write = (source) => this.#written(source, t);
    switch (op) {
      case "state":
        return this.at(name, t - this.step);
      case "number":
        return constant(asText(written(constant("", value), 6)), value);
      case "parameter":
        return this.numbers.parameter(this.of, name, [this.unit]);
      case "+":
        return shortened(...this.#terms(place, t));
      case "@": {
        const terms = this.#terms(place, t);
        return terms.length === 1 ? terms[0] : shortened(...terms);
      }
      case "given":
        return shortened(...this.#handedDown(name, t));
      case "-":
        return difference(write(a), write(b));
      case "neg":
        return minus(write(a));
      case "*":
        return a === b ? square(write(a)) : times(write(a), write(b));
      case "/":
        return quotient(write(a), write(b));
      case "minimum":
        return extreme("min", write(a), write(b));
      case "maximum":
        return extreme("max", write(a), write(b));
      case "@T": {
        const error = /** @type {string} */ (this.cell.arrayAt.get(a));
        const vector = this.numbers.layerVector(this.of, error, t);
        const matrix = /** @type {string} */ (this.cell.operations[b].name);
        return this.numbers.row(vector, this.of, matrix, this.unit, t < 0 || t >= this.numbers.steps);
      }
      case "where_positive":
        return times(write(b), positive(write(a)));
      case "where_less":
        return times(write(c), indicator(write(a), "≤", write(b)));
      case "where_not_less":
        return times(write(c), indicator(write(a), ">", write(b)));
      default:
        return call(FUNCTION_SYMBOLS[op], write(a));
    }
  }

  /**
   * The terms of a sum, those of its own sums among them.
   * @param {number} place
   * @param {number} t
   * @returns {Expression[]}
   */
  #terms(place, t, top = true) {
    const { op, of = [], name = "" } = this.cell.operations[place];
    const isRecorded = this.cell.arrayAt.has(place) && !this.cell.writtenOut.has(place);
    if (isRecorded && !top) return [this.at(/** @type {string} */ (this.cell.arrayAt.get(place)), t)];
    if (op === "+") return of.flatMap((source) => this.#terms(source, t, false));
    if (op === "given") return this.#handedDown(name, t);
    // a network without biases has none
    if (op === "parameter" && !this.numbers.hasParameter(this.of, name)) return [];
    if (op !== "@") return [this.#written(place, t)];
    if (++this.parts > LONGEST) throw new TooLong();
    const source = this.cell.operations[of[0]];
    const matrix = /** @type {string} */ (this.cell.operations[of[1]].name);
    if (source.op === "x")
      return this.numbers.inputs(this.of, t).map((read) => this.numbers.column(read, this.of, matrix, this.unit));
    const isState = source.op === "state";
    const before = t - this.step;
    const vector = isState
      ? this.numbers.layerVector(this.of, source.name ?? "", before)
      : this.numbers.layerVector(this.of, /** @type {string} */ (this.cell.arrayAt.get(of[0])), t);
    const isFirst = isState && (before < 0 || before >= this.numbers.steps);
    return [this.numbers.column({ vector, from: 0 }, this.of, matrix, this.unit, isFirst)];
  }

  /**
   * ∂E by a state after a step: from the readout or the layer above, and from the step after.
   * @param {string} state
   * @param {number} t
   */
  #handedDown(state, t) {
    const after = t + this.step;
    const isLast = after < 0 || after >= this.numbers.steps;
    const { back } = /** @type {import("./types.d.ts").CellState} */ (
      this.cell.states.find(({ array }) => array === state)
    );
    const order = [...this.cell.parameters.keys()];
    const rank = (/** @type {Expression} */ term) =>
      term.kind === "dot" ? order.findIndex((name) => name === term.terms[0].factors[1].source?.array) : order.length;
    const terms = this.#terms(back, after, false).sort((one, other) => rank(one) - rank(other));
    // behind the last step nothing was recorded, and 0 / 0 would come back of it
    const felt = isLast ? terms.filter((term) => Number.isFinite(evaluate(term))) : terms;
    return [...(state === this.cell.output ? this.#fromAbove(t) : []), ...felt];
  }

  /** δ_y_t·W, or for each direction of the layer above its δ_t·V. @param {number} t @returns {Dot[]} */
  #fromAbove(t) {
    const { layers, hidden, output } = this.trace.specification;
    const { numbers, of } = this;
    const row = this.unit + (of.direction === "backward" ? hidden : 0);
    const after = t + this.step;
    if (of.layer === layers - 1) {
      if (output === "last step" && after >= 0 && after < numbers.steps) return [];
      return [numbers.row(numbers.outerVector("delta_y", t), null, "W", row)];
    }
    const matrices = [...this.cell.parameters.values()].filter(({ kind }) => kind === "x");
    return numbers
      .parts(of.layer + 1)
      .flatMap(({ of: above }) =>
        matrices.map(({ name, error }) => numbers.row(numbers.layerVector(above, error ?? "", t), above, name, row)),
      );
  }
}

/** [h > 0], which is 1 or 0. @param {Expression} a */
function positive(a) {
  if (a.kind !== "number") return indicator(a, ">", ZERO);
  return { ...constant(`[${a.name.symbol} > 0]`, Number(a.value > 0)), source: a.source };
}

/** Factors side by side, those of a factor among them. @param {Expression[]} factors */
const times = (...factors) =>
  product(...factors.flatMap((factor) => (factor.kind === "product" ? factor.factors : [factor])));

/** a + b + …, with its vector products written out if they are short together. @param {Expression[]} parts */
function shortened(...parts) {
  if (parts.length === 0) return ZERO;
  const terms = parts.reduce((n, part) => n + (part.kind === "dot" && expanded(part) ? part.terms.length : 0), 0);
  if (terms <= WRITTEN_OUT) return sum(...parts);
  return sum(...parts.map((part) => (part.kind === "dot" ? { ...part, collapsed: true } : part)));
}
