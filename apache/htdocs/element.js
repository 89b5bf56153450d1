// <tinybird-chart>: a chart by Tinybird in a frame (src), or an endpoint's data drawn here (endpoint), with tokens from
// this site. Attributes: element.html.

import { cannot, ChartError, Deadline, pauseAfter } from "./request.js";
import { Shell } from "./shell.js";
import { sourceOf } from "./source.js";
import { TokenClient } from "./token-client.js";
import { speaker, speakerOf } from "./words.js";

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
    "lang", "type", "index", "categories", "group-by", "stacked", "horizontal", "labels", "format", "time-zone", "title",
    "height", "colors", "refresh", "chart-js"];

  #shell = new Shell(this.attachShadow({ mode: "open" }), () => {
    this.#shell.show("loading", this.#say("loading"));
    this.#update();
  });
  /** What fills the plot, a Frame or a Drawing; whether it shows what the present attributes ask for. */
  #content;
  #current = false;
  /** The update under way; when the next one is due, and where the last one failed, when it may be tried again. */
  #running;
  #timer;
  #due;
  #retry;
  #failures = 0;
  /** What says its sentences; the promise of those of its language; the page's own. */
  #say = speaker();
  #words;
  #messages = {};

  constructor() {
    super();
    // Set before the element was defined.
    if (!Object.hasOwn(this, "messages")) return;
    const { messages } = this;
    delete this.messages;
    this.messages = messages;
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
      this.#current = false;
      this.#shell.read(this);
      this.#shell.show("loading", "");
      this.#words = this.#learn(signal);
      this.#update(signal);
    });
  }

  /** Sentences in place of its own, by their keys in words.js. @type {Record<string, string>} */
  get messages() {
    return this.#messages;
  }

  set messages(messages) {
    this.#messages = { ...messages };
    if (this.isConnected) this.#restart();
  }

  /** Speaks the page's language, once its words are there. */
  async #learn(signal) {
    const say = await speakerOf(this, this.#messages);
    if (signal.aborted) return;
    this.#say = say;
    this.#shell.speak(say, this.#name);
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
      this.#shell.show(empty ? "empty" : "ready", empty ? this.#say("empty") : note);
      this.dispatchEvent(new CustomEvent("tinybird-load", { bubbles: true, composed: true }));
    } catch (error) {
      await this.#words;
      if (signal.aborted) return;
      next = this.#fail(error);
    }
    this.#running = undefined;
    this.#schedule(next);
  }

  /** Fills the plot with what the attributes ask for, as it is now. */
  async #fill(signal) {
    const { load, ...source } = sourceOf(this, signal);
    const [Content] = await Promise.all([load(), this.#words]);
    signal.throwIfAborted();
    if (!(this.#content instanceof Content)) {
      this.#content?.clear();
      this.#content = new Content(this.#shell.plot);
    }
    return this.#content.update({
      ...source, signal, name: this.#name, say: this.#say, chart: this, report: error => void this.#report(error),
    });
  }

  /** What the chart is called; also for screen readers. */
  get #name() {
    return this.getAttribute("title") || this.#say("chart");
  }

  /** Shows a failure, or where there is a chart that it isn't up to date. When to try again. */
  #fail(cause) {
    const error = cause instanceof ChartError ? cause : cannot(String(cause));
    const message = this.#report(error);
    this.#retry = new Deadline(error.prompts ? Infinity : error.wait);
    if (this.#current) this.#shell.show(this.#shell.state, this.#say("stale", { message }));
    else this.#shell.show("error", message, error.wait === 0);
    if (error.prompts) return new Deadline(Infinity);
    return error.due ?? new Deadline(error.transient ? pauseAfter(++this.#failures, error.wait) : SELDOM);
  }

  /** Tells of an error; what a visitor reads of it. @param {ChartError} error */
  #report({ key, values, detail, status }) {
    const message = this.#say(key, values);
    console.error(`tinybird-chart: ${detail}`);
    this.dispatchEvent(new CustomEvent("tinybird-error", {
      bubbles: true, composed: true, detail: { message, detail, status },
    }));
    return message;
  }
}
