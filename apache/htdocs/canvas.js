// Draws on a canvas, by Chart.js.

import { ChartError } from "./token-client.js";

/** How long Chart.js may take to load, in milliseconds. */
const LIMIT = 15_000;

/**
 * Makes a Canvas in a box, once Chart.js is there: the page's own, else what is at `url`, a module or a script for
 * browsers. Throws a ChartError.
 */
export async function load(url) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, LIMIT, new Error("no answer in time"));
  });
  try {
    const module = globalThis.Chart ? {} : await Promise.race([import(new URL(url, document.baseURI)), late]);
    const Chart = module.Chart ?? module.default ?? globalThis.Chart;
    if (!Chart) throw new Error("it holds no Chart");
    if (module.registerables) Chart.register(...module.registerables);
    return box => new Canvas(Chart, box);
  } catch (error) {
    throw new ChartError(
      "This chart is shown as a table.",
      `Chart.js can't be had from ${url} (Debian's package: libjs-chart.js; attribute: chart-js): ${error.message}`);
  } finally {
    clearTimeout(timer);
  }
}

class Canvas {
  #canvas = document.createElement("canvas");
  #Chart;
  #chart;
  #shown;

  constructor(Chart, box) {
    this.#Chart = Chart;
    this.#canvas.role = "img";
    // The page's colours have changed.
    this.#canvas.addEventListener("transitionend", () => this.show(this.#shown));
    box.prepend(this.#canvas);
  }

  /** Draws in place of what is there, in the page's present colours. */
  show(settings) {
    this.#shown = settings;
    this.#canvas.ariaLabel = `${settings.title}: ${settings.kind} chart`;
    const configuration = configure(settings, getComputedStyle(this.#canvas), resolver(this.#canvas));
    if (this.#chart) {
      Object.assign(this.#chart, { data: configuration.data, options: configuration.options });
      this.#chart.update("none");
    } else {
      this.#chart = new this.#Chart(this.#canvas, configuration);
    }
  }

  destroy() {
    this.#chart.destroy();
  }
}

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
  const palette = colors.map(each => resolve(each));
  const paint = at => palette[at % palette.length];
  const ink = resolve(color);
  const font = { family: fontFamily };
  // Each bar has a name of its own; along a line, some are enough.
  const labels = kind === "bar" ? { maxRotation: 45, autoSkipPadding: 3 } : { maxRotation: 0, autoSkipPadding: 12 };
  return {
    type: { area: "line", donut: "doughnut" }[kind] ?? kind,
    data: {
      labels: rows.map((row, at) => String(row[index] ?? at + 1)),
      datasets: categories.map((name, at) => ({
        label: name,
        data: rows.map(row => row[name] === null ? null : Number(row[name])),
        backgroundColor: round ? rows.map((_, row) => paint(row)) : kind === "area" ? paint(at) + "40" : paint(at),
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
        x: { grid: { display: false }, ticks: { color: ink, font, ...labels } },
        y: { beginAtZero: kind !== "line", grid: { color: resolve(color, "26"), drawBorder: false }, ticks: { color: ink, font } },
      },
    },
  };
}
