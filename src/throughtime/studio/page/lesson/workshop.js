/** The lesson's last page: the studio's panels on the engine of this page. */
import { mount } from "../app.js";
import { browser } from "../browser.js";
import { el, set } from "../dom.js";

/** How the part of the address behind "#" begins that leads here. */
const NAME = "workshop";

/**
 * Shows the workshop or the lesson, as the address says.
 * @param {HTMLElement} lesson
 */
export function workshop(lesson) {
  const root = el("div", { id: NAME, class: "throughtime", hidden: true });
  const style = /** @type {HTMLStyleElement} */ (document.getElementById("throughtime-later"));
  lesson.after(root);
  let mounted = false;
  const turn = () => {
    const [name] = location.hash.slice(1).split("&");
    const here = name === NAME;
    style.media = here ? "all" : "not all";
    set(lesson, { hidden: here });
    set(root, { hidden: !here });
    if (here && !mounted) {
      const kit = JSON.parse(document.getElementById("throughtime-kit")?.textContent ?? "");
      mount(root, browser({ type: "begin", kit }, { hash: `${NAME}&`, lesson: "#adds" }));
      mounted = true;
    } else if (!here && name) document.getElementById(name)?.scrollIntoView();
  };
  addEventListener("hashchange", turn);
  turn();
}
