// The gallery's room of losses: each with its gradient, and lines fitted with an outlier.
import { array, column } from "./kit/array.js";
import { toggle } from "./kit/controls.js";
import { drag, el, on } from "./kit/dom.js";
import { plot } from "./kit/plot.js";
import { put, tabs, watch } from "./kit/tabs.js";
import { n, t } from "./kit/text.js";
import { activationKey, settingsOf } from "./gallery_activations.js";

const LOSS_LINES = { MSELoss: "blue", L1Loss: "green", HuberLoss: "purple" };
const LOSS_REACH = 3;

/** @param {any} model */
export function lossesRoom(model) {
  const groups = model.get("groups");
  const settings = settingsOf(model, "loss_settings");
  const chooser = tabs({
    label: t("gallery.losses"), kind: "chips", value: model.get("loss"),
    options: /** @type {[string, string][]} */ (Object.values(groups).flat().map((name) => [name, name])),
    change: (loss) => put(model, { loss }),
  });
  const height = plot({ x: [-4, 4], y: [-0.2, 4], draw: (p) => curves(p, "y", "blue"), label: t("gallery.loss.label"), xLabel: " " });
  const slope = plot({ x: [-4, 4], y: [-3, 3], draw: (p) => curves(p, "d", "vermilion"), label: t("gallery.gradient.label"), xLabel: " " });
  const fit = plot({
    x: [-2.4, 2.4], y: [-LOSS_REACH, LOSS_REACH], draw: drawFit, label: t("gallery.fit.label"), focus: true,
  });
  const axis = el("p", { class: "cr-caption" });
  const over = toggle({
    label: t("gallery.over_p"), value: model.get("over") === "p",
    change: (on_p) => put(model, { over: on_p ? "p" : "z" }),
  });
  const about = el("p", { class: "cr-caption" });
  const formula = el("p", { class: "cr-formula" });
  const lines = el("p", { class: "cr-caption cr-number cr-fitted" });
  const fitCard = el("figure", { class: "cr-card picture" }, el("div", { class: "cr-flat" }, fit.element),
    el("figcaption", {}, ...Object.entries(LOSS_LINES).map(([name, colour]) => activationKey(colour, name)), lines));
  const element = el("section", { class: "cr-stack" }, chooser.element,
    el("div", { class: "cr-columns" },
      el("div", { class: "cr-stack" },
        el("div", { class: "cr-pair" },
          el("figure", { class: "cr-card picture" }, el("div", { class: "cr-flat" }, height.element),
            el("figcaption", {}, activationKey("blue", t("gallery.loss")))),
          el("figure", { class: "cr-card picture" }, el("div", { class: "cr-flat" }, slope.element),
            el("figcaption", {}, activationKey("vermilion", t("gallery.gradient"))))),
        fitCard),
      el("div", { class: "cr-controls" },
        el("div", { class: "cr-card" }, formula, about, settings.element, over.element, axis))));

  /** @param {any} p @param {"y" | "d"} what @param {string} colour */
  function curves(p, what, colour) {
    const rows = model.get("loss_curves");
    for (const [i, row] of [...rows.entries()].reverse()) {
      const x = array(row.x).data;
      const values = array(row[what]).data;
      p.line(x, values, i === 0 ? { colour, width: 3 } : { colour: "axis", width: 1.5 });
    }
  }

  /** @param {any} p */
  function drawFit(p) {
    const table = array(model.get("points"));
    const [[x, y]] = model.get("outlier");
    const found = model.get("lines");
    for (const [name, colour] of Object.entries(LOSS_LINES)) {
      if (!found[name]) continue;
      const [w, b] = array(found[name]).data;
      const chosen = name === model.get("loss");
      p.line([-2.4, 2.4], [b - 2.4 * w, b + 2.4 * w], { colour, width: chosen ? 3.5 : 2 });
    }
    p.dots(column(table, 0), column(table, 1), { colour: "ink", radius: 4 });
    p.dots([x], [y], { colour: "vermilion", radius: 8 });
    p.text(t("gallery.outlier"), x, y, { align: x > 1.4 ? "right" : "left", dx: x > 1.4 ? -12 : 12, dy: 4, colour: "vermilion" });
  }

  function refresh() {
    const name = model.get("loss");
    const rows = model.get("loss_curves");
    const group = Object.keys(groups).find((key) => groups[key].includes(name)) ?? "error";
    chooser.set(name);
    fitCard.hidden = group !== "error";
    over.element.hidden = group !== "class";
    over.set(model.get("over") === "p");
    const onP = group === "class" && model.get("over") === "p";
    axis.textContent = t(`gallery.axis.${onP ? "p" : group}`);
    formula.textContent = t(`gallery.formula.${name}`);
    about.textContent = t(`gallery.about.${name}`);
    if (rows.length) {
      const x = array(rows[0].x).data;
      /** @type {[number, number]} */
      const span = [x[0], x[x.length - 1]];
      height.limits({ x: onP ? [0, 1] : span, y: [-0.2, group === "error" ? 6 : 5] });
      slope.limits({ x: onP ? [0, 1] : span, y: onP ? [-8, 1] : group === "error" ? [-4, 4] : [-1.5, 0.5] });
    }
    lines.textContent = group === "error" ? Object.entries(model.get("lines")).map(([key, line]) => {
      const [w, b] = array(line).data;
      return t("gallery.line", { name: key, w: n(w), sign: b < 0 ? "−" : "+", b: n(Math.abs(b)) });
    }).join(" · ") : "";
    fit.redraw();
  }

  /** @param {number} x @param {number} y */
  function place(x, y) {
    const inside = (/** @type {number} */ v, /** @type {number} */ most) => Math.max(-most, Math.min(most, v));
    put(model, { outlier: [[inside(x, 2.3), inside(y, LOSS_REACH - 0.1)]] });
    fit.redraw();
  }
  const offs = [
    settings.off,
    watch(model, ["loss", "loss_curves", "lines", "outlier", "over"], refresh),
    drag(fit.canvas, {
      start: (event) => {
        const [[x, y]] = model.get("outlier");
        return fit.distance(event, x, y) < 30;
      },
      move: (event) => place(.../** @type {[number, number]} */ (fit.at(event))),
    }),
    on(fit.canvas, "keydown", (event) => {
      const by = { ArrowUp: [0, 0.1], ArrowDown: [0, -0.1], ArrowRight: [0.1, 0], ArrowLeft: [-0.1, 0] }[/** @type {string} */ (event.key)];
      if (!by) return;
      event.preventDefault();
      const [[x, y]] = model.get("outlier");
      place(x + by[0], y + by[1]);
    }),
    height.remove, slope.remove, fit.remove,
  ];
  refresh();
  return { element, remove: () => offs.forEach((off) => off()) };
}
