// Colours of series, and what a canvas can do with any colour of CSS.

import { element } from "./shell.js";

/** Each is seen on white and on black (3:1 and more). A page may have others. */
const COLORS = ["#1a8f66", "#3f7fd9", "#d0670f", "#9566d6", "#d9485f", "#0d8a9e", "#84801c", "#c74f9a"];
const PROPERTIES = COLORS.map((_, at) => `--tinybird-chart-color-${at + 1}`);
const BASE = COLORS.map((color, at) => `var(${PROPERTIES[at]}, ${color})`);
/** Of the lines behind a chart. */
export const GRID = "--tinybird-chart-grid";
/** What tells that the page has other colours: transitions of them all, of a canvas. */
export const TRANSITIONS = ["color", GRID, ...PROPERTIES].map(name => `${name} 1ms allow-discrete`);
/** What the others are that share one colour. */
export const REST = "#7d8590";
/** Once all are used they come again: darker, lighter, and then further so. */
const SHADES = [55, 30, 75].flatMap(share => [["CanvasText", share], ["Canvas", share]]);

/** As many colours of CSS as are needed, no two alike up to seven times as many as `colors` has. */
export function paletteOf(colors, count) {
  const base = colors.length ? colors : BASE;
  return Array.from({ length: Math.max(count, 1) }, (_, at) => {
    const color = base[at % base.length];
    const round = Math.floor(at / base.length);
    if (!round) return color;
    const [other, share] = SHADES[(round - 1) % SHADES.length];
    return `color-mix(in oklab, ${color} ${share}%, ${other})`;
  });
}

/**
 * What makes rgba(…) of a colour in an element's place: of names, variables, color-mix() and all else that CSS knows.
 * Grey, of what it doesn't. `alpha` makes it more transparent.
 */
export function resolver(place) {
  const canvas = element("canvas", { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return (color, alpha = 1) => {
    const probe = element("i", { hidden: true });
    probe.style.forcedColorAdjust = "none";
    probe.style.color = REST;
    probe.style.color = color;
    place.append(probe);
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = getComputedStyle(probe).color;
    probe.remove();
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue, opacity] = context.getImageData(0, 0, 1, 1).data;
    return `rgba(${red}, ${green}, ${blue}, ${(opacity / 255 * alpha).toFixed(3)})`;
  };
}
