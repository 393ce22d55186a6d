/** The guided lesson: text beside the picture, each chapter with its own settings of the page. */
import { CHAPTERS } from "./chapters.js";
import { el } from "./dom.js";
import { redraw } from "./redraw.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */

/** The most updates that the server takes in one message. */
const MOST_UPDATES = 1000;

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function lesson(root, view, act) {
  const chapter = view.chapter === null ? null : Math.max(1, Math.min(view.chapter, CHAPTERS.length));
  redraw(root, [chapter, view.hello === null], () => {
    root.replaceChildren(...(chapter === null ? contents(view, act) : chapterPage(chapter, view, act)));
  });
}

/**
 * Shows a chapter and sets the page as it asks.
 * @param {number} chapter from 1
 * @param {View} view
 * @param {Actions} act
 */
export function open(chapter, view, act) {
  const { settings, step, operands, moment, selection } = CHAPTERS[chapter - 1].page;
  act.chapter(chapter);
  if (view.hello) {
    act.change(settings);
    for (let left = step; left > 0; left -= MOST_UPDATES)
      act.send({ type: "step", count: Math.min(left, MOST_UPDATES) });
    act.send(operands ? { type: "example", operands } : { type: "example", sample: 0 });
  }
  if (!shows(settings, view)) return;
  act.select(selection);
  act.seek(moment(stepsOf(settings)));
}

/** Whether the page can show a chapter's network: a server builds it, or it is the one that was recorded. */
/** @param {Partial<import("./types.d.ts").Settings>} wanted @param {View} view */
const shows = (wanted, { hello, settings }) =>
  hello !== null || ["task", "cell", "hidden", "bits", "gap"].every((name) => wanted[name] === settings[name]);

/** The steps in time of a chapter's sequence. @param {Partial<import("./types.d.ts").Settings>} settings */
const stepsOf = ({ bits, gap }) => (gap === undefined ? Number(bits) : gap + 1);

/** @param {View} view @param {Actions} act */
function contents(view, act) {
  const items = CHAPTERS.map(({ title }, k) =>
    el(
      "li",
      {},
      button(title, () => open(k + 1, view, act), "chapter-link"),
    ),
  );
  return [
    el(
      "p",
      { class: "how" },
      "Eight short chapters, from one unit to a network that adds and is proved. Each one sets the page; " +
        "everything on it can be touched.",
    ),
    el("ol", { class: "chapters" }, ...items),
  ];
}

/** @param {number} chapter @param {View} view @param {Actions} act */
function chapterPage(chapter, view, act) {
  const { title, text, look, page } = CHAPTERS[chapter - 1];
  const to = (/** @type {number} */ other) => () => open(other, view, act);
  const back = button("← Back", to(chapter - 1));
  const next = button("Next →", to(chapter + 1), "primary");
  back.disabled = chapter === 1;
  return [
    el("p", { class: "chapter-number" }, `Chapter ${chapter} of ${CHAPTERS.length}`),
    el("h3", { class: "chapter-title" }, title),
    ...text.map((paragraph) => el("p", { class: "chapter-text" }, ...typeset(paragraph))),
    el("p", { class: "chapter-look" }, el("strong", {}, "Look: "), ...typeset(look)),
    ...(shows(page.settings, view)
      ? []
      : [
          el(
            "p",
            { class: "note" },
            "This page is a recording of another network; throughtime studio shows this chapter's own.",
          ),
        ]),
    el(
      "div",
      { class: "buttons" },
      back,
      chapter < CHAPTERS.length ? next : button("Contents", () => act.chapter(null), "primary"),
    ),
    el(
      "div",
      { class: "buttons" },
      ...(view.hello ? [button("Set the page again", to(chapter), "plain")] : []),
      button("All chapters", () => act.chapter(null), "plain"),
    ),
  ];
}

/** A text whose h_t and h_{t−1} have their indices below the line. @param {string} text */
function typeset(text) {
  return text.split(/_(\{[^}]*\}|[a-z])/).map((part, k) => (k % 2 ? el("sub", {}, part.replace(/[{}]/g, "")) : part));
}

/** @param {string} text @param {() => void} click @param {string} [kind] */
function button(text, click, kind = "") {
  const made = el("button", { type: "button", class: kind }, text);
  made.addEventListener("click", click);
  return made;
}
