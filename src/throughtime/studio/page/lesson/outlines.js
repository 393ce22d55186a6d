/** Outlines of sets in a plane, as lists of their corners. */

/** @typedef {[number, number]} Point */

/**
 * The outline of middle + Σ e_k generator_k, e_k in [−1, 1]: a box or any other such set, seen in a plane.
 * @param {Point} middle @param {Point[]} generators @returns {Point[]}
 */
export function zonogon([x, y], generators) {
  const upward = generators
    .map(([a, b]) => /** @type {Point} */ (b < 0 || (b === 0 && a < 0) ? [-a, -b] : [a, b]))
    .sort(([a, b], [c, d]) => Math.atan2(b, a) - Math.atan2(d, c));
  const [right, up] = upward.reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
  let [a, b] = [-right, -up];
  /** @type {Point[]} */
  const half = [];
  for (const [c, d] of upward) {
    half.push([a, b]);
    [a, b] = [a + 2 * c, b + 2 * d];
  }
  const around = [...half, ...half.map(([c, d]) => /** @type {Point} */ ([-c, -d]))];
  return around.map(([c, d]) => [x + c, y + d]);
}

/** The convex outline of points. @param {Point[]} points @returns {Point[]} */
export function outline(points) {
  const sorted = [...points].sort(([a, b], [c, d]) => a - c || b - d);
  const half = (/** @type {Point[]} */ all) => {
    /** @type {Point[]} */
    const kept = [];
    for (const p of all) {
      while (kept.length > 1 && turn(kept[kept.length - 2], kept[kept.length - 1], p) <= 0) kept.pop();
      kept.push(p);
    }
    return kept.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

/** Above 0 where the way over three points turns left. @param {Point} a @param {Point} b @param {Point} c */
const turn = ([a, b], [c, d], [e, f]) => (c - a) * (f - b) - (d - b) * (e - a);

/** Whether an outline (counterclockwise) holds a point. @param {Point[]} corners @param {Point} point */
export function holds(corners, point) {
  return corners.every((corner, k) => turn(corner, corners[(k + 1) % corners.length], point) >= 0);
}
