// Slope: a function with its tangent, its derivative under it, and steps downhill.
import { array } from "./kit/array.js";
import { button, playButton, reading, select, slider, textBox } from "./kit/controls.js";
import { drag, el, on } from "./kit/dom.js";
import { airy, plot } from "./kit/plot.js";
import { n, t } from "./kit/text.js";

const SLOPE_EXAMPLES = {
  parabola: "w² + 3w − 5",
  valleys: "(w² − 4)² / 4 + w",
  wave: "sin(2w) + w² / 8",
  kink: "abs(w − 1)",
  flat: "4 sigmoid(w)",
};

/** @param {{model: any, el: HTMLElement}} place */
function render({ model, el: root }) {
  const side = model.get("side");
  const across = /** @type {[number, number]} */ ([-side, side]);
  const curve = plot({
    x: across,
    y: [-10, 30],
    xLabel: "w",
    yLabel: "f(w)",
    label: t("slope.curve_label"),
    focus: true,
    draw: drawCurve,
  });
  const below = plot({
    x: across,
    y: [-10, 10],
    xLabel: "w",
    yLabel: "f′(w)",
    label: t("slope.derivative_label"),
    draw: drawDerivative,
  });

  function lines() {
    const { shape, data } = array(model.get("curve"));
    return [0, 1, 2].map((row) => data.subarray(row * shape[1], (row + 1) * shape[1]));
  }

  function drawCurve() {
    const [ws, values] = lines();
    const [w, value, slope] = ["w", "value", "slope"].map((name) => model.get(name));
    curve.line(ws, values, { colour: "ink", width: 2.5 });
    const path = array(model.get("path"));
    const count = path.shape[1];
    const [steps, heights] = [path.data.subarray(0, count), path.data.subarray(count)];
    curve.line(steps, heights, { colour: "blue", width: 1.5, opacity: 0.7 });
    curve.dots(steps, heights, { colour: "blue", radius: 3, ring: "" });
    if (slope !== null && value !== null) {
      curve.line(
        across,
        across.map((at) => value + slope * (at - w)),
        { colour: "vermilion", width: 2 },
      );
      slopeTriangle(w, value, slope);
    }
    if (value !== null) curve.dots([w], [value], { colour: "blue", radius: 8 });
  }

  /** One to the right, the slope up. @param {number} w @param {number} value @param {number} slope */
  function slopeTriangle(w, value, slope) {
    curve.line([w, w + 1, w + 1], [value, value, value + slope], {
      colour: "vermilion",
      width: 1.5,
      dash: [4, 4],
    });
    curve.text("1", w + 0.5, value, {
      colour: "muted",
      align: "center",
      dx: 0,
      dy: slope > 0 ? 16 : -6,
    });
    curve.text(n(slope), w + 1, value + slope / 2, {
      colour: "vermilion",
      bold: true,
      dx: 8,
      dy: 4,
    });
  }

  function drawDerivative() {
    const [ws, , slopes] = lines();
    const [w, slope] = [model.get("w"), model.get("slope")];
    below.area(ws, slopes, 0, { colour: "vermilion", opacity: 0.08 });
    below.line(ws, slopes, { colour: "vermilion", width: 2.5 });
    if (slope !== null) {
      below.line([w, w], [0, slope], { colour: "vermilion", width: 1.5, dash: [4, 4] });
      below.dots([w], [slope], { colour: "vermilion", radius: 7 });
    }
  }

  /** Limits that show most of the curve, but not the parts where it runs away. */
  function fit() {
    const [, values, slopes] = lines();
    curve.limits({ y: slopeLimits(values) });
    below.limits({ y: slopeLimits(slopes) });
  }

  /** @param {number} w */
  function move(w) {
    model.set("w", Math.max(-side, Math.min(side, Math.round(w * 1000) / 1000)));
    model.save_changes();
  }

  const offs = [curve, below].map((picture) =>
    drag(picture.canvas, {
      start: (event) => move(picture.at(event)[0]),
      move: (event) => move(picture.at(event)[0]),
    }),
  );
  offs.push(
    on(curve.canvas, "keydown", (event) => {
      const step =
        (event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0) *
        (event.shiftKey ? 0.5 : 0.05);
      if (step === 0) return;
      event.preventDefault();
      move(model.get("w") + step);
    }),
  );

  const set = (/** @type {string} */ name) => (/** @type {any} */ value) => {
    model.set(name, value);
    model.save_changes();
  };
  const box = textBox({
    label: t("slope.formula"),
    value: model.get("text"),
    live: true,
    hint: t("slope.formula_hint"),
    change: set("text"),
  });
  const controls = {
    text: box,
    w: slider({
      label: t("slope.w"),
      value: model.get("w"),
      min: -side,
      max: side,
      step: 0.01,
      change: move,
    }),
    value: reading({ label: t("slope.value"), colour: "blue" }),
    slope: reading({ label: t("slope.slope"), colour: "vermilion" }),
    rate: slider({
      label: t("slope.rate"),
      value: model.get("rate"),
      min: 0.01,
      max: 2,
      log: true,
      digits: 2,
      hint: t("slope.rate_hint"),
      change: set("rate"),
    }),
    running: playButton({ change: set("running") }),
    steps: reading({ label: t("slope.steps"), format: String }),
  };
  const derivative = el("output", { class: "cr-code cr-slope-derivative" });
  const step = el("p", { class: "cr-number cr-caption" });
  const state = el("p", { class: "cr-note bad", role: "status" });
  const press = (/** @type {string} */ name) =>
    button({ label: t(name), press: () => model.send({ do: name.split(".")[1] }) }).element;
  const examples = select({
    label: t("slope.examples"),
    value: "",
    options: [
      ["", "…"],
      ...Object.entries(SLOPE_EXAMPLES).map(
        ([key, text]) => /** @type {[string, string]} */ ([text, t(`slope.example_${key}`)]),
      ),
    ],
    change: (text) => {
      if (text === "") return;
      set("text")(text);
      box.set(text);
    },
  });

  root.append(
    el(
      "header",
      {},
      el("h1", {}, t("slope.title")),
      el("p", { class: "cr-lead" }, t("slope.lead")),
    ),
    el(
      "div",
      { class: "cr-columns" },
      el(
        "div",
        { class: "cr-stack" },
        el(
          "figure",
          { class: "cr-card picture" },
          el("div", { class: "cr-slope-curve" }, curve.element),
          el("figcaption", {}, t("slope.curve_caption")),
        ),
        el(
          "figure",
          { class: "cr-card picture" },
          el("div", { class: "cr-slope-below" }, below.element),
          el("figcaption", {}, t("slope.derivative_caption")),
        ),
      ),
      el(
        "div",
        { class: "cr-controls" },
        el("section", { class: "cr-card" }, box.element, examples.element),
        el(
          "section",
          { class: "cr-card" },
          el("h2", {}, t("slope.here")),
          controls.w.element,
          controls.value.element,
          controls.slope.element,
          el(
            "p",
            { class: "cr-slope-formula" },
            el("span", { class: "cr-caption" }, t("slope.derivative")),
            derivative,
          ),
        ),
        el(
          "section",
          { class: "cr-card" },
          el("h2", {}, t("slope.descent")),
          el(
            "div",
            { class: "cr-row" },
            controls.running.element,
            press("kit.step"),
            press("kit.reset"),
          ),
          controls.rate.element,
          step,
          controls.steps.element,
          state,
        ),
      ),
    ),
  );

  function show() {
    for (const [name, control] of Object.entries(controls)) control.set(model.get(name));
    const [w, rate, slope] = ["w", "rate", "slope"].map((name) => model.get(name));
    box.problem(model.get("problem"));
    derivative.textContent = model.get("derivative");
    step.textContent =
      slope === null
        ? ""
        : t("slope.step_text", {
            w: n(w),
            rate: n(rate, 2),
            slope: n(slope),
            next: n(w - rate * slope),
          });
    state.textContent = model.get("lost") ? t("slope.lost") : slope === null ? t("slope.none") : "";
    state.hidden = state.textContent === "";
    curve.redraw();
    below.redraw();
  }
  model.on("change:curve", fit);
  model.on("change", show);
  fit();
  show();
  return () => {
    offs.forEach((off) => off());
    model.off("change", show);
    model.off("change:curve", fit);
    [curve, below].forEach((picture) => picture.remove());
  };
}

/** @param {ArrayLike<number>} values @returns {[number, number]} */
function slopeLimits(values) {
  const finite = Array.from(values)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  if (finite.length === 0) return [-1, 1];
  const at = (/** @type {number} */ share) => finite[Math.round(share * (finite.length - 1))];
  const [low, high] = [Math.min(0, at(0.02)), Math.max(0, at(0.94))];
  return airy(high - low < 0.2 ? [low - 1, high + 1] : [low, high], 0.1);
}

export default { render };
