// The shell: one websocket, the page that is open, links, theme, notices.
import { onTheme } from "/static/kit/colours.js";
import { el, on } from "/static/kit/dom.js";
import { pack, unpack } from "/static/kit/frames.js";
import { Model } from "/static/kit/model.js";
import { setTexts, t } from "/static/kit/text.js";

setTexts(JSON.parse(byId("texts").textContent));

const main = byId("page");
/** @type {WebSocket | null} */
let socket = null;
/** @type {Model | null} */
let model = null;
/** @type {() => void} */
let leave = () => {};
let tries = 0;
let isOver = false; // another tab has taken over, or the server wants no more
let links = /** @type {Record<string, any>} */ ({});

/** @param {string} id @returns {any} */
function byId(id) {
  return document.getElementById(id);
}

/** The page of the address, or the first one where it names none that there is. */
function pageName() {
  const pages = Array.from(byId("pages").children, (link) => link.dataset.page);
  const wanted = new URLSearchParams(location.search).get("page");
  return pages.includes(wanted) ? wanted : pages[0];
}

// ------------------------------------------------------------------------------- the session

/** The key of this tab's session; it outlives a reload. */
function sessionKey() {
  let key = sessionStorage.getItem("key");
  if (key === null) {
    key = [...crypto.getRandomValues(new Uint8Array(16))]
      .map((b) => b.toString(16).padStart(2, "0"))
      .join("");
    sessionStorage.setItem("key", key);
  }
  return key;
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const opened = new WebSocket(`${scheme}://${location.host}/session`);
  opened.binaryType = "arraybuffer";
  socket = opened;
  opened.onopen = () => send({ kind: "hello", key: sessionKey() });
  opened.onmessage = (event) => heard(unpack(event.data));
  opened.onclose = () => {
    if (opened !== socket || isOver) return;
    tries += 1;
    notice(t(tries > 8 ? "lab.gone" : "lab.lost"));
    setTimeout(connect, Math.min(5000, 250 * 2 ** tries));
  };
}

/** @param {any} header @param {any[]} [buffers] */
function send(header, buffers = []) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(pack(header, buffers));
}

/** @param {any} header */
function heard(header) {
  if (header.kind === "state" || header.kind === "open") send({ kind: "seen" });
  const act = /** @type {any} */ (ANSWERS)[header.kind];
  if (act) act(header);
}

const ANSWERS = {
  /** @param {any} header */
  welcome(header) {
    if (tries > 0) notice("");
    tries = 0;
    links = header.links;
    open();
  },
  /** @param {any} header */
  open(header) {
    if (header.page === pageName()) show(header);
  },
  /** @param {any} header */
  state: (header) => model?.update(header.state, header.heard),
  /** @param {any} header */
  message: (header) => model?.call("msg:custom", header.message, []),
  /** @param {any} header */
  error: (header) => {
    main.setAttribute("aria-busy", "false");
    notice(header.expected ? header.text : t("lab.broke", { text: header.text }), 8000);
  },
  /** @param {any} header */
  link: (header) => share(header.link),
  /** @param {any} header */
  restarted(header) {
    notice(t(header.fresh ? "lab.fresh" : "lab.restarted"), 8000);
    links = header.links;
    open();
  },
  taken() {
    isOver = true;
    notice(t("lab.taken"), 0, [
      ["lab.here", () => location.reload()],
      [
        "lab.own",
        () => {
          sessionStorage.removeItem("key");
          location.reload();
        },
      ],
    ]);
  },
  full() {
    isOver = true;
    notice(t("lab.full"), 0, [["lab.here", () => location.reload()]]);
  },
  busy() {
    isOver = true;
    notice(t("lab.busy"), 0, [["lab.here", () => location.reload()]]);
  },
};

// ---------------------------------------------------------------------------------- the page

