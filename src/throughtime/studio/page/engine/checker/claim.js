/** What has been proved, in lines: the network, its cell as equations, the machine, and what is assumed. */
import { ARITY } from "./reading.js";

/** A number with three digits, as `%.3g` writes it. @param {number} value */
export function short(value) {
  const [digits, power] = value.toExponential(2).split("e");
  const trimmed = digits.replace(/\.?0+$/, "");
  const e = Number(power);
  if (e < -4 || e >= 3) return `${trimmed}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
  return String(Number(value.toPrecision(3)));
}

/**
 * Three digits of a number from 0 that come to no more than it, by side −1, or to no less, by side 1.
 * @param {number} value @param {number} side
 */
function near(value, side) {
  const text = short(value);
  return side * Number(text) >= side * value ? text : short(value * (1 + side * 0.006));
}

/**
 * @param {any} file @param {import("./network.js").Network} network @param {boolean} loose whether an input is an
 *   interval
 * @param {number} rounding @returns {Record<string, string[]>}
 */
export function claimOf(file, network, loose, rounding) {
  const { network: of, specification: machine, epsilon, sha256 } = file;
  const { state_names: states, symbol_names: symbols, next, outputs } = machine;
  const sizes = `inputs ${of.inputs}, hidden ${of.layers} × ${of.hidden}, outputs ${of.outputs}, readout ${of.readout}`;
  const off = `${of.dtype}, in any order of sums, is off by at most ${near(rounding, 1)}`;
  return {
    network: [`${sizes}, ${of.dtype}`, `sha256 ${sha256}`],
    cell: spelled(network),
    machine: states.flatMap((/** @type {string} */ name, /** @type {number} */ q) =>
      symbols.map(
        (/** @type {string} */ symbol, /** @type {number} */ a) =>
          `${name}: ${symbol} → ${outputs[q][a].join("")}, ${states[next[q][a]]}`,
      ),
    ),
    inputs: inputs(machine, loose),
    error: [`${near(epsilon, -1)} in each state and net_y, at every step; ${off}`],
    assumed: ["states start at 0; inputs are the machine's symbols; an output counts as the nearer of 0 and 1"],
  };
}

/**
 * The vectors of each symbol, and by how much they may be off.
 * @param {{symbols: [number, number][][], symbol_names: string[]}} machine @param {boolean} loose
 */
function inputs({ symbols, symbol_names }, loose) {
  const texts = symbols.map((symbol) => symbol.map((ends) => [...new Set(ends)].map(number).join(" to ")));
  const lines = symbol_names.map((name, a) => `${name}: ${texts[a].join(", ")}`);
  const [off, ...others] = new Set(symbols.flat().map(([low, high]) => near(((high - low) / 2) * (1 + 1e-9), -1)));
  if (!loose) return lines;
  const how = others.length === 0 ? `be off by ${off}` : "be anywhere in these intervals";
  return [...lines, `each input may ${how} at every step`];
}

/**
 * The operations as equations; state_before is a state before the step, p.name a parameter, v7 the 7th result.
 * @param {import("./network.js").Network} network
 */
function spelled({ cell, all, after }) {
  const taken = new Set([
    ...cell.states.map((/** @type {string} */ s) => `${s}_before`),
    "x",
    "p",
    ...Object.keys(ARITY),
  ]);
  const lines = [`${cell.name}:`];
  /** @type {string[]} */
  const texts = [];
  /** @type {number[]} */
  const binds = [];
  all.forEach((o, at) => {
    const own = { "+": 1, "-": 1, "*": 2, "@": 2, neg: 3 }[o.op] ?? 4;
    binds.push(own);
    const of = o.of.map((i, k) => (own < 4 && binds[i] < own + k ? `(${texts[i]})` : texts[i]));
    texts.push(
      {
        x: "x",
        state: `${o.name}_before`,
        parameter: `p.${o.name}`,
        neg: `-${of[0]}`,
        number: number(o.value),
      }[o.op] ?? (own < 4 ? of.join(` ${o.op} `) : `${o.op}(${of.join(", ")})`),
    );
    const uses = all.reduce((sum, { of }) => sum + of.filter((i) => i === at).length, 0);
    if (o.of.length && (o.name || uses > 1 || after.includes(at))) {
      const fits = o.name && !taken.has(o.name) && (!cell.states.includes(o.name) || after.includes(at));
      const name = fits && !/^\d+$/.test(o.name.slice(1)) ? o.name : `v${at}`;
      lines.push(`  ${name} = ${texts[at]}`);
      taken.add(name);
      [texts[at], binds[at]] = [name, 4];
    }
  });
  return [...lines, `  return ${after.map((at) => texts[at]).join(", ")}`];
}

/** A number with all its digits, as Python writes it. @param {number} value */
function number(value) {
  const text = Object.is(value, -0) ? "-0" : String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, power] = value.toExponential().split("e");
    return `${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  return text;
}
