/** Chapter 7: plain gradient descent on one example: each weight moves against its gradient, and the loss falls. */
import { addition } from "../engine/tasks.js";
import { Random } from "../engine/random.js";
import { el, set, write } from "../dom.js";
import { colour, format, greatest } from "../scales.js";
import { brush, canvas } from "../canvas.js";
import { rightOf, sumsRight } from "./judge.js";
import { paper } from "./paper.js";

const T = 8;
const RATE = 0.5;
const MANY = 100;
const WATCHED = 200;
const NAMES = /** @type {const} */ (["V", "U", "W"]);

/** @type {import("./types.d.ts").Chapter} */
export const update = {
  id: "update",
  build(root, tools, words) {
    const task = addition({ bits: T });
    const sum = task.encode(107, 27);
    const batch = { x: Float64Array.from(sum.x.flat()), y: Float64Array.from(sum.y.flat()), T, B: 1 };
    const others = task.sample(new Random(12345, 7, 2), WATCHED);
    const network = tools.network({}, tools.begun().parameters);
    const start = network.parameters.slice();
    let taken = 0;
    let before = NaN;
    let change = new Float64Array(start.length);
    let { loss, gradient } = network.gradient(batch);
    /** The gradient that the last update went against. */
    let gone = gradient;

    const table = paper(words, T, "sum");
    const pictures = NAMES.map((name) => ({
      name,
      gradient: canvas(`∇${name}`, "gradient"),
      change: canvas(`Δ${name}`, "change"),
    }));
    const head = [el("td"), ...[words.gradient, words.change].map((text) => el("th", { scope: "col" }, text))];
    const maps = el(
      "table",
      { class: "maps" },
      el("thead", {}, el("tr", {}, ...head)),
      el(
        "tbody",
        {},
        ...pictures.map(({ name, ...both }) =>
          el(
            "tr",
            { class: name },
            el("th", { scope: "row" }, name),
            ...Object.values(both).map((map) => el("td", {}, map)),
          ),
        ),
      ),
    );
    const losses = el("p", { class: "score", "data-part": "loss" });
    const once = el("button", { type: "button", class: "primary" }, words.once);
    const often = el("button", { type: "button" }, words.often);
    const again = el("button", { type: "button" }, words.again);
    root.append(table.table, maps, losses, el("div", { class: "buttons" }, once, often, again));

    /** @param {number} count */
    function go(count) {
      for (let k = 0; k < count; k++) {
        before = loss;
        gone = gradient;
        change = gradient.map((part) => -RATE * part);
        change.forEach((step, k) => (network.parameters[k] += step));
        ({ loss, gradient } = network.gradient(batch));
        taken++;
      }
    }

    function draw() {
      table.show(sum, network.predict(batch));
      write(
        losses,
        taken
          ? words.fell.replace("A", format(before)).replace("B", format(loss))
          : words.loss.replace("B", format(loss)),
      );
      set(losses, { "data-before": before, "data-after": loss });
      const shown = taken ? gone : gradient;
      for (const { name, ...maps } of pictures) {
        paint(maps.gradient, name, shown);
        paint(maps.change, name, change);
      }
    }

    /** @param {HTMLCanvasElement} map @param {string} name @param {Float64Array} vector */
    function paint(map, name, vector) {
      const with_ = brush(map);
      if (!with_) return;
      const { context, width, height } = with_;
      const view = network.places.views[name];
      const { at, apart } = view;
      // a single column lies down
      const [rows, columns] = view.columns === 1 ? [1, view.rows] : [view.rows, view.columns];
      const scale = { kind: /** @type {const} */ ("delta"), greatest: greatest(vector) };
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) {
          context.fillStyle = colour(scale, vector[at + i * apart + j], tools.theme());
          context.fillRect((j * width) / columns, (i * height) / rows, width / columns - 0.5, height / rows - 0.5);
        }
    }

    once.addEventListener("click", () => act("once"));
    often.addEventListener("click", () => act("often"));
    again.addEventListener("click", () => act("again"));
    /** @param {string} action */
    function act(action) {
      if (action === "once") go(1);
      else if (action === "often") go(MANY);
      else if (action === "again") {
        network.parameters.set(start);
        [taken, before, change] = [0, NaN, new Float64Array(start.length)];
        ({ loss, gradient } = network.gradient(batch));
        gone = gradient;
      }
      draw();
      tools.changed();
    }

    return {
      act,
      draw,
      values: () => ({
        taken: String(taken),
        rate: String(RATE),
        loss: format(loss),
        all: String(start.length),
        against: String(gone.reduce((count, part, k) => count + Number(part * change[k] < 0), 0)),
        digits: String(rightOf(network, batch).digits),
        others: String(sumsRight(network, others)),
      }),
    };
  },
};
