// Draws an endpoint's answer: with Chart.js (line, area, bar, pie, donut), or as it is (bar-list, table, big-number).

import { ChartError } from "./token-client.js";

/** Where Debian's web servers serve Debian's package libjs-chart.js. */
const CHART_JS = "/javascript/chart.js/chart.min.js";
const CHART_JS_LIMIT = 15_000;

const ON_CANVAS = ["line", "area", "bar", "pie", "donut"];
const IN_TABLES = ["bar-list", "table", "big-number"];

/** Each is seen on white and on black (3:1 and more). */
const COLORS = ["#1a8f66", "#3f7fd9", "#d0670f", "#9566d6", "#d9485f", "#0d8a9e", "#84801c", "#c74f9a"];

export class Drawing {
  #box;
  #Chart;
  #asked;
  #loading;
  #chart;
  #last;

  /** @param {HTMLElement} box what is drawn in */
  constructor(box) {
    this.#box = box;
  }

  /** Loads what `type` is drawn with; throws a ChartError where that can't be had, and a table is drawn then. */
  async prepare(type, url = CHART_JS) {
    if (!ON_CANVAS.includes(type)) return;
    // It is asked for, and a failure is told, once.
    if (this.#asked === url) return this.#loading.catch(() => {});
    this.#asked = url;
    this.#loading = loadChart(url).then(Chart => {
      this.#Chart = Chart;
    });
    return this.#loading;
  }

  destroy() {
    this.#chart?.destroy();
    this.#chart = this.#last = undefined;
    for (const drawn of this.#box.querySelectorAll("canvas, .data, .number")) drawn.remove();
  }

  /** Draws `answer` in place of what is there. The box's scroll position and focus stay where the kind is the same. */
  show(answer, settings) {
    const columns = pick(answer.meta, settings);
    const kind = ON_CANVAS.includes(settings.type) && !this.#Chart ? "table" : settings.type;
    if (this.#last?.kind !== kind) this.destroy();
    const language = known(settings.language);
    const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
    this.#last = { ...settings, ...columns, language, kind, rows: answer.data, format: value => formatted(value, number) };
    if (kind === "big-number") drawNumber(this.#box, this.#last);
    else drawTable(this.#box, this.#last);
    this.restyle();
  }

  /** Draws the canvas anew, in the page's present colours. */
  restyle() {
    if (!ON_CANVAS.includes(this.#last?.kind)) return;
    let canvas = this.#box.querySelector("canvas");
    if (!canvas) {
      canvas = element("canvas");
      canvas.role = "img";
      this.#box.prepend(canvas);
    }
    canvas.ariaLabel = `${this.#last.title}: ${this.#last.kind} chart`;
    const configuration = configure(this.#last, getComputedStyle(this.#box), resolver(canvas));
    if (!this.#chart) {
      this.#chart = new this.#Chart(canvas, configuration);
    } else {
      Object.assign(this.#chart, { data: configuration.data, options: configuration.options });
      this.#chart.update("none");
    }
  }
}

/** Chart.js: what the page has loaded already, else from `url`, as a module or as a script for browsers. */
async function loadChart(url) {
  if (globalThis.Chart) return globalThis.Chart;
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, CHART_JS_LIMIT, new Error("no answer in time"));
  });
  try {
    const module = await Promise.race([import(new URL(url, document.baseURI)), late]);
    const Chart = module.Chart ?? module.default ?? globalThis.Chart;
    if (module.registerables) Chart.register(...module.registerables);
    if (!Chart) throw new Error("it holds no Chart");
    return Chart;
  } catch (error) {
    throw new ChartError(
      "This chart is shown as a table.",
      `Chart.js can't be had from ${url} (Debian's package: libjs-chart.js; attribute: chart-js): ${error.message}`);
  } finally {
    clearTimeout(timer);
  }
}

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
  if (!categories.length) {
    categories = (type === "table" ? names : numbers).filter(name => name !== index);
  }
  if (!categories.length && type !== "table") {
    throw new ChartError("This chart can’t be shown.", `there is no column of numbers: there are ${names}`);
  }
  return { index, categories: type === "pie" || type === "donut" || type === "bar-list" ? categories.slice(0, 1) : categories };
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

// ---- As it is ----

function drawNumber(box, { rows, categories: [name], format }) {
  const paragraph = element("p", format(rows[0]?.[name]));
  paragraph.className = "number";
  paragraph.append(element("small", name));
  box.querySelector(".number")?.remove();
  box.append(paragraph);
}

/** The rows as a table, to see, or beside a canvas for those who don't. */
function drawTable(box, { kind, title, rows, index, categories, colors, format }) {
  let area = box.querySelector(".data");
  if (!area) {
    area = element("div");
    area.className = "data";
    area.role = "region";
    // It scrolls by the keyboard too.
    area.tabIndex = 0;
    box.append(area);
  }
  area.ariaLabel = `${title}: data`;
  const names = [index, ...categories].filter(Boolean);
  const table = element("table");
  table.append(element("caption", title), element("thead"), element("tbody"));
  table.tHead.append(row(names.map(name => cell("th", name, name !== index, "col"))));
  const bars = kind === "bar-list";
  if (bars) table.className = "bars";
  const most = Math.max(...rows.map(each => Number(each[categories[0]]) || 0), 0);
  for (const each of rows) {
    const cells = names.map(name => cell(
      name === index ? "th" : "td", name === index ? String(each[name] ?? "–") : format(each[name]),
      name !== index && typeof each[name] !== "string", name === index ? "row" : ""));
    if (bars && most > 0) {
      const bar = element("i");
      bar.style.width = `${Math.max(0, Number(each[categories[0]]) || 0) / most * 100}%`;
      bar.style.backgroundColor = colors[0] ?? COLORS[0];
      cells[0].prepend(bar);
    }
    table.tBodies[0].append(row(cells));
  }
  area.replaceChildren(table);
}

function element(name, text = "") {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function row(cells) {
  const made = element("tr");
  made.append(...cells);
  return made;
}

function cell(name, text, number, scope) {
  const made = element(name, text);
  if (number) made.className = "n";
  if (scope) made.scope = scope;
  return made;
}

// ---- By Chart.js ----

/** What makes "#rrggbb" of a colour by any name, and with `alpha` (two digits) appended. */
function resolver(canvas) {
  const context = canvas.getContext("2d");
  return (color, alpha = "") => {
    context.fillStyle = "#888888";
    context.fillStyle = color;
    return context.fillStyle.startsWith("#") ? context.fillStyle + alpha : context.fillStyle;
  };
}

function configure({ kind, rows, index, categories, colors, language }, { color, fontFamily }, resolve) {
  const round = kind === "pie" || kind === "donut";
  const palette = (colors.length ? colors : COLORS).map(each => resolve(each));
  const paint = at => palette[at % palette.length];
  const ink = resolve(color);
  const faint = resolve(color, "26");
  const font = { family: fontFamily };
  return {
    type: { area: "line", donut: "doughnut" }[kind] ?? kind,
    data: {
      labels: rows.map((each, at) => String(each[index] ?? at + 1)),
      datasets: categories.map((name, at) => ({
        label: name,
        data: rows.map(each => each[name] === null ? null : Number(each[name])),
        backgroundColor: round ? rows.map((_, each) => paint(each)) : kind === "area" ? paint(at) + "40" : paint(at),
        borderColor: paint(at),
        borderWidth: kind === "line" || kind === "area" ? 2 : 0,
        borderRadius: kind === "bar" ? 3 : 0,
        spacing: round && rows.length > 1 ? 2 : 0,
        fill: kind === "area",
        tension: 0.3,
        pointRadius: rows.length > 40 ? 0 : 3,
      })),
    },
    options: {
      maintainAspectRatio: false,
      locale: language,
      font,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 300 },
      interaction: round ? {} : { mode: "index", intersect: false },
      plugins: {
        legend: {
          display: round || categories.length > 1, position: "bottom",
          labels: { color: ink, font, boxWidth: 12, boxHeight: 12 },
        },
      },
      scales: round ? {} : {
        x: { grid: { display: false }, ticks: { color: ink, font, maxRotation: 0, autoSkipPadding: 12 } },
        y: { beginAtZero: kind !== "line", grid: { color: faint, drawBorder: false }, ticks: { color: ink, font } },
      },
    },
  };
}
