// A curve, what the network makes of it, and the parts of its units that sum to the answer.
import { array } from "./kit/array.js";
import { toggle } from "./kit/controls.js";
import { drag, el } from "./kit/dom.js";
import { plot } from "./kit/plot.js";
import { put } from "./kit/tabs.js";
import { t } from "./kit/text.js";

const CURVE_PARTS = ["green", "purple", "orange", "sky"];

/** @param {any} model */
export function curvePlot(model) {
  let parts = true;
  /** @type {number[][]} */
  let drawn = [];
  const picture = plot({ x: [-3, 3], y: [-2, 2], draw, label: t("perceptron.curve.label") });
  const show = toggle({
    label: t("perceptron.parts"), value: parts,
    change: (v) => {
      parts = v;
      picture.redraw();
    },
  });
  const hint = el("p", { class: "cr-caption" });
  const caption = el("figcaption", {}, show.element, hint);

  /** @param {any} p */
  function draw(p) {
    const curve = model.get("curve");
    if (!curve.x) return;
    const x = array(curve.x).data;
    const { shape, data } = array(curve.parts);
    for (let unit = 0; parts && unit < shape[0]; unit += 1) {
      p.line(x, data.slice(unit * shape[1], (unit + 1) * shape[1]), { colour: CURVE_PARTS[unit % CURVE_PARTS.length], width: 1.5, opacity: 0.8 });
    }
    const pen = drawn.length ? drawn : null;
    const at = pen ? pen.map((point) => point[0]) : array(curve.at).data;
    const target = pen ? pen.map((point) => point[1]) : array(curve.target).data;
    p.line(at, target, { colour: "ink", width: 5, opacity: 0.25 });
    if (array(curve.at).data.length) p.line(x, array(curve.answer).data, { colour: "blue", width: 3 });
  }

  const off = drag(picture.canvas, {
    start: (event) => {
      if (model.get("target") !== "drawn") return false;
      drawn = [picture.at(event)];
    },
    move: (event) => {
      drawn.push(picture.at(event));
      picture.redraw();
    },
    end: () => {
      put(model, { drawn: curveThinned(drawn) });
      drawn = [];
    },
  });

  return {
    plot: picture,
    caption,
    refresh() {
      hint.textContent = t(model.get("target") === "drawn" ? "perceptron.draw" : "perceptron.sum");
      picture.redraw();
    },
    remove() {
      off();
      picture.remove();
    },
  };
}

/** At most one point for each of 120 places, within the picture. @param {number[][]} points */
function curveThinned(points) {
  const kept = new Map();
  for (const [x, y] of points) {
    const place = Math.round(Math.max(-3, Math.min(3, x)) * 20) / 20;
    kept.set(place, [place, Math.max(-2, Math.min(2, y))]);
  }
  return [...kept.values()];
}
