/** Chapter 13: exercises that check themselves; the figure has the one whose text is being read. */
import { Random } from "../engine/random.js";
import { addition } from "../engine/tasks.js";
import { traceOf } from "../engine/trace.js";
import { el, set } from "../dom.js";
import { reachOf } from "../gradient.js";
import { format } from "../scales.js";
import { certificateText, numbers } from "./certificate.js";
import { exampleOf, forwardOf, judged } from "./differences.js";
import { exercise, filled } from "./exercise.js";
import { paper } from "./paper.js";
import { repair } from "./repair.js";

const T = 8;
/** Seconds after which a reader's program is stopped. */
const LIMIT = 2;

/** @type {import("./types.d.ts").Chapter} */
export const exercises = {
  id: "exercises",
  build(root, tools, words) {
    const file = JSON.parse(certificateText());
    const network = tools.network({ hidden: file.sets[0].lo.length }, numbers(file.weights));
    /** @type {Record<string, Exercise>} */
    const all = {
      digit: digit(network, words),
      reach: reach(tools.begun(), words),
      backward: backward(words),
      repair: repair(tools, words),
    };
    root.append(...Object.values(all).map((one) => one.root));
    const turn = (/** @type {string} */ to) => {
      for (const [name, one] of Object.entries(all)) set(one.root, { hidden: name !== to });
      all[to].shown?.();
    };
    turn("digit");
    return {
      act(action) {
        turn(action);
        all[action].again();
      },
      read: (part) => part !== null && turn(part),
      draw() {},
    };
  },
};

/** @typedef {import("./exercise.js").Exercise} Exercise */
/** @typedef {import("../engine/network.js").Network} Network */

/** Two numbers, drawn. @param {number} seed @returns {[number, number]} */
function drawn(seed) {
  const random = new Random(seed, 7, 11);
  return [1 + random.below(127), 1 + random.below(127)];
}

/** Predict a digit before the network does. @param {Network} network @param {Record<string, string>} words */
function digit(network, words) {
  const task = addition({ bits: T });
  const table = paper(words, T);
  let [seed, t, right] = [0, 0, 0];
  let sum = task.encode(...drawn(seed));
  const buttons = ["0", "1"].map((bit) => el("button", { type: "button", "data-bit": bit }, bit));
  const next = el("button", { type: "button" }, words.another);
  const { root, say } = exercise("digit", table.table, el("div", { class: "buttons" }, ...buttons, next));
  const show = () => {
    table.show(sum, network.predict({ x: Float64Array.from(sum.x.flat()), T, B: 1 }), t);
    buttons.forEach((button) => set(button, { disabled: t === T }));
  };
  const again = () => {
    sum = task.encode(...drawn(++seed));
    [t, right] = [0, 0];
    show();
    say(filled(words.ask, { STEP: 1 }), null);
  };
  buttons.forEach((button, bit) =>
    button.addEventListener("click", () => {
      const [[a, b], carry, is] = [sum.x[t], sum.states[t], sum.y[t][0]];
      right += Number(bit === is);
      t++;
      show();
      const why = { A: a, B: b, C: carry, SUM: a + b + carry, DIGIT: is, NEXT: sum.states[t], N: right, STEP: t + 1 };
      const verdict = filled(bit === is ? words.hit : words.miss, why);
      say(`${verdict} ${filled(t === T ? words.end : words.ask, why)}`, bit === is);
    }),
  );
  next.addEventListener("click", again);
  again();
  return { root, again };
}

/**
 * Whether a size is so near to 1 % of another that rounded numbers do not tell.
 * @param {number} size @param {number} of
 */
const isClose = (size, of) => size > 0.0099 * of && size < 0.0101 * of;

/** Find where the reach of an error ends. @param {Network} network @param {Record<string, string>} words */
function reach(network, words) {
  const task = addition({ bits: T });
  let seed = 0;
  let end = 0;
  /** @type {number[]} */
  let left = [];
  const steps = Array.from({ length: T }, (_, t) => {
    const button = el("button", { type: "button", "data-step": t + 1 });
    button.addEventListener("click", () => {
      const share = format((100 * left[t]) / left[T - 1], 2);
      say(filled(t === end ? words.ends : t > end ? words.later : words.earlier, { STEP: t + 1, P: share }), t === end);
    });
    return button;
  });
  const next = el("button", { type: "button" }, words.another);
  const { root, say } = exercise("reach", el("div", { class: "buttons steps-back" }, ...steps), next);
  const again = () => {
    /** @type {number | null} */
    let n = null;
    while (n === null || n < 1 || n > T - 3 || left.some((size) => isClose(size, left[T - 1]))) {
      const sum = task.encode(...drawn(++seed));
      const found = /** @type {number[][][]} */ (traceOf(network, sum.x, sum.y, { reach: true }).reach)[0];
      left = found[T - 1];
      n = reachOf(found, T - 1);
    }
    end = T - 2 - n;
    steps.forEach((button, t) =>
      button.replaceChildren(el("span", {}, `${words.step} ${t + 1}`), el("b", {}, format(left[t], 4))),
    );
    say(words.find, null);
  };
  next.addEventListener("click", again);
  again();
  return { root, again };
}

/** Write the backward pass. @param {Record<string, string>} words */
function backward(words) {
  const code = el("textarea", { class: "code", spellcheck: "false", rows: 14, "aria-label": words.code });
  code.value = words.stub;
  const run = el("button", { type: "button", class: "primary" }, words.run);
  const anew = el("button", { type: "button" }, words.anew);
  const { root, say } = exercise("backward", code, el("div", { class: "buttons" }, run, anew));
  let seed = 0;
  run.addEventListener("click", () => {
    const e = exampleOf(++seed);
    const { h, y } = forwardOf(e);
    const after =
      "\nonmessage = ({ data }) => { try { postMessage({ given: backward(...data) }); }" +
      " catch (error) { postMessage({ error: String(error) }); } };";
    const address = URL.createObjectURL(new Blob([code.value, after], { type: "text/javascript" }));
    const worker = new Worker(address);
    URL.revokeObjectURL(address);
    const end = (/** @type {string} */ text, /** @type {boolean} */ right) => {
      clearTimeout(timer);
      worker.terminate();
      set(run, { disabled: false });
      say(text, right);
    };
    const timer = setTimeout(() => end(words.slow, false), 1000 * LIMIT);
    worker.onerror = (event) => {
      event.preventDefault();
      end(filled(words.error, { ERROR: event.message }), false);
    };
    worker.onmessage = ({ data: { given, error } }) => {
      if (error) return end(filled(words.error, { ERROR: error }), false);
      const found = judged(e, given);
      if (found.kind === "right") return end(words.agree, true);
      if (found.kind === "shape") return end(filled(words.shape, { NAME: found.name }), false);
      const where = `${found.name}[${found.at.join("][")}]`;
      const values = { WHERE: where, VALUE: format(found.value), RIGHT: format(found.expected) };
      return end(`${filled(words.differs, values)} ${found.fault ? words[found.fault] : ""}`.trim(), false);
    };
    set(run, { disabled: true });
    say(words.running, null);
    worker.postMessage([e.x, h, y, e.d, e.V, e.U, e.W]);
  });
  anew.addEventListener("click", () => (code.value = words.stub));
  say(words.write, null);
  return { root, again: () => code.focus() };
}
