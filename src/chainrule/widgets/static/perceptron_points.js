// The square of points: to add, move and take away; under them what the neuron or network answers.
import { array } from "./kit/array.js";
import { drag, el, on } from "./kit/dom.js";
import { plot } from "./kit/plot.js";
import { put, tabs } from "./kit/tabs.js";
import { n, t } from "./kit/text.js";

/** @param {any} model */
export function pointsPlot(model) {
  const reach = model.get("reach");
  let kind = "1";
  let chosen = -1;
  const picture = plot({
    x: [-reach, reach], y: [-reach, reach], draw, label: t("perceptron.square.label"), focus: true,
  });
  const which = tabs({
    label: t("perceptron.kind"), kind: "chips", value: kind,
    options: [["0", t("perceptron.kind.0")], ["1", t("perceptron.kind.1")]],
    change: (v) => {
      kind = v;
    },
  });
  const tools = el("figcaption", {}, el("div", { class: "cr-row" }, t("perceptron.kind"), which.element), t("perceptron.hint"));

  /** @param {any} p */
  function draw(p) {
    if (model.get("tab") === "layer") drawField(p);
    else drawLine(p);
    const points = model.get("points");
    const at = (/** @type {number} */ k) => points.map((/** @type {number[]} */ point) => point[k]);
    const done = model.get("tab") === "rule" ? model.get("last") : null;
    if (done && points[done.example]) {
      const [x, y] = points[done.example];
      p.dots([x], [y], { colour: "orange", radius: 13, ring: "ink" });
    }
    if (points[chosen]) p.dots([points[chosen][0]], [points[chosen][1]], { colour: "ink", radius: 9 });
    p.dots(at(0), at(1), { colour: (/** @type {number} */ i) => (points[i][2] ? "vermilion" : "blue"), radius: 6 });
  }

  /** The two sides of the line, and the weights as an arrow towards class 1. @param {any} p */
  function drawLine(p) {
    const [w1, w2, b] = model.get("weights");
    const size = Math.hypot(w1, w2);
    if (size === 0) return;
    const side = new Float32Array(64 * 64);
    for (let i = 0; i < side.length; i += 1) {
      const x = reach * (((i % 64) + 0.5) / 32 - 1);
      const y = reach * ((Math.floor(i / 64) + 0.5) / 32 - 1);
      side[i] = Math.max(-1, Math.min(1, ((w1 * x + w2 * y + b) / size) * 12));
    }
    p.map({ shape: [64, 64], data: side }, { opacity: 0.16 });
    const [ux, uy] = [w1 / size, w2 / size];
    const [fx, fy] = [(-b / size) * ux, (-b / size) * uy];
    const far = 3 * reach;
    p.line([fx - far * uy, fx + far * uy], [fy + far * ux, fy - far * ux], { colour: "ink", width: 2.5 });
    squareArrow(p, fx, fy, fx + 0.5 * ux, fy + 0.5 * uy);
    p.text("w", fx + 0.5 * ux, fy + 0.5 * uy, { dx: 8, dy: 4, bold: true });
  }

  /** Answers of the network, and the line of each hidden unit. @param {any} p */
  function drawField(p) {
    const field = model.get("field");
    if (!field) return;
    p.map(array(field), { opacity: 0.55 });
    const { shape, data } = array(model.get("hidden"));
    for (let i = 0; i < shape[0]; i += 1) {
      const [w1, w2, b, v] = data.slice(4 * i, 4 * i + 4);
      const size = Math.hypot(w1, w2) || 1;
      const [ux, uy] = [w1 / size, w2 / size];
      const [fx, fy] = [(-b / size) * ux, (-b / size) * uy];
      const far = 3 * reach + Math.abs(b / size);
      p.line([fx - far * uy, fx + far * uy], [fy + far * ux, fy - far * ux],
        { colour: "ink", width: 1.5, dash: [6, 5], opacity: Math.min(0.9, 0.15 + Math.abs(v) / 3) });
    }
  }

  /** @param {number[][]} points */
  function keep(points) {
    put(model, { points: points.map((point) => [...point]) });
    picture.redraw();
  }
  /** @param {number} v */
  const inside = (v) => Math.round(1000 * Math.max(-reach, Math.min(reach, v))) / 1000;

  const offs = [
    drag(picture.canvas, {
      start: (event) => {
        const points = model.get("points");
        const distances = points.map((/** @type {number[]} */ p) => picture.distance(event, p[0], p[1]));
        const nearest = distances.indexOf(Math.min(...distances));
        if (nearest >= 0 && distances[nearest] < 16) {
          chosen = nearest;
          picture.redraw();
          return;
        }
        const [x, y] = picture.at(event);
        chosen = points.length;
        keep([...points, [inside(x), inside(y), Number(kind)]]);
      },
      move: (event) => {
        const points = model.get("points");
        const [x, y] = picture.at(event);
        if (points[chosen]) keep(points.map((/** @type {number[]} */ p, /** @type {number} */ i) => (i === chosen ? [inside(x), inside(y), p[2]] : p)));
      },
    }),
    on(picture.canvas, "dblclick", () => remove()),
    on(picture.canvas, "keydown", key),
    picture.remove,
  ];

  function remove() {
    const points = model.get("points");
    if (!points[chosen]) return;
    keep(points.filter((/** @type {any} */ _, /** @type {number} */ i) => i !== chosen));
    chosen = -1;
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const points = model.get("points");
    const by = { ArrowUp: [0, 0.1], ArrowDown: [0, -0.1], ArrowRight: [0.1, 0], ArrowLeft: [-0.1, 0] }[event.key];
    if (by && points[chosen]) {
      keep(points.map((/** @type {number[]} */ p, /** @type {number} */ i) => (i === chosen ? [inside(p[0] + by[0]), inside(p[1] + by[1]), p[2]] : p)));
    } else if (event.key === " " || event.key === "PageDown") {
      chosen = points.length ? (chosen + 1) % points.length : -1;
    } else if (event.key === "Enter" || event.key === "Insert") {
      chosen = points.length;
      keep([...points, [0, 0, Number(kind)]]);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      remove();
    } else {
      return;
    }
    event.preventDefault();
    picture.redraw();
  }

  return {
    plot: picture,
    tools,
    refresh() {
      const [w1, w2, b] = model.get("weights");
      picture.describe(t("perceptron.square.described", { count: model.get("points").length, w1: n(w1), w2: n(w2), b: n(b) }));
      picture.redraw();
    },
    remove: () => offs.forEach((off) => off()),
  };
}

/** @param {any} p @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function squareArrow(p, x0, y0, x1, y1) {
  p.line([x0, x1], [y0, y1], { colour: "ink", width: 2.5 });
  const [dx, dy] = [x1 - x0, y1 - y0];
  for (const turn of [2.6, -2.6]) {
    const [c, s] = [Math.cos(turn) * 0.25, Math.sin(turn) * 0.25];
    p.line([x1, x1 + c * dx - s * dy], [y1, y1 + s * dx + c * dy], { colour: "ink", width: 2.5 });
  }
}
