/** The session of a page's worker: it answers as the studio does. FOLDER holds the modules and what the studio says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

const folder = process.env.FOLDER;
const load = (name) => import(`${folder}/${name}.js`);
const { principal } = await load("axes");
const { planOf, scheduleOf } = await load("choices");
const { checked } = await load("differences");
const { checkAll } = await load("exhaustive");
const { keeperOf } = await load("keeper");
const { factor } = await load("optimisers");
const { Session } = await load("session");
const { cells } = await load("cells");
const { cellOf, createNetwork } = await load("network");
const { speaksOf } = await load("proving");
const { kit, cases, spread, keepers, schedules, told } = JSON.parse(readFileSync(`${folder}/session.json`, "utf8"));

const near = (a, b, within, what = "") => assert.ok(Math.abs(a - b) <= within, `${what}: ${a} is not ${b}`);

/** All numbers of two values, which otherwise are equal. */
function same(found, expected, what) {
  if (typeof expected === "number") near(found, expected, 1e-12 * Math.max(1, Math.abs(expected)), what);
  else if (expected === null || typeof expected !== "object") assert.equal(found, expected, what);
  else {
    assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort(), what);
    for (const [key, value] of Object.entries(expected)) same(found[key], value, `${what}.${key}`);
  }
}

/** A session, and what it answered. */
function opened(begin = {}) {
  const answers = [];
  const session = new Session((answer) => {
    answers.push(structuredClone(answer));
    if (answer.type === "frame") session.handle({ type: "drawn" });
  });
  const last = (type) => answers.findLast((answer) => answer.type === type);
  const send = (message) => {
    answers.length = 0;
    session.handle(message);
    return last;
  };
  send({ type: "begin", kit, ...begin });
  return { session, answers, send, last };
}

