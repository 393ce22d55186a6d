/**
 * Starts the engine in a worker. A module worker does not load from file://, so the worker's source, joined to one
 * script, stands in the page, and the worker is made of it.
 */

/**
 * @param {string} source the modules from `worker.js` on, joined
 */
export function startEngine(source) {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
  const waiting = new Map();
  /** @type {Set<(event: any) => void>} */
  const listeners = new Set();
  let calls = 0;
  worker.onmessage = ({ data: { id, result, error, event } }) => {
    if (event) {
      for (const listener of listeners) listener(event);
      return;
    }
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(error));
  };
  worker.onerror = ({ message }) => {
    for (const { reject } of waiting.values()) reject(new Error(message || "the engine does not start"));
    waiting.clear();
  };
  return {
    /** Calls a method of `Engine`. @param {string} method @param {any} argument @returns {Promise<any>} */
    call(method, argument = undefined) {
      const id = calls++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, method, argument });
      });
    },
    /** Hears events; gives what takes the listener away. @param {(event: any) => void} listener */
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      worker.terminate();
    },
  };
}
