/** The lesson: an article whose figures are alive. */
import { el, set, write } from "../dom.js";
import { CHAPTERS } from "./chapters.js";
import { TEXT } from "./en.js";
import { prose } from "./prose.js";
import { makeTools } from "./tools.js";
import { workshop } from "./workshop.js";

/** @typedef {import("./types.d.ts").Figure} Figure */
/** @typedef {import("./types.d.ts").Block} Block */

const NEAR = "120% 0px";
/** What counts as read, of the window: all that has come above the lower 45 % of its height. */
const READ = "100000px 0px -45% 0px";

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
/** @type {Map<HTMLElement, Figure>} */
const figures = new Map();
const tools = makeTools(root);

/** Keeps the numbers in a chapter's text true. @param {HTMLElement} section @param {Figure} figure */
function fill(section, figure) {
  const values = figure.values?.() ?? {};
  for (const place of section.querySelectorAll("output.live")) {
    const value = values[/** @type {HTMLElement} */ (place).dataset.name ?? ""];
    write(place, value ?? "…");
  }
  for (const block of section.querySelectorAll("[data-until]")) {
    const [then, before] = block.children;
    const known = [...then.querySelectorAll("output.live")].every((place) => place.textContent !== "…");
    set(then, { hidden: !known });
    set(before, { hidden: known });
  }
}

/** @param {Block} block @param {(action: string) => void} act */
function blockOf(block, act) {
  if (typeof block === "string") return el("p", {}, ...prose(block, act));
  if ("ask" in block)
    return el(
      "details",
      {},
      el("summary", {}, ...prose(block.ask, act)),
      ...block.answer.map((text) => el("p", {}, ...prose(text, act))),
    );
  if ("table" in block) return tableOf(block.table, act);
  const { text, until, light, todo, id } = block;
  const place = { id, class: todo ? "todo" : null, "data-light": light, "data-until": until !== undefined };
  if (until === undefined) return el("p", place, ...prose(text, act));
  return el("p", place, ...[text, until].map((one) => el("span", {}, ...prose(one, act))));
}

/** @param {import("./types.d.ts").Table["table"]} table @param {(action: string) => void} act */
function tableOf({ head, rows }, act) {
  const line = (/** @type {"th" | "td"} */ kind, /** @type {string[]} */ texts) =>
    el("tr", {}, ...texts.map((text) => el(kind, {}, ...prose(text, act))));
  return el("table", {}, el("thead", {}, line("th", head)), el("tbody", {}, ...rows.map((row) => line("td", row))));
}

/** @param {import("./types.d.ts").Chapter} chapter @param {number} k */
function sectionOf(chapter, k) {
  const { title, blocks, words } = TEXT.chapters[chapter.id];
  const picture = el("figure", {
    class: "picture",
    "aria-label": `${TEXT.figure}: ${title}`,
  });
  const section = el("section", {
    class: "chapter",
    id: chapter.id,
    "aria-labelledby": `${chapter.id}-title`,
  });
  const begin = () => {
    const known = figures.get(section);
    if (known) return known;
    /** @type {Figure} */
    const figure = chapter.build(picture, { ...tools, changed: () => fill(section, figure) }, words);
    figures.set(section, figure);
    figure.draw();
    fill(section, figure);
    light();
    return figure;
  };
  /**
   * Where the page stood when an action was chosen last. Until it is scrolled the figure shows what that did, also
   * where the text becomes shorter and the page moves a little by itself.
   */
  let acted = NaN;
  /** Lights the part of the figure that was read of last. */
  const light = () => {
    const read = lights.filter((paragraph) => paragraph.hasAttribute("data-read")).at(-1);
    const part = read instanceof HTMLElement ? (read.dataset.light ?? null) : null;
    set(picture, { "data-lit": part });
    if (!(Math.abs(scrollY - acted) < innerHeight / 5)) {
      acted = NaN;
      figures.get(section)?.read?.(part);
    }
    for (const place of picture.querySelectorAll("[data-part]"))
      set(place, { "data-lit": part !== null && /** @type {HTMLElement} */ (place).dataset.part === part });
  };
  const act = (/** @type {string} */ action) => {
    const figure = begin();
    acted = scrollY;
    figure.act?.(action);
  };
  section.append(
    el(
      "div",
      { class: "head" },
      el("p", { class: "number" }, `${TEXT.chapter} ${k + 1}`),
      el("h2", { id: `${chapter.id}-title` }, title),
    ),
    picture,
    el("div", { class: "text" }, ...blocks.map((block) => blockOf(block, act))),
  );
  new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && begin(), { rootMargin: NEAR }).observe(section);
  new IntersectionObserver(([{ isIntersecting }]) => figures.get(section)?.seen?.(isIntersecting)).observe(picture);
  const lights = [...section.querySelectorAll("[data-light]")];
  const reading = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) set(target, { "data-read": isIntersecting });
      light();
    },
    { rootMargin: READ },
  );
  for (const paragraph of lights) reading.observe(paragraph);
  return section;
}

