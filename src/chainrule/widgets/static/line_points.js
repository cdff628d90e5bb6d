// The page Line's points: they are dragged, added, removed; the line and its squared errors.
import { drag, on } from "./kit/dom.js";
import { plot } from "./kit/plot.js";
import { t } from "./kit/text.js";

const LINE_X = /** @type {[number, number]} */ ([-4, 4]);
const LINE_Y = /** @type {[number, number]} */ ([-6, 8]);

/**
 * The picture of the points and the line.
 * @param {any} model
 */
export function linePoints(model) {
  let chosen = -1;

  const data = plot({
    x: LINE_X,
    y: LINE_Y,
    xLabel: "x",
    yLabel: "y",
    label: t("line.data_label"),
    focus: true,
    draw: drawData,
  });

  function drawData() {
    const points = model.get("points");
    const [w, b] = [model.get("w"), model.get("b")];
    const best = model.get("best");
    for (const [x, y] of points) drawSquare(x, y, w * x + b);
    if (best) {
      data.line(
        LINE_X,
        LINE_X.map((x) => best[0] * x + best[1]),
        { colour: "green", width: 2, dash: [7, 6] },
      );
    }
    data.line(
      LINE_X,
      LINE_X.map((x) => w * x + b),
      { colour: "ink", width: 2.5 },
    );
    data.dots(
      points.map((/** @type {number[]} */ p) => p[0]),
      points.map((/** @type {number[]} */ p) => p[1]),
      { colour: "blue", radius: 6 },
    );
    if (points[chosen] && data.canvas.matches(":focus")) {
      data.dots([points[chosen][0]], [points[chosen][1]], {
        colour: "blue",
        radius: 8,
        ring: "ink",
      });
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
    return [
      round(Math.max(LINE_X[0], Math.min(LINE_X[1], x))),
      round(Math.max(LINE_Y[0], Math.min(LINE_Y[1], y))),
    ];
  }

  /** @param {number[]} point */
  function add(point) {
    const points = model.get("points");
    chosen = points.length;
    movePoints([...points, inside(point)]);
  }

  /** @param {number} index */
  function drop(index) {
    movePoints(
      model.get("points").filter((/** @type {any} */ _, /** @type {number} */ i) => i !== index),
    );
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
      move: (event) =>
        movePoints(
          model
            .get("points")
            .map((/** @type {number[]} */ p, /** @type {number} */ i) =>
              i === chosen ? inside(data.at(event)) : p,
            ),
        ),
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
  return {
    element: data.element,
    redraw: data.redraw,
    remove() {
      offs.forEach((off) => off());
      data.remove();
    },
  };
}

/** @param {number} opacity */
function lineTint(opacity) {
  return `rgba(213, 94, 0, ${opacity})`;
}
