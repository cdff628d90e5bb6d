// What is learnt: named sets with thumbnails, points drawn by hand, a table of one's own.
import { array } from "./kit/array.js";
import { CATEGORIES, onTheme, signedColour } from "./kit/colours.js";
import { button, select, slider } from "./kit/controls.js";
import { el, svg } from "./kit/dom.js";
import { put } from "./kit/tabs.js";
import { fixed, n, t } from "./kit/text.js";
import { putCalmly } from "./playground_settings.js";

const DATA_LARGEST = 400_000; // bytes of a table

/** @param {any} model */
export function dataPanel(model) {
  const sets = model.get("options").data;
  const given = model.get("given");
  const choose = (/** @type {string} */ data) => put(model, { data });
  const file = el("input", {
    type: "file",
    accept: ".csv,.tsv,.txt,text/csv",
    class: "cr-hidden",
    tabindex: -1,
    "aria-label": t("playground.csv"),
    onchange: async () => {
      const [chosen] = file.files;
      file.value = "";
      if (chosen) await upload(model, chosen);
    },
  });
  const buttons = [
    ...Object.entries(sets).map(([name, points]) =>
      thumbnail(name, thumbnailPoints(points, name === "waves"), () => choose(name)),
    ),
    thumbnail("own", thumbnailSign("✎"), () => choose("own")),
    thumbnail("csv", thumbnailSign("CSV"), () => file.click()),
  ];
  const setting = (/** @type {string} */ name, /** @type {any} */ options) =>
    slider({
      label: t(`playground.${name}`),
      value: model.get(name),
      change: (v) => putCalmly(model, { [name]: v }),
      ...options,
    });
  const controls = {
    noise: setting("noise", {
      min: 0,
      max: 0.5,
      step: 0.01,
      format: (/** @type {number} */ v) => fixed(v, 2),
    }),
    classes: setting("classes", {
      min: 2,
      max: model.get("options").most.classes,
      step: 1,
      format: (/** @type {number} */ v) => fixed(v, 0),
    }),
    count: setting("count", {
      min: 20,
      max: 1000,
      step: 10,
      format: (/** @type {number} */ v) => fixed(v, 0),
    }),
    share: setting("share", {
      min: 0.1,
      max: 0.9,
      step: 0.05,
      format: (/** @type {number} */ v) => `${Math.round(100 * v)} %`,
    }),
  };
  const again = button({
    label: t("playground.again"),
    icon: "↻",
    hint: t("playground.again_hint"),
    press: () => model.send({ do: "again" }),
  });
  const axes = el("div", { class: "cr-stack" });
  const about = el("p", { class: "cr-caption" });
  const element = el(
    "section",
    { class: "cr-card pg-data", "aria-label": t("playground.data") },
    el("h2", {}, t("playground.data")),
    !given && el("div", { class: "cr-thumbnails pg-sets" }, ...buttons.map((each) => each.element)),
    file,
    about,
    axes,
    ...(given ? [] : Object.values(controls).map((c) => c.element)),
    !given && again.element,
  );
  let axesBuilt = "";

  function frame() {
    const data = model.get("data");
    const made = data in sets;
    buttons.forEach((each) =>
      each.element.setAttribute("aria-pressed", String(each.name === data)),
    );
    for (const [name, control] of Object.entries(controls)) control.set(model.get(name));
    controls.noise.element.hidden = !made;
    controls.count.element.hidden = !made;
    controls.classes.element.hidden = !model.get("options").classes.includes(data);
    about.textContent = made || given ? "" : t(`playground.${data}_hint`);
    about.hidden = about.textContent === "";
    const features = model.get("features") ?? [];
    const key = JSON.stringify([features, model.get("across"), model.get("up")]);
    if (key !== axesBuilt) {
      axesBuilt = key;
      const options = features.map((/** @type {string} */ name, /** @type {number} */ i) => [
        String(i),
        name,
      ]);
      axes.replaceChildren(
        ...(features.length > 2 ? ["across", "up"] : []).map(
          (name) =>
            select({
              label: t(`playground.${name}`),
              options,
              value: String(model.get(name)),
              change: (v) => put(model, { [name]: Number(v) }),
            }).element,
        ),
      );
    }
  }

  const off = onTheme(() => buttons.forEach((each) => each.theme()));
  return { element, frame, remove: off };

  /** @param {string} name @param {() => any} picture @param {() => void} press */
  function thumbnail(name, picture, press) {
    let image = picture();
    const box = el(
      "button",
      { type: "button", "aria-pressed": "false", "data-set": name, onclick: press },
      image,
      t(`playground.set_${name}`),
    );
    return {
      name,
      element: box,
      theme() {
        const fresh = picture();
        image.replaceWith(fresh);
        image = fresh;
      },
    };
  }
}

/** @param {any} points @param {boolean} isValue */
function thumbnailPoints(points, isValue) {
  return () => {
    const [places, labels] = [array(points.x).data, array(points.y).data];
    const dots = Array.from({ length: labels.length }, (_, i) => {
      const dot = svg("circle", {
        cx: 20 + 16 * places[2 * i],
        cy: 16 - 14 * places[2 * i + 1],
        r: 1.7,
      });
      dot.style.fill = isValue ? signedColour(labels[i], 1) : `var(--${CATEGORIES[labels[i] % 6]})`;
      return dot;
    });
    return svg("svg", { viewBox: "0 0 40 32", "aria-hidden": "true" }, ...dots);
  };
}

/** @param {string} sign */
function thumbnailSign(sign) {
  return () =>
    svg(
      "svg",
      { viewBox: "0 0 40 32", "aria-hidden": "true" },
      svg("text", { x: 20, y: 21, "text-anchor": "middle", class: "pg-sign-text" }, sign),
    );
}

/** @param {any} model @param {File} chosen */
async function upload(model, chosen) {
  if (chosen.size > DATA_LARGEST) {
    model.send({ do: "refuse", name: chosen.name, size: n(chosen.size / 1e6, 2) });
    return;
  }
  model.send({ do: "upload", name: chosen.name, text: await chosen.text() });
}
