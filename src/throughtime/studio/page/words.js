/** A number of the page in words. */
import { described } from "./cell.js";
import { columnsOf, lettersOf, parameterName } from "./numbers.js";

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").Selection} Selection */
/** @typedef {import("./types.d.ts").CellValue} CellValue */

/** @type {Record<string, string>} */
const OUTER = { x: "Input", net_y: "Net input of output", y: "Output", d: "Target of output" };
/** Labels that say what kind of value it is, but not which. */
const KINDS = ["gate", "value", "net input", "cell state"];

/** @param {TraceJSON} trace @param {Selection} selection @returns {string} */
export function words(trace, selection) {
  const { array, layer, direction, t, unit } = selection;
  const { layers, bidirectional, output } = trace.specification;
  const cell = described(trace);
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
  const state = cell.initialOf(array);
  if (state) return `Initial ${ofUnit(trace, state.array, unit)}${place}`;
  const value = cell.values.get(array);
  if (value) {
    const note = value.note && !cell.states.some((state) => state.array === array) ? ` (${value.note})` : "";
    return `${capital(titleOf(trace, array))}${note} of unit ${unit}${step}${place}`;
  }
  const isNet = cell.errors.get(array)?.mark === "δ";
  const of = [...cell.values.keys()].find((one) => cell.partners.get(one) === array && !cell.isWrittenOut(one));
  const about = of ?? [...cell.values.values()].find(({ error }) => error === array)?.array;
  if (!about) return array;
  if (!isNet) return `How the loss changes with the ${ofUnit(trace, about, unit)}${step}${place}`;
  const whose = about === cell.output ? `hidden unit ${unit}` : `the ${ofUnit(trace, about, unit)}`;
  return `Error of ${whose}${step}${place}: how the loss changes with its net input`.replace("the what", "what");
}

/** "forget gate of unit 3". @param {TraceJSON} trace @param {string} array @param {number} unit */
const ofUnit = (trace, array, unit) => `${titleOf(trace, array)} of unit ${unit}`;

/** "forget gate", "gate g", "state". @param {TraceJSON} trace @param {string} array */
function titleOf(trace, array) {
  const cell = described(trace);
  if (array === cell.output) return "state";
  const { label = array } = cell.values.get(array) ?? {};
  return KINDS.includes(label) ? `${label} ${lettersOf(trace, array).letter}` : label;
}

/** @param {string} text */
const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** @param {TraceJSON} trace @param {string} name @param {Selection} selection */
function parameterWords(trace, name, { array, unit, layer }) {
  const columns = columnsOf(trace, name);
  const [row, column] = [Math.floor(unit / columns), unit % columns];
  if (array === "b_y") return `Bias of output ${column}`;
  if (array === "W") return `Weight from hidden unit ${row} to output ${column}`;
  const cell = described(trace);
  const parameter = cell.parameters.get(array);
  if (!parameter) return array;
  const { kind, label, source, back } = parameter;
  const error = parameter.error ?? cell.arrayAt.get(back ?? -1) ?? "";
  const target = [...cell.values.values()].find((value) => value.error === error);
  const fed = error === cell.felt ? "hidden unit" : target ? `the ${titleOf(trace, target.array)} of unit` : "unit";
  const to = label && !target?.label.startsWith(label) ? `the ${label} of unit` : fed;
  if (kind === "bias") return `Bias of ${to} ${column}`;
  if (kind === "weight") return `Weight ${array} of unit ${column}`;
  const { op, name: state = "" } = cell.operations[source ?? 0];
  if (op === "x") return `Weight from ${layer > 0 ? "state below" : "input"} ${row} to ${to} ${column}`;
  const read = op === "state" ? state : (cell.arrayAt.get(source ?? -1) ?? "");
  const from = read === cell.output ? "hidden unit" : `the ${titleOf(trace, read)} of unit`;
  return `Weight from ${from} ${row}${op === "state" ? " one step before" : ""} to ${to} ${column}`;
}
