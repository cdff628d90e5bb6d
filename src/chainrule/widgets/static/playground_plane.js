// The plane: what the network answers everywhere, the points, and a brush to draw points with.
import { array } from "./kit/array.js";
import { CATEGORIES, category, colour, signedColour } from "./kit/colours.js";
import { drag, el } from "./kit/dom.js";
import { plot } from "./kit/plot.js";
import { tabs } from "./kit/tabs.js";
import { fixed, t } from "./kit/text.js";

const PLANE_SEND = 80; // milliseconds between two bundles of drawn points
const PLANE_NEAR = 9; // pixels between two drawn points

/** @param {any} model */
export function planePicture(model) {
  const view = plot({ x: [-1, 1], y: [-1, 1], draw, label: t("playground.plane"), focus: true });
  view.canvas.classList.add("pg-plane");
  let peeked = [-1, 0];
  let brush = "0";
  /** @type {any} */
  let cross = null;
  /** @type {number[][]} */
  let drawn = [];
  let timer = 0;

  const brushes = el("div", { class: "cr-row pg-brush" });
  const legend = el("figcaption", { class: "pg-legend" });
  const element = el(
    "figure",
    { class: "cr-card picture pg-output" },
    el("div", { class: "cr-square" }, view.element),
    brushes,
    legend,
  );

  /** @param {any} p */
  function draw(p) {
    const image = peekedImage() ?? surfaceImage(model);
    if (image) {
      p.pen.save();
      p.pen.imageSmoothingEnabled = true;
      p.pen.drawImage(
        image,
        p.px(p.x[0]),
        p.py(p.y[1]),
        p.px(p.x[1]) - p.px(p.x[0]),
        p.py(p.y[0]) - p.py(p.y[1]),
      );
      p.pen.restore();
    }
    const surface = model.get("surface");
    if (surface && peeked[0] < 0 && model.get("task") === "binary")
      boundary(p, array(surface.level));
    const points = model.get("points");
    if (!points) return;
    dots(p, array(points.x_test), array(points.y_test), true);
    dots(p, array(points.x), array(points.y), false);
    const flow = model.get("view") === "matrices" && model.get("flow");
    if (flow) ring(p, flow.point);
    if (cross)
      p.text("+", cross[0], cross[1], { align: "center", dx: 0, dy: 8, size: 26, bold: true });
  }

  /** @param {any} p @param {any} places @param {any} labels @param {boolean} isTest */
  function dots(p, places, labels, isTest) {
    const values = model.get("task") === "regression";
    const [low, high] = model.get("reach") ?? [0, 1];
    for (let i = 0; i < labels.data.length; i += 1) {
      const [x, y] = [p.px(places.data[2 * i]), p.py(places.data[2 * i + 1])];
      const shade = values
        ? signedColour(2 * ((labels.data[i] - low) / (high - low)) - 1, 1)
        : category(labels.data[i]);
      p.pen.beginPath();
      p.pen.arc(x, y, isTest ? 3.4 : 4.2, 0, 2 * Math.PI);
      p.pen.fillStyle = isTest ? colour("paper") : shade;
      p.pen.fill();
      p.pen.lineWidth = isTest ? 2 : 1.3;
      p.pen.strokeStyle = isTest ? shade : values ? colour("ink") : colour("paper");
      p.pen.stroke();
      if (!isTest || !values) continue;
      p.pen.beginPath(); // a value near 0 has the colour of the paper
      p.pen.arc(x, y, 4.6, 0, 2 * Math.PI);
      p.pen.lineWidth = 0.8;
      p.pen.strokeStyle = colour("ink");
      p.pen.stroke();
    }
  }

  /** @param {any} p @param {number[]} place */
  function ring(p, place) {
    p.pen.beginPath();
    p.pen.arc(p.px(place[0]), p.py(place[1]), 8, 0, 2 * Math.PI);
    p.pen.lineWidth = 2.5;
    p.pen.strokeStyle = colour("ink");
    p.pen.stroke();
  }

  function peekedImage() {
    const [c, unit] = peeked;
    if (c < 0) return null;
    const column = c === 0 ? model.get("inputs") : model.get("columns")?.[c - 1];
    if (!column) return null;
    const {
      shape: [count, size],
      data,
    } = array(column.pictures);
    if (unit >= count) return null;
    const part = data.subarray(unit * size * size, (unit + 1) * size * size);
    return planeImage(size, planeSigned(), (i) => part[i] + 128);
  }

  function describe() {
    const own = model.get("data") === "own";
    const box = model.get("box");
    if (box) view.limits({ x: [box[0], box[1]], y: [box[2], box[3]] });
    brushes.hidden = !own;
    const names = model.get("classes_named") ?? [];
    if (model.get("task") === "regression") {
      const [low, high] = model.get("reach");
      legend.replaceChildren(
        el("span", { class: "cr-number" }, fixed(low, 2)),
        el("span", { class: "pg-bar" }),
        el("span", { class: "cr-number" }, fixed(high, 2)),
        el("span", {}, t("playground.ring_is_test")),
      );
    } else {
      legend.replaceChildren(
        ...names.map((/** @type {string} */ name, /** @type {number} */ i) => {
          const dot = el("span", { class: "pg-dot" });
          dot.style.background = `var(--${CATEGORIES[i % 6]})`;
          return el(
            "span",
            {},
            dot,
            names.length === 2 || Number.isNaN(Number(name)) || own
              ? t("playground.class", { name })
              : name,
          );
        }),
        el("span", {}, t("playground.ring_is_test")),
      );
    }
    view.redraw();
  }

  const chips = tabs({
    label: t("playground.brush"),
    kind: "chips",
    value: brush,
    options: [
      ...["0", "1", "2", "3", "4"].map((name) => /** @type {[string, string]} */ ([name, name])),
      ["erase", t("playground.erase")],
    ],
    change: (value) => {
      brush = value;
    },
  });
  brushes.append(
    chips.element,
    el(
      "button",
      { type: "button", class: "cr-button quiet", onclick: () => model.send({ do: "clear" }) },
      t("playground.clear"),
    ),
  );

  /** @param {PointerEvent} event */
  function put(event) {
    const [x, y] = view.at(event);
    const last = drawn.at(-1);
    if (brush !== "erase" && last && view.distance(event, last[0], last[1]) < PLANE_NEAR) return;
    use(x, y);
  }

  /** The brush at a place. @param {number} x @param {number} y */
  function use(x, y) {
    if (brush === "erase") {
      model.send({ do: "erase", x, y, radius: (view.x[1] - view.x[0]) * 0.05 });
      return;
    }
    drawn.push([x, y, Number(brush)]);
    if (!timer) timer = window.setTimeout(send, PLANE_SEND);
  }

  /** Arrows move the cross, Enter uses what is under it. @param {KeyboardEvent} event */
  function key(event) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[
      event.key
    ];
    if (!by && event.key !== "Enter") return;
    event.preventDefault();
    cross = cross ?? [(view.x[0] + view.x[1]) / 2, (view.y[0] + view.y[1]) / 2];
    if (by)
      cross = [view.x, view.y].map((axis, i) =>
        Math.max(axis[0], Math.min(axis[1], cross[i] + (by[i] * (axis[1] - axis[0])) / 40)),
      );
    else if (model.get("data") === "own") use(cross[0], cross[1]);
    else if (model.get("view") === "matrices")
      model.send({ do: "example", x: cross[0], y: cross[1] });
    view.redraw();
  }

  function send() {
    timer = 0;
    if (drawn.length) model.send({ do: "draw", drawn });
    drawn = [];
  }

  view.canvas.addEventListener("keydown", key);
  view.canvas.addEventListener("blur", () => {
    cross = null;
    view.redraw();
  });
  const offDrag = drag(view.canvas, {
    start: (event) => {
      if (model.get("data") === "own") {
        put(event);
        return true;
      }
      if (model.get("view") === "matrices") {
        const [x, y] = view.at(event);
        model.send({ do: "example", x, y });
      }
      return false;
    },
    move: put,
    end: send,
  });

  return {
    element,
    describe,
    redraw: view.redraw,
    /** @param {number} column @param {number} unit */
    peek(column, unit) {
      peeked = [column, unit];
      view.redraw();
    },
    remove() {
      offDrag();
      view.remove();
      window.clearTimeout(timer);
    },
  };
}

