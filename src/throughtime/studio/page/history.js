/** The history of training: loss, exact sequences, gradient norm. */

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function history(root, view, act) {
  root.hidden = true;
}
