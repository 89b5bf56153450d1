// The points, bars or slices of a canvas that a visitor selects, by pointer or keyboard.

import { isHorizontal } from "./axes.js";
import { describe } from "./options.js";
import { selected } from "./shape.js";
import { adopt, element } from "./shell.js";

const style = new CSSStyleSheet();
style.replaceSync(`
  .area:has(.points) canvas { cursor: pointer; }
  .points { position: absolute; inset: 0; pointer-events: none; }
  .points div { position: absolute; translate: -50% -50%; inline-size: 1.5em; block-size: 1.5em; border-radius: .25em; }
`);

/**
 * The points of a canvas, as a list of which there is one option at a time: the keyboard reaches it, arrow keys move it,
 * Enter selects it.
 */
export class Points {
  #list = element("div", { className: "points", role: "listbox" });
  #chart;
  #shown;
  #at = { datasetIndex: 0, index: 0 };

  /** @param {HTMLElement} area what the canvas fills */
  constructor(area, canvas) {
    adopt(area, style);
    area.append(this.#list);
    canvas.addEventListener("click", this.#click);
    this.#list.addEventListener("keydown", this.#press);
    this.#list.addEventListener("focusin", () => this.#point([this.#at]));
    this.#list.addEventListener("focusout", () => this.#point([]));
  }

  show(chart, shown) {
    this.#chart = chart;
    this.#shown = shown;
    this.#list.ariaLabel = shown.title;
    if (!this.#isThere(this.#at)) this.#at = this.#next({ datasetIndex: 0, index: -1 }, 0, 1) ?? this.#at;
    this.#move(this.#at, this.#list.matches(":focus-within"));
  }

  /** The row of a point, if it is seen, and not of several rows. */
  #rowOf({ datasetIndex, index }) {
    const point = this.#chart.data.datasets[datasetIndex]?.data[index];
    const { data, rows } = this.#shown.series[datasetIndex] ?? { data: [] };
    const at = point?.at ?? index;
    if (!this.#chart.isDatasetVisible(datasetIndex) || !this.#chart.getDataVisibility(index)) return undefined;
    return Number.isNaN(data[at]) ? undefined : rows?.[at];
  }

  #isThere(place) {
    return this.#rowOf(place) !== undefined;
  }

  /** The next point in a direction, among series or along one. */
  #next({ datasetIndex, index }, series, along) {
    const { datasets } = this.#chart.data;
    const place = { datasetIndex: datasetIndex + series, index: index + along };
    for (; datasets[place.datasetIndex]?.data.length > place.index && place.index >= 0;) {
      if (this.#isThere(place)) return { ...place };
      place.datasetIndex += series;
      place.index += along;
    }
    return undefined;
  }

  /** A new option each time: that is what screen readers read. */
  #move(place, hasFocus) {
    this.#at = place;
    const { datasetIndex, index } = place;
    if (!this.#isThere(place)) return this.#list.replaceChildren();
    const { data } = this.#chart.data.datasets[datasetIndex];
    const option = element("div", {
      role: "option", tabIndex: 0, ariaLabel: describe(this.#shown, datasetIndex, data[index]?.at ?? index),
      ariaSelected: "false", ariaPosInSet: String(index + 1), ariaSetSize: String(data.length),
    });
    const old = [...this.#list.children];
    this.#list.append(option);
    if (hasFocus) option.focus({ preventScroll: true });
    for (const each of old) each.remove();
    return undefined;
  }

  /** Shows the tooltip of points, and the mark of the focus there. */
  #point(places) {
    const { x, y } = places.map(({ datasetIndex, index }) =>
      this.#chart.getDatasetMeta(datasetIndex).data[index].tooltipPosition(true))[0] ?? { x: 0, y: 0 };
    const { style } = this.#list.lastElementChild ?? this.#list;
    if (places.length) Object.assign(style, { left: `${x}px`, top: `${y}px` });
    this.#chart.setActiveElements(places);
    this.#chart.tooltip.setActiveElements(places, { x, y });
    this.#chart.update("none");
  }

  #select() {
    const row = this.#rowOf(this.#at);
    if (row) this.#shown.select(selected(this.#shown, row, this.#shown.series[this.#at.datasetIndex].column));
  }

  #click = event => {
    const { kind } = this.#shown;
    const find = options => this.#chart.getElementsAtEventForMode(event, "nearest", options, true)[0];
    let hit = find({ intersect: true });
    if (kind === "bar") hit ??= find({ intersect: false, axis: isHorizontal(this.#shown) ? "y" : "x" });
    if (kind === "line" || kind === "area") hit ??= find({ intersect: false });
    if (!hit || !this.#isThere(hit)) return;
    this.#move({ datasetIndex: hit.datasetIndex, index: hit.index }, false);
    this.#select();
  };

  #press = event => {
    const { kind } = this.#shown;
    const onward = getComputedStyle(this.#list).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const isAcross = { ArrowLeft: true, ArrowRight: true }[event.key];
    const by = { ArrowDown: 1, ArrowUp: -1, ArrowLeft: -1, ArrowRight: -1, [onward]: 1 }[event.key];
    const { datasetIndex } = this.#at;
    const last = this.#chart.data.datasets[datasetIndex].data.length;
    let place;
    if (event.key === "Home") place = this.#next({ datasetIndex, index: -1 }, 0, 1);
    else if (event.key === "End") place = this.#next({ datasetIndex, index: last }, 0, -1);
    else if (by && (/pie|donut/.test(kind) || !isAcross === isHorizontal(this.#shown))) place = this.#next(this.#at, 0, by);
    else if (by) place = this.#next(this.#at, by, 0);
    else if (event.key === "Enter" || event.key === " ") this.#select();
    else if (event.key === "Escape") this.#list.closest("figure").focus({ preventScroll: true });
    else return;
    event.preventDefault();
    if (place) this.#move(place, true);
  };
}
