// Makes what a canvas draws of what is to be shown: a line, bar or slice for each value of an answer's rows, in order.

import { readerOf } from "./columns.js";
import { cannot } from "./request.js";

/** More bars than that are thinner than a pixel. */
const MOST_BARS = 2000;
/** So many series of `group-by`, or slices, are drawn each; the others as one, or not at all. */
const MOST = 10;

/**
 * What is drawn. `kind` is "table" where the type can't show these values truly, and `note` says so; else there are
 * `names` of the places along the axis, or `xs` in milliseconds or numbers (`axis`: "label", "time", "number"), and
 * `series`, each with a `name`, the `column` of its values, `data` (NaN: none) and the `rows` that they are from.
 * @param {ReturnType<import("./shape.js").shape>} shown with rows
 */
export function plotted(shown) {
  const { kind, group, stacked, say } = shown;
  const { untrue, ...made } = kind === "pie" || kind === "donut" ? slices(shown) : group ? grouped(shown) : wide(shown);
  const wrong = untrue || (stacked === "percent" && toShares(made.series))
    || (kind === "bar" && made.series[0].data.length > MOST_BARS && "bars");
  return { ...shown, ...made, ...(wrong && { kind: "table", note: say(wrong) }) };
}

/** How places along the axis are told apart and put in order. */
function placesOf({ kind, index, horizontal, rows }) {
  const isLine = kind !== "bar";
  const axis = index?.kind === "time" && !horizontal ? "time" : index?.kind === "number" && isLine ? "number" : "label";
  if (axis === "label") {
    return { axis, isLine, ordered: rows, place: (row, at) => index ? JSON.stringify(row[index.name] ?? null) : at };
  }
  const read = readerOf(index);
  const ends = [rows[0], rows.at(-1)].map(row => read(row[index.name]));
  return {
    axis, isLine, ordered: ends[0] > ends[1] ? rows.toReversed() : rows,
    place: (row, at, previous) => read(row[index.name], previous),
  };
}

/** Each column of values is a series. */
function wide(shown) {
  const { index, values, columns, rows, say } = shown;
  const { axis, isLine, ordered, place } = placesOf(shown);
  let places = [];
  let previous;
  for (const [at, row] of ordered.entries()) places.push({ row, at: previous = place(row, at, previous) });
  const known = places.length;
  if (axis !== "label") places = places.filter(({ at }) => !Number.isNaN(at)).sort((a, b) => a.at - b.at);
  if (index && (isLine || axis === "time") && new Set(places.map(({ at }) => at)).size < places.length) {
    const left = Object.keys(rows[0]).filter(name => !columns.some(column => column.name === name));
    const key = left[0] ?? (values.length > 1 ? values[0].name : undefined);
    // Text labels say nothing of order: lines were drawn from one to the next.
    if (axis !== "label" || left.length) throw cannot(
      `several rows have the same "${index.name}": ` + (key
        ? `group-by="${key}" draws a series for each value of "${key}"`
        : "let the pipe group by it, or name the column that tells them apart as group-by"));
  }
  return {
    axis,
    ...along(axis, places.map(({ at }) => at), places.map(({ row }, at) => index ? index.text(row) : String(at + 1))),
    note: places.length < known ? say("without", { column: index.label, count: known - places.length }) : undefined,
    series: values.map(column => series(column.label, column, places.map(({ row }) => row))),
  };
}

