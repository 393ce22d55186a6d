/** The state space: hidden states over many sequences on two principal axes, with the path of the sequence in hand. */
import { described } from "./cell.js";
import { built, children, el, roving, set, svg, write } from "./dom.js";
import { markColour, markPath } from "./marks.js";
import { layerOf, range, stepsOf } from "./numbers.js";
import { hasPlane, plane } from "./plane.js";
import { readout } from "./readout.js";
import { redraw } from "./redraw.js";
import { format } from "./scales.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */
/** @typedef {import("./types.d.ts").SpacePoints} SpacePoints */
/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */

const SIZE = 360;
const EDGE = 14;

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function space(root, view, act) {
  const { trace, frame, theme, moments, moment } = view;
  const now = stepShown(view);
  redraw(root, [trace, frame.space, theme, now], () => {
    const parts = built(root, "space", () => build(root, act));
    parts.view = view;
    const points = frame.space;
    for (const part of [parts.picture, parts.labels, parts.read]) part.toggleAttribute("hidden", !points);
    set(parts.missing, { hidden: Boolean(points) });
    if (points) draw(parts, points, view, now);
    set(parts.plane, { hidden: !hasPlane(trace) });
    if (hasPlane(trace)) plane(parts.plane, view, moments[moment].phase === "forward" ? now : null);
  });
}

/** A state on the two axes. @param {SpacePoints} space @param {number[]} h @returns {[number, number]} */
export function projected({ mean, axes }, h) {
  const on = (/** @type {number[]} */ axis) => axis.reduce((sum, part, k) => sum + part * (h[k] - mean[k]), 0);
  return [on(axes[0]), on(axes[1])];
}

/** The last layer's states, [T][H]. @param {TraceJSON} trace @returns {number[][]} */
export const pathOf = (trace) =>
  layerOf(trace, trace.specification.layers - 1, "forward")[described(trace).output][0].slice(0, stepsOf(trace));

/** The step whose state the walk through time has reached; the last one outside the forward pass. @param {View} view */
function stepShown({ moments, moment, trace }) {
  const { phase, t } = moments[moment];
  return (phase === "forward" || phase === "backward") && t !== null ? t : stepsOf(trace) - 1;
}

/** @param {number} size */
function roundedUp(size) {
  const power = 10 ** Math.floor(Math.log10(size || 1));
  return ([1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8].find((digit) => digit * power >= size) ?? 10) * power;
}

/** @param {HTMLElement} root @param {Actions} act */
function build(root, act) {
  const parts = {
    picture: svg("svg", {
      class: "space-picture",
      viewBox: `0 0 ${SIZE} ${SIZE}`,
      role: "group",
      "aria-label": "Hidden states on two principal axes",
    }),
    frame: svg("g"),
    clouds: svg("g", { class: "clouds" }),
    path: svg("polyline", { class: "path" }),
    stops: svg("g"),
    across: svg("text", { class: "tick end", x: SIZE - EDGE, y: SIZE - 4 }),
    up: svg("text", { class: "tick", x: EDGE, y: EDGE - 3 }),
    labels: el("ul", { class: "marks" }),
    read: el("p", { class: "readout" }),
    missing: el("p", { class: "empty" }, "The state space is drawn with the next frame."),
    plane: el("div", { class: "plane" }),
    refresh: () => {},
    view: /** @type {View} */ (/** @type {unknown} */ (null)),
  };
  parts.frame.append(
    svg("rect", { class: "ground", x: EDGE, y: EDGE, width: SIZE - 2 * EDGE, height: SIZE - 2 * EDGE }),
    svg("path", { class: "axis-line", d: `M${SIZE / 2} ${EDGE}V${SIZE - EDGE}M${EDGE} ${SIZE / 2}H${SIZE - EDGE}` }),
  );
  parts.picture.append(parts.frame, parts.clouds, parts.path, parts.stops, parts.across, parts.up);
  root.append(
    el(
      "p",
      { class: "how" },
      "Each mark is the whole hidden state after a step of some sequence; states that lie apart are " +
        "different to the network. Colour and shape say what should be remembered; the line is the sequence " +
        "shown above.",
    ),
    parts.labels,
    parts.picture,
    parts.read,
    parts.missing,
    parts.plane,
  );
  roving(parts.stops);
  const stopOf = (/** @type {Event} */ event) =>
    event.target instanceof Element ? event.target.closest("[data-t]") : null;
  parts.refresh = readout(parts.stops, parts.read);
  const seek = (/** @type {Event} */ event) => {
    const stop = stopOf(event);
    const moment = parts.view.moments.findIndex(
      ({ phase, t }) => phase === "forward" && t === Number(stop?.getAttribute("data-t")),
    );
    if (moment >= 0) act.seek(moment);
  };
  parts.stops.addEventListener("click", seek);
  parts.stops.addEventListener(
    "keydown",
    (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), seek(event)),
  );
  return parts;
}

