/**
 * Draws the unrolled network: the colours, the columns, the arrows of both passes, and what a cell hangs together
 * with.
 */
import { inksOf } from "./canvas.js";
import { described } from "./cell.js";
import { dependents, dependsOn } from "./dependencies.js";
import { find, leftOf } from "./geometry.js";
import { momentAt } from "./moments.js";
import { channelsOf, colour, format, ink } from "./scales.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Selection} Selection */
/** @typedef {import("./geometry.js").Geometry} Geometry */
/** @typedef {import("./geometry.js").Placed} Placed */
/** @typedef {import("./scales.js").Scale} Scale */
/** @typedef {import("./vector.js").Surface} Surface */
/**
 * @typedef {{context: Surface, view: View, geometry: Geometry, ink: (name: string) => string, font:
 * string}} Drawing
 */

/** The least size of a cell in which its number is written. */
const [WIDE, HIGH] = [36, 10];
/**
 * Rows lower than this are drawn as one picture of a pixel for each cell: thousands of rectangles would take too long.
 */
const LOW = 6;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {View} view
 * @param {Geometry} geometry
 * @param {Scale[]} scales one for each lane
 * @param {{left: number, width: number}} window the part that is seen
 */
export function paint(canvas, view, geometry, scales, { left, width }) {
  const context = canvas.getContext("2d");
  if (!context) return;
  const ratio = window.devicePixelRatio || 1;
  resize(canvas, width, geometry.height, ratio);
  context.setTransform(ratio, 0, 0, ratio, -left * ratio, 0);
  context.clearRect(left, 0, width, geometry.height);
  draw(context, canvas, view, geometry, scales, left, width);
}

/**
 * @param {Surface} context
 * @param {HTMLCanvasElement} canvas
 * @param {View} view
 * @param {Geometry} geometry
 * @param {Scale[]} scales
 * @param {number} left
 * @param {number} width
 */
export function draw(context, canvas, view, geometry, scales, left, width) {
  /** @type {Drawing} */
  const drawing = {
    context,
    view,
    geometry,
    ink: inksOf(canvas),
    font: getComputedStyle(canvas).fontFamily,
  };
  const first = Math.max(0, Math.floor(left / geometry.pitch));
  const last = Math.min(geometry.T - 1, Math.ceil((left + width) / geometry.pitch));

  for (let t = first; t <= last; t++) drawColumn(drawing, t);
  geometry.placed.forEach((placed, k) => drawLane(drawing, placed, scales[k], first, last));
  drawVerdicts(drawing, first, last);
  drawStates(drawing, first, last);
  drawFlow(drawing, first, last);
  drawConnections(drawing);
}

/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height @param {number} ratio */
function resize(canvas, width, height, ratio) {
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
}

/**
 * One copy of the network: its frame in both passes, marked where the walk stands.
 * @param {Drawing} drawing
 * @param {number} t
 */
function drawColumn({ context, view, geometry, ink }, t) {
  const { phase, t: at } = view.moments[view.moment];
  const x = leftOf(geometry, t);
  for (const pass of /** @type {const} */ (["forward", "backward"])) {
    const [top, bottom] = geometry[pass];
    const here = phase === pass && at === t;
    context.beginPath();
    context.roundRect(x - 2.5, top - 4.5, geometry.width + 5, bottom - top + 9, 5);
    context.fillStyle = ink("column");
    context.fill();
    context.lineWidth = here ? 2 : 1;
    context.strokeStyle = here ? ink(pass) : ink("line");
    if (here || geometry.pitch >= 18) context.stroke();
  }
}

