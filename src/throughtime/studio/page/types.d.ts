/**
 * The values that the page draws, and what it can ask for. The server's side is messages.py, the Trace's json_form.py.
 */

export type Direction = "forward" | "backward";
export type Theme = "light" | "dark";
export type Matrix = number[][];

/** The fields of a NetworkSpecification. */
export interface Specification {
  cell: string;
  inputs: number;
  hidden: number;
  outputs: number;
  layers: number;
  bidirectional: boolean;
  activation: "sigmoid" | "tanh" | "relu";
  readout: "sigmoid" | "softmax" | "identity";
  loss: "squared" | "binary_cross_entropy" | "cross_entropy";
  bias: boolean;
  output: "every step" | "last step";
  dtype: "float64" | "float32";
}

/** A cell as `trace/description.py` describes it; a place is one among the operations. */
export interface CellJSON {
  states: CellState[];
  values: CellValue[];
  errors: CellError[];
  parameters: CellParameter[];
  operations: CellOperation[];
}

export interface CellState {
  array: string;
  /** The place of its value before the step, and that of ∂E by it. */
  before: number;
  back: number;
  /** The array of its values before the first step. */
  initial: string;
}

export interface CellValue {
  array: string;
  place: number;
  letter: string;
  label: string;
  /** How its numbers are read. */
  note: string;
  /** Between 0 and 1, between −1 and 1, or anywhere. */
  range: "unit" | "signed" | "free";
  /** The array of ∂E by it, or by the net input of which it was made. */
  error: string;
}

export interface CellError {
  array: string;
  place: number;
  letter: string;
  mark: "δ" | "∂";
}

export interface CellParameter {
  /** Among the network's, without layer and direction. */
  name: string;
  place: number;
  letter: string;
  gate: string;
  label: string;
  kind: "x" | "h" | "weight" | "bias";
  /** Of a matrix: the place of what it multiplies, and the array of ∂E by the product. */
  source?: number;
  error?: string;
  /** Of a vector: the place of ∂E by it. */
  back?: number;
}

export interface CellOperation {
  op: string;
  of?: number[];
  name?: string;
  value?: number;
}

/**
 * One layer and direction of a Trace; beside these each array of the cell, [1][T][H], and the initial states, [1][H].
 */
export interface LayerJSON {
  layer: number;
  direction: Direction;
  [array: string]: any;
}

/**
 * A Trace of one sequence (B = 1), as json_form.py writes it, with every number a number: what JSON lacks is no longer
 * text.
 */
export interface TraceJSON {
  format: "throughtime trace";
  version: 1;
  specification: Specification;
  cell: CellJSON;
  parameters: Record<string, Matrix | number[]>;
  gradient: Record<string, Matrix | number[]>;
  loss: number;
  lengths: [number];
  x: [Matrix];
  /** [1][T][O], or [1][O] if the output is "last step"; the same holds for net_y, y and delta_y. */
  d: any;
  net_y: any;
  y: any;
  delta_y: any;
  /** [1][T], or [1] if the output is "last step". */
  mask: any;
  error: any;
  layers: LayerJSON[];
  /** ‖δ_{k→t}‖, [1][T_k][T_t]. */
  reach?: [Matrix];
}

export interface Example {
  operands: (number | string)[] | null;
  symbols: string[] | null;
  /** The task's true hidden state after each step. */
  carry: number[] | null;
  /** What that state is called, such as "carry". */
  memory: string;
  rendered: string[];
  /** Of each output; empty where nothing is simply right. */
  right: boolean[];
  /** If not, there is no loss and no gradient either. */
  has_targets: boolean;
}

export interface SpacePoints {
  mean: number[];
  axes: [number[], number[]];
  share: [number, number];
  points: [number, number][];
  label: number[];
  labels: string[];
}

export interface Frame {
  type: "frame";
  step: number;
  running: boolean;
  trace: TraceJSON;
  example: Example;
  /** How many updates made `update`. */
  updates?: number;
  /** The last change of the parameters, names and shapes as trace.parameters. */
  update: Record<string, Matrix | number[]> | null;
  check: { greatest: number; against: string; checked?: number; parameters?: number } | null;
  space: SpacePoints | null;
  exact: { checked: number; right: number } | null;
}

/** The task, and the values of all options by their names; null where one is left to the recipe. */
export interface Settings {
  task: string;
  cell: string;
  activation: string;
  hidden: number;
  layers: number;
  learning_rate: number;
  optimizer: string;
  noise: number;
  seed: number;
  batch: number;
  steps: number;
  bits?: number;
  gap?: number;
  [option: string]: string | number | boolean | null | undefined;
}

export interface Option {
  name: string;
  kind: "whole number" | "number" | "yes or no" | "choice" | "word";
  help: string;
  least: number | null;
  most: number | null;
  choices: string[];
  of: "task" | "network" | "settings";
  /** Whether it could be chosen otherwise. */
  enabled: boolean;
}

