/** The chapters, in their order. */
import { adds } from "./adds.js";
import { copies } from "./copies.js";
import { memory } from "./memory.js";
import { program } from "./program.js";
import { unit } from "./unit.js";

/** @type {import("./types.d.ts").Chapter[]} */
export const CHAPTERS = [adds, memory, unit, copies, program];
