/**
 * The second proof checker: its bounds hold, and its verdicts are those of proof.checker. FOLDER holds modules, cases.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

const folder = process.env.FOLDER;
const load = (name) => import(`${folder}/checker/${name}.js`);
const { down, exp, sigmoid, tanh, up } = await load("bounds");
const { check } = await load("check");
const { blend, combined, curve, ends, point, product: times, weighed } = await load("forms");
const { sha256 } = await load("reading");
const { Random } = await import(`${folder}/random.js`);
const read = (name) =>
  readFileSync(`${folder}/${name}`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

const random = new Random(1);
const any = () => random.normal() * 2 ** (random.below(60) - 40);
const setOf = (length) => ({ x: Float64Array.from({ length }, any), own: Math.abs(any()) });

/** A double as a whole number of 2⁻⁴⁰⁰: sums and products of such are exact. */
function exact(value) {
  let power = 0;
  while (value !== 0 && !Number.isInteger(value)) [value, power] = [value * 2, power + 1];
  return BigInt(value) << BigInt(400 - power);
}
const product = (a, b) => (a * b) >> 400n; // the last place is 2⁻⁴⁰⁰
const size = (a) => (a < 0n ? -a : a);
const SLACK = 1n << 60n; // 2⁻³⁴⁰

describe("bounds", () => {
  const FUNCTIONS = { exp, sigmoid, tanh };
  for (const [name, points] of Object.entries(read("bounds.json")[0]))
    it(`hold ${name} everywhere, and are narrow`, () => {
      for (const [x, below, above] of points) {
        const [low, high] = FUNCTIONS[name](x);
        assert.ok(low <= below && above <= high, `${name}(${x}): ${low}, ${high}, but it is in ${below}, ${above}`);
        const one = name === "exp" ? Math.max(below, 2 ** -1000) : Math.max(Math.abs(below), 0.05);
        assert.ok(high - low <= 60 * 2 ** -52 * one, `${name}(${x}) is only known within ${(high - low) / one}`);
      }
    });

  it("step to the next double or beyond", () => {
    const view = new DataView(new ArrayBuffer(8));
    for (let k = 0; k < 20000; k++) {
      view.setInt32(0, random.bits());
      view.setInt32(4, random.bits());
      const x = k < 3 ? [0, 5e-324, -5e-324][k] : view.getFloat64(0);
      if (!Number.isFinite(x)) continue;
      assert.ok(up(x) > x && down(x) < x);
      assert.ok(up(x) - x <= 2.01 * (Math.abs(x) * 2 ** -52 + 5e-324));
    }
    assert.equal(up(Infinity), Infinity);
    assert.ok(Number.isNaN(up(NaN)));
  });

  it("are not there for what is no number, and then nothing is accepted", () => {
    assert.ok([exp, sigmoid, tanh].every((f) => f(NaN).every(Number.isNaN)));
    assert.deepEqual(sigmoid(-Infinity)[0], 0);
    assert.ok(sigmoid(Infinity)[0] > 1 - 1e-15 && tanh(-Infinity)[1] < -1 + 1e-15);
  });
});

