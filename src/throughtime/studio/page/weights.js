/** The weights: every parameter as a grid of colour, with its last update beside it. */
import { described } from "./cell.js";
import { built, cellData, children, el, roving, selectionAt, set, svg } from "./dom.js";
import { lettersOf, placed } from "./numbers.js";
import { readout } from "./readout.js";
import { redraw, waits } from "./redraw.js";
import { colour, format, greatest, legend } from "./scales.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */
/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").Selection} Selection */

const SIDE = 160;

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function weights(root, view, act) {
  if (waits(root, view)) return;
  const { trace, frame, selection, theme } = view;
  const blocks = blocksOf(trace);
  const parts = built(root, JSON.stringify(trace.specification), () =>
    build(root, blocks, act, () => weights(root, { ...parts.view }, act)),
  );
  parts.view = view;
  const chosen =
    parts.chosen ??
    blocks.find(({ names }) => selection && names.some((name) => isOf(name, selection)))?.title ??
    blocks[0].title;
  redraw(
    root,
    [trace, frame.update, theme, chosen, selection && selection.array in namesShown(trace) ? selection : null],
    () => {
      parts.choice.value = chosen;
      const block = blocks.find(({ title }) => title === chosen) ?? blocks[0];
      const names = [...block.names, ...["W", "b_y"].filter((name) => name in trace.parameters)];
      const all = names.flatMap((name) => trace.parameters[name].flat());
      const scale = { kind: /** @type {const} */ ("signed"), greatest: greatest([usual(all)]) };
      const changes = frame.update ? names.flatMap((name) => frame.update?.[name].flat() ?? []) : [];
      const changeScale = { kind: /** @type {const} */ ("delta"), greatest: greatest([usual(changes)]) };
      parts.legends.replaceChildren(
        legend("weight (and beyond)", scale, theme),
        ...(frame.update ? [legend("last update (and beyond)", changeScale, theme)] : []),
      );
      if (parts.shown !== chosen) parts.grids.replaceChildren();
      parts.shown = chosen;
      const figures = children(parts.grids, names.length, () => {
        const figure = el(
          "figure",
          {},
          el("figcaption"),
          el("div", { class: "pair" }, svg("svg", { role: "group" }), svg("svg", { role: "group" })),
        );
        figure.querySelectorAll("svg").forEach(roving);
        return figure;
      });
      const side = Math.min(18, SIDE / Math.max(trace.specification.hidden, 8));
      figures.forEach((figure, k) => {
        const name = names[k];
        const rows = rowsOf(trace.parameters[name]);
        const role = roleOf(trace, placed(name).array);
        const isMatrix = trace.parameters[name][0] instanceof Array;
        const shape = isMatrix ? `${rows.length} × ${rows[0].length}` : rows[0].length;
        figure.firstElementChild?.replaceChildren(el("i", {}, name), ` ${role}, ${shape}`);
        const [own, change] = figure.querySelectorAll("svg");
        const update = frame.update ? rowsOf(frame.update[name]) : null;
        const place = placed(name);
        set(own, { "aria-label": `${name}, ${role}` });
        grid(own, side, rows, { ...place, t: 0, unit: 0 }, (value) => colour(scale, value, theme), name);
        own.querySelector(".chosen")?.classList.remove("chosen");
        if (selection && isOf(name, selection)) own.children[selection.unit]?.classList.add("chosen");
        change.toggleAttribute("hidden", !update);
        set(change, { "aria-label": `Last update of ${name}` });
        if (update)
          grid(
            change,
            side,
            update,
            { ...place, array: `update ${place.array}`, t: 0, unit: 0 },
            (value) => colour(changeScale, value, theme),
            `last change of ${name}`,
          );
      });
      parts.refresh();
    },
  );
}

/** @param {HTMLElement} root @param {{title: string}[]} blocks @param {Actions} act @param {() => void} again */
function build(root, blocks, act, again) {
  const parts = {
    choice: el(
      "select",
      { "aria-label": "Which weights" },
      ...blocks.map(({ title }) => el("option", { value: title }, title)),
    ),
    legends: el("div", { class: "legends" }),
    grids: el("div", { class: "grids" }),
    read: el("p", { class: "readout" }),
    refresh: () => {},
    /** The block that was chosen by hand. @type {string | null} */
    chosen: null,
    shown: "",
    view: /** @type {View} */ (/** @type {unknown} */ (null)),
  };
  root.append(
    el(
      "p",
      { class: "how" },
      "One square for each weight: its row is where it comes from, its column where it goes. Beside it, what " +
        "the last update changed.",
    ),
    ...(blocks.length > 1 ? [parts.choice] : []),
    parts.legends,
    parts.grids,
    parts.read,
  );
  parts.choice.addEventListener("change", () => {
    parts.chosen = parts.choice.value;
    again();
  });
  const choose = (/** @type {Event} */ event) => {
    const cell = selectionAt(event.target);
    if (cell) act.select({ ...cell, array: cell.array.replace("update ", "") });
  };
  parts.grids.addEventListener("click", choose);
  parts.grids.addEventListener(
    "keydown",
    (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), choose(event)),
  );
  parts.refresh = readout(parts.grids, parts.read);
  return parts;
}

