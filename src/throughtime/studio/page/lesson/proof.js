/** Chapter 12: tests are not enough, and a proof that is checked here. */
import { el, set } from "../dom.js";
import { proved } from "./proved.js";
import { refuted } from "./refuted.js";

/** What is in the first picture; all else is in the second. */
const FIRST = ["tested", "wrong", "path", "learn", "again"];

/** @type {import("./types.d.ts").Chapter} */
export const proof = {
  id: "proof",
  build(root, tools, words) {
    const panes = [refuted(tools, words, tools.changed), proved(tools, words, tools.changed)];
    const tabs = [words.first, words.second].map((name, k) => {
      const button = el("button", { type: "button" }, name);
      button.addEventListener("click", () => turn(k));
      return button;
    });
    const legend = el(
      "p",
      { class: "legend" },
      el("span", { class: "key carry-0" }, words.none),
      el("span", { class: "key carry-1" }, words.one),
    );
    root.append(
      el("div", { class: "buttons panes", role: "group", "aria-label": words.panes }, ...tabs, legend),
      ...panes.map((pane) => pane.root),
    );

    /** @param {number} to the picture */
    function turn(to) {
      panes.forEach((pane, k) => set(pane.root, { hidden: k !== to }));
      tabs.forEach((tab, k) => set(tab, { "aria-pressed": String(k === to) }));
      panes[to].draw();
    }

    turn(0);
    const of = (/** @type {string} */ name) => (FIRST.includes(name) ? 0 : 1);
    return {
      act(action) {
        turn(of(action));
        panes[of(action)].act(action);
      },
      read: (part) => part !== null && turn(of(part)),
      draw: () => panes.forEach((pane) => pane.draw()),
      seen: (is) => panes.forEach((pane) => pane.seen(is)),
      values: () => Object.assign({}, ...panes.map((pane) => pane.values())),
    };
  },
};
