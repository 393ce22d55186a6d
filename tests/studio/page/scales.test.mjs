/** Colours keep the order of the values, differ in lightness too, and numbers are written for people. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  channelsOf,
  format,
  greatest,
  ink,
  percent,
  place,
  scaleOf,
} from "../../../src/throughtime/studio/page/scales.js";
import { traceOf } from "./fixtures.mjs";

const elman = traceOf({ cell: "elman", activation: "sigmoid" });

/** Relative luminance as in WCAG 2.2. */
function luminance([r, g, b]) {
  const linear = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}
const hex = (text) => [1, 3, 5].map((k) => parseInt(text.slice(k, k + 2), 16));

describe("colours", () => {
  it("stand where the value stands", () => {
    assert.equal(place({ kind: "unit", greatest: 1 }, 0.25), 0.25);
    assert.equal(place({ kind: "signed", greatest: 2 }, -2), 0);
    assert.equal(place({ kind: "signed", greatest: 2 }, 0), 0.5);
    assert.equal(place({ kind: "delta", greatest: 4 }, 1), 0.75);
    assert.equal(place({ kind: "delta", greatest: 4 }, 100), 1);
    assert.equal(place({ kind: "signed", greatest: 1 }, NaN), 0.5);
  });

  for (const theme of ["light", "dark"]) {
    for (const kind of ["unit", "signed", "delta"]) {
      it(`${kind}, ${theme}: lightness alone tells how large a value is`, () => {
        const scale = { kind, greatest: 1 };
        for (const sign of kind === "unit" ? [1] : [1, -1]) {
          const lights = Array.from({ length: 21 }, (_, k) => luminance(channelsOf(scale, (sign * k) / 20, theme)));
          for (let k = 1; k < lights.length; k++) {
            assert.ok(theme === "light" ? lights[k] < lights[k - 1] : lights[k] > lights[k - 1], `${sign} ${k}`);
          }
        }
      });

      it(`${kind}, ${theme}: text on a colour has a contrast of at least 4.5`, () => {
        const scale = { kind, greatest: 1 };
        for (let k = -50; k <= 50; k++) {
          const [light, dark] = [
            luminance(channelsOf(scale, k / 50, theme)),
            luminance(hex(ink(scale, k / 50, theme))),
          ].sort((a, b) => b - a);
          assert.ok((light + 0.05) / (dark + 0.05) >= 4.5, `${k / 50}: ${(light + 0.05) / (dark + 0.05)}`);
        }
      });
    }
  }
});

describe("scales", () => {
  it("are fixed where values are bounded", () => {
    assert.deepEqual(scaleOf(elman, "h", [0.1]), { kind: "unit", greatest: 1 });
    assert.deepEqual(scaleOf(traceOf({ cell: "elman", activation: "tanh" }), "h_0", [0.1]), {
      kind: "signed",
      greatest: 1,
    });
    assert.deepEqual(scaleOf(traceOf({ cell: "lstm" }), "f", [0.1]), { kind: "unit", greatest: 1 });
    assert.deepEqual(scaleOf(traceOf({ cell: "lstm" }), "C_tilde", [0.1]), { kind: "signed", greatest: 1 });
    assert.deepEqual(scaleOf(traceOf({ cell: "elman", readout: "identity" }), "y", [0.3, -7]), {
      kind: "signed",
      greatest: 10,
    });
    for (const of of ["lstm", "gru"])
      assert.deepEqual(scaleOf(traceOf({ cell: of }), "h", [0.1]), { kind: "signed", greatest: 1 });
    assert.deepEqual(scaleOf(traceOf({ cell: "lstm" }), "C", [0.1, -3]), { kind: "signed", greatest: 5 });
    assert.deepEqual(scaleOf(traceOf({ cell: "elman", activation: "relu" }), "h", [3]), {
      kind: "signed",
      greatest: 5,
    });
  });

  it("else reach to the greatest value, rounded up to 1, 2 or 5", () => {
    assert.deepEqual(scaleOf(elman, "delta_h", [0.0013, -0.0031, 0]), { kind: "delta", greatest: 0.005 });
    for (const [most, wanted] of [
      [0.2, 0.2],
      [0.21, 0.5],
      [51, 100],
      [0, 1],
      [1e-300, 1e-300],
    ]) {
      assert.ok(Math.abs(greatest([most, -most / 2]) / wanted - 1) < 1e-12, `${most}`);
    }
    assert.equal(greatest([NaN, Infinity, 3]), 5);
  });
});

it("numbers are written for people", () => {
  const cases = [
    [0, "0"],
    [-0.5, "−0.5"],
    [0.17654321, "0.1765"],
    [-3, "−3"],
    [1.2345e-7, "1.23·10⁻⁷"],
    [6.02e23, "6.02·10²³"],
    [NaN, "not a number"],
    [-Infinity, "−∞"],
  ];
  for (const [value, text] of cases) assert.equal(format(value), text);
});

describe("shares", () => {
  it("are 100 % only where all are meant", () => {
    assert.deepEqual(
      [1, 0, 0.5, 127 / 128].map((share) => percent(share)),
      ["100 %", "0 %", "50 %", "99.22 %"],
    );
    assert.deepEqual(
      [31999 / 32000, 0.99996].map((share) => percent(share)),
      ["> 99.99 %", "> 99.99 %"],
    );
    assert.equal(percent(0.9996, 3), "> 99.9 %");
    assert.notEqual(percent(1e-9), "0 %");
  });
});
