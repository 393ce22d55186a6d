/** Reads messages and recordings: numbers that JSON lacks come as text, and become numbers again. */

const NOT_FINITE = ["NaN", "Infinity", "-Infinity"];

/** @param {string} text @returns {any} */
export function parse(text) {
  const plain = !/"(NaN|-?Infinity)"/.test(text);
  return plain
    ? JSON.parse(text)
    : JSON.parse(text, (_, value) => (NOT_FINITE.includes(value) ? Number(value) : value));
}
