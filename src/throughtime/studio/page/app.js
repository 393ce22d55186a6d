/** The page: its state, what changes it, and the panels that draw it. */
import { refusal } from "./cell.js";
import { set, write } from "./dom.js";
import { layout } from "./layout.js";
import { known, read as readLink, write as writeLink } from "./link.js";
import { momentsOf } from "./moments.js";
import { keys, PACE, player } from "./player.js";
import { PACES, updatesFor } from "./pace.js";
import { isSum } from "./sum.js";
import { transport } from "./transport.js";

/** @typedef {import("./types.d.ts").View} View */
/** @typedef {import("./types.d.ts").Actions} Actions */
/** @typedef {import("./types.d.ts").Frame} Frame */
/** @typedef {import("./types.d.ts").Host} Host */
/** @typedef {import("./types.d.ts").ServerMessage} ServerMessage */
/** @typedef {import("./link.js").Link} Link */
/**
 * @typedef {Omit<View, "frame" | "trace" | "moments" | "settings"> & {frame: Frame | null, settings: View["settings"]
 * | null, notice: string, question: string}} State
 */

/** Frames a second while training. */
const FRAMES = 30;
/** The greatest silence before the address is written, in milliseconds: browsers refuse to write it often. */
const LINK_DELAY = 400;
const WAITING = "Waiting for the network …";
const PREPARING = "Preparing the network: its machine code is compiled when it is used for the first time …";
const GONE =
  "The studio's server is gone. The page keeps what it shows and connects again as soon as the server is back.";

/**
 * Shows the page in an element.
 * @param {HTMLElement} root
 * @param {Host} host
 */