/** @param {ReturnType<typeof build>} parts @param {SpacePoints} space @param {View} view @param {number} now */
function draw(parts, space, { trace, frame, theme }, now) {
  const path = pathOf(trace).map((h) => projected(space, h));
  // rounded up, so that the axes hold still from frame to frame
  const reach = roundedUp(Math.max(...space.points.flat().map(Math.abs), ...path.flat().map(Math.abs)));
  const scaled = (/** @type {[number, number]} */ [x, y]) =>
    /** @type {[number, number]} */ ([
      SIZE / 2 + (x / reach) * (SIZE / 2 - EDGE),
      SIZE / 2 - (y / reach) * (SIZE / 2 - EDGE),
    ]);
  const percent = space.share.map((share) => `${format(100 * share, 2)} %`);
  write(parts.across, `first axis: ${percent[0]} of the spread →`);
  write(parts.up, `↑ second axis: ${percent[1]}`);
  const clouds = children(parts.clouds, space.labels.length, () => svg("path"));
  clouds.forEach((cloud, label) => {
    const own = space.points.filter((_, k) => space.label[k] === label).map(scaled);
    set(cloud, { d: markPath(own, label, 2.6), fill: markColour(label, theme), "data-label": label });
  });
  parts.labels.replaceChildren(
    ...space.labels.map((name, label) =>
      el(
        "li",
        {},
        svg(
          "svg",
          { viewBox: "-6 -6 12 12", width: 12, height: 12, "aria-hidden": "true" },
          svg("path", { d: markPath([[0, 0]], label, 4), fill: markColour(label, theme) }),
        ),
        name,
      ),
    ),
  );
  set(parts.path, {
    points: path
      .slice(0, now + 1)
      .map((point) => scaled(point).join(" "))
      .join(","),
  });
  const stops = children(parts.stops, stepsOf(trace), (k) =>
    svg("circle", {
      role: "button",
      tabindex: k === 0 ? 0 : -1,
      "data-array": "space",
      "data-layer": 0,
      "data-direction": "forward",
      "data-unit": 0,
    }),
  );
  const { states } = frame.example;
  range(stepsOf(trace)).forEach((t) => {
    const [cx, cy] = scaled(path[t]);
    const truth = states ? `, in truth ${space.labels[states[t]] ?? states[t]}` : "";
    set(stops[t], {
      cx,
      cy,
      r: t === now ? 6 : 3.5,
      class: t === now ? "stop now" : t < now ? "stop" : "stop later",
      "data-t": t,
      "data-value": path[t].join(" "),
      "aria-label": `After step ${t + 1}: ${format(path[t][0], 3)} and ${format(path[t][1], 3)}${truth}`,
    });
  });
  if (!parts.stops.querySelector('[tabindex="0"]')) set(stops[0], { tabindex: 0 });
  parts.refresh();
}
