/** What one chooses: two numbers of one's own, the proof, the task and the network, a file. */
import { built, children, el, set, write } from "./dom.js";
import { format } from "./scales.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */
/** @typedef {import("./types.d.ts").Settings} Settings */
/** @typedef {import("./types.d.ts").Hello} Hello */
/**
 * @typedef {{name: keyof Settings, label: string, note: string, options?: (hello: Hello) => string[], min?: number,
 * step?: number | "any"}} Field
 */

/** @type {Field[]} */
const FIELDS = [
  {
    name: "task",
    label: "Task",
    note: "What the network is to learn",
    options: (hello) => hello.tasks.map(({ name }) => name),
  },
  { name: "cell", label: "Cell", note: "How a unit remembers", options: (hello) => hello.cells },
  { name: "hidden", label: "Hidden units", note: "How many units carry the memory", min: 1, step: 1 },
  { name: "layers", label: "Layers", note: "Each layer reads the states of the one below", min: 1, step: 1 },
  { name: "bits", label: "Steps", note: "How long the sequences of the training are", min: 1, step: 1 },
  { name: "learning_rate", label: "Learning rate", note: "How far the weights move in an update", min: 0, step: "any" },
  {
    name: "seed",
    label: "Seed",
    note: "Decides the first weights and the examples: the same seed gives the same bits",
    min: 0,
    step: 1,
  },
];
/** @type {Field[]} */
const MORE = [
  {
    name: "activation",
    label: "Activation",
    note: "The function of an Elman cell",
    options: (hello) => hello.activations,
  },
  {
    name: "optimizer",
    label: "Optimiser",
    note: "The rule by which weights are moved",
    options: (hello) => hello.optimizers,
  },
  {
    name: "noise",
    label: "Noise",
    note: "Noise added to the states while training; it makes memories robust",
    min: 0,
    step: "any",
  },
  { name: "batch", label: "Batch", note: "Sequences in each update", min: 1, step: 1 },
  { name: "steps", label: "Updates", note: "After how many updates training stops", min: 1, step: 1 },
];

const WHAT_A_PROOF_IS =
  "Is it right for sequences of every length? A proof says so, or finds an input on which the network is wrong.";

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function controls(root, view, act) {
  const { hello, settings } = view;
  if (!hello) return;
  // a file that was uploaded is a task too
  const parts = built(root, JSON.stringify(hello.tasks), () => build(root, hello));
  Object.assign(parts, { view, act });
  for (const [name, input] of parts.inputs) {
    if (document.activeElement !== input || input instanceof HTMLSelectElement) input.value = String(settings[name]);
    set(input, { disabled: !view.connected || (name === "activation" && settings.cell !== "elman") });
  }
  const task = hello.tasks.find(({ name }) => name === settings.task);
  write(parts.description, task?.description ?? "");
  set(parts.own, { hidden: !task?.takes_operands });
  write(parts.exampleTitle, task?.takes_operands ? "Your own numbers" : "Example");
  children(parts.operands, task?.operands ?? 0, (k) => number(k, hello));
  const bits = parts.inputs.get("bits")?.closest(".field");
  if (bits) set(bits, { hidden: task?.bits === 0 });
  set(parts.prove, { disabled: !view.connected || view.verdict?.state === "running" });
  write(parts.prove, view.verdict?.state === "running" ? "Proving …" : "Prove");
  verdict(parts.verdict, view);
  write(parts.saved, view.saved ? `This run is saved in ${view.saved}` : "");
  const operands = view.frame.example.operands;
  if (operands && parts.shown !== String(operands)) {
    parts.shown = String(operands);
    parts.operands.querySelectorAll("input").forEach((input, k) => {
      if (document.activeElement !== input && operands[k] !== undefined) input.value = String(operands[k]);
    });
  }
}

/** @param {import("./types.d.ts").Verdict} verdict */
function told({ state, sentence, seconds }) {
  const mark = { running: "…", proved: "✓", refuted: "✗", unknown: "?" }[state];
  return `${mark} ${sentence}${state === "running" ? "" : ` (${format(seconds, 2)} s)`}`;
}

