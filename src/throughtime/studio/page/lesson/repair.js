/** The exercise on repair: a network that a longer sum refutes is trained on until it is proved. */
import { workerOf } from "../browser.js";
import { addition } from "../engine/tasks.js";
import { el, set } from "../dom.js";
import { exercise, filled } from "./exercise.js";
import { added } from "./paper.js";
import { RECIPE } from "./tools.js";

/** @typedef {import("./repairing.js").Judged} Judged */

/** What is changed if the reader chooses so, beside the recipe's noise: the weight decay, bits of sums. */
const [DECAY, LONGER] = [0.01, 12];

/**
 * @param {import("./types.d.ts").Tools} tools @param {Record<string, string>} words
 * @returns {import("./exercise.js").Exercise}
 */
export function repair(tools, words) {
  const task = addition({ bits: 8 });
  const { steps } = JSON.parse(document.getElementById("throughtime-kit")?.textContent ?? "");
  const sum = el("div", { class: "long" });
  const boxes = Object.fromEntries(
    ["noise", "decay", "longer"].map((name) => [name, el("input", { type: "checkbox", name })]),
  );
  const choices = Object.entries(boxes).map(([name, box]) => el("label", {}, box, ` ${words[name]}`));
  const go = el("button", { type: "button", class: "primary" }, words.repair);
  const next = el("button", { type: "button" }, words.other);
  const changes = el("div", { class: "buttons", role: "group", "aria-label": words.changes }, ...choices);
  const { root, say } = exercise("repair", sum, changes, el("div", { class: "buttons" }, go, next));
  /** @type {Judged | null} */
  let start = null;
  let seed = 0;
  /** @type {Worker | null} */
  let worker = null;

  /** @param {object} asked @param {(judged: Judged) => void} then */
  function ask(asked, then) {
    worker?.terminate();
    worker = workerOf("throughtime-repairing");
    worker.onmessage = ({ data }) => {
      worker?.terminate();
      worker = null;
      set(go, { disabled: false });
      then(data);
    };
    set(go, { disabled: true });
    worker.postMessage(asked);
  }

  /** The sum, as a network adds it. @param {number[]} word @param {Judged} judged */
  function show(word, { parameters }) {
    const shown = added(words, task, word, tools.network({}, parameters));
    sum.replaceChildren(shown.table);
    set(root, { "data-parameters": parameters.join(" ") });
    return { N: shown.wrong + 1, SUM: (task.numbers(shown.sum.x) ?? []).join(" + ") };
  }

  function again() {
    say(words.searching, null);
    ask({ seed: ++seed, parameters: null }, (found) => {
      start = found;
      seed = found.seed;
      say(filled(words.start, { ...show(/** @type {number[]} */ (found.word), found), U: found.updates }), null);
    });
  }

  go.addEventListener("click", () => {
    if (start === null) return;
    const { word, parameters } = start;
    const { noise, decay, longer } = boxes;
    const settings = { noise: noise.checked ? RECIPE.noise : 0, weight_decay: decay.checked ? DECAY : 0 };
    const bits = longer.checked ? LONGER : task.bits;
    say(filled(words.trains, { U: RECIPE.steps }), null);
    ask({ seed, parameters, settings, bits, step: steps.elman }, (judged) => {
      const { state, sets, images } = judged;
      const of = show(judged.word ?? /** @type {number[]} */ (word), judged);
      say(filled(words[state], { ...of, SETS: sets ?? 0, IMAGES: images ?? 0 }), state === "proved");
    });
  });
  next.addEventListener("click", again);
  return { root, again, shown: () => seed === 0 && again() };
}
