/** The choices of a reader: two numbers of one's own, the proof, the task and the network, a file. */
import { built, children, el, set, write } from "./dom.js";
import { format } from "./scales.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */
/** @typedef {import("./types.d.ts").Settings} Settings */
/** @typedef {import("./types.d.ts").Hello} Hello */
/** @typedef {import("./types.d.ts").OptionInfo} Option */

/** Labels of options, where these are not their names. @type {Record<string, string>} */
const LABELS = {
  hidden: "Hidden units",
  optimizer: "Optimiser",
  batch: "Batch",
  steps: "Updates",
  dtype: "Numbers",
  update: "Change weights",
  task_steps: "Steps",
  task_noise: "Noise between",
};
/** The options of networks and training that are seen at once; the others are behind "More settings". */
const FIRST = ["cell", "hidden", "layers", "learning_rate", "seed"];

const FILES = "A trained network (.safetensors) or a data file with sequences.";
const WHAT_A_PROOF_IS =
  "Is it right for sequences of every length? A proof says so, or finds an input on which the network is wrong.";

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function controls(root, view, act) {
  const { hello, settings } = view;
  if (!hello) return;
  // a file that was uploaded is a task too
  const names = hello.options.map(({ name, choices }) => [name, choices]);
  const parts = built(root, JSON.stringify([hello.tasks, names]), () => build(root, hello));
  Object.assign(parts, { view, act });
  const enabled = new Map(hello.options.map((option) => [option.name, option.enabled]));
  for (const [name, input] of parts.inputs) {
    if (input.type === "checkbox") /** @type {HTMLInputElement} */ (input).checked = settings[name] === true;
    else if (document.activeElement !== input || input instanceof HTMLSelectElement)
      input.value = String(settings[name] ?? "");
    set(input, { disabled: !view.connected || enabled.get(name) === false });
  }
  const task = hello.tasks.find(({ name }) => name === settings.task);
  write(parts.description, task?.description ?? "");
  set(parts.own, { hidden: !task?.operands });
  write(parts.exampleTitle, task?.operands ? "Your own numbers" : "Example");
  children(parts.operands, task?.operands ?? 0, (k) => number(k, hello));
  const { unable } = hello;
  const judging = view.verdict?.state === "running";
  for (const [button, why] of /** @type {const} */ ([
    [parts.prove, unable.prove],
    [parts.check, unable.check],
  ]))
    set(button, { hidden: why !== undefined, disabled: !view.connected || judging });
  write(parts.prove, judging ? "Proving …" : "Prove");
  verdict(parts.verdict, view, unable.prove);
  set(parts.file, { hidden: unable.open !== undefined });
  write(parts.files, unable.open === undefined ? FILES : `${sentence(unable.open)}.`);
  write(parts.others, unable.choose === undefined ? "" : `${sentence(unable.choose)}.`);
  const kept = hello.run ? `This run is kept in ${hello.run}.` : "";
  write(parts.saved, view.saved ? `This run is saved in ${view.saved}.` : kept);
  const operands = view.frame.example.operands;
  if (operands && parts.shown !== String(operands)) {
    parts.shown = String(operands);
    parts.operands.querySelectorAll("input").forEach((input, k) => {
      if (document.activeElement !== input && operands[k] !== undefined) input.value = String(operands[k]);
    });
  }
}

/** @param {import("./types.d.ts").Verdict} verdict */
function described({ state, sentence, seconds }) {
  const mark = { running: "…", proved: "✓", refuted: "✗", unknown: "?" }[state];
  return `${mark} ${sentence}${seconds ? ` (${format(seconds, 2)} s)` : ""}`;
}

/** @param {HTMLElement} root @param {View} view @param {string | undefined} unprovable why no proof is looked for */
function verdict(root, { verdict }, unprovable) {
  set(root, { "data-state": verdict?.state ?? null });
  write(root, verdict ? described(verdict) : unprovable ? `${sentence(unprovable)}.` : WHAT_A_PROOF_IS);
}

