// Puts the rows of a table into the order that its visitor asks for, by the headers of its columns.

import { readerOf, toNumber } from "./columns.js";
import { adopt, element } from "./shell.js";

const style = new CSSStyleSheet();
style.replaceSync(`
  thead button {
    display: inline-flex; gap: .3em; min-block-size: 24px; align-items: center; padding: 0; border: 0; background: none;
    color: inherit; font: inherit; text-align: inherit; cursor: pointer;
  }
  thead .n button { flex-direction: row-reverse; }
  thead button::after { content: "↕"; content: "↕" / ""; font-weight: 400; opacity: .6; }
  [aria-sort] button::after { opacity: 1; }
  [aria-sort=ascending] button::after { content: "↑"; content: "↑" / ""; }
  [aria-sort=descending] button::after { content: "↓"; content: "↓" / ""; }
  @media print { thead button::after { display: none; } }
`);

/** Which column a table is sorted by, if any: that outlives new data. */
export class Sorting {
  #name;
  #direction;
  /** Is called when the order is another one. */
  onchange = () => {};

  /** @param {HTMLElement} area what the table is in */
  constructor(area) {
    adopt(area, style);
  }

  /** The rows in the present order: equal ones as they came, and last those without a value, in both directions. */
  sort({ rows, columns, language }) {
    const column = columns.find(({ name }) => name === this.#name);
    if (!column) return rows;
    const keys = keysOf(column, rows);
    const { compare: compareTexts } = new Intl.Collator(language, { numeric: true });
    const compare = (one, other) =>
      typeof one === "string" ? compareTexts(one, other) : one < other ? -1 : Number(one > other);
    const sign = this.#direction === "ascending" ? 1 : -1;
    return [...rows.keys()].sort((one, other) => keys[one] === undefined || keys[other] === undefined
      ? (keys[one] === undefined) - (keys[other] === undefined)
      : sign * compare(keys[one], keys[other])).map(at => rows[at]);
  }

  /** Makes a header sort by its column: up, down, and then as the pipe does. */
  mark(head, { name, label }) {
    const direction = name === this.#name ? this.#direction : undefined;
    const button = element("button", { type: "button" }, label);
    button.addEventListener("click", () => {
      this.#direction = direction === "ascending" ? "descending" : direction ? undefined : "ascending";
      this.#name = this.#direction && name;
      this.onchange();
    });
    if (direction) head.ariaSort = direction;
    head.replaceChildren(button);
    return head;
  }
}

/** What rows are sorted by, for each: numbers, integers of any size, texts; undefined where there is no value. */
function keysOf(column, rows) {
  const { kind, name, isFloat, scale, format } = column;
  let read = value => format.text(value);
  let previous;
  if (kind === "bool") read = Number;
  if (kind === "number") read = isFloat ? toNumber : value => scaled(value, scale);
  if (kind === "time") {
    const instant = readerOf(column);
    read = value => previous = instant(value, previous);
  }
  if (kind === "text") read = String;
  return rows.map(row => {
    const value = row[name];
    const key = value === null || value === undefined ? undefined : read(value);
    return Number.isNaN(key) ? undefined : key;
  });
}

/** A decimal number times 10 to the power of `scale`, with every digit. */
function scaled(value, scale) {
  const [, whole, fraction = "", exponent = 0] = /^(-?\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(value) ?? [];
  if (whole === undefined) return undefined;
  return BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, scale + Number(exponent) - fraction.length));
}
