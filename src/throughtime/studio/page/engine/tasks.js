/** Tasks that are Mealy machines over bits, least significant first: the twins of `throughtime.tasks`. */

/** @typedef {import("./types.d.ts").Machine} Machine */
/** @typedef {import("./types.d.ts").Batch} Batch */
/** @typedef {import("./random.js").Random} Random */

/** The symbols that so many bits can form, in the order of the numbers they write. @param {number} count */
function allBits(count) {
  const symbols = Array.from({ length: 2 ** count }, (_, k) =>
    Array.from({ length: count }, (_, bit) => (k >> (count - 1 - bit)) & 1),
  );
  return { symbols, symbol_names: symbols.map((bits) => bits.join("")) };
}

/**
 * A machine over bits, by what each state does.
 * @param {number} inputs
 * @param {string[]} state_names
 * @param {(state: number, bits: number[]) => [number, number]} step the next state, and the output
 * @returns {Machine}
 */
function machineOf(inputs, state_names, step) {
  const { symbols, symbol_names } = allBits(inputs);
  const found = state_names.map((_, state) => symbols.map((bits) => step(state, bits)));
  const next = found.map((row) => row.map(([state]) => state));
  const outputs = found.map((row) => row.map(([, output]) => [output]));
  return { symbols, next, outputs, state_names, symbol_names };
}

/** @param {number} count @param {string} name */
const numbered = (count, name) => Array.from({ length: count }, (_, k) => `${name} ${k}`);

/** How many bits a number has. @param {number} n */
const bitLength = (n) => (n === 0 ? 0 : Math.floor(Math.log2(n)) + 1);

export class MachineTask {
  /**
   * @param {string} name
   * @param {Machine} machine
   * @param {{bits?: number, closing?: number, ordered?: boolean}} options bits: steps of the words to learn from;
   *   closing:
   *   last steps at which only the first symbol is read; ordered: whether operands are swapped where the machine ends
   * in
   *   another state than its first
   */
  constructor(name, machine, { bits = 8, closing = 0, ordered = false }) {
    if (!(Number.isInteger(bits) && bits > closing))
      throw new Error(`bits must be at least ${closing + 1}, got ${bits}`);
    this.name = name;
    this.machine = machine;
    this.bits = bits;
    this.closing = closing;
    this.ordered = ordered;
    this.inputs = machine.symbols[0].length;
    this.outputs = machine.outputs[0][0].length;
  }

  /** Random words. @param {Random} random @param {number} B @returns {Batch} */
  sample(random, B) {
    const { machine, bits: T, inputs: I, outputs: O } = this;
    const [x, y] = [new Float64Array(T * B * I), new Float64Array(T * B * O)];
    const word = new Int32Array(T);
    for (let b = 0; b < B; b++) {
      this.draw(random, word);
      let state = 0;
      for (let t = 0; t < T; t++) {
        const row = t * B + b;
        for (let i = 0; i < I; i++) x[row * I + i] = machine.symbols[word[t]][i];
        for (let o = 0; o < O; o++) y[row * O + o] = machine.outputs[state][word[t]][o];
        state = machine.next[state][word[t]];
      }
    }
    return { x, y, T, B };
  }

  /** @param {Random} random @param {Int32Array} word */
  draw(random, word) {
    const { next, symbols } = this.machine;
    const free = word.length - this.closing;
    let state = 0;
    for (let t = 0; t < word.length; t++) {
      word[t] = t < free ? random.below(symbols.length) : 0;
      state = next[state][word[t]];
    }
    if (this.ordered && state !== 0) for (let t = 0; t < word.length; t++) word[t] = [0, 2, 1, 3][word[t]];
  }

  /** A word with its targets, step by step. @param {number[]} word */
  run(word) {
    const { machine } = this;
    const states = [0];
    for (const symbol of word) states.push(machine.next[states[states.length - 1]][symbol]);
    return {
      x: word.map((symbol) => machine.symbols[symbol].slice()),
      y: word.map((symbol, t) => machine.outputs[states[t]][symbol].slice()),
      states,
    };
  }

