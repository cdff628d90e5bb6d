// Texts from the catalogue, and numbers as they are written here.

/** @type {Record<string, string>} */
let textCatalogue = {};

/** @param {Record<string, string>} catalogue */
export function setTexts(catalogue) {
  textCatalogue = catalogue;
}

/**
 * The text of a key: t("line.title"). {names} in it are replaced: t("lab.broke", {text: "..."}).
 * @param {string} key
 * @param {Record<string, any>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const text = textCatalogue[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * A number with about so many significant digits, with a true minus: n(-0.12345) is "−0.123".
 * @param {number | null | undefined} value
 * @param {number} [digits]
 * @returns {string}
 */
export function n(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-4)) {
    const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 1)).split("e");
    return textSigned(`${mantissa}·10`) + textRaised(Number(exponent));
  }
  const before = size > 0 ? Math.floor(Math.log10(size)) + 1 : 1;
  return textSigned(value.toFixed(Math.max(0, digits - before)));
}

/**
 * A number with this many digits after the point, for columns that must not jump.
 * @param {number} value
 * @param {number} places
 */
export function fixed(value, places) {
  return Number.isFinite(value) && Math.abs(value) < 1e5
    ? textSigned(value.toFixed(places))
    : n(value);
}

/** @param {string} text */
function textSigned(text) {
  return Number(text.split("·")[0]) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** @param {number} exponent */
function textRaised(exponent) {
  return String(exponent).replace(/./g, (digit) =>
    digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)],
  );
}
