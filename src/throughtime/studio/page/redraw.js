/** Drawing only what is new, without taking the focus away. */

/** @typedef {import("./types.d.ts").View} View */

/** While training, a panel takes at most this share of the time. */
const SHARE = 1 / 8;

/**
 * @type {WeakMap<HTMLElement, {from: unknown[], at: number, took: number}>} what a root was last drawn from, when, and
 * in how many milliseconds
 */
const DRAWN = new WeakMap();

/**
 * Draws if one of `from` is not what it was when the root was drawn last. The control that had the focus has it again:
 * the one in the same place among those of its panel.
 * @param {HTMLElement} root
 * @param {unknown[]} from
 * @param {() => void} draw
 */
export function redraw(root, from, draw) {
  const known = DRAWN.get(root);
  if (known && known.from.length === from.length && known.from.every((part, k) => part === from[k])) return;
  const controls = () =>
    /** @type {HTMLElement[]} */ ([...root.querySelectorAll("button, select, input, summary, [tabindex]")]);
  const focused = controls().indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const begun = performance.now();
  draw();
  const at = performance.now();
  DRAWN.set(root, { from, at, took: at - begun });
  if (focused >= 0 && !root.contains(document.activeElement))
    (controls()[focused] ?? controls()[0])?.focus({ preventScroll: true });
}

/**
 * Whether a panel leaves the time to others and waits for a later frame.
 * @param {HTMLElement} root
 * @param {View} view
 */
export function waits(root, { frame }) {
  const known = DRAWN.get(root);
  return frame.running && known !== undefined && performance.now() - known.at < known.took / SHARE;
}
