/**
 * What the browser's engine draws, learns, checks and refuses. FOLDER holds the modules and Python's numbers.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

const folder = process.env.FOLDER;
const load = (name) => import(`${folder}/${name}.js`);
const { cells } = await load("cells");
const { Classic } = await load("classic");
const { checkAll } = await load("exhaustive");
const { RandomState } = await load("legacy");
const { cellOf, createNetwork } = await load("network");
const { Random } = await load("random");
const { addition, subtraction, taskOf } = await load("tasks");
const { Trainer } = await load("training");
const { tasks, legacy, classic } = JSON.parse(readFileSync(`${folder}/others.json`, "utf8"));

const SPECIFICATION = {
  cell: "elman",
  inputs: 2,
  hidden: 16,
  outputs: 1,
  layers: 1,
  bidirectional: false,
  activation: "sigmoid",
  readout: "sigmoid",
  loss: "squared",
  bias: true,
  output: "every step",
  dtype: "float64",
};
const RECIPE = { steps: 2000, batch: 64, optimizer: { name: "adam", learning_rate: 0.02 }, noise: 0.2 };
const networkOf = (fields = {}, ...more) => {
  const specification = { ...SPECIFICATION, ...fields };
  return createNetwork(cellOf(cells, specification), specification, ...more);
};
const near = (a, b, within) => assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);

describe("random numbers", () => {
  for (const { seed, random, randint, randn } of legacy)
    it(`are NumPy's legacy ones of seed ${seed}`, () => {
      const state = new RandomState(seed);
      assert.deepEqual(
        random.map(() => state.random()),
        random,
      );
      assert.deepEqual(
        randint.map(([high]) => [high, state.randint(high)]),
        randint,
      );
      randn.forEach((value) => near(state.randn(), value, 1e-15 * Math.max(1, Math.abs(value))));
    });

  it("are normal, in the middle, at the edges and in the tail", () => {
    const numbers = new Float64Array(2_000_000);
    new Random(3).fillNormal(numbers, 0, 1);
    const one = new Random(3);
    for (let k = 0; k < 2000; k++) assert.equal(one.normal(), numbers[k]);
    const moment = (power) => numbers.reduce((sum, x) => sum + x ** power, 0) / numbers.length;
    near(moment(1), 0, 0.004);
    near(moment(2), 1, 0.006);
    near(moment(3), 0, 0.015);
    near(moment(4), 3, 0.04);
    // Φ(x) where a layer ends in another, and beyond the last one
    const below = {
      "-3.66": 0.00012611,
      "-2": 0.02275013,
      "-0.5": 0.30853754,
      0: 0.5,
      1: 0.84134475,
      2.5: 0.99379033,
      3.7: 0.9998922,
    };
    for (const [x, share] of Object.entries(below)) {
      const found = numbers.reduce((sum, value) => sum + (value < Number(x) ? 1 : 0), 0) / numbers.length;
      near(found, share, 5 * Math.sqrt((share * (1 - share)) / numbers.length));
    }
  });

  it("depend on the seed, the purpose and the number", () => {
    const first = (...key) => new Random(...key).uniform();
    const found = [first(0), first(1), first(0, 1), first(0, 0, 1), first(2 ** 40), first(0, 2, 7), first(7, 2, 0)];
    assert.equal(new Set(found).size, found.length);
    assert.equal(first(5, 1, 2), first(5, 1, 2));
  });
});

describe("parameters", () => {
  it("of the classic recipe are NumPy's, for a cell with gates side by side too", () => {
    for (const [cell, parameters] of Object.entries(classic)) {
      const net = networkOf({ cell, hidden: 3, bias: false }, 7, "classic");
      assert.deepEqual(Array.from(net.parameters), parameters);
    }
  });

  it("begin with orthogonal U, V and W within their bounds, biases as the cell says", () => {
    const net = networkOf({ cell: "lstm", hidden: 6 }, 3);
    const named = net.named();
    for (const [name, value] of Object.entries(named)) {
      if (name.endsWith(".U"))
        for (const [i, a] of value.entries())
          for (const [j, b] of value.entries())
            near(
              a.reduce((sum, x, k) => sum + x * b[k], 0),
              Number(i === j),
              1e-14,
            );
      else if (name.endsWith(".b")) assert.ok(value.every((x) => x === Number(name === "forget.b")));
      else if (name.endsWith(".V")) assert.ok(value.flat().every((x) => Math.abs(x) <= Math.sqrt(6 / 8)));
    }
    assert.deepEqual(net.flat(named), net.parameters);
    assert.notDeepEqual(networkOf({}, 1).parameters, networkOf({}, 2).parameters);
  });
});

describe("tasks", () => {
  for (const { task, machine, closing, numbers, encoded } of tasks)
    it(`${task.name} ${JSON.stringify(task)} is Python's`, () => {
      const own = taskOf(task);
      assert.deepEqual(own.machine, machine);
      assert.equal(own.closing, closing);
      if (encoded) {
        const { x, y } = own.encode(...numbers);
        assert.deepEqual([x, y], encoded);
      }
      const { x, y, T, B } = own.sample(new Random(1, 1), 50);
      const { inputs: I, outputs: O } = own;
      for (let b = 0; b < B; b++) {
        const rows = Array.from({ length: T }, (_, t) => Array.from(x.subarray((t * B + b) * I, (t * B + b + 1) * I)));
        const states = own.states(rows);
        const right = rows.map((bits, t) => own.machine.outputs[states[t]][own.symbol(bits)]);
        assert.deepEqual(
          right,
          right.map((_, t) => Array.from(y.subarray((t * B + b) * O, (t * B + b + 1) * O))),
        );
        if (closing || task.name === "subtraction") assert.equal(states[T], 0); // the carry came out; a ≥ b
      }
    });

  it("encode and decode numbers", () => {
    const { x, y, states } = addition().encode(107, 27);
    assert.equal(addition().decode(y), 134);
    assert.deepEqual(x[0], [1, 1]);
    assert.deepEqual(states, [0, 1, 1, 0, 1, 1, 1, 1, 0]);
    assert.equal(addition().encode(2 ** 40, 1).x.length, 41);
    assert.equal(subtraction().decode(subtraction().encode(100, 1).y), 99);
    for (const wrong of [[1], [1, -1], [1.5, 1], [1, 2, 3]])
      assert.throws(() => addition().encode(...wrong), /takes 2/);
    assert.throws(() => taskOf({ name: "toString" }), /there is no task/);
    assert.throws(() => addition({ bits: 1 }), /at least 2/);
  });
});

describe("training", () => {
  it("learns to add by the default recipe, for each of five seeds, and is right on all words of 9 bits", () => {
    for (let seed = 0; seed < 5; seed++) {
      const net = networkOf({}, seed);
      const trainer = new Trainer(net, addition(), { ...RECIPE, seed });
      const { loss, exact, sequences, step } = trainer.run(2000);
      assert.ok(loss < 0.05 && exact > 0.5 * sequences && sequences === 128000 && step === 2000);
      assert.deepEqual(checkAll(net, trainer.source.machine, 8, 1), { checked: 65536, wrong: 0, word: null });
    }
  });

  it("continues from a snapshot to the same bits, however it is cut", () => {
    const of = () => new Trainer(networkOf({ cell: "lstm", hidden: 3 }, 1), addition(), { ...RECIPE, seed: 4 });
    const [whole, cut] = [of(), of()];
    whole.run(30);
    cut.run(13);
    const snapshot = cut.snapshot();
    cut.run(5);
    const other = of();
    other.restore(structuredClone(snapshot));
    other.run(17);
    assert.deepEqual(other.network.parameters, whole.network.parameters);
    assert.deepEqual(
      whole.change().map((x, k) => x + whole.before[k]),
      whole.network.parameters,
    );
  });

  it("puts noise of this deviation on what is fed back, and on nothing else", () => {
    const net = networkOf({ hidden: 3 }, 2);
    const trainer = new Trainer(net, addition(), {
      noise: 0.5,
      optimizer: { name: "gradient-descent", learning_rate: 0 },
    });
    trainer.run(1);
    const { tape } = trainer;
    const { states, fed, gates } = tape.layers[0];
    const { U } = net.named();
    const size = tape.B * tape.H;
    let sum = 0;
    for (let k = size; k < states.length; k++) sum += (fed[k] - states[k]) ** 2;
    near(sum / (states.length - size), 0.25, 0.03);
    assert.deepEqual(fed.slice(0, size), states.slice(0, size));
    const { x } = trainer.source.sample(new Random(0, 1, 0), 64);
    const { V, b_h } = net.named();
    for (let row = 0; row < tape.B; row++)
      for (let j = 0; j < 3; j++) {
        const t = 4;
        let value = b_h[j];
        for (let i = 0; i < 2; i++) value += x[(t * tape.B + row) * 2 + i] * V[i][j];
        for (let i = 0; i < 3; i++) value += fed[t * size + row * 3 + i] * U[i][j];
        near(gates[t * size + row * 3 + j], value, 1e-14);
        near(states[(t + 1) * size + row * 3 + j], 1 / (1 + Math.exp(-value)), 1e-14);
      }
  });

  it("refuses what it does not do, in a sentence", () => {
    assert.throws(() => networkOf({ bidirectional: true }), /have no bidirectional/);
    assert.throws(() => networkOf({ dtype: "float32" }), /have no float32/);
    assert.throws(() => networkOf({ layer_norm: true }), /have no layer_norm/);
    assert.throws(() => networkOf({ cell: "valueOf" }), /was not written for this page/);
    assert.throws(() => networkOf({}, [1, 2]), /parameters must be 321/);
    const trainer = (settings) => new Trainer(networkOf(), addition(), settings);
    assert.throws(() => trainer({ dropout: 0.5 }), /has no dropout/);
    assert.throws(() => trainer({ recurrent_dropout: 0.5 }), /has no recurrent_dropout/);
    assert.throws(() => trainer({ window: 4 }), /has no window/);
    assert.throws(() => trainer({ update: "per step" }), /plain gradient descent/);
    assert.throws(() => trainer({ optimizer: { name: "sgd", learning_rate: 1 } }).run(1), /no optimizer sgd/);
    const wild = new Trainer(networkOf({ readout: "identity", activation: "relu" }), addition(), {
      optimizer: { name: "gradient-descent", learning_rate: 1e200 },
    });
    assert.throws(() => wild.run(9), /lower the learning rate/);
  });
});

describe("the classic program", () => {
  // docs/math.md#the-classic-recipe, and the same with an update at every step
  const LOGS = {
    "per batch": [
      "3.45638663",
      "3.63389116",
      "3.91366595",
      "3.72191702",
      "3.58527130",
      "2.53352328",
      "0.57691441",
      "1.42589952",
      "0.47477457",
      "0.21595037",
    ],
    "per step": [
      "3.45638663",
      "3.63415232",
      "3.91209704",
      "3.72247466",
      "3.57577557",
      "2.51239693",
      "0.58530627",
      "1.42261125",
      "0.43115219",
      "0.19691510",
    ],
  };
  const SUMS = [
    "9 + 60 1",
    "28 + 35 255",
    "116 + 44 72",
    "4 + 73 223",
    "71 + 11 8",
    "81 + 113 162",
    "81 + 0 81",
    "4 + 125 129",
    "39 + 17 56",
    "11 + 3 14",
  ];
  for (const [update, errors] of Object.entries(LOGS))
    it(`has its public log to the last digit, with an update ${update}`, () => {
      const program = new Classic(cells.elman, { update });
      const lines = [...program.next(5500), ...program.next(9999)];
      assert.deepEqual(
        lines.map(({ error }) => error.toFixed(8)),
        errors,
      );
      if (update === "per batch")
        assert.deepEqual(
          lines.map(({ a, b, predicted }) => `${a} + ${b} ${predicted}`),
          SUMS,
        );
      assert.ok(program.done && program.pair === 10000);
      assert.equal(checkAll(program.network, addition().machine, 7, 1).wrong, 0);
    });
});

describe("the exhaustive check", () => {
  it("finds the first wrong word and counts all, as one word after the other does", () => {
    const net = networkOf({ cell: "gru", hidden: 3, layers: 2 }, 4);
    const task = addition();
    new Trainer(net, task, { ...RECIPE, seed: 1 }).run(60);
    const found = checkAll(net, task.machine, 7, 1); // more words than are computed at once
    let [wrong, first] = [0, null];
    for (let k = 0; k < 4 ** 7; k++) {
      const word = [...Array.from({ length: 7 }, (_, t) => (k >> (2 * (6 - t))) & 3), 0];
      const { x, y } = task.run(word);
      const told = net.predict({ x: Float64Array.from(x.flat()), T: 8, B: 1 });
      const right = y.every(([d], t) => Math.abs(told[t] - d) < 0.5);
      if (!right) wrong++;
      if (!right && first === null) first = word;
    }
    assert.ok(wrong > 0);
    assert.deepEqual(found, { checked: 4 ** 7, wrong, word: first });
  });
});
