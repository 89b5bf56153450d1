// Draws on a canvas, by Chart.js.

import { GRID, paletteOf, resolver, REST, TRANSITIONS } from "./colors.js";
import { adopt, element } from "./shell.js";
import { Legend, style as legendStyle } from "./legend.js";
import { configure } from "./options.js";
import { ChartError, ofDocument } from "./request.js";

/** How long Chart.js may take to load, in milliseconds. */
const LIMIT = 15_000;
/** Of lines whose colour is a shade of another's. */
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

const style = new CSSStyleSheet();
style.replaceSync(`
  .drawn { position: absolute; inset: 0; display: grid; grid: minmax(0, 1fr) auto / minmax(0, 1fr); }
  .area { position: relative; min-inline-size: 0; min-block-size: 0; }
  /* Its colours are the page's: where these change, a (very short) transition tells it. */
  canvas { position: absolute; inset: 0; transition: color 1ms; }
  canvas { transition: ${TRANSITIONS}; }
  @media print { canvas { max-inline-size: 100%; max-block-size: 100%; } }
`);

export { plotted } from "./series.js";

const libraries = new Map();

/**
 * Makes a Canvas in a box, once Chart.js is there: the page's own if it is new enough, else what is at `url`, a module
 * or a script for browsers. Throws a ChartError.
 */
export async function load(url) {
  try {
    const { protocol, href } = new URL(url, ofDocument("baseURI"));
    if (!/^https?:$/.test(protocol)) throw new Error("chart-js is no http or https URL");
    if (!libraries.has(href)) libraries.set(href, library(href));
    const Chart = await libraries.get(href);
    return (box, selection) => new Canvas(Chart, box, selection);
  } catch (error) {
    throw new ChartError(
      "asTable",
      `Chart.js can't be had from ${url} (Debian's package: libjs-chart.js; attribute: chart-js): ${error.message}`);
  }
}

/** What was drawn for 3.9 and 4: the options have other names before. */
const suits = Chart => typeof Chart === "function" && /^(3\.(9|\d\d)|[4-9]|\d\d)/.test(Chart.version);

async function library(href) {
  const { Chart: found } = globalThis;
  if (suits(found)) return found;
  const { define } = globalThis;
  const late = new Promise((_, reject) => setTimeout(reject, LIMIT, new Error("no answer in time")));
  let module;
  if (define?.amd) {
    // A script for browsers would give itself to the page's loader, which doesn't expect it. That is away for as long
    // as the script takes to run, not to load.
    await Promise.race([late, fetched(href)]);
    globalThis.define = undefined;
  }
  try {
    module = await Promise.race([late, import(href)]);
  } finally {
    if (define?.amd) globalThis.define = define;
  }
  const Chart = module.Chart ?? module.default ?? globalThis.Chart;
  // The page's own code goes on with its own.
  if (typeof found === "function") globalThis.Chart = found;
  if (!suits(Chart)) throw new Error("it holds no Chart.js 3.9 or newer");
  if (module.registerables) Chart.register(...module.registerables);
  return Chart;
}

/** Waits until a module is there, but not run. */
const fetched = href => new Promise((resolve, reject) => {
  const link = element("link", { rel: "modulepreload", href, onload: resolve });
  link.onerror = () => reject(new Error("it can't be loaded"));
  ofDocument("head").append(link);
});

class Canvas {
  #canvas = element("canvas", { role: "img" });
  #box = element("div", { className: "drawn" });
  #Chart;
  #chart;
  #legend;
  #points;
  #shown;
  #frame;
  #paper = matchMedia("print");

