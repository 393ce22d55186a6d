/** The live studio: the page talks with the server that trains. */
import { mount } from "./app.js";
import { server } from "./server.js";

const root = document.getElementById("app");
if (root) mount(root, server());
