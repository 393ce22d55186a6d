/**
 * The unrolled network: one column for each step, "many copies of the same network".
 *
 * Colours are drawn on a canvas (unrolled_canvas.js); over it lie the cells (grid.js).
 */
import { described } from "./cell.js";
import { built, el, roving, same, selectionAt, set, write } from "./dom.js";
import { find, geometryOf } from "./geometry.js";
import { fill, gridOf, stepsInGrid } from "./grid.js";
import { momentAt } from "./moments.js";
import { mayMove } from "./motion.js";
import { format, legend, scaleOf } from "./scales.js";
import { draw, paint } from "./unrolled_canvas.js";
import { paintedBy } from "./vector.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */
/** @typedef {import("./types.d.ts").Selection} Selection */
/** @typedef {import("./geometry.js").Geometry} Geometry */
/** @typedef {import("./scales.js").Scale} Scale */
/**
 * @typedef {{gutter: HTMLElement, scroll: HTMLElement, canvas: HTMLCanvasElement, heads: HTMLButtonElement[], cells:
 * import("./grid.js").Grid, readout: HTMLElement, memory: HTMLElement, keepers: HTMLElement, legends: HTMLElement,
 * view: View, act: Actions, geometry: Geometry, scales: Scale[], shown: string, filled: View["trace"] | null, chosen:
 * HTMLElement | null, repaint: () => void}} Parts
 */

/** The least height of the picture, and what the window has above and below it, so that it fits into one. */
const [LEAST, AROUND] = [340, 232];
/** The width of the lanes' names, in pixels; narrower on a phone. @param {number} width of the panel */
const gutterOf = (width) => (width < 480 ? 76 : 96);

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function unrolled(root, view, act) {
  const { trace } = view;
  const { cell, inputs, hidden, outputs, layers, bidirectional, output } = trace.specification;
  const geometry = geometryOf(
    trace,
    [Math.max(200, root.clientWidth - gutterOf(root.clientWidth) - 8), Math.max(LEAST, innerHeight - AROUND)],
    view.frame.example.states !== null,
  );
  const steps = stepsInGrid(geometry, view.moments[view.moment]);
  const key = [
    cell,
    inputs,
    hidden,
    outputs,
    layers,
    bidirectional,
    output,
    geometry.T,
    geometry.pitch,
    geometry.height,
    ...steps,
    geometry.state !== null && view.frame.example.memory,
    view.frame.example.right.length > 0,
    view.frame.example.has_targets,
  ].join(" ");
  const parts = built(root, key, () => build(root, geometry, steps, view, act));
  const scales = scalesOf(view, geometry);
  Object.assign(parts, { view, act, geometry, scales });

  const { running } = view.frame;
  set(parts.cells.grid, { "aria-busy": running ? "true" : null });
  if (!running && parts.filled !== trace) fill(parts.cells, geometry);
  if (!running) parts.filled = trace;
  mark(parts);
  describeMemory(parts);
  drawLegends(parts);
  follow(parts);
  parts.repaint();
}

/**
 * One scale for each lane; all δ's share one, so that their sizes compare.
 * @param {View} view
 * @param {Geometry} geometry
 */
function scalesOf({ trace }, { placed }) {
  const deltas = placed.filter(({ lane }) => lane.pass === "backward").flatMap(({ lane }) => lane.values);
  const delta = scaleOf(trace, "delta_y", numbers(deltas));
  return placed.map(({ lane }) =>
    lane.pass === "backward" ? delta : scaleOf(trace, lane.array, numbers(lane.values)),
  );
}

/** @param {number[][]} rows */
function* numbers(rows) {
  for (const row of rows) yield* row;
}

/**
 * @param {HTMLElement} root
 * @param {Geometry} geometry
 * @param {[number, number]} steps that have cells
 * @param {View} view
 * @param {Actions} act
 * @returns {Parts}
 */
