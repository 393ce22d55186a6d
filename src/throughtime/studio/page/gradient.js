/** The gradient in time: the reach of each error back, and the part of every step in each parameter's gradient. */
import { described } from "./cell.js";
import { built, children, el, roving, set, svg, write } from "./dom.js";
import { parameterNumber, stepTerms } from "./gradient_formula.js";
import { isParameter, parameterName, placed, range, stepsOf } from "./numbers.js";
import { readout } from "./readout.js";
import { redraw, waits } from "./redraw.js";
import { colour, format } from "./scales.js";
import { stepNorms } from "./step_norms.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */
/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").Selection} Selection */
/** @typedef {import("./types.d.ts").Theme} Theme */

/** The share of an error that counts as still felt. */
const FELT = 0.01;
/** A colour spans this many powers of ten below the greatest value. */
const DECADES = 4;
const GUTTER = 64;
const WIDTH = 360;

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function gradient(root, view, act) {
  if (waits(root, view)) return;
  const k = shownError(view);
  redraw(
    root,
    [view.trace, view.theme, view.selection && isParameter(view.trace, view.selection) && view.selection, k],
    () => {
      const parts = built(root, "gradient", () => build(root, act));
      parts.view = view;
      drawReach(parts, view, k);
      drawTerms(parts, view);
      for (const refresh of parts.refresh) refresh();
    },
  );
}

/**
 * The steps back that an error reaches: the greatest n for which ‖δ_{k→k−n}‖ ≥ 1 % of ‖δ_{k→k}‖ with no smaller one
 * between; null if there was no error.
 * @param {number[][]} reach
 * @param {number} k
 */
export function reachOf(reach, k) {
  const own = reach[k][k];
  if (!(own > 0)) return null;
  let n = 0;
  while (n < k && reach[k][k - n - 1] >= FELT * own) n += 1;
  return n;
}

/** The plain sentence on one row of the matrix; steps count from 1. @param {number[][]} reach @param {number} k */
export function reachSentence(reach, k) {
  const n = reachOf(reach, k);
  const step = `The error at step ${k + 1}`;
  if (n === null) return `No error was made at step ${k + 1}.`;
  if (k === 0) return `${step} has no step before it to reach.`;
  const share = reach[k][0] / reach[k][k];
  if (n < k) return `${step} reaches back ${n} step${n === 1 ? "" : "s"} before it falls below 1 % of its size.`;
  if (share > 1) return `${step} grows on its way back: at step 1 it is ${format(share, 3)} times as large.`;
  return `${step} is still felt at step 1: ${format(100 * share, 2)} % of it arrives there.`;
}

/** The error whose reach is shown: the chosen step's, else the last that was made. @param {View} view */
function shownError({ trace, selection }) {
  const last = stepsOf(trace) - 1;
  if (trace.specification.output === "last step" || !selection || isParameter(trace, selection)) return last;
  return Math.max(0, Math.min(selection.t, last));
}

/** @param {HTMLElement} root @param {Actions} act */
function build(root, act) {
  const parts = {
    sentence: el("p", { class: "finding", "aria-live": "polite" }),
    reach: svg("svg", {
      class: "heat",
      role: "group",
      "aria-label": "How much of the error made at one step is felt at another",
    }),
    reachRead: el("p", { class: "readout" }),
    legend: el("div", { class: "legends" }),
    terms: svg("svg", {
      class: "heat",
      role: "group",
      "aria-label": "What each step adds to the gradient of each parameter",
    }),
    termsRead: el("p", { class: "readout" }),
    chosen: el("div", { class: "chosen-terms" }),
    missing: el("p", { class: "empty" }, "How far the errors reach is computed when the training is paused."),
    refresh: /** @type {(() => void)[]} */ ([]),
    view: /** @type {View} */ (/** @type {unknown} */ (null)),
  };
  const reaching = el("div", {}, parts.sentence, parts.reach, parts.missing, parts.reachRead, parts.legend);
  const adding = el(
    "div",
    {},
    el("h3", {}, "What each step adds to the gradient"),
    el(
      "p",
      { class: "how" },
      "One row for each parameter, one column for each step: the size of the step's term. Choose a row to see" +
        " its greatest entry step by step.",
    ),
    parts.terms,
    parts.termsRead,
    parts.chosen,
  );
  root.append(
    el(
      "p",
      { class: "how" },
      "Each row is the error made at one step; follow it to the left, back in time, to see how much of it is " +
        "still felt. A strong colour far from the diagonal is long memory.",
    ),
    el("div", { class: "columns" }, reaching, adding),
  );
  parts.refresh = [readout(parts.reach, parts.reachRead), readout(parts.terms, parts.termsRead)];
  for (const grid of [parts.reach, parts.terms]) {
    roving(grid);
    grid.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") pick(event);
    });
    grid.addEventListener("click", pick);
  }
  /** @param {Event} event */
  function pick(event) {
    const cell = cellOf(event);
    if (!cell) return;
    event.preventDefault();
    const { t, unit, array, layer, direction } = cell.dataset;
    if (array === "reach") {
      act.select({
        array: described(parts.view.trace).felt,
        layer: Number(layer),
        direction: "forward",
        t: Number(unit),
        unit: 0,
      });
      const moment = parts.view.moments.findIndex((moment) => moment.phase === "backward" && moment.t === Number(t));
      if (moment >= 0) act.seek(moment);
    } else {
      act.select(
        greatestEntry(
          parts.view.trace,
          String(array),
          Number(layer),
          direction === "backward" ? "backward" : "forward",
        ),
      );
    }
  }
  return parts;
}

