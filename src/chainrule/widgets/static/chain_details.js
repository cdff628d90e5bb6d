// What there is to say of one box: its value, its cotangent, what it sends on, and a nudge.
import { el } from "./kit/dom.js";
import { n, t } from "./kit/text.js";

/**
 * A formula of pieces [text, is italic, level]; level 1 is raised, -1 lowered.
 * @param {[string, boolean, number][]} pieces
 * @param {boolean} [brackets]  around what has more than one piece
 */
export function chainMath(pieces, brackets = false) {
  const parts = pieces.map(([text, isItalic, level]) => {
    const inner = isItalic ? el("i", {}, text) : text;
    return level > 0 ? el("sup", {}, inner) : level < 0 ? el("sub", {}, inner) : inner;
  });
  const isSum = brackets && /[+−·/]/.test(chainText(pieces));
  return el("span", { class: "cr-math" }, isSum && "(", ...parts, isSum && ")");
}

/** The same as text alone. @param {[string, boolean, number][]} pieces */
export function chainText(pieces) {
  return pieces.map(([text]) => text).join("").trim();
}

/** What a box is called, as in a formula: v4 with a lowered 4. @param {string} name */
export function chainName(name) {
  const [, letters, number] = /^([A-Za-z]+)(\d*)$/.exec(name) ?? [name, name, ""];
  return el("span", { class: "cr-math" }, el("i", {}, letters), number && el("sub", {}, number));
}

/** A number with up to six digits. @param {number} v */
function detailsDigits(v) {
  return String(Number(v.toPrecision(6))).replace("-", "−");
}

/** @param {any} model */
export function chainDetails(model) {
  const element = el("section", { class: "cr-card cr-details", "aria-live": "polite" });

  function refresh() {
    const focus = model.get("focus");
    const node = model.get("nodes")[focus];
    if (!node) {
      element.replaceChildren(el("h2", {}, t("chain.details")), el("p", { class: "cr-caption" }, t("chain.details.none")));
      return;
    }
    const nudged = model.get("nudged");
    const parts = [
      el("h2", {}, chainMath(node.formula)),
      node.type && el("p", { class: "cr-caption" }, node.type),
      node.line && el("p", { class: "cr-caption" }, t("chain.line"), " ", el("code", {}, node.line)),
      detailsNumbers(t("chain.value"), node.value, "blue"),
      node.cotangent !== null && detailsNumbers(t("chain.cotangent"), node.cotangent, "vermilion"),
      node.sends.length > 0 && detailsSends(node),
      node.cotangent === null && el("p", { class: "cr-caption" }, t("chain.no_cotangent")),
      nudged && detailsNudge(nudged),
    ];
    element.replaceChildren(...parts.filter(Boolean));
  }
  return { element, refresh };
}

/** @param {any} node */
function detailsSends(node) {
  const rows = node.sends.map((/** @type {any} */ sent) => el("tr", {},
    el("th", { scope: "row" }, chainName(sent.name)),
    el("td", {}, sent.rule ? chainMath(sent.rule) : el("code", {}, sent.code), sent.rule && chainText(sent.rule) !== sent.local && ` = ${sent.local}`),
    el("td", {}, sent.amount), el("td", {}, sent.total)));
  return el("div", {}, el("h3", {}, t("chain.sends")), el("div", { class: "cr-scroll" }, el("table", { class: "cr-table" },
    el("thead", {}, el("tr", {}, ...["to", "local", "amount", "total"].map((name) => el("th", { scope: "col" }, t(`chain.${name}`))))),
    el("tbody", {}, ...rows))));
}

/** @param {any} nudged */
function detailsNudge(nudged) {
  return el("p", { class: "cr-note" }, t("chain.nudged", {
    numbers: nudged.numbers, steps: nudged.steps, difference: n(nudged.difference, 2),
  }));
}

/** A number, a list or a matrix. @param {string} name @param {any} value @param {string} colour */
function detailsNumbers(name, value, colour) {
  const rows = Array.isArray(value) ? (Array.isArray(value[0]) ? value : [value]) : [[value]];
  const isShort = rows.length === 1 && rows[0].length === 1;
  const number = (/** @type {any} */ v) => (typeof v === "number" ? isShort ? detailsDigits(v) : n(v, 3) : String(v?.shape ?? v));
  const table = el("table", { class: "cr-numbers" }, ...rows.map((/** @type {any[]} */ row) =>
    el("tr", {}, ...row.map((v) => el("td", {}, number(v))))));
  table.style.color = `var(--${colour})`;
  return el("div", { class: "cr-named" }, el("span", {}, name), table);
}
