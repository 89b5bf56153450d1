// What a chart gives away: its data as CSV, its picture as PNG.

import { describe, structureText } from "./columns.js";
import { adopt, element } from "./shell.js";

const style = new CSSStyleSheet();
style.replaceSync(`
  .downloads { grid-area: 4 / 1 / auto / -1; justify-self: end; display: flex; gap: .5rem; padding-block-start: .5rem; }
  figure:not([data-state=ready]) .downloads { display: none; }
  .downloads button {
    min-inline-size: 24px; min-block-size: 24px; padding: 0 .5rem; border: 1px solid; border-radius: .35rem;
    background: none; color: inherit; font: inherit; font-size: .75em; cursor: pointer;
  }
  .downloads button::before { content: "↓ "; content: "↓ " / ""; }
  @media print { .downloads { display: none; } }
`);

/** How a text begins that spreadsheets take for a formula, which might do anything; a negative number is none. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NUMBER = /^-?[\d.]+(?:e[+-]?\d+)?$/i;

/**
 * Rows as CSV (RFC 4180), with the values as they are in the response: each digit, times by their column's clocks. NULL is
 * nothing, an empty text "". A text that looks like a formula has an apostrophe before it.
 * @param {{meta: object[], data: object[]}} answer
 * @param {URLSearchParams} labels names of columns in place of their own
 */
export function toCSV({ meta, data }, labels) {
  const columns = meta.map(describe);
  const lines = [
    columns.map(({ name }) => textCell(labels.get(name) || name)),
    ...data.map(row => columns.map(column => cell(row[column.name], column))),
  ];
  return lines.map(line => `${line.join(",")}\r\n`).join("");
}

function cell(value, { kind, type }) {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return textCell(structureText(value, type));
  if (kind === "number" && NUMBER.test(value)) return String(value);
  return textCell(type.startsWith("FixedString") ? value.replace(/\0+$/, "") : String(value));
}

function textCell(text) {
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /^$|[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Buttons below a chart, for what its attribute `downloads` names; a picture only of what is drawn on a canvas. */
export function offer({ figure, wanted, title, say, answer, labels }) {
  adopt(figure, style);
  const save = {
    // Spreadsheets know by the mark at its start that it is UTF-8.
    csv: () => new Blob(["\ufeff", toCSV(answer, labels)], { type: "text/csv" }),
    png: figure.querySelector("canvas") && (() => picture(figure, title)),
  };
  const button = kind => {
    const made = element("button", { type: "button", part: "button", ariaLabel: say(kind) }, kind.toUpperCase());
    const name = `${title.replace(/[\\/:*?"<>|\p{Cc}]+/gu, "-")}.${kind}`;
    made.addEventListener("click", async () => keep(await save[kind](), name));
    return made;
  };
  const bar = figure.querySelector(".downloads") ?? figure.appendChild(element("div", { className: "downloads" }));
  const kinds = wanted.split(/[\s,]+/).filter(kind => save[kind]);
  // As they are, they keep the focus.
  const focused = [...bar.children].indexOf(figure.getRootNode().activeElement);
  bar.replaceChildren(...kinds.map(button));
  bar.children[focused]?.focus({ preventScroll: true });
}

function keep(blob, download) {
  const href = URL.createObjectURL(blob);
  element("a", { href, download }).click();
  // The browser takes it when it gets round to it.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/** The canvas below the title and above the legend, on the page's own ground. */
function picture(figure, title) {
  const drawn = figure.querySelector("canvas");
  const { color, fontFamily, fontSize, direction } = getComputedStyle(figure);
  const size = parseFloat(fontSize);
  const [scale, width] = [drawn.width / drawn.clientWidth, drawn.clientWidth + 2 * size];
  const made = element("canvas");
  const context = made.getContext("2d");
  const isRightToLeft = direction === "rtl";
  const font = bold => `${bold ? "600 " : ""}${bold ? size : size * 0.8125}px ${fontFamily}`;
  const measure = (text, bold) => {
    context.font = font(bold);
    return context.measureText(text).width;
  };
  const titles = lines(title.split(" "), word => measure(`${word} `, true), width - 2 * size);
  const entries = [...figure.querySelectorAll(".legend button:not([aria-pressed=false])")].map(each => ({
    name: each.textContent, color: getComputedStyle(each, "::before").backgroundColor,
  }));
  const legend = lines(entries, ({ name }) => measure(name) + 2.5 * size, width - 2 * size);
  const top = size * (1.5 + 1.5 * titles.length);
  made.width = width * scale;
  made.height = (top + drawn.clientHeight + size * (1 + 1.5 * legend.length)) * scale;
  context.scale(scale, scale);
  context.fillStyle = groundOf(figure);
  context.fillRect(0, 0, width, made.height);
  context.drawImage(drawn, size, top, drawn.clientWidth, drawn.clientHeight);
  const write = (text, x, y, bold) => {
    Object.assign(context, { font: font(bold), fillStyle: color, textAlign: isRightToLeft ? "right" : "left", direction });
    context.fillText(text, isRightToLeft ? width - x : x, y);
  };
  titles.forEach((words, at) => write(words.join(" "), size, size * (1.75 + 1.5 * at), true));
  legend.forEach((line, at) => {
    let x = size;
    const y = top + drawn.clientHeight + size * (1.25 + 1.5 * at);
    for (const entry of line) {
      context.fillStyle = entry.color;
      context.fillRect(isRightToLeft ? width - x - size * 0.65 : x, y - size * 0.6, size * 0.65, size * 0.65);
      write(entry.name, x + size, y);
      x += measure(entry.name) + 2.5 * size;
    }
  });
  return new Promise(resolve => made.toBlob(resolve));
}

/** Parts, in as many lines as they need. */
function lines(parts, widthOf, room) {
  const made = [];
  let left = 0;
  for (const part of parts) {
    const width = widthOf(part);
    if (width > left || !made.length) {
      made.push([]);
      left = room;
    }
    made.at(-1).push(part);
    left -= width;
  }
  return made;
}

/** The colour behind an element: the nearest that isn't transparent. */
function groundOf(node) {
  for (let each = node; each; each = each.parentElement ?? each.getRootNode().host) {
    const { backgroundColor } = getComputedStyle(each);
    if (!/^rgba\(.*, 0(\.\d+)?\)$|\/ 0(\.\d+)?\)$/.test(backgroundColor)) return backgroundColor;
  }
  const probe = node.appendChild(element("i", { hidden: true }));
  probe.style.color = "Canvas";
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
