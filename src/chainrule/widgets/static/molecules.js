// Molecules: the split, the training, the threshold, and how far the probabilities can be trusted.
import { array } from "./kit/array.js";
import { button, playButton, reading, select, slider } from "./kit/controls.js";
import { drag, el } from "./kit/dom.js";
import { plot } from "./kit/plot.js";
import { put, watch } from "./kit/tabs.js";
import { fixed, t } from "./kit/text.js";

/** @param {{model: any, el: HTMLElement}} page */
function render({ model, el: root }) {
  const pictures = moleculePictures(model);
  const controls = moleculeControls(model);
  const card = (/** @type {string} */ name, /** @type {string} */ size) =>
    el("figure", { class: "cr-card picture" }, el("div", { class: size }, pictures[name].element),
      el("figcaption", {}, t(`molecules.${name}`)));
  const confusion = el("table", { class: "cr-confusion" });
  const importance = el("div", { class: "cr-bars" });
  const page = el("div", { class: "cr-page cr-molecules" },
    el("header", {}, el("h1", {}, t("molecules.title")), el("p", { class: "cr-lead" }, t("molecules.lead"))),
    el("div", { class: "cr-columns" },
      el("div", { class: "cr-stack" },
        controls.notice,
        el("div", { class: "cr-pair" }, card("loss", "cr-medium"), card("accuracy", "cr-medium")),
        el("div", { class: "cr-pair" }, card("answers", "cr-medium"), el("div", { class: "cr-card" }, el("h2", {}, t("molecules.confusion")), confusion, ...controls.rates)),
        el("div", { class: "cr-pair" }, card("roc", "cr-square"), card("calibration", "cr-square")),
        el("div", { class: "cr-card" }, el("h2", {}, t("molecules.importance")), importance,
          el("p", { class: "cr-caption" }, t("molecules.importance.caption")))),
      controls.element));
  root.append(page);

  function refresh() {
    controls.refresh();
    pictures.calibration.redraw();
    if (!model.get("curves").loss) return;
    const epochs = Math.max(10, model.get("epoch"));
    const losses = model.get("curves").loss;
    const most = Math.max(...array(losses.training).data, ...array(losses.validation).data);
    pictures.loss.limits({ x: [0, epochs], y: [0, Math.min(3, 1.1 * most)] });
    pictures.accuracy.limits({ x: [0, epochs], y: accuracyLimits() });
    const counts = array(model.get("histogram")).data;
    pictures.answers.limits({ y: [0, 1.1 * Math.max(1, ...counts)] });
    judge();
  }

  /** What the threshold moves. */
  function judge() {
    const judged = model.get("judged");
    controls.judge();
    pictures.answers.redraw();
    pictures.roc.redraw();
    if (judged.confusion) confusion.replaceChildren(...moleculeMatrix(judged.confusion, model.get("data").classes));
  }

  function weigh() {
    importance.replaceChildren(...moleculeBars(model.get("importance")));
  }

  /** @returns {[number, number]} */
  function accuracyLimits() {
    const rows = model.get("curves").accuracy;
    const least = Math.min(...array(rows.training).data, ...array(rows.validation).data);
    return [Math.max(0, Math.floor(20 * least - 0.5) / 20), 1.005];
  }

  const move = (/** @type {any} */ event) => {
    put(model, { threshold: Math.max(0, Math.min(1, pictures.answers.at(event)[0])) });
    pictures.answers.redraw();
  };
  const offs = [
    watch(model, ["stage", "data", "parts", "playing", "epoch", "curves", "roc", "histogram", "reliability",
      "part", "units", "l2", "dropout"], refresh),
    watch(model, ["judged", "threshold"], judge),
    watch(model, ["importance"], weigh),
    drag(pictures.answers.canvas, { start: move, move }),
    ...Object.values(pictures).map((each) => each.remove),
  ];
  refresh();
  judge();
  weigh();
  return () => {
    offs.forEach((off) => off());
    page.remove();
  };
}

