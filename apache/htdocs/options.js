// What Chart.js is told: a chart's data and options.

import { gapOf, isHorizontal, placesOf, scales } from "./axes.js";
import { thin } from "./series.js";

/**
 * @param {ReturnType<import("./shape.js").shape>} shown
 * @param {object} look colours that a canvas takes, font, direction: see canvas.js
 */
export function configure(shown, look) {
  const { kind } = shown;
  const round = kind === "pie" || kind === "donut";
  const across = isHorizontal(shown);
  const { size } = look.font;
  const dataset = kind === "bar" ? bars : line;
  return withOptions({
    type: { area: "line", donut: "doughnut" }[kind] ?? kind,
    data: round ? slices(shown, look) : { datasets: shown.series.map((_, at) => dataset(shown, look, at)) },
    options: {
      maintainAspectRatio: false,
      locale: shown.language,
      font: look.font,
      normalized: true,
      layout: {
        padding: round ? 4 : { top: size / 2, right: 4, bottom: 0, left: look.isRightToLeft ? size * 1.5 : 4 },
      },
      animation: look.isStill || shown.rows.length > 500 ? false : {
        // What Chart.js is told of its box in the last frame of an animation, it forgets.
        duration: 300, onComplete: ({ chart }) => chart.resize(),
      },
      interaction: round ? {} : { mode: look.isThin ? "nearest" : "index", axis: across ? "y" : "x", intersect: false },
      indexAxis: across ? "y" : "x",
      plugins: { legend: { display: false }, tooltip: tooltip(shown, look, round) },
      scales: round ? {} : scales(shown, look),
    },
  }, { options: shown.options() });
}

const isRecord = value => Object.getPrototypeOf(value ?? "") === Object.prototype;

/** What the page's script says, in place of ours. */
function withOptions(ours, theirs) {
  const all = { ...ours };
  for (const [name, value] of Object.entries(theirs)) {
    all[name] = isRecord(value) && isRecord(ours[name]) ? withOptions(ours[name], value) : value;
  }
  return all;
}

function line(shown, { colors, faint, isHidden, dashes }, at) {
  const { data, name } = shown.series[at];
  const points = thin(placesOf(shown), data);
  const isGap = point => Number.isNaN(point?.y ?? NaN);
  const isLone = points.map((point, at) => !isGap(point) && isGap(points[at - 1]) && isGap(points[at + 1]));
  const radius = points.length <= 40 ? 2.5 : 0;
  return {
    label: name, data: points, parsing: false, hidden: isHidden(name),
    borderColor: colors[at], backgroundColor: shown.kind === "area" ? faint[at] : colors[at],
    pointBackgroundColor: colors[at],
    clip: 6, borderWidth: 2, borderDash: shown.kind === "line" ? dashes[at] : [],
    fill: shown.kind !== "area" ? false : shown.stacked !== undefined && at ? "-1" : "origin",
    // No curve above the values, nor where there are none.
    ...(points.length <= 200 && isRegular(points) && { cubicInterpolationMode: "monotone" }),
    pointRadius: isLone.includes(true) ? isLone.map(lone => lone ? 3 : radius) : radius,
    pointHoverRadius: 4, pointBorderWidth: 0,
  };
}

function isRegular(points) {
  const gap = gapOf(points.map(({ x }) => x));
  return points.every(({ x }, at) => !at || x - points[at - 1].x < 2 * gap);
}

function bars(shown, { colors, isHidden }, at) {
  const { data, name } = shown.series[at];
  const places = placesOf(shown);
  const gap = gapOf(places);
  const across = isHorizontal(shown);
  return {
    label: name, parsing: false, hidden: isHidden(name),
    data: data.map((value, at) => across ? { x: value, y: places[at], at } : { x: places[at], y: value, at }),
    backgroundColor: colors[at], borderRadius: shown.stacked === undefined ? 3 : 0,
    barThickness: ({ chart }) => {
      const { width, height } = chart.chartArea ?? chart;
      const length = across ? height : width;
      const beside = shown.stacked !== undefined ? 1 : chart.getVisibleDatasetCount() || 1;
      return Math.min(56, Math.max(2, gap / (places.at(-1) - places[0] + gap) * length * 0.76 / beside));
    },
  };
}

function slices(shown, { colors }) {
  const [{ data, name }] = shown.series;
  return {
    labels: shown.names,
    datasets: [{ label: name, data, backgroundColor: colors, borderWidth: 0, spacing: data.length > 1 ? 2 : 0 }],
  };
}

const placeOf = ({ names, xs, index }, at) => names ? names[at] : index.format.number(xs[at]);
const valueOf = ({ column, rows, data }, at) => rows[at] ? column.text(rows[at]) : column.format.number(data[at]);

/** A point in words. */
export function describe(shown, series, at) {
  const one = shown.series[series];
  return `${placeOf(shown, at)}, ${one.name}: ${valueOf(one, at)}`;
}

function tooltip(shown, { font, isRightToLeft, wrap }, round) {
  const { series, names, stacked, language } = shown;
  const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  return {
    rtl: isRightToLeft, textDirection: isRightToLeft ? "rtl" : "ltr",
    titleFont: { ...font, weight: "bold" }, bodyFont: font, boxPadding: 4,
    callbacks: {
      title: ([item]) => item && !round ? wrap(placeOf(shown, item.raw.at), item.chart.width) : "",
      label: ({ datasetIndex, dataIndex, raw, chart, parsed }) => {
        const one = series[datasetIndex];
        if (!round) {
          const part = stacked === "percent" ? ` (${share.format(one.data[raw.at])})` : "";
          return wrap(`${one.name}: ${valueOf(one, raw.at)}${part}`, chart.width);
        }
        const total = one.data.reduce((sum, each, at) => sum + (chart.getDataVisibility(at) ? each : 0), 0);
        return wrap(`${names[dataIndex]}: ${valueOf(one, dataIndex)} (${share.format(parsed / total)})`, chart.width);
      },
    },
  };
}
