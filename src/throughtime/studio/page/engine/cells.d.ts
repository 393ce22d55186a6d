/** The module that `throughtime.bridges.javascript.to_javascript` writes. */
import type { Cells } from "./types.d.ts";

export const cells: Cells;
