/** Many networks of four kinds, trained to remember over gaps: how many learned it. */
import { Random } from "../engine/random.js";
import { Trainer } from "../engine/training.js";
import { recall } from "./recall.js";

export const GAPS = [1, 5, 10, 20, 40];
/** Networks of each kind for each gap. */
export const EACH = 5;
/** What decides: the activation, how U begins, the cell. `gain`: what an orthogonal U is multiplied by. */
export const KINDS = [
  { id: "sigmoid", gain: 1, fields: { activation: "sigmoid" } },
  { id: "small", gain: 0.5, fields: { activation: "tanh" } },
  { id: "tanh", gain: 1, fields: { activation: "tanh" } },
  { id: "lstm", gain: 1, fields: { cell: "lstm", activation: "sigmoid" } },
];
/** @type {Partial<import("../engine/types.d.ts").Specification>} */
export const RECALLING = { inputs: 1, hidden: 8, output: "last step", loss: "binary_cross_entropy" };
const RECIPE = { steps: 300, batch: 16, clip: 1, optimizer: { name: "adam", learning_rate: 0.01 } };
/** A network is done early when it was right on so many batches one after another. */
const ENOUGH = 20;
const [TRIED, SUCCESS] = [200, 198];

/** Multiplies U. @param {import("../engine/network.js").Network} network @param {number} gain */
export function strengthen({ places, parameters }, gain) {
  const { at, rows, columns } = places.views.U;
  for (let k = at; k < at + rows * columns; k++) parameters[k] *= gain;
}

/**
 * Trains them one after another, and yields after every few updates.
 * @param {import("./types.d.ts").Tools} tools @param {number[][]} learned (kinds, gaps), counted up
 * @param {number[][]} tried likewise
 */
export function* race(tools, learned, tried) {
  for (let seed = 0; seed < EACH; seed++)
    for (const [g, gap] of GAPS.entries())
      for (const [k, { fields, gain }] of KINDS.entries()) {
        const network = tools.network({ .../** @type {any} */ (fields), ...RECALLING }, seed);
        if (gain !== 1) strengthen(network, gain);
        const task = recall(gap);
        const trainer = new Trainer(network, task, { .../** @type {any} */ (RECIPE), seed });
        for (let right = 0; trainer.step < RECIPE.steps && right < ENOUGH;) {
          const { exact, sequences } = trainer.run(1);
          right = exact === sequences ? right + 1 : 0;
          yield;
        }
        const batch = task.sample(new Random(seed, 7, 1), TRIED);
        const right = network.predict(batch).filter((y, b) => y > 0.5 === batch.y[b] > 0.5).length;
        tried[k][g]++;
        if (right >= SUCCESS) learned[k][g]++;
      }
}
