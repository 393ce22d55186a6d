/**
 * The network of a certificate: its operations and weights, one step of sets of states, and what a step may be off by.
 */
import { combined, exact, FUNCTIONS, OPERATIONS, point, product, size, sum, times, weighed, zeros } from "./forms.js";
import { down, up } from "./bounds.js";
import { ARITY, DTYPES, list, need, read, whole } from "./reading.js";

/** @typedef {import("./forms.js").Form} Form */
/** @typedef {{op: string, of: number[], name: string, value: number}} Operation */
/** @typedef {{rows: Float64Array[]}} Matrix transposed: a row for each unit */
/** @typedef {Map<number, any>[]} Known what was computed of each layer */

/** What is done to coordinates, where states have K numbers; `worst` is what a state or net_y is off by. */
export class Arithmetic {
  /** @param {string} dtype @param {number} epsilon @param {number} K */
  constructor(dtype, epsilon, K) {
    const [bits, normal] = DTYPES[dtype];
    this.K = K;
    this.epsilon = epsilon;
    this.worst = 0;
    this.u = 2 ** -bits;
    this.tiny = 2 ** -normal;
  }

  /** The sum, once it is computed. @param {Form} a @returns {Form} */
  rounded(a) {
    if (a.k === 0) return a;
    need(a.k * this.u < 0.5 && a.s * this.tiny < 0.5, "a step may overflow");
    const gamma = up((a.k * this.u) / down(1 - a.k * this.u));
    const e = sum(a.e, times(gamma, a.s), 3 * a.k * this.tiny);
    return { x: a.x, own: a.own, s: sum(size(a), e), e, k: 0 };
  }

  /** M times a column of coordinates. @param {Matrix} M @param {Form[]} column @returns {Form[]} */
  product(M, column) {
    const of = column.map((a) => this.rounded(a));
    const [s, e] = [of.map((a) => a.s), of.map((a) => a.e)];
    return product(M.rows, of).map(({ x, own }, i) => {
      const row = M.rows[i];
      return { x, own, s: weighed(row, s), e: weighed(row, e), k: of.length };
    });
  }

  /** The operation on one coordinate. @param {string} op @param {Form[]} given @returns {Form} */
  do(op, given) {
    const of = op === "+" || op === "-" ? given : given.map((a) => this.rounded(a));
    const operation = /** @type {(...sets: any[]) => import("./forms.js").Set} */ (
      OPERATIONS[/** @type {keyof OPERATIONS} */ (op)]
    );
    const [set, a, b] = [operation(...of), of[0], of[of.length - 1]];
    if (op === "+" || op === "-")
      return { x: set.x, own: set.own, s: sum(a.s, b.s), e: sum(a.e, b.e), k: a.k + b.k + 1 };
    if (op === "*")
      return { x: set.x, own: set.own, s: times(a.s, b.s), e: sum(times(a.s, b.e), times(b.s, a.e)), k: 1 };
    if (op === "blend") {
      // as (1 − w) x + w y
      const less = combined([
        [1, point(1)],
        [-1, a],
      ]);
      const v = this.rounded({ ...less, s: sum(1, a.s), e: a.e, k: 1 });
      const x = of[1];
      const e = sum(times(v.s, x.e), times(x.s, v.e), times(a.s, b.e), times(b.s, a.e));
      return { x: set.x, own: set.own, s: sum(times(v.s, x.s), times(a.s, b.s)), e, k: 3 };
    }
    const f = /** @type {keyof FUNCTIONS} */ (op in FUNCTIONS ? op : "relu"); // else neg, minimum or maximum
    const { steepest, units, most } = FUNCTIONS[f];
    const e = sum(times(steepest, Math.max(a.e, b.e)), units * this.u);
    return { x: set.x, own: set.own, s: sum(Math.min(size(set), most), e), e, k: 0 };
  }

  /** Coordinates of the state: what reads them reads what is computed. @param {Form[]} of @returns {Form[]} */
  state(of) {
    this.off(of);
    return of.map(({ x, own }) => exact({ x, own: sum(own, this.epsilon) }));
  }

  /** Notes what these are off by, once they are computed. @param {Form[]} of */
  off(of, more = 0) {
    for (const a of of) this.worst = Math.max(this.worst, sum(this.rounded(a).e, more));
  }

  /**
   * What each is off by on its own as one of the numbers that all that reads it has in common, at places free from
   * `at`.
   * @param {Form[]} of @param {number} at @returns {Form[]}
   */
  shared(of, at) {
    return of.map((a, j) => {
      const x = zeros(this.K + at + j + 1);
      x.set(a.x);
      x[this.K + at + j] = a.own;
      return { ...a, x, own: 0 };
    });
  }
}

