// How the network learns: everything that nn and optim have to choose from.
import { select, slider } from "./kit/controls.js";
import { el } from "./kit/dom.js";
import { put } from "./kit/tabs.js";
import { fixed, n, t } from "./kit/text.js";

export const SETTINGS = [
  "activation",
  "init",
  "loss",
  "optimizer",
  "lr",
  "momentum",
  "batch",
  "l1",
  "l2",
  "dropout",
];

const SETTINGS_PAUSE = 60; // milliseconds; what a slider changes may need a new beginning
let settingsSent = 0;
let settingsTimer = 0;

/**
 * Set names of the model now, and send them soon: not with every move of a slider.
 * @param {any} model
 * @param {Record<string, any>} changes
 */
export function putCalmly(model, changes) {
  for (const [name, value] of Object.entries(changes)) model.set(name, value);
  if (settingsTimer) return;
  const send = () => {
    settingsTimer = 0;
    settingsSent = performance.now();
    model.save_changes();
  };
  const left = SETTINGS_PAUSE - (performance.now() - settingsSent);
  if (left <= 0) send();
  else settingsTimer = window.setTimeout(send, left);
}

/** @param {any} model */
export function settingsCard(model) {
  const options = model.get("options");
  const choice = (/** @type {string} */ name, /** @type {string[]} */ values) =>
    select({
      label: t(`playground.${name}`),
      value: model.get(name),
      hint: t(`playground.${name}_hint`),
      options: values.map((v) => [v, v]),
      change: (v) => put(model, { [name]: v }),
    });
  const amount = (/** @type {string} */ name, /** @type {any} */ range) =>
    slider({
      label: t(`playground.${name}`),
      hint: t(`playground.${name}_hint`),
      value: model.get(name),
      change: (v) => putCalmly(model, { [name]: v }),
      ...range,
    });
  // Penalties are spread by tens, and the left end is none.
  const strength = (/** @type {string} */ name) => {
    const inner = amount(name, {
      min: 1e-6,
      max: 1,
      log: true,
      format: (/** @type {number} */ v) => (v <= 1e-6 ? t("playground.none") : n(v, 2)),
      change: (/** @type {number} */ v) =>
        putCalmly(model, { [name]: v <= 1e-6 ? 0 : Number(v.toPrecision(2)) }),
    });
    return { ...inner, set: (/** @type {number} */ v) => inner.set(Math.max(v, 1e-6)) };
  };
  const losses = lossChoice(model);
  /** @type {Record<string, any>} */
  const controls = {
    activation: choice("activation", options.activations),
    init: choice("init", options.initialisers),
    loss: losses,
    optimizer: choice("optimizer", options.optimizers),
    lr: amount("lr", {
      min: 1e-4,
      max: 10,
      log: true,
      change: (/** @type {number} */ v) => putCalmly(model, { lr: Number(v.toPrecision(2)) }),
    }),
    momentum: amount("momentum", {
      min: 0,
      max: 0.99,
      step: 0.01,
      format: (/** @type {number} */ v) => fixed(v, 2),
    }),
    batch: amount("batch", {
      min: 1,
      max: 1000,
      log: true,
      format: (/** @type {number} */ v) => fixed(Math.round(v), 0),
      change: (/** @type {number} */ v) => putCalmly(model, { batch: Math.round(v) }),
    }),
    l1: strength("l1"),
    l2: strength("l2"),
    dropout: amount("dropout", {
      min: 0,
      max: 0.8,
      step: 0.05,
      format: (/** @type {number} */ v) => (v ? fixed(v, 2) : t("playground.none")),
    }),
  };
  const element = el(
    "section",
    { class: "cr-card pg-settings", "aria-label": t("playground.settings") },
    ...Object.values(controls).map((control) => control.element),
  );
  return {
    element,
    frame() {
      const given = Boolean(model.get("given"));
      for (const [name, control] of Object.entries(controls)) control.set(model.get(name));
      for (const name of ["activation", "init", "dropout"]) controls[name].element.hidden = given;
      controls.momentum.element.hidden = !options.momentum.includes(model.get("optimizer"));
    },
  };
}

/**
 * The losses: those for this kind of target first; the others say why not when chosen.
 * @param {any} model
 */
function lossChoice(model) {
  const { losses, tasks } = model.get("options");
  const chooser = select({
    label: t("playground.loss"),
    value: model.get("loss"),
    hint: t("playground.loss_hint"),
    options: [],
    change: (loss) => put(model, { loss }),
  });
  const box = chooser.element.querySelector("select");
  let built = "";
  return {
    ...chooser,
    /** @param {string} value */
    set(value) {
      const task = model.get("task");
      if (task !== built) {
        built = task;
        const group = (/** @type {string} */ name, /** @type {boolean} */ fits) =>
          el(
            "optgroup",
            { label: t(`playground.${name}`) },
            ...losses
              .filter((/** @type {string} */ each) => tasks[each].includes(task) === fits)
              .map((/** @type {string} */ each) => el("option", { value: each }, each)),
          );
        box.replaceChildren(group("losses_fit", true), group("losses_other", false));
      }
      chooser.set(value);
    },
  };
}
