// Shows rows as they are, in a table.

import { element } from "./shell.js";

/** So many rows are shown; the last line says how many there are. */
const MOST = 1000;

/** The row of the response that each `<tr>` shows. */
export const rowOf = new WeakMap();

export const style = new CSSStyleSheet();
style.replaceSync(`
  .data { box-sizing: border-box; block-size: 100%; overflow: auto; }
  /* What is drawn on a canvas has a table too, which is seen where the keyboard goes to it. */
  .drawn ~ .data { position: absolute; inset: 0; background: Canvas; color: CanvasText; }
  .drawn ~ .data:not(:focus), caption {
    position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%);
  }
  table { inline-size: 100%; border-collapse: collapse; font-size: .875em; font-variant-numeric: tabular-nums; }
  th, td {
    max-inline-size: 24em; padding: .375em .75em; font-weight: inherit; text-align: start; vertical-align: baseline;
    overflow-wrap: break-word;
  }
  :is(th, td):first-child { padding-inline-start: 0; }
  :is(th, td):last-child { padding-inline-end: 0; }
  tr { border-block-end: 1px solid var(--tinybird-chart-grid, color-mix(in srgb, currentColor 15%, transparent)); }
  tbody tr:last-child { border: 0; }
  a { color: inherit; }
  .n { white-space: nowrap; }
  thead :is(th, .n) { font-weight: 600; white-space: normal; }
  .n { text-align: end; }
  @container (max-width: 26em) { th, td { padding-inline: .4em; } }
  .more { margin: .75em 0 0; font-size: .8125em; }
  @media (prefers-contrast: more) { tr { border-color: currentColor; } }
  @media print {
    .drawn ~ .data { display: none; }
    .data { block-size: auto; overflow: visible; }
    tr { break-inside: avoid; }
  }
`);

/** A table of the rows, with what `bar` makes for each name to stand on; what else there is to say of it. */
export function table(shown) {
  const { kind, title, rows, index, columns, sorting, bar = () => "" } = shown;
  const isNumber = column => column.kind === "number" && column !== index;
  const head = column => {
    const made = element("th", { scope: "col", className: isNumber(column) ? "n" : "" }, column.label);
    return sorting?.mark(made, column) ?? made;
  };
  // Not behind a canvas, where nobody sees which one has the focus.
  const text = kind === "table" || kind === "bar-list" ? linked : (column, row) => column.text(row);
  const cell = (column, row) => column === index
    ? element("th", { scope: "row" }, bar(row), text(column, row))
    : element("td", { className: isNumber(column) ? "n" : "" }, text(column, row));
  const body = element("tbody", {}, ...(sorting?.sort(shown) ?? rows).slice(0, MOST).map(row => {
    const made = element("tr", {}, ...columns.map(column => cell(column, row)));
    rowOf.set(made, row);
    return made;
  }));
  const made = element("table", { className: kind === "bar-list" ? "bars" : "", part: "table" },
    element("caption", {}, title), element("thead", {}, element("tr", {}, ...columns.map(head))), body);
  if (rows.length <= MOST) return [made];
  return [made, element("p", { className: "more" }, shown.say("first", { count: MOST, total: rows.length }))];
}

/** A value as text, or a link, if it is the URL of a page: nothing that runs as a script. */
function linked(column, row) {
  const value = row[column.name];
  if (column.kind !== "text" || !/^https?:\/\//i.test(value) || !URL.canParse(value)) return column.text(row);
  return element("a", { href: value, rel: "noopener noreferrer" }, column.text(row));
}
