/** The places of the steps and rows of the unrolled picture, in CSS pixels. */
import { described } from "./cell.js";
import { lanesOf } from "./lanes.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./lanes.js").Lane} Lane */
/**
 * @typedef {{lane: Lane, top: number, row: number, bottom: number}} Placed a lane, the height of a row of it, and its
 * edges
 */
/** @typedef {{x: string, y: number, up: boolean}} Joint where one lane flows into the next */
/**
 * @typedef {object} Geometry
 * @property {number} T
 * @property {number} pitch from the left of a column to the left of the next
 * @property {number} inset of a column's cells from its left
 * @property {number} width of a column's cells
 * @property {number} verdict the top of the row of right and wrong
 * @property {Placed[]} placed
 * @property {Joint[]} joints
 * @property {number | null} state the top of the row of the task's true state
 * @property {[number, number]} forward the top and bottom of the forward pass
 * @property {[number, number]} backward
 * @property {number} height
 */

const HEAD = 22;
const VERDICT = 18;
const STATE = 20;
const BETWEEN_PASSES = 20;
const JOINT = 16;
const END = 6;
/** Lanes of up to so many rows have rows of this height; those of the others lie between the least and the greatest. */
const [FEW_ROWS, FEW, LEAST, MOST] = [4, 16, 3, 15];

/**
 * @param {TraceJSON} trace
 * @param {[number, number]} available the width for the columns, and the height for all, which the rows of units share
 * @param {boolean} hasState whether the task's true state is known
 * @returns {Geometry}
 */
export function geometryOf(trace, [available, height], hasState) {
  const T = trace.lengths[0];
  const lanes = lanesOf(trace);
  const { inputLetter } = described(trace);
  const pitch = Math.max(T > 96 ? 9 : 12, Math.min(96, Math.floor(available / T)));
  const gap = pitch >= 60 ? 20 : pitch >= 36 ? 10 : pitch >= 18 ? 4 : 2;
  const inset = pitch >= 18 ? 3 : 0;
  const many = lanes.reduce((sum, { rows }) => sum + (rows > FEW_ROWS ? rows : 0), 0);
  const rest = stacked(lanes, 0, hasState, inputLetter).height;
  const row = Math.max(LEAST, Math.min(MOST, Math.floor((height - rest) / Math.max(1, many))));
  return { T, pitch, inset, width: pitch - gap, verdict: HEAD, ...stacked(lanes, row, hasState, inputLetter) };
}

/**
 * The lanes one below the other.
 * @param {Lane[]} lanes
 * @param {number} unit the height of a row where there are many
 * @param {boolean} hasState
 * @param {string} inputLetter
 */
function stacked(lanes, unit, hasState, inputLetter) {
  const forwardTop = HEAD + VERDICT;
  let y = forwardTop;
  let forwardBottom = y;
  let backwardTop = y;
  /** @type {number | null} */
  let state = null;
  /** @type {Placed[]} */
  const placed = [];
  /** @type {Joint[]} */
  const joints = [];
  lanes.forEach((lane, k) => {
    const before = lanes[k - 1];
    if (before && lane.pass === "loss") {
      forwardBottom = y;
      if (hasState) {
        state = y + 7;
        y += STATE;
      }
      backwardTop = y += BETWEEN_PASSES;
    } else if (before) {
      const weight = joint(before, lane, inputLetter);
      if (weight) joints.push({ x: weight, y: y + JOINT / 2, up: lane.pass === "forward" });
      y += weight ? JOINT : 3;
    }
    const row = lane.rows > FEW_ROWS ? unit : FEW;
    placed.push({ lane, top: y, row, bottom: y + row * lane.rows });
    y += row * lane.rows;
  });
  /** @type {[[number, number], [number, number]]} */
  const [forward, backward] = [
    [forwardTop, forwardBottom],
    [backwardTop, y],
  ];
  return { state, placed, joints, forward, backward, height: y + END };
}

/**
 * The matrix between two lanes, if one computes from the other through a matrix.
 * @param {Lane} above
 * @param {Lane} below
 * @param {string} inputLetter
 */
function joint(above, below, inputLetter) {
  if (below.array === "x") return inputLetter;
  if (["y", "delta_y"].includes(above.array) && below.array !== "d") return "W";
  return above.layer !== below.layer ? inputLetter : "";
}

/**
 * The place of an array, if it is drawn.
 * @param {Geometry} geometry
 * @param {string} array
 * @param {number} layer
 * @param {string} direction
 */
export const find = ({ placed }, array, layer, direction) =>
  placed.find(({ lane }) => lane.array === array && lane.layer === layer && lane.direction === direction);

/** The left edge of a step's cells. @param {Geometry} geometry @param {number} t */
export const leftOf = ({ pitch, inset }, t) => t * pitch + inset;