/** @param {string} text */
const sentence = (text) => text[0].toUpperCase() + text.slice(1);

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

/** @type {Option} */
const TASK = {
  name: "task",
  kind: "choice",
  help: "What the network is to learn",
  least: null,
  most: null,
  choices: [],
  of: "task",
  enabled: true,
};

/** @param {Option} option */
const isFirst = ({ name, of }) => of === "task" || FIRST.includes(name);

/** @param {string} name */
const labelOf = (name) => LABELS[name] ?? (name[0]?.toUpperCase() + name.slice(1)).replaceAll("_", " ");

/** @param {Option} option */
function inputFor({ name, kind, least, most, choices }) {
  const id = `setting-${name}`;
  if (kind === "choice") return el("select", { id }, ...choices.map((value) => el("option", { value }, value)));
  if (kind === "yes or no") return el("input", { id, type: "checkbox" });
  if (kind === "word") return el("input", { id, type: "text", maxlength: 200 });
  // nothing in it: what the recipe has
  return el("input", { id, type: "number", min: least, max: most, step: kind === "number" ? "any" : 1 });
}

/** @param {HTMLElement} root @param {Hello} hello */
function build(root, hello) {
  const parts = {
    inputs: /** @type {Map<string, HTMLInputElement | HTMLSelectElement>} */ (new Map()),
    description: el("p", { class: "note" }),
    own: el("form", { class: "own" }),
    exampleTitle: el("h3"),
    operands: el("div", { class: "operands" }),
    prove: el("button", { type: "button" }, "Prove"),
    check: el("button", { type: "button", title: "Check the proof that came with this network" }, "Check the proof"),
    verdict: el("p", { class: "verdict", role: "status" }),
    saved: el("p", { class: "note" }),
    files: el("label", { for: "upload", class: "note", id: "upload-note" }),
    others: el("p", { class: "note" }),
    file: el("input", {
      type: "file",
      accept: ".safetensors,.csv,.ts,.tsv,.txt,.npz,.json,.jsonl",
      id: "upload",
      "aria-describedby": "upload-note",
    }),
    shown: "",
    view: /** @type {View} */ (/** @type {unknown} */ (null)),
    act: /** @type {Actions} */ (/** @type {unknown} */ (null)),
  };
  const field = (/** @type {Option} */ option) => {
    const { name, kind, help } = option;
    const input = inputFor(option);
    parts.inputs.set(name, input);
    input.addEventListener("change", () => {
      if (!input.checkValidity()) return void input.reportValidity();
      const chosen = kind.endsWith("number") && input.value !== "" ? Number(input.value) : input.value || null;
      const value = input.type === "checkbox" ? /** @type {HTMLInputElement} */ (input).checked : chosen;
      parts.act.change({ [name]: value });
    });
    return el("div", { class: "field", title: help }, el("label", { for: input.id }, labelOf(name)), input);
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
  parts.check.addEventListener("click", () => parts.act.send({ type: "check" }));
  const { file } = parts;
  file.addEventListener("change", () => {
    if (file.files?.[0]) parts.act.upload(file.files[0]);
    file.value = "";
  });
  const group = (/** @type {string} */ title, /** @type {Node[]} */ ...content) =>
    el("section", { class: "group" }, el("h3", {}, title), ...content);
  root.append(
    el("section", { class: "group" }, parts.exampleTitle, parts.own, another),
    group("Proof", el("div", { class: "prove" }, parts.prove, parts.check), parts.verdict),
    group(
      "Task and network",
      field({ ...TASK, choices: hello.tasks.map(({ name }) => name) }),
      parts.description,
      ...hello.options.filter(isFirst).map(field),
      el(
        "details",
        {},
        el("summary", {}, "More settings"),
        ...hello.options.filter((option) => !isFirst(option)).map(field),
        parts.others,
      ),
      el("p", { class: "note" }, "A change builds a new network, untrained."),
    ),
    group("Your own file", parts.files, file, parts.saved),
  );
  return parts;
}
