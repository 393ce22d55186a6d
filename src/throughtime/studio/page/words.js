/** What a cell is, in words. */
import { columnsOf, parameterName } from "./numbers.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").Selection} Selection */

/** @type {Record<string, string>} */
const UNITS = {
  net_h: "Net input of hidden unit",
  h: "State of hidden unit",
  i: "Input gate (how much is written) of unit",
  f: "Forget gate (0 forgets, 1 remembers) of unit",
  C_tilde: "Candidate (what would be written) of unit",
  C: "Cell state (the memory) of unit",
  o: "Output gate (how much is shown) of unit",
  r: "Reset gate (how much of the past the candidate sees) of unit",
  z: "Update gate (0 takes the candidate, 1 keeps the state) of unit",
  n: "Candidate (what the state would become) of unit",
  q: "What the candidate reads of the past, of unit",
};
/** @type {Record<string, string>} */
const OUTER = { x: "Input", net_y: "Net input of output", y: "Output", d: "Target of output" };
const GATE = /** @type {Record<string, string>} */ ({
  i: "input",
  f: "forget",
  C_tilde: "candidate",
  o: "output",
  r: "reset",
  z: "update",
  n: "candidate",
});
const MATRICES = /** @type {Record<string, string>} */ ({ V: "input", U: "hidden unit", W: "hidden unit" });

/** @param {TraceJSON} trace @param {Selection} selection @returns {string} */
export function words(trace, selection) {
  const { array, layer, direction, t, unit } = selection;
  const { layers, bidirectional, output } = trace.specification;
  const name = parameterName(trace, selection);
  const place = (layers > 1 ? `, layer ${layer + 1}` : "") + (bidirectional ? `, reading ${direction}` : "");
  if (name in trace.parameters)
    return parameterWords(trace, name, selection) + (array === "W" || array === "b_y" ? "" : place);
  const step = ` at step ${t + 1}`;
  const when = output === "last step" && array !== "x" ? " after the last step" : step;
  if (array === "error") return `Loss${when}`;
  if (array === "mask") return `Weight${when} in the loss`;
  if (array in OUTER) return `${OUTER[array]} ${unit}${when}`;
  if (array === "delta_y") return `Error of output ${unit}${when}: how the loss changes with its net input`;
  if (array === "h_0" || array === "C_0")
    return `Initial ${array === "h_0" ? "state" : "cell state"} of unit ${unit}${place}`;
  if (array === "delta_h")
    return `Error of hidden unit ${unit}${step}${place}: how the loss changes with its net input`;
  if (array === "delta_q") return `Error of what the candidate of unit ${unit} reads of the past${step}${place}`;
  if (array.startsWith("delta_")) {
    const gate = GATE[array.slice(6)] + (array.endsWith("C_tilde") || array.endsWith("_n") ? "" : " gate");
    return `Error of the ${gate} of unit ${unit}${step}${place}: how the loss changes with its net input`;
  }
  if (array === "d_h") return `How the loss changes with the state of unit ${unit}${step}${place}`;
  if (array === "d_C") return `How the loss changes with the cell state of unit ${unit}${step}${place}`;
  return `${UNITS[array] ?? array} ${unit}${step}${place}`;
}

/** @param {TraceJSON} trace @param {string} name @param {Selection} selection */
function parameterWords(trace, name, { array, unit, layer }) {
  const columns = columnsOf(trace, name);
  const [gate, symbol] = array.includes(".") ? array.split(".") : ["", array];
  const to =
    symbol === "W" || symbol === "b_y"
      ? "output"
      : gate
        ? `the ${gate}${gate === "candidate" ? "" : " gate"} of unit`
        : "hidden unit";
  const column = `${to} ${unit % columns}`;
  if (!(symbol in MATRICES)) return `Bias of ${column}`;
  const from = symbol === "V" && layer > 0 ? "state below" : MATRICES[symbol];
  return `Weight from ${from} ${Math.floor(unit / columns)}${symbol === "U" ? " one step before" : ""} to ${column}`;
}