/** The network's answer as a picture. @param {any} model */
function surfaceImage(model) {
  const surface = model.get("surface");
  if (!surface) return null;
  const {
    shape: [size],
    data,
  } = array(surface.level);
  if (!surface.winner) return planeImage(size, planeSigned(), (i) => data[i]);
  const winner = array(surface.winner).data;
  const least = 255 / Math.max(2, (model.get("classes_named") ?? []).length);
  const level = (/** @type {number} */ i) =>
    Math.max(0, Math.round((63 * (data[i] - least)) / (255 - least)));
  return planeImage(size, planeSure(), (i) => 64 * (winner[i] % 6) + level(i));
}

/** 256 colours from blue over the neutral one to vermilion. */
function planeSigned() {
  const shades = [];
  for (let i = 0; i < 256; i += 1) {
    const share = i / 127.5 - 1;
    shades.push(...planeMix(share < 0 ? "blue" : "vermilion", 0.62 * Math.abs(share)));
  }
  return shades;
}

/** For each of six classes, 64 colours from unsure to sure. */
function planeSure() {
  return CATEGORIES.flatMap((name) =>
    Array.from({ length: 64 }, (_, level) => planeMix(name, 0.15 + (0.5 * level) / 63)).flat(),
  );
}

/**
 * A colour of the style sheet, thinned with the neutral one.
 * @param {string} name
 * @param {number} share
 */
