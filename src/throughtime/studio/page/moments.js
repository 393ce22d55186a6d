/** The micro-steps of one update: forward t = 1..T, the loss, backward t = T..1, the sums over time, the update. */
import { format } from "./scales.js";

/** @typedef {import("./types.d.ts").Moment} Moment */
/** @typedef {import("./types.d.ts").Frame} Frame */

/** All 2T + 3 moments. @param {number} T @returns {Moment[]} */
export function momentsOf(T) {
  const steps = Array.from({ length: T }, (_, t) => t);
  return [
    ...steps.map((t) => /** @type {Moment} */ ({ phase: "forward", t })),
    { phase: "loss", t: null },
    ...steps.map((t) => /** @type {Moment} */ ({ phase: "backward", t: T - 1 - t })),
    { phase: "gradient", t: null },
    { phase: "update", t: null },
  ];
}

/**
 * The moment from which on what a pass computes at step t is known.
 * @param {number} T
 * @param {"forward" | "loss" | "backward"} pass
 * @param {number} t
 */
export const momentAt = (T, pass, t) => (pass === "forward" ? t : pass === "loss" ? T : 2 * T - t);

/** A moment in one or two sentences. @param {Frame} frame @param {Moment} moment */
export function sentence({ trace, example, update }, { phase, t }) {
  const T = trace.lengths[0];
  const step = (t ?? 0) + 1;
  const every = trace.specification.output === "every step";
  if (phase === "forward") {
    const read = `reads x = ${tuple(trace.x[0][step - 1])} and the state of step ${step - 1}`;
    const state = step === 1 ? `reads x = ${tuple(trace.x[0][0])}; its memory is still empty` : read;
    if (!every) return `Forward, step ${step} of ${T}. The network ${state}, and computes its new state.`;
    const target = example.has_targets ? `, and the target is ${tuple(trace.d[0][step - 1])}` : "";
    const judged = example.right.length ? `: ${example.right[step - 1] ? "right" : "wrong"}` : "";
    const predicted = `It predicts ${tuple(trace.y[0][step - 1])}${target}${judged}.`;
    return `Forward, step ${step} of ${T}. The network ${state}. ${predicted}`;
  }
  if (!example.has_targets)
    return "There are no targets here, so there is no loss, no error goes backward, and no weight would move.";
  if (phase === "loss") {
    const where = every ? "every step" : "the last step";
    return `The error. Outputs and targets are compared at ${where}: E = ${format(trace.loss)}.`;
  }
  if (phase === "backward") {
    const later =
      step === T ? "Nothing comes back from a later step" : `The error that comes back from step ${step + 1} is added`;
    const own = every ? `The error made here, δ_y = ${tuple(trace.delta_y[0][step - 1])}, enters. ` : "";
    return `Backward, step ${step} of ${T}. ${own}${later}.`;
  }
  if (phase === "gradient") {
    const shared = `All ${T} columns share one set of weights, so each weight's gradient is the sum of ${T} terms`;
    return `The sums over time. ${shared}; ‖∇‖ = ${format(norm(trace.gradient))}.`;
  }
  if (!update) return "The update. The optimizer would now move the weights.";
  const change = `the last change was ‖Δ‖ = ${format(norm(update))}`;
  return `The update. The optimizer moves the weights, on average against the gradients it has seen; ${change}.`;
}

/** @param {number[]} values */
const tuple = (values) =>
  values.length === 1 ? format(values[0], 3) : `(${values.map((value) => format(value, 3)).join(", ")})`;

/** @param {Record<string, number[][] | number[]>} named */
function norm(named) {
  let sum = 0;
  for (const values of Object.values(named)) for (const value of values.flat()) sum += value * value;
  return Math.sqrt(sum);
}
