/** The state space: hidden states over many sequences. */

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function space(root, view, act) {
  root.hidden = true;
}
