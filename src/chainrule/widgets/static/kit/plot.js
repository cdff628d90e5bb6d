// A canvas with axes: limits in data, lines, dots, maps. It redraws itself when the size, the
// theme or the limits change.
import { colour, colourTable, onTheme } from "./colours.js";
import { el } from "./dom.js";
import { n } from "./text.js";

const PLOT_FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";

/**
 * @typedef {Object} PlotOptions
 * @property {[number, number]} x           limits
 * @property {[number, number]} y
 * @property {(p: any) => void} draw        draws everything with the methods of the plot
 * @property {string} label                 what is seen, for those who cannot see it
 * @property {string} [xLabel]
 * @property {string} [yLabel]
 * @property {boolean} [bare]               no axes and no margins
 * @property {boolean} [ticks]              false: axes without numbers
 * @property {boolean} [focus]              takes the keyboard
 */

/**
 * A plot; its element fills the box it is put in (give that box a height or an aspect ratio).
 * @param {PlotOptions} options
 */
export function plot(options) {
  const { draw, label, bare = false, ticks = true, focus = false } = options;
  const canvas = el("canvas", { role: "img", "aria-label": label, tabindex: focus ? 0 : false });
  const element = el("div", { class: "cr-plot" }, canvas);
  const pen = canvas.getContext("2d");
  let [width, height, waiting, removed] = [0, 0, false, false];
  let limits = { x: options.x, y: options.y };
  const margin = bare
    ? [0, 0, 0, 0]
    : [10, 16, options.xLabel ? 40 : ticks ? 26 : 12, options.yLabel ? 52 : ticks ? 42 : 12];

  const p = {
    element,
    canvas,
    pen,
    /** Redraw before the next frame. */
    redraw() {
      if (waiting || removed) return;
      waiting = true;
      requestAnimationFrame(paint);
    },
    /** @param {{x?: [number, number], y?: [number, number]}} changes */
    limits(changes) {
      limits = { ...limits, ...changes };
      p.redraw();
    },
    get x() {
      return limits.x;
    },
    get y() {
      return limits.y;
    },
    /** @param {string} text */
    describe(text) {
      canvas.setAttribute("aria-label", text);
    },
    /** Pixel of a value. @param {number} v */
    px: (v) =>
      margin[3] +
      ((v - limits.x[0]) / (limits.x[1] - limits.x[0])) * (width - margin[1] - margin[3]),
    /** @param {number} v */
    py: (v) =>
      height -
      margin[2] -
      ((v - limits.y[0]) / (limits.y[1] - limits.y[0])) * (height - margin[0] - margin[2]),
    /** Where an event is, in data. @param {{clientX: number, clientY: number}} event */
    at(event) {
      const box = canvas.getBoundingClientRect();
      const across = (event.clientX - box.left - margin[3]) / (width - margin[1] - margin[3]);
      const up =
        (height - margin[2] - (event.clientY - box.top)) / (height - margin[0] - margin[2]);
      const [x, y] = [limits.x, limits.y];
      return [x[0] + across * (x[1] - x[0]), y[0] + up * (y[1] - y[0])];
    },
    /** How many pixels an event is from a point. @param {{clientX: number, clientY: number}} event
     * @param {number} x @param {number} y */
    distance(event, x, y) {
      const box = canvas.getBoundingClientRect();
      return Math.hypot(event.clientX - box.left - p.px(x), event.clientY - box.top - p.py(y));
    },
    /** A line through points; it is broken where a value is not finite.
     * @param {ArrayLike<number>} xs @param {ArrayLike<number>} ys
     * @param {{colour?: string, width?: number, dash?: number[], opacity?: number}} [look] */
    line(xs, ys, look = {}) {
      plotStroke(pen, look);
      pen.beginPath();
      let isOn = false;
      for (let i = 0; i < xs.length; i += 1) {
        const [px, py] = [p.px(xs[i]), plotNear(p.py(ys[i]), height)];
        const finite = Number.isFinite(px) && Number.isFinite(py);
        if (finite && isOn) pen.lineTo(px, py);
        else if (finite) pen.moveTo(px, py);
        isOn = finite;
      }
      pen.stroke();
      pen.setLineDash([]);
    },
    /** The area between two lines, or a line and a number.
     * @param {ArrayLike<number>} xs @param {ArrayLike<number>} ys @param {number} base
     * @param {{colour?: string, opacity?: number}} [look] */
    area(xs, ys, base, look = {}) {
      if (xs.length === 0) return;
      pen.fillStyle = plotColour(look.colour ?? "blue", look.opacity ?? 0.15);
      pen.beginPath();
      pen.moveTo(p.px(xs[0]), p.py(base));
      for (let i = 0; i < xs.length; i += 1) pen.lineTo(p.px(xs[i]), plotNear(p.py(ys[i]), height));
      pen.lineTo(p.px(xs[xs.length - 1]), p.py(base));
      pen.fill();
    },
    /** @param {ArrayLike<number>} xs @param {ArrayLike<number>} ys
     * @param {{colour?: string | ((i: number) => string), radius?: number, ring?: string,
     *          opacity?: number}} [look] */
    dots(xs, ys, look = {}) {
      const { colour: fill = "blue", radius = 4, ring = "paper", opacity = 1 } = look;
      for (let i = 0; i < xs.length; i += 1) {
        pen.fillStyle = plotColour(typeof fill === "function" ? fill(i) : fill, opacity);
        pen.beginPath();
        pen.arc(p.px(xs[i]), p.py(ys[i]), radius, 0, 2 * Math.PI);
        pen.fill();
        if (ring) {
          pen.lineWidth = 1.5;
          pen.strokeStyle = plotColour(ring, 1);
          pen.stroke();
        }
      }
    },
    /** A rectangle by two corners, in data. @param {number} x0 @param {number} y0 @param {number} x1
     * @param {number} y1 @param {{colour?: string, opacity?: number, edge?: string}} [look] */
    box(x0, y0, x1, y1, look = {}) {
      const place = [p.px(x0), p.py(y1), p.px(x1) - p.px(x0), p.py(y0) - p.py(y1)];
      pen.fillStyle = plotColour(look.colour ?? "blue", look.opacity ?? 0.15);
      pen.fillRect(...place);
      if (look.edge) {
        pen.lineWidth = 1;
        pen.strokeStyle = plotColour(look.edge, 0.7);
        pen.strokeRect(...place);
      }
    },
    /** @param {string} text @param {number} x @param {number} y
     * @param {{colour?: string, align?: CanvasTextAlign, dx?: number, dy?: number,
     *          size?: number, bold?: boolean}} [look] */
    text(text, x, y, look = {}) {
      const { align = "left", dx = 6, dy = -6, size = 12, bold = false } = look;
      pen.font = `${bold ? "600 " : ""}${size}px ${PLOT_FONT}`;
      pen.textAlign = align;
      pen.textBaseline = "alphabetic";
      pen.lineWidth = 3;
      pen.strokeStyle = colour("paper");
      pen.strokeText(text, p.px(x) + dx, p.py(y) + dy);
      pen.fillStyle = plotColour(look.colour ?? "ink", 1);
      pen.fillText(text, p.px(x) + dx, p.py(y) + dy);
    },
    /** A map of numbers over the limits: row 0 is at the bottom. Values of −1 … 1 (or 0 … 1 where
     * `low` is "") by the table of colours; `smooth` blends neighbours.
     * @param {{shape: number[], data: ArrayLike<number>}} values
     * @param {{low?: string, high?: string, scale?: number, opacity?: number, smooth?: boolean,
     *          x?: [number, number], y?: [number, number]}} [look] */
    map(values, look = {}) {
      const image = heatImage(values, look);
      const [x, y] = [look.x ?? limits.x, look.y ?? limits.y];
      pen.save();
      pen.globalAlpha = look.opacity ?? 1;
      pen.imageSmoothingEnabled = look.smooth ?? true;
      pen.drawImage(
        image,
        p.px(x[0]),
        p.py(y[1]),
        p.px(x[1]) - p.px(x[0]),
        p.py(y[0]) - p.py(y[1]),
      );
      pen.restore();
    },
    /** Stop listening; the element may be thrown away. */
    remove() {
      removed = true;
      watcher.disconnect();
      off();
    },
  };

  function paint() {
    waiting = false;
    if (removed || width === 0) return;
    const ratio = devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    if (!bare) axes();
    pen.save();
    pen.beginPath();
    pen.rect(margin[3], margin[0], width - margin[1] - margin[3], height - margin[0] - margin[2]);
    if (!bare) pen.clip();
    pen.lineJoin = "round";
    draw(p);
    pen.restore();
  }

  function axes() {
    const [left, right, top, bottom] = [
      margin[3],
      width - margin[1],
      margin[0],
      height - margin[2],
    ];
    pen.font = `12px ${PLOT_FONT}`;
    pen.lineWidth = 1;
    for (const value of niceTicks(limits.x, (right - left) / 70)) {
      plotRule(pen, p.px(value), top, p.px(value), bottom, value === 0 ? "axis" : "grid");
      if (ticks) plotLabel(pen, plotTick(value), p.px(value), bottom + 16, "center");
    }
    for (const value of niceTicks(limits.y, (bottom - top) / 44)) {
      plotRule(pen, left, p.py(value), right, p.py(value), value === 0 ? "axis" : "grid");
      if (ticks) plotLabel(pen, plotTick(value), left - 7, p.py(value) + 4, "right");
    }
    if (options.xLabel) plotLabel(pen, options.xLabel, (left + right) / 2, height - 6, "center");
    if (options.yLabel) {
      pen.save();
      pen.translate(12, (top + bottom) / 2);
      pen.rotate(-Math.PI / 2);
      plotLabel(pen, options.yLabel, 0, 0, "center");
      pen.restore();
    }
  }

  const watcher = new ResizeObserver(() => {
    const ratio = devicePixelRatio || 1;
    [width, height] = [element.clientWidth, element.clientHeight];
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    if (width > 0) paint();
  });
  watcher.observe(element);
  const off = onTheme(p.redraw);
  return p;
}

