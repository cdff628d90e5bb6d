// Draws a graph that Python has laid out (chainrule.draw.placed): boxes with labels, and edges.
import { el, svg } from "./dom.js";

/**
 * @typedef {Object} PlacedNode
 * @property {string} id
 * @property {string} label
 * @property {number} x        centre
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {string} [line]   the user's line, as a tooltip
 * @property {string} [kind]   adds a class
 */

/**
 * A picture of {nodes, edges, width, height}; an edge has `points` [[x, y], ...], `from` and `to`.
 * `mark(ids)` gives nodes classes, `note(id, lines)` writes lines under a label.
 * @param {any} placed
 * @param {{label: string, press?: (id: string) => void}} options
 */
export function graphPicture(placed, { label, press }) {
  const margin = 12;
  const picture = svg("svg", {
    class: "cr-graph",
    role: "group",
    "aria-label": label,
    viewBox: `${-margin} ${-margin} ${placed.width + 2 * margin} ${placed.height + 2 * margin}`,
  });
  const arrow = svg("path", { d: "M0,0 L8,4 L0,8 z", class: "cr-arrow" });
  picture.append(
    svg(
      "defs",
      {},
      svg(
        "marker",
        {
          id: "cr-arrow",
          markerWidth: 8,
          markerHeight: 8,
          refX: 7,
          refY: 4,
          orient: "auto",
          markerUnits: "userSpaceOnUse",
        },
        arrow,
      ),
    ),
  );
  /** @type {Map<string, any>} */
  const edges = new Map();
  for (const edge of placed.edges) {
    const path = svg("path", {
      d: graphPath(edge.points),
      class: "cr-edge",
      "marker-end": "url(#cr-arrow)",
    });
    edges.set(`${edge.from} ${edge.to}`, path);
    picture.append(path);
  }
  /** @type {Map<string, any>} */
  const nodes = new Map();
  for (const node of placed.nodes) {
    const text = svg("text", {
      x: node.x,
      y: node.y,
      "text-anchor": "middle",
      class: "cr-node-text",
    });
    const group = svg(
      "g",
      {
        class: `cr-node ${node.kind ?? ""}`,
        tabindex: press ? 0 : false,
        role: press ? "button" : false,
        "aria-label": node.label,
        "data-id": node.id,
        onclick: () => press && press(node.id),
        onkeydown: (/** @type {KeyboardEvent} */ event) => {
          if (press && (event.key === "Enter" || event.key === " ")) {
            event.preventDefault();
            press(node.id);
          }
        },
      },
      node.line && svg("title", {}, node.line),
      svg("rect", {
        x: node.x - node.width / 2,
        y: node.y - node.height / 2,
        width: node.width,
        height: node.height,
        rx: 7,
      }),
      text,
    );
    nodes.set(node.id, { group, text, node });
    picture.append(group);
    graphLines(text, node, [node.label]);
  }
  return {
    element: el("div", { class: "cr-graph-box" }, picture),
    picture,
    /** Classes of nodes: mark({v3: "here", v2: "done"}). @param {Record<string, string>} classes */
    mark(classes) {
      for (const [id, { group, node }] of nodes) {
        group.setAttribute("class", `cr-node ${node.kind ?? ""} ${classes[id] ?? ""}`);
      }
    },
    /** Classes of edges: markEdges({"v2 v3": "flow"}). @param {Record<string, string>} classes */
    markEdges(classes) {
      for (const [key, path] of edges) path.setAttribute("class", `cr-edge ${classes[key] ?? ""}`);
    },
    /** Lines under the label of a node: [text, class?].
     * @param {string} id @param {(string | [string, string])[]} lines */
    note(id, lines) {
      const found = nodes.get(id);
      if (found) graphLines(found.text, found.node, [found.node.label, ...lines]);
    },
  };
}

/** @param {number[][]} points */
function graphPath(points) {
  if (points.length < 3) return `M${points.map((point) => point.join(",")).join(" L")}`;
  const middle = points.slice(1, -1);
  let path = `M${points[0].join(",")}`;
  middle.forEach((point, i) => {
    const next = points[i + 2];
    const end =
      i === middle.length - 1 ? next : [(point[0] + next[0]) / 2, (point[1] + next[1]) / 2];
    path += ` Q${point.join(",")} ${end.join(",")}`;
  });
  return path;
}

/** @param {any} text @param {PlacedNode} node @param {(string | [string, string])[]} lines */
function graphLines(text, node, lines) {
  const height = 16;
  const top = node.y - ((lines.length - 1) * height) / 2 + 4;
  text.replaceChildren(
    ...lines.map((line, i) => {
      const [words, kind] = Array.isArray(line) ? line : [line, i === 0 ? "label" : "value"];
      return svg("tspan", { x: node.x, y: top + i * height, class: kind }, words);
    }),
  );
}
