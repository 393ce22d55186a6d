/**
 * One example, walked through step by step: a column for each step of time, a cell for each number, filled in when it
 * is known; below, the formula of the chosen number with its own numbers. Chapters 5 and 6 share it.
 */
import { cellData, el, roving, same, selectionAt, set, svg, write } from "../dom.js";
import { formula } from "../formula.js";
import { formulaLines } from "../formula_lines.js";
import { nameMathML } from "../mathml.js";
import { momentAt } from "../moments.js";
import { layerOf, OUTER_ARRAYS } from "../numbers.js";
import { colour, format, ink, scaleOf } from "../scales.js";

/** @typedef {import("../types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("../types.d.ts").Selection} Selection */
/**
 * @typedef {object} Row
 * @property {string} array of the trace
 * @property {"forward" | "loss" | "backward"} pass in which it becomes known
 * @property {number} units how many numbers a step has
 * @property {number} height of a number's cell
 * @property {string} label
 */

const [LEFT, PITCH, GAP, ROW_GAP] = [64, 60, 8, 9];
/** A cell that is at least so high says its number. */
const LEGIBLE = 18;

/** @param {string} array @param {number} t @param {number} unit @returns {Selection} */
export const cellOf = (array, t, unit) => ({ array, layer: 0, direction: "forward", t, unit });

/**
 * @param {Record<string, string>} words
 * @param {number} T
 * @param {Row[]} rows
 * @param {(selection: Selection) => void} choose
 */
export function walk(words, T, rows, choose) {
  let height = 4;
  const tops = rows.map(({ units, height: of }) => {
    const top = height;
    height += units * of + ROW_GAP;
    return top;
  });
  height += 16;
  const grid = svg("svg", {
    class: "walk",
    viewBox: `0 0 ${LEFT + T * PITCH} ${height}`,
    role: "group",
    "aria-label": words.grid,
  });
  const band = svg("rect", { class: "band", y: 0, width: PITCH, height: height - 18 });
  grid.append(band);
  const cells = rows.map(({ array, units, height: of, label }, r) => {
    const group = svg("g", { "data-part": array });
    group.append(svg("text", { class: "row", x: LEFT - 10, y: tops[r] + (units * of) / 2 + 5 }, ...named(label)));
    const found = Array.from({ length: T }, (_, t) =>
      Array.from({ length: units }, (_, unit) => {
        const [x, y] = [LEFT + t * PITCH + GAP / 2, tops[r] + unit * of];
        const rect = svg("rect", { x, y, width: PITCH - GAP, height: of - 1 });
        const text = of >= LEGIBLE ? svg("text", { x: x + (PITCH - GAP) / 2, y: y + of / 2 + 4 }) : null;
        const cell = svg("g", { class: "cell", role: "button", tabindex: "-1" }, rect, text);
        group.append(cell);
        return { cell, rect, text };
      }),
    );
    grid.append(group);
    return found;
  });
  grid.append(svg("text", { class: "row", x: LEFT - 10, y: height - 4 }, words.axis));
  for (let t = 0; t < T; t++)
    grid.append(svg("text", { class: "step", x: LEFT + (t + 0.5) * PITCH, y: height - 4 }, String(t + 1)));
  const lines = el("div", {
    class: "formula-lines",
    role: "region",
    tabindex: "0",
    "aria-label": words.formula,
    "data-part": "formula",
  });
  const pick = (/** @type {Event} */ event) => {
    const selection = selectionAt(event.target);
    if (selection) choose(selection);
  };
  grid.addEventListener("click", pick);
  grid.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    pick(event);
  });
  roving(/** @type {SVGElement} */ (grid));

  /**
   * @param {TraceJSON} trace @param {number} moment @param {Selection} selection
   * @param {"light" | "dark"} theme
   */
  function show(trace, moment, selection, theme) {
    const t = moment < T ? moment : moment > T && moment <= 2 * T ? 2 * T - moment : null;
    set(band, { visibility: t === null ? "hidden" : null, x: LEFT + (t ?? 0) * PITCH });
    rows.forEach(({ array, pass, units }, r) => {
      const values = valuesOf(trace, array);
      const scale = scaleOf(trace, array, values.flat());
      for (let step = 0; step < T; step++)
        for (let unit = 0; unit < units; unit++) {
          const { cell, rect, text } = cells[r][step][unit];
          const value = values[step][unit];
          const known = moment >= momentAt(T, pass, step) || array === "x";
          const place = cellOf(array, step, unit);
          set(cell, {
            ...cellData(place, value),
            "data-known": known,
            "data-chosen": same(selection, place),
            "aria-label": `${array} ${step + 1}, ${unit + 1}: ${known ? format(value) : words.unknown}`,
          });
          if (same(selection, place)) set(cell, { tabindex: "0" });
          set(rect, { fill: known ? colour(scale, value, theme) : null });
          if (text) {
            write(text, known ? short(value) : "");
            set(text, { fill: known ? ink(scale, value, theme) : null });
          }
        }
    });
    const chosen = rows.find(({ array }) => array === selection.array);
    const there = chosen?.array === "x" || (chosen && moment >= momentAt(T, chosen.pass, selection.t));
    lines.replaceChildren(...formulaOf(trace, selection, there ? null : words.unknown));
  }
  return { grid, lines, show };
}

/** A name whose index stands below the line. @param {string} name */
function named(name) {
  const [letter, index] = name.split("_");
  return index ? [letter, svg("tspan", { dy: 4, "font-size": 11 }, index)] : [letter];
}

/** An array of a trace, [T][units]. @param {TraceJSON} trace @param {string} array @returns {number[][]} */
export function valuesOf(trace, array) {
  const from = OUTER_ARRAYS.includes(array) ? /** @type {any} */ (trace)[array] : layerOf(trace, 0, "forward")[array];
  return from[0].map((/** @type {number | number[]} */ step) => (Array.isArray(step) ? step : [step]));
}

/** @param {number} value */
const short = (value) => (Number.isInteger(value) ? String(value) : format(value, 2));

/** @param {TraceJSON} trace @param {Selection} selection @param {string | null} instead of the formula */
function formulaOf(trace, selection, instead) {
  const found = formula(trace, selection);
  if (!found) return [];
  const name = el("div", { class: "formula-line" }, nameMathML(found.name.name));
  if (instead !== null) return [name, el("div", { class: "formula-line" }, instead)];
  return [name, ...formulaLines(found, trace.specification.dtype)];
}

/**
 * Buttons that walk through moments, and a slider.
 * @param {Record<string, string>} words @param {number} first @param {number} last
 * @param {(moment: number) => void} seek
 */
export function steps(words, first, last, seek) {
  let now = first;
  const back = el("button", { type: "button", "aria-label": words.back }, "◀");
  const next = el("button", { type: "button", class: "primary" }, words.next);
  const slider = el("input", { type: "range", min: first, max: last, step: 1, "aria-label": words.moment });
  const to = (/** @type {number} */ moment) => seek(Math.max(first, Math.min(last, moment)));
  back.addEventListener("click", () => to(now - 1));
  next.addEventListener("click", () => to(now + 1));
  slider.addEventListener("input", () => to(Number(slider.value)));
  return {
    root: el("div", { class: "buttons steps" }, back, next, slider),
    /** @param {number} moment @param {string} says */
    show(moment, says) {
      now = moment;
      slider.value = String(moment);
      set(slider, { "aria-valuetext": says });
      set(back, { disabled: moment <= first });
      set(next, { disabled: moment >= last });
    },
  };
}
