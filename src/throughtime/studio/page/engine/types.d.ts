/** What the engine's modules hand to one another. */
import type { CellJSON, SpecificationJSON } from "../types.d.ts";

export type { TraceJSON } from "../types.d.ts";

/** The fields of a NetworkSpecification, as a trace has them; layer_norm and step are left out where they are nothing. */
export type Specification = Omit<SpecificationJSON, "layer_norm" | "step"> & Partial<SpecificationJSON>;

/** A block of parameters side by side: matrices (K,n·H) or (H,n·H), or vectors (n·H); the names of their views. */
export interface CellBlock {
  kind: "x" | "h" | "weight" | "bias";
  names: string[];
}

/** A cell as `throughtime.bridges.javascript` writes it. What stands where, `rows.py` says there. */
export interface Cell {
  name: string;
  /** How many there are of each. */
  states: number;
  slots: number;
  deltas: number;
  /** The slots that products of x are summed up in, in the order of the parameters. */
  read_by: number[];
  blocks: CellBlock[];
  /** Between which numbers parameters begin, where the cell says so. */
  start: Record<string, [number, number]>;
  /** What a trace calls the arrays, see `trace/layer.py`. */
  arrays: { firsts: string[]; slots: string[]; states: string[]; d_states: string[]; deltas: string[]; all: string[] };
  description: CellJSON;
  /** The products of x, of all steps at once. */
  read(
    rows: number,
    K: number,
    H: number,
    x: Float64Array,
    parameters: Float64Array,
    at: number[],
    gates: Float64Array,
  ): void;
  step(
    B: number,
    H: number,
    parameters: Float64Array,
    at: number[],
    weightsAt: number,
    biases: Float64Array,
    biasesAt: number,
    gates: Float64Array,
    gatesAt: number,
    before: Float64Array,
    beforeAt: number,
    after: Float64Array,
    afterAt: number,
    stride: number,
  ): void;
  back(
    B: number,
    H: number,
    parameters: Float64Array,
    at: number[],
    weightsAt: number,
    gates: Float64Array,
    gatesAt: number,
    delta: Float64Array,
    deltaAt: number,
    before: Float64Array,
    beforeAt: number,
    after: Float64Array,
    afterAt: number,
    stride: number,
    above: Float64Array,
    aboveAt: number,
    error: Float64Array,
    errors: Float64Array,
    errorsAt: number,
    along: number,
    penalty: number,
  ): void;
  /** What the δ's of a step add to ∂E by the states before it. */
  recur(
    B: number,
    H: number,
    parameters: Float64Array,
    at: number[],
    delta: Float64Array,
    deltaAt: number,
    error: Float64Array,
  ): void;
  /** What so many rows add to the gradient of this layer's parameters. */
  gradient(
    rows: number,
    B: number,
    K: number,
    H: number,
    bias: boolean,
    x: Float64Array,
    before: Float64Array,
    after: Float64Array,
    stride: number,
    gates: Float64Array,
    delta: Float64Array,
    into: Float64Array,
    at: number[],
  ): void;
  /** ∂E by what the layer reads. */
  inputs(
    rows: number,
    K: number,
    H: number,
    parameters: Float64Array,
    at: number[],
    delta: Float64Array,
    d_x: Float64Array,
  ): void;
}

export type Cells = Record<string, Cell>;

/** Sequences of one length: x (T,B,I), and the targets y (T,B,O), or (B,O) for output "last step". */
export interface Batch {
  x: Float64Array;
  y: Float64Array;
  T: number;
  B: number;
}

/** What a network is trained on. */
export interface Source {
  sample(random: import("./random.js").Random, B: number): Batch;
}

/** A Mealy machine over symbols; state 0 is the first. */
export interface Machine {
  /** (A,I) */
  symbols: number[][];
  /** (S,A) */
  next: number[][];
  /** (S,A,O) */
  outputs: number[][][];
  state_names: string[];
  symbol_names: string[];
}

export interface Optimizer {
  name: "gradient-descent" | "momentum" | "rmsprop" | "adam";
  learning_rate: number;
  momentum?: number;
  decay?: number;
  beta_1?: number;
  beta_2?: number;
  epsilon?: number;
}

export interface Schedule {
  name: "constant" | "cosine" | "step" | "warm-up";
  final?: number;
  every?: number;
  factor?: number;
  warm_up?: number;
}

/** As `Settings.as_dict` says them; `steps` is the length of the run that the schedule is for. */
export interface Settings {
  steps?: number;
  batch?: number;
  optimizer?: Optimizer;
  schedule?: Schedule;
  clip?: number | null;
  noise?: number;
  weight_decay?: number;
  cell_penalty?: number;
  update?: "per batch" | "per step";
  seed?: number;
  [other: string]: unknown;
}

/** Of the last of some updates: the mean loss of a sequence, the gradient's norm; of all: sequences, and exact ones. */
export interface Measured {
  step: number;
  loss: number;
  norm: number;
  exact: number;
  sequences: number;
}

export interface Snapshot {
  step: number;
  parameters: Float64Array;
  moments: Float64Array;
}
