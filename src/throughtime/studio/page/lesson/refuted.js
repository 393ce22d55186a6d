/** Chapter 12, first picture: an LSTM that adds all pairs of 8-bit numbers, and a longer sum that it gets wrong. */
import { checkInSlices } from "../engine/exhaustive.js";
import { Random } from "../engine/random.js";
import { addition } from "../engine/tasks.js";
import { Trainer } from "../engine/training.js";
import { el, set, write } from "../dom.js";
import { brush, canvas } from "../canvas.js";
import { Clouds } from "./clouds.js";
import { forAFrame, Loop } from "./frames.js";
import { carriesOf } from "./judge.js";
import { wrongWord } from "./longer.js";
import { holds, outline } from "./outlines.js";
import { added } from "./paper.js";

/** @typedef {import("./outlines.js").Point} Point */
/** @typedef {import("../engine/network.js").Network} Network */
/**
 * @typedef {object} Seen a wrong sum among the memories of short ones, in a plane
 * @property {HTMLElement} table the sum on paper
 * @property {Point[][]} points of each carry
 * @property {Point[][]} outlines
 * @property {Point[]} path
 * @property {number[]} carries after each step of the path
 * @property {number} left the first step, from 0, after which the path is outside of the outline of its carry
 * @property {number} wrong the step of the first wrong digit
 */

const BITS = 8;
const H = 8;
const UPDATES = 1000;
const MORE = 200;
const ALL = 65536;
const SHORT_SUMS = 500;
const MANY = 50;
/** Updates between two pictures of what is being learned, and how fast their axes turn. */
const FEW = 25;
const TURN = 0.3;

/**
 * @param {import("./types.d.ts").Tools} tools
 * @param {Record<string, string>} words
 * @param {() => void} changed
 */
export function refuted(tools, words, changed) {
  const task = addition({ bits: BITS });
  const short = addition({ bits: BITS + 1 });
  const watched = short.sample(new Random(12345, 7, 3), SHORT_SUMS);
  const carriesWatched = carriesOf(short, watched);
  let clouds = new Clouds(H);
  /** @type {Omit<Seen, "table"> & {of: Network, step: number} | null} */
  let sketch = null;
  let seed = 3;
  let trainer = begun();
  let end = UPDATES;
  /** @type {ReturnType<typeof checkInSlices> | null} */
  let slices = null;
  let checked = { checked: 0, wrong: 0 };
  /** @type {Seen | null} */
  let seen = null;

  const picture = canvas(words.memory, "path");
  const sum = el("div", { class: "long" });
  const meter = el("meter", { min: 0, max: ALL, "aria-label": words.tested });
  const score = el("p", { class: "score", "data-part": "tested" }, meter, el("span"));
  const button = el("button", { type: "button", class: "primary" });
  const again = el("button", { type: "button" }, words.again);
  const root = el(
    "div",
    { class: "pane" },
    el("div", { class: "verdict" }, score, el("div", { class: "buttons" }, button, again)),
    sum,
    el("div", { class: "stage" }, picture),
  );
  again.addEventListener("click", () => act("again"));
  button.addEventListener("click", () => act("learn"));

  function begun() {
    const network = tools.network({ cell: "lstm", hidden: H }, seed);
    return new Trainer(network, task, { batch: 64, optimizer: { name: "adam", learning_rate: 0.02 }, seed });
  }

  /** Begins with the next network. */
  function renew() {
    seed++;
    [trainer, end, slices, seen] = [begun(), UPDATES, null, null];
    checked = { checked: 0, wrong: 0 };
    clouds = new Clouds(H);
  }

  /** A piece of the work; whether there is more. */
  function work() {
    const { network } = trainer;
    if (trainer.step < end) trainer.run(1);
    else {
      slices ??= checkInSlices(network, task.machine, BITS, 1);
      const { done, value } = slices.next();
      checked = value;
      if (!done) return true;
      slices = null;
      if (checked.wrong > 0) end += MORE;
      else {
        const word = wrongWord(network, task, BITS + 1);
        seen = word && lookedAt(network, word);
        if (seen === null) renew();
      }
    }
    return seen === null;
  }

  const loop = new Loop(() => {
    forAFrame(MANY, () => seen === null && work());
    draw();
    changed();
    return seen === null;
  });

  /**
   * The memory C of short sums and of this one, in the plane of the carry and of the cell that goes farthest from them;
   * null where none does.
   * @param {Network} network @param {number[]} word
   * @returns {Seen | null}
   */
  function lookedAt(network, word) {
    const { table, sum, wrong } = added(words, task, word, network);
    const path = memories(network);
    const carriesOfPath = sum.states.slice(1);
    network.predict(watched);
    const known = memories(network);
    clouds.turn(known, carriesWatched, 1);
    const cell = farthest(known, carriesWatched, path, carriesOfPath);
    const at = (/** @type {Float64Array} */ C, /** @type {number} */ n) =>
      /** @type {Point} */ ([clouds.at(C, n)[0], C[n * H + cell]]);
    const points = byCarry(carriesWatched, (n) => at(known, n));
    const outlines = points.map(outline);
    const way = carriesOfPath.map((_, t) => at(path, t));
    const left = way.findIndex((p, t) => !holds(outlines[carriesOfPath[t]], p));
    if (left < 0 || left > wrong) return null;
    return { table, points, outlines, path: way, carries: carriesOfPath, left, wrong };
  }

  /**
   * The memory of short sums while there is no long one to be wrong on, on axes that turn to where carries part: each
   * few updates, as it takes longer than they do.
   */
  function early() {
    const { network, step } = trainer;
    if (sketch?.of === network && step - sketch.step < FEW) return sketch;
    network.predict(watched);
    const C = memories(network);
    clouds.turn(C, carriesWatched, step ? TURN : 1);
    const points = byCarry(carriesWatched, (n) => /** @type {Point} */ (clouds.at(C, n)));
    set(picture, { "data-gap": clouds.gap(C, carriesWatched) });
    const outlines = points.map(outline);
    sketch = { of: network, step, points, outlines, path: [], carries: [], left: 0, wrong: -1 };
    return sketch;
  }

  function draw() {
    const { step } = trainer;
    meter.value = checked.checked - checked.wrong;
    const digits = seen ? words.tests : step >= end ? words.testing : words.updates;
    write(
      /** @type {Element} */ (score.lastChild),
      digits.replace("N", String(checked.checked - checked.wrong)).replace("U", String(step)),
    );
    write(button, seen ? words.refuted : loop.wanted ? words.pause : step ? words.on : words.learn);
    set(button, { disabled: seen !== null });
    if (seen && sum.firstChild !== seen.table) sum.replaceChildren(seen.table);
    set(sum, { hidden: seen === null });
    const with_ = brush(picture);
    if (with_) paint(with_, seen ?? early());
    set(picture, {
      "data-left": seen ? seen.left + 1 : null,
      "data-parameters": seen ? trainer.network.parameters.join(" ") : null,
    });
  }

  /** @param {string} action */
  function act(action) {
    if (action === "again") {
      loop.stop();
      renew();
    } else if (loop.wanted) loop.stop();
    else if (seen === null && tools.still) while (work());
    else if (seen === null) loop.start();
    draw();
    changed();
  }

  return {
    root,
    act,
    draw,
    seen: (/** @type {boolean} */ is) => loop.seen(is),
    values: () => ({
      updates: String(trainer.step),
      ...(seen && {
        passed: (checked.checked - checked.wrong).toLocaleString("en"),
        digits: String(seen.wrong + 1),
        left: String(seen.left + 1),
      }),
    }),
  };
}

