// A neuron's numbers, to read and to change: its bias and the weights of what comes in.
import { array } from "./kit/array.js";
import { el } from "./kit/dom.js";
import { n, t } from "./kit/text.js";

/** @param {any} model */
export function neuronPanel(model) {
  const element = el("div", { class: "pg-panel cr-card", role: "dialog", hidden: true });
  /** @type {any} */
  let open = null;

  /**
   * Show a neuron beside its node; `from` is the weight to begin with, `shown` how many inputs are
   * drawn of all.
   * @param {{column: number, unit: number, from: number, columns: number, shown: number,
   *          node: any}} what
   */
  function show(what) {
    open = what;
    const { column, unit, columns, shown, node } = what;
    const title = neuronName(model, column, unit, columns);
    const boxes = Array.from({ length: shown }, (_, j) =>
      numberRow(neuronName(model, column - 1, j, columns), [unit, j]),
    );
    if (model.get("weights")[column - 1].bias) boxes.push(numberRow(t("playground.bias"), [unit]));
    element.replaceChildren(
      el(
        "div",
        { class: "cr-row pg-title" },
        el("h2", {}, title),
        smallButton("×", t("kit.close"), true, leave),
      ),
      el("p", { class: "cr-caption" }, t("playground.neuron_hint")),
      ...boxes,
    );
    element.hidden = false;
    element.setAttribute("aria-label", title);
    const width = element.parentElement.clientWidth;
    const gap = node.size / 2 + 10;
    const isRight = node.x > width / 2;
    element.style.left = isRight ? "" : `${node.x + gap}px`;
    element.style.right = isRight ? `${width - node.x + gap}px` : "";
    refresh();
    const box = element.querySelectorAll("input")[what.from];
    box.focus();
    box.select();
  }

  /** @param {string} name @param {number[]} place */
  function numberRow(name, place) {
    const box = el("input", {
      type: "number",
      step: "any",
      class: "cr-number",
      "aria-label": name,
      "data-place": place.join(","),
      oninput: () => {
        box.dataset.touched = "yes";
      },
      onchange: () => {
        delete box.dataset.touched;
        if (box.value === "" || !box.checkValidity()) return;
        model.send({ do: "edit", layer: open.column - 1, place, value: Number(box.value) });
      },
    });
    return el("label", { class: "pg-number" }, el("span", {}, name), box);
  }

  /** The present numbers, but where one is being written. */
  function refresh() {
    const layer = open && model.get("weights")[open.column - 1];
    if (!layer) return;
    const [weight, bias] = [array(layer.weight), array(layer.bias)];
    for (const box of element.querySelectorAll("input:not([data-touched])")) {
      const [to, from] = box.dataset.place.split(",").map(Number);
      const value = from === undefined ? bias.data[to] : weight.data[to * weight.shape[1] + from];
      box.value = String(Number(value.toPrecision(4)));
    }
  }

  function close() {
    open = null;
    element.hidden = true;
    element.replaceChildren();
  }

  function leave() {
    const node = open?.node;
    close();
    node?.element.focus();
  }

  element.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") leave();
  });
  return { element, show, refresh, close };
}

/** A weight in words. @param {any} layer @param {number} to @param {number} from */
export function weightText(layer, to, from) {
  const { shape, data } = array(layer.weight);
  return t("playground.weight_is", { value: n(data[to * shape[1] + from]) });
}

/**
 * What a neuron is called.
 * @param {any} model @param {number} column @param {number} unit @param {number} count
 */
export function neuronName(model, column, unit, count) {
  if (column === 0) return model.get("features")[unit] ?? `x${unit + 1}`;
  if (column === count - 1) {
    const names = model.get("classes_named");
    return t("playground.output_unit", { name: names.length > 2 ? names[unit] : unit + 1 });
  }
  return t("playground.neuron", { layer: column, number: unit + 1 });
}

/** @param {string} sign @param {string} label @param {boolean} on @param {() => void} press */
export function smallButton(sign, label, on, press) {
  return el(
    "button",
    {
      type: "button",
      class: "pg-button",
      "aria-label": label,
      title: label,
      disabled: !on,
      onclick: press,
    },
    sign,
  );
}
