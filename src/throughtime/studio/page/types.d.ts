/**
 * The state of the page, and its home. Messages and JSON forms are Python's (answers.py, messages.py, json_form.py and
 * description.py): `npm run types` makes their types.
 */
import type {
  ClientMessage,
  Frame,
  Hello,
  HistoryEntry,
  Kit,
  ParametersJSON,
  ServerMessage,
  Settings,
  SpecificationJSON,
  TraceJSON,
  Verdict,
} from "./messages.d.ts";

export type * from "./messages.d.ts";

/** The fields of a NetworkSpecification. */
export type Specification = SpecificationJSON;
export type Direction = "forward" | "backward";
export type Theme = "light" | "dark";
export type Matrix = number[][];

/** One micro-step of the walk through time. */
export interface Moment {
  phase: "forward" | "loss" | "backward" | "gradient" | "update";
  /** The step from 0, in the phases forward and backward. */
  t: number | null;
}

/**
 * One number of the page. `array` is a name of the Trace ("x", "h", "delta_C_tilde", …) or a parameter's own name
 * without its place ("U", "forget.U"). `t` counts from 0; h_0 and C_0 stand at t = −1 (T in a layer that reads
 * backward). Of a matrix, `unit` is row · columns + column.
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
  /** null where nothing trains. */
  hello: Hello | null;
  history: HistoryEntry[];
  moment: number;
  moments: Moment[];
  selection: Selection | null;
  hovered: Selection | null;
  /** The recorded checkpoints; live: the one frame. */
  frames: Frame[];
  theme: Theme;
  /** Whether there is something that trains. */
  live: boolean;
  connected: boolean;
  /** Whether training goes on. */
  running: boolean;
  /** Whether the kernels of the network are being compiled. */
  preparing: boolean;
  /** Whether the page walks from moment to moment by itself. */
  playing: boolean;
  speed: Speed;
  /** The speed that was chosen for the training. */
  pace: Pace;
  /** The steps that the host can go back to. */
  checkpoints: number[];
  verdict: Verdict | null;
  /** The folder in which the run was saved. */
  saved: string | null;
  /** The address of what is shown as one file, if the host makes such files. */
  exportAddress: string | null;
  /** The place of the frame among `frames`. */
  recorded: number;
}

/** Updates a second, null for full speed; or as many as let what is learned be seen. */
export type Pace = number | null | "by itself";
export type Speed = "slow" | "medium" | "fast";

export interface Actions {
  select(selection: Selection | null): void;
  hover(selection: Selection | null): void;
  seek(moment: number): void;
  /** Other settings: builds the network anew, at step 0. Does nothing where nothing trains. */
  change(settings: Partial<Settings>): void;
  send(message: ClientMessage): void;
  /** Shows a recorded checkpoint. */
  frame(k: number): void;
  play(playing: boolean, speed?: Speed): void;
  /** The speed of the training. */
  pace(pace: Pace): void;
  theme(theme: Theme): void;
  upload(file: File): void;
}

export type Panel = (root: HTMLElement, view: View, act: Actions) => void;

/** What a page is shown by: the studio's server, the engine in its own worker, or only what was recorded. */
export interface Host {
  /** Whether there is something that trains. */
  live: boolean;
  /** Begins; receives each message, and whether the host is there, with the reason for which it is not any more. */
  start(receive: (message: ServerMessage) => void, connected: (is: boolean, reason?: string) => void): void;
  send(message: ClientMessage): void;
  /** Sends a file; resolves when the host took it, rejects with a sentence. */
  upload?(file: File): Promise<void>;
  /** The address of the page as one file, for what is shown. */
  exportAddress?(query: Record<string, string>): string;
  /** The content of an exported page. */
  recorded?: Recorded;
  /** The beginning of the part of the address behind "#", before what is shown; a notebook has no address. */
  hash?: string;
  /** The address of the lesson, if it is there. */
  lesson?: string;
}

/** What stands in an exported page; with a kit, it can train. */
export interface Recorded {
  frames: Frame[];
  history: HistoryEntry[];
  settings: Settings;
  verdict: Verdict | null;
  kit: Kit | null;
  certificate: string | null;
}

/** A moment of a training. */
export interface Kept {
  step: number;
  parameters: ParametersJSON;
}

/** The first message to the worker of a page: what may be chosen, and what the page was made with. */
export interface Begin {
  type: "begin";
  kit: Kit;
  settings?: Partial<Settings>;
  /** The last one is the network that is shown. */
  kept?: Kept[];
  history?: HistoryEntry[];
  verdict?: Verdict | null;
  /** Of a proof of that network. */
  certificate?: string | null;
  /** The sequence that is shown, [T][I]. */
  example?: number[][];
}
