/** Chapter 6: the errors of one example go back from step to step, and the gradient of U adds up. */
import { addition } from "../engine/tasks.js";
import { traceOf } from "../engine/trace.js";
import { el } from "../dom.js";
import { colour, format, greatest } from "../scales.js";
import { reachOf } from "../gradient.js";
import { brush, canvas } from "../canvas.js";
import { cellOf, steps, valuesOf, walk } from "./walk.js";

const T = 8;

/** @type {import("./types.d.ts").Chapter} */
export const backward = {
  id: "backward",
  build(root, tools, words) {
    const task = addition({ bits: T });
    const network = tools.begun();
    const { hidden: H } = network.specification;
    const sum = task.encode(107, 27);
    const trace = traceOf(network, sum.x, sum.y, { reach: true });
    const reach = /** @type {number[][][]} */ (trace.reach)[0];
    const whole = /** @type {number[][]} */ (trace.gradient.U);
    let moment = T + 1;
    let selection = cellOf("delta_h", T - 1, 0);
    const rows = /** @type {import("./walk.js").Row[]} */ ([
      { array: "error", pass: "loss", units: 1, height: 20, label: "E" },
      { array: "delta_y", pass: "backward", units: 1, height: 20, label: "δ_y" },
      { array: "delta_h", pass: "backward", units: H, height: 9, label: "δ_h" },
    ]);
    const picture = walk(words, T, rows, (chosen) => {
      selection = chosen;
      changed();
    });
    const walker = steps(words, T, 2 * T, seek);
    const total = canvas(words.total, "total");
    total.classList.add("gradient");
    root.append(
      picture.grid,
      picture.lines,
      el("div", { class: "summed" }, el("span", {}, words.total), total),
      walker.root,
    );

    /** @param {number} to */
    function seek(to) {
      moment = to;
      if (moment > T)
        selection = cellOf(selection.array === "error" ? "delta_h" : selection.array, 2 * T - moment, selection.unit);
      changed();
    }

    function changed() {
      draw();
      tools.changed();
    }

    /** ∇U as far as it is summed up: of the steps that the errors have reached. */
    function summed() {
      const states = valuesOf(trace, "h");
      const deltas = valuesOf(trace, "delta_h");
      const found = Array.from({ length: H }, () => new Float64Array(H));
      for (let t = Math.max(1, 2 * T - moment); t < T; t++)
        for (let i = 0; i < H; i++) for (let j = 0; j < H; j++) found[i][j] += states[t - 1][i] * deltas[t][j];
      return found;
    }

    function draw() {
      picture.show(trace, moment, selection, tools.theme());
      walker.show(moment, values().step);
      const with_ = brush(total);
      if (!with_) return;
      const { context, width, height } = with_;
      const scale = { kind: /** @type {const} */ ("delta"), greatest: greatest(whole.flat()) };
      summed().forEach((row, i) =>
        row.forEach((value, j) => {
          context.fillStyle = colour(scale, value, tools.theme());
          context.fillRect((j * width) / H, (i * height) / H, width / H - 0.5, height / H - 0.5);
        }),
      );
    }

    function values() {
      const now = moment > T ? 2 * T - moment : T - 1;
      const shares = reach[T - 1];
      const rest = Math.max(...summed().map((row, i) => Math.max(...row.map((v, j) => Math.abs(v - whole[i][j])))));
      return {
        step: String(now + 1),
        reach: String(reachOf(reach, T - 1)),
        share: `${format((100 * shares[0]) / shares[T - 1], 2)} %`,
        rest: rest < 1e-15 ? "0" : format(rest, 2),
      };
    }

    return {
      /** @param {string} action */
      act(action) {
        if (action === "next") seek(Math.min(2 * T, moment + 1));
        else if (action === "last") seek(T);
        else if (action === "all") seek(2 * T);
      },
      draw,
      values,
    };
  },
};
