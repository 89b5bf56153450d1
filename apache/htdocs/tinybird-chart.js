// <tinybird-chart>: a chart by Tinybird in a frame (src), or an endpoint's data drawn here (endpoint), with tokens from
// this site. Attributes: README.md, "Charts in your page". The other scripts belong beside this file.

import { shell } from "./shell.js";
import { ChartError, Deadline, pauseAfter, TokenClient } from "./token-client.js";

export { ChartError, TokenClient };

/** When to try again what trying again is unlikely to mend, in milliseconds: someone may have mended it. */
const SELDOM = 300_000;
/** How often to look whether something is due, in milliseconds: timers stand still while the machine sleeps. */
const LOOK = 60_000;

/**
 * Fires `tinybird-error` (detail: `{message, detail, status}`, never a token) whenever something fails, and
 * `tinybird-load` when the chart or newer data is there.
 */
export class TinybirdChart extends HTMLElement {
  static observedAttributes = ["src", "endpoint", "token-endpoint", "credentials", "params", "type", "index",
    "categories", "title", "height", "colors", "refresh", "chart-js"];

  #parts = shell(this.attachShadow({ mode: "open" }));
  /** What fills the plot, a Frame or a Drawing; whether it shows what the present attributes ask for. */
  #content;
  #current = false;
  /** The update under way; when the next one is due, and where the last one failed, from when on it may be tried again. */
  #running;
  #timer;
  #due;
  #retry;
  #failures = 0;

  constructor() {
    super();
    this.#parts.button.addEventListener("click", () => {
      // The button goes away: the chart has the focus then.
      this.#parts.figure.focus({ preventScroll: true });
      this.#show("loading", "Loading…");
      this.#update();
    });
  }

  connectedCallback() {
    document.addEventListener("visibilitychange", this.#wake);
    window.addEventListener("online", this.#wake);
    this.#restart();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#wake);
    window.removeEventListener("online", this.#wake);
    this.#stop();
    // Not where it is only moved.
    queueMicrotask(() => this.isConnected || this.#content?.clear());
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#restart();
  }

  #stop() {
    this.#running?.abort();
    clearTimeout(this.#timer);
  }

  /** Ends what is under way; the signal of what begins. */
  #begin() {
    this.#stop();
    this.#running = new AbortController();
    return this.#running.signal;
  }

  /** Begins anew, once for all attributes that change together. */
  #restart() {
    const signal = this.#begin();
    queueMicrotask(() => {
      if (signal.aborted) return;
      const { figure, caption } = this.#parts;
      const height = Number(this.getAttribute("height"));
      figure.style.height = height > 0 ? `${height}px` : "";
      figure.ariaLabel = this.#name;
      caption.textContent = this.getAttribute("title");
      this.#current = false;
      this.#show("loading", "Loading…");
      this.#update(signal);
    });
  }

  /**
   * On a timer, and on events after which timers may be late: does what is due. A page that nobody sees can wait, and so
   * can what failed while the browser knows of no network.
   */
  #wake = event => {
    if (this.#running || document.hidden || (this.#retry && !navigator.onLine)) return;
    if (this.#due.left <= 0 || (event && this.#retry?.left <= 0)) this.#update();
    else this.#schedule(this.#due);
  };

  #schedule(due) {
    this.#due = due;
    clearTimeout(this.#timer);
    if (due.left < Infinity) this.#timer = setTimeout(this.#wake, Math.min(due.left, LOOK));
  }

  async #update(signal = this.#begin()) {
    let next;
    try {
      const { due, empty } = await this.#fill(signal);
      signal.throwIfAborted();
      next = due;
      this.#current = true;
      this.#retry = undefined;
      this.#failures = 0;
      this.#show(empty ? "empty" : "ready", empty ? "There is no data to show." : "");
      this.dispatchEvent(new CustomEvent("tinybird-load", { bubbles: true, composed: true }));
    } catch (error) {
      if (signal.aborted) return;
      next = this.#fail(error);
    }
    this.#running = undefined;
    this.#schedule(next);
  }

  /** Fills the plot with what the attributes ask for, as it is now. */
  async #fill(signal) {
    const framed = this.hasAttribute("src");
    const address = this.#address(framed ? "src" : "endpoint");
    const tokens = TokenClient.shared(this.getAttribute("token-endpoint") ?? undefined, {
      credentials: this.getAttribute("credentials") ?? undefined,
    });
    // A page loads what its charts need. The token is asked for meanwhile, by all of them together.
    const [{ default: Content }] = await Promise.all([
      import(framed ? "./frame.js" : "./drawing.js"), tokens.token(),
    ]);
    signal.throwIfAborted();
    if (!(this.#content instanceof Content)) {
      this.#content?.clear();
      this.#content = new Content(this.#parts.plot);
    }
    return this.#content.update({
      address, tokens, signal, name: this.#name, chart: this, report: error => this.#report(error),
    });
  }

  /** What the chart is called; also for screen readers. */
  get #name() {
    return this.getAttribute("title") || "Chart";
  }

  #address(attribute) {
    const value = this.getAttribute(attribute);
    const address = value && URL.canParse(value, document.baseURI) && new URL(value, document.baseURI);
    if (!address || !/^https?:$/.test(address.protocol)) {
      throw new ChartError("This page names no chart.", `${attribute} is not a URL: ${value}`);
    }
    return address;
  }

  #show(state, text, canRetry = false) {
    const { figure, status, button } = this.#parts;
    figure.dataset.state = state;
    figure.ariaBusy = String(state === "loading");
    // Not said again by screen readers with each try.
    if (status.textContent !== text) status.textContent = text;
    button.hidden = !canRetry;
  }

  /** Shows a failure, or where there is a chart that it isn't up to date. When to try again. */
  #fail(cause) {
    const error = cause instanceof ChartError ? cause : new ChartError("This chart can’t be shown.", String(cause));
    this.#report(error);
    this.#retry = new Deadline(error.wait);
    if (this.#current) this.#show(this.#parts.figure.dataset.state, `Not up to date. ${error.message}`);
    else this.#show("error", error.message, error.wait === 0);
    return new Deadline(error.transient ? error.pause ?? pauseAfter(++this.#failures, error.wait) : SELDOM);
  }

  #report({ message, detail, status = 0 }) {
    console.error(`tinybird-chart: ${detail ?? message}`);
    this.dispatchEvent(new CustomEvent("tinybird-error", {
      bubbles: true, composed: true, detail: { message, detail, status },
    }));
  }
}

// A page may have it from two places.
if (!customElements.get("tinybird-chart")) customElements.define("tinybird-chart", TinybirdChart);