/** @param {any} model */
function moleculePictures(model) {
  const rows = (/** @type {string} */ kind) => (/** @type {any} */ p) => {
    const curves = model.get("curves")[kind];
    if (!curves) return;
    for (const [part, colour] of [["training", "blue"], ["validation", "vermilion"]]) {
      const values = array(curves[part]).data;
      const at = Array.from(values, (_, i) => i);
      p.line(at, values, { colour, width: 2.5 });
    }
    const best = model.get("best");
    if (kind === "loss" && model.get("epoch") > 5) {
      p.line([best, best], p.y, { colour: "muted", width: 1, dash: [3, 4] });
      p.text(t("molecules.best", { epoch: best }), best, p.y[1], { dy: 16, colour: "muted" });
    }
  };
  const share = { x: /** @type {[number, number]} */ ([0, 1]), y: /** @type {[number, number]} */ ([0, 1]) };
  const wide = { x: /** @type {[number, number]} */ ([-0.04, 1.04]), y: /** @type {[number, number]} */ ([-0.04, 1.04]) };
  /** @type {Record<string, any>} */
  const found = {
    loss: plot({ ...share, draw: rows("loss"), label: t("molecules.loss"), xLabel: t("molecules.epoch"), yLabel: t("molecules.loss.axis") }),
    accuracy: plot({ ...share, draw: rows("accuracy"), label: t("molecules.accuracy"), xLabel: t("molecules.epoch"), yLabel: t("molecules.accuracy.axis") }),
    answers: plot({ ...share, draw: answers, label: t("molecules.answers"), xLabel: t("molecules.p") }),
    roc: plot({ ...wide, draw: roc, label: t("molecules.roc"), xLabel: t("molecules.false_rate"), yLabel: t("molecules.true_rate") }),
    calibration: plot({ ...wide, draw: calibration, label: t("molecules.calibration"), xLabel: t("molecules.said"), yLabel: t("molecules.happened") }),
  };
  return found;

  /** How often each probability is given, by class; the threshold can be dragged. @param {any} p */
  function answers(p) {
    const { shape, data } = array(model.get("histogram"));
    if (shape.length < 2) return;
    const bins = shape[1];
    for (let kind = 0; kind < 2; kind += 1) {
      const colour = kind ? "vermilion" : "blue";
      for (let i = 0; i < bins; i += 1) {
        const from = (i + 0.08 + 0.42 * kind) / bins;
        p.box(from, 0, from + 0.42 / bins, data[kind * bins + i], { colour, opacity: 0.85 });
      }
    }
    const at = model.get("threshold");
    p.line([at, at], p.y, { colour: "ink", width: 3 });
    p.dots([at], [p.y[1] * 0.93], { colour: "ink", radius: 8 });
  }

  /** @param {any} p */
  function roc(p) {
    const { shape, data } = array(model.get("roc").curve);
    p.line([0, 1], [0, 1], { colour: "axis", width: 1.5, dash: [5, 5] });
    if (shape.length < 2) return;
    const at = (/** @type {number} */ k) => Array.from({ length: shape[0] }, (_, i) => data[2 * i + k]);
    p.area(at(0), at(1), 0, { colour: "blue", opacity: 0.1 });
    p.line(at(0), at(1), { colour: "blue", width: 2.5 });
    const [x, y] = model.get("judged").point;
    p.dots([x], [y], { colour: "ink", radius: 8 });
    p.text(t("molecules.area", { area: fixed(model.get("roc").area, 3) }), 1, 0, { align: "right", dx: -8, dy: -12, bold: true });
  }

  /** @param {any} p */
  function calibration(p) {
    const found = model.get("reliability");
    p.line([0, 1], [0, 1], { colour: "axis", width: 1.5, dash: [5, 5] });
    if (!found.bins) return;
    const at = (/** @type {number} */ k) => found.bins.map((/** @type {number[]} */ row) => row[k]);
    p.line(at(0), at(1), { colour: "blue", width: 2 });
    for (const [said, happened, count] of found.bins) {
      p.dots([said], [happened], { colour: "blue", radius: 4 + Math.min(12, Math.sqrt(count)) });
    }
    p.text(t("molecules.brier", { brier: fixed(found.brier, 3), constant: fixed(found.constant, 3) }), 1, 0, { align: "right", dx: -8, dy: -12, bold: true });
  }
}