export interface TaskInfo {
  name: string;
  description: string;
  /** How many numbers of one's own it takes. */
  operands: number;
  /** The names of its own options. */
  options: string[];
}

export interface Hello {
  type: "hello";
  version: string;
  tasks: TaskInfo[];
  options: Option[];
  settings: Settings;
  limits: Record<string, number>;
  run: string | null;
  /** Why there is nothing to train on; null if there is. */
  waiting: string | null;
}

export interface HistoryEntry {
  step: number;
  loss: number;
  exact: number | null;
  bits: number | null;
  gradient_norm: number | null;
  learning_rate: number;
  seconds: number;
}

export interface Verdict {
  type: "proof";
  state: "running" | "proved" | "refuted" | "unknown";
  sentence: string;
  seconds: number;
  sets?: number;
  word?: { operands?: (number | string)[]; step: number; expected: any; given: any };
}

export type ServerMessage =
  | Hello
  | Frame
  | { type: "history"; entries: HistoryEntry[]; reset: boolean; checkpoints?: number[] }
  | Verdict
  | { type: "state"; running: boolean; step: number }
  | { type: "saved"; path: string }
  | { type: "error"; message: string };

export type ClientMessage =
  | { type: "configure"; settings: Partial<Settings> }
  | { type: "train" }
  | { type: "pause" }
  | { type: "step"; count: number }
  | { type: "reset" }
  | { type: "example"; operands: (number | string)[] }
  | { type: "example"; sample: number }
  | { type: "prove" }
  | { type: "restore"; step: number }
  | { type: "pace"; frames_per_second: number; updates_per_second?: number | null };

/** One micro-step of the walk through time. */
export interface Moment {
  phase: "forward" | "loss" | "backward" | "gradient" | "update";
  /** The step from 0, in the phases forward and backward. */
  t: number | null;
}

/**
 * One number of the page. `array` is a name of the Trace ("x", "h", "delta_C_tilde", …) or a parameter's own name
 * without its place ("U", "forget.U"). `t` counts from 0; h_0 and C_0 stand at t = −1 (T in a layer that reads backward).
 * Of a matrix, `unit` is row · columns + column.
 */
export interface Selection {
  array: string;
  layer: number;
  direction: Direction;
  t: number;
  unit: number;
}

export interface View {
  frame: Frame;
  trace: TraceJSON;
  settings: Settings;
  /** null in an exported page. */
  hello: Hello | null;
  history: HistoryEntry[];
  moment: number;
  moments: Moment[];
  selection: Selection | null;
  hovered: Selection | null;
  chapter: number | null;
  /** The recorded checkpoints; live: the one frame. */
  frames: Frame[];
  theme: Theme;
  /** Whether there is a server that trains; an exported page has none. */
  live: boolean;
  connected: boolean;
  /** Whether the server trains at full speed. */
  running: boolean;
  /** Whether the page walks from moment to moment by itself. */
  playing: boolean;
  speed: Speed;
  /** Updates a second while training; null for full speed. */
  pace: number | null;
  /** The steps that the server can go back to. */
  checkpoints: number[];
  verdict: Verdict | null;
  /** Where the server has saved the run. */
  saved: string | null;
  /** The address of what is shown as one file, if the host makes such files. */
  exportAddress: string | null;
  /** Which of `frames` is shown. */
  recorded: number;
}

export type Speed = "slow" | "medium" | "fast";

export interface Actions {
  select(selection: Selection | null): void;
  hover(selection: Selection | null): void;
  seek(moment: number): void;
  /** Other settings: builds the network anew, at step 0. Does nothing in an exported page. */
  change(settings: Partial<Settings>): void;
  send(message: ClientMessage): void;
  chapter(chapter: number | null): void;
  /** Shows a recorded checkpoint. */
  frame(k: number): void;
  play(playing: boolean, speed?: Speed): void;
  /** How fast the server trains. */
  pace(updatesPerSecond: number | null): void;
  theme(theme: Theme): void;
  upload(file: File): void;
}

export type Panel = (root: HTMLElement, view: View, act: Actions) => void;

/** Where the page lives: the studio's server, an exported file, a notebook. */
export interface Host {
  /** Whether there is a server that trains. */
  live: boolean;
  /**
   * Begins; each message, and whether the server is there, is told, with the reason for which it closed the
   * connection.
   */
  start(receive: (message: ServerMessage) => void, connected: (is: boolean, reason?: string) => void): void;
  send(message: ClientMessage): void;
  /** Sends a file; resolves when the server took it, rejects with a sentence. */
  upload?(file: File): Promise<void>;
  /** The address of the page as one file, for what is shown. */
  exportAddress?(query: Record<string, string>): string;
  /** What an exported page holds. */
  recorded?: { frames: Frame[]; history: HistoryEntry[]; settings: Settings; verdict: Verdict | null };
  /** The part of the address behind "#"; a notebook has none. */
  hash?: boolean;
}
