/**
 * Texts of the lesson as nodes. A text says:
 *   [words](action)  a word that acts on the figure
 *   {name}           a number of the figure, kept true
 *   *words*, `code`, h_t and h_{t−1}
 */
import { el } from "../dom.js";

const MARK =
  /\[([^\]]+)\]\(([^)]+)\)([.,:;)]*)|\{([a-z]\w*)\}|\*([^*]+)\*|`([^`]+)`|(?<=[\p{L}∂δ)])_(?:\{([^}]*)\}|(\w))/gu;

/**
 * @param {string} text
 * @param {(action: string) => void} act
 * @returns {(Node | string)[]}
 */
export function prose(text, act) {
  /** @type {(Node | string)[]} */
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(MARK)) {
    nodes.push(text.slice(end, found.index));
    end = found.index + found[0].length;
    const [, label, action, after, name, emphasis, code, many, one] = found;
    if (label) {
      const made = action.startsWith("#") || action.includes(":") ? link(label, action) : word(label, action, act);
      nodes.push(after ? el("span", { class: "together" }, made, after) : made);
    } else if (name) nodes.push(el("output", { class: "live", "data-name": name }));
    else if (emphasis) nodes.push(el("em", {}, ...prose(emphasis, act)));
    else if (code) nodes.push(el("code", {}, code));
    else nodes.push(el("sub", {}, many ?? one));
  }
  nodes.push(text.slice(end));
  return nodes.filter((node) => node !== "");
}

/** @param {string} label @param {string} action @param {(action: string) => void} act */
function word(label, action, act) {
  const made = el("button", { type: "button", class: "act", "data-action": action }, label);
  made.addEventListener("click", () => act(action));
  return made;
}

/** @param {string} label @param {string} href */
const link = (label, href) => el("a", { href }, label);
