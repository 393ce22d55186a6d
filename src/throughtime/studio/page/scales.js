/**
 * Numbers as colour and as text.
 *
 * Three scales, all safe for colour-blind eyes: "unit" for 0..1 (white to blue), "signed" for values below and above 0
 * (orange, white, blue), "delta" for what travels backward (green, white, purple; the root of the size gives the
 * colour, so that a hundredth of the greatest δ is still seen). In the dark theme, white is the page's own ground.
 */
import { described } from "./cell.js";
import { el, svg } from "./dom.js";

/** @typedef {import("./types.d.ts").Theme} Theme */
/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {"unit" | "signed" | "delta"} Kind */
/** @typedef {{kind: Kind, greatest: number}} Scale a kind, and the size of a value that has the full colour */

/** @type {Record<Theme, Record<Kind, string[]>>} colours from the least value to the greatest, evenly spaced */
const STOPS = {
  light: {
    unit: ["#f4f6f8", "#bcd3ea", "#6fa3d2", "#2c6cab", "#123c6e"],
    signed: ["#8c3b00", "#d97a2b", "#f3c793", "#f6f6f4", "#a9c9e6", "#4484bf", "#123c6e"],
    delta: ["#0b4f2f", "#3f9163", "#a7d3b2", "#f6f6f4", "#d3bfe2", "#9467b5", "#4a1f6f"],
  },
  dark: {
    unit: ["#1d232b", "#23415f", "#2f6ba3", "#5fa4df", "#cfe6fb"],
    signed: ["#ffc894", "#d97e2f", "#6d431f", "#20262e", "#26476a", "#4a90d0", "#c2e0fb"],
    delta: ["#b7f0c8", "#4fae78", "#245a3e", "#20262e", "#4a3560", "#a276c9", "#e6d0f7"],
  },
};
const SHADES = 256;
/** Of a legend. */
const STRIPES = 48;

/** @type {Map<string, {fill: string[], ink: string[], shades: number[][]}>} */
const TABLES = new Map();

/** The shades of a scale, and for each the colour of text on it. @param {Kind} kind @param {Theme} theme */
function table(kind, theme) {
  const key = theme + kind;
  let known = TABLES.get(key);
  if (!known) {
    const shades = Array.from({ length: SHADES }, (_, k) => between(STOPS[theme][kind], k / (SHADES - 1)));
    known = {
      shades,
      fill: shades.map(([r, g, b]) => `rgb(${r},${g},${b})`),
      ink: shades.map(([r, g, b]) => (luminance(r, g, b) > 0.179 ? "#000000" : "#ffffff")),
    };
    TABLES.set(key, known);
  }
  return known;
}

/**
 * The place of a value on a scale, 0..1; 0 is ½ where values have a sign.
 * @param {Scale} scale
 * @param {number} value
 */
export function place({ kind, greatest }, value) {
  const share = greatest > 0 ? Math.max(-1, Math.min(1, value / greatest)) : 0;
  if (Number.isNaN(share)) return kind === "unit" ? 0 : 0.5;
  if (kind === "unit") return Math.max(0, share);
  return 0.5 + 0.5 * (kind === "delta" ? Math.sign(share) * Math.sqrt(Math.abs(share)) : share);
}

/** The colour of a value. @param {Scale} scale @param {number} value @param {Theme} theme */
export function colour(scale, value, theme) {
  return table(scale.kind, theme).fill[Math.round(place(scale, value) * (SHADES - 1))];
}

/**
 * The red, green and blue of a value's colour, 0..255.
 * @param {Scale} scale
 * @param {number} value
 * @param {Theme} theme
 */
export function channelsOf(scale, value, theme) {
  return table(scale.kind, theme).shades[Math.round(place(scale, value) * (SHADES - 1))];
}

/** The colour of text on the colour of a value. @param {Scale} scale @param {number} value @param {Theme} theme */
export function ink(scale, value, theme) {
  return table(scale.kind, theme).ink[Math.round(place(scale, value) * (SHADES - 1))];
}

/**
 * The scale of an array: fixed where its values are bounded, else up to the greatest of `values`, rounded up to 1, 2 or
 * 5 so that colours hold still from frame to frame.
 * @param {TraceJSON} trace
 * @param {string} array
 * @param {Iterable<number>} values
 * @returns {Scale}
 */
