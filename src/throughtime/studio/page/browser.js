/**
 * The engine in a worker as the page's host. A module worker does not load from file://, so the worker is made of the
 * engine's script, which stands in the page, and of one behind it.
 */

/** @typedef {import("./types.d.ts").Host} Host */

/** The worker that a script of the page becomes. @param {string} id of the script, which stands on the engine's */
export function workerOf(id) {
  const texts = ["throughtime-engine", id].map((name) => document.getElementById(name)?.textContent ?? "");
  const address = URL.createObjectURL(new Blob(texts, { type: "text/javascript" }));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  return worker;
}

/**
 * @param {import("./types.d.ts").Begin} begin
 * @param {Partial<Host>} more
 * @returns {Host}
 */
export function browser(begin, more) {
  /** @type {Worker | null} */
  let worker = null;
  return {
    live: true,
    start(receive, connected) {
      worker = workerOf("throughtime-worker");
      const drawn = () => worker?.postMessage({ type: "drawn" });
      worker.onmessage = ({ data }) => {
        receive(data);
        if (data.type === "frame") requestAnimationFrame(drawn);
      };
      worker.onerror = ({ message }) => connected(false, `The engine of this page does not work: ${message}`);
      connected(true);
      worker.postMessage(begin);
    },
    send: (message) => worker?.postMessage(message),
    ...more,
  };
}
