// JSON whose numbers keep every digit.

/** Strings, which stay as they are, and the numbers that may have more digits than a double holds. */
const PARTS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.]{15,}(?:[eE][+-]?\d+)?/gs;

/**
 * The value of a JSON text. A number that JavaScript's can't hold exactly (a 64-bit integer, a long decimal) is the
 * string of its digits, as Tinybird writes it with `output_format_json_quote_64bit_integers`. Throws a SyntaxError.
 * (By the text, and not by JSON.parse's `context.source`: Firefox has that since 135 and Safari since 18.4 only, and a
 * function called for each value takes longer.)
 * @param {string} text
 */
export function parse(text) {
  const long = /\d{16}|[\d.]{17}/.test(text);
  return JSON.parse(long ? text.replace(PARTS, part => isExact(part) ? part : `"${part}"`) : text);
}

function isExact(part) {
  if (part.startsWith('"') || /e/i.test(part)) return true;
  return part.includes(".") ? String(Number(part)) === part : Number.isSafeInteger(Number(part));
}
