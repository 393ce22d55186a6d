/** Elements that are built once and updated in place. */

/** @typedef {import("./types.d.ts").Selection} Selection */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */
/** @typedef {Node | string | null} Child */

const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";

/**
 * An HTML element with attributes and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/**
 * An SVG element.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** A MathML element. @param {string} tag @param {Attributes} [attributes] @param {...Child} children */
export function math(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(MATHML, tag), attributes, children);
}

/**
 * Sets attributes where they differ; null, undefined and false take one away.
 * @param {Element} element
 * @param {Attributes} attributes
 */
export function set(element, attributes) {
  for (const name in attributes) {
    const value = attributes[name];
    if (value === null || value === undefined || value === false) {
      if (element.hasAttribute(name)) element.removeAttribute(name);
    } else {
      const text = value === true ? "" : String(value);
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
}

/** Sets the text where it differs. @param {Element} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes the children of an element `count` of those that `make(k)` builds: what is there stays, so that focus stays.
 * @template {Element} E
 * @param {Element} parent
 * @param {number} count
 * @param {(k: number) => E} make
 * @returns {E[]}
 */
export function children(parent, count, make) {
  while (parent.children.length > count) parent.lastElementChild?.remove();
  while (parent.children.length < count) parent.append(make(parent.children.length));
  return /** @type {E[]} */ ([...parent.children]);
}

/**
 * The parts that are built once for a root, and again only when `key` changes (the shape of what is drawn).
 * @template T
 * @param {HTMLElement} root
 * @param {string} key
 * @param {() => T} build fills the emptied root
 * @returns {T}
 */
export function built(root, key, build) {
  const known = BUILT.get(root);
  if (known?.key === key) return known.parts;
  root.replaceChildren();
  const parts = build();
  BUILT.set(root, { key, parts });
  return parts;
}
/** @type {WeakMap<HTMLElement, {key: string, parts: any}>} */
const BUILT = new WeakMap();

/**
 * The attributes by which a cell says which number it shows, with all digits.
 * @param {Selection} of
 * @param {number} value
 * @returns {Attributes}
 */
export function cellData({ array, layer, direction, t, unit }, value) {
  return {
    "data-array": array,
    "data-layer": layer,
    "data-direction": direction,
    "data-t": t,
    "data-unit": unit,
    "data-value": String(value),
  };
}

/**
 * The selection that a cell stands for, from its attributes.
 * @param {EventTarget | null} target
 * @returns {Selection | null}
 */
export function selectionAt(target) {
  const cell = target instanceof Element ? target.closest("[data-array]") : null;
  if (!cell) return null;
  const data = /** @type {HTMLElement | SVGElement} */ (cell).dataset;
  return {
    array: data.array ?? "",
    layer: Number(data.layer),
    direction: data.direction === "backward" ? "backward" : "forward",
    t: Number(data.t),
    unit: Number(data.unit),
  };
}

/** Whether two selections are the same cell. @param {Selection | null} a @param {Selection | null} b */
export function same(a, b) {
  if (a === null || b === null) return a === b;
  return a.array === b.array && a.layer === b.layer && a.direction === b.direction && a.t === b.t && a.unit === b.unit;
}

/**
 * Roving focus for a grid of cells: one of them is reached by Tab, the arrow keys go to the nearest in their direction.
 * Cells are the elements with data-array; their place is read from where they are drawn.
 * @param {HTMLElement | SVGElement} grid
 */
export function roving(grid) {
  grid.addEventListener("focusin", (event) => {
    const cell = event.target instanceof Element ? event.target.closest("[data-array]") : null;
    if (!cell) return;
    for (const other of grid.querySelectorAll('[data-array][tabindex="0"]')) other.setAttribute("tabindex", "-1");
    cell.setAttribute("tabindex", "0");
  });
  grid.addEventListener("keydown", (event) => {
    const key = /** @type {KeyboardEvent} */ (event);
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key.key];
    const from = key.target instanceof Element ? key.target.closest("[data-array]") : null;
    if (!way || !from || key.altKey || key.ctrlKey || key.metaKey) return;
    const next = nearest(grid, from, way);
    key.preventDefault();
    key.stopPropagation();
    if (next) /** @type {HTMLElement} */ (next).focus();
  });
}

/**
 * The nearest cell in a direction; aside counts double.
 * @param {Element} grid
 * @param {Element} from
 * @param {number[]} way
 */
function nearest(grid, from, [right, down]) {
  const [x, y] = middle(from);
  let best = null;
  let least = Infinity;
  for (const cell of grid.querySelectorAll("[data-array]")) {
    const [cx, cy] = middle(cell);
    const ahead = (cx - x) * right + (cy - y) * down;
    const aside = Math.abs((cx - x) * down) + Math.abs((cy - y) * right);
    if (ahead > 1 && ahead + 2 * aside < least) [best, least] = [cell, ahead + 2 * aside];
  }
  return best;
}

/** @param {Element} cell */
function middle(cell) {
  const { left, top, width, height } = cell.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Attributes} attributes
 * @param {Child[]} children
 */
function filled(element, attributes, children) {
  set(element, attributes);
  for (const child of children) if (child !== null) element.append(child);
  return element;
}
