// One of several, all in sight: the rooms of a page, or a row of names.
import { el, eachFrame } from "./dom.js";

/**
 * A row of buttons of which one is chosen; arrow keys go from one to the next.
 * `kind`: "" for the rooms of a page, "chips" for small names that may take several rows.
 * @param {{label: string, options: [string, string][], value: string, kind?: string,
 *          change: (value: string) => void}} options
 */
export function tabs({ label, options, value, kind = "", change }) {
  const buttons = options.map(([name, text]) =>
    el(
      "button",
      { type: "button", role: "tab", "data-name": name, onclick: () => choose(name) },
      text,
    ),
  );
  const element = el(
    "div",
    { class: `cr-tabs ${kind}`, role: "tablist", "aria-label": label, onkeydown: move },
    ...buttons,
  );
  /** @param {string} name */
  function set(name) {
    for (const each of buttons) {
      const chosen = each.dataset.name === name;
      each.setAttribute("aria-selected", String(chosen));
      each.tabIndex = chosen ? 0 : -1;
    }
  }
  /** @param {string} name */
  function choose(name) {
    set(name);
    change(name);
  }
  /** @param {KeyboardEvent} event */
  function move(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const here = buttons.indexOf(/** @type {any} */ (document.activeElement));
    if (by === undefined || here < 0) return;
    event.preventDefault();
    const next = buttons[(here + by + buttons.length) % buttons.length];
    choose(next.dataset.name);
    next.focus();
  }
  set(value);
  return { element, set };
}

/**
 * Call `action` once in a frame when one of these names of the model changed; the result stops it.
 * @param {any} model
 * @param {string[]} names
 * @param {() => void} action
 * @returns {() => void}
 */
export function watch(model, names, action) {
  let stopped = false;
  const later = eachFrame(() => {
    if (!stopped) action();
  });
  names.forEach((name) => model.on(`change:${name}`, later));
  return () => {
    stopped = true;
    names.forEach((name) => model.off(`change:${name}`, later));
  };
}

/**
 * Set names of the model and send them.
 * @param {any} model
 * @param {Record<string, any>} changes
 */
export function put(model, changes) {
  for (const [name, value] of Object.entries(changes)) model.set(name, value);
  model.save_changes();
}