export function mount(root, host) {
  const darkness = window.matchMedia("(prefers-color-scheme: dark)");
  const recorded = host.recorded;
  /** @type {State} */
  const state = {
    frame: recorded?.frames.at(-1) ?? null,
    frames: recorded?.frames ?? [],
    recorded: (recorded?.frames.length ?? 1) - 1,
    settings: recorded?.settings ?? null,
    history: recorded?.history ?? [],
    verdict: recorded?.verdict ?? null,
    saved: null,
    hello: null,
    // a network is walked through from the beginning; a record shows all that it holds
    moment: recorded ? Infinity : 0,
    selection: null,
    hovered: null,
    theme: darkness.matches ? "dark" : "light",
    live: host.live,
    connected: false,
    running: false,
    preparing: false,
    playing: false,
    speed: "medium",
    pace: PACES[0],
    checkpoints: [],
    exportAddress: null,
    notice: "",
    question: "",
  };
  /** The link that the server has yet to follow. @type {Link | null} */
  let wanted = host.hash === undefined ? null : readLink(location.hash, host.hash);
  // a page that is loaded again stays at the step of the run, which may have gone on
  const [entry] = performance.getEntriesByType("navigation");
  if (wanted && entry instanceof PerformanceNavigationTiming && entry.type === "reload") delete wanted.step;
  let configured = false;
  let settled = false;
  /** Settings of a link that are not those of the run: they wait for its frame. @type {View["settings"] | null} */
  let others = null;
  /** Done once the host has said that the settings of a link can be had; null unless it is asked. */
  let considered = /** @type {(() => void) | null} */ (null);
  /** Done if the reader's answer to the question is yes. */
  let agreed = () => {};
  if (wanted)
    Object.assign(state, {
      selection: wanted.selection ?? null,
      moment: wanted.moment ?? state.moment,
    });
  if (!host.live) wanted = null;
  const page = layout(root, host.lesson);
  /** The panels in sight: the others are not drawn while training. @type {Set<Element>} */
  const seen = new Set(page.panels.map(({ section }) => section));
  /** @type {View | null} */
  let shown = null;
  let drawing = 0;
  let timer = 0;
  let linkTimer = 0;
  /** Updates a second that the host was sent. @type {number | null} */
  let paced = null;

  function changed(/** @type {Partial<State>} */ change) {
    Object.assign(state, change);
    drawing ||= requestAnimationFrame(draw);
  }

  function draw() {
    drawing = 0;
    set(root, { "data-theme": state.theme });
    write(page.notice, state.notice);
    set(page.noticeBox, { hidden: !state.notice });
    write(page.question, state.question);
    set(page.questionBox, { hidden: !state.question });
    write(page.waiting, state.connected ? PREPARING : WAITING);
    shown = viewOf(state, host);
    if (!shown) return refuse(state.frame && refusal(state.frame.trace));
    set(page.waiting, { hidden: true });
    set(page.main, { hidden: false });
    transport(page.bar, shown, act);
    player(page.player, shown, act);
    for (const { section, body, panel } of page.panels) {
      if (shown.running && !seen.has(section)) continue;
      set(section, { hidden: isEmpty(panel.name, shown) });
      if (section.hidden) continue;
      panel.draw(body, shown, act);
      set(section, { hidden: body.hidden });
    }
    if (host.hash !== undefined && !state.running && !wanted) {
      clearTimeout(linkTimer);
      linkTimer = window.setTimeout(
        () => shown && history.replaceState(null, "", linkOf(shown, host.hash)),
        LINK_DELAY,
      );
    }
  }

  /** Says why a frame cannot be shown, and shows nothing of it. @param {string | null} why */
  function refuse(why) {
    if (!why) return;
    write(page.waiting, why);
    set(page.waiting, { hidden: false });
    set(page.main, { hidden: true });
  }

  function setPace(/** @type {number | null} */ updates) {
    paced = updates;
    host.send({ type: "pace", frames_per_second: FRAMES, updates_per_second: updates });
  }

  function walk() {
    clearTimeout(timer);
    if (state.playing) timer = window.setTimeout(advance, PACE[state.speed]);
  }

  function advance() {
    if (!shown) return;
    if (shown.moment < shown.moments.length - 1) {
      changed({ moment: shown.moment + 1 });
      shown.moment += 1;
      walk();
    } else if (host.live && state.connected && !state.hello?.unable.train) host.send({ type: "step", count: 1 });
    else changed({ playing: false });
  }

  /** @type {Actions} */
  const act = {
    select: (selection) => changed({ selection }),
    hover: (hovered) => changed({ hovered }),
    // the end is the frame's own (see viewOf): one that is longer may be on its way
    seek: (moment) => changed({ moment: Math.max(0, moment) }),
    change: (settings) => {
      if (!host.live || !state.settings) return;
      const next = { ...state.settings, ...settings };
      changed({ settings: next, moment: 0, verdict: null, playing: false });
      // another task or cell brings its own good values for what is left out
      const { task, cell, seed } = next;
      host.send({
        type: "configure",
        settings: settings.task || settings.cell ? { task, cell, seed, ...settings } : next,
      });
    },
    send: (message) => {
      if (message.type === "train") {
        changed({ playing: false, moment: Infinity });
        setPace(updatesFor(state.pace, state.frame));
      }
      if (message.type === "reset" || message.type === "train" || message.type === "step") changed({ verdict: null });
      if (message.type === "example") changed({ moment: Infinity });
      host.send(message);
    },
    frame: (k) => {
      const frame = state.frames[k];
      if (frame) changed({ frame, recorded: k });
    },
    play: (playing, speed = state.speed) => {
      if (playing && state.running) host.send({ type: "pause" });
      const atEnd = shown && shown.moment === shown.moments.length - 1;
      changed({ playing, speed, ...(playing && !state.playing && atEnd ? { moment: 0 } : {}) });
      if (playing && atEnd && shown) shown.moment = 0;
      walk();
    },
    pace: (pace) => {
      changed({ pace });
      setPace(updatesFor(pace, state.frame));
    },
    theme: (theme) => changed({ theme }),
    upload: (file) => {
      host.upload?.(file).catch((/** @type {Error} */ error) => changed({ notice: error.message }));
    },
  };

  function receive(/** @type {ServerMessage} */ message) {
    if (message.type === "hello") {
      const saved = message.run === state.hello?.run ? state.saved : null;
      changed({ hello: message, settings: message.settings, saved, notice: "" });
      const settings = wanted ? known(wanted.settings, message) : {};
      const other = Object.entries(settings).some(
        ([name, value]) => message.settings[/** @type {keyof typeof settings} */ (name)] !== value,
      );
      others = other && !configured ? /** @type {View["settings"]} */ (settings) : null;
      // the frame that is on its way is of the link's network, unless that was requested just now
      settled = !other || configured;
      if (settled && wanted && recorded && state.frame) goTo(wanted, state.frame);
    } else if (message.type === "frame") {
      if (others) replace(others);
      else if (settled && wanted) goTo(wanted, message);
      const updates = updatesFor(state.pace, message);
      if (message.running && updates !== paced) setPace(updates);
      const walking = state.playing && message.step !== state.frame?.step;
      changed({ frame: message, frames: [message], running: message.running, ...(walking ? { moment: 0 } : {}) });
      if (walking && shown) shown.moment = 0;
      if (walking) walk();
    } else if (message.type === "history") {
      const { checkpoints = state.checkpoints } = message;
      changed({ checkpoints, history: message.reset ? message.entries : [...state.history, ...message.entries] });
    } else if (message.type === "proof") {
      const { word } = message;
      changed({ verdict: message });
      if (word)
        changed({
          moment: Infinity,
          selection: { array: "y", layer: 0, direction: "forward", t: word.step - 1, unit: 0 },
        });
    } else if (message.type === "state") {
      changed({ running: message.running, preparing: message.preparing });
    } else if (message.type === "considered") {
      considered?.();
      considered = null;
    } else if (message.type === "saved") {
      changed({ saved: message.path });
    } else if (message.type === "error") {
      // settings that were chosen and refused, also by a link, are not those of the run
      if (considered || configured) wanted = null;
      considered = null;
      changed({ notice: message.message, playing: false, settings: state.hello?.settings ?? state.settings });
    }
  }

  /**
   * Builds the network of a link, if it can be had; asks first where that ends the run as it is by then.
   * @param {View["settings"]} settings
   */
  function replace(settings) {
    others = null;
    considered = () =>
      unlessItEnds("This link shows another network.", /** @type {Frame} */ (state.frame), () => {
        configured = true;
        host.send({ type: "configure", settings });
      });
    host.send({ type: "consider", settings });
  }

  /**
   * Does what ends the run, if there are no updates to lose or the reader agrees.
   * @param {string} why
   * @param {Frame} frame
   * @param {() => void} done
   */
  function unlessItEnds(why, { step, running }, done) {
    if (step === 0 && !running) return done();
    const kept = state.hello?.run ? `, kept in ${state.hello.run}` : "";
    agreed = done;
    changed({ question: `${why} Following it ends the run that is here: ${step} updates${kept}.` });
  }

  /** @param {boolean} yes */
  function answer(yes) {
    changed({ question: "" });
    if (yes) agreed();
    else wanted = null;
  }

  /** Brings the network to the step and the example of a link. @param {Link} link @param {Frame} frame */
  function goTo({ step, operands }, frame) {
    wanted = null;
    const most = state.hello?.limits.count ?? 1;
    if (step !== undefined && state.checkpoints.includes(step)) host.send({ type: "restore", step });
    else if (step !== undefined && !frame.running) {
      const on = (/** @type {number} */ from) => {
        for (let left = step - from; left > 0; left -= most) host.send({ type: "step", count: Math.min(left, most) });
      };
      if (step >= frame.step) on(frame.step);
      else
        unlessItEnds("This link shows an earlier network.", frame, () => {
          host.send({ type: "reset" });
          on(0);
        });
    }
    if (operands && String(operands) !== String(frame.example.operands)) host.send({ type: "example", operands });
  }

  function connected(/** @type {boolean} */ is, reason = GONE) {
    // the server sends its verdict anew
    if (is) return changed({ connected: true, notice: "", verdict: null });
    if (shown && state.connected)
      wanted = { settings: shown.settings, operands: shown.frame.example.operands?.map(String) };
    configured = false;
    changed({ connected: false, running: false, preparing: false, playing: false, notice: reason });
  }

  page.close.addEventListener("click", () => changed({ notice: "" }));
  page.yes.addEventListener("click", () => answer(true));
  page.no.addEventListener("click", () => answer(false));
  page.closeDrawer.addEventListener("click", () => {
    /** @type {HTMLElement | null} */ (page.main.querySelector(".cell[aria-selected]"))?.focus({ preventScroll: true });
    act.select(null);
  });
  darkness.addEventListener("change", () => changed({ theme: darkness.matches ? "dark" : "light" }));
  root.addEventListener("keydown", (event) => shown && keys(event, shown, act));
  // a notebook has keys of its own
  if (host.hash !== undefined)
    document.addEventListener("keydown", (event) => {
      if (shown && !root.hidden && event.target === document.body) keys(event, shown, act);
    });
  new ResizeObserver(() => changed({})).observe(root);
  const sight = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const hidden = /** @type {HTMLElement} */ (target).hidden;
        if (isIntersecting || hidden) seen.add(target);
        else seen.delete(target);
      }
      changed({});
    },
    { rootMargin: "200px" },
  );
  for (const { section } of page.panels) sight.observe(section);
  changed({});
  host.start(receive, connected);
}

