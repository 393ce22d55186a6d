/** The empty page: its panels in their places. */
import { controls } from "./controls.js";
import { el } from "./dom.js";
import { gradient } from "./gradient.js";
import { history } from "./history.js";
import { inspector } from "./inspector.js";
import { save } from "./save.js";
import { space } from "./space.js";
import { sum } from "./sum.js";
import { unrolled } from "./unrolled.js";
import { weights } from "./weights.js";

/** @typedef {import("./types.d.ts").Panel} Panel */
/**
 * @typedef {{name: string, title: string, how: string, draw: Panel, place: Area, picture?: boolean}} Place `how` says
 * how the picture is read; a picture can be saved
 */
/**
 * The network; the sum with the state space; the chosen cell, above what one chooses; and the rest.
 * @typedef {"centre" | "aside" | "drawer" | "side" | "below"} Area
 */

/** @type {Place[]} in the order of reading */
const PANELS = [
  { name: "unrolled", title: "The network, unrolled in time", how: "", draw: unrolled, place: "centre", picture: true },
  { name: "inspector", title: "The chosen cell", how: "", draw: inspector, place: "drawer" },
  { name: "sum", title: "The example, on paper", how: "", draw: sum, place: "aside" },
  { name: "space", title: "State space", how: "", draw: space, place: "aside", picture: true },
  { name: "controls", title: "Try it", how: "", draw: controls, place: "side" },
  { name: "gradient", title: "Where the gradient goes", how: "", draw: gradient, place: "below", picture: true },
  { name: "history", title: "Training so far", how: "", draw: history, place: "below", picture: true },
  { name: "weights", title: "Weights", how: "", draw: weights, place: "below", picture: true },
];

/** The empty page. @param {HTMLElement} root @param {string} [lesson] its address */
export function layout(root, lesson) {
  root.classList.add("throughtime");
  const bar = el("header", { class: "bar" });
  const notice = el("span", { role: "alert" });
  const close = el("button", { type: "button", class: "quiet", "aria-label": "Close this notice" }, "×");
  const noticeBox = el("div", { class: "notice", hidden: true }, notice, close);
  const question = el("span", { role: "alert" });
  const yes = el("button", { type: "button" }, "Follow the link");
  const no = el("button", { type: "button" }, "Keep this run");
  const questionBox = el("div", { class: "question", hidden: true }, question, yes, no);
  const waiting = el("p", { class: "waiting" }, "Waiting for the network …");
  const walk = el("div", { class: "player panel", role: "group", "aria-label": "Walk through time" });
  const drawer = el("div", { class: "drawer" });
  const places = {
    centre: el("div", { class: "centre" }),
    aside: el("div", { class: "aside" }),
    drawer,
    side: el("div", { class: "side" }, drawer),
    below: el("div", { class: "below" }),
  };
  const closeDrawer = el("button", { type: "button", class: "quiet", "aria-label": "Close the chosen cell" }, "×");
  const panels = PANELS.map((panel) => {
    const body = el("div", { class: "panel-body" });
    const head = el(
      "div",
      { class: "panel-head" },
      el("h2", { id: `panel-${panel.name}` }, panel.title),
      panel.picture ? pictures(panel.name, body) : null,
      panel.name === "inspector" ? closeDrawer : null,
      panel.how ? el("p", { class: "how" }, panel.how) : null,
      panel.name === "controls" && lesson
        ? el("p", { class: "how" }, "How all this works: ", el("a", { href: lesson }, "the lesson"), ".")
        : null,
    );
    const section = el(
      "section",
      { class: `panel panel-${panel.name}`, "aria-labelledby": `panel-${panel.name}` },
      head,
      body,
    );
    places[panel.place].append(section);
    return { panel, section, body };
  });
  const { centre, aside, side, below } = places;
  const main = el("main", { class: "layout", hidden: true }, walk, centre, aside, side, below);
  root.replaceChildren(bar, el("div", { class: "notice-place" }, noticeBox, questionBox), waiting, main);
  const asked = { question, questionBox, yes, no };
  return { bar, notice, noticeBox, close, ...asked, closeDrawer, waiting, main, panels, player: walk };
}

/** Buttons that save a panel as a picture. @param {string} name @param {HTMLElement} body */
function pictures(name, body) {
  const buttons = /** @type {const} */ (["svg", "png"]).map((format) => {
    const button = el(
      "button",
      { type: "button", class: "save", "aria-label": `Save this picture as ${format.toUpperCase()}` },
      format.toUpperCase(),
    );
    button.addEventListener("click", () => save(body, `throughtime-${name}`, format));
    return button;
  });
  return el("div", { class: "buttons" }, ...buttons);
}
