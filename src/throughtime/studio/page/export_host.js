/** The page without a server: what was recorded stands in the page itself, or a notebook hands it over. */
import { mount } from "./app.js";
import { parse } from "./json.js";

/**
 * Shows a recording in an element.
 * @param {HTMLElement} root
 * @param {string} text JSON of {frames, history, settings, verdict}
 * @param {boolean} [hash] whether the address says what is shown
 */
export function show(root, text, hash = false) {
  mount(root, { live: false, hash, recorded: parse(text), start: () => {}, send: () => {} });
}

const inlined = document.getElementById("throughtime-record");
const root = document.getElementById("app");
if (inlined?.textContent && root) show(root, inlined.textContent, true);
