// Draws an endpoint's answer: on a canvas (canvas.js, by Chart.js), as a table (tables.js) or as a number.

import { adopt, element } from "./shell.js";
import { Deadline } from "./request.js";
import { isMeasure } from "./formats.js";
import { bigNumber } from "./number.js";
import { ON_CANVAS, shape } from "./shape.js";
import { CHART_JS, load } from "./source.js";
import { rowOf, style, table } from "./tables.js";
import { known, languageOf } from "./words.js";

export default class Drawing {
  #box;
  #kind;
  #canvas;
  #rows;
  #sorting;
  /** Where Chart.js was asked for, and the promise of it. */
  #url;
  #library;
  /** What is drawn: the answer, and the attributes as text. */
  #answer;
  #attributes;
  #note;

  /** @param {HTMLElement} box what it fills */
  constructor(box) {
    this.#box = box;
    adopt(box, style);
  }

  /** What is around it. */
  get #figure() {
    return this.#box.closest("figure");
  }

  clear() {
    this.#canvas?.destroy();
    this.#figure.querySelector(".downloads")?.remove();
    this.#canvas = this.#rows = this.#sorting = this.#kind = this.#answer = undefined;
    this.#box.replaceChildren();
  }

  /**
   * Draws the endpoint's present data. `due`: when to do so again; `empty`: there are none; `note`: what is to be said
   * of what is drawn.
   */
  async update({ name, say, answer: asked, signal, chart, report }) {
    const settings = { ...settingsOf(chart, name), say };
    const wanted = chart.getAttribute("downloads");
    const [answer, means, selection, downloads, measures] = await Promise.all([
      asked,
      isOnCanvas(settings) ? this.#prepare(chart.getAttribute("chart-js") ?? CHART_JS, report) : MEANS[settings.kind]?.(),
      settings.isSelectable ? selectionOf(settings) : undefined,
      wanted === null ? undefined : load("./downloads.js"),
      [...settings.formats.values()].some(isMeasure) ? load("./measures.js") : undefined,
    ]);
    signal.throwIfAborted();
    const attributes = JSON.stringify({ ...settings, labels: `${settings.labels}`, formats: `${settings.formats}` });
    const isSame = this.#answer && attributes === this.#attributes && equal(answer.meta, this.#answer.meta)
      && equal(answer.data, this.#answer.data);
    if (!isSame) {
      const shown = shownOf(answer, { ...settings, measures }, means);
      const isOther = settings.isSelectable && isOnCanvas(settings) !== isOnCanvas(shown);
      const selects = isOther ? await selectionOf(shown) : selection;
      signal.throwIfAborted();
      this.#note = this.#show(shown, means, selects);
    }
    this.#answer = answer;
    this.#attributes = attributes;
    if (downloads) downloads.offer({ ...settings, figure: this.#figure, wanted, answer });
    else this.#figure.querySelector(".downloads")?.remove();
    const seconds = Number(chart.getAttribute("refresh"));
    return {
      answer, empty: !answer.data.length, note: this.#note,
      due: new Deadline(seconds > 0 ? Math.max(1, seconds) * 1000 : Infinity),
    };
  }

  /** Draws the same data again, by other options. */
  redraw() {
    this.#canvas?.redraw();
  }

  /** Draws in place of what is there. The box's scroll position and focus stay where the kind is the same. */
  #show(shown, means, selection) {
    const kind = `${shown.kind} ${shown.isSelectable}`;
    if (this.#kind !== kind) this.clear();
    this.#kind = kind;
    if (shown.kind === "big-number") {
      this.#box.replaceChildren(bigNumber(shown, this.#box));
      return undefined;
    }
    const area = this.#box.querySelector(".data") ?? this.#box.appendChild(element("div"));
    // It scrolls by the keyboard too. No landmark: a page may have many.
    Object.assign(area, { className: "data", role: "group", tabIndex: 0, ariaLabel: shown.say("data", shown) });
    if (shown.kind === "bar-list") shown.bar = means.barOf(shown, area);
    // Not of a canvas's table, nor where that is shown in its place.
    if (shown.kind === "table" && means?.Sorting) {
      shown.sorting = this.#sorting ??= new means.Sorting(area);
      this.#sorting.onchange = () => this.#fill(area, shown, selection);
    }
    this.#fill(area, shown, selection);
    if (isOnCanvas(shown) && shown.rows.length) (this.#canvas ??= means.make(this.#box, selection)).show(shown);
    return shown.note;
  }

  /** Puts the table there; the focus stays. */
  #fill(area, shown, selection) {
    const focused = buttonsOf(area).indexOf(area.getRootNode().activeElement);
    area.replaceChildren(...table(shown));
    if (selection && !isOnCanvas(shown)) (this.#rows ??= new selection.Rows(area, rowOf)).show(shown);
    buttonsOf(area)[focused]?.focus({ preventScroll: true });
  }

  /** What plots, and what makes canvases, unless Chart.js can't be had. It is asked for, and a failure is told, once. */
  #prepare(url, report) {
    if (this.#url !== url) {
      this.#url = url;
      this.#library = import("./canvas.js")
        .then(async canvas => ({ ...canvas, make: await canvas.load(url).catch(report) })).catch(report);
    }
    return this.#library;
  }
}

/** What each kind is shown by, beside tables.js. */
const MEANS = {
  __proto__: null,
  table: () => load("./sorting.js"),
  "bar-list": () => load("./bars.js"),
};

const isOnCanvas = ({ kind }) => ON_CANVAS.includes(kind);

/** What makes points or rows selectable. */
const selectionOf = shown => load(isOnCanvas(shown) ? "./points.js" : "./rows.js");

/** What is to be shown. A chart that can't be drawn is a table. */
function shownOf(answer, settings, means) {
  const shown = shape(answer, settings);
  if (!isOnCanvas(shown)) return shown;
  const all = means && shown.rows.length ? means.plotted(shown) : shown;
  return means?.make ? all : { ...all, kind: "table" };
}

const buttonsOf = area => [...area.querySelectorAll("button")];

/** What the attributes and properties say of the drawing. */
function settingsOf(chart, title) {
  const read = name => chart.getAttribute(name) ?? undefined;
  return {
    title, hasTitle: chart.hasAttribute("title"), kind: read("type") ?? "bar",
    index: read("index"), categories: list(read("categories")), groupBy: read("group-by"), delta: read("delta"),
    stacked: read("stacked"), horizontal: chart.hasAttribute("horizontal"), colors: list(read("colors")),
    labels: new URLSearchParams(read("labels")), formats: new URLSearchParams(read("format")), zone: read("time-zone"),
    language: known(languageOf(chart)), messages: chart.messages, options: () => chart.options,
    legend: read("legend"), axes: read("axes"),
    isSelectable: chart.hasAttribute("selectable"), select: detail => chart.tell("tinybird-select", detail),
  };
}

/** The parts of "a, b", where "f(a, b)" is one. */
const list = text => (text?.match(/(?:[^,(]|\([^)]*\))+/g) ?? []).map(part => part.trim()).filter(Boolean);

/** Whether two values of JSON are the same. */
function equal(one, other) {
  if (one === other) return true;
  if (!one || !other || typeof one !== "object" || typeof other !== "object") return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every(key => equal(one[key], other[key]));
}
