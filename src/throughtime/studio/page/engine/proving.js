/** What is found of a network beside its task: a wrong word, a proof, or neither. */
import { double } from "./checker/reading.js";
import { checkInSlices } from "./exhaustive.js";
import { proofOf } from "./prover.js";
import { isRight } from "./readout.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./tasks.js").MachineTask} MachineTask */

/** Words that are read before a proof is looked for. */
const WORDS = 2 ** 16;

/**
 * Reads all words of a length, and where none is wrong looks for a proof; in slices.
 * @param {MachineTask} task @param {Network} network @param {object} step of its cell, as certificates have it
 */
export function* attempt({ machine }, network, step) {
  const length = Math.floor(Math.log(WORDS) / Math.log(machine.symbols.length));
  const tried = `right on all words of ${length} symbols`;
  const { word } = yield* checkInSlices(network, machine, length);
  if (word) return { word, certificate: null, tried };
  const { readout, bias, dtype, inputs, hidden, outputs, layers } = network.specification;
  const described = { step, readout, bias, dtype, inputs, hidden, outputs, layers };
  return { word: null, certificate: yield* proofOf(network, machine, described), tried };
}

/**
 * A word on which a network is wrong, up to its first error.
 * @param {MachineTask} task @param {Network} network @param {number[]} word
 */
export function refutation(task, network, word) {
  const { x, y: d } = task.run(word);
  const { outputs: O, readout } = network.specification;
  const y = network.predict({ x: Float64Array.from(x.flat()), T: x.length, B: 1 });
  const targets = Float64Array.from(d.flat());
  const last = d.findIndex((_, t) => !isRight(readout, targets, y, t * O, O));
  const operands = task.numbers(x.slice(0, last + 1))?.map(String) ?? null;
  const letters = word.slice(0, last + 1);
  const symbols = letters.map((symbol) => task.machine.symbol_names[symbol]);
  const sentence = `wrong on ${operands ? operands.join(" and ") : symbols.join(" ")}, at step ${last + 1}`;
  const given = Array.from(y.subarray(last * O, (last + 1) * O));
  return { letters, sentence, word: { operands, symbols, step: last + 1, expected: d[last], given } };
}

/**
 * Whether a certificate speaks of a network and of its task.
 * @param {string} certificate @param {Network} network @param {import("./types.d.ts").Machine} machine
 */
export function speaksOf(certificate, { specification: own, parameters }, machine) {
  const { network, weights, specification } = JSON.parse(certificate);
  const same = (/** @type {any} */ a, /** @type {any} */ b) => JSON.stringify(a) === JSON.stringify(b);
  /** An input; NaN if it is an interval. */
  const point = (/** @type {string | [string, string]} */ entry) => (typeof entry === "string" ? double(entry) : NaN);
  const symbols = specification.symbols.map((/** @type {any[]} */ symbol) => symbol.map(point));
  return (
    same([network.hidden, network.layers], [own.hidden, own.layers]) &&
    weights.length === parameters.length &&
    weights.every((/** @type {string} */ text, /** @type {number} */ k) => double(text) === parameters[k]) &&
    same([symbols, specification.next, specification.outputs], [machine.symbols, machine.next, machine.outputs])
  );
}
