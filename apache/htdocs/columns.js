// ClickHouse's types, by the names that an answer's `meta` gives: what a column holds, and its values as numbers.

import { Zone, reader } from "./times.js";

/** Types around a type, which say nothing of what it holds. */
const WRAPPER = /^(?:Nullable|LowCardinality|SimpleAggregateFunction)\((?:\w+(?:\([^)]*\))?, )?(.*)\)$/s;
const KINDS = [
  ["number", /^U?Int\d+$/],
  ["number", /^(?:Float\d+|BFloat16)$/],
  ["number", /^Decimal\d*\((?:\d+, ?)?(?<scale>\d+)\)$/],
  ["time", /^Date(?:32)?$/],
  ["time", /^DateTime(?:64)?(?:\((?:(?<precision>\d)(?:, ?)?)?(?:'(?<zone>[^']+)')?\))?$/],
  ["bool", /^Bool$/],
  ["structure", /^(?:Array|Tuple|Map|Nested|JSON|Object|Variant|Dynamic|QBit|Point|Ring|\w*LineString|\w*Polygon)\b/],
];
const DENORMALS = { nan: NaN, "-nan": NaN, inf: Infinity, "+inf": Infinity, "-inf": -Infinity };

/**
 * A column of an answer.
 * @param {{name: string, type: string}} meta
 * @returns {{name: string, type: string, kind: "number" | "time" | "bool" | "text" | "structure", isFloat: boolean,
 *   isDate: boolean, scale: number, precision: number, zone?: string}} `type` without what is around it; `scale`: a Decimal's digits
 *   after the point; `precision`: a DateTime64's; `zone`: of a DateTime. Enums, UUIDs, addresses, intervals and types
 *   that nobody knows yet are text.
 */
export function describe({ name, type: whole }) {
  const type = unwrapped(whole);
  for (const [kind, pattern] of KINDS) {
    const found = pattern.exec(type);
    if (!found) continue;
    const { scale = 0, precision = 0, zone } = found.groups ?? {};
    return {
      name, type, kind, zone, scale: Number(scale), precision: Number(precision), isFloat: /Float/.test(type),
      isDate: /^Date(32)?$/.test(type),
    };
  }
  return { name, type, kind: "text" };
}

/** A type without what is around it. */
export function unwrapped(type) {
  const inner = WRAPPER.exec(type)?.[1];
  return inner ? unwrapped(inner) : type;
}

/** A number, from how JSON holds one (also as text); NaN where there is none. */
export function toNumber(value) {
  if (value === null || value === undefined || value === "") return NaN;
  return DENORMALS[value] ?? Number(value);
}

/**
 * The function that makes numbers of a column's values: times are milliseconds since 1970, and NaN is what can't be drawn.
 * Its second argument is the number before, which tells the two hours apart that one clock shows when it is set back.
 */
export function readerOf(column) {
  if (column.kind === "time") return reader(Zone.named(column.isDate ? "UTC" : column.zone ?? "UTC"));
  return value => {
    const number = toNumber(value);
    return Number.isFinite(number) ? number : NaN;
  };
}
