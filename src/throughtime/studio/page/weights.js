/** The parameters, with the last update beside them. */

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function weights(root, view, act) {
  root.hidden = true;
}
