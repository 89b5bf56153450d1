// ClickHouse's types, by the names that an answer's `meta` gives: what a column holds, and its values as numbers.

import { Zone, reader } from "./times.js";

/** Types around a type, which say nothing of what it holds. */
const WRAPPER = /^(?:Nullable|LowCardinality|SimpleAggregateFunction)\((?:\w+(?:\([^)]*\))?, )?(.*)\)$/s;
const KINDS = [
  ["number", /^U?Int\d+$/],
  ["number", /^(?:Float\d+|BFloat16)$/],
  ["number", /^Decimal\d*\((?:\d+, ?)?(?<scale>\d+)\)$/],
  ["time", /^Date(?:32)?$/],
  ["time", /^DateTime(?:64)?(?:\((?:\d(?:, ?)?)?(?:'(?<zone>[^']+)')?\))?$/],
  ["bool", /^Bool$/],
  ["structure", /^(?:Array|Tuple|Map|Nested|JSON|Object|Variant|Dynamic|QBit|Point|Ring|\w*LineString|\w*Polygon)\b/],
];
const DENORMALS = { nan: NaN, "-nan": NaN, inf: Infinity, "+inf": Infinity, "-inf": -Infinity };

/**
 * A column of an answer.
 * @param {{name: string, type: string}} meta
 * @returns {{name: string, type: string, kind: "number" | "time" | "bool" | "text" | "structure", isFloat: boolean,
 *   isDate: boolean, scale: number, zone?: string}} `type` without what is around it; `scale`: a Decimal's digits
 *   after the point; `zone`: of a DateTime. Enums, UUIDs, addresses, intervals and types
 *   that nobody knows yet are text.
 */
export function describe({ name, type: whole }) {
  const type = unwrapped(whole);
  for (const [kind, pattern] of KINDS) {
    const found = pattern.exec(type);
    if (!found) continue;
    const { scale = 0, zone } = found.groups ?? {};
    return {
      name, type, kind, zone, scale: Number(scale), isFloat: /Float/.test(type),
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
 * The function that makes numbers of a column's values: times are milliseconds since 1970, NaN is what can't be drawn.
 * Its second argument is the number before, which tells the two hours apart that one clock shows when it is set back.
 */
export function readerOf(column) {
  if (column.kind === "time") return reader(Zone.named(column.isDate ? "UTC" : column.zone ?? "UTC"));
  return value => {
    const number = toNumber(value);
    return Number.isFinite(number) ? number : NaN;
  };
}

/**
 * An array, tuple or map as text: JSON, in which numbers are numbers, however the answer quotes them.
 * @param {unknown} value as it is in the answer
 * @param {string} type ClickHouse's, as `Array(Tuple(city String, sales UInt64))`
 */
export function structureText(value, type) {
  const [, name, inside] = /^(\w+)(?:\((.*)\))?$/s.exec(unwrapped(type)) ?? [];
  if (value === null || value === undefined) return "null";
  if (typeof value !== "object") return isNumber(name, value) ? String(value) : JSON.stringify(value);
  const types = inside ? partsOf(inside) : [];
  const typeAt = at => name === "Tuple" ? types[at]?.replace(/^(\w+|`[^`]+`) (?=\w)/, "") : types.at(-1);
  const parts = Array.isArray(value)
    ? value.map((each, at) => structureText(each, typeAt(at) ?? ""))
    : Object.entries(value).map(([key, each], at) => `${JSON.stringify(key)}:${structureText(each, typeAt(at) ?? "")}`);
  return Array.isArray(value) ? `[${parts.join(",")}]` : `{${parts.join(",")}}`;
}

const isNumber = (name, value) => /^(U?Int|Float|BFloat|Decimal)/.test(name) && /^-?\d/.test(value);

/** The types in "String, Map(String, UInt8)". */
function partsOf(text) {
  const parts = [""];
  let depth = 0;
  for (const [token] of text.matchAll(/'(?:[^'\\]|\\.)*'|[(),]|[^'(),]+/gs)) {
    if (token === "(") depth++;
    if (token === ")") depth--;
    if (token === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += token;
  }
  return parts.map(part => part.trim());
}
