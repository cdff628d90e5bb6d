// The gallery's room of initialisers: what 20 layers make of normal numbers, forward and backward.
import { array } from "./kit/array.js";
import { button, select, slider } from "./kit/controls.js";
import { el } from "./kit/dom.js";
import { plot } from "./kit/plot.js";
import { put, watch } from "./kit/tabs.js";
import { fixed, n, t } from "./kit/text.js";
import { activationKey, settingsOf } from "./gallery_activations.js";

/** @param {any} model */
export function initialisersRoom(model) {
  const settings = settingsOf(model, "initialiser_settings");
  const same = (/** @type {string[]} */ names) => /** @type {[string, string][]} */ (names.map((name) => [name, name]));
  const initialiser = select({
    label: t("gallery.initialiser"), options: same(model.get("initialisers")), value: model.get("initialiser"),
    change: (v) => put(model, { initialiser: v }),
  });
  const between = select({
    label: t("gallery.between"), options: same(model.get("betweens")), value: model.get("between"),
    change: (v) => put(model, { between: v }),
  });
  const width = slider({
    label: t("gallery.width"), value: model.get("width"), min: 8, max: 128, step: 8, format: (v) => fixed(v, 0),
    change: (v) => put(model, { width: Math.round(v) }),
  });
  const again = button({
    label: t("gallery.again"), press: () => put(model, { seed: (model.get("seed") + 1) % 1000 }),
  });
  const shares = plot({ x: [0.5, 20.5], y: [-1, 1], draw: drawShares, label: t("gallery.shares.label"), xLabel: t("gallery.layer"), yLabel: t("gallery.value") });
  const sizes = plot({ x: [0.5, 20.5], y: [-4, 2], draw: drawSizes, label: t("gallery.sizes.label"), xLabel: t("gallery.layer"), yLabel: t("gallery.log_std") });
  const health = el("p", { class: "cr-note", role: "status" });
  const about = el("p", { class: "cr-caption" });
  const element = el("section", { class: "cr-stack" },
    el("div", { class: "cr-columns" },
      el("div", { class: "cr-stack" }, health,
        el("figure", { class: "cr-card picture" }, el("div", { class: "cr-flat" }, sizes.element),
          el("figcaption", {}, activationKey("blue", t("gallery.forward")), activationKey("vermilion", t("gallery.backward")))),
        el("figure", { class: "cr-card picture" }, el("div", { class: "cr-flat" }, shares.element),
          el("figcaption", {}, activationKey("blue", t("gallery.shares"))))),
      el("div", { class: "cr-controls" },
        el("div", { class: "cr-card" }, initialiser.element, settings.element, about),
        el("div", { class: "cr-card" }, between.element, width.element, again.element))));

  /** @param {any} p */
  function drawShares(p) {
    const layers = model.get("layers");
    if (!layers.histograms) return;
    const { shape, data } = array(layers.histograms);
    const [count, bins] = shape;
    const turned = new Float32Array(count * bins);
    for (let layer = 0; layer < count; layer += 1) {
      const found = data.slice(layer * bins, (layer + 1) * bins);
      // The second largest share is the darkest: after a ReLU half of all answers are 0.
      const most = Math.max([...found].sort((a, b) => b - a)[1], 1e-3);
      for (let bin = 0; bin < bins; bin += 1) turned[bin * count + layer] = Math.sqrt(Math.min(1, found[bin] / most));
    }
    p.map({ shape: [bins, count], data: turned }, { low: "", high: "blue", smooth: false });
  }

  /** @param {any} p */
  function drawSizes(p) {
    const layers = model.get("layers");
    if (!layers.forward) return;
    const at = layers.forward.map((/** @type {number} */ _, /** @type {number} */ i) => i + 1);
    for (const [name, colour] of [["forward", "blue"], ["backward", "vermilion"]]) {
      const heights = layers[name].map(logOf);
      p.line(at, heights, { colour, width: 2.5 });
      p.dots(at, heights, { colour, radius: 4 });
    }
  }

  function refresh() {
    const layers = model.get("layers");
    initialiser.set(model.get("initialiser"));
    between.set(model.get("between"));
    width.set(model.get("width"));
    about.textContent = t(`gallery.about.${model.get("initialiser")}`);
    if (!layers.forward) return;
    const heights = [...layers.forward, ...layers.backward].map(logOf).filter(Number.isFinite);
    const [low, high] = heights.length ? [Math.min(...heights), Math.max(...heights)] : [-1, 1];
    sizes.limits({ y: [Math.min(-2, low - 0.5), Math.max(1, high + 0.5)] });
    shares.limits({ y: layers.edges });
    const [forward, backward] = [layers.forward, layers.backward];
    health.textContent = t(`gallery.health.${layers.health}`, {
      forward: n(forward[forward.length - 1] / forward[0]), backward: n(backward[0] / backward[backward.length - 1]),
    });
    health.classList.toggle("bad", layers.health !== "well");
  }

  const offs = [
    settings.off,
    watch(model, ["layers", "initialiser", "between", "width"], refresh),
    shares.remove, sizes.remove,
  ];
  refresh();
  return { element, remove: () => offs.forEach((off) => off()) };
}

/** @param {number | null} v */
function logOf(v) {
  return v === null || v <= 0 ? NaN : Math.log10(v);
}
