// A surface over a grid in perspective-free 3-D, turned by dragging or with the arrow keys.
import { colour, colourTable, onTheme } from "./colours.js";
import { drag, el, on } from "./dom.js";

/**
 * A surface; `show(heights, path)` draws it. Positions of the path are 0 … 1 along each side of
 * the floor; its heights are on the scale of the surface.
 * @param {{label: string, xLabel: string, yLabel: string}} options
 */
export function surface({ label, xLabel, yLabel }) {
  const canvas = el("canvas", { role: "img", "aria-label": label, tabindex: 0 });
  const element = el("div", { class: "cr-plot" }, canvas);
  const pen = canvas.getContext("2d");
  let [turn, tilt, width, height] = [-0.7, 0.62, 0, 0];
  /** @type {{shape: number[], data: ArrayLike<number>}} */
  let heights = { shape: [0, 0], data: [] };
  /** @type {number[][]} */
  let path = [];
  let isWaiting = false;

  function redraw() {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(paint);
  }

  /** Floor and height of 0 … 1 to pixels and depth.
   * @param {number} x @param {number} y @param {number} z */
  function project(x, y, z) {
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const across = (x - 0.5) * cos - (y - 0.5) * sin;
    const away = (x - 0.5) * sin + (y - 0.5) * cos;
    const size = Math.min(width / 1.55, height / 1.4);
    const up = z * 0.72 * Math.cos(tilt) + away * Math.sin(tilt);
    return [width / 2 + across * size, height * 0.68 - up * size, away];
  }

  function paint() {
    isWaiting = false;
    const [rows, columns] = heights.shape;
    if (width === 0 || rows < 2) return;
    const ratio = devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const step = 2;
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < heights.data.length; i += 1) {
      low = Math.min(low, heights.data[i]);
      high = Math.max(high, heights.data[i]);
    }
    // The square root of the height: the bottom, where it matters, is not flat.
    const scaled = (/** @type {number} */ h) =>
      Math.sqrt(Math.max(0, Math.min(1.02, (h - low) / (high - low || 1))));
    const at = (/** @type {number} */ r, /** @type {number} */ c) =>
      project(c / (columns - 1), r / (rows - 1), scaled(heights.data[r * columns + c]));
    const faces = [];
    for (let r = 0; r + step < rows; r += step) {
      for (let c = 0; c + step < columns; c += step) {
        const corners = [at(r, c), at(r, c + step), at(r + step, c + step), at(r + step, c)];
        const h = scaled(heights.data[(r + 1) * columns + c + 1]);
        faces.push({ corners, h, away: corners.reduce((sum, corner) => sum + corner[2], 0) });
      }
    }
    faces.sort((a, b) => b.away - a.away);
    labels();
    const table = colourTable("", "sky");
    pen.lineWidth = 0.6;
    for (const { corners, h } of faces) {
      const k = 3 * Math.round(255 * (0.12 + 0.8 * Math.min(1, h)));
      pen.fillStyle = `rgba(${table[k]}, ${table[k + 1]}, ${table[k + 2]}, 0.9)`;
      pen.strokeStyle = colour("paper", 0.75);
      pen.beginPath();
      corners.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.closePath();
      pen.fill();
      pen.stroke();
    }
    trail(scaled);
  }

  function labels() {
    pen.font = "12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
    pen.fillStyle = colour("muted");
    pen.textAlign = "center";
    const front = Math.cos(turn) > 0 ? 0 : 1;
    const side = Math.sin(turn) > 0 ? 0 : 1;
    const places = /** @type {[string, number, number][]} */ ([
      [xLabel, 0.5, front ? 1.13 : -0.13],
      [yLabel, side ? 1.13 : -0.13, 0.5],
    ]);
    for (const [text, x, y] of places) {
      const [px, py] = project(x, y, 0);
      pen.fillText(text, px, py + 4);
    }
  }

  /** @param {(h: number) => number} scaled */
  function trail(scaled) {
    const isInside = (/** @type {number[]} */ [x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1;
    const points = path.filter(isInside).map(([x, y, h]) => project(x, y, scaled(h)));
    if (points.length === 0) return;
    pen.strokeStyle = colour("ink");
    pen.lineWidth = 1.8;
    pen.lineJoin = "round";
    pen.beginPath();
    points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.stroke();
    if (!isInside(path[path.length - 1])) return;
    const [x, y] = points[points.length - 1];
    pen.fillStyle = colour("ink");
    pen.strokeStyle = colour("paper");
    pen.beginPath();
    pen.arc(x, y, 6, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }

  /** @param {number} across @param {number} up */
  function rotate(across, up) {
    turn += across;
    tilt = Math.max(0.1, Math.min(1.45, tilt + up));
    redraw();
  }

  let before = [0, 0];
  const offs = [
    onTheme(redraw),
    drag(canvas, {
      start: (event) => {
        before = [event.clientX, event.clientY];
      },
      move: (event) => {
        rotate((event.clientX - before[0]) * 0.01, (event.clientY - before[1]) * 0.006);
        before = [event.clientX, event.clientY];
      },
    }),
    on(canvas, "keydown", (event) => {
      const moves = /** @type {Record<string, number[]>} */ ({
        ArrowLeft: [-0.12, 0],
        ArrowRight: [0.12, 0],
        ArrowUp: [0, -0.08],
        ArrowDown: [0, 0.08],
      });
      if (!moves[event.key]) return;
      event.preventDefault();
      rotate(moves[event.key][0], moves[event.key][1]);
    }),
  ];
  const watcher = new ResizeObserver(() => {
    const ratio = devicePixelRatio || 1;
    [width, height] = [element.clientWidth, element.clientHeight];
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    paint();
  });
  watcher.observe(element);
  return {
    element,
    /** @param {{shape: number[], data: ArrayLike<number>}} newest @param {number[][]} trace */
    show(newest, trace) {
      [heights, path] = [newest, trace];
      redraw();
    },
    remove() {
      watcher.disconnect();
      offs.forEach((off) => off());
    },
  };
}
