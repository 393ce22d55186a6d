/** Chapter 10: one LSTM cell with its numbers, and what becomes of its memory if a gate is taken by hand; a GRU. */
import { sigmoid } from "../engine/functions.js";
import { MachineTask } from "../engine/tasks.js";
import { Trainer } from "../engine/training.js";
import { el, set, svg, write } from "../dom.js";
import { valuesOf } from "../map.js";
import { drawing, GRU, LSTM } from "./cell_drawing.js";

/** Reads a value and whether to write it: predicts what was written last. */
const LATCH = new MachineTask(
  "latch",
  {
    symbols: [0, 1, 2, 3].map((k) => [k >> 1, k & 1]),
    next: [0, 1].map((kept) => [kept, 0, kept, 1]),
    outputs: [0, 1].map((kept) => [[kept], [0], [kept], [1]]),
    state_names: ["0", "1"],
    symbol_names: ["00", "01", "10", "11"],
  },
  { bits: 12 },
);
const RECIPE = { steps: 1000, batch: 32, optimizer: { name: "adam", learning_rate: 0.03 } };
const KINDS = [
  { cell: "lstm", seed: 4, gates: ["f", "i"], memory: "C", plan: LSTM },
  { cell: "gru", seed: 0, gates: ["z"], memory: "h", plan: GRU },
];
/** Values and writes: a 1 is written, values pass that are not to be kept, a 0 is written, then a 1. */
const WORD = [3, 0, 2, 0, 2, 1, 2, 2, 0, 3, 0, 2];
/** Gates by hand, by what the text calls for. @type {Record<string, Record<string, number[]>>} */
const HANDS = { 0: { f: [0] }, 0.5: { f: [0.5] }, 1: { f: [1] }, shut: { f: [1], i: [0] }, wide: { i: [1] } };
const T = WORD.length;
const [LEFT, PITCH, HEIGHT, MIDDLE, UNIT] = [66, 41, 152, 84, 30];

/** @type {import("./types.d.ts").Chapter} */
export const gates = {
  id: "gates",
  build(root, tools, words) {
    const { x, y: targets } = LATCH.run(WORD);
    const cells = KINDS.map(({ cell, seed, ...kind }) => {
      const network = tools.network({ cell, activation: "sigmoid", hidden: 1 }, seed);
      new Trainer(network, LATCH, { .../** @type {any} */ (RECIPE), seed }).run(RECIPE.steps);
      const trace = /** @type {any} */ ({
        specification: network.specification,
        cell: network.cell.description,
        parameters: network.named(),
      });
      return { ...kind, trace, learned: walk(trace), picture: drawing(kind.plan, words) };
    });
    let shown = 0;
    let t = 2;
    /** @type {Record<string, number[]>} the gates by hand */
    let hand = {};

    const strip = stripOf(words, (step) => {
      t = step;
      changed();
    });
    const sliders = KINDS.flatMap(({ gates }) => gates).map((gate) => {
      const input = el("input", { type: "range", min: 0, max: 1, step: 0.01 });
      const [name, value] = [el("span"), el("output")];
      input.addEventListener("input", () => {
        hand = { ...hand, [gate]: [Number(input.value)] };
        changed();
      });
      const label = el("label", { class: "slider gate", "data-part": "hand" }, name, input, value);
      return { gate, input, name, value, label };
    });
    const free = el("button", { type: "button" }, words.free);
    const other = el("button", { type: "button" });
    root.append(
      ...cells.map(({ picture }) => picture.root),
      strip.root,
      ...sliders.map(({ label }) => label),
      el("div", { class: "buttons" }, free, other),
    );

    /** All steps' values, by the names of the trace. @param {any} trace @param {Record<string, number[]>} given */
    function walk(trace, given = {}) {
      /** @type {Record<string, number[]>} */
      let states = Object.fromEntries(trace.cell.states.map((/** @type {any} */ { array }) => [array, [0]]));
      return x.map((read) => {
        const values = valuesOf(trace, read, states, given);
        const net = values.h[0] * trace.parameters.W[0][0] + trace.parameters.b_y[0];
        const before = states;
        states = values;
        return { before, values, y: sigmoid(net) };
      });
    }

    const steps = () => {
      const { trace, learned } = cells[shown];
      return Object.keys(hand).length ? walk(trace, hand) : learned;
    };

    function draw() {
      const { gates, memory, learned, trace } = cells[shown];
      const now = steps();
      cells.forEach(({ picture }, k) => set(picture.root, { hidden: k !== shown }));
      cells[shown].picture.show(x[t], now[t], Object.keys(hand));
      strip.show({
        t,
        memory,
        x,
        rows: now.map(({ values, y }, k) => ({
          kept: values[memory][0],
          before: learned[k].values[memory][0],
          y,
          d: targets[k][0],
        })),
      });
      set(strip.root, { "data-parameters": JSON.stringify(trace.parameters) });
      for (const { gate, input, name, value, label } of sliders) {
        set(label, { hidden: !gates.includes(gate) });
        if (!gates.includes(gate)) continue;
        const at = now[t].values[gate][0];
        const says = words[`${gate in hand ? "hand" : "free"} ${gate}`];
        write(name, says);
        set(input, { "aria-label": says });
        input.value = String(at);
        write(value, at.toFixed(2));
      }
      set(free, { disabled: !Object.keys(hand).length });
      write(other, shown ? words.lstm : words.gru);
    }

    function changed() {
      draw();
      tools.changed();
    }

    free.addEventListener("click", () => act("free"));
    other.addEventListener("click", () => act(shown ? "lstm" : "gru"));

    /** @param {string} action */
    function act(action) {
      shown = action === "gru" || (action === "free" && shown) ? 1 : 0;
      hand = HANDS[action] ?? {};
      changed();
    }

    return {
      act,
      draw,
      read(part) {
        const speaksOf = KINDS[1].gates.includes(part ?? "") ? 1 : 0;
        if (part === null || speaksOf === shown) return;
        act(speaksOf ? "gru" : "lstm");
      },
      values: () => {
        // each sentence has the numbers of the cell that it speaks of, also while the other one is shown
        const [lstm, gru] = cells.map(({ learned }, k) => (k === shown ? steps() : learned)[t]);
        const all = Object.entries(lstm.values).map(([key, [number]]) => [key.toLowerCase(), number.toFixed(2)]);
        return {
          ...Object.fromEntries(all),
          before: lstm.before.C[0].toFixed(2),
          z: gru.values.z[0].toFixed(2),
          step: String(t + 1),
          ...(shown === 0 && { now: String(t + 1) }),
          right: String(steps().filter(({ y }, k) => y > 0.5 === targets[k][0] > 0.5).length),
        };
      },
    };
  },
};

