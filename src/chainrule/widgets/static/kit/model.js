// What a picture's module sees, with the interface of anywidget's model, over the lab's websocket.

/** @typedef {(value?: any, buffers?: any) => void} Listener */

export class Model {
  /**
   * @param {Record<string, any>} state
   * @param {(header: any, buffers?: any[]) => void} send
   */
  constructor(state, send) {
    this.state = state;
    this.send_ = send;
    /** @type {Map<string, Set<Listener>>} */
    this.listeners = new Map();
    /** @type {Record<string, any>} */
    this.changes = {};
    /** @type {Map<string, number>} */
    this.sent = new Map();
    this.number = 0;
    this.isWaiting = false;
  }

  /** @param {string} name */
  get(name) {
    return this.state[name];
  }

  /** @param {string} name @param {any} value */
  set(name, value) {
    this.state[name] = value;
    this.changes[name] = value;
    this.call(`change:${name}`, this, value);
  }

  /** Sent with the next frame of the screen, so many changes become one message. */
  save_changes() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => this.flush());
  }

  flush() {
    this.isWaiting = false;
    const changes = this.changes;
    if (Object.keys(changes).length === 0) return;
    this.changes = {};
    this.number += 1;
    for (const name of Object.keys(changes)) this.sent.set(name, this.number);
    this.send_({ kind: "set", changes, number: this.number });
  }

  /** @param {any} message @param {any} [callbacks] @param {any[]} [buffers] */
  send(message, callbacks, buffers = []) {
    this.flush();
    this.send_({ kind: "ask", message }, buffers);
  }

  /** @param {string} type @param {Listener} listener */
  on(type, listener) {
    for (const name of type.split(" ")) {
      if (!this.listeners.has(name)) this.listeners.set(name, new Set());
      this.listeners.get(name)?.add(listener);
    }
  }

  /** @param {string} [type] @param {Listener} [listener] */
  off(type, listener) {
    if (type === undefined) this.listeners.clear();
    else if (listener === undefined) this.listeners.delete(type);
    else this.listeners.get(type)?.delete(listener);
  }

  /** @param {string} type @param {...any} values */
  call(type, ...values) {
    this.listeners.get(type)?.forEach((listener) => listener(...values));
  }

  /**
   * New values from Python; those that the page has changed since are newer and stay.
   * @param {Record<string, any>} state
   * @param {number} heard  number of the last change that Python knew
   */
  update(state, heard) {
    const names = Object.keys(state).filter(
      (name) => !(name in this.changes) && (this.sent.get(name) ?? 0) <= heard,
    );
    for (const name of names) this.state[name] = state[name];
    for (const name of names) this.call(`change:${name}`, this, this.state[name]);
    if (names.length > 0) this.call("change", this);
  }
}
