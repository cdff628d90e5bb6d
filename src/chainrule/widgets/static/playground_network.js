// The network as it is built: a picture for each neuron, a line for each weight, + and − to build.
import { array } from "./kit/array.js";
import { colourTable, onTheme } from "./kit/colours.js";
import { el, svg } from "./kit/dom.js";
import { put } from "./kit/tabs.js";
import { t } from "./kit/text.js";
import { neuronName, neuronPanel, smallButton, weightText } from "./playground_neuron.js";

const PG_HEIGHT = 336;
const PG_HEAD = 44; // room for the buttons over a layer

/**
 * The picture of the network. `peek(column, unit)` is called while one looks at a neuron, column 0
 * being the inputs; `peek(-1, 0)` afterwards.
 * @param {any} model
 * @param {{peek: (column: number, unit: number) => void}} options
 */
export function networkPicture(model, { peek }) {
  const lines = svg("g", {});
  const picture = svg("svg", { class: "pg-lines", "aria-hidden": "true" }, lines);
  const neurons = el("div", { class: "pg-neurons" });
  const heads = el("div", { class: "pg-heads" });
  const note = el("div", { class: "pg-tip", hidden: true });
  const panel = neuronPanel(model);
  const board = el(
    "div",
    { class: "pg-board", role: "group", "aria-label": t("playground.network") },
    picture,
    neurons,
    heads,
    note,
    panel.element,
  );
  board.style.height = `${PG_HEIGHT}px`;
  const depth = layerButtons();
  const element = el("div", { class: "pg-network" }, depth.element, board);

  /** @type {any[][]} */
  let nodes = [];
  /** @type {any[][][]} */
  let links = [];
  let built = "";

  function columns() {
    const inputs = model.get("inputs");
    return inputs ? [inputs, ...(model.get("columns") ?? [])] : [];
  }

  function frame() {
    const all = columns();
    const weights = model.get("weights") ?? [];
    const key = JSON.stringify([
      all.map((c) => [c.count, array(c.pictures).shape[0]]),
      model.get("features"),
      model.get("given"),
    ]);
    if (key !== built) {
      built = key;
      build(all, weights);
    }
    all.forEach((each, c) => networkPaint(each, nodes[c]));
    const most = Math.max(
      1,
      ...weights.map((/** @type {any} */ w) => networkLargest(array(w.weight).data)),
    );
    weights.forEach((/** @type {any} */ each, /** @type {number} */ k) => {
      const { shape, data } = array(each.weight);
      (links[k] ?? []).forEach((row, to) =>
        row.forEach((link, from) => {
          const w = data[to * shape[1] + from];
          const share = Math.min(1, Math.abs(w) / most);
          link.line.style.stroke = w < 0 ? "var(--blue)" : "var(--vermilion)";
          link.line.style.strokeWidth = `${(0.5 + 6 * share).toFixed(2)}px`;
          link.line.style.opacity = (0.2 + 0.7 * share).toFixed(2);
        }),
      );
    });
    panel.refresh();
  }

  /** @param {any[]} all @param {any[]} weights */
  function build(all, weights) {
    panel.close();
    nodes = all.map((each, c) =>
      Array.from({ length: array(each.pictures).shape[0] }, (_, unit) => neuron(all, c, unit)),
    );
    neurons.replaceChildren(...nodes.flat().map((node) => node.element));
    links = weights.map((each, k) => {
      const [to, from] = array(each.weight).shape;
      const fits = nodes[k]?.length === from && nodes[k + 1]?.length === to;
      return fits
        ? Array.from({ length: to }, (_, i) =>
            Array.from({ length: from }, (__, j) => link(k, i, j)),
          )
        : [];
    });
    lines.replaceChildren(...links.flat(2).flatMap((each) => [each.line, each.near]));
    heads.replaceChildren(...all.map((each, c) => head(each, c, all.length)));
    depth.show();
    place();
  }

  /** @param {any[]} all @param {number} c @param {number} unit */
  function neuron(all, c, unit) {
    const canvas = el("canvas", {});
    const name = neuronName(model, c, unit, all.length);
    const node = el(
      "button",
      {
        type: "button",
        class: "pg-neuron",
        "aria-label": name,
        "data-column": c,
        "data-unit": unit,
        onpointerenter: () => peek(c, unit),
        onpointerleave: () => peek(-1, 0),
        onfocus: () => peek(c, unit),
        onblur: () => peek(-1, 0),
        onclick: () => (c === 0 ? undefined : show(c, unit)),
      },
      canvas,
    );
    if (c === 0) node.append(el("span", { class: "pg-name" }, name));
    return { element: node, canvas, pen: canvas.getContext("2d"), x: 0, y: 0, size: 0 };
  }

  /** @param {number} k @param {number} to @param {number} from */
  function link(k, to, from) {
    const line = svg("path", { class: "pg-line" });
    const near = svg("path", {
      class: "pg-near",
      onpointermove: (/** @type {PointerEvent} */ event) => tip(event, k, to, from),
      onpointerleave: () => {
        note.hidden = true;
      },
      onclick: () => show(k + 1, to, from),
    });
    return { line, near };
  }

  /** @param {PointerEvent} event @param {number} k @param {number} to @param {number} from */
  function tip(event, k, to, from) {
    const box = board.getBoundingClientRect();
    note.textContent = weightText(model.get("weights")[k], to, from);
    note.hidden = false;
    note.style.left = `${Math.min(box.width - 150, event.clientX - box.left + 12)}px`;
    note.style.top = `${event.clientY - box.top + 14}px`;
  }

  /** @param {any} each @param {number} c @param {number} count */
  function head(each, c, count) {
    const last = c === count - 1;
    const more =
      array(each.pictures).shape[0] < each.count
        ? t("playground.some_shown", { shown: array(each.pictures).shape[0], count: each.count })
        : "";
    if (c === 0 || last || model.get("given")) {
      const word =
        c === 0
          ? t("playground.inputs")
          : last
            ? t("playground.output")
            : t("playground.layer", { number: c });
      return el("div", { class: "pg-head" }, el("span", {}, word), more && el("small", {}, more));
    }
    const hidden = model.get("hidden");
    const most = model.get("options").most.neurons;
    const press = (/** @type {number} */ by) => () => {
      const sizes = [...model.get("hidden")];
      sizes[c - 1] += by;
      put(model, { hidden: sizes });
    };
    return el(
      "div",
      { class: "pg-head", "data-layer": c },
      el("span", {}, t("playground.neurons", { count: hidden[c - 1] ?? each.count })),
      el(
        "span",
        { class: "pg-steps" },
        smallButton("−", t("playground.fewer_neurons", { number: c }), each.count > 1, press(-1)),
        smallButton("+", t("playground.more_neurons", { number: c }), each.count < most, press(1)),
      ),
    );
  }

  function layerButtons() {
    const word = el("span", {});
    const press = (/** @type {number} */ by) => () => {
      const sizes = model.get("hidden");
      put(model, {
        hidden: by > 0 ? [...sizes, Math.max(2, sizes.at(-1) ?? 4)] : sizes.slice(0, -1),
      });
    };
    const less = smallButton("−", t("playground.fewer_layers"), true, press(-1));
    const more = smallButton("+", t("playground.more_layers"), true, press(1));
    const row = el("div", { class: "cr-row pg-depth" }, less, more, word);
    return {
      element: row,
      show() {
        const count = model.get("hidden").length;
        row.hidden = Boolean(model.get("given"));
        word.textContent = t("playground.layers", { count });
        less.disabled = count === 0;
        more.disabled = count >= model.get("options").most.layers;
      },
    };
  }

  function place() {
    const width = board.clientWidth;
    if (!width || !nodes.length) return;
    const most = Math.max(...nodes.map((column) => column.length));
    const size = Math.min(
      46,
      (PG_HEIGHT - PG_HEAD - 12) / most - 8,
      (width - 60) / nodes.length - 22,
    );
    const [left, right] = [62 + size / 2, width - Math.max(size / 2 + 6, 34)];
    const pitch = Math.min(size + 26, (PG_HEIGHT - PG_HEAD - 8) / most);
    nodes.forEach((column, c) => {
      const x = nodes.length > 1 ? left + ((right - left) * c) / (nodes.length - 1) : width / 2;
      heads.children[c].style.left = `${x}px`;
      column.forEach((node, unit) => {
        const y = PG_HEAD + (PG_HEIGHT - PG_HEAD) / 2 + (unit - (column.length - 1) / 2) * pitch;
        Object.assign(node, { x, y, size });
        Object.assign(node.element.style, {
          left: `${x - size / 2}px`,
          top: `${y - size / 2}px`,
          width: `${size}px`,
          height: `${size}px`,
        });
      });
    });
    picture.setAttribute("viewBox", `0 0 ${width} ${PG_HEIGHT}`);
    links.forEach((rows, k) =>
      rows.forEach((row, to) =>
        row.forEach((each, from) => {
          const [a, b] = [nodes[k][from], nodes[k + 1][to]];
          const [x0, x1] = [a.x + a.size / 2, b.x - b.size / 2];
          const middle = (x0 + x1) / 2;
          const d = `M${x0},${a.y} C${middle},${a.y} ${middle},${b.y} ${x1},${b.y}`;
          each.line.setAttribute("d", d);
          each.near.setAttribute("d", d);
        }),
      ),
    );
  }

  /** @param {number} c @param {number} unit @param {number} [from] */
  function show(c, unit, from = 0) {
    const node = nodes[c][unit];
    panel.show({ column: c, unit, from, columns: nodes.length, shown: nodes[c - 1].length, node });
  }

  const watcher = new ResizeObserver(place);
  watcher.observe(board);
  const off = onTheme(frame);
  return {
    element,
    frame,
    remove: () => {
      watcher.disconnect();
      off();
    },
  };
}

/**
 * Pictures of a layer into its canvases; row 0 of a picture is at the bottom.
 * @param {any} column
 * @param {any[]} nodes
 */
function networkPaint(column, nodes) {
  const {
    shape: [count, size],
    data,
  } = array(column.pictures);
  const table = colourTable();
  for (let unit = 0; unit < count; unit += 1) {
    const { canvas, pen } = nodes[unit];
    if (canvas.width !== size) canvas.width = canvas.height = size;
    const image = pen.createImageData(size, size);
    for (let row = 0; row < size; row += 1) {
      const from = (unit * size + size - 1 - row) * size;
      for (let i = 0; i < size; i += 1) {
        const at = 3 * (data[from + i] + 128);
        const to = 4 * (row * size + i);
        image.data[to] = table[at];
        image.data[to + 1] = table[at + 1];
        image.data[to + 2] = table[at + 2];
        image.data[to + 3] = 255;
      }
    }
    pen.putImageData(image, 0, 0);
  }
}

/** @param {ArrayLike<number>} numbers */
function networkLargest(numbers) {
  let most = 0;
  for (let i = 0; i < numbers.length; i += 1) most = Math.max(most, Math.abs(numbers[i]));
  return most;
}
