/**
 * One run in a page's worker: it takes the messages that the studio's server takes, and answers as that does
 * (`throughtime/studio/session.py`).
 */
import { check } from "./checker/check.js";
import { planOf } from "./choices.js";
import { Framer } from "./frame.js";
import { attempt, refutation, speaksOf } from "./proving.js";
import { PURPOSES, Random } from "./random.js";
import { Run } from "./run.js";

/** @typedef {import("../types.d.ts").Begin} Begin */
/** @typedef {import("../types.d.ts").ClientMessage} ClientMessage */
/** @typedef {import("../types.d.ts").ServerMessage} ServerMessage */
/** @typedef {import("../types.d.ts").HistoryEntry} HistoryEntry */
/** @typedef {import("../types.d.ts").Verdict} Verdict */
/** @typedef {import("./choices.js").Plan} Plan */

/** Milliseconds of work between two looks at what has come in. */
const SLICE = 12;
/** Their sum has carries, so that the page can say where the network keeps them. */
const FIRST_OPERANDS = [91, 46, 56, 8, 90, 1, 33, 74, 5, 12];
const GONE = "the network has changed since";

export class Session {
  /** @param {(answer: ServerMessage) => void} send */
  constructor(send) {
    this.send = send;
    const later = /** @type {any} */ (null); // what the first message brings
    this.kit = /** @type {import("../types.d.ts").Kit} */ (later);
    this.plan = /** @type {Plan} */ (later);
    this.run = /** @type {Run} */ (later);
    this.framer = /** @type {Framer} */ (later);
    this.example = /** @type {import("./frame.js").Example} */ (later);
    /** The text of a proof's certificate, and the parameters that it is of. @type {string | null} */
    this.certificate = null;
    /** @type {Float64Array | null} */
    this.proved = null;
    /** @type {Verdict | null} */
    this.verdict = null;
    /** The proof that is looked for. @type {object | null} */
    this.judging = null;
    /** Counts up whenever a training ends: the one that is no longer meant stops. */
    this.turn = 0;
    this.running = false;
    this.framesPerSecond = 30;
    /** Updates a second; null for full speed. @type {number | null} */
    this.pace = null;
    /** Whether the page has drawn the frame before. */
    this.drawn = true;
    /** What the page was last sent of what there is to choose. */
    this.said = "";
  }

  /** @param {ClientMessage | Begin | {type: "drawn"}} message */
  handle(message) {
    try {
      if (message.type === "drawn") this.drawn = true;
      else if (message.type === "begin") this.begin(message);
      else this.act(message);
    } catch (error) {
      this.send({ type: "error", message: sentence(error) });
    }
  }

  /** @param {ClientMessage} message */
  act(message) {
    switch (message.type) {
      case "configure":
        return this.start(planOf(this.kit, message.settings));
      case "consider":
        this.runOf(planOf(this.kit, message.settings));
        return this.send({ type: "considered" });
      case "train":
        return this.train();
      case "pause":
        return this.rest();
      case "step":
        return this.step(message.count ?? 1);
      case "reset":
        return this.start(this.plan);
      case "example":
        return this.show(this.exampleOf(message));
      case "prove":
        if (this.running) throw new Error("pause the training first, so that one network can be proved");
        return void this.prove().catch((error) => this.judge("unknown", sentence(error), 0));
      case "check":
        return this.check();
      case "restore":
        return this.restore(message.step);
      case "pace":
        this.framesPerSecond = message.frames_per_second || this.framesPerSecond;
        if (message.updates_per_second) this.pace = message.updates_per_second;
        else if (message.updates_per_second === null) this.pace = null;
    }
  }

  // A run

  /**
   * Begins with what may be chosen, and with the network and the run that the page was made of: it shows these already.
   * @param {Begin} from
   */
  begin({ kit, settings = {}, kept, history = [], verdict = null, certificate, example }) {
    this.kit = kit;
    this.certificate = certificate ?? null;
    this.start(planOf(kit, settings), !kept, () => {
      const { task } = this.plan;
      if (kept) this.run.continue(kept, history);
      if (example) this.example = task.run(example.map((bits) => task.symbol(bits)));
      this.proved = this.run.network.parameters.slice();
      this.verdict = verdict;
    });
  }