/** @param {Drawing} drawing @param {Placed} placed @param {Scale} scale @param {number} first @param {number} last */
function drawLane({ context, view, geometry, ink: themed, font }, { lane, top, row }, scale, first, last) {
  const { moment, theme } = view;
  const known = (/** @type {number} */ t) => moment >= momentAt(geometry.T, lane.pass, t);
  const written = geometry.width >= WIDE && row >= HIGH;
  const canvas = row < LOW && context instanceof CanvasRenderingContext2D ? context : null;
  const picture = canvas && pixels(lane, scale, theme, first, last);
  const height = row - 1;
  if (written) {
    context.font = `${Math.min(11, row - 1)}px ${font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
  }
  if (canvas) canvas.imageSmoothingEnabled = false;
  const unknown = themed("unknown");
  for (let t = first; t <= last; t++) {
    const x = leftOf(geometry, t);
    const values = lane.values[t];
    if (canvas && picture && known(t)) {
      canvas.drawImage(picture, t - first, 0, 1, lane.rows, x, top, geometry.width, row * lane.rows);
      continue;
    }
    if (picture) {
      context.fillStyle = unknown;
      context.fillRect(x, top, geometry.width, row * lane.rows);
      continue;
    }
    for (let unit = 0; unit < values.length; unit++) {
      context.fillStyle = known(t) ? colour(scale, values[unit], theme) : unknown;
      context.fillRect(x, top + unit * row, geometry.width, height);
    }
    if (!written || !known(t)) continue;
    for (let unit = 0; unit < values.length; unit++) {
      context.fillStyle = ink(scale, values[unit], theme);
      context.fillText(short(values[unit]), x + geometry.width / 2, top + unit * row + height / 2 + 0.5);
    }
  }
}

/**
 * A lane with one pixel for each cell.
 * @param {import("./lanes.js").Lane} lane
 * @param {Scale} scale
 * @param {import("./types.d.ts").Theme} theme
 * @param {number} first
 * @param {number} last
 */
function pixels({ values, rows }, scale, theme, first, last) {
  const columns = last - first + 1;
  const canvas = new OffscreenCanvas(columns, rows);
  const image = new ImageData(columns, rows);
  for (let t = first; t <= last; t++) {
    for (let unit = 0; unit < values[t].length; unit++) {
      const [red, green, blue] = channelsOf(scale, values[t][unit], theme);
      const at = 4 * (unit * columns + t - first);
      image.data[at] = red;
      image.data[at + 1] = green;
      image.data[at + 2] = blue;
      image.data[at + 3] = 255;
    }
  }
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

/**
 * Right and wrong above each column, as a sign and a colour.
 * @param {Drawing} drawing
 * @param {number} first
 * @param {number} last
 */
function drawVerdicts({ context, view, geometry, ink, font }, first, last) {
  const { right } = view.frame.example;
  context.font = `600 ${geometry.pitch >= 18 ? 13 : 9}px ${font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let t = first; t <= last; t++) {
    const known = right.length === geometry.T ? right[t] : t === geometry.T - 1 ? right[0] : undefined;
    if (known === undefined || view.moment < t) continue;
    context.fillStyle = ink(known ? "right" : "wrong");
    context.fillText(known ? "✓" : "✗", leftOf(geometry, t) + geometry.width / 2, geometry.verdict + 8);
  }
}

/**
 * The task's true state after each step, which the network is never shown.
 * @param {Drawing} drawing
 * @param {number} first
 * @param {number} last
 */
function drawStates({ context, view, geometry, ink, font }, first, last) {
  const { states } = view.frame.example;
  if (geometry.state === null || !states) return;
  context.font = `${geometry.pitch >= 18 ? 12 : 9}px ${font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let t = first; t <= last; t++) {
    if (view.moment < t) continue;
    const [x, y] = [leftOf(geometry, t) + geometry.width / 2, geometry.state + 8];
    if (states[t]) {
      context.fillStyle = ink("ink-2");
      context.beginPath();
      context.roundRect(x - Math.min(11, geometry.width / 2), y - 8, Math.min(22, geometry.width), 16, 8);
      context.fill();
    }
    context.fillStyle = ink(states[t] ? "surface" : "ink-3");
    context.fillText(String(states[t]), x, y + 0.5);
  }
}

/**
 * The arrows along which a pass goes: through time by U, and from lane to lane by V and W.
 * @param {Drawing} drawing
 * @param {number} first
 * @param {number} last
 */
function drawFlow({ context, view, geometry, ink, font }, first, last) {
  const { phase, t: at } = view.moments[view.moment];
  const gap = geometry.pitch - geometry.width;
  if (gap < 10) return;
  context.font = `italic 11px ${font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const cell = described(view.trace);
  const inTime = geometry.placed
    .map((placed) => ({ ...placed, through: cell.throughTime(placed.lane.array) }))
    .filter(({ through }) => through !== null);
  for (let t = first; t <= last; t++) {
    const x = leftOf(geometry, t);
    for (const { x: weight, y, up } of geometry.joints) {
      const here = phase === (up ? "forward" : "backward") && at === t;
      context.strokeStyle = context.fillStyle = here ? ink(phase) : ink("ink-3");
      const middle = x + geometry.width / 2;
      arrow(context, middle, up ? y + 6 : y - 6, middle, up ? y - 6 : y + 6);
      if (geometry.pitch >= 60) context.fillText(weight, middle + 11, y);
    }
    if (t === geometry.T - 1) continue;
    for (const { lane, top, bottom, through } of inTime) {
      const rightward = (lane.pass === "forward") === (lane.direction === "forward");
      const into = rightward ? t + 1 : t;
      const here = phase === lane.pass && at === into;
      context.strokeStyle = context.fillStyle = here ? ink(lane.pass) : ink("ink-3");
      const [from, to] = [x + geometry.width + 3, x + geometry.pitch - 3];
      const y = (top + bottom) / 2;
      arrow(context, rightward ? from : to, y, rightward ? to : from, y);
      if (gap >= 20) context.fillText(through ?? "", x + geometry.width + gap / 2, y - 9, gap - 2);
    }
  }
}

/** Outlines what the cell in hand is computed from, and (dashed) what is computed from it. @param {Drawing} drawing */
function drawConnections({ context, view, geometry, ink }) {
  const cell = view.hovered ?? view.selection;
  const own = cell && find(geometry, cell.array, cell.layer, cell.direction);
  if (!cell || !own || cell.t < 0 || cell.t >= geometry.T) return;
  const box = (
    /** @type {Placed} */ { top, row, lane },
    /** @type {number} */ t,
    /** @type {number | null} */ unit,
  ) => ({
    x: leftOf(geometry, t),
    y: top + (unit ?? 0) * row,
    width: geometry.width,
    height: row * (unit === null ? lane.rows : 1),
  });
  const home = box(own, cell.t, cell.unit);
  const middle = ({ x, y, width, height } = home) => /** @type {const} */ ([x + width / 2, y + height / 2]);
  for (const [cells, dash] of /** @type {const} */ ([
    [dependsOn(view.trace, cell), []],
    [dependents(view.trace, cell), [3, 3]],
  ])) {
    context.setLineDash([...dash]);
    for (const { array, layer, direction, t, unit } of cells) {
      const placed = find(geometry, array, layer, direction);
      if (!placed) continue;
      const there = box(placed, t, unit);
      context.strokeStyle = ink("link");
      context.lineWidth = 2;
      context.strokeRect(there.x - 1, there.y - 1, there.width + 2, there.height + 1);
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(...middle(there));
      context.lineTo(...middle());
      context.globalAlpha = 0.55;
      context.stroke();
      context.globalAlpha = 1;
    }
  }
  context.setLineDash([]);
  context.strokeStyle = ink("ink");
  context.lineWidth = 2;
  context.strokeRect(home.x - 1, home.y - 1, home.width + 2, home.height + 1);
}

/**
 * @param {Surface} context
 * @param {number} x
 * @param {number} y
 * @param {number} toX
 * @param {number} toY
 */
function arrow(context, x, y, toX, toY) {
  const [dx, dy] = [Math.sign(toX - x), Math.sign(toY - y)];
  context.lineWidth = 1.25;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX, toY);
  context.moveTo(toX - 3.5 * dx - 3 * dy, toY - 3.5 * dy - 3 * dx);
  context.lineTo(toX, toY);
  context.lineTo(toX - 3.5 * dx + 3 * dy, toY - 3.5 * dy + 3 * dx);
  context.stroke();
}

/** A number that fits into a cell. @param {number} value */
function short(value) {
  if (Number.isInteger(value)) return format(value);
  const size = Math.abs(value);
  if (size >= 0.001 && size < 1000) return value.toFixed(size < 0.01 ? 4 : size < 10 ? 2 : 0).replace("-", "−");
  return size === 0 ? "0" : value.toExponential(0).replace(/-/g, "−");
}
