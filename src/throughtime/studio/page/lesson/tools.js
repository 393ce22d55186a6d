/** What all chapters use: the reader's colours and motion, networks, and the adder of the default recipe. */
import { cells } from "../engine/cells.js";
import { cellOf, createNetwork } from "../engine/network.js";
import { addition } from "../engine/tasks.js";
import { Trainer } from "../engine/training.js";

/** @typedef {import("../engine/types.d.ts").Specification} Specification */

/** @type {Specification} */
const ADDER = {
  cell: "elman",
  activation: "sigmoid",
  inputs: 2,
  hidden: 16,
  outputs: 1,
  layers: 1,
  bidirectional: false,
  readout: "sigmoid",
  loss: "squared",
  bias: true,
  output: "every step",
  dtype: "float64",
};
const UPDATES = 2000;
/** So many updates make a network that has begun to learn, and still errs. */
export const BEGUN = 60;
/** The default recipe of `throughtime train addition`, which a test compares. */
export const RECIPE = {
  steps: UPDATES,
  batch: 64,
  optimizer: { name: "adam", learning_rate: 0.02 },
  noise: 0.2,
};

/**
 * The adder of the default recipe, or one with other fields.
 * @param {Partial<Specification>} fields @param {ArrayLike<number> | number} parameters or the seed
 */
export function networkOf(fields, parameters) {
  const specification = { ...ADDER, ...fields };
  return createNetwork(cellOf(cells, specification), specification, parameters);
}

/**
 * @param {HTMLElement} root
 * @returns {Omit<import("./types.d.ts").Tools, "changed">} beside what a chapter says of its own numbers
 */
export function makeTools(root) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const adder = (/** @type {number} */ seed, /** @type {Partial<Specification>} */ fields = {}) =>
    new Trainer(networkOf(fields, seed), addition({ bits: 8 }), {
      .../** @type {any} */ (RECIPE),
      seed,
    });
  /** @type {import("../engine/network.js").Network | null} */
  let known = null;
  if (!root.dataset.theme) root.dataset.theme = dark.matches ? "dark" : "light";
  return {
    theme: () => (root.dataset.theme === "dark" ? "dark" : "light"),
    still: matchMedia("(prefers-reduced-motion: reduce)").matches,
    network: networkOf,
    adder,
    begun() {
      if (known === null) {
        const trainer = adder(1);
        trainer.run(BEGUN);
        known = trainer.network;
      }
      return known;
    },
  };
}
