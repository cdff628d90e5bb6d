// Colours: those of the style sheet, as canvas needs them, and the scale of signed numbers.
import { on } from "./dom.js";

/** Okabe and Ito's colours for categories, as names of the style sheet. */
export const CATEGORIES = ["blue", "vermilion", "green", "purple", "orange", "sky"];

/** @type {Map<string, string>} */
const colourKnown = new Map();
/** @type {Map<string, Uint8ClampedArray>} */
const colourTables = new Map();

/** The element whose colours hold. */
let colourRoot = document.documentElement;

/** @param {HTMLElement} element */
export function coloursOf(element) {
  colourRoot = element;
  colourKnown.clear();
  colourTables.clear();
}

/**
 * A colour of the style sheet as it is now, light or dark: colour("vermilion").
 * @param {string} name
 * @param {number} [opacity]
 * @returns {string}
 */
export function colour(name, opacity = 1) {
  let found = colourKnown.get(name);
  if (found === undefined) {
    found = getComputedStyle(colourRoot).getPropertyValue(`--${name}`).trim() || "#888888";
    colourKnown.set(name, found);
  }
  if (opacity >= 1) return found;
  const [r, g, b] = colourParts(found);
  return `rgba(${r}, ${g}, ${b}, ${opacity})`;
}

/**
 * The colour of category `index`.
 * @param {number} index
 * @param {number} [opacity]
 */
export function category(index, opacity = 1) {
  return colour(CATEGORIES[index % CATEGORIES.length], opacity);
}

/**
 * A table of 256 RGB triples: from `low` over the paper to `high` (for −1 … 1), or from the paper
 * to `high` (for 0 … 1) where `low` is "".
 * @param {string} [low]
 * @param {string} [high]
 * @returns {Uint8ClampedArray}
 */
export function colourTable(low = "blue", high = "vermilion") {
  const key = `${low} ${high}`;
  let table = colourTables.get(key);
  if (table === undefined) {
    table = new Uint8ClampedArray(256 * 3);
    const middle = colourParts(colour("neutral"));
    const ends = [colourParts(colour(low || "neutral")), colourParts(colour(high))];
    for (let i = 0; i < 256; i += 1) {
      const at = low ? (i / 255) * 2 - 1 : i / 255;
      const end = ends[at < 0 ? 0 : 1];
      for (let k = 0; k < 3; k += 1) {
        table[i * 3 + k] = middle[k] + (end[k] - middle[k]) * Math.abs(at);
      }
    }
    colourTables.set(key, table);
  }
  return table;
}

/**
 * The colour of a signed number whose largest size is `most`: blue, neutral, vermilion.
 * @param {number} value
 * @param {number} most
 */
export function signedColour(value, most) {
  const share = most > 0 ? Math.max(-1, Math.min(1, value / most)) : 0;
  const at = Math.round((share * 0.5 + 0.5) * 255) * 3;
  const table = colourTable();
  return `rgb(${table[at]}, ${table[at + 1]}, ${table[at + 2]})`;
}

/**
 * Call when the page turns light or dark; the result stops it.
 * @param {() => void} action
 * @returns {() => void}
 */
export function onTheme(action) {
  const changed = () => {
    colourKnown.clear();
    colourTables.clear();
    action();
  };
  const watcher = new MutationObserver(changed);
  const options = {
    attributes: true,
    attributeFilter: ["data-theme", "class", "data-jp-theme-light"],
  };
  watcher.observe(document.documentElement, options);
  watcher.observe(document.body, options);
  const off = on(matchMedia("(prefers-color-scheme: dark)"), "change", changed);
  return () => {
    watcher.disconnect();
    off();
  };
}

/**
 * @param {string} hex
 * @returns {number[]}
 */
function colourParts(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
