// The axes of a chart. Those of places are linear, with ticks of our own: a time, a number, or the number of a name.

import { timeTicks } from "./ticks.js";

export const isHorizontal = ({ kind, horizontal }) => kind === "bar" && horizontal;

/** Where each place is along its axis. */
export const placesOf = ({ xs, names }) => xs ?? names.map((_, at) => at);

/** The smallest distance of two places; 1 for one alone. */
export function gapOf(places) {
  let least = Infinity;
  for (let at = 1; at < places.length; at++) least = Math.min(least, places[at] - places[at - 1]);
  return least < Infinity ? least : 1;
}

export function scales(shown, look) {
  const [along, across] = isHorizontal(shown) ? ["y", "x"] : ["x", "y"];
  const { axes = "both" } = shown;
  const isShown = axis => axes === "both" || axes === axis;
  return {
    [along]: { ...placeAxis(shown, look, along), display: isShown(along) },
    [across]: { ...valueAxis(shown, look, along), display: isShown(across) },
  };
}

function placeAxis(shown, look, along) {
  const { axis, index, kind, stacked, names } = shown;
  const places = placesOf(shown);
  const margin = kind === "bar" || places.length === 1 ? (kind === "bar" ? gapOf(places) / 2 : 1) : 0;
  const [min, max] = [places[0] - margin, places.at(-1) + margin];
  const { size } = look.font;
  const ticks = {
    color: look.ink, font: look.font, autoSkip: axis === "number", maxRotation: 0, autoSkipPadding: size,
  };
  ticks.callback = (value, at, all) => all[at].text ?? index.format.tick(value, stepOf(all), 0);
  return {
    type: "linear", min, max, offset: false, grid: { display: false, drawBorder: false }, border: { display: false },
    reverse: along === "y" || look.isRightToLeft, stacked: stacked !== undefined,
    ...(along === "y" && { position: look.isRightToLeft ? "right" : "left" }),
    ticks,
    afterBuildTicks(scale) {
      const { width, height } = scale.chart;
      if (axis !== "label" && places.length === 1) {
        scale.ticks = [{ value: places[0], text: index.format.number(places[0]) }];
      } else if (axis === "number") {
        // Not the ends, where these aren't round.
        const step = scale.ticks.length > 2 ? scale.ticks[2].value - scale.ticks[1].value : 0;
        const isRound = ({ value }) => Math.abs(value / step - Math.round(value / step)) < 1e-6;
        if (step) scale.ticks = scale.ticks.filter(isRound);
      } else if (axis === "time") {
        const isDate = index.isDate || shown.formats.get(index.name) === "date";
        scale.ticks = timeTicks(min, max, Math.max(2, width / (size * 6)), {
          zone: index.isDate ? "UTC" : shown.zone ?? index.zone, language: shown.language, isDate,
        });
      } else if (axis === "label") {
        scale.ticks = along === "y"
          ? namesBeside(names, look, width, height) : namesBelow(names, look, width - size * 4);
      }
    },
  };
}

/** Names below an axis: in one line or two, shortened to the room that each has; or as many as there is room for. */
function namesBelow(names, { measure, shorten, font: { size } }, width) {
  const room = width / names.length - size / 2;
  const longest = Math.min(size * 9, Math.max(...names.slice(0, 200).map(measure)));
  if (room >= Math.min(longest, size * 6)) return every(names, 1, name => shorten(name, room));
  // Every other one below, as long as each can have a word of some letters.
  if (room >= size * 2) {
    return every(names, 1, (name, at) => at % 2 ? ["", shorten(name, room * 2)] : [shorten(name, room * 2), ""]);
  }
  // In a box that nobody sees, there is no width.
  const step = Math.ceil((longest + size) * names.length / Math.max(1, width));
  return every(names, step, name => shorten(name, size * 9));
}

function namesBeside(names, { shorten, font: { size } }, width, height) {
  return every(names, Math.max(1, Math.ceil(names.length * size * 1.3 / height)), name => shorten(name, width * 0.35));
}

function every(names, step, write) {
  const ticks = [];
  for (let value = 0; value < names.length; value += step) ticks.push({ value, text: write(names[value], value) });
  return ticks;
}

const stepOf = ticks => ticks.length > 1 ? Math.abs(ticks[1].value - ticks[0].value) : Math.abs(ticks[0]?.value) || 1;

function extentOf(series) {
  let lowest = Infinity;
  let highest = -Infinity;
  for (const { data } of series) {
    for (const value of data) {
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
  }
  return [lowest, highest];
}

function valueAxis({ kind, series, stacked, language }, look, along) {
  const { column } = series[0];
  const { size } = look.font;
  const share = new Intl.NumberFormat(language, { style: "percent" });
  const [lowest, highest] = extentOf(series);
  return {
    // A line far from zero shows its changes; else all begin at zero.
    ...(stacked !== "percent" && { afterBuildTicks: column.format.setTicks }),
    beginAtZero: kind !== "line" || lowest < highest * 0.6,
    ...(stacked === "percent" && { max: 1 }),
    stacked: stacked !== undefined,
    ...(along === "x" && { position: look.isRightToLeft ? "right" : "left" }),
    reverse: along === "y" && look.isRightToLeft,
    border: { display: false },
    grid: { color: look.grid, drawBorder: false, drawTicks: false },
    ticks: {
      color: look.ink, font: look.font, maxRotation: 0, padding: size / 2,
      maxTicksLimit: ({ chart: { width, height } }) =>
        Math.max(2, Math.min(6, Math.floor(along === "x" ? height / (size * 3.5) : width / (size * 7)))),
      ...(/Int|Bool/.test(column.type) && stacked !== "percent" && { precision: 0 }),
      callback: (value, _, all) => stacked === "percent" ? share.format(value)
        : column.format.tick(value, stepOf(all), Math.max(...all.map(({ value }) => Math.abs(value)))),
    },
  };
}
