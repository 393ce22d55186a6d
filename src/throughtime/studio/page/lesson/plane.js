/** Chapter 11: the plane of two hidden units, bent by each input: where states fall to, and where they are held. */
import { comparison } from "../engine/tasks.js";
import { Random } from "../engine/random.js";
import { Trainer } from "../engine/training.js";
import { el, set, svg, write } from "../dom.js";
import { fixedPoints } from "../map.js";
import { markColour, markPath } from "../marks.js";
import { range } from "../numbers.js";
import { boundaryPath } from "../plane.js";
import { forAFrame, Loop } from "./frames.js";
import { sumsRight } from "./judge.js";

/** @typedef {import("../engine/network.js").Network} Network */

const T = 8;
const [WATCHED, DRAWN] = [200, 50];
const RECIPE = { steps: 600, batch: 32, optimizer: { name: "adam", learning_rate: 0.02 }, noise: 0.2 };
const AT_ONCE = 2;
const SIZE = 200;
/** @type {[number, number]} */
const BOUNDS = [-1.08, 1.08];
const [LINES, BITS] = [11, 21];
/** How long a step takes to bend the plane, in milliseconds. */
const BENDING = 1200;

/** @param {number[]} h @returns {[number, number]} */
const scaled = ([x, y]) => [
  ((x - BOUNDS[0]) / (BOUNDS[1] - BOUNDS[0])) * SIZE,
  ((BOUNDS[1] - y) / (BOUNDS[1] - BOUNDS[0])) * SIZE,
];
/** The points of the grid's lines, line by line: first those along one axis, then those along the other. */
const GRID = [0, 1].flatMap((axis) =>
  range(LINES).flatMap((line) =>
    range(BITS).flatMap((bit) => {
      const at = [-1 + (2 * line) / (LINES - 1), -1 + (2 * bit) / (BITS - 1)];
      return axis ? [at[1], at[0]] : at;
    }),
  ),
);

/** @type {import("./types.d.ts").Chapter} */
export const plane = {
  id: "plane",
  build(root, tools, words) {
    const task = comparison({ bits: T });
    const { symbols } = task.machine;
    const watched = task.sample(new Random(12345, 7, 11), WATCHED);
    let seed = 0;
    let trainer = begin();
    let [bent, from, begun, turn] = [0, 0, 0, 0];
    /** @type {ReturnType<typeof fixedPoints>[]} */
    const fixed = symbols.map(() => []);

    const figures = symbols.map((x) => {
      const name = words.reads.replace("X", x.join(" "));
      const parts = {
        grid: svg("path", { class: "grid" }),
        boundary: svg("path", { class: "boundary" }),
        states: [0, 1].map(() => svg("path", { class: "states" })),
        fixed: svg("g"),
      };
      const ground = svg("rect", { class: "ground", width: SIZE, height: SIZE });
      const picture = svg(
        "svg",
        { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img", "aria-label": name },
        ground,
        parts.grid,
        parts.boundary,
        ...parts.states,
        parts.fixed,
      );
      const part = x[0] === x[1] ? "hold" : "decide";
      return { parts, picture, root: el("figure", { "data-part": part }, picture, el("figcaption", {}, name)) };
    });
    const planes = el("div", { class: "planes", "data-part": "planes" }, ...figures.map((figure) => figure.root));
    const slider = el("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": words.bend });
    const learn = el("button", { type: "button", class: "primary" });
    const step = el("button", { type: "button" }, words.step);
    const again = el("button", { type: "button" }, words.again);
    const legend = el(
      "p",
      { class: "legend" },
      el("span", { class: "key carry-0" }, words.not),
      el("span", { class: "key carry-1" }, words.greater),
      el("span", { class: "key attracting" }, words.attracting),
      el("span", { class: "key repelling" }, words.repelling),
    );
    root.append(
      planes,
      legend,
      el("label", { class: "slider", "data-part": "bend" }, words.bend, slider),
      el("div", { class: "buttons" }, learn, step, again),
    );

    const training = new Loop(() => {
      forAFrame(AT_ONCE, () => trainer.step < RECIPE.steps && trainer.run(1));
      // Fixed points cost more than all else: one plane's at each frame.
      find(turn++ % symbols.length);
      const more = trainer.step < RECIPE.steps;
      if (!more) findAll();
      changed();
      return more;
    });
    const bending = new Loop((now) => {
      begun ||= now;
      const share = Math.min(1, (now - begun) / BENDING);
      bent = from + (1 - from) * (share * share * (3 - 2 * share));
      changed();
      return share < 1;
    });

    function begin() {
      const network = tools.network({ activation: "tanh", hidden: 2 }, seed);
      return new Trainer(network, task, { .../** @type {any} */ (RECIPE), seed });
    }

    /** @param {number} k */
    function find(k) {
      const { network } = trainer;
      fixed[k] = fixedPoints((h) => [...moved(network, symbols[k], h)], BOUNDS);
    }
    const findAll = () => symbols.forEach((_, k) => find(k));

    function draw() {
      const { network } = trainer;
      const trace = /** @type {any} */ ({ specification: network.specification, parameters: network.named() });
      const line = boundaryPath(trace, BOUNDS, scaled);
      const states = statesBefore(network, task, watched);
      figures.forEach(({ parts, picture }, k) => {
        const x = symbols[k];
        set(parts.grid, { d: gridPath(between(GRID, moved(network, x, GRID), bent)) });
        set(parts.boundary, { d: line });
        parts.states.forEach((path, label) => {
          const before = states[k][label];
          const points = between(before, moved(network, x, before), bent);
          const places = range(points.length / 2).map((n) => scaled([points[2 * n], points[2 * n + 1]]));
          set(path, { d: markPath(places, label, 2.2), fill: markColour(label, tools.theme()) });
        });
        // Before the first update both of a network's biases are 0, and a whole line may stand nearly still.
        const found = trainer.step ? fixed[k] : [];
        parts.fixed.replaceChildren(
          ...found.map(({ at, stable }) => {
            const [cx, cy] = scaled(at);
            return svg("circle", {
              class: stable ? "fixed stable" : "fixed",
              cx,
              cy,
              r: 5,
              "data-value": at.join(" "),
            });
          }),
        );
        const says = found.map(
          ({ at, stable }) => `${stable ? words.attracting : words.repelling} ${at.map((v) => v.toFixed(2)).join(" ")}`,
        );
        set(picture, { "aria-label": [words.reads.replace("X", x.join(" ")), ...says].join("; ") });
      });
      for (const key of legend.querySelectorAll(".attracting, .repelling")) set(key, { hidden: !trainer.step });
      set(planes, { "data-parameters": JSON.stringify(trace.parameters) });
      slider.value = String(bent);
      const done = trainer.step >= RECIPE.steps;
      write(learn, done ? words.done : training.wanted ? words.pause : trainer.step ? words.on : words.learn);
      set(learn, { disabled: done });
    }

    function changed() {
      draw();
      tools.changed();
    }

    learn.addEventListener("click", () => act("learn"));
    step.addEventListener("click", () => act("step"));
    again.addEventListener("click", () => act("again"));
    slider.addEventListener("input", () => {
      bending.stop();
      bent = Number(slider.value);
      changed();
    });

    /** @param {string} action */
    function act(action) {
      if (action === "learn" && !training.wanted && trainer.step < RECIPE.steps) {
        bending.stop();
        bent = 1;
        if (tools.still) {
          trainer.run(RECIPE.steps - trainer.step);
          findAll();
        } else training.start();
      } else if (action === "learn") training.stop();
      if (action === "step") {
        [bent, from, begun] = [tools.still ? 1 - Math.round(bent) : 0, 0, 0];
        if (!tools.still) bending.start();
      }
      if (action === "again") {
        training.stop();
        seed++;
        trainer = begin();
      }
      changed();
    }

    return {
      act,
      draw,
      seen(is) {
        training.seen(is);
        bending.seen(is);
      },
      values: () => ({
        updates: String(trainer.step),
        right: String(sumsRight(trainer.network, watched)),
        all: String(WATCHED),
      }),
    };
  },
};

