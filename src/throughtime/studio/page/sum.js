/** The sum as on paper: most significant bit left, carries above, the predicted digits below the line. */
import { built, cellData, el, roving, same, selectionAt, set, write } from "./dom.js";
import { momentAt } from "./moments.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */

/** Whether there is a sum to write. @param {View} view */
export const isSum = ({ trace, frame }) =>
  frame.example.sign !== null &&
  frame.example.operands?.length === trace.specification.inputs &&
  trace.specification.output === "every step";

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function sum(root, view, act) {
  if (isSum(view)) paper(root, view, act);
  else lines(root, view);
}

/** The task's own text for people. @param {HTMLElement} root @param {View} view */
function lines(root, view) {
  const text = built(root, "lines", () => {
    const pre = el("pre", { class: "rendered" });
    root.append(pre);
    return pre;
  });
  write(text, view.frame.example.rendered.join("\n"));
}

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
function paper(root, view, act) {
  const { trace, frame, moment, moments } = view;
  const { operands, sign, memory, states, right } = frame.example;
  const T = trace.lengths[0];
  const inputs = trace.specification.inputs;
  const parts = built(root, `${T} ${inputs} ${sign}`, () => build(root, T, inputs, sign ?? "", memory));
  parts.act = act;
  parts.view = view;
  const { phase, t: at } = moments[moment];

  const predicted = trace.y[0].map((/** @type {number[]} */ y) => (y[0] > 0.5 ? 1 : 0));
  const wrong = right.some((is) => !is);
  for (let t = 0; t < T; t++) {
    const known = moment >= momentAt(T, "forward", t);
    const here = at === t ? phase : null;
    const brought = t === 0 ? 0 : (states?.[t - 1] ?? 0);
    set(parts.carry[t], { "data-carry": brought, "data-here": here });
    write(parts.carry[t], brought ? String(brought) : "");
    for (let k = 0; k < inputs; k++) {
      set(parts.digits[k][t], {
        ...cellData({ array: "x", layer: 0, direction: "forward", t, unit: k }, trace.x[0][t][k]),
        "data-here": here,
      });
      write(parts.digits[k][t], String(trace.x[0][t][k]));
    }
    const y = { array: "y", layer: 0, direction: /** @type {const} */ ("forward"), t, unit: 0 };
    set(parts.answer[t], {
      ...cellData(y, trace.y[0][t][0]),
      "data-here": here,
      "data-right": known ? String(right[t]) : null,
      "aria-selected": same(view.selection, y) ? "true" : null,
      "aria-label": known
        ? `step ${t + 1}: predicted ${predicted[t]}, ${right[t] ? "right" : "wrong"}`
        : `step ${t + 1}: not yet`,
    });
    write(parts.answer[t], known ? String(predicted[t]) : "·");
    set(parts.truth[t], { "data-here": here });
    write(parts.truth[t], known && !right[t] ? String(trace.d[0][t][0]) : "");
  }
  operands?.forEach((number, k) => name(parts.names[k], String(number)));
  const all = moment >= T - 1;
  name(parts.total, all ? String(numberOf(predicted)) : "?");
  const truth = String(numberOf(trace.d[0].map((/** @type {number[]} */ d) => d[0])));
  write(parts.verdict, !all ? "" : wrong ? `wrong: it is ${shortened(truth)}` : "right");
  set(parts.verdict, { title: wrong ? truth : null });
  if (at !== null || parts.fresh) follow(parts.scroll, parts.answer[at ?? 0]);
  parts.fresh = false;
  set(parts.verdict, { "data-right": all ? String(!wrong) : null });
}

/** Writes a number in front of its bits. @param {HTMLElement} place @param {string} digits */
function name(place, digits) {
  write(place, shortened(digits));
  set(place, { title: digits });
}

/** A number's first and last digits, where it is long. @param {string} digits */
const shortened = (digits) => (digits.length > 15 ? `${digits.slice(0, 5)}…${digits.slice(-5)}` : digits);

/** Scrolls to a column where it is out of sight. @param {HTMLElement} scroll @param {HTMLElement} cell */
function follow(scroll, cell) {
  const [seen, { left, right }] = [scroll.getBoundingClientRect(), cell.getBoundingClientRect()];
  if (left < seen.left || right > seen.right) scroll.scrollLeft += (left + right - seen.left - seen.right) / 2;
}

/** A number from its bits, least significant first. @param {number[]} bits */
const numberOf = (bits) => bits.reduceRight((sum, bit) => sum * 2n + BigInt(bit), 0n);

/** @param {HTMLElement} root @param {number} T @param {number} inputs @param {string} sign @param {string} memory */
function build(root, T, inputs, sign, memory) {
  // column T − t of the table is step t: the least significant bit is read first and written last
  const line = (/** @type {string} */ kind) => Array.from({ length: T }, () => el("td", { class: kind }));
  const parts = {
    scroll: el("div", { class: "paper-scroll" }),
    fresh: true,
    carry: line("carry"),
    digits: Array.from({ length: inputs }, () => line("digit")),
    answer: line("digit answer"),
    truth: line("truth"),
    names: Array.from({ length: inputs }, () => el("span")),
    total: el("span"),
    verdict: el("span", { class: "verdict-mark" }),
    act: /** @type {Actions | null} */ (null),
    view: /** @type {View | null} */ (null),
  };
  const row = (/** @type {Node[]} */ cells, /** @type {string} */ kind, /** @type {(Node | string)[]} */ ...head) =>
    el("tr", { class: kind }, el("th", { scope: "row" }, ...head), ...[...cells].reverse());
  const table = el(
    "table",
    { class: "paper", role: "grid", "aria-label": "The sum in bits, the most significant one left" },
    el(
      "tbody",
      {},
      row(parts.carry, "carries", `${memory} before`),
      ...parts.digits.map((cells, k) => row(cells, "operand", el("i", {}, k ? sign : ""), parts.names[k])),
      row(parts.answer, "result", el("i", {}, "="), parts.total),
      row(parts.truth, "truths", parts.verdict),
    ),
  );
  const how = `Step 1 is on the right. The network never sees the ${memory}.`;
  parts.scroll.append(table);
  root.append(el("p", { class: "how" }, how), parts.scroll);
  for (const cell of table.querySelectorAll(".digit")) set(cell, { tabindex: "-1" });
  set(parts.answer[0], { tabindex: "0" });
  const choose = (/** @type {Event} */ event) => {
    const cell = selectionAt(event.target);
    if (!cell || !parts.act) return;
    parts.act.seek(momentAt(T, "forward", cell.t));
    parts.act.select(cell);
  };
  table.addEventListener("click", choose);
  table.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    choose(event);
  });
  table.addEventListener("pointerover", (event) => parts.act?.hover(selectionAt(event.target)));
  table.addEventListener("pointerleave", () => parts.act?.hover(null));
  roving(table);
  return parts;
}
