/** What is found of a network beside its task: a wrong word, a proof, or neither. */
import { FILE, interval, list, parsed, read } from "./checker/reading.js";
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
  return { word: null, certificate: yield* proofOf(network, machine, described(network, step)), tried };
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

/** A network as certificates have it. @param {Network} network @param {object} step of its cell */
function described({ specification }, step) {
  const { readout, bias, dtype, inputs, hidden, outputs, layers } = specification;
  return { step, readout, bias, dtype, inputs, hidden, outputs, layers };
}

/**
 * Whether a certificate, of the right form, speaks of this network and this machine, and allows the machine's inputs:
 * what `throughtime/proof/certificate.py` asks by `is_of` and `speaks_of`.
 * @param {string} certificate @param {Network} network @param {object} step of its cell
 * @param {import("./types.d.ts").Machine} machine
 */
export function speaksOf(certificate, network, step, machine) {
  const file = read(parsed(certificate), FILE, "file");
  const { symbols, next, outputs } = file.specification;
  const [A, I] = [machine.symbols.length, machine.symbols[0].length];
  const same = (/** @type {any} */ a, /** @type {any} */ b) => JSON.stringify(a) === JSON.stringify(b);
  return (
    same(file.network, read(described(network, step), FILE.network, "network")) &&
    same(file.weights, Array.from(network.parameters)) &&
    same([next, outputs], [machine.next, machine.outputs]) &&
    read(symbols, list(list(interval, I), A), "symbols").every(
      (/** @type {[number, number][]} */ symbol, /** @type {number} */ a) =>
        symbol.every(([low, high], i) => low <= machine.symbols[a][i] && machine.symbols[a][i] <= high),
    )
  );
}
