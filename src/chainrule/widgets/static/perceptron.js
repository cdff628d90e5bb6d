// The perceptron: the rule, a hidden layer, and curves made of units.
import { array } from "./kit/array.js";
import { button, playButton, reading, select, slider } from "./kit/controls.js";
import { el } from "./kit/dom.js";
import { plot } from "./kit/plot.js";
import { put, tabs, watch } from "./kit/tabs.js";
import { fixed, n, t } from "./kit/text.js";
import { curvePlot } from "./perceptron_curve.js";
import { pointsPlot } from "./perceptron_points.js";

/** @param {{model: any, el: HTMLElement}} page */
function render({ model, el: root }) {
  const ask = (/** @type {string} */ what) => model.send({ do: what });
  const chooser = tabs({
    label: t("perceptron.title"), value: model.get("tab"),
    options: ["rule", "layer", "curve"].map((name) => [name, t(`perceptron.${name}`)]),
    change: (tab) => put(model, { tab }),
  });
  const lead = el("p", { class: "cr-lead" });
  const square = pointsPlot(model);
  const curve = curvePlot(model);
  const mistakes = plot({
    x: [0.5, 10.5], y: [0, 5], draw: drawMistakes, label: t("perceptron.mistakes.label"),
    xLabel: t("perceptron.pass"), yLabel: t("perceptron.mistakes"),
  });
  const play = playButton({ change: (plays) => ask(plays ? "play" : "pause") });
  const buttons = {
    step: button({ label: t("kit.step"), press: () => ask("step") }),
    pass: button({ label: t("perceptron.one_pass"), press: () => ask("pass") }),
    reset: button({ label: t("kit.reset"), press: () => ask("reset") }),
    again: button({ label: t("perceptron.again"), press: () => ask("again") }),
  };
  const setting = (/** @type {string} */ name, /** @type {any} */ options) =>
    slider({ label: t(`perceptron.${name}`), value: model.get(name), change: (v) => put(model, { [name]: options.format ? Math.round(v) : v }), ...options });
  const choice = (/** @type {string} */ name, /** @type {string[]} */ values) => select({
    label: t(`perceptron.${name}`), value: model.get(name),
    options: values.map((v) => [v, t(`perceptron.${name}.${v}`)]), change: (v) => put(model, { [name]: v }),
  });
  const whole = (/** @type {number} */ v) => fixed(v, 0);
  const controls = {
    data: choice("data", [...model.get("sets"), "own"]),
    pace: setting("pace", { min: 1, max: 300, log: true, format: whole }),
    rate: setting("rate", { min: 0.01, max: 5, log: true }),
    speed: setting("speed", { min: 1, max: 100, log: true, format: whole }),
    units: setting("units", { min: 1, max: 12, step: 1, format: whole }),
    layer_activation: choice("layer_activation", model.get("activations")),
    target: choice("target", [...model.get("targets"), "drawn"]),
    curve_units: setting("curve_units", { min: 1, max: 40, step: 1, format: whole }),
    curve_activation: choice("curve_activation", model.get("activations")),
  };
  const readings = {
    weights: reading({ label: "w₁, w₂, b", format: (v) => v.map((/** @type {number} */ w) => n(w)).join(", ") }),
    count: reading({ label: t("perceptron.passes"), format: (v) => fixed(v, 0) }),
    steps: reading({ label: t("perceptron.steps"), format: (v) => fixed(v, 0) }),
    loss: reading({ label: t("perceptron.loss"), format: (v) => (v === null ? "–" : fixed(v, 5)) }),
    right: reading({ label: t("perceptron.right"), format: (v) => v }),
  };
  readings.steps.element.classList.add("cr-steps");
  const last = el("p", { class: "cr-caption cr-number" });
  const word = el("p", { class: "cr-note", role: "status" });
  const mistakesCard = el("figure", { class: "cr-card picture" }, el("div", { class: "cr-medium" }, mistakes.element));
  const space = plot({ x: [-1.1, 1.1], y: [-1.1, 1.1], draw: drawSpace, label: t("perceptron.space"), xLabel: "h₁", yLabel: "h₂" });
  const losses = plot({ x: [0, 100], y: [0, 1], draw: drawLosses, label: t("perceptron.loss"), xLabel: t("perceptron.steps") });
  const spaceCard = el("figure", { class: "cr-card picture" }, el("div", { class: "cr-flat" }, space.element),
    el("figcaption", {}, t("perceptron.space")));
  const lossCard = el("figure", { class: "cr-card picture" }, el("div", { class: "cr-low" }, losses.element),
    el("figcaption", {}, t("perceptron.loss")));
  const lastCard = el("div", { class: "cr-card" }, el("h2", {}, t("perceptron.last")), last);
  const pair = el("div", { class: "cr-pair" },
    el("figure", { class: "cr-card picture" }, el("div", { class: "cr-square" }, square.plot.element), square.tools),
    el("div", { class: "cr-stack" }, mistakesCard, lastCard, word, spaceCard, lossCard));
  const drawing = el("figure", { class: "cr-card picture" }, el("div", { class: "cr-tall" }, curve.plot.element), curve.caption);
  const page = el("div", { class: "cr-page" },
    el("header", {}, el("h1", {}, t("perceptron.title")), lead), chooser.element,
    el("div", { class: "cr-columns" }, el("div", { class: "cr-stack" }, pair, drawing),
      el("div", { class: "cr-controls" },
        el("div", { class: "cr-card" },
          el("div", { class: "cr-row" }, play.element, ...Object.values(buttons).map((b) => b.element))),
        el("div", { class: "cr-card" }, ...Object.values(controls).map((c) => c.element)),
        el("div", { class: "cr-card" }, ...Object.values(readings).map((r) => r.element)))));
  root.append(page);

  const shownIn = {
    rule: [mistakesCard, lastCard, buttons.pass.element, controls.data.element, controls.rate.element, controls.speed.element, readings.weights.element, readings.count.element],
    layer: [buttons.again.element, controls.data.element, spaceCard, lossCard, controls.units.element, controls.layer_activation.element, controls.pace.element, readings.steps.element, readings.loss.element, readings.right.element],
    curve: [buttons.again.element, controls.target.element, controls.curve_units.element, controls.curve_activation.element, controls.pace.element, readings.steps.element, readings.loss.element],
  };

  function room() {
    const tab = /** @type {keyof typeof shownIn} */ (model.get("tab"));
    chooser.set(tab);
    lead.textContent = t(`perceptron.${tab}.lead`);
    for (const part of new Set(Object.values(shownIn).flat())) part.hidden = !shownIn[tab].includes(part);
    pair.hidden = tab === "curve";
    drawing.hidden = tab !== "curve";
  }

  /** @param {any} p */
  function drawMistakes(p) {
    const passes = model.get("passes");
    const first = model.get("count") - passes.length + 1;
    passes.forEach((/** @type {number} */ count, /** @type {number} */ i) => {
      p.box(first + i - 0.36, 0, first + i + 0.36, count, { colour: "vermilion", opacity: 0.75 });
    });
    const now = model.get("mistakes");
    if (now) p.box(first + passes.length - 0.36, 0, first + passes.length + 0.36, now, { colour: "vermilion", opacity: 0.3 });
    if (model.get("settled")) p.text(t("perceptron.none"), first + passes.length - 1, 0, { align: "center", dx: 0, dy: -6 });
  }

  /** The points as the first two units see them, and with two units the line of the last neuron. @param {any} p */
  function drawSpace(p) {
    const seen = model.get("space");
    if (!seen || !seen.units) return;
    const { data } = array(seen.units);
    const points = model.get("points");
    const at = (/** @type {number} */ k) => points.map((/** @type {any} */ _, /** @type {number} */ i) => data[2 * i + k]);
    const [v1, v2, c] = seen.outer;
    const size = Math.hypot(v1, v2);
    if (model.get("units") === 2 && size > 0) {
      const [ux, uy] = [v1 / size, v2 / size];
      const [fx, fy, far] = [(-c / size) * ux, (-c / size) * uy, 100];
      p.line([fx - far * uy, fx + far * uy], [fy + far * ux, fy - far * ux], { colour: "ink", width: 2.5 });
    }
    p.dots(at(0), at(1), { colour: (/** @type {number} */ i) => (points[i][2] ? "vermilion" : "blue"), radius: 6 });
  }

  /** @param {any} p */
  function drawLosses(p) {
    const rows = model.get("losses");
    p.line(rows.map((/** @type {number[]} */ row) => row[0]), rows.map((/** @type {number[]} */ row) => row[1]), { colour: "blue", width: 2.5 });
  }

  function layerLimits() {
    const rows = model.get("losses");
    losses.limits({ x: [0, Math.max(100, model.get("layer_steps"))], y: [0, 1.1 * Math.max(0.1, ...rows.map((/** @type {number[]} */ row) => row[1]))] });
    const seen = model.get("space");
    if (!seen || !seen.units) return;
    const { data } = array(seen.units);
    const bounded = model.get("layer_activation") !== "relu";
    const most = Math.max(1, ...data) * 1.1;
    space.limits({
      x: bounded ? [model.get("layer_activation") === "tanh" ? -1.1 : -0.1, 1.1] : [-0.1 * most, most],
      y: bounded ? [model.get("layer_activation") === "tanh" ? -1.1 : -0.1, 1.1] : [-0.1 * most, most],
    });
  }

  function refresh() {
    const tab = model.get("tab");
    play.set(model.get("playing"));
    for (const name of /** @type {(keyof typeof controls)[]} */ (Object.keys(controls))) controls[name].set(model.get(name));
    const passes = model.get("passes");
    const count = model.get("count");
    mistakes.limits({
      x: [count - passes.length + 0.5, Math.max(10, count + 1) + 0.5],
      y: [0, Math.max(4, ...passes, model.get("mistakes")) + 1],
    });
    layerLimits();
    readings.weights.set(model.get("weights"));
    readings.count.set(count);
    readings.steps.set(model.get(tab === "curve" ? "curve_steps" : "layer_steps"));
    readings.loss.set(model.get(tab === "curve" ? "curve_loss" : "layer_loss"));
    readings.right.set(t("perceptron.of", { right: model.get("right"), all: model.get("points").length }));
    last.textContent = lastWords();
    word.textContent = verdict();
    word.hidden = word.textContent === "";
    word.classList.toggle("bad", tab === "rule" && model.get("cycle") !== null);
    square.refresh();
    curve.refresh();
  }

  /** What the rule did with the last example. */
  function lastWords() {
    const done = model.get("last");
    if (!done) return t("perceptron.last.none");
    const [x, y] = model.get("points")[done.example] ?? [0, 0];
    const list = (/** @type {number[]} */ values) => values.map((v) => n(v)).join(", ");
    const words = done.answer === done.target ? "perceptron.last.right" : "perceptron.last.wrong";
    return t(words, {
      x: list([x, y]), answer: done.answer, target: done.target, rate: n(model.get("rate")),
      sign: done.target - done.answer > 0 ? "+" : "−", before: list(done.before), after: list(done.after),
    });
  }

  function verdict() {
    const tab = model.get("tab");
    const all = model.get("points").length;
    if (tab === "rule" && model.get("settled")) {
      const bound = model.get("bound");
      return t("perceptron.settled", { passes: model.get("count"), bound: bound === null ? "–" : n(bound) });
    }
    if (tab === "rule" && model.get("cycle")) {
      const [first, length] = model.get("cycle");
      return t(length === 1 ? "perceptron.cycle.one" : "perceptron.cycle", { first, length });
    }
    if (tab === "rule") return model.get("count") > 20 ? t("perceptron.never") : "";
    if (tab === "layer") {
      if (model.get("layer_steps") < 200) return "";
      return t(model.get("right") === all ? "perceptron.mended" : "perceptron.not_mended", { units: model.get("units") });
    }
    return "";
  }

  const offs = [
    watch(model, ["tab"], room),
    watch(model, ["tab", "playing", "points", "data", "rate", "speed", "last", "weights", "passes", "count", "mistakes",
      "settled", "cycle", "pace", "losses", "space", "units", "layer_activation", "field", "right", "layer_loss", "target", "drawn",
      "curve_units", "curve_activation", "curve", "curve_loss"], refresh),
    square.remove, curve.remove, mistakes.remove, space.remove, losses.remove,
  ];
  room();
  refresh();
  return () => {
    offs.forEach((off) => off());
    page.remove();
  };
}

export default { render };
