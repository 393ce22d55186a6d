/** The cells that lie over the picture: they carry each number, take the focus and are clicked. */
import { el, set } from "./dom.js";

/** @typedef {import("./types.d.ts").Moment} Moment */
/** @typedef {import("./geometry.js").Geometry} Geometry */
/**
 * @typedef {{grid: HTMLElement, cells: HTMLElement[][][], from: number}} Grid cells by lane, unit and step, the steps
 * from `from` on
 */

/** A browser bears so many cells; of a larger network, those of the steps around the moment are there. */
const MOST = 60_000;

/**
 * The first and the last step that have cells.
 * @param {Geometry} geometry
 * @param {Moment} moment
 * @returns {[number, number]}
 */
export function stepsInGrid({ T, placed }, { phase, t }) {
  const rows = placed.reduce((sum, { lane }) => sum + lane.rows, 0);
  const steps = Math.max(1, Math.min(T, Math.floor(MOST / rows)));
  const at = t ?? (phase === "loss" ? T - 1 : 0);
  const from = Math.floor(at / steps) * steps;
  return [from, Math.min(T, from + steps) - 1];
}

/** @param {Geometry} geometry @param {[number, number]} steps @returns {Grid} */
export function gridOf({ placed, pitch }, [from, to]) {
  const grid = el("div", {
    class: "cells",
    role: "grid",
    "aria-label": "The unrolled network: a column for each step, a row for each unit",
  });
  const cells = placed.map(({ lane, top, row }) => {
    // a lane's rows differ in the unit alone: copies of the first are made faster than new ones
    const first = el("div", { role: "row", class: "row" });
    for (let t = from; t <= to; t++) {
      const cell = el("span", { role: "gridcell", tabindex: "-1", class: "cell" });
      const { array, layer, direction } = lane;
      if (lane.values[t].length)
        set(cell, { "data-array": array, "data-layer": layer, "data-direction": direction, "data-t": t });
      first.append(cell);
    }
    return Array.from({ length: lane.rows }, (_, unit) => {
      const line = /** @type {HTMLElement} */ (first.cloneNode(true));
      line.setAttribute("aria-label", `${lane.symbol}[${unit}]`);
      line.style.top = `${top + unit * row}px`;
      line.style.height = `${row}px`;
      line.style.left = `${from * pitch}px`;
      grid.append(line);
      const units = /** @type {HTMLElement[]} */ ([...line.children]);
      for (const cell of units) cell.setAttribute("data-unit", String(unit));
      return units;
    });
  });
  const home = placed.findIndex(({ lane }) => lane.array === "h");
  cells[Math.max(home, 0)][0][0].setAttribute("tabindex", "0");
  return { grid, cells, from };
}

/** Writes the numbers into the cells. @param {Grid} grid @param {Geometry} geometry */
export function fill({ cells, from }, { placed }) {
  placed.forEach(({ lane }, k) => {
    cells[k].forEach((units, unit) => {
      units.forEach((cell, k) => {
        const value = lane.values[from + k][unit];
        if (value !== undefined && cell.dataset.value !== String(value)) cell.dataset.value = String(value);
      });
    });
  });
}