  /** @param {Plan} plan */
  runOf(plan) {
    const run = new Run(plan);
    const [count, most] = [run.network.parameters.length, this.kit.limits.parameters];
    if (count > most)
      throw new Error(
        `the network would have ${count} parameters; a page shows up to ${most}: choose fewer hidden units or layers`,
      );
    return run;
  }

  /**
   * @param {Plan} plan
   * @param {boolean} isNew whether the page has yet to be sent a frame
   * @param {() => void} more makes another run of the one at step 0
   */
  start(plan, isNew = true, more = () => {}) {
    const run = this.runOf(plan);
    const { task } = plan;
    this.halt();
    const before = this.plan && this.plan.task;
    const same = before && before.name === task.name && before.inputs === task.inputs;
    const numbers = (same && task.numbers(this.example.x)) || FIRST_OPERANDS.slice(0, task.inputs).map(BigInt);
    this.plan = plan;
    this.run = run;
    this.framer = new Framer(task);
    this.example = task.steps ? task.encode(...numbers) : this.exampleOf({});
    this.forget();
    more();
    this.said = "";
    this.hello();
    this.history(this.run.entries, true);
    if (this.verdict) this.send(this.verdict);
    this.state();
    if (isNew) this.publish();
  }

  train() {
    const { run } = this;
    this.forget();
    if (run.step >= run.end) run.makeRoom(run.length);
    this.running = true;
    this.state();
    this.goOn(++this.turn);
  }

  /** @param {number} turn */
  async goOn(turn) {
    const { run } = this;
    let shown = performance.now();
    let [pace, began, first] = [this.pace, shown, run.step];
    while (turn === this.turn && run.step < run.end) {
      const start = performance.now();
      if (pace !== this.pace) [pace, began, first] = [this.pace, start, run.step];
      const due = pace === null ? Infinity : first + ((start - began) / 1000) * pace;
      const idle = run.step > due;
      while (run.step < run.end && run.step <= due && performance.now() - start < SLICE) if (!this.update()) return;
      if (this.drawn && performance.now() - shown >= 1000 / this.framesPerSecond) {
        shown = performance.now();
        this.publish();
      }
      await (idle ? rest() : breath());
    }
    if (turn === this.turn) this.rest();
  }

  /** One update; false if it went wrong, and training is over. */
  update() {
    try {
      const entry = this.run.update();
      if (entry) this.history([entry], false);
    } catch (error) {
      this.rest();
      this.send({ type: "error", message: sentence(error) });
      return false;
    }
    return true;
  }

  /** @param {number} count */
  step(count) {
    this.halt();
    this.forget();
    this.run.makeRoom(count);
    for (let k = 0; k < count; k++) if (!this.update()) return;
    this.publish();
  }

  /** @param {number} step */
  restore(step) {
    this.halt();
    this.forget();
    this.run.restore(step);
    this.history(this.run.entries, true);
    this.publish();
  }

  /** No training goes on any more. */
  halt() {
    this.turn++;
    this.running = false;
  }

  rest() {
    this.halt();
    this.publish();
  }

  // What is shown

  /** @param {{operands?: (number | string)[], sample?: number}} of */
  exampleOf({ operands, sample = 0 }) {
    const { task } = this.plan;
    if (operands) {
      const bits = this.kit.limits.operand_bits;
      if (!operands.every((one) => /^\d{1,309}$/.test(String(one)) && BigInt(one) < 2n ** BigInt(bits)))
        throw new Error(`operands must be whole numbers of up to ${bits} bits, got ${operands.join(", ")}`);
      return task.encode(...operands.map(BigInt));
    }
    const word = new Int32Array(task.bits);
    task.draw(new Random(sample, PURPOSES.example), word);
    return task.run(Array.from(word));
  }

  /** @param {import("./frame.js").Example} example */
  show(example) {
    this.example = example;
    this.publish();
  }