/** @param {HTMLElement} root @param {View} view */
function verdict(root, { verdict }) {
  set(root, { "data-state": verdict?.state ?? null });
  write(root, verdict ? told(verdict) : WHAT_A_PROOF_IS);
}

/** A field for a number of one's own. @param {number} k @param {Hello} hello */
const number = (k, { limits }) =>
  el("input", {
    type: "text",
    inputmode: "numeric",
    pattern: "[0-9]+",
    maxlength: Math.floor((limits.operand_bits ?? 1024) * Math.log10(2)),
    required: true,
    autocomplete: "off",
    title: "A whole number, as long as you like",
    "aria-label": `Number ${k + 1}`,
  });

/** @param {HTMLElement} root @param {Hello} hello */
function build(root, hello) {
  const parts = {
    inputs: /** @type {Map<keyof Settings, HTMLInputElement | HTMLSelectElement>} */ (new Map()),
    description: el("p", { class: "note" }),
    own: el("form", { class: "own" }),
    exampleTitle: el("h3"),
    operands: el("div", { class: "operands" }),
    prove: el("button", { type: "button" }, "Prove"),
    verdict: el("p", { class: "verdict", role: "status" }),
    saved: el("p", { class: "note" }),
    shown: "",
    view: /** @type {View} */ (/** @type {unknown} */ (null)),
    act: /** @type {Actions} */ (/** @type {unknown} */ (null)),
  };
  const field = (/** @type {Field} */ { name, label, note, options, min, step }) => {
    const input = options
      ? el("select", { id: `setting-${name}` }, ...options(hello).map((value) => el("option", { value }, value)))
      : el("input", {
          id: `setting-${name}`,
          type: "number",
          min,
          step,
          max: hello.limits[name] ?? null,
          required: true,
        });
    parts.inputs.set(name, input);
    input.addEventListener("change", () => {
      if (!input.checkValidity()) return void input.reportValidity();
      parts.act.change({ [name]: options ? input.value : Number(input.value) });
    });
    return el("div", { class: "field", title: note }, el("label", { for: `setting-${name}` }, label), input);
  };
  const another = el("button", { type: "button", title: "Show another sequence of the task" }, "Another example");
  another.addEventListener("click", () =>
    parts.act.send({ type: "example", sample: Math.floor(Math.random() * 2 ** 31) }),
  );
  parts.own.append(parts.operands, el("button", { type: "submit" }, "Try these numbers"));
  parts.own.addEventListener("submit", (event) => {
    event.preventDefault();
    parts.act.send({
      type: "example",
      operands: [...parts.operands.querySelectorAll("input")].map(({ value }) => value),
    });
  });
  parts.prove.addEventListener("click", () => parts.act.send({ type: "prove" }));

  const file = el("input", {
    type: "file",
    accept: ".safetensors,.csv,.ts,.tsv,.txt,.npz,.json,.jsonl",
    id: "upload",
    "aria-describedby": "upload-note",
  });
  file.addEventListener("change", () => {
    if (file.files?.[0]) parts.act.upload(file.files[0]);
    file.value = "";
  });
  const group = (/** @type {string} */ title, /** @type {Node[]} */ ...content) =>
    el("section", { class: "group" }, el("h3", {}, title), ...content);
  root.append(
    el("section", { class: "group" }, parts.exampleTitle, parts.own, another),
    group("Proof", el("div", { class: "prove" }, parts.prove), parts.verdict),
    group(
      "Task and network",
      ...FIELDS.slice(0, 1).map(field),
      parts.description,
      ...FIELDS.slice(1).map(field),
      el("details", {}, el("summary", {}, "More settings"), ...MORE.map(field)),
      el("p", { class: "note" }, "A change builds a new network, untrained."),
    ),
    group(
      "Your own file",
      el(
        "label",
        { for: "upload", class: "note", id: "upload-note" },
        "A trained network (.safetensors) or a data file with sequences.",
      ),
      file,
      parts.saved,
    ),
  );
  return parts;
}
