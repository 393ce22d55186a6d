/**
 * The formulas of `expression.js` in writing: as a line of text (that of `trace/explain/text.py`), and as MathML.
 *
 * @typedef {import("./expression.js").Expression} Expression
 * @typedef {import("./expression.js").NumberNode} NumberNode
 * @typedef {import("./expression.js").Dot} Dot
 * @typedef {import("./expression.js").Name} Name
 *
 * A formula in the order of writing.
 * @typedef {{kind: "operator" | "text", text: string}
 *         | {kind: "number", value: number, digits: number, source: Selection | null}
 *         | {kind: "name", name: Name, value: number, source: Selection | null}
 *         | {kind: "dot", dot: Dot}
 *         | {kind: "squared", of: Piece[]}
 *         | {kind: "fraction", over: Piece[], under: Piece[], inOneLine: Piece[]}} Piece
 */

import { cellData, math, set } from "./dom.js";
import { constant, evaluate, expanded } from "./expression.js";

/** @typedef {import("./types.d.ts").Selection} Selection */

/** An expression in symbols, or in numbers of so many digits. */
/** @param {Expression} expression @param {number | null} digits @returns {Piece[]} */
export function written(expression, digits) {
  /** @param {NumberNode} node @returns {Piece[]} */
  const leaf = ({ name, value, source }) =>
    digits === null ? [{ kind: "name", name, value, source }] : [{ kind: "number", value, digits, source }];
  /** @param {Piece[]} pieces @param {boolean} long */
  const enclosed = (pieces, long = false) => [text(long ? "( " : "("), ...pieces, text(long ? " )" : ")")];
  /** @param {Piece[]} pieces */
  const bracketed = (pieces) => (asText(pieces).startsWith("−") ? enclosed(pieces) : pieces);
  /** @param {Expression} node @returns {Piece[]} */
  const factor = (node) => {
    const pieces = written(node, digits);
    if (node.kind === "sum" || (node.kind === "dot" && (digits === null || expanded(node))))
      return enclosed(pieces, true);
    if (pieces.length === 1 && pieces[0].kind === "fraction")
      return [
        { ...pieces[0], inOneLine: node.kind === "quotient" ? enclosed(pieces[0].inOneLine) : pieces[0].inOneLine },
      ];
    return node.kind === "difference" ? enclosed(pieces) : bracketed(pieces);
  };
  /** @param {Expression} node @returns {Piece[]} */
  const tight = (node) => (["product", "square"].includes(node.kind) ? enclosed(factor(node)) : factor(node));
  /** @param {Expression} node @returns {Piece[]} */
  const added = (node) => {
    const pieces = written(node, digits);
    return ["number", "dot", "minus"].includes(node.kind) ? bracketed(pieces) : pieces;
  };
  /** @param {Piece[][]} factors */
  const multiplied = (factors) =>
    factors.reduce((before, next) => {
      const long = asText(before).endsWith(" )") || asText(next).startsWith("( ");
      return [...before, operator(long ? " · " : "·"), ...next];
    });

  switch (expression.kind) {
    case "number":
      return leaf(expression);
    case "dot":
      if (digits === null) return [{ kind: "dot", dot: expression }];
      if (!expanded(expression)) return leaf(constant("", evaluate(expression)));
      return joined(
        expression.terms.map((term) => multiplied(term.factors.map(factor))),
        " + ",
      );
    case "sum": {
      const [first, ...others] = expression.parts;
      return joined([written(first, digits), ...others.map(added)], " + ");
    }
    case "difference": {
      const { left, right } = expression;
      const subtracted = right.kind === "dot" && digits === null ? written(right, digits) : factor(right);
      return [...written(left, digits), operator(" − "), ...subtracted];
    }
    case "quotient": {
      const { left, right } = expression;
      const [over, under] = [left, right].map((of) => written(of, digits));
      return [{ kind: "fraction", over, under, inOneLine: [...factor(left), operator(" / "), ...tight(right)] }];
    }
    case "extreme": {
      const [one, other] = [expression.left, expression.right].map((of) => written(of, digits));
      return [text(expression.function), ...enclosed([...one, operator(", "), ...other])];
    }
    case "indicator": {
      if (digits !== null) return leaf(constant("", evaluate(expression)));
      const [one, other] = [expression.left, expression.right].map((of) => written(of, digits));
      return [text("["), ...one, operator(` ${expression.sign} `), ...other, text("]")];
    }
    case "minus":
      return [text("−"), ...factor(expression.of)];
    case "square":
      return [{ kind: "squared", of: tight(expression.of) }];
    case "product":
      return multiplied(expression.factors.map(factor));
    case "call": {
      const long = expression.argument.kind === "sum" || expression.argument.kind === "dot";
      return [text(expression.function), ...enclosed(written(expression.argument, digits), long)];
    }
  }
}

/** A formula's pieces as one line of text. @param {Piece[]} pieces @returns {string} */
export function asText(pieces) {
  return pieces
    .map((piece) => {
      switch (piece.kind) {
        case "number":
          return numberText(piece.value, piece.digits);
        case "name":
          return piece.name.symbol;
        case "dot":
          return piece.dot.symbol;
        case "squared":
          return `${asText(piece.of)}²`;
        case "fraction":
          return asText(piece.inOneLine);
        default:
          return piece.text;
      }
    })
    .join("");
}

/** A number with so many significant digits: 0.1765, −4.02, 1.2e−5. @param {number} value @param {number} digits */
export function numberText(value, digits) {
  return shortened(value, digits).replaceAll("-", "−");
}

/**
 * As Python's format "g" does, but for its leading zeros of an exponent.
 * @param {number} value
 * @param {number} digits
 */