/** @typedef {ReturnType<typeof build>} Parts */

/** @param {Event} event */
const cellOf = (event) =>
  event.target instanceof Element ? /** @type {SVGElement | null} */ (event.target.closest("[data-array]")) : null;

/** @param {Parts} parts @param {View} view @param {number} k */
function drawReach(parts, { trace, theme }, k) {
  const reach = trace.reach?.[0];
  for (const part of [parts.sentence, parts.reach, parts.reachRead, parts.legend])
    part.toggleAttribute("hidden", !reach);
  set(parts.missing, { hidden: Boolean(reach) });
  if (!reach) return;
  const steps = stepsOf(trace);
  const rows = trace.specification.output === "last step" ? [steps - 1] : range(steps);
  const most = Math.max(...rows.flatMap((row) => reach[row].slice(0, row + 1)), 0);
  write(parts.sentence, reachSentence(reach, k));
  const layer = trace.specification.layers - 1;
  const share = (/** @type {number} */ made, /** @type {number} */ t) =>
    made > t && reach[made][made] > 0 ? `, ${format((100 * reach[made][t]) / reach[made][made], 3)} % of its size` : "";
  heat(parts.reach, {
    rows: rows.map((row) => ({
      label: labelled(row, steps, rows.length) ? `${row + 1}` : "",
      values: reach[row].slice(0, row + 1),
      chosen: row === k,
    })),
    columns: steps,
    most,
    theme,
    corner: "made at",
    below: "felt at step",
    cell: (row, t, value) => ({
      "data-array": "reach",
      "data-layer": layer,
      "data-direction": "forward",
      "data-t": t,
      "data-unit": rows[row],
      "data-value": String(value),
      "aria-label": `Made at step ${rows[row] + 1}, felt at step ${t + 1}: ${format(value)}${share(rows[row], t)}`,
    }),
  });
  parts.legend.replaceChildren(decadeLegend("‖δ‖ of the error made at one step and felt at another", most, theme));
}

/** @param {Parts} parts @param {View} view */
function drawTerms(parts, { trace, theme, selection }) {
  const names = Object.keys(trace.parameters);
  const norms = names.map((name) => stepNorms(trace, placed(name)));
  const most = Math.max(...norms.flat(), 0);
  const chosen = selection && isParameter(trace, selection) ? selection : null;
  heat(parts.terms, {
    rows: names.map((name, k) => ({
      label: name,
      values: norms[k],
      chosen: chosen !== null && parameterName(trace, chosen) === name,
    })),
    columns: stepsOf(trace),
    most,
    theme,
    corner: "",
    below: "step",
    cell: (row, t, value) => ({
      ...datumOf(placed(names[row]), t),
      "data-value": String(value),
      "aria-label": `${names[row]}: step ${t + 1} adds a term of size ${format(value)}`,
    }),
  });
  parts.chosen.replaceChildren(...(chosen ? bars(trace, chosen) : []));
}

/** @param {{array: string, layer: number, direction: string}} place @param {number} t */
const datumOf = ({ array, layer, direction }, t) => ({
  "data-array": array,
  "data-layer": layer,
  "data-direction": direction,
  "data-t": t,
  "data-unit": -1,
});

/** The entry of a parameter with the greatest gradient. */
/**
 * @param {TraceJSON} trace
 * @param {string} array
 * @param {number} layer
 * @param {"forward" | "backward"} direction
 * @returns {Selection}
 */
function greatestEntry(trace, array, layer, direction) {
  const place = { array, layer, direction };
  const sizes = trace.gradient[parameterName(trace, place)].flat().map(Math.abs);
  return { ...place, t: 0, unit: sizes.indexOf(Math.max(...sizes)) };
}