  /** The states (T+1) of the machine over a sequence x (T,I). @param {number[][]} x */
  states(x) {
    return this.run(x.map((bits) => this.symbol(bits))).states;
  }

  /** @param {number[]} bits */
  symbol(bits) {
    const found = this.machine.symbols.findIndex((symbol) => symbol.every((bit, i) => bit === bits[i]));
    if (found < 0) throw new Error(`${this.name} reads bits, 0 or 1, got ${bits}`);
    return found;
  }

  /** Whole numbers, one for each input, and what is right of them: x (T,I), y (T,O). @param {...number} numbers */
  encode(...numbers) {
    if (numbers.length !== this.inputs || !numbers.every((n) => Number.isSafeInteger(n) && n >= 0))
      throw new Error(`${this.name} takes ${this.inputs} whole numbers from 0, got ${numbers}`);
    const T = Math.max(this.bits, bitLength(Math.max(...numbers)) + this.closing);
    const word = Array.from({ length: T }, (_, t) => this.symbol(numbers.map((n) => Math.floor(n / 2 ** t) % 2)));
    return this.run(word);
  }

  /** The number that outputs (T,1) write. @param {number[][]} y */
  decode(y) {
    return y.reduce((sum, [bit], t) => sum + (bit > 0.5 ? 2 ** t : 0), 0);
  }
}

/** @param {{bits?: number, operands?: number}} options */
export function addition({ bits = 8, operands = 2 } = {}) {
  const machine = machineOf(operands, numbered(operands, "carry"), (carry, read) => {
    const total = read.reduce((sum, bit) => sum + bit, carry);
    return [Math.floor(total / 2), total % 2];
  });
  return new MachineTask("addition", machine, { bits, closing: bitLength(operands - 1) });
}

/** @param {{bits?: number}} options */
export function subtraction({ bits = 8 } = {}) {
  const machine = machineOf(2, numbered(2, "borrow"), (borrow, [a, b]) => {
    const difference = a - b - borrow;
    return [difference < 0 ? 1 : 0, Math.abs(difference) % 2];
  });
  return new MachineTask("subtraction", machine, { bits, ordered: true });
}

/** @param {{bits?: number}} options */
export function comparison({ bits = 8 } = {}) {
  const machine = machineOf(2, ["not greater", "greater"], (greater, [a, b]) => {
    const now = a === b ? greater : Number(a > b);
    return [now, now];
  });
  return new MachineTask("comparison", machine, { bits });
}

/** @param {{bits?: number, factor?: number}} options */
export function multiplication({ bits = 12, factor = 3 } = {}) {
  const machine = machineOf(1, numbered(factor, "carry"), (carry, [bit]) => {
    const total = carry + factor * bit;
    return [Math.floor(total / 2), total % 2];
  });
  return new MachineTask("multiplication", machine, { bits, closing: bitLength(factor - 1) });
}

/** @param {{bits?: number}} options */
export function parity({ bits = 8 } = {}) {
  return new MachineTask(
    "parity",
    machineOf(1, ["even", "odd"], (odd, [bit]) => [odd ^ bit, odd ^ bit]),
    { bits },
  );
}

/** @param {{bits?: number, modulus?: number}} options */
export function counter({ bits = 8, modulus = 3 } = {}) {
  const machine = machineOf(1, numbered(modulus, "count"), (count, [bit]) => {
    const now = (count + bit) % modulus;
    return [now, Number(now === 0)];
  });
  return new MachineTask("counter", machine, { bits });
}

const TASKS = { addition, subtraction, comparison, multiplication, parity, counter };

/**
 * A task by its name and options, or any machine with a name.
 * @param {{name: string, machine?: Machine} & Record<string, any>} described
 */
export function taskOf({ name, machine, ...options }) {
  if (machine) return new MachineTask(name, machine, options);
  if (!Object.hasOwn(TASKS, name))
    throw new Error(`there is no task ${name} in the browser; there are ${Object.keys(TASKS).join(", ")}`);
  return TASKS[/** @type {keyof TASKS} */ (name)](options);
}