  /** @param {typeof import("./points.js")} [selection] where its points can be selected */
  constructor(Chart, box, selection) {
    adopt(box, style);
    adopt(box, legendStyle);
    this.#Chart = Chart;
    const area = element("div", { className: "area" }, this.#canvas);
    this.#box.append(area);
    this.#legend = new Legend(this.#box, this.redraw);
    // The page's colours have changed.
    this.#canvas.addEventListener("transitionend", this.#recolor);
    this.#paper.addEventListener("change", this.#print);
    box.prepend(this.#box);
    if (selection) this.#points = new selection.Points(area, this.#canvas);
  }

  /** Draws again, in the page's present colours. */
  redraw = () => this.show(this.#shown);

  /** Once for all that change together. */
  #recolor = () => {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(this.redraw);
  };

  /** On paper there are other colours and widths, and no time. */
  #print = () => {
    this.redraw();
    this.#chart.resize();
  };

  show(shown) {
    this.#shown = shown;
    const isRound = shown.kind === "pie" || shown.kind === "donut";
    const [first] = shown.series;
    const entries = isRound ? shown.names.map((name, at) => ({ name, isRest: !first.rows[at] })) : shown.series;
    const palette = paletteOf(shown.colors, entries.length).map((color, at) => entries[at].isRest ? REST : color);
    this.#box.classList.toggle("round", isRound);
    this.#canvas.ariaLabel = shown.say(shown.kind, shown);
    const isAlone = !isRound && entries.length === 1;
    this.#legend.show(isAlone || shown.legend === "none" ? [] : entries.map(({ name }, at) => ({ name, color: palette[at] })));
    const configuration = configure(shown, this.#look(palette, shown));
    if (this.#chart) {
      // An animation that has drawn its last frame draws no more, and until the next frame it isn't over.
      this.#chart.stop();
      Object.assign(this.#chart, { data: configuration.data, options: configuration.options });
      this.#chart.update("none");
    } else {
      this.#chart = new this.#Chart(this.#canvas, configuration);
    }
    if (isRound) {
      entries.forEach(({ name }, at) => {
        if (this.#legend.hidden.has(name) === this.#chart.getDataVisibility(at)) this.#chart.toggleDataVisibility(at);
      });
      this.#chart.update("none");
    }
    this.#points?.show(this.#chart, shown);
  }

  /** The page's colours and letters. */
  #look(palette, { colors, series }) {
    const { color, fontFamily, fontSize, direction } = getComputedStyle(this.#canvas);
    const resolve = resolver(this.#box);
    const line = getComputedStyle(this.#canvas).getPropertyValue(GRID);
    const font = { family: fontFamily, size: parseFloat(fontSize) * 0.75 };
    const context = element("canvas").getContext("2d");
    context.font = `${font.size}px ${fontFamily}`;
    const measure = text => context.measureText(text).width;
    const base = colors.length || 8;
    return {
      font, measure, shorten: shorten(measure), wrap: wrap(font.size),
      ink: resolve(color), grid: line ? resolve(line)
        : resolve(color, matchMedia("(prefers-contrast: more)").matches ? 0.6 : 0.15),
      colors: palette.map(each => resolve(each)), faint: palette.map(each => resolve(each, 0.25)),
      dashes: palette.map((_, at) => DASHES[Math.floor(at / base) % DASHES.length]),
      isHidden: name => this.#legend.hidden.has(name),
      isThin: series[0].data.length > 4000,
      isRightToLeft: direction === "rtl",
      isStill: this.#paper.matches || matchMedia("(prefers-reduced-motion: reduce)").matches,
    };
  }

  destroy() {
    cancelAnimationFrame(this.#frame);
    this.#paper.removeEventListener("change", this.#print);
    this.#chart?.destroy();
  }
}

/** What makes a text fit into so many pixels, with its end left out. */
const shorten = measure => (text, room) => {
  if (measure(text) <= room) return text;
  let length = Math.floor(text.length * room / measure(text));
  while (length > 1 && measure(`${text.slice(0, length)}…`) > room) length--;
  return `${text.slice(0, length).trimEnd()}…`;
};

/** What makes lines of a long text: a tooltip can't be wider than its canvas. */
const wrap = size => (text, width) => {
  const most = Math.max(8, Math.floor((width - 40) / (size * 0.6)));
  return text.length <= most ? text : text.match(new RegExp(`.{1,${most}}`, "gsu"));
};
