/**
 * A network: a cell, a specification and one flat vector of parameters, in the order of Python's `Network.parameters`.
 */
import { initial } from "./initial.js";
import { nested, placesOf } from "./layers.js";
import { backward, forward, Tape } from "./passes.js";

/** @typedef {import("./types.d.ts").Cell} Cell */
/** @typedef {import("./types.d.ts").Batch} Batch */
/** @typedef {import("./types.d.ts").Specification} Specification */

/**
 * The cell of a network among those that were written.
 * @param {import("./types.d.ts").Cells} cells @param {Specification} s
 */
export function cellOf(cells, { cell, activation = "sigmoid" }) {
  const name = activation === "sigmoid" ? cell : `${cell} (${activation})`;
  if (!Object.hasOwn(cells, name)) throw new Error(`the cell ${name} was not written for this page`);
  return cells[name];
}

/**
 * @param {Cell} cell
 * @param {Specification} specification
 * @param {ArrayLike<number> | number} parameters or the seed that they are drawn from
 * @param {import("./initial.js").Init} init how they are drawn
 */
export function createNetwork(cell, specification, parameters = 0, init = "glorot") {
  return new Network(cell, specification, parameters, init);
}

export class Network {
  /**
   * @param {Cell} cell @param {Specification} specification @param {ArrayLike<number> | number} parameters
   * @param {import("./initial.js").Init} init
   */
  constructor(cell, specification, parameters, init) {
    refuse(specification);
    this.cell = cell;
    this.specification = specification;
    this.places = placesOf(cell, specification);
    this.parameters =
      typeof parameters === "number"
        ? initial(cell, specification, this.places, init, parameters)
        : Float64Array.from(parameters);
    if (this.parameters.length !== this.places.size)
      throw new Error(`parameters must be ${this.places.size} for this network, got ${this.parameters.length}`);
    this.noBiases = new Float64Array(cell.slots * specification.hidden);
    /** @type {Tape | null} */
    this.tape = null;
  }

  /** The names of the parameters, in the order of the vector. */
  get names() {
    return Object.keys(this.places.views);
  }

  /** A flat vector as matrices and vectors by name. @param {Float64Array} vector */
  named(vector = this.parameters) {
    return Object.fromEntries(Object.entries(this.places.views).map(([name, view]) => [name, nested(view, vector)]));
  }

  /** The flat vector of matrices and vectors by name. @param {Record<string, number[] | number[][]>} named */
  flat(named) {
    const vector = new Float64Array(this.places.size);
    for (const [name, { at, rows, apart }] of Object.entries(this.places.views)) {
      if (rows === 0) vector.set(/** @type {number[]} */ (named[name]), at);
      else /** @type {number[][]} */ (named[name]).forEach((row, k) => vector.set(row, at + k * apart));
    }
    return vector;
  }

  /** The arrays that the passes fill, of these sizes. @param {number} T @param {number} B @param {boolean} noisy */
  tapeOf(T, B, noisy = false) {
    if (this.tape === null || this.tape.T !== T || this.tape.B !== B || this.tape.noisy !== noisy)
      this.tape = new Tape(this, T, B, noisy);
    return this.tape;
  }

  /** The outputs (T,B,O), or (B,O). @param {Pick<Batch, "x" | "T" | "B">} batch */
  predict(batch) {
    const tape = this.tapeOf(batch.T, batch.B);
    tape.clear();
    forward(this, tape, batch.x);
    return tape.y.slice();
  }

  /**
   * The loss, summed over steps and sequences.
   * @param {Batch} batch @param {Float64Array | null} mask weights of the targets
   */
  loss(batch, mask = null) {
    const tape = this.tapeOf(batch.T, batch.B);
    tape.clear();
    forward(this, tape, batch.x);
    return tape.judge(this, batch.y, mask);
  }

  /** Back-propagation through time. @param {Batch} batch @param {Float64Array | null} mask */
  gradient(batch, mask = null) {
    const gradient = new Float64Array(this.places.size);
    const loss = this.loss(batch, mask);
    backward(this, /** @type {Tape} */ (this.tape), batch.x, gradient, 0);
    return { loss, gradient };
  }

  /** The states of B sequences before their first step. @param {number} B */
  begin(B) {
    return new Tape(this, 1, B, false);
  }

  /**
   * Reads one step x (B,I) of endless sequences: y (B,O), a view; the state goes on.
   * @param {Tape} state @param {Float64Array} x
   */
  step(state, x) {
    forward(this, state, x);
    state.goOn();
    return state.y;
  }
}

/** @param {Record<string, any>} s */
function refuse(s) {
  const asked = { bidirectional: s.bidirectional, layer_norm: s.layer_norm, float32: s.dtype === "float32" };
  for (const [name, is] of Object.entries(asked)) if (is) throw new Error(`networks in the browser have no ${name}`);
}
