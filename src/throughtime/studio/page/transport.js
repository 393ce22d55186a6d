/** The bar on top: train and pause, how far the training is, whether the gradient is right, and the page itself. */
import { built, el, set, write } from "./dom.js";
import { format } from "./scales.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function transport(root, view, act) {
  const { live, frame, frames } = view;
  const parts = built(root, `${live} ${frames.length > 1}`, () => build(root, live, frames.length > 1));
  Object.assign(parts, { view, act });
  write(parts.train, view.running ? "❚❚ Pause" : "▶ Train");
  set(parts.train, { "data-running": view.running, "aria-pressed": String(view.running) });
  for (const button of [parts.train, parts.update, parts.reset]) set(button, { disabled: !view.connected });
  write(parts.step, String(frame.step));
  write(parts.loss, format(frame.trace.loss, 3));
  const { exact, check } = frame;
  write(parts.exact, exact && exact.checked ? `${format((100 * exact.right) / exact.checked, 3)} %` : "–");
  set(parts.exact, { title: exact ? `${exact.right} of ${exact.checked} sequences without a single wrong output` : null });
  badge(parts.badge, check);
  parts.checkpoints.max = String(frames.length - 1);
  parts.checkpoints.value = String(view.recorded);
  set(parts.checkpoints, { "aria-valuetext": `after ${frame.step} updates` });
  set(parts.save, { href: view.exportAddress, hidden: !view.exportAddress });
  write(parts.theme, view.theme === "dark" ? "☀" : "☾");
  set(parts.theme, { "aria-label": view.theme === "dark" ? "Light colours" : "Dark colours" });
}

/** @param {HTMLElement} badge @param {{greatest: number, against: string} | null} check */
function badge(badge, check) {
  const sound = check !== null && check.greatest < 1e-6;
  set(badge, {
    "data-right": check ? String(sound) : null,
    "data-value": check ? String(check.greatest) : null,
    title: check ? `The greatest difference between the gradient shown here and ${check.against}, over all parameters` : "The gradient is checked when the training is paused",
  });
  write(badge, check ? `${sound ? "✓" : "✗"} gradient checked: off by at most ${format(check.greatest, 3)}` : "gradient: checked when paused");
}

/** @param {HTMLElement} root @param {boolean} live @param {boolean} many */
function build(root, live, many) {
  const counter = (/** @type {string} */ name) => el("output", { class: "counter-value", "data-counter": name });
  const parts = {
    train: el("button", { type: "button", class: "primary" }, "▶ Train"),
    update: el("button", { type: "button", title: "One update of the weights" }, "One update"),
    reset: el("button", { type: "button", title: "Back to the untrained network of this seed" }, "Reset"),
    step: counter("step"),
    loss: counter("loss"),
    exact: counter("exact"),
    badge: el("span", { class: "badge" }),
    checkpoints: el("input", { type: "range", min: 0, step: 1, "aria-label": "Checkpoint of the training" }),
    save: el("a", { class: "button", title: "This page as one file that works without a network" }, "Export"),
    theme: el("button", { type: "button", class: "quiet" }),
    view: /** @type {View} */ (/** @type {unknown} */ (null)),
    act: /** @type {Actions} */ (/** @type {unknown} */ (null)),
  };
  const shown = (/** @type {string} */ name, /** @type {HTMLElement} */ value) => el("div", { class: "counter" }, el("span", {}, name), value);
  root.append(
    el("span", { class: "brand" }, "throughtime"),
    ...(live ? [el("div", { class: "buttons" }, parts.train, parts.update, parts.reset)] : []),
    ...(many ? [el("label", { class: "checkpoints" }, el("span", {}, "training"), parts.checkpoints)] : []),
    el("div", { class: "counters" }, shown("updates", parts.step), shown("loss here", parts.loss), shown("exact", parts.exact)),
    parts.badge,
    el("span", { class: "space" }),
    parts.save,
    parts.theme,
  );
  parts.train.addEventListener("click", () => parts.act.send({ type: parts.view.running ? "pause" : "train" }));
  parts.update.addEventListener("click", () => parts.act.send({ type: "step", count: 1 }));
  parts.reset.addEventListener("click", () => parts.act.send({ type: "reset" }));
  parts.checkpoints.addEventListener("input", () => parts.act.frame(Number(parts.checkpoints.value)));
  parts.theme.addEventListener("click", () => parts.act.theme(parts.view.theme === "dark" ? "light" : "dark"));
  return parts;
}
