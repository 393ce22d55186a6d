/** Any panel as a picture: SVG, or PNG. */

/**
 * Saves what a panel shows as a file of the browser's downloads.
 * @param {HTMLElement} root the panel
 * @param {string} name of the file, without its ending
 * @param {"svg" | "png"} format
 */
export async function save(root, name, format) {}