/**
 * The view that the panels draw, once there is a frame.
 * @param {State} state
 * @param {Host} host
 * @returns {View | null}
 */
function viewOf(state, host) {
  const { frame, settings } = state;
  if (!frame || !settings || refusal(frame.trace)) return null;
  const moments = momentsOf(frame.trace.lengths[0]);
  const moment = Math.min(state.moment, moments.length - 1);
  const known = (/** @type {View["selection"]} */ cell) =>
    cell && cell.t < frame.trace.lengths[0] + 1 && cell.layer < frame.trace.specification.layers ? cell : null;
  const view = {
    ...state,
    frame,
    settings,
    trace: frame.trace,
    moments,
    moment,
    selection: known(state.selection),
    hovered: known(state.hovered),
  };
  return { ...view, exportAddress: host.exportAddress?.({ moment: String(moment) }) ?? null };
}

/** Whether a panel has nothing to show. @param {string} name @param {View} view */
function isEmpty(name, view) {
  if (name === "controls") return !view.hello;
  if (name === "inspector") return !view.selection;
  if (name === "sum") return !isSum(view) && view.frame.example.rendered.length === 0;
  return false;
}

/** @param {View} view @param {string | undefined} before */
function linkOf({ settings, frame, moment, selection }, before) {
  const link = {
    settings,
    step: frame.step,
    moment,
    selection: selection ?? undefined,
    operands: frame.example.operands?.map(String),
  };
  return writeLink(link, before);
}
