// Beside the plane: losses, gradients by layer, and what the diagnosis says.
import { array, column, extent } from "./kit/array.js";
import { el } from "./kit/dom.js";
import { airy, plot } from "./kit/plot.js";
import { n, t } from "./kit/text.js";

const FLOW_LEAST = 1e-6; // the left end of the bars
const FLOW_MOST = 10;

/** Losses of both parts, over the steps. @param {any} model */
export function lossCurves(model) {
  const view = plot({ x: [0, 10], y: [0, 1], draw, label: t("playground.losses") });
  const key = (/** @type {string} */ name, /** @type {string} */ shade) => {
    const sign = el("span", { class: "cr-key" });
    sign.style.background = `var(--${shade})`;
    return el("span", { class: "cr-key-entry" }, sign, t(`playground.${name}`));
  };
  const element = el(
    "figure",
    { class: "cr-card picture" },
    el("div", { class: "cr-low" }, view.element),
    el("figcaption", {}, key("train_loss", "blue"), key("test_loss", "orange")),
  );

  /** @param {any} p */
  function draw(p) {
    const marks = array(model.get("curve"));
    if (marks.shape[0] < 1 || marks.shape.length < 2) return;
    const [steps, train, test] = [0, 1, 2].map((i) => column(marks, i));
    p.line(steps, test, { colour: "orange", width: 2 });
    p.line(steps, train, { colour: "blue", width: 2 });
  }

  return {
    element,
    frame() {
      const marks = array(model.get("curve"));
      if (marks.shape[0] > 0 && marks.shape.length > 1) {
        const [low, high] = airy(extent(column(marks, 1), column(marks, 2)));
        view.limits({ x: [0, Math.max(10, model.get("step"))], y: [Math.min(0, low), high] });
      }
      const { train, test } = model.get("losses") ?? {};
      view.describe(t("playground.losses_are", { train: n(train), test: n(test) }));
      view.redraw();
    },
    remove: view.remove,
  };
}

/** The norm of each layer's gradient, on a scale of tens. @param {any} model */
export function gradientFlow(model) {
  const rows = el("div", { class: "pg-flow" });
  const element = el(
    "section",
    { class: "cr-card", "aria-label": t("playground.flow") },
    el("h2", {}, t("playground.flow")),
    rows,
    el("p", { class: "cr-caption" }, t("playground.flow_hint")),
  );
  return {
    element,
    frame() {
      const norms = model.get("norms") ?? [];
      if (rows.childElementCount !== norms.length) {
        rows.replaceChildren(
          ...norms.map((/** @type {number} */ _, /** @type {number} */ i) =>
            el(
              "div",
              { class: "pg-flow-row" },
              el("span", {}, t("playground.layer", { number: i + 1 })),
              el("span", { class: "pg-track" }, el("span", { class: "pg-fill" })),
              el("span", { class: "cr-number" }),
            ),
          ),
        );
      }
      norms.forEach((/** @type {number} */ norm, /** @type {number} */ i) => {
        const [, track, value] = rows.children[i].children;
        const share =
          Math.log(Math.max(norm, FLOW_LEAST) / FLOW_LEAST) / Math.log(FLOW_MOST / FLOW_LEAST);
        track.firstElementChild.style.width = `${100 * Math.min(1, share)}%`;
        value.textContent = n(norm, 2);
      });
    },
  };
}

/** Findings, the worst first. @param {any} model */
export function findings(model) {
  const badge = el("button", {
    type: "button",
    class: "pg-badge",
    onclick: () => element.scrollIntoView({ block: "nearest" }),
  });
  const list = el("div", { class: "pg-findings" });
  const element = el(
    "section",
    { class: "cr-card pg-diagnosis", "aria-label": t("playground.diagnosis") },
    el("h2", {}, t("playground.diagnosis")),
    list,
  );
  let shown = "";
  return {
    element,
    badge,
    frame() {
      const found = model.get("diagnosis") ?? [];
      const key = JSON.stringify(found);
      if (key === shown) return;
      shown = key;
      badge.textContent = t(found.length === 1 ? "playground.finding" : "playground.findings", {
        count: found.length,
      });
      badge.classList.toggle("bad", found.length > 0);
      const opened = new Set(
        [...list.querySelectorAll("details[open]")].map((each) => each.dataset.id),
      );
      list.replaceChildren(
        ...(found.length
          ? found.map((/** @type {any} */ each) =>
              el(
                "details",
                { open: opened.has(each.id), "data-id": each.id },
                el("summary", { class: each.severity }, each.title),
                ...["measured", "why", "change", "where"]
                  .filter((name) => each[name])
                  .map((name) =>
                    el("p", {}, el("b", {}, t(`playground.finding_${name}`)), " ", each[name]),
                  ),
                el("div", { class: "pg-finding" }, findingPicture(each.picture)),
              ),
            )
          : [el("p", { class: "cr-caption" }, t("playground.healthy"))]),
      );
    },
  };
}

/**
 * A picture of Python's as part of the page; its colours become those of the style sheet.
 * @param {string} text
 */
function findingPicture(text) {
  const picture = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  picture.querySelector("path")?.remove(); // its paper
  return picture.nodeName === "svg" ? document.importNode(picture, true) : null;
}
