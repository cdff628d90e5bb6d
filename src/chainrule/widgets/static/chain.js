// The chain rule: a graph that is walked forward and backward, box by box.
import { button, playButton, select, slider, textBox, toggle } from "./kit/controls.js";
import { el } from "./kit/dom.js";
import { graphPicture } from "./kit/graph.js";
import { put, tabs, watch } from "./kit/tabs.js";
import { fixed, t } from "./kit/text.js";
import { chainDetails, chainMath, chainName } from "./chain_details.js";

/** @param {{model: any, el: HTMLElement}} page */
function render({ model, el: root }) {
  const ask = (/** @type {string} */ what) => model.send({ do: what });
  const kind = tabs({
    label: t("chain.kind"), value: model.get("kind"),
    options: [["formula", t("chain.formula")], ["network", t("chain.network")]],
    change: (v) => put(model, { kind: v }),
  });
  const examples = select({
    label: t("chain.examples"), value: "", options: [["", "…"], ...model.get("examples").map((/** @type {string} */ v) => [v, v])],
    change: (v) => v && put(model, { formula: v }),
  });
  const formula = textBox({
    label: t("chain.type"), value: model.get("formula"), change: (v) => put(model, { formula: v }),
  });
  const inputs = chainInputs(model);
  const play = playButton({ change: (plays) => ask(plays ? "play" : "pause") });
  const back = button({ label: t("kit.back"), press: () => ask("back") });
  const step = button({ label: t("kit.step"), press: () => ask("step") });
  const reset = button({ label: t("kit.reset"), press: () => ask("reset") });
  const at = slider({
    label: t("chain.at"), value: 0, min: 0, max: 1, step: 1, format: (v) => fixed(v, 0),
    change: (v) => put(model, { at: Math.round(v) }),
  });
  const word = el("p", { class: "cr-formula cr-sentence", role: "status" });
  const code = el("pre", { class: "cr-card cr-source", tabindex: 0 });
  const showCode = toggle({
    label: t("chain.code"), value: false,
    change: (v) => {
      code.hidden = !v;
    },
  });
  code.hidden = true;
  const details = chainDetails(model);
  const canvas = el("div", { class: "cr-card picture cr-graph-card" });
  const pair = el("div", { class: "cr-pair cr-beside" }, canvas, details.element);
  /** @type {any} */
  let picture = null;
  /** @type {any} */
  let drawn = null;
  const page = el("div", { class: "cr-page" },
    el("header", {}, el("h1", {}, t("chain.title")), el("p", { class: "cr-lead" }, t("chain.lead"))),
    el("div", { class: "cr-columns" },
      el("div", { class: "cr-stack" },
        el("div", { class: "cr-card" },
          el("div", { class: "cr-row" }, play.element, back.element, step.element, reset.element, el("div", { class: "cr-grow" }, at.element)), word),
        pair),
      el("div", { class: "cr-controls" },
        el("div", { class: "cr-card" }, kind.element, examples.element, formula.element, inputs.element),
        el("div", { class: "cr-card" }, showCode.element, el("p", { class: "cr-caption" }, t("chain.code.about"))))),
    code);
  root.append(page);

  function redraw() {
    const drawing = model.get("drawing");
    if (drawing === drawn) return;
    drawn = drawing;
    const nodes = drawing.nodes.map((/** @type {any} */ node) => ({ ...node, label: node.formula, line: "" }));
    picture = graphPicture({ ...drawing, nodes }, {
      label: t("chain.graph"),
      press: (id) => put(model, { chosen: model.get("chosen") === id ? "" : id }),
    });
    picture.picture.style.width = `${Math.round(drawing.width + 24)}px`;
    picture.picture.style.minWidth = `${Math.round(0.7 * drawing.width)}px`; // smaller is not legible
    pair.classList.toggle("wide", drawing.width > 480);
    pair.classList.toggle("wider", drawing.width > 700);
    canvas.replaceChildren(picture.element);
  }

  function refresh() {
    redraw();
    const [forward, backward, nodes] = [model.get("forward"), model.get("backward"), model.get("nodes")];
    const now = Math.min(model.get("at"), forward.length + backward.length);
    kind.set(model.get("kind"));
    kind.element.hidden = model.get("kind") === "own";
    formula.set(model.get("formula"));
    formula.problem(model.get("problem"));
    examples.set(model.get("examples").includes(model.get("formula")) ? model.get("formula") : "");
    examples.element.hidden = model.get("kind") !== "formula";
    formula.element.hidden = model.get("kind") !== "formula";
    inputs.refresh();
    play.set(model.get("playing"));
    back.enable(now > 0);
    step.enable(now < forward.length + backward.length);
    const bar = /** @type {HTMLInputElement} */ (at.element.querySelector("input"));
    bar.max = String(forward.length + backward.length);
    at.set(now);
    bar.style.setProperty("--share", `${(100 * now) / (forward.length + backward.length || 1)}%`);
    code.textContent = model.get("code");
    if (!picture) return;
    const done = backward.slice(0, Math.max(0, now - forward.length));
    const totals = chainTotals(nodes, backward, done);
    const here = now === 0 ? "" : now <= forward.length ? forward[now - 1] : done[done.length - 1];
    /** @type {Record<string, string>} */
    const classes = {};
    forward.forEach((/** @type {string} */ id, /** @type {number} */ i) => {
      if (i >= now) classes[id] = "later";
      const lines = i < now ? [[nodes[id].short, "value"]] : [];
      if (totals[id] !== undefined) lines.push([`∂ ${totals[id]}`, "gradient"]);
      picture.note(id, lines);
    });
    if (here) classes[here] = done.length ? "back" : "here";
    const chosen = model.get("chosen");
    if (chosen) classes[chosen] = `${classes[chosen] ?? ""} chosen`;
    picture.mark(classes);
    picture.markEdges(chainEdges(drawn, nodes, here, done.length > 0));
    word.replaceChildren(...sentence(nodes, here, done.length > 0));
    details.refresh();
  }

  /** What happens in this step. @param {any} nodes @param {string} here @param {boolean} isBack */
  function sentence(nodes, here, isBack) {
    if (!here) return [t("chain.start")];
    const node = nodes[here];
    if (!isBack) {
      const isInput = node.formula.every((/** @type {any[]} */ piece) => piece[0] !== " = ") && !node.sends.length;
      return [t(isInput ? "chain.given" : "chain.forward"), " ", chainMath(node.formula), ` = ${node.short}`];
    }
    const parts = node.sends.map((/** @type {any} */ sent) => el("span", {}, "∂/∂", chainName(sent.name), " += ",
      ...(sent.rule ? [`${node.short_cotangent} · `, chainMath(sent.rule, true), ` = ${sent.amount}`] : [el("code", {}, sent.code)])));
    return [t("chain.backward"), " ", chainName(here), ": ", ...parts];
  }

  const offs = [
    watch(model, ["kind", "formula", "problem", "inputs", "network", "at", "playing", "drawing", "nodes", "forward",
      "backward", "gradients", "chosen", "focus", "nudged", "code"], refresh),
  ];
  refresh();
  return () => {
    offs.forEach((off) => off());
    page.remove();
  };
}

