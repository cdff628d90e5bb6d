// The gallery: three rooms, for activations, losses and initialisers.
import { el } from "./kit/dom.js";
import { put, tabs, watch } from "./kit/tabs.js";
import { t } from "./kit/text.js";
import { activationsRoom } from "./gallery_activations.js";
import { initialisersRoom } from "./gallery_initialisers.js";
import { lossesRoom } from "./gallery_losses.js";

/** @param {{model: any, el: HTMLElement}} page */
function render({ model, el: root }) {
  const makers = { activations: activationsRoom, losses: lossesRoom, initialisers: initialisersRoom };
  const names = /** @type {(keyof typeof makers)[]} */ (Object.keys(makers));
  const rooms = Object.fromEntries(names.map((name) => [name, makers[name](model)]));
  const chooser = tabs({
    label: t("gallery.title"),
    options: names.map((name) => [name, t(`gallery.${name}`)]),
    value: model.get("tab"),
    change: (tab) => {
      put(model, { tab });
      show();
    },
  });
  const lead = el("p", { class: "cr-lead" });
  const page = el("div", { class: "cr-page" },
    el("header", {}, el("h1", {}, t("gallery.title")), lead), chooser.element,
    ...names.map((name) => rooms[name].element));
  root.append(page);

  function show() {
    const tab = model.get("tab");
    chooser.set(tab);
    lead.textContent = t(`gallery.${tab}.lead`);
    names.forEach((name) => {
      rooms[name].element.hidden = name !== tab;
    });
  }
  const off = watch(model, ["tab"], show);
  show();
  return () => {
    off();
    names.forEach((name) => rooms[name].remove());
    page.remove();
  };
}

export default { render };
