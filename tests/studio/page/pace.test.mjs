/** The speed of the training follows what is learned. */
import assert from "node:assert/strict";
import { it } from "node:test";

import { PACES, updatesFor } from "../../../src/throughtime/studio/page/pace.js";

const at = (right) => ({ exact: { right, checked: 100 } });

it("is slow while 5 to 95 % of the sequences are right", () => {
  const [before, from, most, after] = [4, 5, 94, 95].map((right) => updatesFor("by itself", at(right)));
  assert.ok(from < before && from < after);
  assert.equal(from, most);
});

it("is quick where nothing can be counted", () => {
  assert.equal(updatesFor("by itself", { exact: null }), updatesFor("by itself", at(100)));
  assert.equal(updatesFor("by itself", null), updatesFor("by itself", at(100)));
});

it("is what was chosen", () => {
  for (const pace of PACES.slice(1)) assert.equal(updatesFor(pace, at(50)), pace);
});
