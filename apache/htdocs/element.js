// <tinybird-chart>: a chart by Tinybird in a frame (src), or an endpoint's data drawn here (endpoint), with tokens from
// this site. Attributes: element.html.

import { cannot, ChartError, Deadline, pauseAfter } from "./request.js";
import { shell } from "./shell.js";
import { sourceOf } from "./source.js";
import { TokenClient } from "./token-client.js";

export { ChartError, TokenClient };

/** When to try again what is unlikely to succeed, in milliseconds: someone may have fixed it. */
const SELDOM = 300_000;
/** How often to look whether something is due, in milliseconds: timers stand still while the machine sleeps. */
const LOOK = 60_000;

/**
 * Fires `tinybird-error` (detail: `{message, detail, status}`, never a token) whenever something fails, and
 * `tinybird-load` when the chart or newer data is there.
 */
export class TinybirdChart extends HTMLElement {
  static observedAttributes = ["src", "endpoint", "token-endpoint", "credentials", "session", "api-hosts", "params",
    "type", "index", "categories", "group-by", "stacked", "horizontal", "labels", "format", "time-zone", "title",
    "height", "colors", "refresh", "chart-js"];

  #parts = shell(this.attachShadow({ mode: "open" }));
  /** What fills the plot, a Frame or a Drawing; whether it shows what the present attributes ask for. */
  #content;
  #current = false;
  /** The update under way; when the next one is due, and where the last one failed, when it may be tried again. */
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
    TokenClient.events.addEventListener("forget", this.#forget);
    this.#restart();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#wake);
    window.removeEventListener("online", this.#wake);
    TokenClient.events.removeEventListener("forget", this.#forget);
    this.#stop();
    // Not where it is only moved.
    queueMicrotask(() => this.isConnected || this.#content?.clear());
  }

  attributeChangedCallback(name) {
    if (name === "session") this.#content?.clear();
    if (this.isConnected) this.#restart();
  }

  /** The visitor is another one: nothing stays of what the last one saw. */
  #forget = () => {
    this.#content?.clear();
    this.#restart();
  };

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

  /** Starts again, once for all attributes that change together. */
  #restart() {
    const signal = this.#begin();
    queueMicrotask(() => {
      if (signal.aborted) return;
      const { figure, caption } = this.#parts;
      const height = Number(this.getAttribute("height"));
      figure.style.setProperty("--height", height > 0 ? height : "");
      figure.ariaLabel = this.#name;
      caption.textContent = this.getAttribute("title");
      this.#current = false;
      this.#show("loading", "Loading…");
      this.#update(signal);
    });
  }

  /**
   * On a timer, and on events after which timers may be late: does what is due. A page that nobody sees can wait, and
   * so can what failed while the browser knows of no network.
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
      const { due, empty, note = "" } = await this.#fill(signal);
      signal.throwIfAborted();
      next = due;
      this.#current = true;
      this.#retry = undefined;
      this.#failures = 0;
      this.#show(empty ? "empty" : "ready", empty ? "There is no data to show." : note);
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
    const { load, ...source } = sourceOf(this, signal);
    const Content = await load();
    signal.throwIfAborted();
    if (!(this.#content instanceof Content)) {
      this.#content?.clear();
      this.#content = new Content(this.#parts.plot);
    }
    return this.#content.update({
      ...source, signal, name: this.#name, chart: this, report: error => this.#report(error),
    });
  }

  /** What the chart is called; also for screen readers. */
  get #name() {
    return this.getAttribute("title") || "Chart";
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
    const error = cause instanceof ChartError ? cause : cannot(String(cause));
    this.#report(error);
    this.#retry = new Deadline(error.prompts ? Infinity : error.wait);
    if (this.#current) this.#show(this.#parts.figure.dataset.state, `Not up to date. ${error.message}`);
    else this.#show("error", error.message, error.wait === 0);
    if (error.prompts) return new Deadline(Infinity);
    return error.due ?? new Deadline(error.transient ? pauseAfter(++this.#failures, error.wait) : SELDOM);
  }

  #report({ message, detail, status = 0 }) {
    console.error(`tinybird-chart: ${detail ?? message}`);
    this.dispatchEvent(new CustomEvent("tinybird-error", {
      bubbles: true, composed: true, detail: { message, detail, status },
    }));
  }
}