/** Memory of steps of so many states: fixed points take thousands of steps of one. @type {Map<number, any>} */
const tapes = new Map();

/**
 * Where one step with input x takes states (N,2), until the next step of so many.
 * @param {Network} network of two units @param {number[]} x @param {ArrayLike<number>} states
 */
function moved(network, x, states) {
  const N = states.length / 2;
  if (!tapes.has(N)) tapes.set(N, { tape: network.begin(N), read: new Float64Array(2 * N) });
  const { tape, read } = tapes.get(N);
  tape.layers[0].states.set(states);
  for (let k = 0; k < read.length; k++) read[k] = x[k % 2];
  network.step(tape, read);
  return tape.layers[0].states.subarray(0, 2 * N);
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b @param {number} share */
const between = (a, b, share) => Float64Array.from(a, (value, k) => value + share * (b[k] - value));

/** @param {Float64Array} points (2·LINES·BITS,2) */
function gridPath(points) {
  return range(points.length / 2)
    .map((n) => {
      const [x, y] = scaled([points[2 * n], points[2 * n + 1]]);
      return `${n % BITS ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}

/**
 * The states that some watched sequences are in before each step, by the symbol that is read there and by whether the
 * first number is the greater one so far.
 * @param {Network} network @param {ReturnType<typeof comparison>} task
 * @param {import("../engine/types.d.ts").Batch} batch
 * @returns {number[][][]} flat
 */
function statesBefore(network, task, { x, T: steps, B }) {
  const drawn = task.machine.symbols.map(() => task.machine.state_names.map(() => /** @type {number[]} */ ([])));
  network.predict({ x, T: steps, B });
  const { states } = /** @type {import("../engine/passes.js").Tape} */ (network.tape).layers[0];
  for (let b = 0; b < DRAWN; b++) {
    let state = 0;
    for (let t = 0; t < steps; t++) {
      const row = t * B + b;
      const symbol = task.symbol([x[2 * row], x[2 * row + 1]]);
      drawn[symbol][state].push(states[2 * row], states[2 * row + 1]);
      state = task.machine.next[state][symbol];
    }
  }
  return drawn;
}
