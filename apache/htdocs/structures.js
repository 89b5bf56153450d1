// Arrays, tuples and maps as text: JSON, in which numbers are numbers, however the answer quotes them.

import { unwrapped } from "./columns.js";

/**
 * @param {unknown} value as it is in the answer
 * @param {string} type ClickHouse's, as `Array(Tuple(city String, sales UInt64))`
 */
export function write(value, type) {
  const [, name, inside] = /^(\w+)(?:\((.*)\))?$/s.exec(unwrapped(type)) ?? [];
  if (value === null || value === undefined) return "null";
  if (typeof value !== "object") return isNumber(name, value) ? String(value) : JSON.stringify(value);
  const types = inside ? partsOf(inside) : [];
  const typeAt = at => name === "Tuple" ? types[at]?.replace(/^(\w+|`[^`]+`) (?=\w)/, "") : types.at(-1);
  const parts = Array.isArray(value)
    ? value.map((each, at) => write(each, typeAt(at) ?? ""))
    : Object.entries(value).map(([key, each], at) => `${JSON.stringify(key)}:${write(each, typeAt(at) ?? "")}`);
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