/** @param {any} model */
function moleculeControls(model) {
  const ask = (/** @type {any} */ message) => model.send(message);
  const play = playButton({ change: (plays) => ask({ do: plays ? "play" : "pause" }) });
  const step = button({ label: t("molecules.one_epoch"), press: () => ask({ do: "step" }) });
  const reset = button({ label: t("kit.reset"), press: () => ask({ do: "reset" }) });
  const split = button({ label: t("molecules.split_again"), press: () => ask({ do: "split" }) });
  const molecules = button({ label: t("molecules.fetch"), press: () => ask({ do: "molecules" }) });
  const file = el("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv", class: "cr-hidden", id: "cr-molecules-file", onchange: upload });
  const setting = (/** @type {string} */ name, /** @type {any} */ options) =>
    slider({ label: t(`molecules.${name}`), value: model.get(name), change: (v) => put(model, { [name]: v }), ...options });
  const sliders = {
    units: setting("units", { min: 1, max: 64, step: 1, format: (/** @type {number} */ v) => fixed(v, 0) }),
    l2: setting("l2", { min: 0, max: 0.02, step: 0.0005, format: (/** @type {number} */ v) => fixed(v, 4) }),
    dropout: setting("dropout", { min: 0, max: 0.8, step: 0.05 }),
  };
  const threshold = setting("threshold", { min: 0, max: 1, step: 0.01, format: (/** @type {number} */ v) => fixed(v, 2) });
  const part = select({
    label: t("molecules.part"), value: model.get("part"),
    options: ["training", "validation", "test"].map((name) => [name, t(`molecules.part.${name}`)]),
    change: (v) => put(model, { part: v }),
  });
  const rates = ["accuracy", "precision", "recall", "f1"].map((name) => ({
    name, view: reading({ label: t(`molecules.rate.${name}`), format: (v) => fixed(v, 3) }),
  }));
  const epoch = reading({ label: t("molecules.epoch"), format: (v) => fixed(v, 0) });
  const about = el("p", { class: "cr-caption" });
  const source = el("p", { class: "cr-caption" });
  const bar = el("div", { class: "cr-split" });
  const notice = el("p", { class: "cr-note", role: "status" });
  const element = el("div", { class: "cr-controls" },
    el("div", { class: "cr-card" }, el("div", { class: "cr-row" }, play.element, step.element, reset.element), epoch.element,
      ...Object.values(sliders).map((each) => each.element)),
    el("div", { class: "cr-card" }, part.element, threshold.element),
    el("div", { class: "cr-card" }, about, bar, split.element,
      el("div", { class: "cr-upload" }, file, el("label", { for: "cr-molecules-file", class: "cr-button" }, t("molecules.own"))),
      molecules.element, source));

  async function upload() {
    const [chosen] = file.files;
    if (!chosen) return;
    if (chosen.size > 4e6) ask({ do: "too_large" });
    else ask({ do: "read", name: chosen.name, text: await chosen.text() });
    file.value = "";
  }

  function refresh() {
    const data = model.get("data");
    const ready = model.get("stage") === "ready";
    play.set(model.get("playing"));
    for (const each of [play, step, reset, split, part, threshold, ...Object.values(sliders)]) each.enable(ready);
    for (const name of /** @type {(keyof typeof sliders)[]} */ (Object.keys(sliders))) sliders[name].set(model.get(name));
    part.set(model.get("part"));
    epoch.set(model.get("epoch"));
    notice.textContent = ready ? (data.stand_in ? t("molecules.stand_in") : "") : t("molecules.reading");
    notice.hidden = notice.textContent === "";
    molecules.element.hidden = !ready || data.name === "QSAR biodegradation";
    if (!ready) return;
    const [low, high] = data.classes;
    about.textContent = t("molecules.about", { name: data.name, rows: data.rows, columns: data.columns, low, high, ones: data.ones, zeros: data.rows - data.ones });
    source.textContent = data.source;
    bar.replaceChildren(...model.get("parts").map(moleculePart));
  }
  function judge() {
    threshold.set(model.get("threshold"));
    rates.forEach(({ name, view }) => view.set(model.get("judged")[name] ?? NaN));
  }
  return { element, notice, refresh, judge, rates: rates.map((each) => each.view.element) };
}

/** One part of the split, as wide as it is large. @param {{name: string, rows: number, ones: number}} part */
function moleculePart({ name, rows, ones }) {
  const inner = el("i", {});
  inner.style.width = `${(100 * ones) / rows}%`;
  const element = el("div", { title: t("molecules.part.title", { rows, ones }) },
    el("span", {}, t(`molecules.short.${name}`)), el("b", {}, inner), el("small", {}, rows));
  element.style.flexGrow = String(rows);
  return element;
}

/** @param {number[][]} counts @param {string[]} classes */
function moleculeMatrix(counts, classes) {
  const head = el("tr", {}, el("td"), ...classes.map((name) => el("th", { scope: "col" }, t("molecules.predicted", { name }))));
  const most = Math.max(...counts.flat(), 1);
  const rows = counts.map((row, i) =>
    el("tr", {}, el("th", { scope: "row" }, t("molecules.true", { name: classes[i] })), ...row.map((count, j) => {
      const cell = el("td", {}, String(count));
      const colour = i === j ? "blue" : "vermilion";
      cell.style.background = `color-mix(in srgb, var(--${colour}) ${Math.round(8 + (45 * count) / most)}%, var(--paper))`;
      return cell;
    })));
  return [head, ...rows];
}

/** @param {{name: string, mean: number, std: number}[]} rows */
function moleculeBars(rows) {
  if (!rows.length) return [el("p", { class: "cr-caption" }, t("molecules.importance.none"))];
  const most = Math.max(...rows.map((row) => row.mean + row.std), 1e-9);
  return rows.map(({ name, mean, std }) => {
    const bar = el("i", {});
    bar.style.width = `${Math.max(0, (100 * mean) / most)}%`;
    return el("div", {}, el("span", { title: name }, name), el("b", {}, bar), el("small", { class: "cr-number" }, `${fixed(mean, 3)} ± ${fixed(std, 3)}`));
  });
}

export default { render };
