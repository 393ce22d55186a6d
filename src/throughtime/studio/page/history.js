/** The history of training: the batches' loss, exact sequences and the gradient's norm; values under the pointer. */
import { built, el, set, svg, write } from "./dom.js";
import { redraw } from "./redraw.js";
import { format, percent } from "./scales.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").HistoryEntry} HistoryEntry */
/**
 * @typedef {{name: "loss" | "exact" | "gradient_norm", title: string, share: boolean}} Curve share is of 1, and always
 * linear
 */

/** @type {Curve[]} */
const CURVES = [
  { name: "loss", title: "batch loss", share: false },
  { name: "exact", title: "exact sequences", share: true },
  { name: "gradient_norm", title: "gradient norm", share: false },
];
const WIDTH = 360;
const HEIGHT = 92;
const LEFT = 44;
const TOP = 8;
/** Points of a curve; of a longer history each stands for several, by the least and the greatest of them. */
const MOST_POINTS = 600;

/** @param {HTMLElement} root @param {View} view */
export function history(root, view) {
  const parts = built(root, "history", () => build(root));
  parts.entries = view.history;
  parts.step = view.frame.step;
  for (const { curve, title } of parts.charts) write(title, titleOf(curve, view.settings.noise));
  redraw(root, [view.history, view.history.length, view.frame.step], () => draw(parts));
}

/**
 * The title of a curve: training counts what is exact with its noise on, the bar on top without.
 * @param {Curve} curve
 * @param {number} noise
 */
export const titleOf = ({ title, share }, noise) =>
  share && noise > 0 ? `${title}, with the noise of training` : title;

/** @param {HTMLElement} root */
function build(root) {
  const charts = CURVES.map((curve) => ({
    curve,
    value: el("output", { class: "history-value", "data-curve": curve.name }),
    title: el("span"),
    picture: svg("svg", {
      class: "chart",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": `${curve.title} over the updates`,
    }),
  }));
  const parts = {
    charts,
    log: el("button", { type: "button", "aria-pressed": "true" }, "logarithmic"),
    at: el("output", { class: "history-at" }),
    slider: el("input", { type: "range", min: 0, step: 1, "aria-label": "Update whose values are shown" }),
    empty: el("p", { class: "empty" }, "Press Train: the curves begin here."),
    box: el("div", { class: "charts" }),
    entries: /** @type {HistoryEntry[]} */ ([]),
    /** The update of the frame that the page shows. */
    step: 0,
    /** The entry pointed at; null for the last. @type {number | null} */
    pointed: null,
  };
  parts.box.append(
    el("div", { class: "history-head" }, parts.at, parts.log),
    ...charts.map(({ title, value, picture }) => el("figure", {}, el("figcaption", {}, title, value), picture)),
    parts.slider,
  );
  root.append(
    el(
      "p",
      { class: "how" },
      "From left to right the updates of the training. Point at a curve to read its values there; the solid " +
        "line is the update that the page shows.",
    ),
    parts.empty,
    parts.box,
  );
  const point = (/** @type {number | null} */ k) => {
    parts.pointed = k;
    draw(parts);
  };
  for (const { picture } of charts) {
    picture.addEventListener("pointermove", (event) => {
      const { left, width } = picture.getBoundingClientRect();
      const share = (((event.clientX - left) / width) * WIDTH - LEFT) / (WIDTH - LEFT - 8);
      point(nearestEntry(parts.entries, share));
    });
    picture.addEventListener("pointerleave", () => point(null));
  }
  parts.slider.addEventListener("input", () => point(Number(parts.slider.value)));
  parts.slider.addEventListener("blur", () => point(null));
  parts.log.addEventListener("click", () => {
    set(parts.log, { "aria-pressed": String(parts.log.getAttribute("aria-pressed") !== "true") });
    draw(parts);
  });
  return parts;
}

