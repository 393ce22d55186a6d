/** Chapter 5: the forward pass of one example, step by step, beside the sum on paper. */
import { addition } from "../engine/tasks.js";
import { traceOf } from "../engine/trace.js";
import { format } from "../scales.js";
import { paper } from "./paper.js";
import { BEGUN } from "./tools.js";
import { cellOf, steps, valuesOf, walk } from "./walk.js";

const T = 8;
const EXAMPLES = [
  [107, 27],
  [53, 75],
  [100, 27],
];
/** The next of them. @param {number[]} numbers */
const after = ([a]) => EXAMPLES[(EXAMPLES.findIndex(([first]) => first === a) + 1) % EXAMPLES.length];

/** @type {import("./types.d.ts").Chapter} */
export const forward = {
  id: "forward",
  build(root, tools, words) {
    const task = addition({ bits: T });
    const network = tools.begun();
    let [numbers, moment] = [EXAMPLES[0], 0];
    let selection = cellOf("h", 0, 0);
    let sum = task.encode(...numbers);
    let trace = traceOf(network, sum.x, sum.y);
    const table = paper(words, T, "sum", (a, b) => begin([a, b]));
    const rows = /** @type {import("./walk.js").Row[]} */ ([
      { array: "x", pass: "forward", units: 2, height: 20, label: "x" },
      { array: "h", pass: "forward", units: network.specification.hidden, height: 10, label: "h" },
      { array: "y", pass: "forward", units: 1, height: 20, label: "y" },
      { array: "d", pass: "forward", units: 1, height: 20, label: "d" },
      { array: "error", pass: "loss", units: 1, height: 20, label: "E" },
    ]);
    const picture = walk(words, T, rows, (chosen) => {
      selection = chosen;
      changed();
    });
    const walker = steps(words, 0, T, seek);
    root.append(table.table, picture.grid, picture.lines, walker.root);

    /** @param {number[]} with_ */
    function begin(with_) {
      numbers = with_;
      sum = task.encode(...numbers);
      trace = traceOf(network, sum.x, sum.y);
      seek(0);
    }

    /** @param {number} to */
    function seek(to) {
      moment = to;
      if (moment < T) selection = { ...selection, t: moment };
      changed();
    }

    function changed() {
      draw();
      tools.changed();
    }

    function draw() {
      table.show(sum, valuesOf(trace, "y").flat(), Math.min(T, moment + 1));
      picture.show(trace, moment, selection, tools.theme());
      walker.show(moment, values().step);
    }

    function values() {
      const outputs = valuesOf(trace, "y").flat();
      const done = moment === T;
      const now = Math.min(moment, T - 1);
      const wrong = outputs.filter((y, t) => y > 0.5 !== sum.y[t][0] > 0.5).length;
      return {
        step: String(now + 1),
        y: format(outputs[now], 3),
        digit: String(Number(outputs[now] > 0.5)),
        target: String(sum.y[now][0]),
        ...(done && { wrong: String(wrong), loss: format(trace.loss) }),
        updates: String(BEGUN),
        a: String(numbers[0]),
        b: String(numbers[1]),
      };
    }

    return {
      /** @param {string} action */
      act(action) {
        if (action === "next") seek(Math.min(T, moment + 1));
        else if (action === "first") seek(0);
        else if (action === "loss") {
          selection = cellOf("error", T - 1, 0);
          seek(T);
        } else if (action === "output") {
          selection = cellOf("y", Math.min(moment, T - 1), 0);
          changed();
        } else if (action === "other") begin(after(numbers));
      },
      draw,
      values,
    };
  },
};
