// The network playground: data at the left, the network in the middle, what comes out at the right.
import { button, playButton, reading, select } from "./kit/controls.js";
import { el, on } from "./kit/dom.js";
import { put, tabs, watch } from "./kit/tabs.js";
import { fixed, n, t } from "./kit/text.js";
import { findings, gradientFlow, lossCurves } from "./playground_charts.js";
import { dataPanel } from "./playground_data.js";
import { matrixPicture } from "./playground_matrices.js";
import { networkPicture } from "./playground_network.js";
import { planePicture } from "./playground_plane.js";
import { SETTINGS, settingsCard } from "./playground_settings.js";

const VIEWS = ["network", "matrices", "code"];
const NOTICE = 10_000; // milliseconds

/** @param {{model: any, el: HTMLElement}} page */
function render({ model, el: root }) {
  const ask = (/** @type {string} */ what) => model.send({ do: what });
  const plane = planePicture(model);
  const network = networkPicture(model, { peek: plane.peek });
  const matrices = matrixPicture(model);
  const data = dataPanel(model);
  const [curves, flow, diagnosis] = [lossCurves(model), gradientFlow(model), findings(model)];

  const play = playButton({ change: (plays) => ask(plays ? "play" : "pause") });
  const reset = button({
    label: t("kit.reset"),
    icon: "↺",
    hint: t("playground.reset_hint"),
    press: () => ask("reset"),
  });
  const back = button({
    label: t("kit.back"),
    icon: "◀",
    hint: t("playground.back_hint"),
    press: () => ask("back"),
  });
  const step = button({
    label: t("kit.step"),
    icon: "▷",
    hint: t("playground.step_hint"),
    press: () => ask("step"),
  });
  const pace = select({
    label: t("playground.pace"),
    options: model
      .get("options")
      .paces.map((/** @type {number} */ name) => [String(name), t(`playground.pace_${name}`)]),
    value: String(model.get("pace")),
    change: (v) => put(model, { pace: Number(v) }),
  });
  const whole = (/** @type {number} */ v) => String(v ?? 0);
  const percent = (/** @type {number | null} */ v) => (v === null ? "–" : `${fixed(100 * v, 1)} %`);
  /** @type {Record<string, any>} */
  const readings = {
    step: reading({ label: t("playground.step"), format: whole }),
    epoch: reading({ label: t("playground.epoch"), format: whole }),
    train: reading({ label: t("playground.train_loss"), colour: "blue", format: (v) => n(v) }),
    test: reading({ label: t("playground.test_loss"), format: (v) => n(v) }),
    right: reading({ label: t("playground.right"), format: percent }),
    right_test: reading({ label: t("playground.right_test"), format: percent }),
  };
  const bar = el(
    "div",
    { class: "cr-card pg-bar-top", role: "toolbar", "aria-label": t("playground.toolbar") },
    el(
      "div",
      { class: "cr-row" },
      ...[play, step, back, reset].map((b) => b.element),
      pace.element,
    ),
    el("div", { class: "pg-readings" }, ...Object.values(readings).map((r) => r.element)),
  );

  let saying = 0;
  const word = el("span", {});
  const notice = el(
    "div",
    { class: "cr-note pg-notice", role: "status", hidden: true },
    word,
    el(
      "button",
      {
        type: "button",
        class: "pg-button",
        "aria-label": t("kit.close"),
        onclick: () => put(model, { notice: "" }),
      },
      "×",
    ),
  );
  const rooms = tabs({
    label: t("playground.views"),
    value: model.get("view"),
    options: VIEWS.map((name) => [name, t(`playground.view_${name}`)]),
    change: (view) => put(model, { view }),
  });
  const source = el("pre", { class: "cr-source pg-source", tabindex: 0 });
  const copy = button({ label: t("playground.copy"), press: copied });
  const code = el(
    "div",
    { class: "cr-stack" },
    el(
      "div",
      { class: "cr-row" },
      el("p", { class: "cr-caption pg-grow" }, t("playground.code_hint")),
      copy.element,
    ),
    source,
  );
  const settings = settingsCard(model);
  const middle = el(
    "section",
    { class: "cr-stack pg-middle" },
    el(
      "div",
      { class: "cr-card pg-views" },
      el("div", { class: "pg-rooms" }, rooms.element, diagnosis.badge),
      network.element,
      matrices.element,
      code,
      notice,
    ),
    settings.element,
    diagnosis.element,
  );

  root.append(
    el(
      "div",
      { class: "cr-page pg-page" },
      el(
        "header",
        {},
        el("h1", {}, t("playground.title")),
        el("p", { class: "cr-lead" }, t("playground.lead")),
      ),
      bar,
      el(
        "div",
        { class: "pg-columns" },
        data.element,
        middle,
        el("div", { class: "cr-stack pg-right" }, plane.element, curves.element, flow.element),
      ),
    ),
  );

  function all() {
    play.set(model.get("running"));
    pace.set(String(model.get("pace")));
    const losses = model.get("losses") ?? {};
    readings.step.set(model.get("step"));
    readings.epoch.set(model.get("epoch"));
    for (const name of ["train", "test", "right", "right_test"]) readings[name].set(losses[name]);
    readings.right.element.hidden = readings.right_test.element.hidden =
      model.get("task") === "regression";
    back.enable(model.get("step") > 0);
    say(model.get("notice") ?? "");
    const view = model.get("view");
    rooms.set(view);
    network.element.hidden = view !== "network";
    matrices.element.hidden = view !== "matrices";
    code.hidden = view !== "code";
    if (view === "network") network.frame();
    if (view === "matrices") matrices.frame();
    if (view === "code" && source.textContent !== model.get("code"))
      source.textContent = model.get("code") ?? "";
    curves.frame();
    flow.frame();
    diagnosis.frame();
    plane.redraw();
  }

  /**
   * What a learner should know; it goes by itself where it hides a network.
   * @param {string} text
   */
  function say(text) {
    if (text === word.textContent) return;
    word.textContent = text;
    notice.hidden = !text;
    clearTimeout(saying);
    if (text && model.get("columns").length)
      saying = window.setTimeout(() => put(model, { notice: "" }), NOTICE);
  }

  function still() {
    data.frame();
    settings.frame();
    plane.describe();
  }

  async function copied() {
    await navigator.clipboard.writeText(source.textContent);
    copy.set(t("playground.copied"));
    setTimeout(() => copy.set(t("playground.copy")), 1500);
  }

  // In the lab the keys are for the page; a notebook has keys of its own, but where one is inside.
  const inLab = new URLSearchParams(location.search).has("page");
  const keys = on(inLab ? document : root, "keydown", (/** @type {KeyboardEvent} */ event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      target.closest("input, select, textarea, [role=tab], [role=dialog]")
    )
      return;
    const wanted = { s: "step", b: "back", r: "reset", p: model.get("running") ? "pause" : "play" }[
      event.key
    ];
    if (wanted) ask(wanted);
  });
  const offs = [
    keys,
    watch(
      model,
      [
        "running",
        "pace",
        "step",
        "epoch",
        "losses",
        "notice",
        "view",
        "columns",
        "inputs",
        "weights",
        "flow",
        "surface",
        "curve",
        "norms",
        "diagnosis",
        "code",
        "hidden",
        "points",
      ],
      all,
    ),
    watch(
      model,
      [
        "data",
        "points",
        "box",
        "task",
        "features",
        "classes_named",
        "reach",
        "noise",
        "classes",
        "count",
        "share",
        "across",
        "up",
        "given",
        "view",
        ...SETTINGS,
      ],
      still,
    ),
  ];
  still();
  all();
  return () => {
    clearTimeout(saying);
    [...offs, plane.remove, network.remove, matrices.remove, data.remove, curves.remove].forEach(
      (off) => off(),
    );
    root.replaceChildren();
  };
}

export default { render };
