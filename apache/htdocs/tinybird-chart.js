// <tinybird-chart>: a chart by Tinybird in a frame (src), or an endpoint's data drawn here (endpoint), with tokens from
// this site. Attributes: README.md, "Charts in your page". Beside this file belong token-client.js, frame.js, drawing.js
// and shell.js.

import { loadBehind } from "./frame.js";
import { shell } from "./shell.js";
import { Backoff, ChartError, TokenClient } from "./token-client.js";

export { ChartError, TokenClient };

/** When to try again what trying again is unlikely to mend, in milliseconds: someone may have mended it. */
const SELDOM = 300_000;
/** setTimeout takes what is longer for 0. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/**
 * Fires `tinybird-error` (detail: `{message, detail, status}`, never a token) whenever something fails, and
 * `tinybird-load` when the chart or newer data is there.
 */
export class TinybirdChart extends HTMLElement {
  static observedAttributes = ["src", "endpoint", "token-endpoint", "credentials", "params", "type", "index",
    "categories", "title", "height", "colors", "refresh", "chart-js"];

  #parts;
  #tokens;
  /** What is shown: a drawing, and of which answer; or a frame. Whether it is of the present attributes. */
  #drawing;
  #drawn;
  #frame;
  #current = false;
  /** The update under way, and when the next one is due; where the last one failed, from when on it may be tried again. */
  #running;
  #queued = false;
  #timer;
  #dueAt = Infinity;
  #retryFrom = Infinity;
  #backoff = new Backoff();

