// The gallery's room of activations: a small picture of each, and f with f′ of the chosen one.
import { array, extent } from "./kit/array.js";
import { reading, select, slider } from "./kit/controls.js";
import { drag, el, on, svg } from "./kit/dom.js";
import { airy, plot } from "./kit/plot.js";
import { put, watch } from "./kit/tabs.js";
import { n, t } from "./kit/text.js";

/**
 * Sliders and choices for the settings of something, made anew when their names change.
 * @param {any} model
 * @param {string} name   of the state that holds the settings
 */
export function settingsOf(model, name) {
  const element = el("div", { class: "cr-controls" });
  let shown = "";
  /** @type {Record<string, any>} */
  let controls = {};
  function refresh() {
    const settings = model.get(name);
    const keys = Object.keys(settings);
    if (keys.join() !== shown) {
      shown = keys.join();
      controls = Object.fromEntries(keys.map((key) => [key, settingControl(model, name, key)]));
      element.replaceChildren(...keys.map((key) => controls[key].element));
    }
    keys.forEach((key) => controls[key].set(settings[key]));
  }
  const off = watch(model, [name], refresh);
  refresh();
  return { element, off };
}

/** @param {any} model @param {string} name @param {string} key */
function settingControl(model, name, key) {
  const range = model.get("ranges")[key];
  const label = t(`gallery.setting.${key}`);
  const value = model.get(name)[key];
  const change = (/** @type {any} */ v) => put(model, { [name]: { ...model.get(name), [key]: v } });
  if (typeof range[0] === "string") {
    const options = range.map((/** @type {string} */ v) => [v, t(`gallery.setting.${key}.${v}`)]);
    return select({ label, options, value, change });
  }
  const log = range[0] > 0 && range[1] / range[0] > 20;
  return slider({ label, value, min: range[0], max: range[1], log, change });
}

