/** The speed of the training: so many updates a second, or slower while the network learns. */

/** @typedef {import("./types.d.ts").Pace} Pace */
/** @typedef {import("./types.d.ts").Frame} Frame */

/** To choose from; null for full speed. @type {Pace[]} */
export const PACES = ["by itself", 10, 100, 1000, null];

/** A network learns while it gets more and less than these shares of the sequences right. */
const [BEGUN, DONE] = [0.05, 0.95];
/** Updates a second before, meanwhile and afterwards. */
const [BEFORE, MEANWHILE, AFTER] = [400, 60, 1000];

/**
 * Updates a second for a network that does as well as a frame says.
 * @param {Pace} pace
 * @param {Pick<Frame, "exact"> | null} frame
 * @returns {number | null}
 */
export function updatesFor(pace, frame) {
  if (pace !== "by itself") return pace;
  if (!frame?.exact?.checked) return AFTER;
  const share = frame.exact.right / frame.exact.checked;
  return share < BEGUN ? BEFORE : share < DONE ? MEANWHILE : AFTER;
}

/** @param {Pace} pace */
export const paceName = (pace) =>
  pace === null ? "full speed" : pace === "by itself" ? "slows by itself" : `${pace} updates/s`;