/** @param {string} name @param {Node[]} more */
function contents(name, ...more) {
  const list = el("ol", {});
  for (const { id } of CHAPTERS) list.append(el("li", {}, el("a", { href: `#${id}` }, TEXT.chapters[id].title)));
  list.append(el("li", {}, el("a", { href: "#workshop" }, TEXT.workshop.title)));
  return el("nav", { class: "contents", "aria-label": name }, list, ...more);
}

/** The words and symbols of the page: what each is, and the chapter that says more. */
function glossary() {
  const words = el("dl", {});
  for (const [word, meaning] of TEXT.words.list) {
    words.append(el("dt", {}, ...prose(word, nothing)), el("dd", {}, ...prose(meaning, nothing)));
  }
  const folded = el("details", { class: "words", id: "words" }, el("summary", {}, TEXT.words.title), words);
  const open = () => location.hash === "#words" && set(folded, { open: true });
  addEventListener("hashchange", open);
  open();
  return folded;
}

/** The chapters within reach from everywhere. */
function menu() {
  const words = el("a", { href: "#words" }, TEXT.words.title);
  const folded = /** @type {HTMLDetailsElement} */ (
    el(
      "details",
      { class: "menu" },
      el("summary", { "aria-label": TEXT.menu, title: TEXT.menu }, "☰"),
      contents(TEXT.menu, words),
    )
  );
  const close = () => set(folded, { open: false });
  folded.addEventListener("click", (event) => event.target instanceof HTMLAnchorElement && close());
  folded.addEventListener("keydown", (event) => event.key === "Escape" && close());
  return folded;
}

function themeButton() {
  const button = el("button", { type: "button", class: "theme" });
  const name = () => {
    const dark = tools.theme() === "dark";
    write(button, dark ? "☀" : "☾");
    set(button, { "aria-label": dark ? TEXT.light : TEXT.dark });
  };
  button.addEventListener("click", () => {
    set(root, { "data-theme": tools.theme() === "dark" ? "light" : "dark" });
    name();
    figures.forEach((figure) => figure.draw());
  });
  name();
  return button;
}

const nothing = () => {};

/** Where the lesson leads on. */
function last() {
  const { title, text, open } = TEXT.workshop;
  return el(
    "section",
    { class: "opening", "aria-labelledby": "last-title" },
    el("h2", { id: "last-title" }, title),
    ...text.map((one) => el("p", {}, ...prose(one, nothing))),
    el("a", { class: "button primary", href: "#workshop" }, open),
  );
}

root.replaceChildren(
  el(
    "header",
    { class: "opening" },
    themeButton(),
    el("h1", {}, TEXT.title),
    ...TEXT.lead.map((text) => el("p", { class: "lead" }, ...prose(text, nothing))),
    contents(TEXT.contents),
    glossary(),
  ),
  el("main", {}, ...CHAPTERS.map(sectionOf), last()),
  el("footer", { class: "closing" }, ...TEXT.end.map((text) => el("p", {}, ...prose(text, nothing)))),
  menu(),
);
workshop(root);
let waiting = 0;
new ResizeObserver(() => {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => figures.forEach((figure) => figure.draw()));
}).observe(root);
