/** The walk through time: play, pause, one micro-step at a time, and a sentence on what happens. */
import { built, el, set, svg, write } from "./dom.js";
import { sentence } from "./moments.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */
/** @typedef {import("./types.d.ts").Speed} Speed */

/** The time of each moment, in milliseconds. @type {Record<Speed, number>} */
export const PACE = { slow: 1200, medium: 400, fast: 80 };

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function player(root, view, act) {
  const parts = built(root, "player", () => build(root));
  Object.assign(parts, { view, act });
  const last = view.moments.length - 1;
  set(parts.play, { "aria-label": view.playing ? "Pause the walk" : "Play the walk", "data-playing": view.playing });
  set(parts.slider, { max: last, "aria-valuetext": sentence(view.frame, view.moments[view.moment]) });
  parts.slider.value = String(view.moment);
  const T = view.trace.lengths[0];
  parts.slider.style.setProperty("--turn", `${(100 * T) / last}%`);
  set(parts.back, { disabled: view.moment === 0 });
  set(parts.forth, { disabled: view.moment === last });
  parts.speed.value = view.speed;
  write(parts.caption, sentence(view.frame, view.moments[view.moment]));
  set(parts.caption, {
    "aria-live": view.playing || view.running ? "off" : "polite",
    "data-phase": view.moments[view.moment].phase,
  });
}

/** @param {HTMLElement} root */
function build(root) {
  const button = (/** @type {string[]} */ icons, /** @type {string} */ label, /** @type {string} */ kind = "") =>
    el("button", { type: "button", "aria-label": label, title: label, class: kind }, ...icons.map(icon));
  const parts = {
    first: button(["first"], "To the first step (Home)"),
    back: button(["back"], "One micro-step back (←)"),
    play: button(["play", "pause"], "Play the walk", "play"),
    forth: button(["forth"], "One micro-step on (→)"),
    end: button(["end"], "To the end (End)"),
    slider: el("input", { type: "range", min: 0, step: 1, "aria-label": "Moment of the walk through time" }),
    speed: el(
      "select",
      { "aria-label": "Speed of the walk" },
      ...["slow", "medium", "fast"].map((name) => el("option", { value: name }, name)),
    ),
    caption: el("p", { class: "caption" }),
    view: /** @type {View} */ (/** @type {unknown} */ (null)),
    act: /** @type {Actions} */ (/** @type {unknown} */ (null)),
  };
  root.append(
    el(
      "div",
      { class: "player-bar" },
      el("div", { class: "buttons" }, parts.first, parts.back, parts.play, parts.forth, parts.end),
      el(
        "div",
        { class: "track" },
        parts.slider,
        el(
          "div",
          { class: "track-labels", "aria-hidden": "true" },
          el("span", {}, "forward →"),
          el("span", {}, "← backward"),
        ),
      ),
      parts.speed,
    ),
    parts.caption,
  );
  parts.first.addEventListener("click", () => parts.act.seek(0));
  parts.end.addEventListener("click", () => parts.act.seek(parts.view.moments.length - 1));
  parts.back.addEventListener("click", () => parts.act.seek(parts.view.moment - 1));
  parts.forth.addEventListener("click", () => parts.act.seek(parts.view.moment + 1));
  parts.play.addEventListener("click", () => parts.act.play(!parts.view.playing));
  parts.slider.addEventListener("input", () => parts.act.seek(Number(parts.slider.value)));
  parts.speed.addEventListener("change", () =>
    parts.act.play(parts.view.playing, /** @type {Speed} */ (parts.speed.value)),
  );
  return parts;
}

/** The outlines of the signs on the buttons. @type {Record<string, string>} */
const ICONS = {
  first: "M3 3v10M13 3 6 8l7 5z",
  back: "M11 3 4 8l7 5z",
  play: "M4 2.5 13 8l-9 5.5z",
  pause: "M4 3h2.5v10H4zM9.5 3H12v10H9.5z",
  forth: "M5 3l7 5-7 5z",
  end: "M13 3v10M3 3l7 5-7 5z",
};

/** @param {string} name */
const icon = (name) =>
  svg(
    "svg",
    { viewBox: "0 0 16 16", class: `icon icon-${name}`, "aria-hidden": "true" },
    svg("path", { d: ICONS[name] }),
  );

/**
 * Arrow keys, space, Home, End and Escape wherever no control of its own wants them.
 * @param {KeyboardEvent} event
 * @param {View} view
 * @param {Actions} act
 */
export function keys(event, view, act) {
  const target = event.target instanceof Element ? event.target : null;
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape" && view.selection) return act.select(null);
  if (target?.closest("input, select, textarea, [role=gridcell], [role=grid], [role=slider], [contenteditable]"))
    return;
  if (event.key === " " && target?.closest("button, a, summary")) return;
  const way = { ArrowRight: view.moment + 1, ArrowLeft: view.moment - 1, Home: 0, End: view.moments.length - 1 }[
    event.key
  ];
  if (way !== undefined) act.seek(way);
  else if (event.key === " ") act.play(!view.playing);
  else return;
  event.preventDefault();
}
