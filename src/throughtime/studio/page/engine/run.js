/** A run: a network in training, what was measured, and the moments that one can go back to. */
import { cells } from "./cells.js";
import { Checkpoints } from "./checkpoints.js";
import { cellOf, Network } from "./network.js";
import { factor } from "./optimisers.js";
import { Trainer } from "./training.js";

/** @typedef {import("../types.d.ts").HistoryEntry} HistoryEntry */
/** @typedef {import("../types.d.ts").Kept} Kept */

/** Records of a run. */
const RECORDS = 50;
/** Sums over the updates of a record. */
const NOTHING = { updates: 0, loss: 0, norm: 0, exact: 0, sequences: 0 };

export class Run {
  /** @param {import("./choices.js").Plan} plan at step 0 */
  constructor({ specification, init, training, task }) {
    this.network = new Network(cellOf(cells, specification), specification, training.seed ?? 0, init);
    this.trainer = new Trainer(this.network, task, training);
    /** How many updates are meant by "as many again". */
    this.length = training.steps ?? 1;
    this.checkpoints = new Checkpoints();
    /** @type {HistoryEntry[]} */
    this.entries = [];
    this.seconds = 0;
    /** Whether there is a last change of the parameters. */
    this.moved = false;
    this.sums = { ...NOTHING };
    this.keep();
  }

  get step() {
    return this.trainer.step;
  }

  get end() {
    return this.trainer.settings.steps;
  }

  /** The last change of the parameters, if there is one. */
  get change() {
    return this.moved ? this.trainer.change() : null;
  }

  /** Continues one that was kept, last of all. @param {Kept[]} kept @param {HistoryEntry[]} history */
  continue(kept, history) {
    const moments = new Float64Array(this.trainer.moments.length);
    this.checkpoints.kept = kept.map(({ step, parameters }) => ({
      snapshot: { step, parameters: this.network.flat(parameters), moments },
      records: history.filter((entry) => entry.step <= step).length,
    }));
    this.entries = history;
    this.restore(kept[kept.length - 1].step);
  }

  /** Lets the run have so many updates more, where it has not as many left. @param {number} updates */
  makeRoom(updates) {
    const { settings } = this.trainer;
    settings.steps = Math.max(settings.steps, this.step + updates);
  }

  /** One update; the record that it ends, if it ends one. */
  update() {
    const { trainer, sums } = this;
    const begun = performance.now();
    const { loss, norm, exact, sequences } = trainer.run(1);
    this.seconds += (performance.now() - begun) / 1000;
    sums.updates++;
    sums.loss += loss;
    sums.norm += norm;
    sums.exact += exact;
    sums.sequences += sequences;
    this.moved = true;
    const ends = this.step % Math.max(1, Math.floor(this.length / RECORDS)) === 0 || this.step === this.end;
    const entry = ends ? this.record() : null;
    this.keep();
    return entry;
  }

  /** @returns {HistoryEntry} */
  record() {
    const { updates, loss, norm, exact, sequences } = this.sums;
    const { optimizer, schedule, steps } = this.trainer.settings;
    const entry = {
      step: this.step,
      loss: loss / updates,
      exact: exact / sequences,
      bits: null,
      gradient_norm: Number.isNaN(norm) ? null : norm / updates,
      learning_rate: optimizer.learning_rate * factor(schedule, this.step - 1, steps),
      seconds: this.seconds,
      validation_loss: null,
      validation_exact: null,
    };
    this.entries.push(entry);
    this.sums = { ...NOTHING };
    return entry;
  }

  keep() {
    if (this.checkpoints.isDue(this.step)) this.checkpoints.keep(this.trainer.snapshot(), this.entries.length);
  }

  /** Back to the checkpoint that is nearest to a step. @param {number} step */
  restore(step) {
    const { snapshot, records } = this.checkpoints.nearest(step);
    this.trainer.restore(snapshot);
    this.entries = this.entries.slice(0, records);
    this.moved = false;
    this.sums = { ...NOTHING };
  }
}
