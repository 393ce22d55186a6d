/** The line below a picture that says what is under the pointer, or has the focus. */
import { write } from "./dom.js";

/**
 * Writes the label of the cell that is pointed at.
 * @param {Element} picture whose cells have an aria-label
 * @param {Element} line
 * @returns {() => void} writes it anew, after the cells have changed
 */
export function readout(picture, line) {
  /** @type {Element | null} */
  let cell = null;
  const refresh = () => write(line, (cell?.isConnected && cell.getAttribute("aria-label")) || "");
  const point = (/** @type {Event} */ event) => {
    cell = event.target instanceof Element ? event.target.closest("[aria-label]:not([role=group])") : null;
    refresh();
  };
  const leave = () => {
    cell = null;
    refresh();
  };
  picture.addEventListener("pointerover", point);
  picture.addEventListener("focusin", point);
  picture.addEventListener("pointerleave", leave);
  picture.addEventListener("focusout", leave);
  return refresh;
}
