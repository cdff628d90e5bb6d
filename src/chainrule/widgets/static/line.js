// Line: points, the line and its squared errors; the bowl of the loss, flat and in 3-D.
import { array } from "./kit/array.js";
import { button, playButton, reading, slider } from "./kit/controls.js";
import { el } from "./kit/dom.js";
import { surface } from "./kit/surface.js";
import { fixed, t } from "./kit/text.js";
import { lineFloor } from "./line_floor.js";
import { linePoints } from "./line_points.js";

/** @param {{model: any, el: HTMLElement}} place */
function render({ model, el: root }) {
  const [slopes, heights] = model.get("floor");
  const data = linePoints(model);
  const floor = lineFloor(model, moveLine);
  const bowl = surface({ label: t("line.bowl_label"), xLabel: "w", yLabel: "b" });

  /** @param {number} w @param {number} b */
  function moveLine(w, b) {
    model.set("w", w);
    model.set("b", b);
    model.save_changes();
  }

  const controls = {
    w: slider({
      label: t("line.w"),
      value: model.get("w"),
      min: slopes[0],
      max: slopes[1],
      step: 0.01,
      change: (w) => moveLine(w, model.get("b")),
    }),
    b: slider({
      label: t("line.b"),
      value: model.get("b"),
      min: heights[0],
      max: heights[1],
      step: 0.01,
      change: (b) => moveLine(model.get("w"), b),
    }),
    rate: slider({
      label: t("line.rate"),
      value: model.get("rate"),
      min: 0.001,
      max: 1,
      log: true,
      digits: 2,
      hint: t("line.rate_hint"),
      change: (rate) => {
        model.set("rate", rate);
        model.save_changes();
        floor.redraw();
      },
    }),
    running: playButton({
      change: (running) => {
        model.set("running", running);
        model.save_changes();
      },
    }),
    loss: reading({ label: t("line.loss"), colour: "vermilion" }),
    best_loss: reading({ label: t("line.best_loss"), colour: "green" }),
    steps: reading({ label: t("line.steps"), format: String }),
    gradient: reading({
      label: t("line.gradient"),
      format: ([dw, db]) => `${fixed(dw, 2)}, ${fixed(db, 2)}`,
    }),
  };
  const press = (/** @type {string} */ name, icon = "") =>
    button({ label: t(name), icon, press: () => model.send({ do: name.split(".")[1] }) });
  const state = el("p", { class: "cr-note", role: "status" });

  root.append(
    el("header", {}, el("h1", {}, t("line.title")), el("p", { class: "cr-lead" }, t("line.lead"))),
    el(
      "div",
      { class: "cr-columns" },
      el(
        "div",
        { class: "cr-line" },
        el(
          "figure",
          { class: "cr-card picture cr-line-data" },
          data.element,
          el("figcaption", {}, t("line.data_caption")),
        ),
        el(
          "figure",
          { class: "cr-card picture" },
          el("div", { class: "cr-medium" }, floor.element),
          el("figcaption", {}, t("line.floor_caption")),
        ),
        el(
          "figure",
          { class: "cr-card picture" },
          el("div", { class: "cr-medium" }, bowl.element),
          el("figcaption", {}, t("line.bowl_caption")),
        ),
      ),
      el(
        "div",
        { class: "cr-controls" },
        el(
          "section",
          { class: "cr-card" },
          el("h2", {}, t("line.by_hand")),
          controls.w.element,
          controls.b.element,
          controls.loss.element,
          controls.best_loss.element,
        ),
        el(
          "section",
          { class: "cr-card" },
          el("h2", {}, t("line.by_descent")),
          el("div", { class: "cr-row" }, controls.running.element, press("kit.step").element),
          controls.rate.element,
          controls.gradient.element,
          controls.steps.element,
          el("div", { class: "cr-row" }, press("kit.reset").element, press("line.scatter").element),
          state,
        ),
      ),
    ),
  );

  function showBowl() {
    floor.redraw();
    const path = array(model.get("path"));
    const places = Array.from({ length: path.shape[0] }, (_, i) => [
      (path.data[3 * i] - slopes[0]) / (slopes[1] - slopes[0]),
      (path.data[3 * i + 1] - heights[0]) / (heights[1] - heights[0]),
      path.data[3 * i + 2],
    ]);
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
    model.off("change", show);
    [data, floor, bowl].forEach((picture) => picture.remove());
  };
}

export default { render };
