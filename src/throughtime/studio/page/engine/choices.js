/** What may be chosen in a page, and what settings say: a task, a network, and its training. */
import { taskOf } from "./tasks.js";

/** @typedef {import("../types.d.ts").Kit} Kit */
/** @typedef {import("../types.d.ts").OptionInfo} OptionInfo */
/** @typedef {import("../types.d.ts").Settings} Settings */
/** @typedef {import("./types.d.ts").Schedule} Schedule */
/**
 * @typedef {object} Plan
 * @property {Settings} settings the values of all options, and of those that are not to choose here
 * @property {import("./tasks.js").MachineTask} task
 * @property {import("./types.d.ts").Specification} specification
 * @property {import("./initial.js").Init} init
 * @property {import("./types.d.ts").Settings} training
 * @property {OptionInfo[]} options
 */

/**
 * The plan that settings describe; what is not among them is that of the task's and the cell's recipe.
 * @param {Kit} kit @param {Partial<Settings>} given
 * @returns {Plan}
 */
export function planOf(kit, given) {
  const names = kit.tasks.map(({ info }) => info.name);
  const choice = kit.tasks.find(({ info }) => info.name === (given.task ?? names[0]));
  if (!choice) throw new Error(`there is no task "${given.task}" here, there are ${names.join(", ")}`);
  const cells = Object.keys(choice.networks);
  const cell = given.cell ?? cells[0];
  if (!cells.includes(cell)) throw new Error(`there is no cell "${cell}" here, there are ${cells.join(", ")}`);
  const network = choice.networks[cell];
  const options = [...choice.options, ...kit.options].map((option) => ({
    ...option,
    enabled: !network.disabled.includes(option.name),
  }));
  /** @type {Settings} */
  const settings = { ...network.settings };
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || name === "task" || value === settings[name]) continue;
    const option = options.find((one) => one.name === name);
    if (!option) throw new Error(`${name} is not to be chosen here`);
    settings[name] = checked(option, value);
  }
  const of = Object.fromEntries(choice.options.map(({ name }) => [name, settings[name]]));
  const task = taskOf({ name: choice.info.name, ...of });
  const { hidden, layers, activation } = settings;
  const { inputs, outputs } = task;
  const specification = /** @type {Plan["specification"]} */ ({
    ...network.specification,
    inputs,
    outputs,
    hidden,
    layers,
    activation,
  });
  const init = /** @type {Plan["init"]} */ (network.init);
  return { settings, task, specification, init, training: trainingOf(settings), options };
}

/** A value as it may be, or an error in a sentence. @param {OptionInfo} option @param {unknown} value */
function checked({ name, kind, least, most, choices }, value) {
  const got = `got ${JSON.stringify(value)}`;
  if (kind === "choice" && !choices.includes(String(value)))
    throw new Error(`${name} must be one of ${choices.join(", ")}, ${got}`);
  if (kind === "yes or no" && typeof value !== "boolean") throw new Error(`${name} must be true or false, ${got}`);
  if (!kind.endsWith("number")) return /** @type {string | boolean} */ (value);
  const [from, to] = [least ?? -Infinity, most ?? Infinity];
  const whole = kind === "whole number";
  if (typeof value !== "number" || !(value >= from && value <= to) || (whole && !Number.isInteger(value)))
    throw new Error(`${name} must be a ${kind} from ${from}${to < Infinity ? ` to ${to}` : ""}, ${got}`);
  return value;
}

/** @param {Settings} settings @returns {import("./types.d.ts").Settings} */
function trainingOf({ optimizer, learning_rate, schedule, update, ...rest }) {
  return {
    .../** @type {any} */ (rest),
    optimizer: { name: /** @type {any} */ (optimizer), learning_rate },
    schedule: scheduleOf(schedule),
    update: update === "per-step" ? "per step" : "per batch",
  };
}

/** A schedule in one word: cosine, cosine:0.05, step:500, step:500:0.5 or warm-up:100. @param {string} word */
export function scheduleOf(word) {
  const [name, ...numbers] = word.split(":");
  /** @type {Record<string, (keyof Schedule)[]>} */
  const fields = { constant: [], cosine: ["final"], step: ["every", "factor"], "warm-up": ["warm_up"] };
  const least = name === "cosine" || name === "constant" ? 0 : 1;
  const wrong = numbers.some(
    (text) => !/^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) || !Number.isFinite(Number(text)),
  );
  const counts = name === "step" || name === "warm-up";
  if (!Object.hasOwn(fields, name) || wrong || numbers.length < least || numbers.length > fields[name].length)
    throw new Error(`schedule must be constant, cosine, cosine:FINAL, step:EVERY or warm-up:STEPS, got "${word}"`);
  if (counts && !(/^\d+$/.test(numbers[0]) && Number(numbers[0]) >= 1))
    throw new Error(`the steps of a schedule must be a whole number from 1, got "${word}"`);
  return /** @type {Schedule} */ (
    Object.fromEntries([["name", name], ...numbers.map((text, k) => [fields[name][k], Number(text)])])
  );
}
