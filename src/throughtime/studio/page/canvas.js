/** A canvas that is as sharp as the screen, with the page's colours. */
import { el } from "./dom.js";

/** @param {string} label for who cannot see it @param {string} [part] the part of the figure that it is */
export function canvas(label, part) {
  return el("canvas", {
    class: "canvas",
    role: "img",
    "aria-label": label,
    "data-part": part,
  });
}

/**
 * The drawing context at the size that the canvas has on the page, cleared; null while it has none.
 * @param {HTMLCanvasElement} element
 */
export function brush(element) {
  const { clientWidth: width, clientHeight: height } = element;
  if (!width || !height) return null;
  const sharp = window.devicePixelRatio || 1;
  if (element.width !== Math.round(width * sharp) || element.height !== Math.round(height * sharp)) {
    element.width = Math.round(width * sharp);
    element.height = Math.round(height * sharp);
  }
  const context = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
  context.setTransform(sharp, 0, 0, sharp, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height, ink: inksOf(element) };
}

/** The page's colours where an element stands, by name. @param {Element} element */
export function inksOf(element) {
  const style = getComputedStyle(element);
  return (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
}