/** Each value of the group's column is a series. */
function grouped(shown) {
  const { index, group, values: [column], kind, stacked, say } = shown;
  const { axis, ordered, place } = placesOf(shown);
  const groups = new Map();
  const places = new Map();
  for (const [at, row] of ordered.entries()) {
    const name = group.text(row);
    if (!groups.has(name)) groups.set(name, { name, rows: new Map(), total: 0 });
    const each = groups.get(name);
    const key = each.last = place(row, at, each.last);
    if (Number.isNaN(key)) continue;
    if (each.rows.has(key)) {
      throw cannot(`several rows have the same "${index.name}" and "${group.name}": let the pipe group by both`);
    }
    each.rows.set(key, row);
    each.total += Math.abs(column.number(row)) || 0;
    if (!places.has(key)) places.set(key, row);
  }
  const keys = [...places.keys()];
  if (axis !== "label") keys.sort((a, b) => a - b);
  const all = [...groups.values()];
  const largest = all.length > MOST + 1 ? all.toSorted((a, b) => b.total - a.total).slice(0, MOST) : all;
  const drawn = all.filter(each => largest.includes(each))
    .map(each => series(each.name, column, keys.map(key => each.rows.get(key))));
  const rest = all.filter(each => !largest.includes(each));
  const adds = stacked !== undefined || kind !== "line";
  if (rest.length && adds) drawn.push(sum(say("others"), column, keys.map(key => rest.map(each => each.rows.get(key)))));
  return {
    axis, ...along(axis, keys, keys.map(key => index ? index.text(places.get(key)) : String(key + 1))), series: drawn,
    note: rest.length && !adds ? say("largest", { count: MOST, total: all.length }) : undefined,
  };
}

/** Each row is a slice; or `untrue`: why none is, by a key of words.js. */
function slices({ rows, index, values: [column], say }) {
  const all = rows.map((row, at) => ({
    name: index ? index.text(row) : String(at + 1), row, value: column.number(row) || 0,
  }));
  if (all.some(({ value }) => value < 0)) return { untrue: "negative" };
  if (!all.some(({ value }) => value > 0)) return { untrue: "zeros" };
  const largest = new Set(all.length > MOST + 1 ? all.toSorted((a, b) => b.value - a.value).slice(0, MOST) : all);
  const kept = all.filter(each => largest.has(each));
  const one = series(column.label, column, kept.map(({ row }) => row));
  const rest = all.filter(each => !largest.has(each));
  if (rest.length) {
    one.data.push(sum(say("others"), column, [rest.map(({ row }) => row)]).data[0]);
    one.rows.push(undefined);
  }
  const names = [...kept.map(({ name }) => name), ...(rest.length ? [say("others")] : [])];
  return { axis: "label", names, series: [one] };
}

const along = (axis, xs, names) => axis === "label" ? { names } : { xs };

const series = (name, column, rows) => ({ name, column, rows, data: rows.map(row => column.number(row)) });

/** The series that the sums of several are. @param {object[][]} rows for each place */
const sum = (name, column, rows) => ({
  name, column, rows: [], isRest: true,
  data: rows.map(each => each.reduce((total, row) => total + (column.number(row) || 0), 0)),
});

/** Makes parts of the whole of each place's values; or says why there are none, by a key of words.js. */
function toShares(series) {
  if (series.some(({ data }) => data.some(value => value < 0))) return "shares";
  const totals = series[0].data.map((_, at) => series.reduce((total, { data }) => total + (data[at] || 0), 0));
  for (const each of series) each.data = each.data.map((value, at) => totals[at] ? value / totals[at] : NaN);
  return undefined;
}

/** So many points are drawn at most, about: several for each pixel of a wide screen. */
const MOST_POINTS = 4000;

/**
 * The points of a line. Of many, each stretch keeps its first and last, its least and greatest value, and whether there
 * is a gap: no peak gets lost.
 * @param {number[]} xs ascending
 * @param {number[]} ys NaN where there is none
 * @returns {{x: number, y: number, at: number}[]} `at`: which of the given ones it is
 */
export function thin(xs, ys) {
  const point = at => ({ x: xs[at], y: ys[at], at });
  if (ys.length <= MOST_POINTS) return ys.map((_, at) => point(at));
  const width = (xs.at(-1) - xs[0]) / (MOST_POINTS / 4) || 1;
  const kept = [];
  for (let start = 0; start < ys.length;) {
    const stretch = Math.floor((xs[start] - xs[0]) / width);
    let least = start;
    let greatest = start;
    let gap = -1;
    let end = start;
    for (; end < ys.length && Math.floor((xs[end] - xs[0]) / width) === stretch; end++) {
      if (Number.isNaN(ys[end])) gap = end;
      if (!(ys[least] <= ys[end])) least = end;
      if (!(ys[greatest] >= ys[end])) greatest = end;
    }
    const ats = new Set([start, least, greatest, end - 1, ...(gap < 0 ? [] : [gap])]);
    kept.push(...[...ats].sort((a, b) => a - b).map(point));
    start = end;
  }
  return kept;
}
