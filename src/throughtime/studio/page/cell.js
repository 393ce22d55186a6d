/**
 * The page's knowledge of a cell: its description in the Trace (trace/description.py), looked up. Every formula, lane,
 * scale and word of a layer follows from it.
 *
 * A net input that one function alone reads is *written out* where that function's value is shown, and so is ∂E by that
 * value: an Elman network's h = S(x·V + h·U + b) has no formula of its own for what stands in the brackets.
 */

/** @typedef {import("./types.d.ts").TraceJSON} TraceJSON */
/** @typedef {import("./types.d.ts").CellJSON} CellJSON */
/** @typedef {import("./types.d.ts").CellValue} CellValue */
/** @typedef {import("./types.d.ts").CellError} CellError */
/** @typedef {import("./types.d.ts").CellParameter} CellParameter */
/** @typedef {import("./types.d.ts").CellOperation} CellOperation */
/**
 * @typedef {object} Link what a value is computed from, where it was recorded
 * @property {string} array a layer's array; "below" is what the layer reads, "above" the errors of what reads the layer
 * @property {number} shift the step, in the order of reading: −1 the one before
 * @property {boolean} all whether all units, or the same unit
 */

/** The functions of one value: how formulas write them, and what they do. @type {Record<string, string>} */
export const FUNCTION_SYMBOLS = { sigmoid: "S", tanh: "tanh", relu: "relu", exp: "exp", softplus: "softplus" };
/** The number of values that each other operation takes. @type {Record<string, number>} */
const ARGUMENTS = {
  x: 0,
  state: 0,
  parameter: 0,
  number: 0,
  given: 0,
  neg: 1,
  "@": 2,
  "@T": 2,
  "+": 2,
  "-": 2,
  "*": 2,
  "/": 2,
  minimum: 2,
  maximum: 2,
  where_positive: 2,
  where_less: 3,
  where_not_less: 3,
};

/** The description of a Trace's cell, looked up. @param {TraceJSON} trace @returns {Cell} */
export function described(trace) {
  const cell = /** @type {CellJSON} */ (trace.cell);
  let known = KNOWN.get(cell);
  if (!known) KNOWN.set(cell, (known = new Cell(cell)));
  return known;
}
/** @type {WeakMap<CellJSON, Cell>} */
const KNOWN = new WeakMap();

/** Why a trace cannot be shown, in a sentence; null if it can. @param {TraceJSON} trace */
export function refusal({ cell, specification }) {
  if (!cell) return "This trace does not say what its cell computes: make it anew with this version of throughtime.";
  const place = cell.operations.findIndex(({ op, of = [] }, k) => {
    const wanted = op in FUNCTION_SYMBOLS ? 1 : ARGUMENTS[op];
    return wanted !== of.length || of.some((source) => source >= k);
  });
  if (place < 0) return null;
  const { op } = cell.operations[place];
  return `This page cannot show the cell ${specification.cell}: it does not know its operation ${place}, ${op}.`;
}

