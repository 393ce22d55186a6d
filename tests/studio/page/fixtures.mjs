/**
 * What `fixtures.py` prints: traces with what Python says about them. FIXTURES names the file that holds it; else
 * PYTHON makes it.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const script = new URL("fixtures.py", import.meta.url).pathname;
const { FIXTURES, PYTHON = "python" } = process.env;
const printed = FIXTURES ? readFileSync(FIXTURES) : execFileSync(PYTHON, [script], { maxBuffer: 2 ** 27 });

/** @type {{name: string, trace: any, explanations: any[], terms: Record<string, any>}[]} */
export const CASES = JSON.parse(printed.toString());

/** The first trace whose specification has these fields. */
export const traceOf = (fields) =>
  CASES.find(({ trace }) => Object.entries(fields).every(([key, value]) => trace.specification[key] === value)).trace;

/** Every cell of a trace. */
export function* cellsOf(trace) {
  const { hidden, inputs, outputs, output } = trace.specification;
  const steps = trace.lengths[0];
  for (let t = 0; t < steps; t++) {
    for (let unit = 0; unit < inputs; unit++) yield { array: "x", layer: 0, direction: "forward", t, unit };
    if (output === "last step" && t < steps - 1) continue;
    yield { array: "error", layer: 0, direction: "forward", t, unit: 0 };
    for (const array of ["d", "net_y", "y", "delta_y"]) {
      for (let unit = 0; unit < outputs; unit++) yield { array, layer: 0, direction: "forward", t, unit };
    }
  }
  for (const of of trace.layers) {
    const others = ["layer", "direction", ...trace.cell.states.map(({ initial }) => initial)];
    const arrays = Object.keys(of).filter((name) => !others.includes(name));
    for (const array of arrays) {
      for (let t = 0; t < steps; t++) {
        for (let unit = 0; unit < hidden; unit++) yield { array, layer: of.layer, direction: of.direction, t, unit };
      }
    }
  }
}

/** Every parameter of a trace. */
export function* parametersOf(trace) {
  for (const [name, values] of Object.entries(trace.parameters)) {
    const layer = Number(/layer(\d+)/.exec(name)?.[1] ?? 0);
    const direction = name.includes("backward.") ? "backward" : "forward";
    const array = name.replace(/^(layer\d+\.)?((forward|backward)\.)?/, "");
    for (let unit = 0; unit < values.flat().length; unit++) yield { array, layer, direction, t: 0, unit };
  }
}

/** The recorded number of a cell. */
export function recorded(trace, { array, layer, direction, t, unit }) {
  const of = trace.layers.find((of) => of.layer === layer && of.direction === direction);
  if (array in of) return of[array][0][t][unit];
  const sequence = trace[array][0];
  const at = trace.specification.output === "last step" && array !== "x" ? sequence : sequence[t];
  return array === "error" ? at : at[unit];
}
