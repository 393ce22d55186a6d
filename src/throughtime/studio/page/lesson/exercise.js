/** What all exercises have: a pane that says what is right of an answer, and sentences with their values filled in. */
import { el, set, write } from "../dom.js";

/** @typedef {{root: HTMLElement, again: () => void, shown?: () => void}} Exercise */

/** @param {string} name @param {...Node} parts */
export function exercise(name, ...parts) {
  const says = el("p", { class: "says", role: "status" });
  const root = el("div", { class: "pane exercise", "data-part": name }, ...parts, says);
  return {
    root,
    /** @param {string} text @param {boolean | null} right */
    say(text, right) {
      write(says, text);
      set(says, { "data-right": right === null ? null : String(right) });
    },
  };
}

/** @param {string} text @param {Record<string, string | number>} values */
export const filled = (text, values) => text.replace(/[A-Z]+\b/g, (name) => String(values[name] ?? name));