function build(root, geometry, steps, view, act) {
  const { T } = geometry;
  const canvas = el("canvas", { "aria-hidden": "true" });
  const every = T > 40 && geometry.pitch < 24 ? 4 : geometry.pitch < 20 ? 2 : 1;
  const heads = Array.from({ length: T }, (_, t) =>
    el(
      "button",
      { type: "button", class: "step-head", tabindex: "-1", title: `step ${t + 1}`, "aria-label": `step ${t + 1}` },
      t % every === every - 1 || every === 1 ? String(t + 1) : "",
    ),
  );
  const cells = gridOf(geometry, steps);
  const headRow = el("div", { class: "step-heads" }, ...heads);
  const stage = el("div", { class: "stage" }, canvas, headRow, cells.grid);
  stage.style.width = `${T * geometry.pitch}px`;
  stage.style.height = `${geometry.height}px`;
  stage.style.setProperty("--pitch", `${geometry.pitch}px`);
  const scroll = el("div", { class: "unrolled-scroll" }, stage);
  const keepers = el("div", { class: "keeper", hidden: true });
  const gutter = el(
    "div",
    { class: "gutter" },
    ...gutterLabels(geometry, view.frame.example.memory, view.frame.example.right.length > 0),
    keepers,
  );
  gutter.style.height = `${geometry.height}px`;
  gutter.style.width = `${gutterOf(root.clientWidth)}px`;
  const readout = el("p", { class: "readout" });
  const memory = el("p", { class: "memory", hidden: true });
  const legends = el("div", { class: "legends" });
  root.append(el("div", { class: "unrolled" }, gutter, scroll), readout, memory, legends);

  /** @type {Parts} */
  const parts = {
    gutter,
    scroll,
    canvas,
    heads,
    cells,
    readout,
    memory,
    keepers,
    legends,
    view,
    act,
    geometry,
    scales: [],
    shown: "",
    filled: null,
    chosen: null,
    repaint: () => {},
  };
  parts.repaint = () =>
    paint(canvas, parts.view, parts.geometry, parts.scales, { left: scroll.scrollLeft, width: scroll.clientWidth });
  paintedBy(canvas, (surface) => {
    draw(surface, canvas, parts.view, parts.geometry, parts.scales, scroll.scrollLeft, scroll.clientWidth);
    return scroll.scrollLeft;
  });
  scroll.addEventListener("scroll", () => parts.repaint());
  listen(parts);
  return parts;
}

/**
 * The names of the lanes beside the columns, as much of them as there is room for.
 * @param {Geometry} geometry
 * @param {string} state
 * @param {boolean} judged
 */
function gutterLabels({ placed, backward, verdict, state: stateTop }, state, judged) {
  const label = (
    /** @type {string} */ kind,
    /** @type {number} */ top,
    /** @type {number} */ height,
    /** @type {(Node | string)[]} */ ...content
  ) => {
    const at = el("div", { class: `lane-label ${kind}` }, ...content);
    at.style.top = `${top}px`;
    at.style.height = `${height}px`;
    return at;
  };
  return [
    label("pass-label forward", 0, 20, "Forward →"),
    ...(judged ? [label("mark-label", verdict - 2, 20, "right?")] : []),
    ...(stateTop === null ? [] : [label("mark-label", stateTop, 16, `${state} after`)]),
    label("pass-label backward", backward[0] - 21, 18, "← Backward"),
    ...placed.map(({ lane, top, bottom }) => {
      const height = bottom - top;
      const texts = [lane.place, lane.name, ...(height >= 84 ? [lane.note] : [])].filter(Boolean);
      const lines = height < 30 ? 0 : Math.min(texts.length, Math.floor(height / 16) - 1);
      const notes = texts.slice(0, lines).map((text) => el("small", {}, text));
      const beside = height < 30 ? [el("small", {}, lane.name)] : [];
      return label(
        lines ? "tall" : "",
        top,
        height,
        ...(lines ? [] : beside),
        el("span", { title: `${lane.name}: ${lane.note}` }, lane.symbol),
        ...notes,
      );
    }),
  ];
}

/** @param {Parts} parts */
function listen(parts) {
  const { heads, scroll } = parts;
  const { grid } = parts.cells;
  grid.addEventListener("pointerover", (event) => parts.act.hover(selectionAt(event.target)));
  scroll.addEventListener("pointerleave", () => parts.act.hover(null));
  grid.addEventListener("focusin", (event) => {
    const cell = selectionAt(event.target);
    if (!cell) return;
    set(/** @type {Element} */ (event.target), { "aria-label": describe(parts, cell) });
    if (/** @type {Element} */ (event.target).matches(":focus-visible")) parts.act.hover(cell);
  });
  grid.addEventListener("focusout", () => parts.act.hover(null));
  grid.addEventListener("click", (event) => {
    const cell = selectionAt(event.target);
    if (cell) parts.act.select(same(cell, parts.view.selection) ? null : cell);
  });
  grid.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    parts.act.select(selectionAt(event.target));
  });
  heads.forEach((head, t) =>
    head.addEventListener("click", () => {
      const { phase } = parts.view.moments[parts.view.moment];
      const pass = phase === "forward" || phase === "loss" ? "forward" : "backward";
      parts.act.seek(momentAt(parts.geometry.T, pass, t));
    }),
  );
  roving(grid);
}