/** The parameters that are shown together: those of a gate of a layer and direction. @param {TraceJSON} trace */
function blocksOf(trace) {
  /** @type {Map<string, string[]>} */
  const blocks = new Map();
  for (const name of Object.keys(trace.parameters)) {
    if (name === "W" || name === "b_y") continue;
    const { array, layer, direction } = placed(name);
    const { layers, bidirectional } = trace.specification;
    const label = described(trace).parameters.get(array)?.label ?? "";
    const title =
      titleOf(trace, label) + (layers > 1 ? `, layer ${layer + 1}` : "") + (bidirectional ? `, ${direction}` : "");
    blocks.set(title, [...(blocks.get(title) ?? []), name]);
  }
  return [...blocks].map(([title, names]) => ({ title, names }));
}

/** "Forget gate". @param {TraceJSON} trace @param {string} label of the parameters */
function titleOf(trace, label) {
  if (!label) return "Weights";
  const gate = [...described(trace).values.values()].some((value) => value.label === `${label} gate`);
  return `${label[0].toUpperCase()}${label.slice(1)}${gate ? " gate" : ""}`;
}

/** The part of a parameter in the network. @param {TraceJSON} trace @param {string} array */
function roleOf(trace, array) {
  if (array === "W") return "to the output";
  if (array === "b_y") return "bias of the output";
  const cell = described(trace);
  const { kind = "", source = 0, back = 0 } = cell.parameters.get(array) ?? {};
  if (kind === "x") return "from the input";
  if (kind === "weight") return "of each unit";
  if (kind === "bias") return cell.inputErrors.includes(cell.arrayAt.get(back) ?? "") ? "bias" : "bias within the step";
  const { op, name } = cell.operations[source];
  if (op !== "state") return `from ${lettersOf(trace, cell.arrayAt.get(source) ?? "").letter} of the same step`;
  return name === cell.output ? "from the state one step before" : `from ${name} one step before`;
}

/** Whether a selection is of this parameter. @param {string} name @param {Selection} selection */
function isOf(name, selection) {
  const place = placed(name);
  return place.array === selection.array && place.layer === selection.layer && place.direction === selection.direction;
}

/** @param {TraceJSON} trace */
const namesShown = (trace) =>
  Object.fromEntries(Object.keys(trace.parameters).map((name) => [placed(name).array, true]));

/** A size that few exceed, so that a few great weights do not leave all others pale. @param {number[]} values */
function usual(values) {
  const sizes = values.map(Math.abs).sort((a, b) => a - b);
  return sizes[Math.floor(0.95 * (sizes.length - 1))] ?? 0;
}

/** A bias is one row. @param {number[][] | number[]} values @returns {number[][]} */
const rowsOf = (values) => /** @type {number[][]} */ (Array.isArray(values[0]) ? values : [values]);

/**
 * @param {SVGSVGElement} root
 * @param {number} side of a square
 * @param {number[][]} rows
 * @param {Selection} first the cell in the corner
 * @param {(value: number) => string} fill
 * @param {string} name
 */
function grid(root, side, rows, first, fill, name) {
  const columns = rows[0].length;
  const gap = side > 6 ? 1 : 0;
  set(root, { viewBox: `0 0 ${SIDE} ${rows.length * side}` });
  const squares = children(root, rows.length * columns, (unit) => {
    const [r, c] = [Math.floor(unit / columns), unit % columns];
    return svg("rect", {
      x: c * side,
      y: r * side,
      width: side - gap,
      height: side - gap,
      role: "button",
      tabindex: unit === 0 ? 0 : -1,
      class: "square",
      ...cellData({ ...first, unit }, 0),
    });
  });
  squares.forEach((square, unit) => {
    const [r, c] = [Math.floor(unit / columns), unit % columns];
    const value = rows[r][c];
    if (square.dataset.value === String(value) && square.getAttribute("fill") === fill(value)) return;
    set(square, {
      fill: fill(value),
      "data-value": String(value),
      "aria-label": `${name}[${rows.length > 1 ? `${r},` : ""}${c}] = ${format(value)}`,
    });
  });
}
