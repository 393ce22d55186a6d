/**
 * The formulas of one output at one step: the readout, the loss and δ_y, as in `weights/losses.py` and
 * `trace/explain/output.py`.
 *
 * @typedef {import("./expression.js").Expression} Expression
 * @typedef {import("./expression.js").Formula} Formula
 * @typedef {import("./expression.js").NumberNode} NumberNode
 * @typedef {import("./expression.js").Dot} Dot
 * @typedef {import("./numbers.js").Numbers} Numbers
 */

import { HALF, ONE, call, constant, difference, minus, product, square, sum } from "./expression.js";

/**
 * @param {Numbers} numbers
 * @param {string} array net_y, y, error or delta_y; what is given (x, d, mask) has no formula
 * @param {number} t
 * @param {number} k the output
 * @returns {Formula | null}
 */
export function outputFormula(numbers, array, t, k) {
  const { readout } = numbers.trace.specification;
  switch (array) {
    case "net_y":
      return { name: numbers.outer("net_y", t, k), expression: netInput(numbers, t, k), backward: false };
    case "y": {
      const softmax = () => call("exp", difference(numbers.outer("net_y", t, k), logSum(numbers, t)));
      const net = () => netInput(numbers, t, k);
      const expression = { sigmoid: () => call("S", net()), identity: net, softmax }[readout]();
      return { name: numbers.outer("y", t, k), expression, backward: false };
    }
    case "error":
      return {
        name: numbers.outer("error", t),
        expression: times(weight(numbers, t), error(numbers, t)),
        backward: false,
      };
    case "delta_y":
      return {
        name: numbers.outer("delta_y", t, k),
        expression: times(weight(numbers, t), ...delta(numbers, t, k)),
        backward: true,
      };
    default:
      return null;
  }
}

/** h_t·W + b_y @param {Numbers} numbers @param {number} t @param {number} k */
function netInput(numbers, t, k) {
  const read = numbers.read(t).map((part) => numbers.column(part, null, "W", k));
  return sum(...read, ...numbers.biasOfOutput(k));
}

/** The weight of the step in the loss, where it is not 1. @param {Numbers} numbers @param {number} t */
function weight(numbers, t) {
  const mask = numbers.outer("mask", t);
  return mask.value === 1 ? [] : [mask];
}

/** E_t before its weight. @param {Numbers} numbers @param {number} t @returns {Expression} */
function error(numbers, t) {
  const { loss } = numbers.trace.specification;
  const ds = numbers.outerVector("d", t);
  if (loss === "squared") {
    const squares = numbers.outerVector("y", t).numbers.map((y, k) => square(difference(y, ds.numbers[k])));
    return product(HALF, squares.length > 1 ? sum(...squares) : squares[0]);
  }
  const nets = numbers.outerVector("net_y", t);
  if (loss === "binary_cross_entropy") {
    // 1 − S(net) = S(−net)
    const parts = nets.numbers.flatMap((net, k) => [
      product(ds.numbers[k], call("ln S", net)),
      product(difference(ONE, ds.numbers[k]), call("ln S", minus(net))),
    ]);
    return minus(sum(...parts));
  }
  // −Σ d ln y = Σd · ln Σ exp(net) − d·net
  /** @type {Dot} */
  const products = {
    kind: "dot",
    left: ds.name,
    right: nets.name,
    symbol: `${ds.name.symbol}·${nets.name.symbol}`,
    terms: ds.numbers.map((d, k) => ({ factors: [d, nets.numbers[k]] })),
    collapsed: false,
  };
  return difference(times(total(numbers, t), logSum(numbers, t)), products);
}

/**
 * The factors of δ_y before its weight.
 * @param {Numbers} numbers
 * @param {number} t
 * @param {number} k
 * @returns {Expression[]}
 */
function delta(numbers, t, k) {
  const { loss, readout } = numbers.trace.specification;
  const y = numbers.outer("y", t, k);
  const d = numbers.outer("d", t, k);
  if (loss === "cross_entropy") return [difference(times(total(numbers, t), y), d)];
  if (loss === "binary_cross_entropy" || readout === "identity") return [difference(y, d)];
  if (readout === "sigmoid") return [difference(y, d), y, difference(ONE, y)];
  const ds = numbers.outerVector("d", t).numbers;
  const along = sum(...numbers.outerVector("y", t).numbers.map((a, j) => product(difference(a, ds[j]), a)));
  return [y, difference(difference(y, d), along)];
}

/** Σd in a list, which is empty if it is 1, as of a class. @param {Numbers} numbers @param {number} t */
function total(numbers, t) {
  const ds = numbers.outerVector("d", t);
  const value = ds.numbers.reduce((all, d) => all + d.value, 0);
  return value === 1 ? [] : [constant(`Σ${ds.name.symbol}`, value)];
}

/** ln Σ exp(net_y) @param {Numbers} numbers @param {number} t */
function logSum(numbers, t) {
  const nets = numbers.outerVector("net_y", t);
  const highest = Math.max(...nets.numbers.map((net) => net.value));
  const value = highest + Math.log(nets.numbers.reduce((all, net) => all + Math.exp(net.value - highest), 0));
  return constant(`ln Σ exp(${nets.name.symbol})`, value);
}

/** @param {NumberNode[]} factors @param {Expression[]} others @returns {Expression} */
function times(factors, ...others) {
  const together = [...factors, ...others];
  return together.length === 1 ? together[0] : product(...together);
}
