/**
 * The plane of a network with two hidden units: for each input the map as a field of arrows, after Olah's pictures
 * (2014).
 */
import { described } from "./cell.js";
import { built, children, el, set, svg } from "./dom.js";
import { fixedPoints, isMap, step } from "./map.js";
import { markColour, markPath } from "./marks.js";
import { Moving } from "./motion.js";
import { layerOf, range, stepsOf } from "./numbers.js";
import { format, greatest } from "./scales.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").Matrix} Matrix */

const SIZE = 168;
const ARROWS = 11;
const MOST_INPUTS = 6;

/** Whether a network has a plane to draw. @param {TraceJSON} trace */
export const hasPlane = (trace) => trace.specification.hidden === 2 && isMap(trace);

/**
 * @param {HTMLElement} root
 * @param {View} view
 * @param {number | null} now the step whose map is at work
 * @param {boolean} learned whether there was an update: the arrows move to their new places
 */
export function plane(root, { trace, frame, theme }, now, learned) {
  const inputs = inputsOf(trace);
  const bounds = boundsOf(trace);
  const states = frame.space ? statesOf(frame.space) : [];
  const parts = built(root, JSON.stringify(trace.specification), () => build(root));
  const figures = children(parts.planes, inputs.length, () =>
    el("figure", {}, el("figcaption"), svg("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img" })),
  );
  const scaled = (/** @type {number[]} */ [x, y]) =>
    /** @type {[number, number]} */ (
      [x, y].map((v, k) => {
        const share = (v - bounds[0]) / (bounds[1] - bounds[0]);
        return SIZE * (k === 0 ? share : 1 - share);
      })
    );
  figures.forEach((figure, k) => {
    const x = inputs[k];
    const map = (/** @type {number[]} */ h) => step(trace, x, h);
    const fixed = fixedPoints(map, bounds);
    const atWork = now !== null && same(trace.x[0][now], x);
    figure.firstElementChild?.replaceChildren(`input ${x.map((v) => format(v, 3)).join(" ")}`);
    figure.classList.toggle("at-work", atWork);
    const picture = /** @type {Element} */ (figure.lastElementChild);
    const points = fixed.map(({ at, stable }) => {
      const kind = stable ? "attracting" : "repelling";
      return `${kind} fixed point at ${at.map((v) => format(v, 3)).join(", ")}`;
    });
    set(picture, { "aria-label": `Input ${x.join(" ")}: ${points.join("; ") || "no fixed point"}` });
    picture.replaceChildren(
      svg("rect", { class: "ground", width: SIZE, height: SIZE }),
      ...range(frame.space?.labels.length ?? 0).map((label) =>
        svg("path", {
          class: "faint",
          d: markPath(states.filter((_, j) => frame.space?.label[j] === label).map(scaled), label, 1.6),
          fill: markColour(label, theme),
        }),
      ),
      svg("path", { class: "field" }),
      svg("path", { class: "boundary" }),
      svg("path", { class: "moves", d: movesPath(trace, x, scaled) }),
      ...fixed.map(({ at, stable }) => {
        const [cx, cy] = scaled(at);
        return svg("circle", {
          class: stable ? "fixed stable" : "fixed",
          cx,
          cy,
          r: 4,
          "data-array": "fixed",
          "data-value": at.join(" "),
        });
      }),
    );
  });
  parts.bend = (weights) => {
    const between = { ...trace, parameters: withNumbers(trace.parameters, weights) };
    const line = boundaryPath(between, bounds, scaled);
    figures.forEach((figure, k) => {
      const field = fieldPath((h) => step(between, inputs[k], h), bounds, scaled);
      set(/** @type {Element} */ (figure.querySelector(".field")), { d: field });
      set(/** @type {Element} */ (figure.querySelector(".boundary")), { d: line });
    });
  };
  parts.moving.go(Float64Array.from(Object.values(trace.parameters).flat(2)), learned);
}

/** @param {HTMLElement} root */
function build(root) {
  const parts = {
    planes: el("div", { class: "planes" }),
    /** Draws the maps of these weights. @type {(weights: Float64Array) => void} */
    bend: () => {},
    moving: new Moving((weights) => parts.bend(weights)),
  };
  root.append(
    el("h3", {}, "The plane itself"),
    el(
      "p",
      { class: "how" },
      "Two hidden units make a plane. For each input, an arrow shows where one step takes a state. ● holds " +
        "states that are near, ○ lets them go; the dashed line is where the output changes its mind.",
    ),
    parts.planes,
  );
  return parts;
}

/**
 * Parameters of the same shapes with other numbers.
 * @param {TraceJSON["parameters"]} parameters
 * @param {Float64Array} numbers
 * @returns {TraceJSON["parameters"]}
 */
function withNumbers(parameters, numbers) {
  let at = 0;
  const found = Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [
      name,
      values.map((row) => (Array.isArray(row) ? row.map(() => numbers[at++]) : numbers[at++])),
    ]),
  );
  return /** @type {TraceJSON["parameters"]} */ (found);
}