function planeMix(name, share) {
  const [from, to] = ["neutral", name].map((each) =>
    [1, 3, 5].map((at) => parseInt(colour(each).slice(at, at + 2), 16)),
  );
  return from.map((part, i) => part + (to[i] - part) * share);
}

/**
 * A picture of size² pixels, row 0 at the bottom, each a place in the table of colours.
 * @param {number} size @param {number[]} table @param {(i: number) => number} place
 */
function planeImage(size, table, place) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = pen.createImageData(size, size);
  for (let row = 0; row < size; row += 1) {
    for (let i = 0; i < size; i += 1) {
      const at = 3 * place((size - 1 - row) * size + i);
      const to = 4 * (row * size + i);
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
 * The line where both classes are equally likely, cell by cell.
 * @param {any} p
 * @param {any} level
 */
function boundary(p, { shape: [size], data }) {
  const x = (/** @type {number} */ i) => p.px(p.x[0] + ((p.x[1] - p.x[0]) * (i + 0.5)) / size);
  const y = (/** @type {number} */ i) => p.py(p.y[0] + ((p.y[1] - p.y[0]) * (i + 0.5)) / size);
  const at = (/** @type {number} */ a, /** @type {number} */ b) => (127.5 - a) / (b - a);
  p.pen.beginPath();
  for (let r = 0; r < size - 1; r += 1) {
    for (let c = 0; c < size - 1; c += 1) {
      const [a, b] = [data[r * size + c], data[r * size + c + 1]];
      const [d, e] = [data[(r + 1) * size + c], data[(r + 1) * size + c + 1]];
      const cuts = [];
      if (a > 127 !== b > 127) cuts.push([x(c + at(a, b)), y(r)]);
      if (d > 127 !== e > 127) cuts.push([x(c + at(d, e)), y(r + 1)]);
      if (a > 127 !== d > 127) cuts.push([x(c), y(r + at(a, d))]);
      if (b > 127 !== e > 127) cuts.push([x(c + 1), y(r + at(b, e))]);
      for (let k = 0; k + 1 < cuts.length; k += 2) {
        p.pen.moveTo(cuts[k][0], cuts[k][1]);
        p.pen.lineTo(cuts[k + 1][0], cuts[k + 1][1]);
      }
    }
  }
  p.pen.lineWidth = 1.6;
  p.pen.strokeStyle = colour("ink", 0.75);
  p.pen.stroke();
}