/** Running sums of the cotangents after these steps. @param {any} nodes @param {string[]} backward @param {string[]} done */
function chainTotals(nodes, backward, done) {
  /** @type {Record<string, string>} */
  const totals = {};
  if (done.length) totals[backward[0]] = nodes[backward[0]].short_cotangent;
  for (const id of done) {
    for (const sent of nodes[id].sends) totals[sent.to] = sent.total;
  }
  return totals;
}

/** Edges that carry something in this step. @param {any} drawing @param {any} nodes @param {string} here @param {boolean} isBack */
function chainEdges(drawing, nodes, here, isBack) {
  /** @type {Record<string, string>} */
  const classes = {};
  const sent = here && isBack ? nodes[here].sends.map((/** @type {any} */ s) => s.to) : [];
  for (const edge of drawing.edges) {
    if (edge.to !== here) continue;
    if (!isBack) classes[`${edge.from} ${edge.to}`] = "flow";
    else if (sent.includes(edge.from)) classes[`${edge.from} ${edge.to}`] = "back";
  }
  return classes;
}

/** Sliders for the letters, or for the example that the network sees. @param {any} model */
function chainInputs(model) {
  const element = el("div", { class: "cr-stack" });
  let shown = "";
  /** @type {Record<string, any>} */
  let controls = {};

  /** @param {string} name @param {number} value @param {(v: number) => void} change */
  function make(name, value, change) {
    const reach = model.get("reach");
    return slider({ label: name, value, min: -reach, max: reach, step: 0.05, format: (v) => fixed(v, 2), change });
  }
  const network = (/** @type {any} */ changes) => put(model, { network: { ...model.get("network"), ...changes } });

  function rebuild() {
    controls = {};
    if (model.get("kind") !== "network") {
      for (const [name, value] of Object.entries(model.get("inputs"))) {
        controls[name] = make(name, value, (v) => put(model, { inputs: { ...model.get("inputs"), [name]: v } }));
      }
      return;
    }
    const { x, y, activation, loss } = model.get("network");
    x.forEach((/** @type {number} */ value, /** @type {number} */ i) => {
      controls[`x${i}`] = make(`x${"₁₂₃₄₅₆₇₈₉"[i] ?? i + 1}`, value, (v) => {
        const moved = [...model.get("network").x];
        moved[i] = v;
        network({ x: moved });
      });
    });
    controls.y = make("y", y, (v) => network({ y: v }));
    const options = (/** @type {string} */ names) => model.get(names).map((/** @type {string} */ name) => [name, t(`chain.${names}.${name}`)]);
    controls.activation = select({ label: t("chain.activation"), value: activation, options: options("activations"), change: (v) => network({ activation: v }) });
    controls.loss = select({ label: t("chain.loss"), value: loss, options: options("losses"), change: (v) => network({ loss: v }) });
  }

  return {
    element,
    refresh() {
      const isFormula = model.get("kind") !== "network";
      const { x, y, activation, loss } = model.get("network");
      /** @type {Record<string, any>} */
      const values = isFormula ? { ...model.get("inputs") } : { y, activation, loss };
      if (!isFormula) x.forEach((/** @type {number} */ value, /** @type {number} */ i) => { values[`x${i}`] = value; });
      const key = `${model.get("kind")} ${Object.keys(values).join()}`;
      if (key !== shown) {
        shown = key;
        rebuild();
        element.replaceChildren(...Object.values(controls).map((control) => control.element));
      }
      for (const [name, value] of Object.entries(values)) controls[name].set(value);
    },
  };
}

export default { render };
