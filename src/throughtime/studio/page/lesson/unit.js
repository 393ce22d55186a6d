/** Chapter 3: one unit, its sigmoid and the slope of it, and steps of gradient descent on one example. */
import { sigmoid as S } from "../engine/functions.js";
import { el, set, svg, write } from "../dom.js";
import { format } from "../scales.js";

const [WIDTH, HEIGHT, EDGE] = [560, 300, 28];
const MOST = 6;
/** From the net input to a place on the picture. @param {number} net */
const across = (net) => EDGE + ((net + MOST) / (2 * MOST)) * (WIDTH - 2 * EDGE);
/** @param {number} y */
const up = (y) => HEIGHT - EDGE - y * (HEIGHT - 2 * EDGE);
const BEGIN = { w: -1.5, b: 0.5, x: 1, d: 1 };

/** @type {import("./types.d.ts").Chapter} */
export const unit = {
  id: "unit",
  build(root, tools, words) {
    const state = { ...BEGIN, steps: 0, before: NaN };
    const parts = {
      target: svg("line", { class: "target", x1: EDGE, x2: WIDTH - EDGE }),
      tangent: svg("line", { class: "tangent" }),
      drop: svg("line", { class: "drop" }),
      wanted: svg("text", { class: "axis" }, "d"),
      point: svg("circle", { class: "point", r: 9 }),
    };
    const picture = svg(
      "svg",
      {
        class: "curve",
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: "img",
        "aria-label": words.curve,
        "data-part": "curve",
      },
      svg("rect", { class: "ground", x: EDGE, y: EDGE, width: WIDTH - 2 * EDGE, height: HEIGHT - 2 * EDGE }),
      parts.target,
      svg("polyline", { class: "sigmoid", points: curve() }),
      parts.tangent,
      parts.drop,
      parts.wanted,
      parts.point,
      svg("text", { class: "axis", x: WIDTH - EDGE, y: HEIGHT - 8 }, "net"),
      svg("text", { class: "axis", x: EDGE - 4, y: EDGE + 4 }, "1"),
      svg("text", { class: "axis", x: EDGE - 4, y: HEIGHT - EDGE }, "0"),
    );
    const slider = el("input", { type: "range", min: -3, max: 3, step: 0.05, "aria-label": words.input });
    const lines = {
      net: el("p"),
      slope: el("p", { "data-part": "slope" }),
      loss: el("p", { "data-part": "loss" }),
      gradient: el("p", { "data-part": "gradient" }),
    };
    const step = el("button", { type: "button", class: "primary" }, words.step);
    const again = el("button", { type: "button" }, words.again);
    root.append(
      picture,
      el("label", { class: "slider" }, words.input, slider),
      el("div", { class: "lines" }, ...Object.values(lines)),
      el("div", { class: "buttons" }, step, again),
    );

    function numbers() {
      const { w, b, x, d } = state;
      const net = w * x + b;
      const y = S(net);
      const delta = (y - d) * y * (1 - y);
      return { net, y, slope: y * (1 - y), E: (y - d) ** 2 / 2, delta, dw: delta * x, db: delta };
    }

    function draw() {
      const { w, b, x, d } = state;
      const { net, y, slope, E, delta, dw } = numbers();
      set(parts.target, { y1: up(d), y2: up(d) });
      set(parts.drop, { x1: across(net), x2: across(net), y1: up(y), y2: up(d) });
      set(parts.wanted, { x: across(net) + (d ? -8 : 16), y: up(d) + (d ? 16 : -6) }); // beside the curve
      set(parts.point, { cx: across(net), cy: up(y), "data-value": y });
      const reach = 1.6;
      set(parts.tangent, {
        x1: across(net - reach),
        x2: across(net + reach),
        y1: up(y - reach * slope),
        y2: up(y + reach * slope),
      });
      slider.value = String(x);
      write(lines.net, `net = w·x + b = ${format(w)}·${format(x)} + ${format(b)} = ${format(net)}`);
      write(lines.slope, `y = S(net) = ${format(y)},  y·(1 − y) = ${format(slope)}`);
      write(lines.loss, `E = ½ (y − d)² = ½ (${format(y)} − ${d})² = ${format(E)}`);
      write(lines.gradient, `δ = (y − d)·y·(1 − y) = ${format(delta)},  ∂E/∂w = δ·x = ${format(dw)}`);
    }

    step.addEventListener("click", () => act("step"));
    again.addEventListener("click", () => act("again"));
    slider.addEventListener("input", () => {
      state.x = Number(slider.value);
      draw();
      tools.changed();
    });
    drag(picture, (net) => {
      const wanted = Math.abs(state.w) > 0.05 ? (net - state.b) / state.w : 0;
      state.x = Math.max(-3, Math.min(3, Math.round(wanted * 20) / 20));
      draw();
      tools.changed();
    });

    /** @param {string} action */
    function act(action) {
      const { E, dw, db } = numbers();
      if (action === "step") {
        Object.assign(state, { w: state.w - dw, b: state.b - db, steps: state.steps + 1, before: E });
      } else if (action === "target") state.d = 1 - state.d;
      else if (action === "again") Object.assign(state, { ...BEGIN, steps: 0, before: NaN });
      draw();
      tools.changed();
    }

    return {
      act,
      draw,
      values: () => ({
        steps: String(state.steps),
        ...(state.steps && { before: format(state.before, 6) }),
        loss: format(numbers().E, 6),
        slope: format(numbers().slope),
        target: String(state.d),
      }),
    };
  },
};

/** The sigmoid as points. */
function curve() {
  const nets = Array.from({ length: 97 }, (_, k) => -MOST + (k * 2 * MOST) / 96);
  return nets.map((net) => `${across(net).toFixed(1)},${up(S(net)).toFixed(1)}`).join(" ");
}

/**
 * Follows a pointer that is held down, by the net input that it is at.
 * @param {SVGElement} picture @param {(net: number) => void} to
 */
function drag(picture, to) {
  const follow = (/** @type {PointerEvent} */ event) => {
    if (!event.buttons) return;
    const { left, width } = picture.getBoundingClientRect();
    const place = ((event.clientX - left) / width) * WIDTH;
    to(((place - EDGE) / (WIDTH - 2 * EDGE)) * 2 * MOST - MOST);
  };
  picture.addEventListener("pointerdown", (event) => {
    picture.setPointerCapture(event.pointerId);
    follow(event);
  });
  picture.addEventListener("pointermove", follow);
}
