// Draws an endpoint's answer: on a canvas (canvas.js, by Chart.js), or as it is (bar-list, table, big-number).

import { ChartError, Deadline } from "./token-client.js";

/** Where Debian's web servers serve Debian's package libjs-chart.js. */
const CHART_JS = "/javascript/chart.js/chart.min.js";

const ON_CANVAS = ["line", "area", "bar", "pie", "donut"];
const IN_TABLES = ["bar-list", "table", "big-number"];
const WITH_ONE_CATEGORY = ["pie", "donut", "bar-list"];

/** Each is seen on white and on black (3:1 and more). */
const COLORS = ["#1a8f66", "#3f7fd9", "#d0670f", "#9566d6", "#d9485f", "#0d8a9e", "#84801c", "#c74f9a"];

const style = new CSSStyleSheet();
style.replaceSync(`
  /* Its colour is the page's: where that changes, a (very short) transition tells it. */
  canvas { position: absolute; inset: 0; transition: color 1ms; }
  /* What is drawn on a canvas has a table too, which is seen where the keyboard goes to it. */
  .data { height: 100%; overflow: auto; }
  canvas ~ .data { position: absolute; inset: 0; background: Canvas; color: CanvasText; }
  canvas ~ .data:not(:focus), caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table { width: 100%; border-collapse: collapse; font-size: .9375rem; font-variant-numeric: tabular-nums; }
  th, td { padding: .25rem .6rem; font-weight: inherit; text-align: start; }
  tr { border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
  thead th { font-weight: 600; }
  .n { text-align: end; white-space: nowrap; }
  .bars tbody tr { border: 0; }
  .bars th { position: relative; width: 80%; z-index: 0; overflow-wrap: anywhere; }
  .bars i { position: absolute; inset: 2px auto 2px 0; z-index: -1; border-radius: .25rem; opacity: .3; }
  .number { margin: 0; font-size: clamp(2rem, 8vw, 3.5rem); font-weight: 650; line-height: 1.1; }
  .number small { display: block; font-size: 1rem; font-weight: 400; }
`);

export default class Drawing {
  #box;
  #kind;
  #canvas;
  /** Where Chart.js was asked for, and the promise of it. */
  #url;
  #library;
  /** What is drawn, as text. */
  #drawn;

  /** @param {HTMLElement} box what it fills */
  constructor(box) {
    this.#box = box;
    const root = box.getRootNode();
    root.adoptedStyleSheets = [...new Set([...root.adoptedStyleSheets, style])];
  }

  clear() {
    this.#canvas?.destroy();
    this.#canvas = this.#kind = this.#drawn = undefined;
    this.#box.replaceChildren();
  }

  /** Draws the endpoint's present data. `due`: when to do so again; `empty`: there are none. */
  async update({ address, name, tokens, signal, chart, report }) {
    const type = chart.getAttribute("type") ?? "bar";
    const [answer, makeCanvas] = await Promise.all([
      tokens.json(address, { params: chart.getAttribute("params") ?? "", signal }),
      ON_CANVAS.includes(type) && this.#prepare(chart.getAttribute("chart-js") ?? CHART_JS, report),
    ]);
    signal.throwIfAborted();
    const settings = {
      type, title: name, index: chart.getAttribute("index"), categories: list(chart.getAttribute("categories")),
      colors: list(chart.getAttribute("colors")), language: known(chart.closest("[lang]")?.lang),
    };
    const drawn = JSON.stringify([settings, answer.meta, answer.data]);
    if (drawn !== this.#drawn) this.#show(answer, settings, makeCanvas);
    this.#drawn = drawn;
    const seconds = Number(chart.getAttribute("refresh"));
    return { empty: !answer.data.length, due: new Deadline(seconds > 0 ? Math.max(1, seconds) * 1000 : Infinity) };
  }

  /** Draws in place of what is there. The box's scroll position and focus stay where the kind is the same. */
  #show({ meta, data: rows }, settings, makeCanvas) {
    const columns = pick(meta, settings);
    // A chart that can't be drawn is a table.
    const kind = ON_CANVAS.includes(settings.type) && !makeCanvas ? "table" : settings.type;
    if (this.#kind !== kind) this.clear();
    this.#kind = kind;
    const number = new Intl.NumberFormat(settings.language, { maximumFractionDigits: 2 });
    const all = {
      ...settings, ...columns, kind, rows, colors: settings.colors.length ? settings.colors : COLORS,
      format: value => formatted(value, number),
    };
    if (kind === "big-number") {
      this.#box.replaceChildren(bigNumber(all));
      return;
    }
    let area = this.#box.querySelector(".data");
    if (!area) {
      // It scrolls by the keyboard too.
      area = element("div", { className: "data", role: "region", tabIndex: 0 });
      this.#box.append(area);
    }
    area.ariaLabel = `${all.title}: data`;
    area.replaceChildren(table(all));
    if (ON_CANVAS.includes(kind)) {
      this.#canvas ??= makeCanvas(this.#box);
      this.#canvas.show(all);
    }
  }

  /** What makes canvases; undefined where Chart.js can't be had. It is asked for, and a failure is told, once. */
  #prepare(url, report) {
    if (this.#url !== url) {
      this.#url = url;
      this.#library = import("./canvas.js").then(({ load }) => load(url)).catch(report);
    }
    return this.#library;
  }
}