  publish() {
    const { running, run } = this;
    this.drawn = !running;
    this.hello();
    this.state();
    this.send(this.framer.frame(run.network, this.example, { step: run.step, running, change: run.change }));
  }

  state() {
    this.send({ type: "state", running: this.running, step: this.run.step, preparing: false });
  }

  /** @param {HistoryEntry[]} entries @param {boolean} reset */
  history(entries, reset) {
    this.send({ type: "history", entries, reset, checkpoints: this.run.checkpoints.steps });
  }

  /** What there is to choose, if that has changed. */
  hello() {
    const { kit, plan } = this;
    const { version, limits } = kit;
    const tasks = kit.tasks.map(({ info }) => ({
      ...info,
      operands: info.operands && info.name === plan.task.name ? plan.task.inputs : info.operands,
    }));
    const { settings, options } = plan;
    /** @type {ServerMessage} */
    const hello = { type: "hello", version, limits, tasks, options, settings, run: null, unable: this.unable() };
    const text = JSON.stringify(hello);
    if (text !== this.said) this.send(hello);
    this.said = text;
  }

  unable() {
    const { kit, certificate } = this;
    if (this.isProved()) return kit.unable;
    const check = certificate ? "the proof is of another network" : "there is no proof";
    return { ...kit.unable, check };
  }

  // Proofs

  /** Whether there is a proof of the network that is shown: the page's, of the network that it was made with. */
  isProved() {
    const { parameters } = this.run.network;
    const { proved, certificate } = this;
    return certificate !== null && proved?.length === parameters.length && proved.every((v, k) => v === parameters[k]);
  }

  async prove() {
    const { plan, run, kit } = this;
    const { network } = run;
    const own = (this.judging = {});
    const begun = performance.now();
    this.judge("running", "looking for a proof", 0);
    const slices = attempt(plan.task, network, kit.steps[network.cell.name]);
    let found = slices.next();
    while (!found.done) {
      await breath();
      if (own !== this.judging) return;
      found = slices.next();
    }
    const seconds = (performance.now() - begun) / 1000;
    const { word, certificate, tried } = found.value;
    if (word) {
      const { letters, ...refuted } = refutation(plan.task, network, word);
      this.verdict = { type: "proof", state: "refuted", seconds, ...refuted };
      this.send(this.verdict);
      this.show(plan.task.run(letters));
    } else if (certificate) {
      this.certificate = certificate;
      this.proved = network.parameters.slice();
      this.hello();
      this.check();
    } else this.judge("unknown", `${tried}, and this browser finds no proof: throughtime prove looks further`, seconds);
  }

  check() {
    const { certificate, kit, plan } = this;
    const { network } = this.run;
    if (certificate === null || !this.isProved()) throw new Error(this.unable().check);
    this.judge("running", "your browser checks the proof", 0);
    const begun = performance.now();
    const found = check(certificate);
    const seconds = (performance.now() - begun) / 1000;
    if (!found.accepted) this.judge("unknown", `your browser rejects the proof: ${found.reason}`, seconds);
    else if (!speaksOf(certificate, network, kit.steps[network.cell.name], plan.task.machine))
      this.judge("unknown", "the proof is of another network", seconds);
    else {
      const checked = `your browser has checked the proof, ${found.sets} sets and ${found.images} images of them`;
      this.judge("proved", `right for sequences of every length: ${checked}`, seconds);
    }
  }

  /** @param {Verdict["state"]} state @param {string} sentence @param {number} seconds */
  judge(state, sentence, seconds) {
    this.verdict = { type: "proof", state, sentence, seconds };
    this.send(this.verdict);
  }

  forget() {
    if (this.verdict) this.judge("unknown", GONE, 0);
    this.verdict = this.judging = null;
  }
}

/** @param {unknown} error */
const sentence = (error) => (error instanceof Error ? error.message : String(error));

/** Lets messages in that have come meanwhile; at once, where a timer would wait for milliseconds. */
function breath() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(null);
  });
}

/** Waits until something may be due. */
function rest() {
  return new Promise((resolve) => setTimeout(resolve, 4));
}
