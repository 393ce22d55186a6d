/** A canvas as vectors: the calls that draw it make elements of SVG. */
import { svg } from "./dom.js";

/** @typedef {CanvasRenderingContext2D | Vector} Surface what a picture is drawn on */

/** @type {WeakMap<HTMLCanvasElement, (surface: Surface) => number>} what draws each canvas */
const PAINTERS = new WeakMap();

/**
 * Says what draws a canvas, so that it can be saved as vectors.
 * @param {HTMLCanvasElement} canvas
 * @param {(surface: Surface) => number} paint gives the x at the left of the canvas
 */
export const paintedBy = (canvas, paint) => PAINTERS.set(canvas, paint);

/**
 * The picture of a canvas at a place; null where it is not known what draws it.
 * @param {HTMLCanvasElement} canvas
 * @param {{x: number, y: number, width: number, height: number}} at
 */
export function vectorsOf(canvas, at) {
  const paint = PAINTERS.get(canvas);
  if (!paint) return null;
  const vector = new Vector();
  const left = paint(vector);
  return svg("svg", { ...at, viewBox: `${left} 0 ${at.width} ${at.height}` }, ...vector.elements);
}

/** An outline that a surface fills and strokes. @param {Surface} surface @param {string} d */
export const outline = (surface, d) => (surface instanceof Vector ? /** @type {any} */ ({ d }) : new Path2D(d));

/** As much of a canvas's context as the page draws with. */
export class Vector {
  constructor() {
    /** @type {SVGElement[]} */
    this.elements = [];
    this.fillStyle = this.strokeStyle = /** @type {any} */ ("black");
    this.lineWidth = this.globalAlpha = 1;
    this.font = "";
    this.textAlign = /** @type {CanvasTextAlign} */ ("start");
    this.textBaseline = /** @type {CanvasTextBaseline} */ ("alphabetic");
    /** @type {string[]} */
    this.parts = [];
    /** @type {number[]} */
    this.dash = [];
  }

  beginPath() {
    this.parts = [];
  }

  /** @param {number} x @param {number} y */
  moveTo(x, y) {
    this.parts.push(`M${x} ${y}`);
  }

  /** @param {number} x @param {number} y */
  lineTo(x, y) {
    this.parts.push(`L${x} ${y}`);
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height @param {number} radius */
  roundRect(x, y, width, height, radius) {
    const r = Math.min(radius, width / 2, height / 2);
    const turn = (/** @type {number} */ dx, /** @type {number} */ dy) => `a${r} ${r} 0 0 1 ${dx} ${dy}`;
    this.parts.push(
      `M${x + r} ${y}h${width - 2 * r}${turn(r, r)}v${height - 2 * r}${turn(-r, r)}` +
        `h${2 * r - width}${turn(-r, -r)}v${2 * r - height}${turn(r, -r)}z`,
    );
  }

  /** @param {number} x @param {number} y @param {number} radius of a whole circle */
  arc(x, y, radius) {
    this.parts.push(
      `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`,
    );
  }

  /** @param {any} [path] of `outline` */
  fill(path) {
    this.#add("path", { d: this.#d(path), fill: this.fillStyle });
  }

  /** @param {any} [path] of `outline` */
  stroke(path) {
    this.#add("path", { d: this.#d(path), fill: "none", ...this.#line() });
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  fillRect(x, y, width, height) {
    this.#add("rect", { x, y, width, height, fill: this.fillStyle });
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  strokeRect(x, y, width, height) {
    this.#add("rect", { x, y, width, height, fill: "none", ...this.#line() });
  }

  /** @param {string} text @param {number} x @param {number} y */
  fillText(text, x, y) {
    const size = Number(/([\d.]+)px/.exec(this.font)?.[1] ?? 10);
    const [before, family] = this.font.split(/[\d.]+px\s*/);
    const style = {
      "font-size": size,
      "font-family": family,
      "font-style": before.includes("italic") ? "italic" : null,
      "font-weight": /\d+/.exec(before)?.[0],
    };
    const anchor = this.textAlign === "center" ? "middle" : this.textAlign === "right" ? "end" : "start";
    const down = this.textBaseline === "middle" ? 0.35 * size : 0;
    this.#add("text", { x, y: y + down, "text-anchor": anchor, fill: this.fillStyle, ...style }, text);
  }

  /** @param {number[]} dash */
  setLineDash(dash) {
    this.dash = dash;
  }

  #line() {
    return {
      stroke: this.strokeStyle,
      "stroke-width": this.lineWidth,
      "stroke-dasharray": this.dash.join(" ") || null,
    };
  }

  /** @param {any} [path] */
  #d(path) {
    return path ? path.d : this.parts.join("");
  }

  /** @param {"path" | "rect" | "text"} tag @param {Record<string, any>} attributes @param {string} [text] */
  #add(tag, attributes, text = "") {
    const opacity = this.globalAlpha < 1 ? this.globalAlpha : null;
    this.elements.push(svg(tag, { ...attributes, opacity }, text || null));
  }
}
