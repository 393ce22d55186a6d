/** Drawing only what is new, without taking the focus away. */

/** @typedef {import("./types.d.ts").View} View */

/** While training, a costly panel is drawn at most this often, in milliseconds. */
const COSTLY = 250;

/** @type {WeakMap<HTMLElement, {from: unknown[], at: number}>} what a root was last drawn from, and when */
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
  const controls = () => /** @type {HTMLElement[]} */ ([...root.querySelectorAll("button, select, input, summary, [tabindex]")]);
  const focused = controls().indexOf(/** @type {HTMLElement} */ (document.activeElement));
  draw();
  DRAWN.set(root, { from, at: performance.now() });
  if (focused >= 0 && !root.contains(document.activeElement)) (controls()[focused] ?? controls()[0])?.focus({ preventScroll: true });
}

/** Whether a costly panel waits for a later frame: the training runs, and it was drawn just now. @param {HTMLElement} root @param {View} view */
export function waits(root, { frame }) {
  const known = DRAWN.get(root);
  return frame.running && known !== undefined && performance.now() - known.at < COSTLY;
}
