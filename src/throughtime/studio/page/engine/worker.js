/**
 * The worker: calls come in as {id, method, argument}, and go out as {id, result} or {id, error}; events as {event}.
 */
import { Engine } from "./engine.js";

const METHODS = /** @type {const} */ ([
  "create",
  "state",
  "train",
  "pause",
  "step",
  "snapshot",
  "restore",
  "trace",
  "evaluate",
  "check",
  "recorded",
  "classic",
]);

const engine = new Engine((event) => postMessage({ event }));

onmessage = async ({ data: { id, method, argument } }) => {
  try {
    if (!METHODS.includes(method)) throw new Error(`the engine has no method ${method}`);
    const of = /** @type {(argument: any) => any} */ (engine[/** @type {METHODS[number]} */ (method)]);
    postMessage({ id, result: await of.call(engine, argument) });
  } catch (error) {
    postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
};