export class Network {
  /** Rejected, unless operations and weights fit together. @param {any} network @param {number[]} weights */
  constructor(network, weights) {
    const { step, inputs: I, hidden: H, outputs: O, layers: L, bias } = network;
    this.cell = step;
    this.H = H;
    this.bias = bias;
    /** @type {Operation[]} */
    this.all = step.operations;
    /** @type {Map<number, string>} */
    this.matrices = this.valid();
    /** By their places: w, x and y of each (1 − w) x + w y. @type {Map<number, number[]>} */
    this.blends = new Map();
    this.all.forEach((_, at) => {
      const found = this.blend(at);
      if (found) this.blends.set(at, found);
    });
    /** @type {number[][]} */
    this.reads = this.all.map((o, at) => this.blends.get(at) ?? o.of);
    /** @type {number[]} */
    this.after = step.after;
    this.take(weights, step.blocks, I, O, L);

    const uses = new Map();
    const todo = [...this.after];
    const use = (/** @type {number} */ at) => uses.set(at, (uses.get(at) ?? 0) + 1);
    this.after.forEach(use);
    while (todo.length > 0)
      for (const at of this.reads[/** @type {number} */ (todo.pop())]) {
        if (!uses.has(at)) todo.push(at);
        use(at);
      }
    /** What is computed; what of it depends on x. @type {number[]} */
    this.order = [...uses.keys()].sort((a, b) => a - b);
    this.moving = new Set();
    for (const at of this.order)
      if (this.all[at].op === "x" || this.reads[at].some((i) => this.moving.has(i))) this.moving.add(at);
    /** Where what a value is off by is shared, as it is read twice: by layer and place. @type {Map<string, number>} */
    this.share = new Map();
    for (let l = 0; l < L; l++)
      for (const at of this.order)
        if (ARITY[this.all[at].op] && (uses.get(at) > 1 || (l + 1 < L && at === this.after[0])))
          this.share.set(`${l} ${at}`, this.share.size * H);
    this.values = L * H * this.order.length;
    const products = this.order.filter((at) => this.all[at].op === "@").length;
    this.work = this.values + H * (L * products * Math.max(I, H) + O);
  }

  /** What the matrices, by their places, multiply: x or h; Rejected if an operation cannot be done. */
  valid() {
    const { all } = this;
    const { states, name, after } = this.cell;
    const kinds = all.map((o) => (o.op === "x" ? "x" : "h"));
    need(all.length > 0 && all.length <= 1000 && name !== "" && !states.includes(""), "step: expected a cell");
    all.forEach((o, at) => read(o.of, list(whole(0, at - 1), ARITY[o.op]), `operation ${at}`));
    const matrices = new Map(all.filter((o) => o.op === "@").map((o) => [o.of[1], kinds[o.of[0]]]));
    all.forEach((o, at) => {
      const [x, M] = o.of;
      const fits =
        o.op === "@"
          ? all[M].op === "parameter" && !matrices.has(x) && matrices.get(M) === kinds[x]
          : !o.of.some((i) => matrices.has(i) || kinds[i] === "x") && (o.op !== "state" || states.includes(o.name));
      need(fits, `operation ${at}: ${o.op} cannot be done to this`);
    });
    read(after, list(whole(0, all.length - 1), states.length), "after");
    need(
      after.every((/** @type {number} */ at) => all[at].of.length > 0),
      "step: a state that is not computed",
    );
    const different = new Set(states).size === states.length && new Set(after).size === states.length;
    need(different && states.length > 0, "step: two states that are one");
    return matrices;
  }

  /** w, x, y, if this is (1 − w) x + w y in any order, and its parts are no states; else null. @param {number} at */
  blend(at) {
    const { all } = this;
    if (all[at].op !== "+") return null;
    const both = (/** @type {number[]} */ [a, b]) => [
      [a, b],
      [b, a],
    ];
    for (const [first, second] of both(all[at].of)) {
      const [p, q] = [all[first], all[second]];
      if (p.op !== "*" || q.op !== "*") continue;
      for (const [rest, x] of both(p.of))
        for (const [w, y] of both(q.of)) {
          const { op, of } = all[rest];
          if (op === "-" && of[1] === w && all[of[0]].op === "number" && all[of[0]].value === 1)
            return [first, second, rest].some((part) => this.cell.after.includes(part)) ? null : [w, x, y];
        }
    }
    return null;
  }