/** The memory C of an LSTM after each step of the last pass, (T·B,H). @param {Network} network */
function memories({ tape }) {
  const { layers, stride, B } = /** @type {import("../engine/passes.js").Tape} */ (tape);
  return layers[0].states.slice(stride + B * H, 2 * stride);
}

/**
 * What `of` makes of each number, without a carry and with one.
 * @param {Uint8Array} carries @param {(n: number) => Point} of
 */
function byCarry(carries, of) {
  /** @type {Point[][]} */
  const found = [[], []];
  carries.forEach((carry, n) => found[carry].push(of(n)));
  return found;
}

/**
 * The cell whose number goes farthest beyond all that it is in short sums with the same carry, as a share of these.
 * @param {Float64Array} known (N,H) @param {Uint8Array} carries @param {Float64Array} path (T,H)
 * @param {number[]} carriesOfPath
 */
function farthest(known, carries, path, carriesOfPath) {
  let [best, most] = [0, -Infinity];
  for (let cell = 0; cell < H; cell++) {
    const ends = [0, 1].map((carry) => {
      const values = Array.from(carries.keys(), (n) => (carries[n] === carry ? known[n * H + cell] : NaN));
      const of = values.filter((value) => !Number.isNaN(value));
      return [Math.min(...of), Math.max(...of)];
    });
    carriesOfPath.forEach((carry, t) => {
      const [low, high] = ends[carry];
      const value = path[t * H + cell];
      const beyond = Math.max(low - value, value - high) / (high - low);
      if (beyond > most) [best, most] = [cell, beyond];
    });
  }
  return best;
}

/** @param {NonNullable<ReturnType<typeof brush>>} brush @param {Omit<Seen, "table">} seen */
function paint({ context, width, height, ink }, { points, outlines, path, carries, left, wrong }) {
  const all = [...outlines.flat(), ...path];
  const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
  const edge = 26;
  const along = (/** @type {number[]} */ of, /** @type {number} */ size) => {
    const least = Math.min(...of);
    const scale = (size - 2 * edge) / (Math.max(...of) - least);
    return (/** @type {number} */ value) => edge + (value - least) * scale;
  };
  const [right, up] = [along(xs, width), along(ys, height)];
  const at = (/** @type {Point} */ [x, y]) => /** @type {Point} */ ([right(x), height - up(y)]);
  const colours = [ink("forward"), ink("wrong")];
  points.forEach((of, carry) => {
    context.fillStyle = context.strokeStyle = colours[carry];
    context.globalAlpha = 0.3;
    for (const point of of) {
      const [x, y] = at(point);
      context.fillRect(x - 1, y - 1, 2, 2);
    }
    context.globalAlpha = 1;
    context.lineWidth = 1.5;
    line(context, outlines[carry].map(at));
    context.closePath();
    context.stroke();
  });
  const way = path.slice(0, wrong + 1).map(at);
  context.strokeStyle = ink("ink");
  context.lineWidth = 1.5;
  line(context, way);
  context.stroke();
  context.font = `600 12px ${getComputedStyle(context.canvas).fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  way.forEach(([x, y], t) => {
    context.fillStyle = t >= left ? ink("ink") : ink("surface");
    context.strokeStyle = t >= left ? ink("ink") : colours[carries[t]];
    context.beginPath();
    context.arc(x, y, t === wrong ? 12 : 9, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
    context.fillStyle = t >= left ? ink("surface") : ink("ink");
    context.fillText(String(t + 1), x, y);
  });
}

/** @param {CanvasRenderingContext2D} context @param {Point[]} points */
function line(context, points) {
  context.beginPath();
  points.forEach(([x, y], k) => (k ? context.lineTo(x, y) : context.moveTo(x, y)));
}
