// Bars that the names in a table stand on.

import { adopt, element } from "./shell.js";

const style = new CSSStyleSheet();
style.replaceSync(`
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
  @media (prefers-contrast: more) { .bars i { opacity: .5; } }
  @media (forced-colors: active) {
    .bars i { box-sizing: border-box; border: 1px solid CanvasText; opacity: 1; }
  }
  @media print { .bars i { print-color-adjust: exact; } }
`);

/** What makes a row's bar. All begin at zero: negative ones grow the other way. @param {HTMLElement} area of the table */
export function barOf({ rows, values: [column], colors }, area) {
  adopt(area, style);
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