/** Marks the chosen cell and the step of the moment, and describes the cell in hand. @param {Parts} parts */
function mark(parts) {
  const { heads, view, readout } = parts;
  const next = view.selection ? cellOf(parts, view.selection) : null;
  if (parts.chosen !== next) {
    parts.chosen?.removeAttribute("aria-selected");
    next?.setAttribute("aria-selected", "true");
    next?.scrollIntoView({ block: "nearest", inline: "nearest", behavior: mayMove() ? "smooth" : "instant" });
    parts.chosen = next;
  }
  const { phase, t } = view.moments[view.moment];
  heads.forEach((head, k) =>
    set(head, { "aria-current": t === k ? "step" : null, "data-phase": t === k ? phase : null }),
  );
  const inHand = view.hovered ?? view.selection;
  write(
    readout,
    (inHand && describe(parts, inHand)) ||
      "Values flow up and right, errors down and left. Click a cell for its formula.",
  );
}

/** @param {Parts} parts @param {Selection} selection */
function cellOf({ cells: { cells, from }, geometry }, { array, layer, direction, t, unit }) {
  const placed = find(geometry, array, layer, direction);
  return (placed && cells[geometry.placed.indexOf(placed)][unit]?.[t - from]) ?? null;
}

/** "h at step 3, unit 5: 0.1765 (hidden units, the memory)". @param {Parts} parts @param {Selection} selection */
function describe({ geometry }, { array, layer, direction, t, unit }) {
  const placed = find(geometry, array, layer, direction);
  const value = placed?.lane.values[t]?.[unit];
  if (!placed || value === undefined) return "";
  const { symbol, place, name, note } = placed.lane;
  const what = [place, name, note].filter(Boolean).join(", ");
  return `${symbol} at step ${t + 1}, unit ${unit}: ${format(value, 6)} (${what})`;
}

/** Says which unit tells the task's state best over many sequences, and marks its row. @param {Parts} parts */
function describeMemory({ view, geometry, memory, keepers }) {
  const { space, example } = view.frame;
  const { memory: state, states } = example;
  const { layers } = view.trace.specification;
  const found = space?.keeper;
  const array = described(view.trace).output;
  const placed = found?.keeps ? find(geometry, array, layers - 1, "forward") : null;
  const several = states?.some((value) => value > 1);
  set(memory, { hidden: geometry.state === null || !(found || several) });
  set(keepers, { hidden: !placed });
  if (several)
    write(
      memory,
      `The true ${state} has several values; in the state space, memories of the same ${state} should come to lie ` +
        "together.",
    );
  if (!found) return;
  const { unit, means, right, steps } = found;
  const tells = `tells it after ${right} of ${steps} steps of many sequences`;
  if (placed) {
    keepers.style.top = `${placed.top + unit * placed.row + placed.row / 2}px`;
    set(keepers, { title: `keeps the ${state}` });
  }
  write(
    memory,
    `Where is the ${state} kept? ` +
      (placed
        ? `Unit ${unit} ${tells}: ${array}[${unit}] is about ${format(means[1], 2)} after ${state} 1, and ` +
          `${format(means[0], 2)} after ${state} 0.`
        : `In no unit alone: the best one, unit ${unit}, ${tells}.`),
  );
}

/** A legend for each scale, with the lanes that use it. @param {Parts} parts */
function drawLegends(parts) {
  /** @type {Map<string, {scale: Scale, symbols: Set<string>}>} */
  const groups = new Map();
  parts.geometry.placed.forEach(({ lane }, k) => {
    const scale = parts.scales[k];
    const key = `${scale.kind} ${scale.greatest}`;
    const group = groups.get(key) ?? { scale, symbols: new Set() };
    group.symbols.add(lane.symbol);
    groups.set(key, group);
  });
  const shown = [parts.view.theme, ...[...groups].map(([key, { symbols }]) => `${key} ${[...symbols]}`)].join(";");
  if (shown === parts.shown) return;
  parts.shown = shown;
  parts.legends.replaceChildren(
    ...[...groups.values()].map(({ scale, symbols }) => legend([...symbols].join(", "), scale, parts.view.theme)),
  );
}

/** Keeps the column of the moment in sight. @param {Parts} parts */
function follow({ scroll, view, geometry }) {
  const { t } = view.moments[view.moment];
  if (t === null || scroll.scrollWidth <= scroll.clientWidth) return;
  const left = t * geometry.pitch;
  if (left < scroll.scrollLeft) scroll.scrollLeft = Math.max(0, left - geometry.pitch);
  else if (left + geometry.pitch > scroll.scrollLeft + scroll.clientWidth)
    scroll.scrollLeft = left + 2 * geometry.pitch - scroll.clientWidth;
}
