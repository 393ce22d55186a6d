/** What the lesson's parts hand to one another. */
import type { Network } from "../engine/network.js";
import type { Trainer } from "../engine/training.js";
import type { Specification } from "../engine/types.d.ts";

/** A paragraph; with `light`, the part of the figure that is lit while it is read. */
export interface Paragraph {
  text: string;
  /** What stands in its place as long as the figure does not know one of its numbers. */
  until?: string;
  light?: string;
  /** By which a link leads here. */
  id?: string;
  /** The reader's one thing to do in this chapter. */
  todo?: boolean;
}

/** What is behind a question, for who wants to know it. */
export interface Aside {
  ask: string;
  answer: string[];
}

export interface Table {
  table: { head: string[]; rows: string[][] };
}

export type Block = string | Paragraph | Aside | Table;

export interface ChapterText {
  title: string;
  blocks: Block[];
  /** The names of the figure's parts and controls, by the keys that the figure uses. */
  words: Record<string, string>;
}

export interface Text {
  title: string;
  lead: string[];
  contents: string;
  menu: string;
  /** Each word or symbol, and what it is. */
  words: { title: string; list: [string, string][] };
  chapter: string;
  dark: string;
  light: string;
  figure: string;
  /** The last page. */
  workshop: { title: string; text: string[]; open: string };
  end: string[];
  chapters: Record<string, ChapterText>;
}

/** A chapter's figure, once it is built. */
export interface Figure {
  /** Does what a word in the text or a control says. */
  act?(action: string): void;
  /** The numbers that stand in the text, by their names. */
  values?(): Record<string, string>;
  /** Draws at the size and in the colours of now. */
  draw(): void;
  /** Shows what the text being read speaks of: one of its parts, or nothing in particular. */
  read?(part: string | null): void;
  /** Whether the reader can see it: what moves rests while it is out of sight. */
  seen?(is: boolean): void;
}

export interface Chapter {
  id: string;
  build(root: HTMLElement, tools: Tools, words: Record<string, string>): Figure;
}

export interface Tools {
  theme(): "light" | "dark";
  /** Whether motion is not wanted. */
  still: boolean;
  /** Says that numbers in the chapter's text have changed. */
  changed(): void;
  network(fields: Partial<Specification>, parameters: ArrayLike<number> | number): Network;
  /** A trainer of the default recipe of addition, and its network, not yet trained. */
  adder(seed: number, fields?: Partial<Specification>): Trainer;
  /** The default adder, which has begun to learn: the same one for all chapters that look into it. */
  begun(): Network;
}
