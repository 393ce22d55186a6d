/**
 * The state space: hidden states over many sequences on two principal axes, with the path of the sequence in hand.
 *
 * The marks are drawn on a canvas and move from update to update; over it lie the steps of the sequence.
 */
import { brush, inksOf } from "./canvas.js";
import { described } from "./cell.js";
import { built, children, el, roving, set, svg, write } from "./dom.js";
import { Film } from "./film.js";
import { markColour, markPath } from "./marks.js";
import { Moving } from "./motion.js";
import { layerOf, range, stepsOf } from "./numbers.js";
import { hasPlane, plane } from "./plane.js";
import { readout } from "./readout.js";
import { redraw } from "./redraw.js";
import { format } from "./scales.js";
import { outline, paintedBy } from "./vector.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */
/** @typedef {import("./types.d.ts").SpacePoints} SpacePoints */
/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */

const EDGE = 14;
const MARK = 2.6;
/** The opacity of marks, and of the newest part of a trail. */
const [CLOUD, TRAIL] = [0.6, 0.35];
/** The opacity of the steps to come. */
const LATER = 0.35;
/** Pixels that a point must have moved to leave a trail. */
const SEEN = 0.5;

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function space(root, view, act) {
  const { trace, frame, theme, moments, moment } = view;
  const now = stepShown(view);
  const { clientWidth } = root;
  redraw(root, [trace, frame.space, theme, now, clientWidth, innerHeight], () => {
    const points = frame.space;
    // points of another network, or of other sequences, do not come from those that were here
    const key = JSON.stringify([trace.specification, frame.example.memory, points?.label]);
    const parts = built(root, key, () => build(root, act));
    const learned = parts.step !== frame.step;
    Object.assign(parts, { view, step: frame.step, at: now });
    for (const part of [parts.picture, parts.labels, parts.read]) part.toggleAttribute("hidden", !points);
    set(parts.missing, { hidden: Boolean(points) });
    if (points) draw(parts, points, learned);
    set(parts.plane, { hidden: !hasPlane(trace) });
    if (hasPlane(trace)) plane(parts.plane, view, moments[moment].phase === "forward" ? now : null, learned);
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
  const canvas = el("canvas", { "aria-hidden": "true" });
  const parts = {
    canvas,
    picture: el("div", { class: "space-picture" }),
    over: svg("svg", { role: "group", "aria-label": "Hidden states on two principal axes" }),
    stops: svg("g"),
    across: svg("text", { class: "tick end" }),
    up: svg("text", { class: "tick", x: EDGE + 4, y: EDGE + 14 }),
    labels: el("ul", { class: "marks" }),
    record: el(
      "button",
      { type: "button", class: "save", title: "The way of the states in training, as a GIF that repeats for ever" },
      "Record",
    ),
    /** @type {Film | null} */
    film: null,
    read: el("p", { class: "readout" }),
    missing: el("p", { class: "empty" }, "The state space is drawn with the next frame."),
    plane: el("div", { class: "plane" }),
    refresh: () => {},
    view: /** @type {View} */ (/** @type {unknown} */ (null)),
    step: -1,
    at: 0,
    moving: new Moving(() => {}),
    /** @type {{width: number, height: number}} */
    size: { width: 0, height: 0 },
  };
  parts.moving = new Moving((places, trail) => {
    const found = brush(canvas);
    if (!found) return;
    parts.size = found;
    const points = pathIn(parts, places);
    clouds(parts, found.context, found.ink, places, trail);
    line(parts, found.context, found.ink, points);
    set(parts.over, { viewBox: `0 0 ${found.width} ${found.height}` });
    set(parts.across, { x: found.width - 6, y: found.height - 7 });
    parts.film?.take(`after ${parts.step} updates`);
    if (parts.film?.isFull()) shoot(parts);
  });
  paintedBy(canvas, (surface) => {
    const ink = inksOf(canvas);
    clouds(parts, surface, ink, parts.moving.to, []);
    line(parts, surface, ink, pathIn(parts, parts.moving.to));
    return 0;
  });
  parts.over.append(parts.stops, parts.across, parts.up);
  parts.picture.append(canvas, parts.over);
  root.append(
    el("p", { class: "how" }, "Every step of many sequences; the line is this sequence."),
    el("div", { class: "space-head" }, parts.labels, parts.record),
    parts.picture,
    parts.read,
    parts.missing,
    parts.plane,
  );
  parts.record.addEventListener("click", () => shoot(parts));
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

/** @typedef {ReturnType<typeof build>} Parts */

/** Begins a film of the picture, or saves the one that has begun. @param {Parts} parts */
function shoot(parts) {
  const { canvas, film, view } = parts;
  const ink = inksOf(canvas);
  const colours = view.frame.space?.labels.map((_, label) => markColour(label, view.theme)) ?? [];
  parts.film = film ? null : new Film(canvas, ink("column"), [ink("ink"), ...new Set(colours)]);
  film?.save("throughtime-states");
  parts.film?.take(`after ${parts.step} updates`);
  write(parts.record, film ? "Record" : "Save the GIF");
  set(parts.record, { "aria-pressed": String(!film) });
}

/** @param {Parts} parts @param {SpacePoints} space @param {boolean} learned whether there was an update */
function draw(parts, space, learned) {
  const { trace, frame, theme } = parts.view;
  const path = pathOf(trace).map((h) => projected(space, h));
  const percent = space.share.map((share) => `${format(100 * share, 2)} %`);
  write(parts.across, `first axis: ${percent[0]} of the spread →`);
  write(parts.up, `↑ second axis: ${percent[1]}`);
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
  const { states } = frame.example;
  const stops = children(parts.stops, stepsOf(trace), () =>
    svg("circle", {
      class: "stop",
      role: "button",
      tabindex: -1,
      "data-array": "space",
      "data-layer": 0,
      "data-direction": "forward",
      "data-unit": 0,
    }),
  );
  range(stepsOf(trace)).forEach((t) => {
    const truth = states ? `, in truth ${space.labels[states[t]] ?? states[t]}` : "";
    set(stops[t], {
      "data-t": t,
      "data-value": path[t].join(" "),
      "aria-label": `After step ${t + 1}: ${format(path[t][0], 3)} and ${format(path[t][1], 3)}${truth}`,
    });
  });
  if (!parts.stops.querySelector('[tabindex="0"]')) set(stops[0], { tabindex: 0 });
  // what is seen: where each point is, and last how far the picture reaches, rounded up so that it holds still
  const all = [...space.points, ...path];
  const reach = roundedUp(Math.max(...all.flat().map(Math.abs)));
  parts.moving.go(Float64Array.from([...all.flat(), reach]), learned);
  pathIn(parts, parts.moving.to).forEach(([cx, cy], t) => set(stops[t], { cx, cy, r: radiusOf(t, parts.at) + 1 }));
  parts.refresh();
}

/** The steps of the sequence in hand, in the picture. @param {Parts} parts @param {Float64Array} places */
function pathIn(parts, places) {
  const first = /** @type {SpacePoints} */ (parts.view.frame.space).points.length;
  const at = scaled(parts, places);
  return [...parts.stops.children].map((_, t) => at(places, first + t));
}

/** From the plane to the picture. @param {Parts} parts @param {Float64Array} places */
function scaled({ size: { width, height } }, places) {
  const scale = (Math.min(width, height) / 2 - EDGE) / (places.at(-1) ?? 1);
  return (/** @type {Float64Array} */ of, /** @type {number} */ k) =>
    /** @type {[number, number]} */ ([width / 2 + of[2 * k] * scale, height / 2 - of[2 * k + 1] * scale]);
}

/**
 * The marks of all states and the ways that they came.
 * @param {Parts} parts
 * @param {import("./vector.js").Surface} surface
 * @param {(name: string) => string} ink
 * @param {Float64Array} places
 * @param {Float64Array[]} trail
 */
function clouds(parts, surface, ink, places, trail) {
  const { view, size } = parts;
  const { label: labels, labels: names } = /** @type {SpacePoints} */ (view.frame.space);
  const { width, height } = size;
  const at = scaled(parts, places);
  surface.globalAlpha = 1;
  surface.fillStyle = ink("column");
  surface.fillRect(0, 0, width, height);
  surface.strokeStyle = ink("line");
  surface.lineWidth = 1;
  surface.strokeRect(0.5, 0.5, width - 1, height - 1);
  surface.stroke(outline(surface, `M${width / 2} 0V${height}M0 ${height / 2}H${width}`));
  names.forEach((_, label) => {
    const own = labels.flatMap((of, k) => (of === label ? [k] : []));
    surface.fillStyle = surface.strokeStyle = markColour(label, view.theme);
    [...trail, places].forEach((to, place, all) => {
      if (place === 0) return;
      surface.globalAlpha = (TRAIL * place) / all.length;
      surface.beginPath();
      for (const k of own) {
        const [[x, y], [u, v]] = [at(all[place - 1], k), at(to, k)];
        if (Math.abs(u - x) + Math.abs(v - y) < SEEN) continue;
        surface.moveTo(x, y);
        surface.lineTo(u, v);
      }
      surface.stroke();
    });
    surface.globalAlpha = CLOUD;
    const marks = own.map((k) => at(places, k));
    surface.fill(outline(surface, markPath(marks, label, MARK)));
  });
}

/**
 * The line of the sequence in hand, as far as the walk has come, and a stop after each step.
 * @param {Parts} parts
 * @param {import("./vector.js").Surface} surface
 * @param {(name: string) => string} ink
 * @param {[number, number][]} points
 */
function line({ at: now }, surface, ink, points) {
  surface.globalAlpha = 1;
  surface.strokeStyle = ink("ink");
  surface.lineWidth = 1.5;
  surface.stroke(outline(surface, `M${points.slice(0, now + 1).join("L")}`));
  points.forEach(([x, y], t) => {
    surface.globalAlpha = t > now ? LATER : 1;
    surface.fillStyle = ink(t === now ? "ink" : "surface");
    surface.beginPath();
    surface.arc(x, y, radiusOf(t, now), 0, 2 * Math.PI);
    surface.fill();
    surface.stroke();
  });
}

/** @param {number} t @param {number} now */
const radiusOf = (t, now) => (t === now ? 6 : 3.5);
