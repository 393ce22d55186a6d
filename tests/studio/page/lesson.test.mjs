/** The lesson's chapters ask for pages that exist. */
import assert from "node:assert/strict";
import { it } from "node:test";

import { CHAPTERS } from "../../../src/throughtime/studio/page/chapters.js";
import { open } from "../../../src/throughtime/studio/page/lesson.js";
import { described } from "../../../src/throughtime/studio/page/cell.js";
import { OUTER_ARRAYS } from "../../../src/throughtime/studio/page/numbers.js";
import { traceOf } from "./fixtures.mjs";

/** What a chapter does to the page, in order. */
function opened(chapter, hello, settings = {}) {
  const done = [];
  const act = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...given) =>
          done.push([name, ...given]),
    },
  );
  open(chapter, { hello, settings }, act);
  return done;
}

it("has eight chapters of a few sentences", () => {
  assert.equal(CHAPTERS.length, 8);
  for (const { text, look } of CHAPTERS) assert.ok([...text, look].join(" ").split(" ").length < 150);
});

it("chooses cells that the chapter's network has", () => {
  for (const { page } of CHAPTERS) {
    const { settings, selection } = page;
    const T = settings.task === "recall" ? settings.gap + 1 : settings.bits;
    const isOfCell = described(traceOf({ cell: settings.cell })).has(selection.array);
    assert.ok(isOfCell || [...OUTER_ARRAYS, "U"].includes(selection.array));
    assert.ok(selection.t < T && selection.unit < (selection.array === "U" ? settings.hidden ** 2 : settings.hidden));
    assert.ok(page.moment(T) >= 0 && page.moment(T) <= 2 * T + 2);
  }
});

it("sets the page: the network, its updates in messages of at most 1000, the example, the cell, the moment", () => {
  const { page } = CHAPTERS[7];
  assert.deepEqual(opened(8, {}), [
    ["chapter", 8],
    ["change", page.settings],
    ["send", { type: "step", count: 1000 }],
    ["send", { type: "step", count: 1000 }],
    ["send", { type: "example", operands: ["107", "27"] }],
    ["select", page.selection],
    ["seek", 18],
  ]);
});

it("asks nothing of a server that an exported page has not", () => {
  const { settings } = CHAPTERS[1].page;
  assert.deepEqual(
    opened(2, null, settings).map(([name]) => name),
    ["chapter", "select", "seek"],
  );
  assert.deepEqual(opened(2, null, { ...settings, cell: "gru" }), [["chapter", 2]]);
});
