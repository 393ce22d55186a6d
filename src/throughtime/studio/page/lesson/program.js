/** Chapter 8: the classic program as it stands, and its log as it appears when this page runs it. */
import { cells } from "../engine/cells.js";
import { Classic } from "../engine/classic.js";
import { el, set, write } from "../dom.js";
import { forAFrame, Loop } from "./frames.js";

const UPDATES = /** @type {const} */ (["per batch", "per step"]);
const AT_ONCE = 100;
const T = 8;

/** @type {import("./types.d.ts").Chapter} */
export const program = {
  id: "program",
  build(root, tools, words) {
    const source = document.getElementById("throughtime-program")?.textContent ?? "";
    const listing = el(
      "div",
      {
        class: "listing",
        role: "region",
        tabindex: "0",
        "aria-label": words.listing,
      },
      ...blocksOf(source),
    );
    const log = el("pre", {
      class: "log",
      role: "region",
      tabindex: "0",
      "aria-label": words.log,
      "data-part": "report",
    });
    const button = el("button", { type: "button", class: "primary" });
    const order = el("button", { type: "button" });
    const title = el("p", { class: "title" }, words.log);
    root.append(listing, title, log, el("div", { class: "buttons" }, button, order));

    let way = 0;
    let run = begin();
    /** @type {import("../engine/classic.js").Logged[]} */
    let lines = [];
    const loop = new Loop(() => {
      forAFrame(AT_ONCE, () => lines.push(...run.next(1)));
      draw();
      tools.changed();
      return !run.done;
    });

    function begin() {
      return new Classic(cells.elman, { update: UPDATES[way] });
    }

    function draw() {
      write(log, lines.map(entry).join("\n"));
      for (const part of [log, title]) set(part, { hidden: !lines.length });
      if (loop.wanted) log.scrollTop = log.scrollHeight;
      write(button, run.done ? words.done : loop.wanted ? words.pause : words.run);
      set(button, { disabled: run.done });
      write(order, way ? words.batch : words.step);
    }

    button.addEventListener("click", () => act("run"));
    order.addEventListener("click", () => act("order"));
    /** @param {string} action */
    function act(action) {
      if (action === "order") {
        loop.stop();
        way = 1 - way;
        run = begin();
        lines = [];
      } else if (loop.wanted) loop.stop();
      else if (tools.still) lines.push(...run.next(run.pairs));
      else if (!run.done) loop.start();
      draw();
      tools.changed();
    }

    new MutationObserver(() => {
      const lit = listing.querySelector("[data-part][data-lit]");
      if (lit instanceof HTMLElement) listing.scrollTo({ top: lit.offsetTop - listing.offsetTop - 6 });
    }).observe(listing, { subtree: true, attributeFilter: ["data-lit"] });

    return {
      act,
      draw,
      seen: (is) => loop.seen(is),
      values: () => ({
        pair: String(run.pair),
        order: way ? words.inside : words.after,
        ...(lines.length && { error: shortest(lines[lines.length - 1].error) }),
      }),
    };
  },
};

/** The error as the program prints it. @param {number} error */
const shortest = (error) => String(Math.round(error * 1e8) / 1e8);

/**
 * An entry of the log, digits written with the most significant one first.
 * @param {import("../engine/classic.js").Logged} line
 */
function entry({ error, a, b, predicted, y }) {
  const bits = (/** @type {number} */ n) => Array.from({ length: T }, (_, t) => (n >> (T - 1 - t)) & 1).join(" ");
  const digits = [...y].reverse().map((value) => Number(value > 0.5));
  return `Error: ${shortest(error)}\nPred: ${digits.join(" ")}\nTrue: ${bits(a + b)}\n${a} + ${b} = ${predicted}`;
}

/** The program in blocks, each with the name that its first comment begins with. @param {string} source */
function blocksOf(source) {
  return source
    .trimEnd()
    .split(/\n(?=\s*# \w+:|def |for )/)
    .map((text) => el("pre", { "data-part": /# (\w+):/.exec(text)?.[1] ?? "head" }, `${text.trimEnd()}\n`));
}
