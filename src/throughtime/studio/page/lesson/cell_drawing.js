/** A cell as a drawing: boxes for what is computed from x_t and h_{t−1}, one line for the memory, and the numbers. */
import { el, set, svg, write } from "../dom.js";

/**
 * @typedef {object} Plan
 * @property {string} cell
 * @property {string} memory the state on the line at the top
 * @property {Record<string, number>} boxes where they stand, by the name of what they compute
 * @property {[string, string][]} wires a part, and its path
 * @property {[string, number, number, string][]} nodes a part, a place, and what is done there
 * @property {[string, number, number, string][]} notes a part, a place, and a word of `words`
 */

const [WIDTH, HEIGHT, LINE, BOX, HALF] = [560, 236, 48, 150, 38];

/** @type {Plan} */
export const LSTM = {
  cell: "LSTM",
  memory: "C",
  boxes: { f: 110, i: 205, C_tilde: 305, o: 405 },
  wires: [
    ["C", "M30 48H98M122 48H243M267 48H540"],
    ["f", "M110 124V60"],
    ["i", "M205 124V98H243"],
    ["C_tilde", "M305 124V98H267"],
    ["C", "M255 86V60"],
    ["o", "M405 124V98H453"],
    ["h", "M465 48V86M477 98H540"],
  ],
  nodes: [
    ["f", 110, 48, "×"],
    ["C", 255, 48, "+"],
    ["C", 255, 98, "×"],
    ["h", 465, 98, "×"],
  ],
  notes: [["h", 491, 76, "tanh"]],
};

/** @type {Plan} */
export const GRU = {
  cell: "GRU",
  memory: "h",
  boxes: { z: 110, r: 235, n: 360 },
  wires: [
    ["h", "M30 48H98M122 48H348M372 48H540"],
    ["z", "M110 124V60M110 98H348"],
    ["n", "M360 124V110"],
    ["h", "M360 86V60"],
    ["r", "M273 150H322"],
  ],
  nodes: [
    ["z", 110, 48, "×"],
    ["h", 360, 48, "+"],
    ["h", 360, 98, "×"],
  ],
  notes: [["z", 235, 92, "1 − z"]],
};

/** @param {Plan} plan @param {Record<string, string>} words */
export function drawing(plan, words) {
  /** @type {Record<string, SVGElement>} */
  const groups = {};
  const part = (/** @type {string} */ name) => (groups[name] ??= svg("g", { "data-part": name }));
  for (const [name, d] of plan.wires) part(name).append(svg("path", { class: "wire", d }));
  for (const [name, x, y, sign] of plan.nodes)
    part(name).append(
      svg("circle", { class: "node", cx: x, cy: y, r: 12 }),
      svg("text", { class: "sign", x, y: y + 5 }, sign),
    );
  for (const [name, x, y, note] of plan.notes) part(name).append(svg("text", { class: "note", x, y }, note));
  const below = Object.values(plan.boxes);
  const feet = below.map((x) => `M${x} 198V176`).join("");
  const read = svg("text", { class: "note start", x: 30, y: 218 });
  const numbers = Object.entries(plan.boxes).map(([name, x]) => {
    const number = svg("text", { class: "number", x, y: BOX + 17 });
    part(name).append(
      svg("rect", { class: "box", x: x - HALF, y: BOX - 26, width: 2 * HALF, height: 52, rx: 7 }),
      svg("text", { class: "letter", x, y: BOX - 5 }, words[`letter ${name}`] ?? name),
      number,
      svg("text", { class: "note", x: x + 4, y: 193, "text-anchor": "start" }, words[name]),
    );
    return { name, number };
  });
  const state = (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ anchor) =>
    svg("text", { class: "state", x, y, "text-anchor": anchor });
  const before = state(30, LINE - 18, "start");
  const after = state(540, LINE - 18, "end");
  const out = plan.memory === "h" ? null : state(540, 126, "end");
  part(plan.memory).append(before, after);
  if (out) part("h").append(out);
  const picture = svg(
    "svg",
    { class: "cell-drawing", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" },
    svg("path", { class: "wire", d: `M30 198H${Math.max(...below)}${feet}` }),
    ...Object.values(groups),
    read,
  );
  return {
    root: el("div", { class: "cell-of" }, picture),
    /**
     * @param {number[]} x @param {{before: Record<string, number[]>, values: Record<string, number[]>}} step
     * @param {string[]} hand the gates that are taken by hand
     */
    show(x, { before: states, values }, hand) {
      const { memory } = plan;
      write(before, `${memory} before: ${states[memory][0].toFixed(2)}`);
      write(after, `${memory} = ${values[memory][0].toFixed(2)}`);
      if (out) write(out, `h = ${values.h[0].toFixed(2)}`);
      write(read, `x = (${x.join(", ")}), h before = ${states.h[0].toFixed(2)}`);
      for (const { name, number } of numbers) {
        write(number, values[name][0].toFixed(2));
        set(number, { "data-array": name, "data-value": values[name][0], "data-hand": hand.includes(name) });
      }
      const says = numbers.map(({ name }) => `${words[name]} ${values[name][0].toFixed(2)}`);
      set(picture, { "aria-label": `${plan.cell}: ${says.join(", ")}; ${after.textContent}` });
    },
  };
}