/** @param {any} model */
export function activationsRoom(model) {
  const settings = settingsOf(model, "activation_settings");
  const picture = plot({
    x: [-6, 6], y: [-1.5, 1.5], draw, label: t("gallery.curve.label"), xLabel: "x", focus: true,
  });
  const probe = slider({
    label: t("gallery.probe"), value: model.get("probe"), min: -6, max: 6, step: 0.05,
    change: (v) => put(model, { probe: v }),
  });
  const readings = {
    y: reading({ label: "f(x)", format: (v) => n(v, 4), colour: "blue" }),
    d: reading({ label: "f′(x)", format: (v) => n(v, 4), colour: "vermilion" }),
    steepest: reading({ label: t("gallery.steepest"), format: (v) => n(v, 4) }),
    ten: reading({ label: t("gallery.ten"), format: (v) => n(v, 3) }),
  };
  const formula = el("p", { class: "cr-formula" });
  const about = el("p", { class: "cr-caption" });
  const zones = el("p", { class: "cr-caption" });
  const lowKey = activationKey("orange", t("gallery.saturated"));
  const deadKey = activationKey("axis", t("gallery.dead"));
  const list = el("div", { class: "cr-thumbnails", role: "group", "aria-label": t("gallery.activations") },
    ...model.get("thumbnails").map(thumbnail));
  const element = el("section", { class: "cr-stack" }, list,
    el("div", { class: "cr-columns" },
      el("figure", { class: "cr-card picture" }, el("div", { class: "cr-tall" }, picture.element),
        el("figcaption", {},
          activationKey("blue", "f"), activationKey("vermilion", "f′"),
          lowKey, deadKey)),
      el("div", { class: "cr-controls" },
        el("div", { class: "cr-card" }, formula, about, settings.element),
        el("div", { class: "cr-card" }, probe.element, ...Object.values(readings).map((r) => r.element), zones))));

  /** @param {{name: string, y: any}} row */
  function thumbnail({ name, y }) {
    const values = array(y).data;
    const [low, high] = airy(extent(values, [-1, 1]), 0.05);
    const points = Array.from(values, (v, i) => `${(i / (values.length - 1)) * 64},${((high - v) / (high - low)) * 36}`);
    const zero = (high / (high - low)) * 36;
    return el("button", {
      type: "button", "data-name": name, onclick: () => put(model, { activation: name }),
    }, svg("svg", { viewBox: "0 0 64 36", "aria-hidden": "true" },
      svg("path", { d: `M0,${zero}H64M32,0V36`, class: "cr-thumb-axis" }),
      svg("polyline", { points: points.join(" "), class: "cr-thumb-line" })), el("span", {}, name));
  }

  /** @param {any} p */
  function draw(p) {
    const curve = model.get("curve");
    if (!curve.x) return;
    const [x, y, d] = [array(curve.x).data, array(curve.y).data, array(curve.d).data];
    for (const [from, to] of curve.low) p.box(from, p.y[0], to, p.y[1], { colour: "orange", opacity: 0.16 });
    for (const [from, to] of curve.dead) p.box(from, p.y[0], to, p.y[1], { colour: "axis", opacity: 0.25 });
    p.line(x, y, { colour: "blue", width: 3 });
    p.line(x, d, { colour: "vermilion", width: 2.5 });
    const [at, height, slope] = model.get("tangent");
    const reach = 1.4 / Math.hypot(1, slope);
    p.line([at, at], p.y, { colour: "muted", width: 1, dash: [3, 4] });
    p.line([at - reach, at + reach], [height - reach * slope, height + reach * slope], { colour: "ink", width: 2 });
    p.dots([at, at], [height, slope], { colour: (/** @type {number} */ i) => (i ? "vermilion" : "blue"), radius: 6 });
  }

  function refresh() {
    const curve = model.get("curve");
    const name = model.get("activation");
    const [at, y, d] = model.get("tangent");
    const values = [array(curve.y).data, array(curve.d).data];
    const [low, high] = extent(...values, [-0.2, 1.1]);
    picture.limits({ y: airy([Math.max(low, -4), Math.min(high, 4)], 0.06) });
    probe.set(at);
    readings.y.set(y);
    readings.d.set(d);
    readings.steepest.set(curve.steepest[1]);
    readings.ten.set(curve.ten);
    formula.textContent = t(`gallery.formula.${name}`);
    about.textContent = t(`gallery.about.${name}`);
    lowKey.hidden = !curve.low.length;
    deadKey.hidden = !curve.dead.length;
    zones.textContent = curve.dead.length ? t("gallery.note.dead") : curve.low.length ? t("gallery.note.low") : t("gallery.note.none");
    for (const each of list.children) each.setAttribute("aria-pressed", String(each.dataset.name === name));
    picture.describe(t("gallery.curve.described", { name, x: n(at), y: n(y), d: n(d) }));
  }

  const move = (/** @type {any} */ event) => {
    const x = Math.max(-6, Math.min(6, picture.at(event)[0]));
    put(model, { probe: x });
  };
  const offs = [
    settings.off,
    watch(model, ["curve", "tangent", "activation"], refresh),
    drag(picture.canvas, { start: move, move }),
    on(picture.canvas, "keydown", (event) => {
      const by = { ArrowRight: 0.1, ArrowLeft: -0.1 }[/** @type {string} */ (event.key)];
      if (by === undefined) return;
      event.preventDefault();
      put(model, { probe: Math.max(-6, Math.min(6, model.get("probe") + by)) });
    }),
    picture.remove,
  ];
  refresh();
  return { element, remove: () => offs.forEach((off) => off()) };
}

/** A colour and what it means. @param {string} name @param {string} text */
export function activationKey(name, text) {
  const sign = el("i", { class: "cr-key", "aria-hidden": "true" });
  sign.style.background = `var(--${name})`;
  return el("span", { class: "cr-key-entry" }, sign, text);
}