/** The terms of one entry as bars above and below a line. @param {TraceJSON} trace @param {Selection} selection */
function bars(trace, selection) {
  const terms = stepTerms(trace, selection).map(({ t, factors }) => ({
    t,
    value: factors.reduce((v, { value }) => v * value, 1),
  }));
  const most = Math.max(...terms.map(({ value }) => Math.abs(value))) || 1;
  const total = terms.reduce((sum, { value }) => sum + value, 0);
  const pitch = (WIDTH - GUTTER) / stepsOf(trace);
  const columns = terms.map(({ t, value }) =>
    svg(
      "rect",
      {
        x: GUTTER + t * pitch + pitch * 0.1,
        y: 30 - 28 * Math.max(0, value / most),
        width: pitch * 0.8,
        height: Math.max(0.5, (28 * Math.abs(value)) / most),
        class: value < 0 ? "bar-negative" : "bar-positive",
        "data-t": t,
        "data-value": String(value),
      },
      svg("title", {}, `step ${t + 1}: ${format(value)}`),
    ),
  );
  const axis = svg("line", { x1: GUTTER, x2: WIDTH, y1: 30, y2: 30, class: "axis-line" });
  const picture = svg(
    "svg",
    {
      class: "heat",
      viewBox: `0 0 ${WIDTH} 60`,
      role: "img",
      "aria-label": `Terms of the gradient over time; their sum is ${format(total)}`,
    },
    svg("text", { x: GUTTER - 6, y: 12, class: "tick end" }, format(most, 2)),
    ...columns,
    axis,
  );
  const { symbol } = parameterNumber(trace, selection).name;
  return [el("p", { class: "finding" }, `${symbol}: its ${terms.length} terms add up to ${format(total)}.`), picture];
}

/**
 * A grid of squares whose colour shows the size in powers of ten.
 * @param {SVGSVGElement} root
 * @param {{rows: {label: string, values: number[], chosen: boolean}[], columns: number, most: number, theme: Theme,
 *   corner: string, below: string,
 *   cell: (row: number, t: number, value: number) => Record<string, string | number>}} what
 */
function heat(root, { rows, columns, most, theme, corner, below, cell }) {
  const pitch = (WIDTH - GUTTER) / columns;
  const height = rows.length === 1 ? 22 : Math.max(Math.min(pitch, 22), rows.length > 24 ? 4 : 12);
  const bottom = 16 + rows.length * height;
  set(root, { viewBox: `0 0 ${WIDTH} ${bottom + 30}` });
  const [texts, cells] = children(root, 2, () => svg("g"));
  const labels = [
    svg("text", { x: 0, y: 10, class: "tick" }, corner),
    ...rows.map(({ label, chosen }, row) =>
      svg(
        "text",
        { x: GUTTER - 6, y: 16 + (row + 0.5) * height + 3.5, class: `tick end${chosen ? " chosen" : ""}` },
        label,
      ),
    ),
    ...range(columns)
      .filter((t) => labelled(t, columns, columns))
      .map((t) => svg("text", { x: GUTTER + (t + 0.5) * pitch, y: bottom + 13, class: "tick middle" }, `${t + 1}`)),
    svg("text", { x: GUTTER + (WIDTH - GUTTER) / 2, y: bottom + 27, class: "tick middle" }, below),
  ];
  texts.replaceChildren(...labels);
  const all = rows.flatMap(({ values }, row) => values.map((value, t) => ({ row, t, value })));
  const gap = Math.min(1, pitch * 0.08);
  const squares = children(cells, all.length, (k) => svg("rect", { role: "button", tabindex: k === 0 ? 0 : -1 }));
  all.forEach(({ row, t, value }, k) => {
    set(squares[k], {
      x: GUTTER + t * pitch + gap / 2,
      y: 16 + row * height + gap / 2,
      width: pitch - gap,
      height: height - gap,
      fill: colour({ kind: "unit", greatest: 1 }, shade(value, most), theme),
      class: "square",
      ...cell(row, t, value),
    });
  });
  if (squares.length > 0 && !cells.querySelector('[tabindex="0"]')) set(squares[0], { tabindex: 0 });
}

/** 1 for the greatest, 0 for what is DECADES powers of ten smaller. @param {number} value @param {number} most */
const shade = (value, most) => (value > 0 && most > 0 ? Math.max(0, 1 + Math.log10(value / most) / DECADES) : 0);

/**
 * Whether a step has its number written: all of few, else every fifth, tenth, …
 * @param {number} t
 * @param {number} steps
 * @param {number} shown
 */
function labelled(t, steps, shown) {
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((n) => steps / n <= 16) ?? 1000;
  return shown === 1 || t === 0 || (t + 1) % every === 0;
}

/** @param {string} title @param {number} most @param {Theme} theme */
function decadeLegend(title, most, theme) {
  const steps = 2 * DECADES;
  const strip = range(steps + 1).map((k) =>
    svg("rect", {
      x: k * 20,
      y: 0,
      width: 20,
      height: 10,
      fill: colour({ kind: "unit", greatest: 1 }, k / steps, theme),
    }),
  );
  const ticks = range(DECADES / 2 + 1).map((k) => el("span", {}, format(most * 10 ** (2 * k - DECADES), 2)));
  return el(
    "figure",
    { class: "legend" },
    el("figcaption", {}, title),
    svg(
      "svg",
      {
        viewBox: `0 0 ${20 * (steps + 1)} 10`,
        preserveAspectRatio: "none",
        class: "legend-strip",
        "aria-hidden": "true",
      },
      ...strip,
    ),
    el("div", { class: "legend-ticks" }, ...ticks),
  );
}
