// Line: points, the line and its squared errors; the bowl of the loss, flat and in 3-D.
import { array } from "./kit/array.js";
import { colourTable } from "./kit/colours.js";
import { bowlLevels, contour } from "./kit/contour.js";
import { button, playButton, reading, slider } from "./kit/controls.js";
import { drag, el, on } from "./kit/dom.js";
import { plot } from "./kit/plot.js";
import { surface } from "./kit/surface.js";
import { fixed, t } from "./kit/text.js";

const LINE_X = /** @type {[number, number]} */ ([-4, 4]);
const LINE_Y = /** @type {[number, number]} */ ([-6, 8]);

/** @param {{model: any, el: HTMLElement}} place */
function render({ model, el: root }) {
  let chosen = -1;

  // ---------------------------------------------------------------------------- the points
  const data = plot({ x: LINE_X, y: LINE_Y, xLabel: "x", yLabel: "y", label: t("line.data_label"), focus: true, draw: drawData });

  function drawData() {
    const points = model.get("points");
    const [w, b] = [model.get("w"), model.get("b")];
    const best = model.get("best");
    for (const [x, y] of points) drawSquare(x, y, w * x + b);
    if (best) {
      data.line(LINE_X, LINE_X.map((x) => best[0] * x + best[1]), { colour: "green", width: 2, dash: [7, 6] });
    }
    data.line(LINE_X, LINE_X.map((x) => w * x + b), { colour: "ink", width: 2.5 });
    data.dots(points.map((/** @type {number[]} */ p) => p[0]), points.map((/** @type {number[]} */ p) => p[1]),
      { colour: "blue", radius: 6 });
    if (points[chosen] && document.activeElement === data.canvas) {
      data.dots([points[chosen][0]], [points[chosen][1]], { colour: "blue", radius: 8, ring: "ink" });
    }
  }

  /** A square whose side is the error: its area is what the loss counts.
   * @param {number} x @param {number} y @param {number} predicted */
  function drawSquare(x, y, predicted) {
    const side = data.py(predicted) - data.py(y);
    const pen = data.pen;
    const left = data.px(x) - (side > 0 ? 0 : Math.abs(side));
    if (!Number.isFinite(side)) return;
    pen.fillStyle = lineTint(0.14);
    pen.fillRect(left, Math.min(data.py(y), data.py(predicted)), Math.abs(side), Math.abs(side));
    pen.strokeStyle = lineTint(0.6);
    pen.lineWidth = 1;
    pen.strokeRect(left, Math.min(data.py(y), data.py(predicted)), Math.abs(side), Math.abs(side));
  }

  /** @param {any} event */
  function nearest(event) {
    let [found, least] = [-1, 18];
    model.get("points").forEach((/** @type {number[]} */ [x, y], /** @type {number} */ i) => {
      const distance = data.distance(event, x, y);
      if (distance < least) [found, least] = [i, distance];
    });
    return found;
  }

  /** @param {number[][]} points */
  function movePoints(points) {
    model.set("points", points);
    model.save_changes();
  }

  /** @param {number[]} point */
  function inside([x, y]) {
    const round = (/** @type {number} */ v) => Math.round(v * 100) / 100;
    return [round(Math.max(LINE_X[0], Math.min(LINE_X[1], x))), round(Math.max(LINE_Y[0], Math.min(LINE_Y[1], y)))];
  }

  /** @param {number[]} point */
  function add(point) {
    const points = model.get("points");
    chosen = points.length;
    movePoints([...points, inside(point)]);
  }

  /** @param {number} index */
  function drop(index) {
    movePoints(model.get("points").filter((/** @type {any} */ _, /** @type {number} */ i) => i !== index));
    chosen = -1;
  }

  const keys = /** @type {Record<string, (points: number[][], far: number) => void>} */ ({
    ArrowLeft: (points, far) => nudge(points, -far, 0),
    ArrowRight: (points, far) => nudge(points, far, 0),
    ArrowUp: (points, far) => nudge(points, 0, far),
    ArrowDown: (points, far) => nudge(points, 0, -far),
    PageDown: (points) => choose((chosen + 1) % points.length),
    PageUp: (points) => choose((Math.max(0, chosen) + points.length - 1) % points.length),
    Delete: () => drop(chosen),
    Insert: () => add([0, 0]),
  });

  /** @param {number} index */
  function choose(index) {
    chosen = index;
    data.redraw();
  }

  /** @param {number[][]} points @param {number} right @param {number} up */
  function nudge(points, right, up) {
    if (points.length === 0) return;
    if (!points[chosen]) chosen = 0;
    const [x, y] = points[chosen];
    movePoints(points.map((point, i) => (i === chosen ? inside([x + right, y + up]) : point)));
  }

  const offs = [
    drag(data.canvas, {
      start: (event) => {
        chosen = nearest(event);
        data.redraw();
        return chosen >= 0;
      },
      move: (event) => movePoints(
        model.get("points").map((/** @type {number[]} */ p, /** @type {number} */ i) => (i === chosen ? inside(data.at(event)) : p))),
    }),
    on(data.canvas, "pointermove", (event) => {
      data.canvas.style.cursor = nearest(event) >= 0 ? "grab" : "crosshair";
    }),
    on(data.canvas, "dblclick", (event) => {
      const found = nearest(event);
      if (found >= 0) drop(found);
      else add(data.at(event));
    }),
    on(data.canvas, "keydown", (event) => {
      const act = keys[event.key];
      if (!act || (event.key === "Delete" && chosen < 0)) return;
      event.preventDefault();
      act(model.get("points"), event.shiftKey ? 0.5 : 0.1);
    }),
    on(data.canvas, "focus", () => data.redraw()),
    on(data.canvas, "blur", () => data.redraw()),
  ];

  // ------------------------------------------------------------------------------ the bowl
  const [slopes, heights] = model.get("floor");
  const floor = plot({ x: slopes, y: heights, xLabel: "w", yLabel: "b", label: t("line.floor_label"), focus: true, draw: drawFloor });
  const bowl = surface({ label: t("line.bowl_label"), xLabel: "w", yLabel: "b" });

  function drawFloor() {
    const grid = array(model.get("bowl"));
    const pen = floor.pen;
    const [rows, columns] = grid.shape;
    const px = (/** @type {number} */ c) => floor.px(slopes[0] + ((slopes[1] - slopes[0]) * c) / (columns - 1));
    const py = (/** @type {number} */ r) => floor.py(heights[0] + ((heights[1] - heights[0]) * r) / (rows - 1));
    const levels = bowlLevels(grid.data, 11);
    const table = colourTable("", "sky");
    pen.lineWidth = 1.5;
    levels.forEach((level, k) => {
      const i = 3 * Math.round(255 * (0.35 + (0.65 * k) / levels.length));
      pen.strokeStyle = `rgb(${table[i]}, ${table[i + 1]}, ${table[i + 2]})`;
      pen.beginPath();
      for (const [x0, y0, x1, y1] of contour(grid, level)) {
        pen.moveTo(px(x0), py(y0));
        pen.lineTo(px(x1), py(y1));
      }
      pen.stroke();
    });
    const best = model.get("best");
    if (best) floor.dots([best[0]], [best[1]], { colour: "paper", radius: 6, ring: "green" });
    const path = array(model.get("path"));
    const [ws, bs] = [0, 1].map((k) => Array.from({ length: path.shape[0] }, (_, i) => path.data[3 * i + k]));
    floor.line(ws, bs, { colour: "ink", width: 1.5 });
    if (ws.length < 400) floor.dots(ws.slice(0, -1), bs.slice(0, -1), { colour: "ink", radius: 2, ring: "" });
    drawDownhill();
    floor.dots([model.get("w")], [model.get("b")], { colour: "ink", radius: 7 });
  }

  /** The step that comes next: against the gradient. */
  function drawDownhill() {
    const [w, b, rate] = ["w", "b", "rate"].map((name) => model.get(name));
    const [dw, db] = model.get("gradient");
    const to = [w - rate * dw, b - rate * db];
    const length = Math.hypot(floor.px(to[0]) - floor.px(w), floor.py(to[1]) - floor.py(b));
    if (length > 2) floor.line([w, to[0]], [b, to[1]], { colour: "vermilion", width: 2.5 });
  }

  /** @param {number} w @param {number} b */
  function moveLine(w, b) {
    model.set("w", w);
    model.set("b", b);
    model.save_changes();
  }

  offs.push(
    drag(floor.canvas, {
      start: (event) => dragFloor(event),
      move: dragFloor,
    }),
    on(floor.canvas, "keydown", (event) => {
      const far = event.shiftKey ? 0.5 : 0.1;
      const steps = /** @type {Record<string, number[]>} */ ({
        ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, far], ArrowDown: [0, -far] });
      if (!steps[event.key]) return;
      event.preventDefault();
      moveLine(model.get("w") + steps[event.key][0], model.get("b") + steps[event.key][1]);
    }),
  );

  /** @param {PointerEvent} event */
  function dragFloor(event) {
    const [w, b] = floor.at(event);
    moveLine(Math.max(slopes[0], Math.min(slopes[1], w)), Math.max(heights[0], Math.min(heights[1], b)));
  }

  // -------------------------------------------------------------------------- the controls
  const controls = {
    w: slider({ label: t("line.w"), value: model.get("w"), min: slopes[0], max: slopes[1], step: 0.01,
      change: (w) => moveLine(w, model.get("b")) }),
    b: slider({ label: t("line.b"), value: model.get("b"), min: heights[0], max: heights[1], step: 0.01,
      change: (b) => moveLine(model.get("w"), b) }),
    rate: slider({ label: t("line.rate"), value: model.get("rate"), min: 0.001, max: 1, log: true, digits: 2, hint: t("line.rate_hint"),
      change: (rate) => {
        model.set("rate", rate);
        model.save_changes();
        floor.redraw();
      } }),
    running: playButton({ change: (running) => {
      model.set("running", running);
      model.save_changes();
    } }),
    loss: reading({ label: t("line.loss"), colour: "vermilion" }),
    best_loss: reading({ label: t("line.best_loss"), colour: "green" }),
    steps: reading({ label: t("line.steps"), format: String }),
    gradient: reading({ label: t("line.gradient"), format: ([dw, db]) => `${fixed(dw, 2)}, ${fixed(db, 2)}` }),
  };
  const press = (/** @type {string} */ name, icon = "") =>
    button({ label: t(name), icon, press: () => model.send({ do: name.split(".")[1] }) });
  const state = el("p", { class: "cr-note", role: "status" });

  root.append(
    el("header", {}, el("h1", {}, t("line.title")), el("p", { class: "cr-lead" }, t("line.lead"))),
    el("div", { class: "cr-columns" },
      el("div", { class: "cr-line" },
        el("figure", { class: "cr-card picture cr-line-data" }, data.element, el("figcaption", {}, t("line.data_caption"))),
        el("figure", { class: "cr-card picture" }, el("div", { class: "cr-medium" }, floor.element),
          el("figcaption", {}, t("line.floor_caption"))),
        el("figure", { class: "cr-card picture" }, el("div", { class: "cr-medium" }, bowl.element),
          el("figcaption", {}, t("line.bowl_caption")))),
      el("div", { class: "cr-controls" },
        el("section", { class: "cr-card" }, el("h2", {}, t("line.by_hand")), controls.w.element, controls.b.element,
          controls.loss.element, controls.best_loss.element),
        el("section", { class: "cr-card" }, el("h2", {}, t("line.by_descent")),
          el("div", { class: "cr-row" }, controls.running.element, press("kit.step").element),
          controls.rate.element, controls.gradient.element, controls.steps.element,
          el("div", { class: "cr-row" }, press("kit.reset").element, press("line.scatter").element), state))),
  );

  function showBowl() {
    floor.redraw();
    const path = array(model.get("path"));
    const places = Array.from({ length: path.shape[0] }, (_, i) => [
      (path.data[3 * i] - slopes[0]) / (slopes[1] - slopes[0]),
      (path.data[3 * i + 1] - heights[0]) / (heights[1] - heights[0]),
      path.data[3 * i + 2]]);
    bowl.show(array(model.get("bowl")), places);
  }

  const show = () => {
    for (const [name, control] of Object.entries(controls)) control.set(model.get(name));
    state.textContent = t(model.get("lost") ? "line.lost" : "line.calm");
    state.classList.toggle("bad", model.get("lost"));
    data.redraw();
    showBowl();
  };
  model.on("change", show);
  model.on("change:points change:w change:b", () => data.redraw());
  show();
  return () => {
    offs.forEach((off) => off());
    model.off("change", show);
    [data, floor, bowl].forEach((picture) => picture.remove());
  };
}

/** @param {number} opacity */
function lineTint(opacity) {
  return `rgba(213, 94, 0, ${opacity})`;
}

export default { render };
