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

/** How many bits a number has. @param {number | bigint} n */
const bitLength = (n) => (Number(n) === 0 ? 0 : n.toString(2).length);

/**
 * @typedef {object} Options
 * @property {number} [bits] steps of the words to learn from
 * @property {number} [closing] last steps at which only the first symbol is read
 * @property {boolean} [ordered] whether operands are swapped where the machine ends in another state than its first
 * @property {string} [memory] what its states are called
 * @property {string} [sign] what stands between the numbers, where their result is written below them
 * @property {string[]} [reads] what its inputs are called
 * @property {(numbers: bigint[]) => number} [steps] how many steps these numbers need; without it, it reads none
 */

export class MachineTask {
  /** @param {string} name @param {Machine} machine @param {Options} options */
  constructor(name, machine, { bits = 8, closing = 0, ordered = false, memory = "state", sign, reads, steps }) {
    if (!(Number.isInteger(bits) && bits > closing))
      throw new Error(`bits must be at least ${closing + 1}, got ${bits}`);
    this.name = name;
    this.machine = machine;
    this.bits = bits;
    this.closing = closing;
    this.ordered = ordered;
    this.memory = memory;
    this.sign = sign ?? null;
    this.reads = reads ?? ["bit"];
    this.steps = steps ?? null;
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

  /**
   * Whole numbers, one for each input, and what is right of them: x (T,I), y (T,O).
   * @param {...(number | bigint)} numbers
   */
  encode(...numbers) {
    if (this.steps === null) throw new Error(`${this.name} takes no numbers`);
    const whole = numbers.filter((n) => typeof n === "bigint" || Number.isSafeInteger(n)).map(BigInt);
    if (numbers.length !== this.inputs || whole.length < numbers.length || whole.some((n) => n < 0n))
      throw new Error(`${this.name} takes ${this.inputs} whole numbers from 0, got ${numbers}`);
    const T = Math.max(this.bits, this.steps(whole));
    const bits = whole.map((n) => n.toString(2).padStart(T, "0"));
    return this.run(Array.from({ length: T }, (_, t) => this.symbol(bits.map((text) => Number(text[T - 1 - t])))));
  }

  /** The numbers that a sequence x (T,I) writes, if it reads numbers. @param {number[][]} x */
  numbers(x) {
    const number = (/** @type {number} */ i) => x.reduceRight((sum, bits) => 2n * sum + BigInt(bits[i]), 0n);
    return this.steps === null ? null : Array.from({ length: this.inputs }, (_, i) => number(i));
  }

  /** The number that outputs (T,1) write. @param {number[][]} y */
  decode(y) {
    return y.reduce((sum, [bit], t) => sum + (bit > 0.5 ? 2 ** t : 0), 0);
  }

  /**
   * What was read, what was predicted, and what is right if that is something else, in lines for people.
   * @param {number[][]} x (T,I) @param {number[][]} y (T,O) predicted @param {number[][]} d (T,O)
   */
  rendered(x, y, d) {
    if (this.sign !== null) return []; // the page writes it as on paper
    const [predicted, right] = [y.map(([value]) => sign(value)), d.map(([value]) => sign(value))];
    const isRight = predicted.join() === right.join();
    /** @type {[string, string[], string][]} */
    const rows = this.reads.map((label, i) => [label, x.map((bits) => sign(bits[i])), ""]);
    rows.push([this.name, predicted, isRight ? "right" : "wrong"]);
    if (!isRight) rows.push(["", right, "is right"]);
    return table(rows);
  }
}

/** How an output is shown: 0, 1, or ? where it is as near to both. @param {number} value */
const sign = (value) => (value > 0.5 ? "1" : value < 0.5 ? "0" : "?");

/** Signs of a line before it goes on below. */
const COLUMNS = 32;

/** Rows under each other. @param {[label: string, signs: string[], note: string][]} rows */
function table(rows) {
  const width = Math.max(...rows.map(([label]) => label.length));
  const T = rows[0][1].length;
  /** @type {string[]} */
  const lines = [];
  for (let from = 0; from < T; from += COLUMNS) {
    if (from > 0) lines.push("");
    for (const [label, signs, note] of rows) {
      const end = note && from + COLUMNS >= T ? `      ${note}` : "";
      lines.push(`  ${label.padEnd(width)}    ${signs.slice(from, from + COLUMNS).join(" ")}${end}`.trimEnd());
    }
  }
  return lines;
}

/** Steps of words in which the longest of some numbers has its bits, and `closing` more. @param {number} closing */
const longest = (closing) => (/** @type {bigint[]} */ numbers) => Math.max(...numbers.map(bitLength)) + closing;

/** @param {{bits?: number, operands?: number}} options */
export function addition({ bits = 8, operands = 2 } = {}) {
  const machine = machineOf(operands, numbered(operands, "carry"), (carry, read) => {
    const total = read.reduce((sum, bit) => sum + bit, carry);
    return [Math.floor(total / 2), total % 2];
  });
  const steps = (/** @type {bigint[]} */ numbers) => bitLength(numbers.reduce((sum, n) => sum + n, 0n));
  return new MachineTask("addition", machine, {
    bits,
    closing: bitLength(operands - 1),
    memory: "carry",
    sign: "+",
    steps,
  });
}

/** @param {{bits?: number}} options */
export function subtraction({ bits = 8 } = {}) {
  const machine = machineOf(2, numbered(2, "borrow"), (borrow, [a, b]) => {
    const difference = a - b - borrow;
    return [difference < 0 ? 1 : 0, Math.abs(difference) % 2];
  });
  return new MachineTask("subtraction", machine, {
    bits,
    ordered: true,
    memory: "borrow",
    sign: "−",
    steps: longest(0),
  });
}

/** @param {{bits?: number}} options */
export function comparison({ bits = 8 } = {}) {
  const machine = machineOf(2, ["not greater", "greater"], (greater, [a, b]) => {
    const now = a === b ? greater : Number(a > b);
    return [now, now];
  });
  return new MachineTask("comparison", machine, { bits, reads: ["a", "b"], steps: longest(0) });
}

/** @param {{bits?: number, factor?: number}} options */
export function multiplication({ bits = 12, factor = 3 } = {}) {
  const machine = machineOf(1, numbered(factor, "carry"), (carry, [bit]) => {
    const total = carry + factor * bit;
    return [Math.floor(total / 2), total % 2];
  });
  const closing = bitLength(factor - 1);
  return new MachineTask("multiplication", machine, { bits, closing, memory: "carry", steps: longest(closing) });
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
export function counter({ bits = 16, modulus = 3 } = {}) {
  const machine = machineOf(1, numbered(modulus, "count"), (count, [bit]) => {
    const now = (count + bit) % modulus;
    return [now, Number(now === 0)];
  });
  return new MachineTask("counter", machine, { bits, memory: "count" });
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
