/** Chapter 1: a network that knows nothing learns to add; its states, one cloud, part into two. */
import { addition } from "../engine/tasks.js";
import { Random } from "../engine/random.js";
import { el, set, write } from "../dom.js";
import { brush, canvas } from "../canvas.js";
import { Clouds } from "./clouds.js";
import { forAFrame, Loop } from "./frames.js";
import { carriesOf, sumsRight } from "./judge.js";
import { paper } from "./paper.js";
import { RECIPE } from "./tools.js";

const WATCHED = 200;
const T = 8;
/** Updates of a frame: few while the network is learning, so that it can be seen, and more before and after. */
const FEW = 1;
const MANY = 8;
/** How fast the picture's axes turn to where the states part. */
const TURN = 0.15;

/** @type {import("./types.d.ts").Chapter} */
export const adds = {
  id: "adds",
  build(root, tools, words) {
    const task = addition({ bits: T });
    let numbers = [107, 27];
    let sum = task.encode(...numbers);
    const watched = task.sample(new Random(12345, 7, 0), WATCHED);
    const carries = carriesOf(task, watched);
    let seed = 0;
    let trainer = tools.adder(seed);
    let clouds = new Clouds(trainer.network.specification.hidden);
    let revealed = false;
    let right = 0;
    const states = new Float64Array(WATCHED * T * trainer.network.specification.hidden);

    const picture = canvas(words.clouds, "clouds");
    const table = paper(words, T, "sum", (a, b) => {
      numbers = [a, b];
      sum = task.encode(a, b);
      draw();
      tools.changed();
    });
    const button = el("button", { type: "button", class: "primary" });
    const again = el("button", { type: "button" }, words.again);
    const meter = el("meter", {
      min: 0,
      max: WATCHED,
      "aria-label": words.score,
    });
    const score = el("p", { class: "score", "data-part": "score" }, meter, el("span"));
    const legend = el(
      "p",
      { class: "legend", hidden: true },
      el("span", { class: "key carry-0" }, words.none),
      el("span", { class: "key carry-1" }, words.one),
    );
    root.append(table.table, picture, legend, score, el("div", { class: "buttons" }, button, again));

    const loop = new Loop(() => {
      const share = right / WATCHED;
      forAFrame(share > 0.05 && share < 0.95 ? FEW : MANY, () => trainer.step < RECIPE.steps && trainer.run(1));
      look(TURN);
      draw();
      tools.changed();
      return trainer.step < RECIPE.steps;
    });

    /** Looks at the network as it is. @param {number} turn */
    function look(turn) {
      right = sumsRight(trainer.network, watched);
      states.set(topStates(trainer.network));
      clouds.turn(states, carries, turn);
    }

    function draw() {
      const y = trainer.network.predict({
        x: Float64Array.from(sum.x.flat()),
        T,
        B: 1,
      });
      table.show(sum, y);
      meter.value = right;
      write(
        /** @type {Element} */ (score.lastChild),
        words.right.replace("N", String(right)).replace("M", String(WATCHED)),
      );
      const done = trainer.step >= RECIPE.steps;
      write(button, done ? words.done : loop.wanted ? words.pause : trainer.step ? words.on : words.learn);
      set(button, { disabled: done });
      set(legend, { hidden: !revealed });
      set(picture, { "data-gap": clouds.gap(states, carries) });
      const with_ = brush(picture);
      if (with_) points(with_, clouds, states, revealed ? carries : null);
    }

    button.addEventListener("click", () => act("learn"));
    again.addEventListener("click", () => act("again"));

    /** @param {string} action */
    function act(action) {
      if (action === "learn" && !loop.wanted && trainer.step < RECIPE.steps) {
        if (tools.still) trainer.run(RECIPE.steps - trainer.step);
        else loop.start();
      } else if (action === "learn") loop.stop();
      if (action === "again") {
        loop.stop();
        trainer = tools.adder(++seed);
        clouds = new Clouds(trainer.network.specification.hidden);
        revealed = false;
      }
      if (action === "reveal") revealed = !revealed;
      look(loop.wanted ? TURN : 1);
      draw();
      tools.changed();
    }

    for (let k = 0; k < 20; k++) look(1);
    return {
      act,
      draw,
      seen: (is) => loop.seen(is),
      values: () => ({
        updates: String(trainer.step),
        all: RECIPE.steps.toLocaleString("en"),
        right: String(right),
        a: String(numbers[0]),
        b: String(numbers[1]),
      }),
    };
  },
};

/** The last layer's states (T·B,H) of the last pass. @param {import("../engine/network.js").Network} network */
function topStates({ tape }) {
  const { layers } = /** @type {import("../engine/passes.js").Tape} */ (tape);
  return layers[layers.length - 1].h;
}

/**
 * @param {NonNullable<ReturnType<typeof brush>>} brush
 * @param {Clouds} clouds
 * @param {Float64Array} states
 * @param {Uint8Array | null} classes
 */
function points({ context, width, height, ink }, clouds, states, classes) {
  const scale = (Math.min(width, height) / 2 - 10) / (clouds.reach || 1);
  const colours = classes ? [ink("forward"), ink("wrong")] : [ink("ink-2"), ink("ink-2")];
  context.globalAlpha = 0.5;
  for (let n = 0; n < states.length / clouds.H; n++) {
    const [a, b] = clouds.at(states, n);
    const [x, y] = [width / 2 + a * scale, height / 2 - b * scale];
    const one = classes ? classes[n] : 0;
    context.fillStyle = colours[one];
    context.beginPath();
    if (one) context.rect(x - 2.5, y - 2.5, 5, 5);
    else context.arc(x, y, 2.5, 0, 2 * Math.PI);
    context.fill();
  }
}
