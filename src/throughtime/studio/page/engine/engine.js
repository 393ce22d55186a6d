/** What the worker does, by the names of its methods; without a worker, what a page can call at once. */
import { cells } from "./cells.js";
import { check } from "./checker/check.js";
import { Classic } from "./classic.js";
import { checkInSlices } from "./exhaustive.js";
import { cellOf, Network } from "./network.js";
import { PURPOSES, Random } from "./random.js";
import { Recording } from "./recording.js";
import { taskOf } from "./tasks.js";
import { traceOf } from "./trace.js";
import { Trainer } from "./training.js";

/** @typedef {import("./types.d.ts").Snapshot} Snapshot */

/** Milliseconds of work between two looks at what has come in. */
const SLICE = 12;

export class Engine {
  /** @param {(event: Record<string, any>) => void} tell events */
  constructor(tell) {
    this.tell = tell;
    this.running = 0;
    /** @type {Network | null} */
    this.network = null;
  }

  /**
   * A network, its task and its training; what was there before stops.
   * @param {{specification: any, task: any, settings?: any, parameters?: ArrayLike<number>, seed?: number, init?: any,
   *   record?: {sequences?: number, most?: number}}} given
   */
  create({ specification, task, settings = {}, parameters, seed = settings.seed ?? 0, init, record = {} }) {
    this.running++;
    this.network = new Network(cellOf(cells, specification), specification, parameters ?? seed, init ?? "glorot");
    this.task = taskOf(task);
    this.trainer = new Trainer(this.network, this.task, settings);
    const watched = this.task.sample(new Random(seed, PURPOSES.example), record.sequences ?? 32);
    this.recording = new Recording(watched, { most: record.most });
    this.recording.add(this.network, 0);
    return this.state();
  }

  /** Where the training is. */
  state() {
    const { network, trainer } = this.there();
    return { step: trainer.step, parameters: network.parameters.slice(), names: network.names };
  }

  there() {
    const { network, trainer, task, recording } = this;
    if (!network || !trainer || !task || !recording) throw new Error("there is no network yet: create one first");
    return { network, trainer, task, recording };
  }

  /**
   * Trains until it is paused, or has taken `until` updates in all; tells how it goes every so many milliseconds.
   * @param {{until?: number, updatesPerSecond?: number | null, every?: number, parameters?: boolean}} how
   */
  async train({ until, updatesPerSecond = null, every = 33, parameters = false } = {}) {
    const { trainer, network, recording } = this.there();
    const own = ++this.running;
    const end = until ?? trainer.settings.steps;
    const [began, first] = [performance.now(), trainer.step];
    const sum = { exact: 0, sequences: 0 };
    let reported = began;
    while (trainer.step < end && own === this.running) {
      const start = performance.now();
      /** @type {import("./types.d.ts").Measured | null} */
      let measured = null;
      while (trainer.step < end && performance.now() - start < SLICE) {
        const due =
          updatesPerSecond === null ? Infinity : ((start - began) / 1000) * updatesPerSecond - (trainer.step - first);
        if (due < 0) break;
        measured = trainer.run(1);
        recording.add(network, trainer.step);
        sum.exact += measured.exact;
        sum.sequences += measured.sequences;
      }
      if (measured && (performance.now() - reported >= every || trainer.step >= end)) {
        reported = performance.now();
        const more = parameters ? { parameters: network.parameters.slice() } : {};
        this.tell({ type: "progress", ...measured, ...sum, running: trainer.step < end, ...more });
        Object.assign(sum, { exact: 0, sequences: 0 });
      }
      await (measured ? breath() : rest());
    }
    return { step: trainer.step, paused: own !== this.running };
  }

  pause() {
    this.running++;
    return this.state();
  }

  /** So many updates, with the last change of the parameters. @param {{count?: number}} how */
  step({ count = 1 } = {}) {
    const { trainer, network, recording } = this.there();
    const measured = trainer.run(count);
    recording.add(network, trainer.step);
    return { ...measured, parameters: network.parameters.slice(), change: trainer.change() };
  }

  snapshot() {
    return this.there().trainer.snapshot();
  }

  /** @param {Snapshot} snapshot */
  restore(snapshot) {
    this.running++;
    this.there().trainer.restore(snapshot);
    return this.state();
  }

  /** @param {{x: number[][], d: number[][] | number[], mask?: number[], reach?: boolean}} given */
  trace({ x, d, ...options }) {
    return traceOf(this.there().network, x, d, options);
  }

  /** All words of so many free bits. @param {{bits?: number}} how */
  async evaluate({ bits } = {}) {
    const { network, task } = this.there();
    const slices = checkInSlices(network, task.machine, bits ?? task.bits, task.closing);
    for (;;) {
      const { done, value } = slices.next();
      if (done) return value;
      await breath();
    }
  }

  /** Checks the text of a proof's certificate. @param {{certificate: string, budget?: number}} given */
  check({ certificate, budget }) {
    const tick = (/** @type {number} */ done, /** @type {number} */ of) => this.tell({ type: "checking", done, of });
    return check(certificate, { budget, tick });
  }

  /** What was recorded of the states, so far. */
  recorded() {
    const { steps, states, outputs, batch } = this.there().recording;
    return { steps, states, outputs, batch };
  }

  /** The classic program; tells each line of its log. @param {import("./classic.js").Options & {cell?: string}} how */
  async classic({ cell = Object.keys(cells)[0], ...options } = {}) {
    const own = ++this.running;
    const program = new Classic(cells[cell], options);
    const lines = [];
    while (!program.done && own === this.running) {
      for (const line of program.next(100)) {
        lines.push(line);
        this.tell({ type: "line", ...line });
      }
      await breath();
    }
    return { lines, pair: program.pair, parameters: program.network.parameters.slice() };
  }
}

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