  /**
   * Lays out the weights, block by block.
   * @param {number[]} weights @param {string[][]} blocks @param {number} I @param {number} O @param {number} L
   */
  take(weights, blocks, I, O, L) {
    const { H, all, bias } = this;
    const named = all.map((o, at) => /** @type {const} */ ([o, at])).filter(([o]) => o.op === "parameter");
    const kind = new Map(named.map(([o, at]) => [o.name, this.matrices.get(at) ?? "vector"]));
    const listed = blocks.flat();
    const same =
      listed.length === kind.size && new Set(listed).size === kind.size && listed.every((name) => kind.has(name));
    need(kind.size === named.length && same, "step: parameters and blocks differ");
    need(
      blocks.every((block) => new Set(block.map((name) => kind.get(name))).size === 1),
      "step: a block of different shapes",
    );
    const height = (/** @type {string} */ name, /** @type {number} */ layer) =>
      kind.get(name) === "vector" ? 1 : kind.get(name) === "x" && layer === 0 ? I : H;
    const [first, above] = [0, 1].map((layer) => listed.reduce((total, name) => total + height(name, layer) * H, 0));
    const total = first + (L - 1) * above + (H + Number(bias)) * O;
    need(total === weights.length && listed.length > 0, `weights: expected ${total}`);
    let at = 0;
    const columns = (/** @type {number} */ rows, /** @type {number} */ width) => {
      const from = at;
      at += rows * width;
      return Array.from({ length: width }, (_, j) =>
        Float64Array.from({ length: rows }, (_, i) => weights[from + i * width + j]),
      );
    };
    /** @type {Map<string, Matrix>[]} */
    this.layers = Array.from({ length: L }, (_, layer) => {
      const parameters = new Map();
      for (const block of blocks) {
        const rows = columns(height(block[0], layer), block.length * H);
        block.forEach((name, k) => parameters.set(name, { rows: rows.slice(k * H, (k + 1) * H) }));
      }
      return parameters;
    });
    /** @type {Matrix} */
    this.W = { rows: columns(H, O) };
    this.b_y = bias ? columns(1, O).map(([b]) => b) : Array(O).fill(0);
  }

  /**
   * The states after x, and net_y; `known` has, after the first step from these states, what no x changes.
   * @param {Arithmetic} how @param {Form[]} before @param {Form[]} x @param {Known} known @returns {[Form[], Form[]]}
   */
  step(how, before, x, known) {
    const { H } = this;
    /** @type {Form[]} */
    const found = [];
    let from = 0;
    this.layers?.forEach((parameters, l) => {
      const states = new Map();
      for (const name of this.cell.states) states.set(name, before.slice(from, (from += H)));
      const values = (known[l] ??= new Map());
      for (const at of this.order) {
        if (values.has(at) && !this.moving.has(at)) continue;
        let value = this.value(how, at, states, x, values, parameters);
        if (this.after.includes(at)) value = how.state(value);
        const share = this.share.get(`${l} ${at}`);
        values.set(at, share === undefined ? value : how.shared(value, share));
      }
      x = values.get(this.after[0]);
      for (const at of this.after) found.push(...values.get(at));
    });
    const net_y = how.product(/** @type {Matrix} */ (this.W), x);
    return [found, net_y.map((y, k) => how.do("+", [y, exact(point(/** @type {number[]} */ (this.b_y)[k]))]))];
  }

  /**
   * One operation, of all units.
   * @param {Arithmetic} how @param {number} at @param {Map<string, Form[]>} states @param {Form[]} x
   * @param {Map<number, any>} values @param {Map<string, Matrix>} parameters @returns {any}
   */
  value(how, at, states, x, values, parameters) {
    const o = this.all[at];
    const of = this.reads[at].map((i) => values.get(i));
    if (o.op === "x") return x;
    if (o.op === "state") return states.get(o.name);
    if (o.op === "number") return Array(this.H).fill({ ...point(o.value), s: Math.abs(o.value), e: 0, k: 1 });
    if (o.op === "parameter") {
      const M = /** @type {Matrix} */ (parameters.get(o.name));
      return this.matrices.has(at) ? M : M.rows.map(([v]) => exact(point(v)));
    }
    if (o.op === "@") return how.product(of[1], of[0]);
    const op = this.blends.has(at) ? "blend" : o.op;
    return of[0].map((/** @type {Form} */ _, /** @type {number} */ j) =>
      how.do(
        op,
        of.map((column) => column[j]),
      ),
    );
  }
}
