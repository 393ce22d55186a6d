/**
 * The inspector: the formula of the selected number with its own numbers, forward and backward, and its sum as a
 * table.
 */
import { described } from "./cell.js";
import { built, cellData, el, selectionAt, write } from "./dom.js";
import { numbersOf } from "./expression.js";
import { exists, formula } from "./formula.js";
import { formulaLines } from "./formula_lines.js";
import { stepTerms } from "./gradient_formula.js";
import { asMathML, nameMathML, written } from "./mathml.js";
import { Numbers, OUTER_ARRAYS, isParameter, layerOf, parameterName } from "./numbers.js";
import { redraw, waits } from "./redraw.js";
import { format } from "./scales.js";
import { keyOf, summands } from "./terms.js";
import { words } from "./words.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */
/** @typedef {import("./types.d.ts").Selection} Selection */
/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./expression.js").Expression} Expression */
/** @typedef {import("./expression.js").Formula} Formula */
/** @typedef {import("./expression.js").NumberNode} NumberNode */
/** @typedef {import("./terms.js").Summand} Summand */

/** The most terms that a table shows at once. */
const SHOWN_TERMS = 40;
/** Significant digits of a formula's result. */
const DIGITS = 4;

const OUTER_PARTNERS = /** @type {Record<string, string>} */ ({ net_y: "delta_y", y: "delta_y", delta_y: "y" });

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function inspector(root, view, act) {
  const { trace, selection, frame } = view;
  if (waits(root, view) && root.dataset.cell === (selection ? keyOf(selection) : "")) return;
  redraw(root, [trace, frame.update, selection && keyOf(selection)], () => {
    root.dataset.cell = selection ? keyOf(selection) : "";
    const { body, status } = built(root, "inspector", () => build(root, act));
    const scrolled = [...body.querySelectorAll(".terms-scroll")].map((box) => box.scrollTop);
    body.replaceChildren(
      ...(selection
        ? inspected(view, selection)
        : [
            el(
              "p",
              { class: "empty" },
              "Click a cell of the picture, or reach it with the arrow keys and press Enter.",
            ),
          ]),
    );
    body.querySelectorAll(".terms-scroll").forEach((box, k) => (box.scrollTop = scrolled[k] ?? 0));
    if (!frame.running)
      write(
        status,
        selection
          ? `${words(trace, selection)}: ${body.querySelector("[data-value]")?.textContent ?? "no such cell"}`
          : "",
      );
  });
}

/** @param {HTMLElement} root @param {Actions} act */
function build(root, act) {
  const status = el("p", { class: "unseen", role: "status" });
  const body = el("div", { class: "inspector" });
  root.append(
    el(
      "p",
      { class: "how" },
      "The formula of one number: in symbols, then with its own numbers. Click any of them to go where it came from.",
    ),
    status,
    body,
  );
  const sourceAt = (/** @type {EventTarget | null} */ target) =>
    target instanceof Element && target.closest("button, .leads") ? selectionAt(target) : null;
  body.addEventListener("pointerover", ({ target }) => act.hover(sourceAt(target)));
  body.addEventListener("pointerleave", () => act.hover(null));
  body.addEventListener("click", ({ target }) => {
    const more = target instanceof Element && target.closest(".more-terms");
    if (more) showAll(more);
    const source = sourceAt(target);
    if (source) act.select(source);
  });
  return { status, body };
}

/** @param {View} view @param {Selection} selection @returns {HTMLElement[]} */
function inspected({ trace, frame }, selection) {
  const found = formula(trace, selection);
  if (!found) return given(trace, selection);
  if (isParameter(trace, selection))
    return [
      ...parameterSection(trace, selection, frame.update),
      ...section(trace, found, "its gradient: the sum of one term a step"),
    ];
  const partner = partnerOf(trace, selection);
  const other = partner && formula(trace, partner);
  const main = section(trace, found, words(trace, selection), true);
  return other && partner ? [...main, el("hr"), ...section(trace, other, words(trace, partner))] : main;
}