/** @param {ReturnType<typeof build>} parts */
function draw(parts) {
  const { entries, charts, pointed } = parts;
  set(parts.box, { hidden: entries.length === 0 });
  set(parts.empty, { hidden: entries.length > 0 });
  if (entries.length === 0) return;
  const logarithmic = parts.log.getAttribute("aria-pressed") === "true";
  const k = Math.min(pointed ?? entries.length - 1, entries.length - 1);
  const entry = entries[k];
  const last = entries[entries.length - 1].step;
  const x = (/** @type {number} */ step) => LEFT + ((WIDTH - LEFT - 8) * step) / Math.max(1, last);
  write(parts.at, `after ${entry.step} updates, ${format(entry.seconds, 3)} s`);
  set(parts.slider, { max: entries.length - 1 });
  parts.slider.value = String(k);
  for (const { curve, value, picture } of charts) {
    const number = entry[curve.name];
    write(value, number === null || number === undefined ? "–" : curve.share ? percent(number) : format(number));
    set(value, { "data-value": number === null || number === undefined ? null : String(number) });
    const scale = scaleFor(curve, entries, logarithmic);
    const y = (/** @type {number} */ v) => TOP + (HEIGHT - TOP - 16) * (1 - scale.place(v));
    const rule = svg("line", { class: "pointer-rule", x1: x(entry.step), x2: x(entry.step), y1: TOP, y2: HEIGHT - 16 });
    const dot =
      typeof number === "number" && Number.isFinite(number)
        ? [svg("circle", { class: "pointer-dot", cx: x(entry.step), cy: y(number), r: 3.5 })]
        : [];
    picture.replaceChildren(
      ...scale.ticks.flatMap((tick) => [
        svg("line", { class: "axis-line", x1: LEFT, x2: WIDTH - 8, y1: y(tick), y2: y(tick) }),
        svg(
          "text",
          { class: "tick end", x: LEFT - 6, y: y(tick) + 3.5 },
          curve.share ? `${100 * tick} %` : format(tick, 2),
        ),
      ]),
      svg("text", { class: "tick", x: LEFT, y: HEIGHT - 3 }, "0"),
      svg("text", { class: "tick end", x: WIDTH - 8, y: HEIGHT - 3 }, `${last} updates`),
      ...(parts.step < last
        ? [svg("line", { class: "shown-rule", x1: x(parts.step), x2: x(parts.step), y1: TOP, y2: HEIGHT - 16 })]
        : []),
      svg("path", { class: `curve curve-${curve.name}`, d: curvePath(entries, curve.name, x, y) }),
      rule,
      ...dot,
    );
  }
}

/** The entry whose update is nearest to a share of the way. @param {HistoryEntry[]} entries @param {number} share */
export function nearestEntry(entries, share) {
  const step = share * (entries.at(-1)?.step ?? 0);
  let [low, high] = [0, Math.max(0, entries.length - 1)];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle].step < step) low = middle + 1;
    else high = middle;
  }
  return low > 0 && step - entries[low - 1].step < entries[low].step - step ? low - 1 : low;
}

/** The place of a value between the bottom (0) and the top (1), and the values written beside it. */
/** @param {Curve} curve @param {HistoryEntry[]} entries @param {boolean} logarithmic */
export function scaleFor({ name, share }, entries, logarithmic) {
  if (share) return { place: (/** @type {number} */ v) => v, ticks: [0, 0.5, 1] };
  const values = entries.flatMap((entry) => {
    const v = entry[name];
    return typeof v === "number" && Number.isFinite(v) && (v > 0 || !logarithmic) ? [v] : [];
  });
  const most = values.reduce((a, b) => Math.max(a, b), 0) || 1;
  if (!logarithmic) {
    const top =
      [1, 2, 5, 10].map((digit) => digit * 10 ** Math.floor(Math.log10(most))).find((round) => round >= most) ?? most;
    return { place: (/** @type {number} */ v) => Math.max(0, Math.min(1, v / top)), ticks: [0, top / 2, top] };
  }
  const least = values.reduce((a, b) => Math.min(a, b), most);
  const [low, high] = [
    Math.floor(Math.log10(least)),
    Math.max(Math.ceil(Math.log10(most)), Math.floor(Math.log10(least)) + 1),
  ];
  const every = Math.ceil((high - low) / 4);
  const ticks = [];
  for (let power = low; power <= high; power += every) ticks.push(Number(`1e${power}`));
  return {
    place: (/** @type {number} */ v) => (v > 0 ? Math.max(0, Math.min(1, (Math.log10(v) - low) / (high - low))) : 0),
    ticks,
  };
}

/**
 * @param {HistoryEntry[]} entries
 * @param {Curve["name"]} name
 * @param {(step: number) => number} x
 * @param {(value: number) => number} y
 */
function curvePath(entries, name, x, y) {
  const size = Math.max(1, Math.ceil((2 * entries.length) / MOST_POINTS));
  const points = [];
  for (let from = 0; from < entries.length; from += size) {
    const known = entries
      .slice(from, from + size)
      .filter((entry) => typeof entry[name] === "number" && Number.isFinite(entry[name]));
    if (known.length === 0) continue;
    const sorted = [...known].sort((a, b) => Number(a[name]) - Number(b[name]));
    const ends = size === 1 ? known : [sorted[0], sorted[sorted.length - 1]].sort((a, b) => a.step - b.step);
    points.push(...ends.map((entry) => `${x(entry.step).toFixed(1)} ${y(Number(entry[name])).toFixed(1)}`));
  }
  return points.length > 0 ? `M${points.join("L")}` : "";
}
