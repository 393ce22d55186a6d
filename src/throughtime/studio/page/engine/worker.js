/** The worker of a page in one file: a session that takes the page's messages and posts its answers. */
import { Session } from "./session.js";

const session = new Session((answer) => postMessage(answer));

onmessage = ({ data }) => session.handle(data);
