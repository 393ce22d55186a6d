/** The worker of the exercise on repair: it finds a network that only longer sums refute, trains it on, judges it. */
import { check } from "../engine/checker/check.js";
import { checkAll } from "../engine/exhaustive.js";
import { attempt, speaksOf } from "../engine/proving.js";
import { addition } from "../engine/tasks.js";
import { Trainer } from "../engine/training.js";
import { wrongWord } from "./longer.js";
import { networkOf, RECIPE } from "./tools.js";

/** @typedef {import("../engine/network.js").Network} Network */
/**
 * @typedef {object} Asked
 * @property {number} seed
 * @property {Float64Array | null} parameters of the network to train on; without them, one is to be found
 * @property {{noise?: number, weight_decay?: number}} [settings]
 * @property {number} [bits] of the sums to learn from
 * @property {object} [step] of its cell, as certificates have it
 */
/**
 * @typedef {object} Judged
 * @property {"refuted" | "undecided" | "proved"} state
 * @property {number} seed
 * @property {number} updates
 * @property {Float64Array} parameters
 * @property {number[] | null} [word] a wrong one
 * @property {number} [sets] of the proof
 * @property {number} [images] of them
 */

const BITS = 8;
const MOST = 500;
const task = addition({ bits: BITS });

onmessage = ({ data }) => postMessage(data.parameters ? repaired(data) : found(data.seed));

/** @param {number} seed @param {Network} network @param {object} settings beside the recipe, without its noise */
const trainerOf = (seed, network, settings = {}, bits = BITS) =>
  new Trainer(network, addition({ bits }), { .../** @type {any} */ (RECIPE), noise: 0, ...settings, seed });

/** A network that has just learned 8-bit numbers, and a longer sum that refutes it. @param {number} seed */
function found(seed) {
  for (; ; seed++) {
    const network = networkOf({}, seed);
    const trainer = trainerOf(seed, network);
    while (trainer.step < MOST) {
      const { exact, sequences } = trainer.run(2);
      if (exact < sequences || checkAll(network, task.machine, BITS, 1).wrong > 0) continue;
      const word = wrongWord(network, task, BITS + 1);
      if (word === null) break;
      return { state: "refuted", seed, updates: trainer.step, parameters: network.parameters, word };
    }
  }
}

/** @param {Asked} asked @returns {Judged} */
function repaired({ seed, parameters, settings = {}, bits, step = {} }) {
  const network = networkOf({}, /** @type {Float64Array} */ (parameters));
  const trainer = trainerOf(seed, network, settings, bits);
  trainer.run(RECIPE.steps);
  const judged = { seed, updates: trainer.step, parameters: network.parameters };
  let word = wrongWord(network, task, BITS + 1);
  if (word === null) {
    const slices = attempt(task, network, step);
    let slice = slices.next();
    while (!slice.done) slice = slices.next();
    const { certificate } = slice.value;
    word = slice.value.word;
    const verdict = certificate !== null && speaksOf(certificate, network, step, task.machine) && check(certificate);
    if (verdict && verdict.accepted) return { ...judged, state: "proved", sets: verdict.sets, images: verdict.images };
  }
  return { ...judged, state: word ? "refuted" : "undecided", word };
}
