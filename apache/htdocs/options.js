// What Chart.js is told: a chart's data and options. All axes of places are linear, with ticks of our own.

import { thin } from "./thin.js";
import { timeTicks } from "./ticks.js";

/** @param {ReturnType<import("./shape.js").shape>} shown @param {object} look colours that a canvas takes, font, direction */
export function configure(shown, look) {
  const { kind } = shown;
  const round = kind === "pie" || kind === "donut";
  return {
    type: { area: "line", donut: "doughnut" }[kind] ?? kind,
    data: round ? slices(shown, look) : { datasets: shown.series.map((_, at) => (kind === "bar" ? bars : line)(shown, look, at)) },
    options: {
      maintainAspectRatio: false,
      locale: shown.language,
      font: look.font,
      normalized: true,
      layout: { padding: { top: round ? 4 : look.font.size / 2, right: 4, bottom: round ? 4 : 0, left: look.isRightToLeft ? look.font.size * 1.5 : 4 } },
      animation: look.isStill || shown.rows.length > 500 ? false : {
        // What Chart.js is told of its box in the last frame of an animation, it forgets.
        duration: 300, onComplete: ({ chart }) => chart.resize(),
      },
      interaction: round ? {} : { mode: look.isThin ? "nearest" : "index", axis: shown.horizontal && kind === "bar" ? "y" : "x", intersect: false },
      indexAxis: isHorizontal(shown) ? "y" : "x",
      plugins: { legend: { display: false }, tooltip: tooltip(shown, look, round) },
      scales: round ? {} : scales(shown, look),
    },
  };
}

const isHorizontal = ({ kind, horizontal }) => kind === "bar" && horizontal;

/** Where each place is along its axis. */
const placesOf = ({ xs, names }) => xs ?? names.map((_, at) => at);

