// Shows rows as they are: a table, bars beside their names, or one number.

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
  .bars tr { border: 0; }
  .bars tbody th {
    position: relative; inline-size: 80%; max-inline-size: none; z-index: 0; padding-inline: .6em;
    overflow-wrap: anywhere;
  }
  .bars i {
    position: absolute; inset-block: 2px; z-index: -1; border-radius: .25rem; opacity: .3;
    /* The first of colors.js. */
    background: var(--tinybird-chart-color-1, #1a8f66);
  }
  .number {
    display: flex; flex-flow: column; block-size: 100%; margin: 0; overflow: hidden; line-height: 1.1;
    font-weight: 650; font-variant-numeric: tabular-nums; white-space: nowrap;
    font-size: clamp(.75rem, min(100cqi / var(--length) / .7, 55cqb), 3.5rem);
  }
  .number:has(small + small) { font-size: clamp(.75rem, min(100cqi / var(--length) / .62, 40cqb), 3.5rem); }
  .number small {
    overflow: hidden; font-size: clamp(.75rem, .3em, 1rem); font-weight: 400; line-height: 1.4; text-overflow: ellipsis;
  }
  .number .delta { white-space: normal; }
  @media (prefers-contrast: more) { tr { border-color: currentColor; } .bars i { opacity: .5; } }
  @media (forced-colors: active) {
    .bars i { box-sizing: border-box; border: 1px solid CanvasText; opacity: 1; }
  }
  @media print {
    .drawn ~ .data { display: none; }
    .data { block-size: auto; overflow: visible; }
    tr { break-inside: avoid; }
    .bars i { print-color-adjust: exact; }
  }
`);

/** The first row's value, with the column's name where the page gives it one, or the number has no other. */
export function bigNumber(shown) {
  const { rows, values: [column], hasTitle } = shown;
  const text = rows.length ? column.text(rows[0]) : "–";
  const made = element("p", { className: "number" }, text);
  made.style.setProperty("--length", Math.max(8, text.length));
  if (column.label !== column.name || !hasTitle) made.append(element("small", {}, column.label));
  if (shown.delta && rows.length) made.append(element("small", { className: "delta" }, change(shown)));
  return made;
}

/** How much the number is more or less than the one that it is compared with. */
function change({ rows: [row], values: [column], delta, say, language }) {
  const [now, then] = [column.number(row), delta.number(row)];
  const share = (now - then) / Math.abs(then);
  const percent = new Intl.NumberFormat(language, {
    style: "percent", signDisplay: "exceptZero", maximumFractionDigits: 1,
  });
  return say("versus", {
    change: Number.isFinite(share) ? `${share > 0 ? "▲ " : share < 0 ? "▼ " : ""}${percent.format(share)}` : "–",
    value: delta.label === delta.name ? delta.text(row) : delta.label,
  });
}

/** A table of the rows, with bars behind the names where the kind is "bar-list"; what else there is to say of it. */
export function table(shown) {
  const { kind, title, rows, index, columns, sorting } = shown;
  const isNumber = column => column.kind === "number" && column !== index;
  const bar = kind === "bar-list" ? barOf(shown) : () => "";
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

/** What makes a row's bar. All begin at zero: negative ones grow the other way. */
function barOf({ rows, values: [column], colors }) {
  const numbers = rows.map(row => column.number(row) || 0);
  const least = numbers.reduce((least, number) => Math.min(least, number), 0);
  const most = numbers.reduce((most, number) => Math.max(most, number), 0);
  if (most === least) return () => "";
  const share = number => `${number / (most - least) * 100}%`;
  return row => {
    const number = column.number(row);
    if (Number.isNaN(number)) return "";
    const bar = element("i");
    bar.style.insetInlineStart = share(Math.min(number, 0) - least);
    bar.style.inlineSize = share(Math.abs(number));
    bar.style.backgroundColor = colors[0] ?? "";
    return bar;
  };
}