describe("sets", () => {
  it("hold sums, to the last bit", () => {
    for (let k = 0; k < 2000; k++) {
      const parts = Array.from({ length: 1 + random.below(4) }, () => [any(), setOf(1 + random.below(4))]);
      const result = combined(parts);
      let off = 0n;
      result.x.forEach((value, place) => {
        const right = parts.reduce((sum, [factor, { x }]) => sum + product(exact(factor), exact(x[place] ?? 0)), 0n);
        off += size(right - exact(value));
      });
      for (const [factor, { own }] of parts) off += product(size(exact(factor)), exact(own));
      assert.ok(off <= exact(result.own) + SLACK);
      const [low, high] = ends(result);
      const reach = result.x.reduce((sum, value, place) => sum + (place ? size(exact(value)) : 0n), exact(result.own));
      assert.ok(exact(low) <= exact(result.x[0]) - reach && exact(high) >= exact(result.x[0]) + reach);
    }
  });

  it("hold a matrix times sets, to the last bit", () => {
    for (let k = 0; k < 1000; k++) {
      const sets = Array.from({ length: 1 + random.below(6) }, () => setOf(1 + random.below(4)));
      const rows = [0, 1].map(() => Float64Array.from(sets, any));
      times(rows, sets).forEach((result, i) => {
        let off = 0n;
        result.x.forEach((value, place) => {
          const right = sets.reduce((sum, { x }, j) => sum + product(exact(rows[i][j]), exact(x[place] ?? 0)), 0n);
          off += size(right - exact(value));
        });
        sets.forEach(({ own }, j) => (off += product(size(exact(rows[i][j])), exact(own))));
        assert.ok(off <= exact(result.own) + SLACK);
      });
    }
  });

  it("hold weighed sums, to the last bit", () => {
    for (let k = 0; k < 3000; k++) {
      const numbers = Array.from({ length: 1 + random.below(9) }, () => Math.abs(any()));
      const row = Float64Array.from(numbers, any);
      const right = numbers.reduce((sum, number, j) => sum + product(size(exact(row[j])), exact(number)), 0n);
      assert.ok(right <= exact(weighed(row, numbers)));
    }
  });

  it("hold every point of a blend", () => {
    for (let k = 0; k < 3000; k++) {
      const [w, x, y] = [setOf(1 + random.below(4)), setOf(1 + random.below(4)), setOf(1 + random.below(4))];
      const result = blend(w, x, y);
      const e = Array.from({ length: 4 }, () => BigInt(random.below(3) - 1));
      const at = ({ x, own }, side) => x.reduce((sum, v, i) => sum + exact(v) * (i ? e[i] : 1n), exact(own) * side);
      const [a, b, c] = [w, x, y].map((set) => at(set, BigInt(random.below(3) - 1)));
      const right = product((1n << 400n) - a, b) + product(a, c);
      assert.ok(size(right - at(result, 0n)) <= exact(result.own) + SLACK);
    }
  });

  it("hold every point of a curve", () => {
    const functions = {
      sigmoid: (z) => 1 / (1 + Math.exp(-z)),
      tanh: Math.tanh,
      relu: (z) => Math.max(z, 0),
    };
    for (const [name, f] of Object.entries(functions))
      for (let k = 0; k < 1500; k++) {
        const [c, r] = [3 * random.normal(), 10 ** (9.3 * random.uniform() - 8)];
        const { x, own } = curve(name, { x: Float64Array.of(c, r), own: 0 });
        let widest = 0;
        for (let j = 0; j <= 60; j++) {
          const e = j / 30 - 1;
          const off = Math.abs(f(c + r * e) - x[0] - x[1] * e);
          assert.ok(off <= own + 1e-15, `${name} of ${c} ± ${r} at ${e}: ${off} and ${own}`);
          widest = Math.max(widest, off);
        }
        assert.ok(own <= 1.1 * widest + 1e-13 * (1 + r), `${name} of ${c} ± ${r}: ${own}, but ${widest} would do`);
      }
    assert.deepEqual(ends(curve("relu", point(-1))).map(Math.round), [-0, 0]);
  });
});

it("hashes as others do", () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 1000]) {
    const bytes = Uint8Array.from({ length }, () => random.below(256));
    assert.equal(sha256(bytes), createHash("sha256").update(bytes).digest("hex"));
  }
});

describe("verdicts", () => {
  const near = (a, b) => Math.abs(a - b) <= 1e-8 * (1 + Math.abs(b));
  it("are those of proof.checker, on good certificates and on changed ones", () => {
    const [counts, imprecise] = [{ accepted: 0, rejected: 0 }, []];
    for (const { text, verdict } of read("certificates.jsonl")) {
      const own = check(text);
      if (!verdict.accepted) {
        assert.ok(!own.accepted, `accepted what is rejected: ${verdict.reason}`);
        assert.ok(own.reason.length < 500 && !own.reason.includes("\n"));
        counts.rejected++;
      } else if (own.accepted) {
        counts.accepted++;
        assert.deepEqual([own.sets, own.images, own.claim], [verdict.sets, verdict.images, verdict.claim]);
        for (const name of ["margin", "reach"]) assert.ok(near(own[name], verdict[name]), name);
        assert.ok(Math.abs(own.rounding / verdict.rounding - 1) < 1e-9);
      } else imprecise.push(own.reason);
    }
    console.log(JSON.stringify({ ...counts, imprecise }));
    assert.ok(counts.accepted > 10 && counts.rejected > 10);
    assert.ok(imprecise.length <= 0.01 * counts.accepted, imprecise.join("; "));
  });

  it("keep to their budget, and say what is no certificate", () => {
    const { text } = read("certificates.jsonl")[0];
    assert.deepEqual(check(text, { budget: 1 }).accepted, false);
    assert.match(check(text, { budget: 1 }).reason, /more work than its budget/);
    for (const wrong of ["", "{", "[]", "null", "1", '{"format": "throughtime proof"}', "[".repeat(1e5)])
      assert.equal(check(wrong).accepted, false);
    const endless = text.replace('"epsilon": "', `"epsilon": "0x${"0".repeat(1e6)}`);
    assert.match(check(endless).reason, /expected a hexadecimal number, got 10000\d\d characters/); // at once
    const told = [];
    check(text, { tick: (done, of) => told.push([done, of]) });
    assert.ok(told.length > 1 && told.every(([done, of]) => done < of));
  });
});
