/** The sets of a certificate in a plane: where each input carries them, and a state that is carried with them. */
import { el, roving, set, svg, write } from "../dom.js";
import { middleOf } from "./certificate.js";
import { Clouds } from "./clouds.js";
import { zonogon } from "./outlines.js";

/** @typedef {import("./outlines.js").Point} Point */
/** @typedef {import("./certificate.js").Box} Box */
/** @typedef {{path: number[], to: number, states: {x: Float64Array, own: number}[], inside: boolean}} Image */

const [WIDTH, HEIGHT, EDGE] = [600, 400, 22];
/** Room for the stamp. */
const BELOW = 54;
/** How many places the state's trail has. */
const TRAIL = 4;
/** The radius of the ring around a set that is too small to be seen. */
const RING = 5;

/**
 * @param {Box[]} boxes
 * @param {number[]} lasting the sets that a state comes to again and again: the plane shows how these lie
 * @param {Record<string, string>} words
 * @param {(q: number) => void} choose
 */
export function setsPicture(boxes, lasting, words, choose) {
  const H = boxes[0].lo.length;
  const found = boxes.map(middleOf);
  const middles = Float64Array.from(lasting.flatMap((q) => [...found[q].middle]));
  const plane = new Clouds(H);
  const labels = boxes.map(({ label }) => label);
  const classes = lasting.map((q) => labels[q]);
  for (let k = 0; k < 30; k++) plane.turn(middles, classes, 1);

  /** What there is to say of a set. @param {number} q */
  const tell = (q) =>
    words.set
      .replace("Q", String(q))
      .replace("C", String(labels[q]))
      .replace("LEADS", boxes[q].succ.map((to, a) => `${a >> 1} + ${a & 1} → ${to}`).join(", "));

  /** Where a state lies in the plane. @param {ArrayLike<number>} h @returns {Point} */
  const flat = (h) => plane.at(h, 0);
  /** How a change of the state looks in the plane. @param {(j: number) => number} part @returns {Point} */
  const along = (part) => {
    let [a, b] = [0, 0];
    for (let j = 0; j < H; j++) {
      a += plane.across[j] * part(j);
      b += plane.up[j] * part(j);
    }
    return [a, b];
  };
  /** The projections of a box's edges. @param {ArrayLike<number>} half */
  const edges = (half) => Array.from({ length: H }, (_, k) => along((j) => (j === k ? half[j] : 0)));
  const outlines = found.map(({ middle, half }) => zonogon(flat(middle), edges(half)));
  const all = outlines.flat();
  const ends = [0, 1].map((k) => [Math.min(...all.map((p) => p[k])), Math.max(...all.map((p) => p[k]))]);
  /** @param {Point} point @returns {Point} */
  const at = ([a, b]) => [
    EDGE + ((a - ends[0][0]) / (ends[0][1] - ends[0][0])) * (WIDTH - 2 * EDGE),
    HEIGHT - BELOW - ((b - ends[1][0]) / (ends[1][1] - ends[1][0])) * (HEIGHT - BELOW - EDGE),
  ];
  const corners = (/** @type {Point[]} */ points) =>
    points
      .map((p) =>
        at(p)
          .map((v) => v.toFixed(1))
          .join(),
      )
      .join(" ");

  /** A set that would be too small to be seen is a ring around its place. @param {Point[]} points */
  const outlined = (points) => {
    const places = points.map(at);
    const size = Math.max(...[0, 1].map((k) => extent(places.map((p) => p[k]))));
    if (size > 2 * RING) return corners(points);
    const [x, y] = at(points[0]);
    return Array.from({ length: 12 }, (_, k) => (k * Math.PI) / 6)
      .map((angle) => `${(x + RING * Math.cos(angle)).toFixed(1)},${(y + RING * Math.sin(angle)).toFixed(1)}`)
      .join(" ");
  };

  const shapes = outlines.map((points, q) =>
    svg(
      "polygon",
      {
        class: `set carry-${labels[q]}`,
        points: outlined(points),
        role: "button",
        tabindex: q ? -1 : 0,
        "data-array": "set",
        "data-set": q,
        "aria-label": tell(q),
      },
      svg("title", {}, tell(q)),
    ),
  );
  const [beginX, beginY] = at(flat(found[0].middle));
  const begin = svg("text", { class: "begin", x: beginX + 12, y: beginY + 5 }, words.begin);
  const images = svg("g", { class: "images", "aria-hidden": "true" });
  const trail = svg("polyline", { class: "trail" });
  const state = svg("circle", { class: "state", r: 7 });
  const picture = svg(
    "svg",
    { class: "sets", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": words.sets },
    ...shapes,
    begin,
    images,
    trail,
    state,
  );
  const pick = (/** @type {Event} */ event) => {
    const shape = event.target instanceof Element ? event.target.closest("[data-set]") : null;
    if (shape) choose(Number(shape.getAttribute("data-set")));
  };
  picture.addEventListener("click", pick);
  picture.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    pick(event);
  });
  roving(/** @type {SVGElement} */ (picture));
  const pointed = el("p", { class: "pointed" });
  /** The set whose words stand below the picture: the one that is pointed at, or else the chosen one. */
  const point = (/** @type {Event} */ event) => {
    const shape = event.target instanceof Element ? event.target.closest("[data-set]") : null;
    write(pointed, tell(shape ? Number(shape.getAttribute("data-set")) : last));
  };
  let last = 0;
  for (const kind of ["pointerover", "pointerleave", "focusin", "focusout"]) picture.addEventListener(kind, point);

  return {
    root: el("div", { class: "stage", "data-part": "sets" }, picture),
    pointed,
    /** The states of a box of this file, which may have been damaged. @param {Box} box @param {number} q */
    reshape(box, q) {
      const { middle, half } = middleOf(box);
      set(shapes[q], { points: outlined(zonogon(flat(middle), edges(half))) });
    },
    /**
     * @param {{chosen: number, checked: (q: number) => boolean, wrong: number | null, shown: Image[],
     *   walked: Float64Array[]}} view wrong: the set that an image is not inside of; shown: the images to draw
     */
    show({ chosen, checked, wrong, shown, walked }) {
      last = chosen;
      write(pointed, tell(chosen));
      shapes.forEach((shape, q) =>
        set(shape, {
          "data-chosen": q === chosen,
          "data-checked": checked(q),
          "data-wrong": q === wrong,
          "aria-pressed": String(q === chosen),
        }),
      );
      images.replaceChildren(
        ...shown.flatMap(({ path, states, inside, to }) => {
          const middle = flat(states.map(({ x }) => x[0]));
          const K = Math.max(...states.map(({ x }) => x.length));
          const shared = Array.from({ length: K - 1 }, (_, k) => along((j) => states[j].x[k + 1] ?? 0));
          const points = zonogon(middle, [...shared, ...edges(states.map(({ own }) => own))]);
          const [x1, y1] = at(flat(found[path[0]].middle));
          const [x2, y2] = at(middle);
          const data = { "data-from": path[0], "data-to": to, "data-inside": inside, "data-far": path[0] !== chosen };
          return [
            svg("polygon", { class: `image carry-${labels[to]}`, points: corners(points), ...data }),
            svg("path", { class: "arrow", d: arrow(x1, y1, x2, y2), ...data }),
          ];
        }),
      );
      const places = walked.slice(-TRAIL).map((h) => at(flat(h)));
      set(trail, { points: places.map((p) => p.join()).join(" ") });
      const [x, y] = places[places.length - 1];
      set(state, { cx: x.toFixed(1), cy: y.toFixed(1), "data-value": walked[walked.length - 1].join(" ") });
    },
  };
}

/** @param {number[]} values */
const extent = (values) => Math.max(...values) - Math.min(...values);

/** A line with a head. @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
function arrow(x1, y1, x2, y2) {
  const way = Math.hypot(x2 - x1, y2 - y1);
  const line = `M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`;
  if (way < 8) return line;
  const [a, b] = [(x2 - x1) / way, (y2 - y1) / way];
  const barb = (/** @type {number} */ side) =>
    `${(x2 - 7 * a + side * 3.5 * b).toFixed(1)} ${(y2 - 7 * b - side * 3.5 * a).toFixed(1)}`;
  return `${line}M${barb(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}L${barb(-1)}`;
}