const rested = async ({ session }) => {
  while (session.running) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe("a frame", () => {
  for (const { settings, x, frame, options, training } of cases)
    it(`of ${settings.task} by ${settings.cell} is the studio's`, () => {
      const kept = [{ step: 0, parameters: frame.trace.parameters }];
      const { send, last } = opened({ settings, kept, example: x });
      assert.equal(last("frame"), undefined); // the page shows it already
      const own = send({ type: "pause" })("frame");
      const asOnPaper = frame.example.sign !== null || settings.task === "multiplication";
      if (asOnPaper) frame.example.rendered = own.example.rendered; // the page writes it, or it is written in bits
      same(own.trace, frame.trace, "trace");
      same(own.example, frame.example, "example");
      assert.deepEqual(Object.keys(own).sort(), Object.keys(frame).sort());
      for (const one of [own, frame]) assert.ok(one.check.right && one.check.relative < 1e-7);
      const { checked, parameters } = own.check;
      assert.deepEqual([checked, parameters], [frame.check.checked, frame.check.parameters]);
      assert.deepEqual([own.step, own.running, own.update], [0, false, null]);
      assert.deepEqual(Object.keys(own.space).sort(), Object.keys(frame.space).sort());
      assert.deepEqual([own.space.labels, own.space.points.length], [frame.space.labels, frame.space.points.length]);
      const known = Object.fromEntries(options);
      for (const option of send({ type: "configure", settings })("hello").options)
        assert.equal(option.enabled, known[option.name], option.name);
      const { optimizer, schedule, clip, noise, weight_decay, cell_penalty, update } = planOf(kit, settings).training;
      near(optimizer.learning_rate, training.optimizer.learning_rate, 0);
      assert.deepEqual([optimizer.name, schedule.name], [training.optimizer.name, training.schedule.name]);
      assert.deepEqual(
        [noise, weight_decay, cell_penalty, update],
        [training.noise, training.weight_decay, training.cell_penalty, training.update],
      );
      assert.equal(clip || null, training.clip ?? null);
    });

  it("names the unit that the studio names for the state", () => {
    for (const { h, label, found } of keepers) {
      const { means, ...rest } = keeperOf(Float64Array.from(h.flat()), h[0].length, label);
      means.forEach((mean, state) => near(mean, found.means[state], 1e-12));
      delete found.means;
      assert.deepEqual(rest, found);
    }
  });

  it("has the axes of the greatest spread, which turn as little as can be", () => {
    const h = Float64Array.from(spread.h);
    const { axes, share } = principal(h, 6, null);
    const along = (a, b) => Math.abs(a.reduce((sum, value, k) => sum + value * b[k], 0));
    for (const k of [0, 1]) {
      near(along(axes[k], spread.axes[k]), 1, 1e-9);
      near(share[k], spread.share[k], 1e-9);
    }
    const turned = [axes[1], axes[0].map((value) => -value)];
    principal(h, 6, turned).axes.forEach((axis, k) => axis.forEach((value, j) => near(value, turned[k][j], 1e-9)));
  });
});

it("a wrong gradient is said to be wrong", () => {
  const { session } = opened();
  const { network } = session.run;
  const { x, y } = session.example;
  const batch = { x: Float64Array.from(x.flat()), y: Float64Array.from(y.flat()), T: 8, B: 1 };
  assert.ok(checked(network, batch).right);
  const right = network.gradient.bind(network);
  network.gradient = (given) => {
    const found = right(given);
    found.gradient[3] *= 1 + 1e-4;
    return found;
  };
  const { greatest } = checked(network, batch);
  assert.ok(greatest > 1e-9);
});

it("schedules are Python's", () => {
  for (const [word, { factors }] of Object.entries(schedules))
    factors.forEach((value, step) => near(factor(scheduleOf(word), step, 30), value, 1e-15, word));
  for (const wrong of ["cosine:", "step", "step:0", "step:1.5", "linear", "warm-up:x", "constant:1", "cosine:0.1:2"])
    assert.throws(() => scheduleOf(wrong), /schedule/);
});

describe("a run", () => {
  it("is trained to be right on all words, whatever its pace, and measured", async () => {
    const page = opened();
    page.send({ type: "train" });
    assert.equal(page.last("state").running, true);
    await rested(page);
    const { step, exact, running, update } = page.last("frame");
    assert.deepEqual([step, exact.right, running], [2000, exact.checked, false]);
    const { network } = page.session.run;
    assert.deepEqual(checkAll(network, page.session.plan.task.machine, 8, 1), { checked: 65536, wrong: 0, word: null });
    const entries = page.answers.flatMap((answer) => (answer.type === "history" ? answer.entries : []));
    assert.deepEqual(
      entries.map((entry) => entry.step),
      Array.from({ length: 50 }, (_, k) => 40 * (k + 1)),
    );
    assert.ok(
      entries[49].loss < 0.1 * entries[0].loss && entries[49].exact > 0.5 && entries[49].learning_rate === 0.02,
    );
    const trained = network.parameters.slice();
    const { checkpoints } = page.last("history");
    assert.ok(checkpoints[0] === 0 && checkpoints.length > 40 && checkpoints.length <= 64);

    const back = page.send({ type: "restore", step: checkpoints[20] });
    assert.equal(back("frame").step, checkpoints[20]);
    assert.ok(back("history").reset && back("history").entries.every((entry) => entry.step <= checkpoints[20]));
    page.send({ type: "pace", frames_per_second: 60, updates_per_second: null });
    page.send({ type: "step", count: 1000 });
    page.send({ type: "train" });
    await rested(page);
    assert.deepEqual(network.parameters, trained); // the same bits
    assert.deepEqual(page.last("frame").update, update);

    page.send({ type: "train" }); // as many again
    page.send({ type: "pace", updates_per_second: 50 });
    page.send({ type: "pause" });
    assert.equal(page.last("frame").running, false);
    page.send({ type: "reset" });
    assert.deepEqual([page.last("frame").step, page.last("frame").update], [0, null]);
  });

  it("is another one by other settings, and keeps its numbers", () => {
    const { send } = opened();
    send({ type: "example", operands: ["107", 27] });
    let last = send({ type: "configure", settings: { task: "addition", cell: "lstm", hidden: 5, noise: 0.1 } });
    assert.deepEqual(last("frame").example.operands, ["107", "27"]);
    assert.deepEqual([last("hello").settings.hidden, last("hello").settings.noise], [5, 0.1]);
    assert.deepEqual(last("frame").trace.specification.cell, "lstm");
    last = send({ type: "configure", settings: { ...last("hello").settings, operands: 3 } });
    assert.equal(last("hello").tasks.find(({ name }) => name === "addition").operands, 3);
    assert.equal(last("frame").example.operands.length, 3);
    last = send({ type: "configure", settings: { task: "parity" } });
    assert.equal(last("frame").example.operands, null);
    assert.notDeepEqual(
      send({ type: "example", sample: 1 })("frame").example.symbols,
      send({ type: "example", sample: 2 })("frame").example.symbols,
    );
    const long = "9".repeat(300);
    send({ type: "configure", settings: { task: "addition" } });
    assert.deepEqual(send({ type: "example", operands: [long, "1"] })("frame").example.operands, [long, "1"]);
  });

  it("refuses in a sentence", () => {
    const { send } = opened();
    const refused = (message) => send(message)("error")?.message;
    const configured = (settings) => refused({ type: "configure", settings });
    assert.match(configured({ task: "recall" }), /^there is no task "recall" here, there are addition, /);
    assert.match(configured({ cell: "lem" }), /^there is no cell "lem" here, there are elman, lstm, gru$/);
    assert.match(configured({ hidden: 0 }), /^hidden must be a whole number from 1 to 128, got 0$/);
    for (const learning_rate of [0, -1, 1e9, NaN, Infinity, "0.1", "0,1", ""])
      assert.match(configured({ learning_rate }), /^learning_rate must be a number from 1e-12 to 1000, got/);
    for (const word of ["cosine:Infinity", "cosine:NaN", "cosine:0,5", "cosine:0x1", "step:1e3", "step: 5", "step:0"])
      assert.match(configured({ schedule: word }), /schedule/);
    assert.match(refused({ type: "consider", settings: { hidden: 0 } }), /^hidden must be/);
    assert.match(refused({ type: "consider", settings: { cell: "lstm", hidden: 128, layers: 4 } }), /parameters/);
    const before = send({ type: "pause" })("hello");
    assert.equal(send({ type: "consider", settings: { hidden: 3 } })("considered").type, "considered");
    assert.equal(send({ type: "pause" })("hello"), before);
    assert.match(configured({ hidden: 1.5 }), /^hidden must be a whole number/);
    assert.match(configured({ noise: "x" }), /^noise must be a number/);
    assert.match(configured({ optimizer: "sgd" }), /^optimizer must be one of gradient-descent, /);
    assert.match(configured({ dropout: 0.5 }), /^dropout is not to be chosen here$/);
    assert.match(configured({ schedule: "x" }), /^schedule must be/);
    assert.match(configured({ update: "per-step" }), /plain gradient descent/);
    assert.match(configured({ cell: "lstm", hidden: 128, layers: 4 }), /^the network would have \d+ parameters/);
    assert.match(refused({ type: "example", operands: ["1"] }), /^addition takes 2 whole numbers/);
    assert.match(refused({ type: "example", operands: ["1", "-1"] }), /^operands must be whole numbers/);
    assert.match(refused({ type: "example", operands: ["1", "9".repeat(309)] }), /of up to 1024 bits/);
    assert.match(refused({ type: "check" }), /^there is no proof$/);
    assert.equal(send({ type: "pause" })("error"), undefined);
  });

  it("stops where numbers are no longer finite", async () => {
    const page = opened();
    page.session.run.network.parameters.fill(NaN);
    page.send({ type: "train" });
    await rested(page);
    assert.match(page.last("error").message, /learning rate/);
    assert.equal(page.last("state").running, false);
  });
});

it("a certificate of another network or machine is told apart as Python does", () => {
  const { specification, parameters, certificates } = told;
  const network = createNetwork(cellOf(cells, specification), specification, parameters);
  const { machine } = planOf(kit, { hidden: 3 }).task;
  const verdicts = certificates.map(([text]) => speaksOf(text, network, kit.steps[network.cell.name], machine));
  assert.deepEqual(
    verdicts,
    certificates.map(([, verdict]) => verdict),
  );
  assert.ok(verdicts.includes(true) && verdicts.filter((is) => !is).length > 10);
});

describe("a proof", () => {
  const judged = async ({ session }) => {
    while (session.judging && session.verdict?.state === "running") await new Promise((done) => setTimeout(done, 5));
    return session.verdict;
  };

  it("is found for the trained adder, checked, and void as soon as the network is another one", async () => {
    const page = opened({ settings: { seed: 1 } });
    page.send({ type: "step", count: 1000 });
    page.send({ type: "step", count: 1000 });
    page.send({ type: "prove" });
    const { state, sentence } = await judged(page);
    assert.equal(state, "proved");
    assert.match(sentence, /^right for sequences of every length: your browser has checked the proof, \d+ sets/);
    assert.equal(page.last("hello").unable.check, undefined);
    page.send({ type: "check" });
    assert.equal(page.session.verdict.state, "proved");
    page.send({ type: "step" });
    assert.deepEqual([page.session.verdict, page.last("proof").state], [null, "unknown"]);
    assert.match(page.last("hello").unable.check, /another network/);
  });

  it("is not there where a word is wrong, which is shown", async () => {
    const page = opened();
    page.send({ type: "prove" });
    const { state, word } = await judged(page);
    const { example } = page.last("frame");
    assert.deepEqual(
      [state, example.right.at(-1), example.right.slice(0, -1).every(Boolean)],
      ["refuted", false, true],
    );
    assert.deepEqual([word.step, word.operands], [example.right.length, example.operands]);
  });

  it("is given up when training goes on", async () => {
    const page = opened();
    page.send({ type: "prove" });
    page.send({ type: "train" });
    assert.equal(page.last("proof").state, "unknown");
    assert.deepEqual([page.session.verdict, page.session.judging], [null, null]);
    page.send({ type: "prove" });
    assert.match(page.last("error").message, /^pause the training first/);
    page.send({ type: "pause" });
  });
});