/** @param {TraceJSON} trace @param {Selection} selection @returns {Selection | null} */
function partnerOf(trace, selection) {
  const cell = described(trace);
  const ahead = [...cell.values.values()].filter(({ array, error }) =>
    [cell.partners.get(array), error].includes(selection.array),
  );
  const shown = ahead.find(({ array }) => !cell.isWrittenOut(array)) ?? ahead[0];
  const array = OUTER_PARTNERS[selection.array] ?? cell.partners.get(selection.array) ?? shown?.array;
  return array ? { ...selection, array } : null;
}

/**
 * A number that is given, not computed.
 * @param {TraceJSON} trace
 * @param {Selection} selection
 * @returns {HTMLElement[]}
 */
function given(trace, selection) {
  const number = givenNumber(trace, selection);
  if (!number && described(trace).has(selection.array) && exists(trace, selection)) return tooLong(trace, selection);
  if (!number) return [el("p", { class: "empty" }, "This network has no such cell.")];
  return [
    heading(number, words(trace, selection), true),
    el(
      "p",
      { class: "note" },
      selection.array === "d" ? "It is given: the target of the output." : "It is given, not computed.",
    ),
  ];
}

/**
 * A number whose formula has too many parts.
 * @param {TraceJSON} trace
 * @param {Selection} selection
 * @returns {HTMLElement[]}
 */
function tooLong(trace, selection) {
  const of = layerOf(trace, selection.layer, selection.direction);
  const number = new Numbers(trace, of).layer(of, selection.array, selection.t, selection.unit);
  const note = "Its formula is too long to be written here; names for parts of it in the cell's step would shorten it.";
  return [heading(number, words(trace, selection), true), el("p", { class: "note" }, note)];
}

/** @param {TraceJSON} trace @param {Selection} selection @returns {NumberNode | null} */
function givenNumber(trace, { array, layer, direction, t, unit }) {
  const of = layerOf(trace, layer, direction);
  const state = described(trace).initialOf(array);
  if (state) return of?.[array][0][unit] === undefined ? null : new Numbers(trace, of).layer(of, state.array, t, unit);
  if (!OUTER_ARRAYS.includes(array) || !exists(trace, { array, layer, direction, t, unit })) return null;
  return new Numbers(trace).outer(array, t, array === "mask" ? null : unit);
}

/**
 * @param {TraceJSON} trace
 * @param {Selection} selection
 * @param {Record<string, any> | null} update
 * @returns {HTMLElement[]}
 */
function parameterSection(trace, selection, update) {
  const name = parameterName(trace, selection);
  const entry = (/** @type {any} */ values) => /** @type {number} */ (values[name].flat()[selection.unit]);
  const facts = el("dl", { class: "facts" }, el("dt", {}, "value"), datum(selection, entry(trace.parameters)));
  if (update) facts.append(el("dt", {}, "last update"), el("dd", {}, signed(entry(update))));
  return [el("h3", { tabindex: -1, class: "inspector-title" }, words(trace, selection)), facts];
}

/** @param {Selection} selection @param {number} value */
const datum = (selection, value) => el("dd", cellData(selection, value), format(value, 6));

/** @param {number} value */
const signed = (value) => (value > 0 ? "+" : "") + format(value);

/** @param {NumberNode} number @param {string} title @param {boolean} main */
function heading(number, title, main) {
  const value = el("strong", number.source ? cellData(number.source, number.value) : {}, format(number.value, 6));
  const line = el("p", { class: "inspector-value" }, nameMathML(number.name), " = ", value);
  return el("header", {}, el("h3", main ? { tabindex: -1, class: "inspector-title" } : {}, title), line);
}

/**
 * A formula: its lines, and its sum as a table.
 * @param {TraceJSON} trace
 * @param {Formula} formula
 * @param {string} title
 * @returns {HTMLElement[]}
 */
function section(trace, formula, title, main = false) {
  return [
    el(
      "div",
      { class: `formula ${formula.backward ? "backward" : "forward"}` },
      heading(formula.name, title, main),
      ...formulaLines(formula, trace.specification.dtype),
    ),
    ...termsTable(trace, formula),
  ];
}

