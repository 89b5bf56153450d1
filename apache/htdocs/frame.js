// A frame with Tinybird's chart. It can be given a new token only by loading it anew: that happens behind the old one.

import { ChartError, request } from "./token-client.js";

/** How long a frame may take to load, and is then given to draw before it replaces another, in milliseconds. */
const LIMIT = 30_000;
const SETTLES = 1000;

export default class Frame {
  #box;
  #shown;
  #reached = false;

  /** @param {HTMLElement} box what it fills */
  constructor(box) {
    this.#box = box;
  }

  clear() {
    this.#shown?.remove();
    this.#shown = undefined;
  }

  /** Loads a frame with a good token behind the one that is shown, then swaps them. `due`: when to do so again. */
  async update({ address, name, tokens, signal }) {
    address.searchParams.set("token", await tokens.token());
    const { due } = tokens;
    signal.throwIfAborted();
    const frame = document.createElement("iframe");
    // Nobody sees or reaches it yet. With its address before it is in the page, it makes no entry in the history.
    Object.assign(frame, {
      title: name, referrerPolicy: "no-referrer", className: "behind", inert: true, src: address,
    });
    this.#box.append(frame);
    try {
      const reach = this.#reach(address, signal);
      await Promise.all([loaded(frame, signal), this.#reached && reach]);
      if (this.#shown) await new Promise(resolve => setTimeout(resolve, SETTLES));
      signal.throwIfAborted();
    } catch (error) {
      frame.remove();
      throw error;
    }
    const focused = this.#shown && this.#box.getRootNode().activeElement === this.#shown;
    Object.assign(frame, { className: "", inert: false });
    if (focused) frame.focus({ preventScroll: true });
    this.clear();
    this.#shown = frame;
    return { due };
  }

  /**
   * Throws where the chart's host can't be reached: the frame shows the browser's page about that then, and tells nobody.
   * Believed only of a host that has answered before: the page's policy may forbid to ask.
   */
  async #reach(address, signal) {
    try {
      await request(new URL("/favicon.ico", address), {
        method: "HEAD", mode: "no-cors", credentials: "omit", referrerPolicy: "no-referrer", signal,
      }, LIMIT);
      this.#reached = true;
    } catch (error) {
      if (this.#reached) throw error;
    }
  }
}

function loaded(frame, signal) {
  return new Promise((resolve, reject) => {
    frame.onload = resolve;
    const late = new ChartError("The chart took too long to load.", "the frame didn't load in time", { transient: true });
    AbortSignal.any([signal, AbortSignal.timeout(LIMIT)]).onabort = () => reject(late);
  });
}
