/** The guided lesson: text beside the picture. */

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function lesson(root, view, act) {
  root.hidden = true;
}
