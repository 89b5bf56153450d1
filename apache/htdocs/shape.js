// Makes of an answer what is to be shown: which columns, and how they are written.

import { describe, toNumber } from "./columns.js";
import { formatOf } from "./formats.js";
import { cannot, ChartError } from "./request.js";

export const ON_CANVAS = ["line", "area", "bar", "pie", "donut"];
const IN_TABLES = ["bar-list", "table", "big-number"];
const WITH_ONE_CATEGORY = ["pie", "donut", "bar-list"];
const ROUND = ["pie", "donut"];

/** Rows of more are no chart any more, and stop the page for seconds. */
const MOST_ROWS = 250_000;

/** A column of the answer, with its name and its values as they are read. */
class Column {
  #format;
  #make;

  constructor(meta, rows, { labels, formats, ...settings }) {
    Object.assign(this, describe(meta));
    this.label = labels.get(this.name) || this.name;
    this.#make = () => formatOf(this, rows, { ...settings, form: formats.get(this.name) ?? "" });
  }

  /** How its values are written: see formats.js. */
  get format() {
    return this.#format ??= this.#make();
  }

  /** Its value in a row, as text. */
  text(row) {
    return this.format.text(row[this.name]);
  }

  /** Its value in a row, as a number; NaN where it can't be drawn. */
  number(row) {
    const number = toNumber(row?.[this.name]);
    return Number.isFinite(number) ? number : NaN;
  }
}

/**
 * What is to be shown; for a canvas, see series.js too.
 * @param {{meta: object[], data: object[]}} answer
 * @param {{kind: string, index?: string, categories: string[], groupBy?: string, stacked?: string, horizontal: boolean,
 *   labels: URLSearchParams, formats: URLSearchParams, language?: string, zone?: string,
 *   say: ReturnType<typeof import("./words.js").speaker>}} settings
 */
export function shape({ meta, data: rows }, settings) {
  if (rows.length > MOST_ROWS) {
    throw new ChartError("tooMany",
      `${rows.length} rows, and at most ${MOST_ROWS} are drawn: let the pipe group or limit them`);
  }
  const columns = meta.map(each => new Column(each, rows, settings));
  const { index, group, values, delta } = pick(columns, rows, settings);
  return {
    ...settings, rows, index, group, values, delta, columns: [index, group, ...values].filter(Boolean),
  };
}

/** The columns to draw: `index` for the labels (undefined: none), `group` for the series, `values`, `delta`. */
function pick(columns, rows, { kind: type, index, categories, groupBy, delta: compared }) {
  if (![...ON_CANVAS, ...IN_TABLES].includes(type)) {
    throw cannot(`type is "${type}": there are ${ON_CANVAS}, ${IN_TABLES}`);
  }
  const names = columns.map(column => column.name);
  const find = name => {
    const found = columns.find(column => column.name === name);
    if (name && !found) throw cannot(`there is no column "${name}": there are ${names}`);
    return found;
  };
  const group = find(groupBy);
  const named = categories.map(find);
  const delta = find(compared);
  const others = columns.filter(column => column !== group && column !== delta && !named.includes(column));
  const isNumber = column => column.kind === "number";
  let first = find(index);
  const hasAxis = ON_CANVAS.includes(type) && !ROUND.includes(type);
  if (!first && hasAxis) first = others.find(column => column.kind === "time");
  first ??= others.find(column => !isNumber(column));
  // Where all are numbers, the first are labels, if values are left then.
  if (!first && type !== "big-number" && (named.length || others.length > 1)) first = others[0];
  const rest = others.filter(column => column !== first);
  const ofKind = kind => rest.filter(column => column.kind === kind);
  let values = named;
  if (!values.length) values = type === "table" ? rest : rest.some(isNumber) ? ofKind("number") : ofKind("bool");
  if (!values.length && type !== "table") throw cannot(`there is no column of numbers: there are ${names}`);
  for (const column of values) {
    if (type !== "table" && type !== "big-number" && !holdsNumbers(column, rows)) {
      throw cannot(`"${column.name}" holds no numbers: its type is ${column.type}`);
    }
  }
  if (group && values.length > 1) values = values.slice(0, 1);
  return { index: first, group, delta, values: WITH_ONE_CATEGORY.includes(type) ? values.slice(0, 1) : values };
}

/** Whether its values can be drawn: numbers, true and false, and texts that all are numbers. */
function holdsNumbers({ kind, name }, rows) {
  const isNumber = value => value === null || value === "" || !Number.isNaN(Number(value));
  return kind === "number" || kind === "bool" || (kind === "text" && rows.every(row => isNumber(row[name])));
}

/**
 * What is selected where a row of the response is: `category` is its series, by the name that the response gives it.
 * @returns {{row: object, index: unknown, category: unknown, value: unknown}}
 */
export const selected = ({ index, group }, row, column) => ({
  row, index: row[index?.name], category: group ? row[group.name] : column?.name, value: row[column?.name],
});
