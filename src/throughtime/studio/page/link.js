/**
 * The state of the page as the part of its address behind "#", so that a link shows the same cell of the same network.
 */

/** @typedef {import("./types.d.ts").Settings} Settings */
/** @typedef {import("./types.d.ts").Selection} Selection */
/** @typedef {import("./types.d.ts").Hello} Hello */
/**
 * @typedef {{settings: Partial<Settings>, step?: number, moment?: number, selection?: Selection,
 * operands?: string[]}} Link
 */

/** The other names in a link; that of a chapter stands in old ones. */
const OTHERS = ["step", "moment", "selection", "chapter", "a", "b", "token"];
const TEXTS = ["task", "cell", "activation", "optimizer", "schedule", "dtype", "update"];
/** Names of settings in a link, where these are other ones. */
const SHORT = { learning_rate: "lr" };
const LONG = { lr: "learning_rate" };

/**
 * The content of a link; anything wrong in it is left out.
 * @param {string} hash @param {string} before what stands in front of it @returns {Link}
 */
export function read(hash, before = "") {
  const query = new URLSearchParams(hash.replace(/^#/, "").replace(before, ""));
  /** @type {Record<string, string | number | boolean>} */
  const settings = {};
  for (const [short, text] of query) {
    if (OTHERS.includes(short)) continue;
    const name = /** @type {Record<string, string>} */ (LONG)[short] ?? short;
    if (TEXTS.includes(name)) settings[name] = text;
    else if (isNumber(text)) settings[name] = Number(text);
    else if (text === "true" || text === "false") settings[name] = text === "true";
  }
  /** @type {Link} */
  const link = { settings: /** @type {Partial<Settings>} */ (settings) };
  for (const name of /** @type {const} */ (["step", "moment"])) {
    const text = query.get(name);
    if (text !== null && /^\d{1,9}$/.test(text)) link[name] = Number(text);
  }
  const cell = /^([A-Za-z_.]+)@(\d+),(forward|backward),(-?\d+),(\d+)$/.exec(query.get("selection") ?? "");
  if (cell) {
    const [, array, layer, direction, t, unit] = cell;
    link.selection = {
      array,
      layer: Number(layer),
      direction: direction === "backward" ? "backward" : "forward",
      t: Number(t),
      unit: Number(unit),
    };
  }
  const operands = [query.get("a"), query.get("b")].filter((text) => text !== null && /^\d+$/.test(text));
  if (operands.length) link.operands = /** @type {string[]} */ (operands);
  return link;
}

/** Those of a link's settings that there are. @param {Partial<Settings>} settings @param {Hello} hello */
export function known(settings, hello) {
  const own = hello.tasks.find(({ name }) => name === (settings.task ?? hello.settings.task))?.options ?? [];
  const names = ["task", ...own, ...hello.options.flatMap(({ name, of }) => (of === "task" ? [] : [name]))];
  const found = Object.entries(settings).filter(([name]) => names.includes(name));
  return /** @type {Partial<Settings>} */ (Object.fromEntries(found));
}

/** The link that says all this. @param {Link} link @param {string} before what stands in front of it */
export function write({ settings, step, moment, selection, operands }, before = "") {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) {
    const short = /** @type {Record<string, string>} */ (SHORT)[name] ?? name;
    if (value !== undefined && value !== null) query.set(short, String(value));
  }
  if (step !== undefined) query.set("step", String(step));
  if (moment !== undefined) query.set("moment", String(moment));
  if (selection) {
    const { array, layer, direction, t, unit } = selection;
    query.set("selection", `${array}@${layer},${direction},${t},${unit}`);
  }
  if (operands?.[0] !== undefined) query.set("a", operands[0]);
  if (operands?.[1] !== undefined) query.set("b", operands[1]);
  return `#${before}${query}`;
}

/** @param {string} text */
const isNumber = (text) => text.trim() !== "" && Number.isFinite(Number(text));
