/** Any panel as a picture: what is drawn and written in it, as one SVG without styles from elsewhere, or as PNG. */
import { svg } from "./dom.js";
import { vectorsOf } from "./vector.js";

/** Pixels of a PNG for each of the page. */
const SHARPNESS = 2;
const MARGIN = 12;
/** The properties that an SVG's elements have from the style sheet. */
const SHAPE_STYLES = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linejoin",
  "opacity",
  "text-anchor",
  "font-size",
  "font-family",
  "font-weight",
  "font-style",
];
/** Characters that no XML may hold, though a text of the page may: a file's name, say. */
const NO_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;
const CONTROLS = ".unseen, button:not(.source, .step-head, [data-array]), select, input, .aside-text";

/**
 * Saves what a panel shows as a file of the browser's downloads.
 * @param {HTMLElement} root the panel
 * @param {string} name of the file, without its ending
 * @param {"svg" | "png"} format
 */
export async function save(root, name, format) {
  const picture = asSvg(root);
  const text = new XMLSerializer().serializeToString(picture).replace(NO_XML, "�");
  const address = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  const [width, height] = ["width", "height"].map((size) => Number(picture.getAttribute(size)));
  download(`${name}.${format}`, format === "svg" ? address : await asPng(address, width, height));
}

/** Gives the browser a file to keep. @param {string} name @param {string} address of what is in it */
export function download(name, address) {
  const link = document.createElement("a");
  link.download = name;
  link.href = address;
  link.click();
}

/** A panel as an SVG of its own. @param {HTMLElement} root */
export function asSvg(root) {
  const { left, top, width, height } = root.getBoundingClientRect();
  const place = { left: left - MARGIN, top: top - MARGIN };
  const [w, h] = [Math.ceil(width + 2 * MARGIN), Math.ceil(height + 2 * MARGIN)];
  const ground = svg("rect", { width: w, height: h, fill: groundOf(root) });
  return svg(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", width: w, height: h, viewBox: `0 0 ${w} ${h}` },
    ground,
    ...drawn(root, place),
  );
}

/** The first colour behind an element that is not transparent. @param {Element | null} element @returns {string} */
function groundOf(element) {
  if (!element) return "white";
  const colour = getComputedStyle(element).backgroundColor;
  return isClear(colour) ? groundOf(element.parentElement) : colour;
}

/** @param {string} colour */
const isClear = (colour) => colour === "transparent" || /rgba\(.*, 0\)$/.test(colour);

/**
 * An element and all in it, as they look.
 * @param {Element} element
 * @param {{left: number, top: number}} place
 * @returns {SVGElement[]}
 */
function drawn(element, place) {
  if (element.matches(CONTROLS)) return [];
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  if (style.display === "none" || style.visibility === "hidden" || (box.width === 0 && box.height === 0)) return [];
  const at = { x: box.left - place.left, y: box.top - place.top, width: box.width, height: box.height };
  if (element instanceof SVGSVGElement) return [copied(element, at)];
  if (element instanceof HTMLCanvasElement)
    return [vectorsOf(element, at) ?? svg("image", { ...at, href: element.toDataURL(), preserveAspectRatio: "none" })];
  if (element instanceof HTMLMeterElement)
    return [
      svg("rect", {
        ...at,
        width: at.width * element.value,
        fill: element.classList.contains("negative") ? "#d97a2b" : "#4484bf",
      }),
    ];
  const found = boxOf(style, at);
  for (const child of element.childNodes) {
    if (child instanceof Element) found.push(...drawn(child, place));
    else if (child instanceof Text && child.data.trim()) found.push(...lines(child, style, place));
  }
  return found;
}

/**
 * @param {CSSStyleDeclaration} style
 * @param {{x: number, y: number, width: number, height: number}} at
 * @returns {SVGElement[]}
 */
function boxOf(style, at) {
  /** @type {SVGElement[]} */
  const found = [];
  if (!isClear(style.backgroundColor))
    found.push(svg("rect", { ...at, fill: style.backgroundColor, rx: parseFloat(style.borderTopLeftRadius) || 0 }));
  const { x, y, width, height } = at;
  const edges = {
    Top: `M${x} ${y}h${width}`,
    Right: `M${x + width} ${y}v${height}`,
    Bottom: `M${x} ${y + height}h${width}`,
    Left: `M${x} ${y}v${height}`,
  };
  for (const [side, d] of Object.entries(edges)) {
    const [thick, colour] = [
      style.getPropertyValue(`border-${side.toLowerCase()}-width`),
      style.getPropertyValue(`border-${side.toLowerCase()}-color`),
    ];
    if (parseFloat(thick) > 0 && !isClear(colour))
      found.push(svg("path", { d, stroke: colour, "stroke-width": parseFloat(thick) }));
  }
  return found;
}

/**
 * A text as it is broken into lines.
 * @param {Text} node
 * @param {CSSStyleDeclaration} style
 * @param {{left: number, top: number}} place
 * @returns {SVGElement[]}
 */
function lines(node, style, place) {
  const range = document.createRange();
  /** @type {{text: string, box: DOMRect}[]} */
  const found = [];
  for (let k = 0; k < node.data.length; k++) {
    range.setStart(node, k);
    range.setEnd(node, k + 1);
    const box = range.getClientRects()[0];
    if (!box) continue;
    const line = found.at(-1);
    if (line && Math.abs(line.box.top - box.top) < box.height / 2) line.text += node.data[k];
    else found.push({ text: node.data[k], box });
  }
  const size = parseFloat(style.fontSize);
  return found.map(({ text, box }) =>
    svg(
      "text",
      {
        x: box.left - place.left,
        y: box.top - place.top + box.height / 2 + size * 0.35,
        fill: style.color,
        "font-size": size,
        "font-family": style.fontFamily,
        "font-weight": style.fontWeight,
        "font-style": style.fontStyle,
        "xml:space": "preserve",
      },
      text.replace(/\s+/g, " "),
    ),
  );
}

/**
 * A copy of an SVG with its styles written on its elements.
 * @param {SVGSVGElement} original
 * @param {{x: number, y: number, width: number, height: number}} at
 */
function copied(original, at) {
  const copy = /** @type {SVGSVGElement} */ (original.cloneNode(true));
  const copies = copy.querySelectorAll("*");
  original.querySelectorAll("*").forEach((element, k) => {
    const style = getComputedStyle(element);
    for (const attribute of [...copies[k].attributes])
      if (/^(data-|aria-|role|tabindex|class)/.test(attribute.name)) copies[k].removeAttribute(attribute.name);
    for (const name of SHAPE_STYLES) copies[k].setAttribute(name, style.getPropertyValue(name));
  });
  for (const attribute of [...copy.attributes])
    if (!["viewBox", "preserveAspectRatio"].includes(attribute.name)) copy.removeAttribute(attribute.name);
  for (const [name, value] of Object.entries({ ...at, overflow: "visible" })) copy.setAttribute(name, String(value));
  return copy;
}

/** @param {string} address of an SVG @param {number} width @param {number} height */
async function asPng(address, width, height) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * SHARPNESS;
  canvas.height = height * SHARPNESS;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}
