/**
 * The formula of any cell of a Trace: those of `cells/` and `losses.py`, for a single number (see docs/math.md).
 *
 * It says the same as `explain/unit.py`, and more cells have one: net_h, d_h of an Elman cell, the parameters.
 *
 * @typedef {import("./expression.js").Expression} Expression
 * @typedef {import("./expression.js").Formula} Formula
 * @typedef {import("./expression.js").NumberNode} NumberNode
 * @typedef {import("./expression.js").Dot} Dot
 */

import { ONE, call, constant, difference, expanded, product, square, sum } from "./expression.js";
import { gradientFormula } from "./gradient_formula.js";
import { DELTAS, LAYER_ARRAYS, Numbers, OUTER_ARRAYS, isParameter, isTimeless, layerOf, stepsOf } from "./numbers.js";
import { outputFormula } from "./output_formula.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").LayerJSON} LayerJSON */
/** @typedef {import("./types.d.ts").Selection} Selection */

/** If the vector products of a sum have more terms than this to be written out, none of them is. */
const WRITTEN_OUT = 8;

const ACTIVATIONS = { sigmoid: "S", tanh: "tanh", relu: "relu" };

/**
 * The formula of the selected number; null for one that is given, not computed (x, d, an initial state), or does not
 * exist. Of a parameter it is the formula of its gradient.
 * @param {TraceJSON} trace
 * @param {Selection} selection
 * @returns {Formula | null}
 */
export function formula(trace, selection) {
  if (isParameter(trace, selection)) return gradientFormula(trace, selection);
  if (!exists(trace, selection)) return null;
  const { array, layer, direction, t, unit } = selection;
  if (OUTER_ARRAYS.includes(array)) return outputFormula(new Numbers(trace), array, t, unit);
  return new Unit(trace, layerOf(trace, layer, direction), t, unit).formula(array);
}

/** Whether there is a cell of that name and place. @param {TraceJSON} trace @param {Selection} selection */
export function exists(trace, { array, layer, direction, t, unit }) {
  const { cell, hidden, inputs, outputs, layers } = trace.specification;
  if (t < 0 || t >= stepsOf(trace) || unit < 0) return false;
  if (isTimeless(trace, array) && t !== stepsOf(trace) - 1) return false;
  if (OUTER_ARRAYS.includes(array)) {
    return unit < (array === "x" ? inputs : ["error", "mask"].includes(array) ? 1 : outputs);
  }
  const directed = direction === "forward" || trace.specification.bidirectional;
  return LAYER_ARRAYS[cell].includes(array) && directed && layer >= 0 && layer < layers && unit < hidden;
}

/** A unit of a layer and direction at a step; the step before and the one after are those in the order of reading. */
class Unit {
  /** @param {TraceJSON} trace @param {LayerJSON} of @param {number} t @param {number} unit */
  constructor(trace, of, t, unit) {
    this.trace = trace;
    this.numbers = new Numbers(trace, of);
    this.of = of;
    this.t = t;
    this.unit = unit;
    const step = of.direction === "forward" ? 1 : -1;
    this.before = t - step;
    this.after = t + step;
    this.first = this.before === -1 || this.before === this.numbers.steps;
    this.last = this.after === -1 || this.after === this.numbers.steps;
  }

  /** @param {string} array @returns {Formula} */
  formula(array) {
    const expression = { elman: this.elman, lstm: this.lstm, gru: this.gru }[this.trace.specification.cell].call(
      this,
      array,
    );
    return { name: this.at(array), expression, backward: /^(d|delta)_/.test(array) };
  }

  /** @param {string} array @returns {Expression} */
  elman(array) {
    const { activation } = this.trace.specification;
    switch (array) {
      case "net_h":
        return this.netInput(0);
      case "h":
        return call(ACTIVATIONS[activation], this.netInput(0));
      case "d_h":
        return this.errorOfState();
      default:
        return product(this.errorOfState(), ...this.slope(activation));
    }
  }

  /** f′(net) by the value of f. @param {"sigmoid" | "tanh" | "relu"} activation @returns {Expression[]} */
  slope(activation) {
    const h = this.at("h");
    if (activation === "sigmoid") return [h, difference(ONE, h)];
    if (activation === "tanh") return [difference(ONE, square(h))];
    return [{ ...constant(`[${h.name.symbol} > 0]`, Number(h.value > 0)), source: h.source }];
  }

