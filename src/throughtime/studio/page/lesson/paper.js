/** A sum as on paper: the most significant digit left, carries above, and below the line what the network predicts. */
import { el, set, write } from "../dom.js";
import { filled } from "./exercise.js";

/**
 * @param {Record<string, string>} words names: carry, sum
 * @param {number} T
 * @param {string} [part]
 * @param {(a: number, b: number) => void} [take] takes two numbers of the reader's own, which have a sum of T digits
 */
export function paper(words, T, part, take) {
  const line = (/** @type {string} */ kind) => Array.from({ length: T }, () => el("td", { class: kind }));
  const rows = {
    carry: line("carry"),
    a: line("digit"),
    b: line("digit"),
    y: line("digit answer"),
  };
  const most = 2 ** (T - 1) - 1;
  const head = (/** @type {string} */ name) =>
    take
      ? el("input", { type: "text", inputmode: "numeric", size: 3, autocomplete: "off", "aria-label": words[name] })
      : el("span");
  const heads = { a: head("first"), b: head("second"), y: el("span") };
  const says = el("span", { role: "status" });
  const row = (/** @type {Node[]} */ cells, /** @type {string} */ kind, /** @type {(Node | string)[]} */ ...head) =>
    el("tr", { class: kind }, el("th", { scope: "row" }, ...head), ...[...cells].reverse());
  const table = el(
    "table",
    { class: "paper", "data-part": part, "aria-label": words.sum },
    take ? el("caption", {}, says) : null,
    el(
      "tbody",
      {},
      row(rows.carry, "carries", words.carry),
      row(rows.a, "operand", heads.a),
      row(rows.b, "operand", "+ ", heads.b),
      row(rows.y, "result", "= ", heads.y),
    ),
  );
  const fields = /** @type {HTMLInputElement[]} */ ([heads.a, heads.b]);
  const read = () => {
    const texts = fields.map(({ value }) => value.trim());
    const isWrong = (/** @type {string} */ text) => !/^\d+$/.test(text) || Number(text) > most;
    fields.forEach((field, k) => set(field, { "aria-invalid": isWrong(texts[k]) ? "true" : null }));
    const wrong = texts.find(isWrong);
    write(says, wrong === undefined ? "" : filled(words.refused, { TEXT: wrong.slice(0, 40), MOST: most }));
    if (take && wrong === undefined) take(Number(texts[0]), Number(texts[1]));
  };
  if (take) for (const field of fields) field.addEventListener("input", read);
  return {
    table,
    /**
     * @param {{x: number[][], y: number[][], states: number[]}} sum a word of the task and what is right of it
     * @param {ArrayLike<number> | null} y the outputs (T,), or null before there are any
     * @param {number} [until] how many steps have been read
     */
    show({ x, y: d, states }, y, until = T) {
      const number = (/** @type {number[]} */ bits) => String(bits.reduce((all, bit, t) => all + bit * 2 ** t, 0));
      const digits = Array.from({ length: T }, (_, t) => (y === null || t >= until ? null : Number(y[t] > 0.5)));
      for (let t = 0; t < T; t++) {
        write(rows.carry[t], states[t] ? "1" : "");
        write(rows.a[t], String(x[t][0]));
        write(rows.b[t], String(x[t][1]));
        write(rows.y[t], digits[t] === null ? "·" : String(digits[t]));
        set(rows.y[t], {
          "data-right": digits[t] === null ? null : String(digits[t] === d[t][0]),
        });
        for (const cells of [rows.carry, rows.a, rows.b, rows.y])
          set(cells[t], { "data-here": t === until - 1 && until < T });
      }
      fields.forEach((field, k) => {
        const text = number(x.map((bits) => bits[k]));
        if (!take) write(field, text);
        else if (document.activeElement !== field) {
          field.value = text;
          set(field, { "aria-invalid": null });
        }
      });
      if (!fields.some((field) => field.matches("[aria-invalid]"))) write(says, "");
      write(heads.y, until < T || y === null ? "?" : number(/** @type {number[]} */ (digits)));
    },
  };
}

/**
 * A word, and one more step for its last carry, on paper as a network adds it: the table, the sum, and the step of the
 * first wrong digit.
 * @param {Record<string, string>} words
 * @param {import("../engine/tasks.js").MachineTask} task
 * @param {number[]} word
 * @param {import("../engine/network.js").Network} network
 */
export function added(words, task, word, network) {
  const sum = task.run([...word, 0]);
  const T = sum.x.length;
  const y = network.predict({ x: Float64Array.from(sum.x.flat()), T, B: 1 });
  const { table, show } = paper(words, T, "wrong");
  show(sum, y);
  return { table, sum, wrong: sum.y.findIndex(([bit], t) => y[t] > 0.5 !== bit > 0.5) };
}