/** The parts of "a, b". */
const list = text => (text ?? "").split(",").map(part => part.trim()).filter(Boolean);

/** The columns to draw: `index` for the labels (undefined: none), `categories` for the values. */
function pick(meta, { type, index, categories }) {
  if (![...ON_CANVAS, ...IN_TABLES].includes(type)) {
    throw new ChartError("This chart can’t be shown.", `type is "${type}": there are ${ON_CANVAS}, ${IN_TABLES}`);
  }
  const names = meta.map(column => column.name);
  for (const name of [index, ...categories]) {
    if (name && !names.includes(name)) {
      throw new ChartError("This chart can’t be shown.", `there is no column "${name}": there are ${names}`);
    }
  }
  const numbers = meta.filter(isNumber).map(column => column.name);
  const others = names.filter(name => !categories.includes(name));
  index ||= others.find(name => !numbers.includes(name));
  // Where all are numbers, the first are labels, if values are left then.
  if (!index && type !== "big-number" && (categories.length || others.length > 1)) index = others[0];
  if (!categories.length) categories = (type === "table" ? names : numbers).filter(name => name !== index);
  if (!categories.length && type !== "table") {
    throw new ChartError("This chart can’t be shown.", `there is no column of numbers: there are ${names}`);
  }
  return { index, categories: WITH_ONE_CATEGORY.includes(type) ? categories.slice(0, 1) : categories };
}

const isNumber = ({ type }) => /^((Nullable|LowCardinality)\()*(U?Int|Float|Decimal|BFloat)/.test(type);

/** A language as Intl takes it; undefined, which is the browser's, for the like of "en_US" and none. */
function known(language) {
  try {
    return Intl.getCanonicalLocales(language)[0];
  } catch {
    return undefined;
  }
}

/** A value for reading; large integers come as text, and lose no digit. */
function formatted(value, number) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number" || /^-?\d+(\.\d+)?$/.test(value)) return number.format(value);
  return String(value);
}

function bigNumber({ rows, categories: [name], format }) {
  return element("p", { className: "number" }, format(rows[0]?.[name]), element("small", {}, name));
}

function table({ kind, title, rows, index, categories, colors, format }) {
  const bars = kind === "bar-list";
  const value = row => Math.max(0, Number(row[categories[0]]) || 0);
  const most = rows.reduce((most, row) => Math.max(most, value(row)), 0);
  const bar = row => {
    const made = element("i");
    made.style.width = `${value(row) / most * 100}%`;
    made.style.backgroundColor = colors[0];
    return made;
  };
  const head = name => element("th", { scope: "col", className: name === index ? "" : "n" }, name);
  const label = row => element("th", { scope: "row" }, bars && most > 0 ? bar(row) : "", String(row[index] ?? "–"));
  const cell = value => element("td", { className: typeof value === "string" ? "" : "n" }, format(value));
  return element("table", { className: bars ? "bars" : "" },
    element("caption", {}, title),
    element("thead", {}, element("tr", {}, ...[index, ...categories].filter(Boolean).map(head))),
    element("tbody", {}, ...rows.map(row => element("tr", {},
      ...(index ? [label(row)] : []), ...categories.map(name => cell(row[name]))))));
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
