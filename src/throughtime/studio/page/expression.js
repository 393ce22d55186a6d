/**
 * Formulas with their numbers: the expression tree of `trace/explain/formula.py`, for the page.
 *
 * The leaves hold the numbers that were recorded in a Trace, each with the cell that it came from. They are shown with
 * as many digits as it takes for the shown result to follow from the shown numbers.
 *
 * @typedef {import("./types.d.ts").Selection} Selection
 *
 * A name as `numbers.js` makes it: `symbol` as text, the rest to write it in MathML.
 * @typedef {{symbol: string, letter: string, mark?: "δ" | "∂" | "∇", arrow?: "→" | "←", gate?: string, layer?: number,
 *            step?: number | string, index?: string, plain?: boolean}} Name a `plain` one has no parts
 * @typedef {{kind: "number", name: Name, value: number, source: Selection | null}} NumberNode
 * @typedef {{factors: NumberNode[]}} Term
 * @typedef {{kind: "dot", left: Name, right: Name | null, symbol: string, terms: Term[], collapsed: boolean,
 *            overTime?: boolean}} Dot a sum of products; over the steps of time if `overTime`
 * @typedef {{kind: "sum", parts: Expression[]}} Sum
 * @typedef {{kind: "difference", left: Expression, right: Expression}} Difference
 * @typedef {{kind: "minus", of: Expression}} Minus
 * @typedef {{kind: "square", of: Expression}} Square
 * @typedef {{kind: "product", factors: Expression[]}} Product
 * @typedef {{kind: "call", function: string, argument: Expression}} Call
 * @typedef {{kind: "quotient", left: Expression, right: Expression}} Quotient
 * @typedef {{kind: "extreme", function: "min" | "max", left: Expression, right: Expression}} Extreme
 * @typedef {{kind: "indicator", left: Expression, sign: ">" | "≤", right: Expression}} Indicator 1 or 0
 * @typedef {NumberNode | Dot | Sum | Difference | Minus | Square | Product | Quotient | Extreme | Indicator
 *           | Call} Expression
 * @typedef {{name: NumberNode, expression: Expression, backward: boolean}} Formula
 */

/** A vector product of at most this many terms is written out; a longer one is shown as its value. */
const EXPANDED = 4;
const FEWEST_DIGITS = 3;
const MOST_DIGITS = { float64: 17, float32: 9 };

/** @type {Record<string, (net: number) => number>} */
export const FUNCTIONS = {
  S: sigmoid,
  tanh: Math.tanh,
  relu: (net) => Math.max(net, 0),
  softplus: (net) => Math.max(net, 0) + Math.log1p(Math.exp(-Math.abs(net))),
  exp: (net) => Math.exp(Math.min(net, 709)),
  "ln S": (net) => Math.min(net, 0) - Math.log1p(Math.exp(-Math.abs(net))),
};

/** The operations of a cell on numbers of one unit. @type {Record<string, (...of: number[]) => number>} */
export const ARITHMETIC = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  neg: (a) => -a,
  minimum: Math.min,
  maximum: Math.max,
  where_positive: (a, v) => (a > 0 ? v : 0),
  where_less: (a, b, v) => (a <= b ? v : 0),
  where_not_less: (a, b, v) => (a <= b ? 0 : v),
  sigmoid,
  tanh: Math.tanh,
  relu: FUNCTIONS.relu,
  exp: Math.exp,
  softplus: FUNCTIONS.softplus,
};

/** S(net) = 1 / (1 + exp(−net)) without overflow. @param {number} net */
export function sigmoid(net) {
  const small = Math.exp(-Math.abs(net));
  return (net >= 0 ? 1 : small) / (1 + small);
}

/**
 * A number that has no cell; its symbol stands as it is.
 * @param {string} symbol
 * @param {number} value
 * @returns {NumberNode}
 */
export const constant = (symbol, value) => ({
  kind: "number",
  name: { symbol, letter: symbol, plain: true },
  value,
  source: null,
});
/** @param {Expression[]} parts @returns {Sum} */
export const sum = (...parts) => ({ kind: "sum", parts });
/** @param {Expression[]} factors @returns {Product} */
export const product = (...factors) => ({ kind: "product", factors });
/** @param {Expression} left @param {Expression} right @returns {Difference} */
export const difference = (left, right) => ({ kind: "difference", left, right });
/** @param {Expression} of @returns {Minus} */
export const minus = (of) => ({ kind: "minus", of });
/** @param {Expression} of @returns {Square} */
export const square = (of) => ({ kind: "square", of });
/** @param {string} name @param {Expression} argument @returns {Call} */
export const call = (name, argument) => ({ kind: "call", function: name, argument });
/** @param {Expression} left @param {Expression} right @returns {Quotient} */
export const quotient = (left, right) => ({ kind: "quotient", left, right });
/** @param {"min" | "max"} name @param {Expression} left @param {Expression} right @returns {Extreme} */
export const extreme = (name, left, right) => ({ kind: "extreme", function: name, left, right });
/** @param {Expression} left @param {">" | "≤"} sign @param {Expression} right @returns {Indicator} */
export const indicator = (left, sign, right) => ({ kind: "indicator", left, sign, right });
export const ZERO = constant("0", 0);
export const ONE = constant("1", 1);
export const HALF = constant("½", 0.5);

