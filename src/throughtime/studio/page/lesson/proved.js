/** Chapter 12, second picture: a proof drawn, checked by this browser, and damaged. */
import { workerOf } from "../browser.js";
import { el, set, write } from "../dom.js";
import { format } from "../scales.js";
import { certificateText, damaged, numbers } from "./certificate.js";
import { Loop } from "./frames.js";
import { setsPicture } from "./sets.js";

/** @typedef {import("./sets.js").Image} Image */
/** @typedef {import("../engine/checker/check.js").Verdict} Verdict */
/** @typedef {import("../engine/checker/check.js").Accepted} Accepted */

const INPUTS = ["00", "01", "10", "11"];
/** Images that are shown in a frame. */
const FEW = 2;
/** What the picture's marks mean. */
const KEYS = ["state", "chosen", "image", "outside"];

/**
 * @param {import("./types.d.ts").Tools} tools
 * @param {Record<string, string>} words
 * @param {() => void} changed
 */
export function proved(tools, words, changed) {
  const whole = certificateText();
  let text = whole;
  /** @type {import("./certificate.js").File} */
  const file = JSON.parse(whole);
  const { sets } = file;
  const H = sets[0].lo.length;
  const network = tools.network({ hidden: H }, numbers(file.weights));
  const state = network.begin(1);
  let walked = [new Float64Array(H)];
  /** The set that the state is in, or comes into with the next input. */
  let here = 0;
  let input = 1;
  const lasting = lastingOf(sets);
  let chosen = here;
  /** The set that is to be made smaller: the chosen one, unless it is that of the start, into which nothing leads. */
  const shrunk = () => chosen || lasting[0];
  /** @type {Image[]} */
  let found = [];
  /** What has been drawn of them. */
  let drawn = 0;
  /** @type {Verdict | null} */
  let verdict = null;
  let took = 0;
  let asked = false;
  /** @type {Worker | null} */
  let worker = null;
  /** The images of the whole certificate, once they have been computed. @type {Image[]} */
  let known = [];

  const picture = setsPicture(sets, lasting, words, (q) => {
    chosen = q;
    showAll();
  });
  const stamp = el("p", { class: "stamp", role: "status", "data-part": "stamp" });
  picture.root.append(stamp);
  const inputs = INPUTS.map((name, a) => {
    const button = el("button", { type: "button" }, `${name[0]} + ${name[1]}`);
    button.addEventListener("click", () => read(a));
    return button;
  });
  const meter = el("meter", { min: 0, max: 1, "aria-label": words.progress });
  const score = el("p", { class: "score" }, meter, el("span"));
  const check = el("button", { type: "button", class: "primary" }, words.check);
  check.addEventListener("click", () => begin());
  const root = el(
    "div",
    { class: "pane" },
    el("div", { class: "buttons inputs", "data-part": "inputs", role: "group", "aria-label": words.inputs }, ...inputs),
    picture.root,
    picture.pointed,
    el(
      "p",
      { class: "legend keys" },
      ...KEYS.map((name) => el("span", { class: `key mark-${name}` }, words[`key ${name}`])),
    ),
    el("div", { class: "verdict", "data-part": "verdict" }, check, score),
  );

  const loop = new Loop(() => {
    drawn = Math.min(found.length, drawn + FEW);
    showAll();
    return worker !== null || drawn < found.length;
  });

  /** Starts a check, whose images are drawn as they come. */
  function begin() {
    worker?.terminate();
    [found, drawn, verdict] = [[], 0, null];
    const begun = performance.now();
    worker = checkAside(text, found, (given) => {
      [worker, verdict, took] = [null, given, performance.now() - begun];
      if (!tools.still) return;
      drawn = found.length;
      showAll();
    });
    if (!tools.still) loop.start();
    showAll();
  }

  /** Computes the images of the whole certificate, to be drawn. */
  function compute() {
    if (asked) return;
    asked = true;
    /** @type {Image[]} */
    const images = [];
    checkAside(whole, images, () => {
      known = images;
      showAll();
    });
  }

  /** The state reads an input, and the images under it are shown. @param {number} a */
  function read(a) {
    input = a;
    network.step(state, Float64Array.from([Number(INPUTS[a][0]), Number(INPUTS[a][1])]));
    here = chosen = sets[here].succ[a];
    walked = [...walked.slice(-40), state.layers[0].states.slice(0, H)];
    showAll();
  }

  function draw() {
    compute();
    const last = found[found.length - 1];
    const done = verdict !== null && drawn === found.length;
    const shown = (checking() && !done ? found.slice(0, drawn) : known).filter(
      ({ path }) => path.length === 2 && path[1] === input,
    );
    const rejected = done && verdict !== null && !verdict.accepted;
    picture.show({
      chosen,
      checked: (q) => (done && !rejected) || found[drawn - 1]?.path[0] > q,
      wrong: rejected && last && !last.inside ? last.to : null,
      shown: checking() && !done && drawn ? [...shown, found[drawn - 1]] : rejected && last ? [last] : shown,
      walked,
    });
    inputs.forEach((button, a) => set(button, { "aria-pressed": String(a === input) }));
    meter.max = Math.max(1, known.length, found.length);
    meter.value = drawn;
    write(/** @type {Element} */ (score.lastChild), says(done));
    set(stamp, { hidden: !done, "data-accepted": done && verdict !== null && verdict.accepted });
    write(stamp, done && verdict ? (verdict.accepted ? words.right : words.rejected) : "");
  }

  const checking = () => worker !== null || verdict !== null;

  /** @param {boolean} done */
  function says(done) {
    if (!checking()) return words.unchecked;
    if (!done || verdict === null) return words.image.replace("N", String(drawn));
    return verdict.accepted ? words.accepted.replace("N", String(verdict.images)) : verdict.reason;
  }

  function showAll() {
    draw();
    changed();
  }

  /** @param {string} action */
  function act(action) {
    if (INPUTS.includes(action)) read(INPUTS.indexOf(action));
    else if (action === "check") begin();
    else {
      text = action === "whole" ? whole : damaged(whole, action, shrunk());
      /** @type {import("./certificate.js").File} */ (JSON.parse(text)).sets.forEach(picture.reshape);
      begin();
    }
  }

  /** What is said once the proof has been accepted. @param {Accepted | null} given */
  const said = (given) =>
    given && {
      checked: String(given.images),
      took: String(Math.ceil(took)),
      margin: format(given.margin),
      epsilon: format(numbers([file.epsilon])[0]),
      rounding: format(given.rounding),
    };
  const accepted = () => (verdict?.accepted && drawn === found.length ? verdict : null);
  return {
    root,
    act,
    draw,
    seen: (/** @type {boolean} */ is) => loop.seen(is),
    values: () => ({
      sets: String(sets.length),
      firsts: String(4 * sets.length),
      ...(known.length && {
        inside: String(known.filter(({ path, inside }) => path.length === 2 && inside).length),
      }),
      ...said(accepted()),
      ...(verdict && drawn === found.length && { verdict: verdict.accepted ? words.right : verdict.reason }),
      chosen: String(shrunk()),
    }),
  };
}

/**
 * Checks a certificate in a worker.
 * @param {string} text @param {Image[]} images takes in the images that the checker looks at
 * @param {(verdict: Verdict) => void} done
 */
function checkAside(text, images, done) {
  const worker = workerOf("throughtime-checking");
  worker.onmessage = ({ data: { image, verdict } }) => {
    if (image) {
      images.push(image);
      return;
    }
    worker.terminate();
    done(verdict);
  };
  worker.postMessage(text);
  return worker;
}

/**
 * The sets in which a state can be after many digits; the others hold the states after no digit, and after the first.
 * @param {import("./certificate.js").Box[]} sets
 */
function lastingOf(sets) {
  let reached = new Set([0]);
  for (let k = 0; k < sets.length; k++) reached = new Set([...reached].flatMap((q) => sets[q].succ));
  return [...reached].sort((a, b) => a - b);
}
