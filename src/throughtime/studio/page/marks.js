/**
 * Marks of labelled points: a colour and a shape for each label, distinct without colours too (after Okabe and Ito,
 * 2008).
 */

/** @typedef {import("./types.d.ts").Theme} Theme */

/** @type {Record<Theme, string[]>} */
const COLOURS = {
  light: ["#0072b2", "#c75300", "#00835f", "#b3548a", "#a87100", "#3f8fc4", "#6b5b00", "#5c6570"],
  dark: ["#66b8f0", "#ff9a4d", "#4fd1a5", "#f0a3cf", "#f2c14e", "#a9d3ff", "#d8cf6a", "#b9c0c8"],
};
/** Outlines around (0, 0), relative, with r as the size. @type {((r: number) => string)[]} */
const SHAPES = [
  (r) => `m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  (r) => `m${-r} ${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (r) => `m0 ${-1.2 * r}l${1.2 * r} ${2.1 * r}h${-2.4 * r}z`,
  (r) => `m0 ${-1.4 * r}l${1.4 * r} ${1.4 * r}l${-1.4 * r} ${1.4 * r}l${-1.4 * r} ${-1.4 * r}z`,
];

/** @param {number} label @param {Theme} theme */
export const markColour = (label, theme) => COLOURS[theme][label % COLOURS[theme].length];

/**
 * The outlines of many marks of one label as a path.
 * @param {[number, number][]} points
 * @param {number} label
 * @param {number} size
 */
export function markPath(points, label, size) {
  const shape = SHAPES[label % SHAPES.length](size);
  return points.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}${shape}`).join("");
}
