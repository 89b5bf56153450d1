// <tinybird-chart>: a chart by Tinybird in a frame (src), or an endpoint's data drawn here, with tokens from this site.

import { watch } from "./controls.js";
import { Properties } from "./properties.js";
import { cannot, ChartError, Deadline, ofDocument, pauseAfter } from "./request.js";
import { Shell } from "./shell.js";
import { sourceOf } from "./source.js";
import { events, TokenClient } from "./token-client.js";
import { speaker, speakerOf } from "./words.js";

export { ChartError, TokenClient };

/** When to try again what is unlikely to succeed, in milliseconds: someone may have fixed it. */
const SELDOM = 300_000;
/** How often to look whether something is due, in milliseconds: timers stand still while the machine sleeps. */
const LOOK = 60_000;

/**
 * Fires `tinybird-load` when the chart or newer data is there (detail: the response, `{data, meta, rows, statistics}`),
 * and `tinybird-error` whenever something fails (detail: `{message, detail, status}`, never a token).
 */
export class TinybirdChart extends Properties {
  #shell = new Shell(this.attachShadow({ mode: "open" }), () => {
    this.#shell.show("loading", this.#say("loading"));
    this.#update();
  });
  /** What fills the plot, a Frame or a Drawing, and of what data; whether the present attributes ask for that. */
  #content;
  #data;
  #current = false;
  /** What it listens to for as long as it is in the page. */
  #life;
  /** The update under way; when the next one is due, and where the last one failed, when it may be tried again. */
  #running;
  #timer;
  #due;
  #retry;
  #failures = 0;
  /** What says its sentences; the promise of those of its language. */
  #say = speaker();
  #words;

  connectedCallback() {
    super.connectedCallback();
    this.#life?.abort();
    const { signal } = this.#life = new AbortController();
    window.addEventListener("visibilitychange", this.#wake, { signal });
    window.addEventListener("online", this.#wake, { signal });
    // The visitor is another one: nothing stays of what the last one saw.
    events.addEventListener("forget", () => {
      this.#clear();
      this.#restart();
    }, { signal });
    if (this.hasAttribute("controls")) watch(this, () => this.#restart(), signal);
    this.#restart();
  }

  disconnectedCallback() {
    this.#life.abort();
    this.#stop();
    // Not where it is only moved.
    queueMicrotask(() => this.isConnected || this.#clear());
  }

  attributeChangedCallback(name) {
    if (name === "session") this.#clear();
    if (!this.isConnected) return;
    if (name === "controls") this.connectedCallback();
    else this.#restart();
  }

  /** Tinybird's response of what is drawn, `{data, meta, rows, statistics}`; not to be changed. */
  get data() {
    return this.#data;
  }

  /** Draws the same data again. */
  redraw() {
    this.#content?.redraw?.();
  }

  #clear() {
    this.#content?.clear();
    this.#data = undefined;
    this.#shell.show("loading", "");
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

  /** Starts again, once for all attributes that change together. */
  #restart() {
    const signal = this.#begin();
    queueMicrotask(() => {
      if (signal.aborted) return;
      this.#current = false;
      this.#shell.read(this);
      this.#shell.wait();
      this.#words = this.#learn(signal);
      this.#update(signal);
    });
  }

  /** Speaks the page's language, once its words are there. */
  async #learn(signal) {
    const say = await speakerOf(this, this.messages);
    if (signal.aborted) return;
    this.#say = say;
    this.#shell.speak(say, this.#name);
  }

  /**
   * On a timer, and on events after which timers may be late: does what is due. A page that nobody sees can wait, and
   * so can what failed while the browser knows of no network.
   */
  #wake = event => {
    if (this.#running || ofDocument("hidden") || (this.#retry && !navigator.onLine)) return;
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
      const { due, empty, note = "", answer } = await this.#fill(signal);
      signal.throwIfAborted();
      next = due;
      this.#data = answer;
      this.#current = true;
      this.#retry = undefined;
      this.#failures = 0;
      this.#shell.show(empty ? "empty" : "ready", empty ? this.#say("empty") : note);
      this.tell("tinybird-load", answer);
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
    if (!this.#content && this.matches("[loading=lazy i]")) {
      const { near } = await import("./near.js");
      await near(this, signal);
    }
    const { load, ...source } = sourceOf(this, signal);
    const [{ default: Content }] = await Promise.all([load(), this.#words]);
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
    if (!this.#current) this.#data = undefined;
    if (this.#current) this.#shell.show(this.#shell.state, this.#say("stale", { message }));
    else this.#shell.show("error", message, error.wait === 0);
    if (error.prompts) return new Deadline(Infinity);
    return error.due ?? new Deadline(error.transient ? pauseAfter(++this.#failures, error.wait) : SELDOM);
  }

  /** Tells of an error; what a visitor reads of it. @param {ChartError} error */
  #report({ key, values, detail, status }) {
    const message = this.#say(key, values);
    console.error(`tinybird-chart: ${detail}`);
    this.tell("tinybird-error", { message, detail, status });
    return message;
  }
}