function line(shown, { colors, faint, isHidden, dashes }, at) {
  const { data, name } = shown.series[at];
  const points = thin(placesOf(shown), data);
  const isLone = points.map(({ y }, number) => !Number.isNaN(y) && Number.isNaN(points[number - 1]?.y ?? NaN) && Number.isNaN(points[number + 1]?.y ?? NaN));
  const radius = points.length <= 40 ? 2.5 : 0;
  return {
    label: name, data: points, parsing: false, hidden: isHidden(name),
    borderColor: colors[at], backgroundColor: shown.kind === "area" ? faint[at] : colors[at], pointBackgroundColor: colors[at],
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
  return {
    label: name, parsing: false, hidden: isHidden(name),
    data: data.map((value, at) => isHorizontal(shown) ? { x: value, y: places[at], at } : { x: places[at], y: value, at }),
    backgroundColor: colors[at], borderRadius: shown.stacked === undefined ? 3 : 0,
    barThickness: ({ chart }) => {
      const { width, height } = chart.chartArea ?? chart;
      const length = isHorizontal(shown) ? height : width;
      const beside = shown.stacked !== undefined ? 1 : chart.getVisibleDatasetCount() || 1;
      return Math.min(56, Math.max(2, gap / (places.at(-1) - places[0] + gap) * length * 0.76 / beside));
    },
  };
}

/** The smallest distance of two places; 1 for one alone. */
function gapOf(places) {
  let least = Infinity;
  for (let at = 1; at < places.length; at++) least = Math.min(least, places[at] - places[at - 1]);
  return least < Infinity ? least : 1;
}

function slices(shown, { colors }) {
  const [{ data, name }] = shown.series;
  return {
    labels: shown.names,
    datasets: [{ label: name, data, backgroundColor: colors, borderWidth: 0, spacing: data.length > 1 ? 2 : 0 }],
  };
}

function scales(shown, look) {
  const along = isHorizontal(shown) ? "y" : "x";
  return { [along]: placeAxis(shown, look, along), [along === "x" ? "y" : "x"]: valueAxis(shown, look, along) };
}

function placeAxis(shown, look, along) {
  const { axis, index, kind, stacked, names } = shown;
  const places = placesOf(shown);
  const margin = kind === "bar" || places.length === 1 ? (kind === "bar" ? gapOf(places) / 2 : 1) : 0;
  const [min, max] = [places[0] - margin, places.at(-1) + margin];
  const { size } = look.font;
  const ticks = { color: look.ink, font: look.font, autoSkip: axis === "number", maxRotation: 0, autoSkipPadding: size };
  if (axis === "number") ticks.callback = (value, at, all) => index.format.tick(value, stepOf(all), 0);
  else ticks.callback = (_, at, all) => all[at].text;
  return {
    type: "linear", min, max, offset: false, grid: { display: false, drawBorder: false }, border: { display: false },
    reverse: along === "y" || look.isRightToLeft, stacked: stacked !== undefined,
    ...(along === "y" && { position: look.isRightToLeft ? "right" : "left" }),
    ticks,
    afterBuildTicks(scale) {
      const { width, height } = scale.chart;
      if (axis === "number") {
        // Not the ends, where these aren't round.
        const step = scale.ticks.length > 2 ? scale.ticks[2].value - scale.ticks[1].value : 0;
        if (step) scale.ticks = scale.ticks.filter(({ value }) => Math.abs(value / step - Math.round(value / step)) < 1e-6);
      } else if (axis === "time") {
        const isDate = index.isDate || shown.formats.get(index.name) === "date";
        scale.ticks = timeTicks(min, max, Math.max(2, width / (size * 6)), {
          zone: index.isDate ? "UTC" : shown.zone ?? index.zone, language: shown.language, isDate,
        });
      } else if (axis === "label") {
        scale.ticks = along === "y" ? namesBeside(names, look, width, height) : namesBelow(names, look, width - size * 4);
      }
    },
  };
}

/** Names below an axis: shortened to the room that each has, or as many as there is room for. */
function namesBelow(names, { measure, shorten, font: { size } }, width) {
  const room = width / names.length - size / 2;
  // As long as each can have a word of some letters.
  if (room >= size * 3.2) return names.map((name, value) => ({ value, text: shorten(name, room) }));
  const longest = Math.min(size * 9, Math.max(...names.slice(0, 200).map(measure))) + size;
  const step = Math.max(1, Math.ceil(longest / (width / names.length)));
  return every(names, step, name => shorten(name, size * 9));
}

function namesBeside(names, { shorten, font: { size } }, width, height) {
  return every(names, Math.max(1, Math.ceil(names.length * size * 1.3 / height)), name => shorten(name, width * 0.35));
}

function every(names, step, write) {
  const ticks = [];
  for (let value = 0; value < names.length; value += step) ticks.push({ value, text: write(names[value]) });
  return ticks;
}

const stepOf = ticks => ticks.length > 1 ? Math.abs(ticks[1].value - ticks[0].value) : Math.abs(ticks[0]?.value) || 1;

function valueAxis({ kind, series, stacked, language }, look, along) {
  const { column } = series[0];
  const { size } = look.font;
  const share = new Intl.NumberFormat(language, { style: "percent" });
  const lowest = Math.min(...series.map(({ data }) => data.reduce((least, value) => value < least ? value : least, Infinity)));
  const highest = Math.max(...series.map(({ data }) => data.reduce((most, value) => value > most ? value : most, -Infinity)));
  return {
    // A line far from zero shows its changes; else all begin at zero.
    beginAtZero: kind !== "line" || lowest < highest * 0.6,
    ...(stacked === "percent" && { max: 1 }),
    stacked: stacked !== undefined,
    ...(along === "x" && { position: look.isRightToLeft ? "right" : "left" }),
    reverse: along === "y" && look.isRightToLeft,
    border: { display: false },
    grid: { color: look.grid, drawBorder: false, drawTicks: false },
    ticks: {
      color: look.ink, font: look.font, maxRotation: 0, padding: size / 2,
      maxTicksLimit: ({ chart }) => Math.max(2, Math.min(6, Math.floor(along === "x" ? chart.height / (size * 3.5) : chart.width / (size * 7)))),
      ...(/Int|Bool/.test(column.type) && stacked !== "percent" && { precision: 0 }),
      callback: (value, _, all) => stacked === "percent" ? share.format(value)
        : column.format.tick(value, stepOf(all), Math.max(...all.map(({ value }) => Math.abs(value)))),
    },
  };
}

function tooltip(shown, { font, isRightToLeft, wrap }, round) {
  const { series, names, xs, index, stacked, language } = shown;
  const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const value = ({ column, rows, data }, at) => rows[at] ? column.text(rows[at]) : column.format.number(data[at]);
  const placeAt = at => names ? names[at] : index.format.number(xs[at]);
  return {
    rtl: isRightToLeft, textDirection: isRightToLeft ? "rtl" : "ltr", titleFont: { ...font, weight: "bold" }, bodyFont: font,
    boxPadding: 4,
    callbacks: {
      title: ([item], { chart } = item ?? {}) => item && !round ? wrap(placeAt(item.raw.at), item.chart.width) : "",
      label: ({ datasetIndex, dataIndex, raw, chart, parsed }) => {
        const one = series[datasetIndex];
        if (!round) return wrap(`${one.name}: ${value(one, raw.at)}${stacked === "percent" ? ` (${share.format(one.data[raw.at])})` : ""}`, chart.width);
        const total = one.data.reduce((sum, each, at) => sum + (chart.getDataVisibility(at) ? each : 0), 0);
        return wrap(`${names[dataIndex]}: ${value(one, dataIndex)} (${share.format(parsed / total)})`, chart.width);
      },
    },
  };
}
