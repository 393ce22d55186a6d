/** A page in one file: what was recorded stands in it, and where its network can be trained here, the engine does. */
import { mount } from "./app.js";
import { browser } from "./browser.js";
import { parse } from "./json.js";

/** @param {import("./types.d.ts").Recorded} recorded @returns {import("./types.d.ts").Host} */
function hostOf(recorded) {
  const { frames, history, settings, verdict, kit, certificate } = recorded;
  const more = { hash: location.protocol === "about:" ? undefined : "", recorded }; // a notebook's frame has no address
  if (!kit) return { live: false, start: () => {}, send: () => {}, ...more };
  const kept = frames.map(({ step, trace }) => ({ step, parameters: trace.parameters }));
  const [example] = frames[frames.length - 1].trace.x;
  return browser({ type: "begin", kit, settings, kept, history, verdict, certificate, example }, more);
}

const text = document.getElementById("throughtime-record")?.textContent;
const root = document.getElementById("app");
if (text && root) mount(root, hostOf(parse(text)));
