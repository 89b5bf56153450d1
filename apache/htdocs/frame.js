// A frame with Tinybird's chart. It can be given a new token only by loading it again: that happens behind the old one.

import { element } from "./shell.js";
import { cannot, ChartError, request } from "./request.js";

/** How long a frame may take to load, and is then given to draw before it replaces another, in milliseconds. */
const LIMIT = 30_000;
const SETTLES = 1000;
/** How long its host is waited for to say that it is there, in milliseconds. */
const SAYS = 3000;
/** A chart runs scripts with its own origin's storage, and may open and save what a visitor clicks; not this page. */
const SANDBOX = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-downloads";

/** What the page's policy forbids: "frame-src https://app.tinybird.co". */
const forbidden = new Set();
const FORBIDS = "securitypolicyviolation";

window.addEventListener(FORBIDS, ({ blockedURI: url, effectiveDirective: directive, disposition }) => {
  if (disposition === "enforce" && URL.canParse(url)) forbidden.add(`${directive} ${new URL(url).origin}`);
});

export default class Frame {
  #box;
  #shown;
  #need;
  /** Browsers may tell after the frame's load. */
  #note = () => forbidden.has(this.#need) && this.#box.getRootNode().host.reload();

  /** @param {HTMLElement} box what it fills */
  constructor(box) {
    this.#box = box;
  }

  clear() {
    window.removeEventListener(FORBIDS, this.#note);
    this.#shown?.remove();
    this.#shown = undefined;
  }

  /** Loads a frame with a good token behind the one that is shown, then swaps them. `due`: when to do so again. */
  async update({ address, name, token, tokens, signal }) {
    address.searchParams.set("token", await token);
    const { due } = tokens;
    signal.throwIfAborted();
    this.#need = `frame-src ${address.origin}`;
    if (forbidden.has(this.#need)) {
      this.clear();
      throw cannot(`the page's Content-Security-Policy has no ${this.#need}`);
    }
    window.addEventListener(FORBIDS, this.#note);
    // Nobody sees or reaches it yet. With its address before it is in the page, it makes no entry in the history.
    const frame = element("iframe", {
      title: name, referrerPolicy: "no-referrer", className: "behind", inert: true, sandbox: SANDBOX, src: address,
    });
    this.#box.append(frame);
    try {
      await Promise.all([loaded(frame, signal), reach(address, signal)]);
      if (this.#shown) await new Promise(resolve => setTimeout(resolve, SETTLES));
      signal.throwIfAborted();
    } catch (error) {
      frame.remove();
      throw error;
    }
    const focused = this.#shown && this.#box.getRootNode().activeElement === this.#shown;
    Object.assign(frame, { className: "", inert: false });
    if (focused) frame.focus({ preventScroll: true });
    this.#shown?.remove();
    this.#shown = frame;
    return { due };
  }
}

/**
 * Throws where the chart's host can't be reached, or something in the browser blocks it: the frame shows the browser's
 * page about that then, and tells nobody. Where the page's policy forbids to ask, all is well.
 */
async function reach(address, signal) {
  const need = `connect-src ${address.origin}`;
  if (forbidden.has(need)) return;
  try {
    const asked = request(new URL("/favicon.ico", address), {
      method: "HEAD", mode: "no-cors", credentials: "omit", referrerPolicy: "no-referrer", signal,
    }, LIMIT);
    // Who doesn't say keeps nobody waiting.
    await Promise.race([asked, new Promise(resolve => setTimeout(resolve, SAYS))]);
  } catch (error) {
    // The browser tells of what it forbids after the request has failed.
    await new Promise(resolve => setTimeout(resolve, 100));
    if (!forbidden.has(need)) throw error;
  }
}

function loaded(frame, signal) {
  return new Promise((resolve, reject) => {
    frame.onload = resolve;
    const late = new ChartError("lateFrame", "the frame didn't load in time", { transient: true });
    AbortSignal.any([signal, AbortSignal.timeout(LIMIT)]).onabort = () => reject(late);
  });
}