function shortened(value, digits) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const [mantissa, exponent] = (value + 0).toExponential(digits - 1).split("e");
  const power = Number(exponent);
  /** @param {string} digits */
  const bare = (digits) => (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);
  if (power < -4 || power >= digits) return `${bare(mantissa)}e${power}`;
  return bare((value + 0).toFixed(Math.max(digits - 1 - power, 0)));
}

// MathML

/** The signs that stand above a letter, as characters of their own. @type {Record<string, string>} */
const SIGN_ABOVE = { "\u0303": "~", "\u0302": "^", "\u0304": "¯" };
const SIGNS = /([\u0302\u0303\u0304])/u;
/** The signs that a line may be broken before; short products and differences stay together. */
const BREAKING = [" + ", " · "];

/**
 * A formula's pieces as MathML: several `math` elements, between which a line may break.
 * @param {Piece[]} pieces
 * @returns {Element[]}
 */
export function asMathML(pieces) {
  /** @type {Piece[][]} */
  const groups = [[]];
  for (const piece of pieces) {
    if (piece.kind === "operator" && BREAKING.includes(piece.text)) groups.push([]);
    groups[groups.length - 1].push(piece);
  }
  return groups.filter((group) => group.length > 0).map((group) => element("math", ...group.flatMap(nodes)));
}

/** A name alone, for a heading. @param {Name} name */
export const nameMathML = (name) => element("math", nameNode(name));

/** @param {Piece} piece @returns {Element[]} */
function nodes(piece) {
  switch (piece.kind) {
    case "number":
      return [marked(numberNode(numberText(piece.value, piece.digits)), piece.value, piece.source)];
    case "name":
      return [marked(nameNode(piece.name), piece.value, piece.source)];
    case "dot":
      return [dotNode(piece.dot)];
    case "squared":
      return [element("msup", element("mrow", ...piece.of.flatMap(nodes)), leafNode("mn", "2"))];
    case "fraction":
      return [element("mfrac", ...[piece.over, piece.under].map((of) => element("mrow", ...of.flatMap(nodes))))];
    case "operator":
      return [leafNode("mo", piece.text.trim(), { form: "infix" })];
    default:
      return [leafNode(/[a-zA-Z]/.test(piece.text) ? "mi" : "mo", piece.text.trim())];
  }
}

/** @param {string} digits @returns {Element} */
function numberNode(digits) {
  const [mantissa, exponent] = digits.split("e");
  const sign = mantissa.startsWith("−") ? [leafNode("mo", "−", { form: "prefix" })] : [];
  const bare = leafNode("mn", mantissa.replace("−", ""));
  if (exponent === undefined) return element("mrow", ...sign, bare);
  const power = element("msup", leafNode("mn", "10"), numberNode(exponent));
  return element("mrow", ...sign, bare, leafNode("mo", "·"), power);
}

/** @param {Dot} dot */
function dotNode({ left, right, overTime }) {
  const sum = overTime ? [element("msub", leafNode("mo", "∑"), leafNode("mi", "t"))] : [];
  return element("mrow", ...sum, nameNode(left), ...(right ? [leafNode("mo", "·"), nameNode(right)] : []));
}

/** δ_{h_3}[5] @param {Name} name @returns {Element} */
function nameNode({ symbol, letter, mark, arrow, gate, layer, step, index, plain }) {
  if (plain) return leafNode(/^\d/.test(letter) || letter === "½" ? "mn" : "mtext", symbol);
  const [base, ...net] = letter.split("_");
  const [bare, sign] = base.normalize("NFD").split(SIGNS);
  let node = leafNode("mi", bare, [...bare].length > 1 ? { mathvariant: "normal" } : {});
  if (sign) node = element("mover", node, leafNode("mo", SIGN_ABOVE[sign]));
  if (arrow) node = element("mover", node, leafNode("mo", arrow));
  const below = [...net, ...(gate ? [gate] : []), ...(step === undefined ? [] : [`${step}`])];
  const sub = below.length > 0 ? leafNode("mtext", below.join(",")) : null;
  if (layer !== undefined) {
    const sup = leafNode("mtext", `(${layer + 1})`);
    node = sub ? element("msubsup", node, sub, sup) : element("msup", node, sup);
  } else if (sub) {
    node = element("msub", node, sub);
  }
  if (mark === "δ") {
    const inner = element("mstyle", node);
    inner.setAttribute("scriptlevel", "1");
    node = element("msub", leafNode("mi", "δ"), inner);
  } else if (mark) {
    node = element("mrow", leafNode("mi", mark, { mathvariant: "normal" }), node);
  }
  return index === undefined ? node : element("mrow", node, leafNode("mtext", `[${index}]`));
}

/**
 * An element that leads to the cell that its number came from.
 * @param {Element} node
 * @param {number} value
 * @param {Selection | null} source
 */
function marked(node, value, source) {
  if (source) set(node, { class: "leads", ...cellData(source, value) });
  return node;
}

/** @param {string} name @param {Element[]} children */
const element = (name, ...children) => math(name, {}, ...children);

/** @param {string} name @param {string} content @param {Record<string, string>} attributes */
const leafNode = (name, content, attributes = {}) => math(name, attributes, content);

/** @param {string} sign @returns {Piece} */
const operator = (sign) => ({ kind: "operator", text: sign });
/** @param {string} content @returns {Piece} */
const text = (content) => ({ kind: "text", text: content });

/** @param {Piece[][]} groups @param {string} sign */
const joined = (groups, sign) => groups.reduce((before, next) => [...before, operator(sign), ...next]);
