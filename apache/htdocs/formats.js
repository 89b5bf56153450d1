// Writes values for reading, in the page's language. All ways of showing use the same functions.

import { readerOf, structureText, toNumber } from "./columns.js";
import { cannot } from "./request.js";

/** What stands for NULL, and for an empty text. */
const NOTHING = "–";
const EMPTY = '""';

/** By how many rows a column's format is chosen where reading all of them would take long. */
const SAMPLE = 1000;

/** What `format` may say: what Intl knows, and what is in measures.js. */
const FORMS = {
  __proto__: null,
  currency: code => ({ style: "currency", currency: code }),
  percent: () => ({ style: "percent" }),
  unit: unit => ({ style: "unit", unit }),
  plain: () => ({ useGrouping: false }),
  number: () => ({}),
  date: () => ({}),
};
const MEASURES = ["bytes", "compact", "duration"];

/** Whether a column's format needs measures.js. @param {string} form as the attribute `format` says */
export const isMeasure = form => MEASURES.includes(form.split(":")[0]);

/**
 * How one column is written.
 * @param {ReturnType<import("./columns.js").describe>} column
 * @param {object[]} rows
 * @param {{language?: string, zone?: string, form?: string, measures?: typeof import("./measures.js")}} settings
 * @returns {{text: (value: unknown) => string, number: (value: number) => string,
 *   tick: (value: number, step: number, most: number) => string, setTicks?: (scale: object) => void}} `text` takes a
 *   value as it is in the answer; `number` one that was read; `tick` that, the distance of an axis's ticks and the
 *   largest of them; `setTicks`: see measures.js
 */