/**
 * A canvas of one pixel a number, by the table of colours (see `map` of a plot).
 * @param {{shape: number[], data: ArrayLike<number>}} values
 * @param {{low?: string, high?: string, scale?: number, flip?: boolean}} [look]
 * @returns {HTMLCanvasElement}
 */
export function heatImage(
  { shape, data },
  { low = "blue", high = "vermilion", scale = 1, flip = true } = {},
) {
  const [rows, columns] = shape;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, rows];
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = pen.createImageData(columns, rows);
  const table = colourTable(low, high);
  for (let row = 0; row < rows; row += 1) {
    const from = (flip ? rows - 1 - row : row) * columns;
    for (let c = 0; c < columns; c += 1) {
      const value = data[from + c] / scale;
      const share = low ? value * 0.5 + 0.5 : value;
      const at = 3 * Math.round(255 * Math.max(0, Math.min(1, share || 0)));
      const to = 4 * (row * columns + c);
      image.data[to] = table[at];
      image.data[to + 1] = table[at + 1];
      image.data[to + 2] = table[at + 2];
      image.data[to + 3] = 255;
    }
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}

/**
 * Round numbers within limits, about so many.
 * @param {[number, number]} limits
 * @param {number} count
 * @returns {number[]}
 */
export function niceTicks([low, high], count) {
  const rough = (high - low) / Math.max(2, count);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= 0.7 * rough) ?? 10);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; k += 1) {
    found.push(Number((k * step).toPrecision(12)));
  }
  return found;
}

