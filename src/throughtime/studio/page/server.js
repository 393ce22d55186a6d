/** The studio's server as the page's host: messages over a websocket, files by requests. */
import { parse } from "./json.js";

/** @typedef {import("./types.d.ts").Host} Host */
/** @typedef {import("./types.d.ts").ServerMessage} ServerMessage */

/** Milliseconds before the page tries to connect again, growing up to the last. */
const RETRY = [250, 500, 1000, 2000];

const token = new URLSearchParams(location.search).get("token");
// the address bar is what people share: the token leaves it, and stays in the cookie and here
if (token) history.replaceState(null, "", location.pathname + location.hash);

/** @param {string} path @param {Record<string, string>} [query] */
function address(path, query = {}) {
  const url = new URL(path, location.href);
  url.hash = "";
  url.search = String(new URLSearchParams(query));
  return url;
}

/** @returns {Host} */
export function server() {
  /** @type {WebSocket | null} */
  let socket = null;
  let tries = 0;

  /** @param {(message: ServerMessage) => void} receive @param {(is: boolean, reason?: string) => void} connected */
  function connect(receive, connected) {
    const url = address("ws", token ? { token } : {});
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(url);
    socket.addEventListener("open", () => {
      tries = 0;
      connected(true);
    });
    socket.addEventListener("message", ({ data }) => receive(parse(data)));
    socket.addEventListener("close", ({ code, reason }) => {
      // 1001 and 1012: the server ends
      connected(
        false,
        reason && ![1001, 1012].includes(code)
          ? `The studio's server has closed this page's connection: ${reason}.`
          : undefined,
      );
      window.setTimeout(() => connect(receive, connected), RETRY[Math.min(tries++, RETRY.length - 1)]);
    });
  }

  return {
    live: true,
    hash: "",
    lesson: "lesson",
    start: connect,
    send: (message) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    upload: async (file) => {
      const headers = { "X-File-Name": encodeURIComponent(file.name) };
      const answer = await fetch(address("upload"), { method: "POST", body: file, headers }).catch(() => {
        throw new Error(`${file.name} did not reach the server.`);
      });
      if (!answer.ok) throw new Error((await answer.text()) || "The server did not take this file.");
    },
    exportAddress: (query) => address("export", query).href,
  };
}