/** Whether a vector product's terms are written out. @param {Dot} dot */
export const expanded = (dot) => dot.terms.length <= EXPANDED && !dot.collapsed;

/** @param {Term} term */
export const termValue = (term) => term.factors.reduce((value, factor) => value * factor.value, 1);

/** The expressions that one is made of. @param {Expression} expression @returns {Expression[]} */
export function partsOf(expression) {
  switch (expression.kind) {
    case "sum":
      return expression.parts;
    case "difference":
    case "quotient":
    case "extreme":
    case "indicator":
      return [expression.left, expression.right];
    case "minus":
    case "square":
      return [expression.of];
    case "product":
      return expression.factors;
    case "call":
      return [expression.argument];
    default:
      return [];
  }
}

/** Every vector product in an expression. @param {Expression} expression @returns {Dot[]} */
export function dotsOf(expression) {
  return expression.kind === "dot" ? [expression] : partsOf(expression).flatMap(dotsOf);
}

/**
 * Every number in an expression, those of its vector products too.
 * @param {Expression} expression
 * @returns {NumberNode[]}
 */
export function numbersOf(expression) {
  if (expression.kind === "number") return [expression];
  if (expression.kind === "dot") return expression.terms.flatMap((term) => term.factors);
  return partsOf(expression).flatMap(numbersOf);
}

/**
 * The value of an expression of which every number that is shown is first `rounded`.
 * @param {Expression} expression
 * @param {(value: number) => number} rounded
 * @returns {number}
 */
export function evaluate(expression, rounded = Number) {
  /** @param {Expression} of */
  const value = (of) => evaluate(of, rounded);
  switch (expression.kind) {
    case "number":
      return rounded(expression.value);
    case "dot":
      return expanded(expression)
        ? expression.terms.reduce((total, term) => total + term.factors.reduce((v, f) => v * rounded(f.value), 1), 0)
        : rounded(expression.terms.reduce((total, term) => total + termValue(term), 0));
    case "sum":
      return expression.parts.reduce((total, part) => total + value(part), 0);
    case "difference":
      return value(expression.left) - value(expression.right);
    case "quotient":
      return value(expression.left) / value(expression.right);
    case "indicator": {
      const isGreater = value(expression.left) > value(expression.right);
      return Number(expression.sign === ">" ? isGreater : !isGreater);
    }
    case "extreme":
      return Math[expression.function](value(expression.left), value(expression.right));
    case "minus":
      return -value(expression.of);
    case "square":
      return value(expression.of) ** 2;
    case "product":
      return expression.factors.reduce((v, factor) => v * value(factor), 1);
    case "call":
      return FUNCTIONS[expression.function](value(expression.argument));
  }
}

/** The value with so many significant digits. @param {number} value @param {number} digits */
export const roundTo = (value, digits) => Number(value.toPrecision(digits));

/**
 * The least number of digits from which every result that is wanted follows.
 * @param {{shown: (digits: number) => number, value: number, digits: number}[]} wanted
 *   numbers of n digits give shown(n), which has to be the value in `digits` digits
 * @param {number} most
 */
function enoughDigits(wanted, most) {
  let best = { number: most, failing: Infinity, off: Infinity };
  for (let number = FEWEST_DIGITS; number <= most; number++) {
    const shown = wanted.map(({ shown, value, digits }) => ({ got: shown(number), value, digits }));
    const failing = shown.filter(
      ({ got, value, digits }) => !Object.is(roundTo(got, digits) + 0, roundTo(value, digits) + 0),
    );
    if (failing.length === 0) return number;
    const off = failing.reduce((total, { got, value }) => total + Math.abs(got - value), 0);
    // of a float32 sum the last digit may be out of reach: its own rounding shows
    if (failing.length < best.failing || (failing.length === best.failing && off < best.off)) {
      best = { number, failing: failing.length, off };
    }
  }
  return best.number;
}

/**
 * The right sides of a formula: in symbols, in numbers, perhaps f(net), and the value.
 *
 * The numbers have as many digits as it takes for the value, of `digits`, to follow from them.
 * @param {Formula} formula
 * @param {number} digits of the value
 * @param {"float64" | "float32"} dtype
 * @returns {{expression: Expression, digits: number | null}[]} digits is null for symbols
 */
export function linesOf({ name, expression }, digits, dtype) {
  const most = MOST_DIGITS[dtype];
  /** @param {Expression} of */
  const shownOf = (of) => (/** @type {number} */ n) => evaluate(of, (value) => roundTo(value, n));
  const wanted = [{ shown: shownOf(expression), value: name.value, digits }];
  /** @type {{expression: Expression, digits: number | null}[]} */
  const ends = [{ expression: constant("", name.value), digits }];
  if (expression.kind === "call" && (expression.argument.kind === "sum" || expression.argument.kind === "dot")) {
    // S( sum ) = S(net) = value: both follow from the sum, and the value from the net input
    const { function: f, argument } = expression;
    const net = evaluate(argument);
    const netDigits = enoughDigits([{ shown: (n) => FUNCTIONS[f](roundTo(net, n)), value: name.value, digits }], most);
    wanted.push({ shown: shownOf(argument), value: net, digits: netDigits });
    ends.unshift({ expression: call(f, constant("", net)), digits: netDigits });
  }
  return [{ expression, digits: null }, { expression, digits: enoughDigits(wanted, most) }, ...ends];
}
