/** The chapters, in their order. */
import { adds } from "./adds.js";
import { backward } from "./backward.js";
import { copies } from "./copies.js";
import { exercises } from "./exercises.js";
import { forward } from "./forward.js";
import { gates } from "./gates.js";
import { long } from "./long.js";
import { memory } from "./memory.js";
import { plane } from "./plane.js";
import { program } from "./program.js";
import { proof } from "./proof.js";
import { unit } from "./unit.js";
import { update } from "./update.js";

/** @type {import("./types.d.ts").Chapter[]} */
export const CHAPTERS = [
  adds,
  memory,
  unit,
  copies,
  forward,
  backward,
  update,
  program,
  long,
  gates,
  plane,
  proof,
  exercises,
];
