// Elements in one line, and listeners that know how to leave.

/** @typedef {Node | string | number | null | undefined | false} Child */

const DOM_SVG = "http://www.w3.org/2000/svg";

/**
 * An HTML element: el("p", {class: "note", onclick: press}, "text", child).
 * Names that begin with "on" are listeners; a value of false or null leaves the attribute out.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {any}
 */
export function el(tag, attributes = {}, ...children) {
  return domFill(document.createElement(tag), attributes, children);
}

/**
 * An SVG element, in the same way.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {any}
 */
export function svg(tag, attributes = {}, ...children) {
  return domFill(document.createElementNS(DOM_SVG, tag), attributes, children);
}

/**
 * Listen; the result stops it.
 * @param {EventTarget} target
 * @param {string} type
 * @param {(event: any) => void} listener
 * @param {AddEventListenerOptions} [options]
 * @returns {() => void}
 */
export function on(target, type, listener, options) {
  target.addEventListener(type, listener, options);
  return () => target.removeEventListener(type, listener, options);
}

/**
 * Call at most once a frame, with the newest arguments.
 * @template {any[]} A
 * @param {(...args: A) => void} action
 * @returns {(...args: A) => void}
 */
export function eachFrame(action) {
  /** @type {A | null} */
  let waiting = null;
  return (...args) => {
    if (waiting === null) {
      requestAnimationFrame(() => {
        const newest = /** @type {A} */ (waiting);
        waiting = null;
        action(...newest);
      });
    }
    waiting = args;
  };
}

/**
 * Drag with mouse, finger or pen. `start` may return false: then there is nothing to drag here.
 * @param {HTMLElement | SVGElement} target
 * @param {{start?: (event: PointerEvent) => boolean | void,
 *          move: (event: PointerEvent) => void,
 *          end?: (event: PointerEvent) => void}} steps
 * @returns {() => void}
 */
export function drag(target, steps) {
  let active = -1;
  target.style.touchAction = "none"; // a finger drags here; elsewhere it scrolls the page
  const offs = [
    on(target, "pointerdown", (event) => {
      if (event.button !== 0 || active >= 0) return;
      if (steps.start && steps.start(event) === false) return;
      active = event.pointerId;
      target.setPointerCapture(active);
      event.preventDefault();
      target.focus({ preventScroll: true });
    }),
    on(target, "pointermove", (event) => {
      if (event.pointerId === active) steps.move(event);
    }),
    ...["pointerup", "pointercancel"].map((type) =>
      on(target, type, (event) => {
        if (event.pointerId !== active) return;
        active = -1;
        if (steps.end) steps.end(event);
      }),
    ),
  ];
  return () => offs.forEach((off) => off());
}

/**
 * @param {any} element
 * @param {Record<string, any>} attributes
 * @param {Child[]} children
 */
function domFill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(
    ...children
      .filter((child) => child !== null && child !== undefined && child !== false)
      .map((child) => (child instanceof Node ? child : String(child))),
  );
  return element;
}