/**
 * The inputs whose maps are drawn: all pairs of bits, else those of the sequence.
 * @param {TraceJSON} trace
 * @returns {number[][]}
 */
function inputsOf(trace) {
  const rows = trace.x[0].slice(0, stepsOf(trace));
  const { inputs } = trace.specification;
  if (inputs <= 2 && rows.flat().every((value) => value === 0 || value === 1))
    return range(2 ** inputs).map((n) => range(inputs).map((k) => (n >> (inputs - 1 - k)) & 1));
  return rows.filter((row, k) => rows.findIndex((other) => same(other, row)) === k).slice(0, MOST_INPUTS);
}

/** @param {number[]} a @param {number[]} b */
const same = (a, b) => a.every((value, k) => value === b[k]);

/** The part of the plane that states can be in. @param {TraceJSON} trace @returns {[number, number]} */
function boundsOf(trace) {
  const cell = described(trace);
  const { range } = /** @type {import("./types.d.ts").CellValue} */ (cell.values.get(cell.output));
  if (range === "signed") return [-1.05, 1.05];
  if (range === "unit") return [-0.06, 1.06];
  const states = layerOf(trace, 0, "forward")[cell.output][0].flat();
  const most = greatest(states);
  return [states.some((/** @type {number} */ value) => value < 0) ? -1.05 * most : -0.05 * most, 1.05 * most];
}

/**
 * The points of the state space in the plane, of which they are only turned.
 * @param {import("./types.d.ts").SpacePoints} space
 */
const statesOf = ({ mean, axes, points }) =>
  points.map(([a, b]) => [0, 1].map((k) => mean[k] + a * axes[0][k] + b * axes[1][k]));

/**
 * @param {(h: number[]) => number[]} map
 * @param {[number, number]} bounds
 * @param {(h: number[]) => [number, number]} scaled
 */
function fieldPath(map, [low, high], scaled) {
  const at = range(ARROWS).map((k) => low + ((high - low) * (k + 0.5)) / ARROWS);
  const longest = SIZE / ARROWS;
  return at.flatMap((a) => at.map((b) => arrow(scaled([a, b]), scaled(map([a, b])), longest))).join("");
}

/**
 * An arrow in the direction of the image, no longer than its place.
 * @param {[number, number]} from
 * @param {[number, number]} to
 * @param {number} longest
 */
function arrow([x, y], [u, v], longest) {
  const length = Math.hypot(u - x, v - y);
  if (length < 0.3) return "";
  const drawn = longest * Math.tanh(length / longest);
  const [dx, dy] = [((u - x) / length) * drawn, ((v - y) / length) * drawn];
  const head = Math.min(3, drawn * 0.4);
  const wing = (/** @type {number} */ turn) => {
    const angle = Math.atan2(dy, dx) + turn;
    return `${(x + dx - head * Math.cos(angle)).toFixed(1)} ${(y + dy - head * Math.sin(angle)).toFixed(1)}`;
  };
  const tip = `${(x + dx).toFixed(1)} ${(y + dy).toFixed(1)}`;
  return `M${x.toFixed(1)} ${y.toFixed(1)}L${tip}M${wing(0.5)}L${tip}L${wing(-0.5)}`;
}

/** The line on which the output is undecided: net_y = 0 of one sigmoid, equal net inputs of two classes. */
/** @param {TraceJSON} trace @param {[number, number]} bounds @param {(h: number[]) => [number, number]} scaled */
export function boundaryPath({ specification: s, parameters: p }, [low, high], scaled) {
  const decides = (s.readout === "sigmoid" && s.outputs === 1) || (s.readout === "softmax" && s.outputs === 2);
  if (!decides) return "";
  const W = /** @type {Matrix} */ (p.W);
  const [a, b] = W.map((row) => row[0] - (row[1] ?? 0));
  const bias = /** @type {number[]} */ (p.b_y ?? [0, 0]);
  const c = bias[0] - (s.outputs === 2 ? bias[1] : 0);
  /** @type {[number, number][]} */
  const ends = [];
  for (const v of [low, high]) {
    const [x, y] = [-(c + b * v) / a, -(c + a * v) / b];
    if (x >= low && x <= high) ends.push(scaled([x, v]));
    if (y >= low && y <= high) ends.push(scaled([v, y]));
  }
  return ends.length < 2 ? "" : `M${ends[0].join(" ")}L${ends[1].join(" ")}`;
}

/**
 * The sequence's own steps with this input.
 * @param {TraceJSON} trace
 * @param {number[]} x
 * @param {(h: number[]) => [number, number]} scaled
 */
function movesPath(trace, x, scaled) {
  const of = layerOf(trace, 0, "forward");
  const [{ array, initial }] = described(trace).states;
  const path = [of[initial][0], ...of[array][0]];
  return range(stepsOf(trace))
    .filter((t) => same(trace.x[0][t], x))
    .map((t) => arrow(scaled(path[t]), scaled(path[t + 1]), 1e6))
    .join("");
}
