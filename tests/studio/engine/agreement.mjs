/**
 * Every number of the browser's engine against Python's: traces, gradients, updates. FOLDER holds the modules and
 * cases.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

const folder = process.env.FOLDER;
const [{ cells }, { Network }, { traceOf }, { Trainer }] = await Promise.all(
  ["cells.js", "network.js", "trace.js", "training.js"].map((name) => import(`${folder}/${name}`)),
);
const CASES = JSON.parse(readFileSync(`${folder}/cases.json`, "utf8"));
const BOUND = 1e-12;

/** The greatest difference of two arrays, relative to the greatest number of the second. */
function difference(found, expected) {
  const [a, b] = [[found].flat(9), [expected].flat(9)];
  assert.equal(a.length, b.length);
  const scale = Math.max(1e-300, ...b.map(Math.abs));
  return Math.max(0, ...b.map((value, k) => Math.abs(a[k] - value) / Math.max(scale, 1e-3)));
}

function same(found, expected, what) {
  const greatest = difference(found, expected);
  assert.ok(greatest <= BOUND, `${what} differs by ${greatest}`);
}

for (const { name, cell, trace, parameters, batch, loss, gradient, training } of CASES) {
  const create = () => new Network(cells[cell], trace.specification, parameters, "glorot");
  const flat = ({ x, y, T, B }) => ({ x: Float64Array.from(x), y: Float64Array.from(y), T, B });
  describe(name, () => {
    it("traces", () => {
      const found = traceOf(create(), trace.x[0], trace.d[0], { mask: [trace.mask].flat(2), reach: true });
      assert.deepEqual(Object.keys(found).sort(), Object.keys(trace).sort());
      for (const key of ["format", "version", "specification", "cell", "lengths"])
        assert.deepEqual(found[key], trace[key]);
      for (const key of ["loss", "x", "d", "mask", "net_y", "y", "error", "delta_y", "reach"])
        same(found[key], trace[key], key);
      for (const vector of ["parameters", "gradient"]) {
        assert.deepEqual(Object.keys(found[vector]), Object.keys(trace[vector]));
        for (const key of Object.keys(trace[vector])) same(found[vector][key], trace[vector][key], `${vector} ${key}`);
      }
      trace.layers.forEach((layer, k) => {
        assert.deepEqual(Object.keys(found.layers[k]), Object.keys(layer));
        for (const [key, value] of Object.entries(layer))
          if (typeof value === "object") same(found.layers[k][key], value, `${key} of layer ${k}`);
          else assert.equal(found.layers[k][key], value);
      });
    });
    it("gives gradients of batches", () => {
      const found = create().gradient(flat(batch));
      same(found.loss, loss, "loss");
      same(Array.from(found.gradient), gradient, "gradient");
    });
    it("steps through a sequence as it predicts it", () => {
      const net = create();
      const { x, T, B } = flat(batch);
      const y = net.predict({ x, T, B });
      const state = net.begin(B);
      const I = x.length / T / B;
      for (let t = 0; t < T; t++) {
        const now = net.step(state, x.subarray(t * B * I, (t + 1) * B * I));
        const size = now.length;
        if (y.length > size || t === T - 1)
          same(Array.from(now), Array.from(y.length > size ? y.subarray(t * size, (t + 1) * size) : y), `step ${t}`);
      }
    });
    it("trains", () => {
      const net = create();
      const trainer = new Trainer(net, { sample: () => null }, training.settings);
      for (const batch of training.batches) trainer.take(flat(batch));
      same(Array.from(net.parameters), training.parameters, "parameters");
    });
    it("agrees with central differences, with noise on its states too", () => {
      const net = create();
      const given = flat(training.batches[0]);
      const settings = {
        ...training.settings,
        noise: 0.3,
        seed: 5,
        clip: 0,
        cell_penalty: 0,
        weight_decay: 0,
        update: "per batch",
      };
      settings.optimizer = { name: "gradient-descent", learning_rate: 0 };
      const trainer = new Trainer(net, { sample: () => null }, settings);
      const lossAt = (k, value) => {
        const before = net.parameters[k];
        net.parameters[k] = value;
        trainer.step = 3; // the same noise
        const { loss } = trainer.take(given);
        net.parameters[k] = before;
        return loss;
      };
      lossAt(0, net.parameters[0]);
      const gradient = trainer.gradient.slice();
      const scale = Math.max(0.1, ...gradient.map(Math.abs));
      for (let k = 0; k < gradient.length; k += 1 + (gradient.length >> 5)) {
        const at = net.parameters[k];
        const slope = (lossAt(k, at + 1e-5) - lossAt(k, at - 1e-5)) / 2e-5;
        assert.ok(Math.abs(slope - gradient[k]) < 1e-6 * scale, `parameter ${k}: ${slope} and ${gradient[k]}`);
      }
    });
  });
}
