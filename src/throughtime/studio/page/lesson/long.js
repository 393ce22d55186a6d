/** Chapter 9: an error on its way back over a gap, a product of weights and slopes; and who learns over it. */
import { Random } from "../engine/random.js";
import { traceOf } from "../engine/trace.js";
import { el, set, svg, write } from "../dom.js";
import { forAFrame, Loop } from "./frames.js";
import { EACH, GAPS, KINDS, race, RECALLING, strengthen } from "./race.js";
import { recall } from "./recall.js";

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [560, 190, 58, 10, 26];
/** Powers of ten that the picture shows. */
const [LOW, HIGH] = [-20, 10];
const MOST = 50;
const HIDDEN = 16;
const CLIP = 1;

/** @param {number} power */
const up = (power) => TOP + ((HIGH - Math.max(LOW, Math.min(HIGH, power))) / (HIGH - LOW)) * (HEIGHT - TOP - BOTTOM);
/** @param {number} back @param {number} gap */
const across = (back, gap) => WIDTH - 16 - (back / gap) * (WIDTH - 16 - LEFT);

/** @type {import("./types.d.ts").Chapter} */
export const long = {
  id: "long",
  build(root, tools, words) {
    const state = { activation: "sigmoid", gap: 20, gain: 1, seed: 0 };
    const learned = KINDS.map(() => GAPS.map(() => 0));
    const tried = KINDS.map(() => GAPS.map(() => 0));
    const racing = race(tools, learned, tried);
    let over = false;

    const curve = svg("polyline", { class: "fading" });
    const zero = svg("text", { class: "axis", x: LEFT, y: HEIGHT - 6, "text-anchor": "start" });
    const picture = svg(
      "svg",
      { class: "back", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "data-part": "back" },
      ...[-20, -10, 0, 10].flatMap((power) => [
        svg("line", { class: "rule", x1: LEFT, x2: WIDTH - 16, y1: up(power), y2: up(power) }),
        svg(
          "text",
          { class: "axis", x: LEFT - 6, y: up(power) + 4 },
          power ? "10" : "1",
          power ? svg("tspan", { dy: -5, "font-size": 10 }, String(power)) : null,
        ),
      ]),
      curve,
      zero,
      svg("text", { class: "axis", x: WIDTH - 16, y: HEIGHT - 6 }, words.last),
    );
    const sliders = [slider("gap", 1, MOST, 1), slider("gain", 0.2, 3, 0.1)];
    const other = el("button", { type: "button" });
    const another = el("button", { type: "button" }, words.another);
    const run = el("button", { type: "button", class: "primary" });
    const table = successTable(words);
    const bar = el("progress", { max: EACH * GAPS.length * KINDS.length, "aria-label": words.progress });
    root.append(
      picture,
      ...sliders.map(({ label }) => label),
      table.root,
      bar,
      el("div", { class: "buttons" }, run, other, another),
    );

    // Trains in slices even where no motion is wanted: nothing moves but numbers, and the page goes on answering.
    const loop = new Loop(() => {
      forAFrame(10_000, () => {
        over ||= racing.next().done === true;
      });
      draw();
      tools.changed();
      return !over;
    });

    /** @param {"gap" | "gain"} name @param {number} min @param {number} max @param {number} step */
    function slider(name, min, max, step) {
      const input = el("input", { type: "range", min, max, step, "aria-label": words[name] });
      const shown = el("output");
      input.addEventListener("input", () => {
        state[name] = Number(input.value);
        draw();
        tools.changed();
      });
      return {
        name,
        input,
        shown,
        label: el("label", { class: "slider wide", "data-part": name }, words[name], input, shown),
      };
    }

    /**
     * ‖δ_h‖ from the last step back to the first, and the gradient's norm.
     * @returns {{norms: number[], gradient: number}}
     */
    function errors() {
      const { activation, gap, gain, seed } = state;
      const network = tools.network({ .../** @type {any} */ ({ activation }), ...RECALLING, hidden: HIDDEN }, seed);
      strengthen(network, gain);
      const { x, y } = recall(gap).sample(new Random(seed, 7, 2), 1);
      const trace = /** @type {any} */ (
        traceOf(
          network,
          [...x].map((value) => [value]),
          [...y],
        )
      );
      const norms = trace.layers[0].delta_h[0].map((/** @type {number[]} */ delta) => Math.hypot(...delta)).reverse();
      return { norms, gradient: Math.hypot(...network.flat(trace.gradient)) };
    }

    function draw() {
      const { norms, gradient } = errors();
      const { gap, activation } = state;
      const points = norms.map(
        (norm, k) => `${across(k, gap).toFixed(1)},${up(Math.log10(norm / norms[0])).toFixed(1)}`,
      );
      set(curve, { points: points.join(" "), "data-value": norms.join(" "), "data-gradient": gradient });
      write(zero, words.back.replace("N", String(gap)));
      set(picture, { "aria-label": `${words.picture}: ${power(norms[gap] / norms[0])}` });
      for (const { name, input, shown } of sliders) {
        input.value = String(state[name]);
        write(shown, String(state[name]));
      }
      write(other, activation === "tanh" ? words["use sigmoid"] : words["use tanh"]);
      table.show(learned, tried);
      bar.value = tried.flat().reduce((sum, n) => sum + n, 0);
      for (const later of [table.root, bar]) set(later, { hidden: !bar.value && !loop.wanted });
      write(run, over ? words.done : loop.wanted ? words.pause : words.run);
      set(run, { disabled: over });
    }

    run.addEventListener("click", () => act("run"));
    another.addEventListener("click", () => act("another"));
    other.addEventListener("click", () => act(state.activation === "tanh" ? "sigmoid" : "tanh"));

    /** @param {string} action */
    function act(action) {
      if (action === "run" && loop.wanted) loop.stop();
      else if (action === "run" && !over) loop.start();
      else if (action === "explode") Object.assign(state, { activation: "tanh", gain: 3, gap: MOST });
      else if (action === "another") state.seed++;
      else if (action !== "run") state.activation = action;
      draw();
      tools.changed();
    }

    return {
      act,
      draw,
      seen: (is) => loop.seen(is),
      values: () => {
        const { norms, gradient } = errors();
        return {
          gap: String(state.gap),
          activation: state.activation,
          share: power(norms[state.gap] / norms[0]),
          gradient: power(gradient),
          clipped: power(Math.min(gradient, CLIP)),
        };
      },
    };
  },
};

