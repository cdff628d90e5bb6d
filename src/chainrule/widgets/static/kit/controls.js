// Controls: sliders, buttons, choices, boxes. Each is {element, set(value)} and calls `change`.
import { el } from "./dom.js";
import { n, t } from "./text.js";

let controlCount = 0;

/**
 * @typedef {Object} Control
 * @property {any} element
 * @property {(value: any) => void} set   show this value; `change` is not called
 * @property {(on: boolean) => void} enable
 */

/**
 * A slider with its number. `log`: the values are spread by their logarithm.
 * @param {{label: string, value: number, min: number, max: number, step?: number, log?: boolean,
 *          digits?: number, format?: (value: number) => string, hint?: string,
 *          change: (value: number) => void}} options
 * @returns {Control}
 */
export function slider({
  label,
  value,
  min,
  max,
  step,
  log = false,
  digits = 3,
  format,
  hint,
  change,
}) {
  const to = log ? Math.log10 : (/** @type {number} */ v) => v;
  const from = log ? (/** @type {number} */ v) => 10 ** v : (/** @type {number} */ v) => v;
  const shown = format ?? ((/** @type {number} */ v) => n(v, digits));
  const id = controlId();
  const bar = el("input", {
    type: "range",
    id,
    min: to(min),
    max: to(max),
    step: step ?? (to(max) - to(min)) / 200,
    oninput: () => {
      show(from(Number(bar.value)));
      change(from(Number(bar.value)));
    },
  });
  const output = el("output", { for: id, class: "cr-number" });
  const element = el(
    "div",
    { class: "cr-slider", title: hint },
    el("label", { for: id }, label),
    output,
    bar,
  );
  /** @param {number} v */
  function show(v) {
    output.textContent = shown(v);
    bar.setAttribute("aria-valuetext", shown(v));
    const share = (to(v) - to(min)) / (to(max) - to(min));
    bar.style.setProperty("--share", `${100 * Math.max(0, Math.min(1, share || 0))}%`);
  }
  /** @param {number} v */
  function set(v) {
    bar.value = String(to(v));
    show(v);
  }
  set(value);
  return { element, set, enable: controlEnable(bar) };
}

/**
 * A button. `kind`: "main" (one a page), "" or "quiet"; `icon` is a sign before the label.
 * @param {{label: string, icon?: string, kind?: string, hint?: string, press: () => void}} options
 * @returns {Control}
 */
export function button({ label, icon = "", kind = "", hint, press }) {
  const text = el("span", {}, label);
  const sign = el("span", { class: "cr-icon", "aria-hidden": "true" }, icon);
  const element = el(
    "button",
    { type: "button", class: `cr-button ${kind}`, title: hint, onclick: press },
    icon && sign,
    text,
  );
  return {
    element,
    set: (value) => {
      text.textContent = value;
    },
    enable: controlEnable(element),
  };
}

/**
 * A button that plays and pauses: set(true) while it plays.
 * @param {{change: (plays: boolean) => void}} options
 * @returns {Control}
 */
export function playButton({ change }) {
  let plays = false;
  const sign = el("span", { class: "cr-icon", "aria-hidden": "true" });
  const text = el("span", {});
  const element = el(
    "button",
    { type: "button", class: "cr-button main cr-play", onclick: () => change(!plays) },
    sign,
    text,
  );
  /** @param {boolean} value */
  function set(value) {
    plays = value;
    sign.textContent = value ? "❚❚" : "▶";
    text.textContent = t(value ? "kit.pause" : "kit.play");
    element.setAttribute("aria-pressed", String(value));
  }
  set(false);
  return { element, set, enable: controlEnable(element) };
}

/**
 * A choice of a list.
 * @param {{label: string, options: [string, string][], value: string, hint?: string,
 *          change: (value: string) => void}} options
 * @returns {Control}
 */
export function select({ label, options, value, hint, change }) {
  const id = controlId();
  const box = el(
    "select",
    { id, onchange: () => change(box.value) },
    ...options.map(([name, text]) => el("option", { value: name }, text)),
  );
  box.value = value;
  const element = el(
    "div",
    { class: "cr-field", title: hint },
    el("label", { for: id }, label),
    box,
  );
  return {
    element,
    set: (v) => {
      box.value = v;
    },
    enable: controlEnable(box),
  };
}

/**
 * A switch.
 * @param {{label: string, value: boolean, hint?: string, change: (value: boolean) => void}} options
 * @returns {Control}
 */
export function toggle({ label, value, hint, change }) {
  const id = controlId();
  const box = el("input", {
    type: "checkbox",
    role: "switch",
    id,
    onchange: () => change(box.checked),
  });
  box.checked = value;
  const element = el(
    "div",
    { class: "cr-toggle", title: hint },
    box,
    el("label", { for: id }, label),
  );
  return {
    element,
    set: (v) => {
      box.checked = v;
    },
    enable: controlEnable(box),
  };
}

/**
 * A box for a number.
 * @param {{label: string, value: number, min?: number, max?: number, step?: number | "any",
 *          hint?: string, change: (value: number) => void}} options
 * @returns {Control}
 */
export function numberBox({ label, value, min, max, step = "any", hint, change }) {
  const id = controlId();
  const box = el("input", {
    type: "number",
    id,
    min,
    max,
    step,
    class: "cr-number",
    onchange: () => {
      if (box.value !== "" && box.checkValidity()) change(Number(box.value));
    },
  });
  box.value = String(value);
  const element = el(
    "div",
    { class: "cr-field", title: hint },
    el("label", { for: id }, label),
    box,
  );
  return {
    element,
    set: (v) => {
      if (document.activeElement !== box) box.value = String(v);
    },
    enable: controlEnable(box),
  };
}

/**
 * A box for a line of text, taken over with Enter or when one leaves it; `live` on each key.
 * `problem(text)` shows what is wrong with it under the box.
 * @param {{label: string, value: string, live?: boolean, most?: number, hint?: string,
 *          change: (value: string) => void}} options
 * @returns {Control & {problem: (text: string) => void}}
 */
export function textBox({ label, value, live = false, most = 200, hint, change }) {
  const id = controlId();
  const box = el("input", {
    type: "text",
    id,
    maxlength: most,
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
    class: "cr-code",
    "aria-describedby": `${id}-problem`,
    [live ? "oninput" : "onchange"]: () => change(box.value),
  });
  box.value = value;
  const note = el("p", { id: `${id}-problem`, class: "cr-problem", role: "alert" });
  const element = el(
    "div",
    { class: "cr-field wide", title: hint },
    el("label", { for: id }, label),
    box,
    note,
  );
  return {
    element,
    set: (v) => {
      if (document.activeElement !== box) box.value = v;
    },
    enable: controlEnable(box),
    problem: (text) => {
      note.textContent = text;
      box.setAttribute("aria-invalid", String(text !== ""));
    },
  };
}

/**
 * A number with its name, for results: set(value) shows it.
 * @param {{label: string, format?: (value: any) => string, colour?: string}} options
 * @returns {Control}
 */
export function reading({ label, format = (v) => n(v), colour = "" }) {
  const value = el("dd", { class: "cr-number" }, "–");
  if (colour) value.style.color = `var(--${colour})`;
  const element = el("dl", { class: "cr-reading" }, el("dt", {}, label), value);
  return {
    element,
    set: (v) => {
      value.textContent = format(v);
    },
    enable: () => {},
  };
}

function controlId() {
  controlCount += 1;
  return `cr-${controlCount}`;
}

/** @param {any} element */
function controlEnable(element) {
  return (/** @type {boolean} */ value) => {
    element.disabled = !value;
  };
}
