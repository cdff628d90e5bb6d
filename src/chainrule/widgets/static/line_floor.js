// The page Line's loss from above: lines of equal height over w and b, and the way of the descent.
import { array } from "./kit/array.js";
import { colourTable } from "./kit/colours.js";
import { bowlLevels, contour } from "./kit/contour.js";
import { drag, on } from "./kit/dom.js";
import { plot } from "./kit/plot.js";
import { t } from "./kit/text.js";

/**
 * The picture of the loss; `moveLine(w, b)` is called when its dot is dragged.
 * @param {any} model
 * @param {(w: number, b: number) => void} moveLine
 */
export function lineFloor(model, moveLine) {
  const [slopes, heights] = model.get("floor");
  const floor = plot({
    x: slopes,
    y: heights,
    xLabel: "w",
    yLabel: "b",
    label: t("line.floor_label"),
    focus: true,
    draw: drawFloor,
  });

  function drawFloor() {
    const grid = array(model.get("bowl"));
    const pen = floor.pen;
    const [rows, columns] = grid.shape;
    const px = (/** @type {number} */ c) =>
      floor.px(slopes[0] + ((slopes[1] - slopes[0]) * c) / (columns - 1));
    const py = (/** @type {number} */ r) =>
      floor.py(heights[0] + ((heights[1] - heights[0]) * r) / (rows - 1));
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
    const [ws, bs] = [0, 1].map((k) =>
      Array.from({ length: path.shape[0] }, (_, i) => path.data[3 * i + k]),
    );
    floor.line(ws, bs, { colour: "ink", width: 1.5 });
    if (ws.length < 400)
      floor.dots(ws.slice(0, -1), bs.slice(0, -1), { colour: "ink", radius: 2, ring: "" });
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

  const offs = [
    drag(floor.canvas, {
      start: (event) => dragFloor(event),
      move: dragFloor,
    }),
    on(floor.canvas, "keydown", (event) => {
      const far = event.shiftKey ? 0.5 : 0.1;
      const steps = /** @type {Record<string, number[]>} */ ({
        ArrowLeft: [-far, 0],
        ArrowRight: [far, 0],
        ArrowUp: [0, far],
        ArrowDown: [0, -far],
      });
      if (!steps[event.key]) return;
      event.preventDefault();
      moveLine(model.get("w") + steps[event.key][0], model.get("b") + steps[event.key][1]);
    }),
  ];

  /** @param {PointerEvent} event */
  function dragFloor(event) {
    const [w, b] = floor.at(event);
    moveLine(
      Math.max(slopes[0], Math.min(slopes[1], w)),
      Math.max(heights[0], Math.min(heights[1], b)),
    );
  }

  return {
    element: floor.element,
    redraw: floor.redraw,
    remove() {
      offs.forEach((off) => off());
      floor.remove();
    },
  };
}
