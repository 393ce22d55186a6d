/** The formula of the selected cell with its own numbers. */

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function inspector(root, view, act) {
  root.hidden = true;
}
