// The network as matrices: a training row goes from left to right, x · Wᵀ + b, then the activation.
import { array } from "./kit/array.js";
import { colour, onTheme, signedColour } from "./kit/colours.js";
import { el } from "./kit/dom.js";
import { n, t } from "./kit/text.js";

const MATRIX_CELL = 34; // pixels, where there is room
const MATRIX_LEAST = 22;
const MATRIX_HEIGHT = 24;
const MATRIX_SIGNS = 210; // room for signs between the matrices of a row

/** @param {any} model */
export function matrixPicture(model) {
  const element = el("div", { class: "pg-matrices" });
  /** @type {any[]} */
  let rows = [];
  let built = "";

  function frame() {
    const [flow, weights] = [model.get("flow"), model.get("weights")];
    if (!flow || !weights) {
      element.replaceChildren();
      built = "";
      return;
    }
    const key = JSON.stringify([
      weights.map((/** @type {any} */ w) => w.shape),
      flow.activation,
      flow.tail,
    ]);
    if (key !== built) {
      built = key;
      build(flow, weights);
    }
    const most = Math.max(
      1e-9,
      ...weights.map((/** @type {any} */ w) => Math.max(...array(w.weight).data.map(Math.abs))),
    );
    rows.forEach((row, k) => {
      const step = flow.steps[k];
      const after = k + 1 < flow.steps.length ? flow.steps[k + 1].into : flow.out;
      const { shape, data } = array(weights[k].weight);
      const turned = Array.from({ length: shape[1] }, (_, from) =>
        Array.from({ length: shape[0] }, (__, to) => data[to * shape[1] + from]),
      );
      matrixPaint(row.x, [[...array(step.into).data]], 0);
      matrixPaint(row.w, turned, most);
      if (row.b) matrixPaint(row.b, [[...array(weights[k].bias).data]], most);
      matrixPaint(row.z, [[...array(step.from).data]], 0);
      if (row.a) matrixPaint(row.a, [[...array(after).data]], 0);
    });
    chain.hidden = !flow.chain || !new URLSearchParams(location.search).has("page");
    if (!chain.hidden) chain.href = `?page=chain#${matrixLink(flow.chain)}`;
    answerLine.textContent = t("playground.matrix_answer", {
      answer: flow.answer.map((/** @type {number} */ v) => n(v)).join(", "),
      target: model.get("classes_named")[flow.target] ?? n(flow.target),
    });
  }

  const answerLine = el("p", { class: "cr-number" });
  const chain = el("a", { class: "pg-chain" }, t("playground.to_chain"));

  /** @param {any} flow @param {any[]} weights */
  function build(flow, weights) {
    rows = weights.map((each, k) => {
      const last = k === weights.length - 1;
      const [to, from] = array(each.weight).shape;
      const [outputs, inputs] = each.shape; // of which so many are shown
      const cell = Math.max(
        MATRIX_LEAST,
        Math.min(MATRIX_CELL, (element.clientWidth - MATRIX_SIGNS) / (from + 4 * to)),
      );
      const act = last ? flow.tail : flow.activation || "f";
      const name = (/** @type {string} */ letter, /** @type {number} */ i) =>
        el("i", {}, letter, el("sub", {}, String(i)));
      const parts = {
        x: matrixCanvas(1, from, cell),
        w: matrixCanvas(from, to, cell),
        b: each.bias ? matrixCanvas(1, to, cell) : null,
        z: matrixCanvas(1, to, cell),
        a: act ? matrixCanvas(1, to, cell) : null,
      };
      const line = el(
        "div",
        {
          class: "pg-product",
          role: "group",
          "aria-label": t("playground.layer", { number: k + 1 }),
        },
        matrixBlock(k === 0 ? el("i", {}, "x") : name("a", k), `1×${inputs}`, parts.x),
        matrixTerm(
          "·",
          matrixBlock(el("span", {}, name("W", k + 1), "ᵀ"), `${inputs}×${outputs}`, parts.w),
        ),
        parts.b && matrixTerm("+", matrixBlock(name("b", k + 1), `1×${outputs}`, parts.b)),
        matrixTerm("=", matrixBlock(name("z", k + 1), `1×${outputs}`, parts.z)),
        parts.a &&
          matrixTerm(
            `${act} →`,
            matrixBlock(last ? el("i", {}, "ŷ") : name("a", k + 1), `1×${outputs}`, parts.a),
          ),
      );
      return { ...parts, line };
    });
    element.replaceChildren(
      el("p", { class: "cr-caption" }, t("playground.matrix_hint")),
      ...rows.map((row) => row.line),
      answerLine,
      chain,
    );
  }

  const off = onTheme(frame);
  return { element, frame, remove: off };
}

/** What a link holds, as the lab writes it. @param {any} link */
function matrixLink(link) {
  const text = btoa(JSON.stringify(link)); // numbers and plain names only
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** @param {any} name @param {string} shape @param {any} canvas */
function matrixBlock(name, shape, canvas) {
  return el(
    "figure",
    { class: "pg-block" },
    canvas,
    el("figcaption", {}, name, " ", el("small", { class: "cr-number" }, shape)),
  );
}

/** A block behind its sign, which stay together. @param {string} sign @param {any} block */
function matrixTerm(sign, block) {
  return el("div", { class: "pg-term" }, el("span", { class: "pg-sign" }, sign), block);
}

/** @param {number} rows @param {number} columns @param {number} cell */
function matrixCanvas(rows, columns, cell) {
  const canvas = el("canvas", { "data-cell": cell });
  const ratio = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [
    Math.round(columns * cell * ratio),
    Math.round(rows * MATRIX_HEIGHT * ratio),
  ];
  Object.assign(canvas.style, {
    width: `${columns * cell}px`,
    height: `${rows * MATRIX_HEIGHT}px`,
  });
  return canvas;
}

/**
 * Cells with their numbers; `most` is the largest size (0: that of these).
 * @param {any} canvas
 * @param {number[][]} values
 * @param {number} most
 */
function matrixPaint(canvas, values, most) {
  const cell = Number(canvas.dataset.cell);
  const pen = canvas.getContext("2d");
  const ratio = canvas.width / (values[0].length * cell);
  const largest = most || Math.max(1e-9, ...values.flat().map(Math.abs));
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.font = `${cell < 30 ? 10 : 11}px system-ui, "DejaVu Sans", sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  values.forEach((row, i) =>
    row.forEach((value, j) => {
      pen.fillStyle = signedColour(0.7 * value, largest);
      pen.fillRect(j * cell, i * MATRIX_HEIGHT, cell - 1, MATRIX_HEIGHT - 1);
      pen.fillStyle = colour("ink");
      pen.fillText(n(value, 2), (j + 0.5) * cell, (i + 0.5) * MATRIX_HEIGHT, cell - 4);
    }),
  );
}