/**
 * The steps: what is read, the memory as a bar (as it learned, in outline), and the output.
 * @param {Record<string, string>} words @param {(t: number) => void} choose
 */
function stripOf(words, choose) {
  const at = (/** @type {number} */ t) => LEFT + (t + 0.5) * PITCH;
  const text = (/** @type {number} */ y) => (/** @type {unknown} */ _, /** @type {number} */ t) =>
    svg("text", { class: "number", x: at(t), y });
  const columns = WORD.map((_, t) => {
    const column = svg("rect", { class: "column", x: at(t) - PITCH / 2, y: 0, width: PITCH, height: HEIGHT, rx: 5 });
    set(column, { role: "button", tabindex: 0, "aria-label": `${words.step} ${t + 1}` });
    column.addEventListener("click", () => choose(t));
    column.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(t);
    });
    return column;
  });
  const reads = WORD.map(text(16));
  const writes = WORD.map(text(34));
  const outputs = WORD.map(text(HEIGHT - 5));
  const bars = WORD.map(() => svg("rect", { class: "kept" }));
  const ghosts = WORD.map(() => svg("rect", { class: "learned" }));
  const label = (/** @type {string} */ of, /** @type {number} */ y) =>
    svg("text", { class: "row", x: LEFT - 8, y }, of);
  const memory = label("", MIDDLE + 4);
  const root = svg(
    "svg",
    {
      class: "strip",
      viewBox: `0 0 ${LEFT + T * PITCH} ${HEIGHT}`,
      role: "group",
      "aria-label": words.strip,
      "data-part": "strip",
    },
    ...columns,
    svg("line", { class: "zero", x1: LEFT, x2: LEFT + T * PITCH, y1: MIDDLE, y2: MIDDLE }),
    ...bars,
    ...ghosts,
    label(words.value, 16),
    label(words.write, 34),
    memory,
    label(words.output, HEIGHT - 5),
    ...[...reads, ...writes, ...outputs],
  );
  return {
    root,
    /**
     * @param {{t: number, memory: string, x: number[][],
     *   rows: {kept: number, before: number, y: number, d: number}[]}} of
     */
    show({ t: now, memory: letter, x, rows }) {
      write(memory, letter);
      rows.forEach(({ kept, before, y, d }, t) => {
        set(columns[t], { "aria-pressed": String(t === now) });
        write(reads[t], String(x[t][0]));
        write(writes[t], x[t][1] ? "✎" : "·");
        bar(bars[t], at(t), kept, PITCH - 16);
        bar(ghosts[t], at(t), before, PITCH - 10);
        write(outputs[t], y.toFixed(2));
        set(outputs[t], { "data-right": String(y > 0.5 === d > 0.5), "data-value": y });
      });
    },
  };
}

/** @param {SVGElement} rect @param {number} x @param {number} value @param {number} width */
function bar(rect, x, value, width) {
  const height = UNIT * Math.min(Math.abs(value), 1.4);
  set(rect, { x: x - width / 2, width, y: value > 0 ? MIDDLE - height : MIDDLE, height, "data-value": value });
}