/** Ask for the page of the address: as a link describes it (once), else as it was. */
function open() {
  const page = pageName();
  const hash = location.hash.slice(1);
  let link = links[page] ?? null;
  delete links[page];
  const isNew = hash.length > 1 && sessionStorage.getItem(`hash ${page}`) !== hash;
  if (isNew) {
    try {
      link = decodeLink(hash);
    } catch {
      notice(t("lab.link_bad"), 6000);
    }
    sessionStorage.setItem(`hash ${page}`, hash);
  }
  send({ kind: "open", page, link });
}

/** @param {any} header */
async function show(header) {
  const { page, module, state } = header;
  const shown = new Model(state, send);
  model = shown;
  const [{ default: picture }] = await Promise.all([
    import(`/static/${module}.js`),
    style(header.style),
  ]);
  if (model !== shown) return; // another page was chosen meanwhile
  leave();
  const box = el("div", { class: "cr-page" });
  main.replaceChildren(box);
  const cleanup = picture.render({ model: shown, el: box });
  leave = () => {
    shown.off();
    if (typeof cleanup === "function") cleanup();
    leave = () => {};
  };
  main.setAttribute("aria-busy", "false");
  main.dataset.page = page;
  document.title = `${t(`lab.${page}`)} · ${t("lab.title")}`;
  performance.mark("chainrule-shown");
}

/** The style sheet of a page's own, where it has one. @param {string | undefined} name */
function style(name) {
  const address = `/static/${name}`;
  if (!name || document.querySelector(`link[href="${address}"]`)) return Promise.resolve();
  const link = el("link", { rel: "stylesheet", href: address });
  const loaded = new Promise((done) => {
    link.onload = link.onerror = done;
  });
  document.head.append(link);
  return loaded;
}

/** @param {string} address */
function go(address) {
  history.pushState(null, "", address);
  turn();
}

function turn() {
  const page = pageName();
  document.querySelectorAll(".lab-bar nav a").forEach((a) => {
    const link = /** @type {HTMLElement} */ (a);
    if (link.dataset.page === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  main.setAttribute("aria-busy", "true");
  notice("");
  open();
}

// ------------------------------------------------------------------------------------- links

/** @param {any} link */
function share(link) {
  const hash = encodeLink(link);
  sessionStorage.setItem(`hash ${pageName()}`, hash);
  history.replaceState(null, "", `${location.pathname}?page=${pageName()}#${hash}`);
  const copied = navigator.clipboard?.writeText(location.href) ?? Promise.reject();
  copied.then(
    () => notice(t("lab.shared"), 4000),
    () => notice(t("lab.shared_address"), 4000),
  );
}

/** @param {any} link */
function encodeLink(link) {
  const bytes = new TextEncoder().encode(JSON.stringify(link));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** @param {string} hash */
function decodeLink(hash) {
  const text = atob(hash.replace(/-/g, "+").replace(/_/g, "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
}

// ----------------------------------------------------------------------------------- notices

let noticeTimer = 0;

/** @param {string} text @param {number} [lasts] @param {[string, () => void][]} [actions] */
function notice(text, lasts = 0, actions = []) {
  const place = byId("notice");
  clearTimeout(noticeTimer);
  place.hidden = text === "";
  place.replaceChildren(
    el("span", {}, text),
    ...actions.map(([key, press]) =>
      el("button", { type: "button", class: "cr-button", onclick: press }, t(key)),
    ),
  );
  if (lasts > 0) noticeTimer = setTimeout(() => notice(""), lasts);
}

// --------------------------------------------------------------------------------- the bar

on(byId("pages"), "click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.dataset.page !== pageName()) go(link.getAttribute("href"));
});
on(window, "popstate", turn);
on(window, "hashchange", () => {
  if (location.hash.length > 1) open();
});
on(byId("share"), "click", () => send({ kind: "link" }));
const theme = byId("theme");
theme.value = document.documentElement.dataset.theme;
on(theme, "change", () => {
  document.documentElement.dataset.theme = theme.value;
  localStorage.setItem("theme", theme.value);
});
on(byId("language"), "change", (event) => {
  const query = new URLSearchParams(location.search);
  query.set("language", event.target.value);
  location.search = query.toString();
});
onTheme(() => {});
connect();
