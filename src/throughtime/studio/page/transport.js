/** The bar on top: train and pause, how far the training is, whether the gradient is right, and the page itself. */
import { built, el, set, write } from "./dom.js";
import { PACES, paceName } from "./pace.js";
import { format, percent } from "./scales.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */

/** @param {HTMLElement} root @param {View} view @param {Actions} act */
export function transport(root, view, act) {
  const { live, frame, frames } = view;
  const parts = built(root, String(live), () => build(root, live));
  Object.assign(parts, { view, act });
  write(parts.train, view.running ? "❚❚ Pause" : "▶ Train");
  set(parts.train, { "data-running": view.running, "aria-pressed": String(view.running) });
  const waiting = view.hello?.unable.train ?? null;
  for (const button of [parts.train, parts.update, parts.reset])
    set(button, { disabled: !view.connected || waiting !== null });
  set(parts.train, { title: waiting });
  write(parts.step, String(frame.step));
  write(parts.loss, frame.example.has_targets ? format(frame.trace.loss, 3) : "–");
  const { exact } = frame;
  write(parts.exact, exact && exact.checked ? percent(exact.right / exact.checked, 3) : "–");
  set(parts.exact, {
    title: exact ? `${exact.right} of ${exact.checked} sequences without a single wrong output` : null,
  });
  badge(parts.badge, view);
  const steps = live ? view.checkpoints : frames.map(({ step }) => step);
  parts.checkpoints.max = String(Math.max(0, steps.length - 1));
  if (document.activeElement !== parts.checkpoints || !live)
    parts.checkpoints.value = String(live ? steps.findLastIndex((step) => step <= frame.step) : view.recorded);
  set(parts.checkpoints, {
    "aria-valuetext": `after ${frame.step} updates`,
    disabled: steps.length < 2 || (live && !view.connected),
  });
  parts.pace.value = String(view.pace);
  set(parts.save, { href: view.exportAddress, hidden: !view.exportAddress });
  write(parts.theme, view.theme === "dark" ? "☀" : "☾");
  set(parts.theme, { "aria-label": view.theme === "dark" ? "Light colours" : "Dark colours" });
}

/** Says whether the gradient is right, or why that is not known. @param {HTMLElement} badge @param {View} view */
function badge(badge, { frame: { check, example }, preparing }) {
  const known = preparing ? null : check;
  set(badge, {
    "data-right": known ? String(known.right) : null,
    "data-value": known ? String(known.relative) : null,
    title: preparing ? "Machine code for this network is compiled once, and kept" : check && how(check),
  });
  if (preparing) write(badge, "preparing:\nkernels are compiled …");
  else if (!example.has_targets) write(badge, "no targets:\nno loss, no gradient");
  else if (!check) write(badge, "gradient:\nchecked when paused");
  else
    write(
      badge,
      `${check.right ? "✓ gradient right" : "✗ gradient wrong"}\nrelative error ${format(check.relative, 2)}`,
    );
}

/** The check of a gradient in a sentence. @param {import("./types.d.ts").Check} check */
function how({ greatest, against, checked, parameters }) {
  const over = checked < parameters ? `${checked} of ${parameters}` : "all";
  return (
    `The greatest difference between the gradient shown here and ${against}, over ${over} parameters, ` +
    `is ${format(greatest, 2)}`
  );
}

/** @param {HTMLElement} root @param {boolean} live */
function build(root, live) {
  const counter = (/** @type {string} */ name) => el("output", { class: "counter-value", "data-counter": name });
  const parts = {
    train: el("button", { type: "button", class: "primary" }, "▶ Train"),
    update: el("button", { type: "button", title: "One update of the weights" }, "One update"),
    reset: el("button", { type: "button", title: "Back to the untrained network of this seed" }, "Reset"),
    step: counter("step"),
    loss: counter("loss"),
    exact: counter("exact"),
    badge: el("span", { class: "badge", role: "status" }),
    pace: el(
      "select",
      { "aria-label": "Speed of the training" },
      ...PACES.map((pace) => el("option", { value: String(pace) }, paceName(pace))),
    ),
    checkpoints: el("input", { type: "range", min: 0, step: 1, "aria-label": "Checkpoint of the training" }),
    save: el("a", { class: "button", title: "This page as one file that works without a network" }, "Export"),
    theme: el("button", { type: "button", class: "quiet" }),
    view: /** @type {View} */ (/** @type {unknown} */ (null)),
    act: /** @type {Actions} */ (/** @type {unknown} */ (null)),
  };
  const shown = (/** @type {string} */ name, /** @type {HTMLElement} */ value) =>
    el("div", { class: "counter" }, el("span", {}, name), value);
  root.append(
    el("span", { class: "brand" }, "throughtime"),
    ...(live ? [el("div", { class: "buttons" }, parts.train, parts.pace, parts.update, parts.reset)] : []),
    el(
      "label",
      { class: "checkpoints", title: "Back to an earlier state of the training" },
      el("span", {}, "earlier"),
      parts.checkpoints,
      el("span", {}, "later"),
    ),
    el(
      "div",
      { class: "counters" },
      shown("updates", parts.step),
      shown("example loss", parts.loss),
      shown("exact", parts.exact),
    ),
    parts.badge,
    el("span", { class: "space" }),
    parts.save,
    parts.theme,
  );
  parts.train.addEventListener("click", () => parts.act.send({ type: parts.view.running ? "pause" : "train" }));
  parts.update.addEventListener("click", () => parts.act.send({ type: "step", count: 1 }));
  parts.reset.addEventListener("click", () => parts.act.send({ type: "reset" }));
  parts.pace.addEventListener("change", () =>
    parts.act.pace(PACES.find((pace) => String(pace) === parts.pace.value) ?? null),
  );
  parts.checkpoints.addEventListener("input", () => {
    const k = Number(parts.checkpoints.value);
    if (live) parts.act.send({ type: "restore", step: parts.view.checkpoints[k] });
    else parts.act.frame(k);
  });
  parts.theme.addEventListener("click", () => parts.act.theme(parts.view.theme === "dark" ? "light" : "dark"));
  return parts;
}
