/** Chapter 2: the same network without U has no memory, and one answer to each pair of digits is not enough. */
import { addition } from "../engine/tasks.js";
import { Random } from "../engine/random.js";
import { el, set, write } from "../dom.js";
import { forAFrame, Loop } from "./frames.js";
import { rightOf } from "./judge.js";
import { RECIPE } from "./tools.js";

const T = 8;
const WATCHED = 200;
const PAIRS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const AT_ONCE = 8;

/** @type {import("./types.d.ts").Chapter} */
export const memory = {
  id: "memory",
  build(root, tools, words) {
    const task = addition({ bits: T });
    const watched = task.sample(new Random(12345, 7, 1), WATCHED);
    const twins = ["with", "without"].map((name) => ({
      name,
      trainer: tools.adder(0),
      digits: 0,
      line: row(words[name]),
    }));
    const table = pairsTable(words);
    const button = el("button", { type: "button", class: "primary" });
    root.append(
      el("div", { class: "twins", "data-part": "twins" }, ...twins.map(({ line }) => line.root)),
      table.root,
      el("div", { class: "buttons" }, button),
    );
    const done = () => twins[0].trainer.step >= RECIPE.steps;
    const loop = new Loop(() => {
      forAFrame(AT_ONCE, update);
      draw();
      tools.changed();
      return !done();
    });

    function update() {
      if (done()) return;
      for (const { name, trainer } of twins) {
        trainer.run(1);
        if (name === "without") forget(trainer.network);
      }
    }

    function draw() {
      for (const twin of twins) {
        const { network } = twin.trainer;
        const { digits, sums } = rightOf(network, watched);
        twin.digits = digits / watched.y.length;
        twin.line.meter.value = twin.digits;
        write(twin.line.says, words.share.replace("P", percent(twin.digits)).replace("N", String(sums)));
      }
      table.show(outputsOf(twins[1].trainer.network));
      write(button, done() ? words.done : loop.wanted ? words.pause : words.learn);
      set(button, { disabled: done() });
    }

    button.addEventListener("click", () => act("learn"));
    /** @param {string} action */
    function act(action) {
      if (action !== "learn" || done()) return;
      if (loop.wanted) loop.stop();
      else if (tools.still) while (!done()) update();
      else loop.start();
      draw();
      tools.changed();
    }

    for (const { name, trainer } of twins) if (name === "without") forget(trainer.network);
    return {
      act,
      draw,
      seen: (is) => loop.seen(is),
      values: () => ({
        updates: String(twins[0].trainer.step),
        remembers: percent(twins[0].digits),
        forgets: percent(twins[1].digits),
      }),
    };
  },
};

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(share === 1 ? 0 : 1)} %`;

/** Takes the memory away. @param {import("../engine/network.js").Network} network */
function forget({ places, parameters }) {
  const { at, rows, columns, apart } = places.views.U;
  for (let row = 0; row < rows; row++) parameters.fill(0, at + row * apart, at + row * apart + columns);
}

/**
 * What a network without memory answers to each pair of digits.
 * @param {import("../engine/network.js").Network} network
 */
const outputsOf = (network) => [
  ...network.predict({
    x: Float64Array.from(PAIRS.flat()),
    T: 1,
    B: PAIRS.length,
  }),
];

/** @param {string} name */
function row(name) {
  const meter = el("meter", { min: 0, max: 1, "aria-label": name });
  const says = el("span");
  return {
    root: el("p", { class: "twin" }, el("strong", {}, name), meter, says),
    meter,
    says,
  };
}

/**
 * The pairs of digits, what is right with and without a carry, and the one answer.
 * @param {Record<string, string>} words
 */
function pairsTable(words) {
  const answers = PAIRS.map(() => el("td", { class: "answer" }));
  const cells = PAIRS.map(([a, b], k) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, `${a} + ${b}`),
      el("td", {}, String((a + b) % 2)),
      el("td", {}, String((a + b + 1) % 2)),
      answers[k],
    ),
  );
  const head = [words.pair, words.plain, words.carried, words.answer];
  const root = el(
    "table",
    { class: "pairs", "data-part": "pairs" },
    el("thead", {}, el("tr", {}, ...head.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, ...cells),
  );
  return {
    root,
    /** @param {number[]} outputs */
    show: (outputs) => outputs.forEach((y, k) => write(answers[k], y.toFixed(2))),
  };
}
