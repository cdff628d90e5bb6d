// A picture in a notebook: the lab's frames, over the messages of anywidget.
import { coloursOf, onTheme } from "./colours.js";
import { el } from "./dom.js";
import { pack, unpack } from "./frames.js";
import { Model } from "./model.js";
import { t } from "./text.js";

/**
 * The module that a notebook loads, around the `render` of a picture.
 * @param {(place: {model: any, el: HTMLElement}) => any} draw
 */
export function inNotebook(draw) {
  /** @param {{model: any, el: HTMLElement}} place */
  function render({ model: link, el: root }) {
    const box = el("div", { class: "cr-page" });
    const note = el("p", { class: "cr-note bad", role: "status", hidden: true });
    /** @type {Model | null} */
    let model = null;
    let leave = () => {};
    const dress = () => {
      root.dataset.theme = notebookTheme();
      coloursOf(root);
    };
    const send = (/** @type {any} */ header, /** @type {any[]} */ buffers = []) =>
      link.send({ kind: "frame" }, undefined, [pack(header, buffers)]);

    /** @param {any} _ @param {DataView[]} buffers */
    function heard(_, [frame]) {
      const bytes = new Uint8Array(frame.byteLength); // a copy that begins at 0
      bytes.set(new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength));
      const header = unpack(bytes.buffer);
      if (header.state) send({ kind: "seen" });
      if (header.state && model) {
        model.update(header.state, header.heard);
      } else if (header.kind === "open") {
        model = new Model(header.state, send);
        leave = draw({ model, el: box }) ?? leave;
      } else if (header.kind === "message") {
        model?.call("msg:custom", header.message, []);
      } else if (header.kind === "error") {
        note.hidden = false;
        note.textContent = header.expected ? header.text : t("lab.broke", { text: header.text });
      }
    }

    root.classList.add("chainrule");
    root.append(note, box);
    dress();
    const off = onTheme(dress);
    link.on("msg:custom", heard);
    send({ kind: "open", page: "here", link: null });
    return () => {
      link.off("msg:custom", heard);
      off();
      leave();
    };
  }
  return { render };
}

/** What the notebook looks like: Jupyter, VS Code and marimo each say it in their own way. */
function notebookTheme() {
  const { classList, dataset } = document.body;
  if (dataset.jpThemeLight) return dataset.jpThemeLight === "true" ? "light" : "dark";
  const names = [...classList, ...document.documentElement.classList];
  if (names.some((name) => name === "dark" || name === "vscode-dark")) return "dark";
  if (names.some((name) => name === "light" || name === "vscode-light")) return "light";
  return "auto";
}