export function scaleOf(trace, array, values) {
  const cell = described(trace);
  if (array === "delta_y" || cell.isBackward(array)) return { kind: "delta", greatest: greatest(values) };
  if (array === "error") return { kind: "unit", greatest: greatest(values) };
  const isProbability = ["y", "d"].includes(array) && trace.specification.readout !== "identity";
  const { range = "free" } = cell.values.get(cell.initialOf(array)?.array ?? array) ?? {};
  if (isProbability || range === "unit") return { kind: "unit", greatest: 1 };
  if (array === "x" && isUnit(values)) return { kind: "unit", greatest: 1 };
  if (range === "signed") return { kind: "signed", greatest: 1 };
  return { kind: "signed", greatest: greatest(values) };
}

/** @param {Iterable<number>} values */
function isUnit(values) {
  for (const value of values) if (value < 0 || value > 1) return false;
  return true;
}

/**
 * The greatest size among values, rounded up to 1, 2 or 5 times a power of ten; 1 if all are 0.
 * @param {Iterable<number>} values
 */
export function greatest(values) {
  let most = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (size > most && Number.isFinite(size)) most = size;
  }
  if (most === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5, 10].find((digit) => digit * power >= most) ?? 10) * power;
}

const SUPERSCRIPT = /** @type {Record<string, string>} */ ({
  "-": "⁻",
  0: "⁰",
  1: "¹",
  2: "²",
  3: "³",
  4: "⁴",
  5: "⁵",
  6: "⁶",
  7: "⁷",
  8: "⁸",
  9: "⁹",
});

/**
 * A number for people: four significant digits, "−" for minus, 1.2·10⁻⁷ where it is very small or large.
 * @param {number} value
 */
export function format(value, digits = 4) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const minus = value < 0 ? "−" : "";
  if (Number.isInteger(value) && size < 1e6) return minus + size;
  if (size >= 1e-3 && size < 1e5) return minus + String(Number(size.toPrecision(digits)));
  const [mantissa, exponent] = size.toExponential(Math.max(0, digits - 2)).split("e");
  return `${minus}${Number(mantissa)}·10${[...String(Number(exponent))].map((c) => SUPERSCRIPT[c]).join("")}`;
}

/** A share of 1 in per cent; it says "100 %" and "0 %" only of all and of none. @param {number} share */
export function percent(share, digits = 4) {
  const shown = Number((100 * share).toPrecision(digits));
  if (shown >= 100 && share < 1) return `> ${format(100 - 10 ** (2 - digits), digits)} %`;
  return `${format(shown, digits)} %`;
}

/**
 * A legend with numbers: the colours of the scale, and the values at its ends and middle.
 * @param {string} title
 * @param {Scale} scale
 * @param {Theme} theme
 */
export function legend(title, scale, theme) {
  const { kind, greatest: most } = scale;
  const ticks =
    kind === "unit"
      ? [0, most / 2, most]
      : kind === "signed"
        ? [-most, 0, most]
        : [-most, -most / 4, 0, most / 4, most];
  const { fill } = table(kind, theme);
  const strip = svg(
    "svg",
    { viewBox: `0 0 ${STRIPES} 1`, preserveAspectRatio: "none", class: "legend-strip", "aria-hidden": "true" },
    ...Array.from({ length: STRIPES }, (_, k) =>
      // each goes on below the next, so that no line is seen between them
      svg("rect", { x: k, width: STRIPES - k, height: 1, fill: fill[Math.round((k / (STRIPES - 1)) * (SHADES - 1))] }),
    ),
  );
  return el(
    "figure",
    { class: `legend legend-${kind}` },
    el("figcaption", {}, title),
    strip,
    el("div", { class: "legend-ticks" }, ...ticks.map((value) => el("span", {}, format(value, 2)))),
  );
}

/** @param {string[]} stops @param {number} at 0..1 @returns {[number, number, number]} */
function between(stops, at) {
  const from = Math.min(Math.floor(at * (stops.length - 1)), stops.length - 2);
  const share = at * (stops.length - 1) - from;
  const [a, b] = [stops[from], stops[from + 1]].map(channels);
  return /** @type {[number, number, number]} */ (a.map((value, k) => Math.round(value + (b[k] - value) * share)));
}

/** @param {string} hex */
const channels = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));

/** Relative luminance (WCAG 2). @param {number} r @param {number} g @param {number} b */
function luminance(r, g, b) {
  const [R, G, B] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * R + 0.7152 * G + 0.0722 * B;
}
