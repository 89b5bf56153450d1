// The attributes of a chart, which element.html explains, and the properties that its page's scripts set beside them.

import { parameters } from "./controls.js";

/** What a script may have set before the element was defined. */
const SETTABLE = ["params", "options", "messages"];

export class Properties extends HTMLElement {
  static get observedAttributes() {
    return ["src", "endpoint", "token-endpoint", "credentials", "session", "api-hosts", "params", "controls", "type",
      "index", "categories", "group-by", "stacked", "horizontal", "labels", "format", "time-zone", "lang", "title",
      "description", "delta", "height", "colors", "legend", "axes", "selectable", "downloads", "refresh", "loading",
      "chart-js"];
  }

  #options = {};
  #messages = {};

  connectedCallback() {
    for (const name of SETTABLE) {
      if (!Object.hasOwn(this, name)) continue;
      const { [name]: value } = this;
      delete this[name];
      this[name] = value;
    }
  }

  /** The endpoint's parameters, as in a query string; set by a record, too: `{city: "Rome", channel: ["a", "b"]}`. */
  get params() {
    return this.getAttribute("params") ?? "";
  }

  set params(given) {
    this.setAttribute("params", parameters(given));
  }

  /** Chart.js's options, which come last: they replace this element's own. */
  get options() {
    return this.#options;
  }

  set options(options) {
    this.#options = options ?? {};
    this.redraw();
  }

  /** Sentences in place of its own, by their keys in words.js. @type {Record<string, string>} */
  get messages() {
    return this.#messages;
  }

  set messages(messages) {
    this.#messages = { ...messages };
    this.attributeChangedCallback("messages");
  }

  /** The rows that are shown, all of them, as CSV; a promise of it. Empty, where there are none. */
  async toCSV() {
    const { toCSV } = await import("./downloads.js");
    return this.data ? toCSV(this.data, new URLSearchParams(this.getAttribute("labels") ?? "")) : "";
  }

  /** Fetches the data again; what is there stays in sight until then. */
  reload() {
    this.attributeChangedCallback("reload");
  }

  /** Tells the page. */
  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }));
  }
}