/** @param {TraceJSON} trace @param {Formula} formula @returns {HTMLElement[]} */
function termsTable(trace, formula) {
  const rows = summands(formula);
  const inTable = new Set(
    rows.flatMap(({ factors }) => factors.flatMap(numbersOf)).map(({ source }) => source && keyOf(source)),
  );
  const beside = new Map(
    numbersOf(formula.expression)
      .filter(({ source }) => source && !inTable.has(keyOf(source)))
      .map((node) => [node.name.symbol, node]),
  );
  const steps =
    formula.expression.kind === "dot" && formula.expression.overTime && formula.name.source
      ? stepTerms(trace, formula.name.source)
      : null;
  const found = [];
  if (rows.length > 0) {
    const total = rows.reduce((sum, { value }) => sum + value, 0);
    const caption = steps ? `What each of the ${rows.length} steps adds` : `The ${rows.length} terms of the sum`;
    const body = rows.slice(0, SHOWN_TERMS).map(row);
    if (rows.length > SHOWN_TERMS) {
      const others = rows.slice(SHOWN_TERMS);
      const rest = others.reduce((sum, { value }) => sum + value, 0);
      const more = el("button", { type: "button", class: "more-terms" }, `show the other ${others.length}`);
      HIDDEN_TERMS.set(more, others);
      body.push(
        el(
          "tr",
          {},
          el("td", {}, more),
          el("td", { class: "term-value", "data-value": String(rest) }, format(rest, DIGITS)),
          el("td"),
        ),
      );
    }
    found.push(
      el(
        "details",
        { open: true, class: "terms" },
        el("summary", {}, `${caption}, the greatest first`),
        el(
          "div",
          { class: "terms-scroll", tabindex: 0, role: "region", "aria-label": caption },
          el(
            "table",
            {},
            el(
              "thead",
              {},
              el(
                "tr",
                {},
                el("th", {}, "term"),
                el("th", {}, "value"),
                el("th", {}, el("span", { class: "aside-text" }, "share")),
              ),
            ),
            el("tbody", {}, ...body),
          ),
        ),
        el(
          "p",
          { class: "terms-total" },
          "together ",
          el("strong", { "data-value": String(total) }, format(total, DIGITS)),
        ),
      ),
    );
  }
  if (beside.size > 0)
    found.push(
      el(
        "p",
        { class: "beside" },
        rows.length > 0 ? "times, or beside it: " : "made of: ",
        ...[...beside.values()].map(source),
      ),
    );
  return found;
}

/** Terms that a table shows on demand only. @type {WeakMap<Element, Summand[]>} */
const HIDDEN_TERMS = new WeakMap();

/** @param {Element} more */
function showAll(more) {
  more.closest("tr")?.replaceWith(...(HIDDEN_TERMS.get(more) ?? []).map(row));
}

/** @param {Summand} summand */
function row({ factors, value, share }) {
  return el(
    "tr",
    {},
    el(
      "td",
      { class: "term-factors" },
      ...factors.flatMap((factor, k) => [k > 0 ? " · " : null, ...factorNodes(factor)]),
    ),
    el("td", { class: "term-value", "data-value": String(value) }, format(value, DIGITS)),
    el(
      "td",
      { class: "term-share", "aria-hidden": "true" },
      el("meter", { min: 0, max: 1, value: share, class: value < 0 ? "negative" : "positive" }),
    ),
  );
}

/** A factor of a term. @param {Expression} factor @returns {Node[]} */
function factorNodes(factor) {
  if (factor.kind === "number") return [source(factor)];
  const maths = asMathML(written(factor, null));
  return factor.kind === "sum" || factor.kind === "difference" ? [el("span", {}, "(", ...maths, ")")] : maths;
}

/** A number with its name, leading to the cell that it came from. @param {NumberNode} node */
function source(node) {
  const shown = [nameMathML(node.name), el("span", {}, format(node.value, 3))];
  if (!node.source) return el("span", { class: "source" }, ...shown);
  return el(
    "button",
    {
      type: "button",
      class: "source",
      ...cellData(node.source, node.value),
      "aria-label": `${node.name.symbol} = ${format(node.value, DIGITS)}: go to it`,
    },
    ...shown,
  );
}