/**
 * Limits around numbers, with some air.
 * @param {[number, number]} range
 * @param {number} [share]
 * @returns {[number, number]}
 */
export function airy([low, high], share = 0.08) {
  const air = (high - low) * share || Math.abs(low) * 0.1 || 1;
  return [low - air, high + air];
}

/** A round number without zeros at its end. @param {number} value */
function plotTick(value) {
  const size = Math.abs(value);
  return size >= 1e5 || (size > 0 && size < 1e-3) ? n(value, 2) : String(value).replace("-", "−");
}

/** @param {any} pen
 * @param {{colour?: string, width?: number, dash?: number[], opacity?: number}} look */
function plotStroke(pen, look) {
  pen.strokeStyle = plotColour(look.colour ?? "ink", look.opacity ?? 1);
  pen.lineWidth = look.width ?? 2;
  pen.setLineDash(look.dash ?? []);
}

/** A name of the style sheet, or any colour of CSS. @param {string} name @param {number} opacity */
function plotColour(name, opacity) {
  return /^[a-z-]+$/.test(name) ? colour(name, opacity) : name;
}

/** Keep pixels near the canvas: browsers lose lines that go very far.
 * @param {number} v @param {number} size */
function plotNear(v, size) {
  return Math.max(-20 * size, Math.min(21 * size, v));
}

/** @param {any} pen @param {number} x0 @param {number} y0
 * @param {number} x1 @param {number} y1 @param {string} name */
function plotRule(pen, x0, y0, x1, y1, name) {
  pen.strokeStyle = colour(name);
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}

/** @param {any} pen @param {string} text @param {number} x @param {number} y
 * @param {CanvasTextAlign} align */
function plotLabel(pen, text, x, y, align) {
  pen.textAlign = align;
  pen.textBaseline = "alphabetic";
  pen.fillStyle = colour("muted");
  pen.fillText(text, x, y);
}
