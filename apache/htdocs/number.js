// Shows one number, and how it compares with another one.

import { adopt, element } from "./shell.js";

const style = new CSSStyleSheet();
style.replaceSync(`
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
`);

/** The first row's value, with the column's name where the page gives it one, or the number has no other. */
export function bigNumber(shown, box) {
  adopt(box, style);
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