export function formatOf(column, rows, { language, zone, form = "", measures }) {
  const [name, more] = form.split(":");
  if (form && !FORMS[name] && !isMeasure(name)) {
    throw cannot(`format is "${form}": there are ${[...Object.keys(FORMS), ...MEASURES].join(", ")}`);
  }
  try {
    if (column.kind === "number" && isMeasure(name)) return measured(measures[name](language));
    if (column.kind === "number") return numbers(column, rows, language, form && FORMS[name](more), more);
    if (column.kind === "time") return times(column, rows, language, zone, name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw cannot(`format "${form}", time-zone "${zone ?? ""}": ${error.message}`);
  }
  const number = value => column.kind !== "bool" ? String(value) : value === 1 ? "true" : value === 0 ? "false" : "";
  return { text: value => plain(value, column), number, tick: number };
}

/** Text, true and false, addresses, arrays …: as they are. */
function plain(value, { type }) {
  if (value === null || value === undefined) return NOTHING;
  if (value === "") return EMPTY;
  // ClickHouse fills a FixedString with NUL, and leaves them out itself where it writes text.
  if (type.startsWith("FixedString")) return value.replace(/\0+$/, "");
  return typeof value === "object" ? structureText(value, type) : String(value);
}

const measured = measure => ({
  ...measure, text: value => value === null || value === undefined ? NOTHING : measure.number(toNumber(value)),
});

function numbers(column, rows, language, style, more) {
  // Years, ports and the like are 16 bits without a sign: nobody writes them with separators.
  const options = style || (column.type === "UInt16" ? { useGrouping: false } : {});
  const scale = options.style === "percent" ? 100 : 1;
  const places = options.style === "percent" && more ? Number(more) : decimals(column, rows, scale, options);
  const fixed = digits => new Intl.NumberFormat(language, {
    minimumFractionDigits: digits, maximumFractionDigits: digits, ...options,
  });
  // Where one number of decimals doesn't suit all, each has its own.
  const usual = places === undefined
    ? new Intl.NumberFormat(language, {
      maximumSignificantDigits: 6, maximumFractionDigits: 0, roundingPriority: "morePrecision", ...options,
    }) : fixed(places);
  const extreme = new Intl.NumberFormat(language, { notation: "scientific", maximumSignificantDigits: 6 });
  const isExtreme = value => column.isFloat && Number.isFinite(value) && value !== 0
    && (Math.abs(value) >= 1e15 || Math.abs(value) < 1e-6);
  const number = value => (isExtreme(value) ? extreme : usual).format(value);
  const formats = new Map();
  return {
    number,
    text: value => {
      if (value === null || value === undefined) return NOTHING;
      const read = toNumber(value);
      // A text of digits is written with all of them.
      return typeof value === "string" && !column.isFloat && Number.isFinite(read) ? usual.format(value) : number(read);
    },
    tick: (value, step, most) => {
      const digits = DIGITS.find(digits => isWhole(step * scale * 10 ** digits)) ?? DIGITS.length;
      const isLong = most >= 1e6 && options.useGrouping !== false;
      const key = `${digits} ${isLong}`;
      if (!formats.has(key)) {
        formats.set(key, !isLong ? fixed(digits)
          : new Intl.NumberFormat(language, { ...options, notation: "compact", maximumFractionDigits: 2 }));
      }
      return isExtreme(value) || (value && Math.max(most, Math.abs(value)) >= 1e15) ? extreme.format(value) : formats.get(key).format(value);
    },
  };
}

const DIGITS = Array.from({ length: 13 }, (_, digits) => digits);
const isWhole = value => Math.abs(value - Math.round(value)) < 1e-9 * Math.max(1, Math.abs(value));

/** Digits after the point that suit all of a column; undefined where none do. */
function decimals(column, rows, scale, { style, currency }) {
  if (/Int/.test(column.type) && scale === 1) return 0;
  if (style === "currency" && !column.scale) {
    return new Intl.NumberFormat("en", { style, currency }).resolvedOptions().maximumFractionDigits;
  }
  if (style === "currency" || (column.scale > 0 && column.scale <= 2 && scale === 1)) return column.scale;
  const values = rows.map(row => row[column.name]);
  if (column.scale) {
    return Math.max(0, ...values.slice(0, SAMPLE).map(value => fraction(ALL_DIGITS.format(value ?? 0))));
  }
  let least = Infinity;
  for (const value of values) {
    const size = Math.abs(toNumber(value)) * scale;
    if (size > 0 && size < least) least = size;
  }
  // The smallest keeps two digits at least that aren't zeros.
  const most = least < Infinity ? Math.max(2, 1 - Math.floor(Math.log10(least))) : 0;
  if (most > 6) return undefined;
  let needed = 0;
  for (let at = 0; at < values.length && needed < most; at++) {
    const value = toNumber(values[at]) * scale;
    if (Math.abs(value) < 1e15) needed = Math.max(needed, fraction(String(Number(value.toFixed(most)))));
  }
  return needed;
}

const ALL_DIGITS = new Intl.NumberFormat("en", { maximumFractionDigits: 20, useGrouping: false });
const fraction = text => /\.(\d+)$/.exec(text)?.[1].length ?? 0;

function times(column, rows, language, wanted, form) {
  const read = readerOf(column);
  const zone = column.isDate ? "UTC" : wanted ?? column.zone ?? "UTC";
  const date = { timeZone: zone, year: "numeric", month: "short", day: "numeric" };
  const clock = new Intl.DateTimeFormat("en", {
    timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23",
  });
  const clocks = column.isDate || form === "date" ? []
    : rows.slice(0, SAMPLE).map(row => read(row[column.name])).filter(Number.isFinite).map(time => clock.format(time));
  // No more of the clock than some value needs.
  const [isMidnight, isMinute, isSecond] = ["00:00:00.000", ":00.000", ".000"].map(
    end => clocks.every(text => text.endsWith(end)));
  const format = new Intl.DateTimeFormat(language, {
    ...date,
    ...(!isMidnight && { hour: "numeric", minute: "2-digit" }),
    ...(!isMinute && { second: "2-digit" }),
    ...(!isSecond && { fractionalSecondDigits: 3 }),
  });
  const number = value => format.format(value);
  return {
    number,
    text: value => {
      if (value === null || value === undefined) return NOTHING;
      const time = read(value);
      // Intl knows no microseconds.
      return Number.isNaN(time) || /\.\d{3}0*[1-9]/.test(value) ? String(value) : number(time);
    },
  };
}