export class Cell {
  /** @param {CellJSON} description */
  constructor({ states, values, errors, parameters, operations }) {
    this.states = states;
    this.operations = operations;
    this.parameters = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    this.values = new Map(values.map((value) => [value.array, value]));
    this.errors = new Map(errors.map((error) => [error.array, error]));
    /** The array that holds what an operation gives. @type {Map<number, string>} */
    this.arrayAt = new Map([...errors, ...values].reverse().map(({ array, place }) => [place, array]));
    /** The state that the readout and the layer above see. */
    this.output = states[0].array;
    /** @type {Set<number>} the places of what is written out where it is read */
    this.writtenOut = new Set();
    /** The array of ∂E that is shown beside a value. @type {Map<string, string>} */
    this.partners = new Map(values.map(({ array, error }) => [array, error]));
    const forward = 1 + Math.max(...values.map(({ place }) => place));
    for (const net of values.filter((value) => this.#isNetInput(value))) {
      const uses = operations.flatMap(({ of = [] }, k) => (k < forward && of.includes(net.place) ? [k] : []));
      const value = uses.length === 1 && operations[uses[0]].op in FUNCTION_SYMBOLS ? this.arrayAt.get(uses[0]) : null;
      const made = value && this.values.get(value);
      if (!made) continue;
      this.writtenOut.add(net.place).add(this.#error(made.error).place);
      this.partners.set(made.array, net.error);
    }
    /** The ∂E by the output state that is shown: what the readout and the layer above hand down. */
    this.felt = /** @type {string} */ (this.partners.get(this.output));
    /** The δ's that go down to what the layer reads, in the order of the matrices' columns. */
    this.inputErrors = [...new Set(parameters.flatMap(({ kind, error }) => (kind === "x" && error ? [error] : [])))];
    /** The letter of the matrices that the layer's inputs are multiplied by. */
    this.inputLetter = parameters.find(({ kind }) => kind === "x")?.letter ?? "";
  }

  /** The layer's arrays. @param {string} array */
  has(array) {
    return this.values.has(array) || this.errors.has(array);
  }

  /** Whether a layer's array is computed on the way back. @param {string} array */
  isBackward(array) {
    return this.errors.has(array);
  }

  /** The state whose initial value an array holds. @param {string} array */
  initialOf(array) {
    return this.states.find(({ initial }) => initial === array);
  }

  /** Whether an array is written out where it is read. @param {string} array */
  isWrittenOut(array) {
    const known = this.values.get(array) ?? this.errors.get(array);
    return known !== undefined && this.writtenOut.has(known.place);
  }

  /**
   * The arrays that an array is computed from, looking through all that was not recorded or is written out.
   * @param {string} array
   * @returns {Link[]}
   */
  sources(array) {
    const known = this.values.get(array) ?? this.errors.get(array);
    /** @type {Map<string, Link>} */
    const found = new Map();
    const add = (/** @type {Link} */ link) => found.set(`${link.array} ${link.shift} ${link.all}`, link);
    const visited = new Set();
    const visit = (/** @type {number} */ place, /** @type {number} */ shift, top = false) => {
      const key = `${place} ${shift}`;
      if (visited.has(key)) return;
      visited.add(key);
      const recorded = this.arrayAt.get(place);
      if (recorded !== undefined && !top && !this.writtenOut.has(place)) {
        add({ array: recorded, shift, all: false });
        return;
      }
      const { op, of = [], name = "" } = this.operations[place];
      if (op === "state") add({ array: name, shift: shift - 1, all: false });
      else if (op === "@" || op === "@T") {
        const source = this.operations[of[0]];
        if (source.op === "x") add({ array: "below", shift, all: true });
        else if (source.op === "state") add({ array: source.name ?? "", shift: shift - 1, all: true });
        else add({ array: this.arrayAt.get(of[0]) ?? "", shift, all: true });
      } else if (op === "given") {
        if (name === this.output) add({ array: "above", shift, all: true });
        visit(this.#state(name).back, shift + 1);
      } else of.forEach((source) => visit(source, shift));
    };
    if (known) visit(known.place, 0, true);
    return [...found.values()];
  }

  /**
   * The values of a step that are drawn, from top to bottom: each below what is computed from it. What is written out,
   * and what stands only between other values, as a GRU's q does, is not among them.
   * @returns {CellValue[]}
   */
  lanes() {
    const states = new Set(this.states.map(({ array }) => array));
    const sources = new Map([...this.values.keys()].map((array) => [array, this.#sameStep(array)]));
    const readers = (/** @type {string} */ array) =>
      [...sources].flatMap(([by, from]) => (from.includes(array) ? [by] : []));
    /** @type {Map<string, number>} */
    const levels = new Map();
    const level = (/** @type {string} */ array) => /** @type {number} */ (levels.get(array) ?? below(array));
    /** @param {string} array @returns {number} */
    const below = (array) => {
      const found = 1 + Math.max(-1, ...readers(array).map(level));
      levels.set(array, found);
      return found;
    };
    const order = this.#firstReads(sources);
    const drawn = [...this.values.values()].filter((value) => {
      if (this.writtenOut.has(value.place)) return false;
      return states.has(value.array) || !this.#isNetInput(value) || readers(value.array).some((by) => states.has(by));
    });
    const rank = (/** @type {CellValue} */ { array }) =>
      array === this.output ? [-1] : [level(array), states.has(array) ? 1 : 0, -order.indexOf(array)];
    return drawn.sort((a, b) => {
      const [of, others] = [rank(a), rank(b)];
      return of[0] - others[0] || of[1] - others[1] || of[2] - others[2] || 0;
    });
  }

  /**
   * The way of a state, or its error, from step to step, by its letter: the matrix, or the gate that multiplies it.
   * Nothing for what is no state; "" where it has no such letter.
   * @param {string} array
   */
  throughTime(array) {
    const state = this.states.find((one) => one.array === array || this.partners.get(one.array) === array);
    if (!state) return null;
    const uses = this.operations.filter(({ op, of = [] }) => (op === "@" || op === "*") && of.includes(state.before));
    const matrix = uses.find(({ op }) => op === "@");
    const name = matrix?.of && this.operations[matrix.of[1]].name;
    if (name) return this.parameters.get(name)?.letter ?? "";
    const gates = uses.map(({ of = [] }) => this.#gateLetter(of[0] === state.before ? of[1] : of[0]));
    return gates.find(Boolean) ?? "";
  }

  /** "z" or "1−z" of a gate or of what it leaves. @param {number} place @returns {string} */
  #gateLetter(place) {
    const value = this.values.get(this.arrayAt.get(place) ?? "");
    if (value) return value.letter;
    const { op, of = [] } = this.operations[place];
    const left = op === "-" && this.operations[of[0]].value === 1 ? this.#gateLetter(of[1]) : "";
    return left && `1−${left}`;
  }

  /**
   * The recorded values of the same step that one is computed from, looking through what is not drawn.
   * @param {string} array
   */
  #sameStep(array) {
    return this.sources(array).flatMap(({ array, shift }) => (shift === 0 && this.values.has(array) ? [array] : []));
  }

  /**
   * The values in the order in which they are first read, from the output down.
   * @param {Map<string, string[]>} sources
   */
  #firstReads(sources) {
    const found = [this.output];
    for (const array of found) found.push(...(sources.get(array) ?? []).filter((from) => !found.includes(from)));
    return found;
  }

  /** Whether a value is a net input that no function was applied to. @param {CellValue} value */
  #isNetInput({ array, place, error }) {
    const isState = this.states.some((state) => state.array === array);
    return !isState && this.errors.get(error)?.mark === "δ" && !(this.operations[place].op in FUNCTION_SYMBOLS);
  }

  /** @param {string} array @returns {CellError} */
  #error(array) {
    return /** @type {CellError} */ (this.errors.get(array));
  }

  /** @param {string} array @returns {import("./types.d.ts").CellState} */
  #state(array) {
    return /** @type {import("./types.d.ts").CellState} */ (this.states.find((state) => state.array === array));
  }
}
