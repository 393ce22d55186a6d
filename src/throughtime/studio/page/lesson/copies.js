/** Chapter 4: a network with a loop, folded out into a column for each step; all columns have the same weights. */
import { sigmoid as S } from "../engine/functions.js";
import { el, set, svg, write } from "../dom.js";
import { format } from "../scales.js";
import { Loop } from "./frames.js";

const T = 5;
const [WIDTH, HEIGHT] = [560, 330];
const [LEFT, APART] = [80, 100];
const ROWS = { x: 280, h: 170, y: 60 };
const R = 24;
/** An arrow's head, without the thickness of its line. */
const HEAD = 7;
/** How long the loop takes to fold out, in milliseconds. */
const FOLDING = 900;
const BEGIN = { V: 6, U: 6, W: 6, b: -3, c: -3 };
const WEIGHTS = /** @type {const} */ (["V", "U", "W"]);

/** @type {import("./types.d.ts").Chapter} */
export const copies = {
  id: "copies",
  build(root, tools, words) {
    const weights = { ...BEGIN };
    const x = [0, 1, 0, 0, 0];
    let open = 1;
    let wanted = 1;
    let from = 0;
    let begun = 0;

    const columns = x.map((_, t) => column(t, () => flip(t)));
    const loopLine = svg("path", { class: "edge loop U", "data-part": "U" });
    const picture = svg(
      "svg",
      { class: "copies", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": words.picture },
      loopLine,
      ...columns.flatMap(({ edges }) => Object.values(edges)),
      ...columns.flatMap(({ parts }) => parts),
    );
    const sliders = WEIGHTS.map((name) => {
      const input = el("input", { type: "range", min: -9, max: 9, step: 0.1, "aria-label": words[name] });
      const shown = el("output");
      input.addEventListener("input", () => {
        weights[name] = Number(input.value);
        changed();
      });
      return {
        name,
        input,
        shown,
        label: el("label", { class: "slider", "data-part": name }, `${name} `, input, shown),
      };
    });
    const fold = el("button", { type: "button", class: "primary" });
    fold.addEventListener("click", () => act("fold"));
    root.append(picture, ...sliders.map(({ label }) => label), el("div", { class: "buttons" }, fold));

    const loop = new Loop((now) => {
      begun ||= now;
      const share = Math.min(1, (now - begun) / FOLDING);
      open = from + (wanted - from) * (share * share * (3 - 2 * share));
      draw();
      return share < 1;
    });

    /** @param {number} t */
    function flip(t) {
      x[t] = 1 - x[t];
      changed();
    }

    function changed() {
      draw();
      tools.changed();
    }

    function states() {
      const { V, U, W, b, c } = weights;
      let before = 0;
      return x.map((read) => {
        before = S(read * V + before * U + b);
        return { h: before, y: S(before * W + c) };
      });
    }

    function draw() {
      const found = states();
      const at = (/** @type {number} */ t) => LEFT + t * APART * open + ((WIDTH - 2 * LEFT) / 2) * (1 - open);
      columns.forEach(({ edges, circles, texts, parts }, t) => {
        const here = at(t);
        const hidden = open < 0.02 && t > 0;
        for (const part of [...parts, ...Object.values(edges)]) set(part, { visibility: hidden ? "hidden" : null });
        parts.forEach((part) => set(part, { transform: `translate(${here.toFixed(1)} 0)` }));
        arrow(edges.V, [here, ROWS.x - R], [here, ROWS.h + R], weights.V);
        arrow(edges.W, [here, ROWS.h - R], [here, ROWS.y + R], weights.W);
        if (edges.U) arrow(edges.U, [at(t - 1) + R, ROWS.h], [here - R, ROWS.h], weights.U);
        const { h, y } = found[t];
        write(texts.x, String(x[t]));
        write(texts.h, h.toFixed(2));
        write(texts.y, y.toFixed(2));
        set(circles.x, { "aria-pressed": String(x[t] === 1) });
        set(circles.h, { "fill-opacity": (0.08 + 0.5 * h).toFixed(3), "data-value": h });
        set(circles.y, { "fill-opacity": (0.08 + 0.5 * y).toFixed(3), "data-value": y });
      });
      const middle = at(0);
      set(loopLine, { visibility: open > 0.5 ? "hidden" : null });
      arrow(loopLine, [middle + R, ROWS.h - 8], [middle + R, ROWS.h + 8], weights.U, [70, 58]);
      for (const { name, input, shown } of sliders) {
        input.value = String(weights[name]);
        write(shown, format(weights[name]));
      }
      write(fold, wanted ? words.fold : words.unfold);
    }

    /** @param {string} action */
    function act(action) {
      const to = { fold: 1 - wanted, up: 0, out: 1 }[action];
      if (to === undefined || to === wanted) return;
      wanted = to;
      from = open;
      begun = 0;
      if (tools.still) open = wanted;
      else loop.start();
      changed();
    }

    return {
      act,
      draw,
      seen: (is) => loop.seen(is),
      values: () => ({ last: states()[T - 1].h.toFixed(2) }),
    };
  },
};

/**
 * An arrow from a point to another, as thick as the weight is large; or one that leaves and comes back, by as much as
 * `out` says, from where it begins to the right and then down.
 * @param {SVGElement} edge @param {number[]} from @param {number[]} to @param {number} weight @param {number[]} [out]
 */
function arrow(edge, [x1, y1], [x2, y2], weight, out) {
  const thick = 0.8 + Math.abs(weight) * 0.9;
  const [dx, dy] = out ? [-out[0], -out[1]] : [x2 - x1, y2 - y1];
  const length = Math.hypot(dx, dy) || 1;
  const [u, v] = [dx / length, dy / length];
  const at = (/** @type {number} */ along, /** @type {number} */ across) =>
    `${(x2 + u * along - v * across).toFixed(1)} ${(y2 + v * along + u * across).toFixed(1)}`;
  const tip = -thick / 2;
  const base = tip - HEAD;
  const way = out ? `C${x1 + out[0]} ${y1 - out[1]} ${x2 + out[0]} ${y2 + out[1]} ` : "L";
  set(edge, {
    d: `M${x1} ${y1}${way}${at(base, 0)}M${at(tip, 0)}L${at(base, HEAD / 2)}L${at(base, -HEAD / 2)}Z`,
    "stroke-width": thick.toFixed(2),
    "data-sign": Math.sign(weight),
  });
}

/** @param {number} t @param {() => void} flip */
function column(t, flip) {
  const circle = (/** @type {"x" | "h" | "y"} */ name) =>
    svg("circle", { class: `node ${name}`, cy: ROWS[name], r: R });
  const text = (/** @type {"x" | "h" | "y"} */ name) => svg("text", { class: "number", y: ROWS[name] + 5 });
  const circles = { x: circle("x"), h: circle("h"), y: circle("y") };
  const texts = { x: text("x"), h: text("h"), y: text("y") };
  set(circles.x, { tabindex: 0, role: "button", "aria-label": `x ${t + 1}` });
  circles.x.addEventListener("click", flip);
  circles.x.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    flip();
  });
  const names = [
    ["x", ROWS.x],
    ["h", ROWS.h],
    ["y", ROWS.y],
  ].map(([name, y]) =>
    svg("text", { class: "name", x: -R - 2, y: Number(y) + R, "text-anchor": "end" }, `${name}`, sub(t + 1)),
  );
  const edge = (/** @type {string} */ name) => svg("path", { class: `edge ${name}`, "data-part": name });
  const parts = [...Object.values(circles), ...Object.values(texts), ...names];
  return {
    circles,
    texts,
    parts,
    edges: { V: edge("V"), W: edge("W"), ...(t ? { U: edge("U") } : {}) },
  };
}

/** @param {number} t */
const sub = (t) => svg("tspan", { dy: 4, "font-size": 10 }, String(t));