  constructor() {
    super();
    this.#parts = shell(this.attachShadow({ mode: "open" }));
    this.#parts.button.addEventListener("click", () => this.#retry());
    // The page's colours have changed: shell.js makes each change of the inherited colour a (very short) transition.
    this.#parts.figure.addEventListener("transitionend", event => {
      if (event.target === this.#parts.figure) this.#drawing?.restyle();
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
    queueMicrotask(() => this.isConnected || this.#clear());
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#restart();
  }

  /** What the chart is called; also for screen readers. */
  get #name() {
    return this.getAttribute("title") || "Chart";
  }

  /** Takes away what is shown, but for the frame `kept`. */
  #clear(kept) {
    this.#drawing?.destroy();
    this.#drawing = this.#drawn = undefined;
    for (const child of [...this.#parts.plot.children]) if (child !== kept) child.remove();
    this.#frame = kept;
  }

  #stop() {
    this.#running?.abort();
    this.#running = undefined;
    clearTimeout(this.#timer);
    this.#dueAt = Infinity;
  }

  /** Begins anew, once for all attributes that change together. */
  #restart() {
    this.#stop();
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      if (!this.isConnected) return;
      this.#drawn = this.#tokens = undefined;
      this.#current = false;
      this.#show("loading", "Loading…");
      const height = Number(this.getAttribute("height"));
      this.#parts.figure.style.height = height > 0 ? `${height}px` : "";
      this.#parts.figure.setAttribute("aria-label", this.#name);
      this.#parts.caption.textContent = this.getAttribute("title");
      this.#update();
    });
  }

  #retry() {
    // The button goes away: the chart has the focus then.
    this.#parts.figure.focus({ preventScroll: true });
    this.#show("loading", "Loading…");
    this.#update();
  }

  /** On a timer, and on events after which timers may be late: does what is due. A page that nobody sees can wait. */
  #wake = event => {
    if (this.#running || document.hidden) return;
    const now = performance.now();
    if (now >= (event ? Math.min(this.#dueAt, this.#retryFrom) : this.#dueAt)) this.#update();
    else this.#schedule(this.#dueAt - now);
  };

  #schedule(milliseconds) {
    clearTimeout(this.#timer);
    this.#dueAt = performance.now() + milliseconds;
    if (milliseconds < Infinity) this.#timer = setTimeout(this.#wake, Math.min(milliseconds, LONGEST_TIMEOUT));
  }

  async #update() {
    this.#stop();
    this.#running = new AbortController();
    const { signal } = this.#running;
    let next;
    try {
      this.#tokens ??= TokenClient.shared(this.getAttribute("token-endpoint") ?? undefined, {
        credentials: this.getAttribute("credentials") ?? undefined,
      });
      next = await (this.hasAttribute("src") ? this.#embed(signal) : this.#draw(signal));
      if (signal.aborted) return;
      this.#current = true;
      this.#retryFrom = Infinity;
      this.#backoff.reset();
      this.dispatchEvent(new CustomEvent("tinybird-load", { bubbles: true, composed: true }));
    } catch (error) {
      if (signal.aborted) return;
      next = this.#fail(error);
    }
    this.#running = undefined;
    this.#schedule(next);
  }

  /** Loads a frame with a new token behind the one that is shown, then swaps them. In how long that is due again. */
  async #embed(signal) {
    const address = this.#address("src");
    address.searchParams.set("token", await this.#tokens.token());
    if (signal.aborted) return 0;
    const frame = await loadBehind(this.#parts.plot, address, this.#name, Boolean(this.#frame), signal);
    const focused = this.#frame && this.shadowRoot.activeElement === this.#frame;
    Object.assign(frame, { className: "", inert: false });
    if (focused) frame.focus({ preventScroll: true });
    this.#clear(frame);
    this.#show("ready");
    return this.#tokens.due;
  }

  /** Draws the endpoint's present data. In how long that is due again. */
  async #draw(signal) {
    const type = this.getAttribute("type") ?? "bar";
    const [answer, drawing] = await Promise.all([
      this.#tokens.json(this.#address("endpoint"), { params: this.getAttribute("params") ?? "", signal }),
      this.#prepare(type),
    ]);
    if (signal.aborted) return 0;
    const text = JSON.stringify([answer.meta, answer.data]);
    if (text !== this.#drawn) {
      this.#frame?.remove();
      this.#frame = undefined;
      drawing.show(answer, {
        type, title: this.#name, index: this.getAttribute("index"), categories: list(this.getAttribute("categories")),
        colors: list(this.getAttribute("colors")), language: this.closest("[lang]")?.lang,
      });
      this.#drawn = text;
    }
    if (answer.data.length) this.#show("ready");
    else this.#show("empty", "There is no data to show.");
    const seconds = Number(this.getAttribute("refresh"));
    return seconds > 0 ? Math.max(1, seconds) * 1000 : Infinity;
  }

  /** The drawing, with Chart.js where `type` needs it; a page with frames alone loads neither. */
  async #prepare(type) {
    const { Drawing } = await import("./drawing.js");
    this.#drawing ??= new Drawing(this.#parts.plot);
    try {
      await this.#drawing.prepare(type, this.getAttribute("chart-js") ?? undefined);
    } catch (error) {
      this.#report(error);
    }
    return this.#drawing;
  }

  #address(attribute) {
    const value = this.getAttribute(attribute);
    const address = value && URL.canParse(value, document.baseURI) && new URL(value, document.baseURI);
    if (!address || !/^https?:$/.test(address.protocol)) {
      throw new ChartError("This page names no chart.", `${attribute} is not a URL: ${value}`);
    }
    return address;
  }

  #show(state, text = "") {
    this.#parts.figure.dataset.state = state;
    this.#parts.figure.ariaBusy = String(state === "loading");
    if (this.#parts.status.textContent !== text) this.#parts.status.textContent = text;
    if (state !== "error") this.#parts.alert.textContent = "";
  }

  /** Shows a failure, or where there is a chart that it isn't up to date. In how long to try again. */
  #fail(cause) {
    const error = cause instanceof ChartError ? cause : new ChartError("This chart can’t be shown.", String(cause));
    this.#report(error);
    this.#retryFrom = performance.now() + error.wait;
    if (this.#current) {
      this.#show(this.#parts.figure.dataset.state, `Not up to date. ${error.message}`);
    } else {
      this.#show("error");
      // Not said again by screen readers with each try.
      if (this.#parts.alert.textContent !== error.message) this.#parts.alert.textContent = error.message;
      this.#parts.button.hidden = error.wait > 0;
    }
    return error.transient ? error.pause ?? this.#backoff.pause(error.wait) : SELDOM;
  }

  #report({ message, detail, status = 0 }) {
    console.error(`tinybird-chart: ${detail ?? message}`);
    this.dispatchEvent(new CustomEvent("tinybird-error", {
      bubbles: true, composed: true, detail: { message, detail, status },
    }));
  }
}

/** The parts of "a, b". */
const list = text => (text ?? "").split(",").map(part => part.trim()).filter(Boolean);

// A page may have it from two places.
if (!customElements.get("tinybird-chart")) customElements.define("tinybird-chart", TinybirdChart);