  /** @param {string} array @returns {Expression} */
  lstm(array) {
    /** @param {string} name @param {number} [t] */
    const at = (name, t) => this.at(name, t);
    const tanhC = () => call("tanh", at("C"));
    switch (array) {
      case "i":
        return call("S", this.netInput(0));
      case "f":
        return call("S", this.netInput(1));
      case "C_tilde":
        return call("tanh", this.netInput(2));
      case "C":
        return sum(product(at("f"), at("C", this.before)), product(at("i"), at("C_tilde")));
      case "o":
        return call("S", this.netInput(3));
      case "h":
        return product(at("o"), tanhC());
      case "d_h":
        return this.errorOfState();
      case "delta_o":
        return product(at("d_h"), tanhC(), at("o"), difference(ONE, at("o")));
      case "d_C":
        return sum(
          product(at("d_h"), at("o"), difference(ONE, square(tanhC()))),
          product(at("d_C", this.after), at("f", this.after)),
        );
      case "delta_f":
        return product(at("d_C"), at("C", this.before), at("f"), difference(ONE, at("f")));
      case "delta_i":
        return product(at("d_C"), at("C_tilde"), at("i"), difference(ONE, at("i")));
      default:
        return product(at("d_C"), at("i"), difference(ONE, square(at("C_tilde"))));
    }
  }

  /** @param {string} array @returns {Expression} */
  gru(array) {
    /** @param {string} name @param {number} [t] */
    const at = (name, t) => this.at(name, t);
    /** @param {string} symbol */
    const bias = (symbol) => this.numbers.bias(this.of, symbol, 2, this.unit);
    switch (array) {
      case "r":
        return call("S", this.netInput(0));
      case "z":
        return call("S", this.netInput(1));
      case "q":
        return sum(this.fromState(2), ...bias("c"));
      case "n":
        return call("tanh", shortened(...this.fromInputs(2), ...bias("b"), product(at("r"), at("q"))));
      case "h":
        return sum(product(difference(ONE, at("z")), at("n")), product(at("z"), at("h", this.before)));
      case "d_h":
        return this.errorOfState();
      case "delta_z":
        return product(at("d_h"), difference(at("h", this.before), at("n")), at("z"), difference(ONE, at("z")));
      case "delta_n":
        return product(at("d_h"), difference(ONE, at("z")), difference(ONE, square(at("n"))));
      case "delta_r":
        return product(at("delta_n"), at("q"), at("r"), difference(ONE, at("r")));
      default:
        return product(at("delta_n"), at("r"));
    }
  }

  /** This unit's number, at its own step if not said otherwise. @param {string} array @param {number} t */
  at(array, t = this.t) {
    return this.numbers.layer(this.of, array, t, this.unit);
  }

  /** x_t·V + h_{t−1}·U + b @param {number} gate */
  netInput(gate) {
    return shortened(
      ...this.fromInputs(gate),
      this.fromState(gate),
      ...this.numbers.bias(this.of, "b", gate, this.unit),
    );
  }

  /** x_t·V, or that of each direction of the layer below. @param {number} gate */
  fromInputs(gate) {
    return this.numbers.inputs(this.of, this.t).map((read) => this.numbers.column(read, this.of, "V", gate, this.unit));
  }

  /** h_{t−1}·U @param {number} gate */
  fromState(gate) {
    const vector = this.numbers.layerVector(this.of, "h", this.before);
    return this.numbers.column({ vector, from: 0 }, this.of, "U", gate, this.unit, this.first);
  }

  /** ∂E/∂h_t: from the readout or the layer above, and from the step after. */
  errorOfState() {
    const { cell } = this.trace.specification;
    /** @type {Expression[]} */
    const back = DELTAS[cell].map((delta, gate) => {
      const vector = this.numbers.layerVector(this.of, delta === "delta_n" ? "delta_q" : delta, this.after);
      return this.numbers.row(vector, this.of, "U", gate, this.unit, this.last);
    });
    if (cell === "gru") back.push(product(this.at("d_h", this.after), this.at("z", this.after)));
    return shortened(...this.fromAbove(), ...back);
  }

  /** δ_y_t·W, or for each direction of the layer above its δ_t·V. @returns {Dot[]} */
  fromAbove() {
    const { cell, layers, hidden, output } = this.trace.specification;
    const { numbers, of, t } = this;
    const row = this.unit + (of.direction === "backward" ? hidden : 0);
    if (of.layer === layers - 1) {
      if (output === "last step" && !this.last) return [];
      return [numbers.row(numbers.outerVector("delta_y", t), null, "W", 0, row)];
    }
    return numbers
      .parts(of.layer + 1)
      .flatMap(({ of: above }) =>
        DELTAS[cell].map((delta, gate) => numbers.row(numbers.layerVector(above, delta, t), above, "V", gate, row)),
      );
  }
}

/** a + b + …, with its vector products written out if they are short together. @param {Expression[]} parts */
function shortened(...parts) {
  const terms = parts.reduce((n, part) => n + (part.kind === "dot" && expanded(part) ? part.terms.length : 0), 0);
  if (terms <= WRITTEN_OUT) return sum(...parts);
  return sum(...parts.map((part) => (part.kind === "dot" ? { ...part, collapsed: true } : part)));
}
