/** The chapters, in their order. */
import { adds } from "./adds.js";

/** @type {import("./types.d.ts").Chapter[]} */
export const CHAPTERS = [adds];
