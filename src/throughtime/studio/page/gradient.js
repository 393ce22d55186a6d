/** Where the gradient goes: ‖δ_{k→t}‖, and the terms of a parameter's gradient over time. */

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function gradient(root, view, act) {
  root.hidden = true;
}