/** A number of any size in two digits. @param {number} value */
function power(value) {
  if (value > 0.01 && value < 1000) return value.toPrecision(2);
  const [digits, exponent] = value.toExponential(1).split("e");
  const raised = [...exponent.replace("+", "")]
    .map((sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)]))
    .join("");
  return `${digits}·10${raised}`;
}

/** How many networks learned it, by kind and gap. @param {Record<string, string>} words */
function successTable(words) {
  const cells = KINDS.map(() => GAPS.map(() => el("td", {}, "·")));
  const root = el(
    "table",
    { class: "race", "data-part": "race" },
    el(
      "thead",
      {},
      el("tr", {}, el("th", { scope: "col" }, words.of), ...GAPS.map((gap) => el("th", { scope: "col" }, String(gap)))),
    ),
    el("tbody", {}, ...KINDS.map(({ id }, k) => el("tr", {}, el("th", { scope: "row" }, words[id]), ...cells[k]))),
  );
  return {
    root,
    /** @param {number[][]} learned @param {number[][]} tried */
    show(learned, tried) {
      cells.forEach((row, k) =>
        row.forEach((cell, g) => {
          write(cell, tried[k][g] ? `${learned[k][g]}/${tried[k][g]}` : "·");
          cell.style.setProperty("--share", `${(100 * learned[k][g]) / (tried[k][g] || 1)}%`);
        }),
      );
    },
  };
}
