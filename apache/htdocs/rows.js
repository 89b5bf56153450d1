// The rows of a table that a visitor selects, by pointer or keyboard.

import { selected } from "./shape.js";
import { adopt, element } from "./shell.js";

const style = new CSSStyleSheet();
style.replaceSync(`
  .selectable tbody tr { cursor: pointer; }
  .selectable tbody tr:hover { background: color-mix(in srgb, currentColor 6%, transparent); }
  .selectable tbody button {
    padding: 0; border: 0; background: none; color: inherit; font: inherit; text-align: start; cursor: pointer;
  }
`);

/** Rows of a table: each has a button in its first cell without a link, of which the keyboard reaches one. */
export class Rows {
  #area;
  #rowOf;
  #shown;

  /** @param {HTMLElement} area what the table is in @param {WeakMap<Element, object>} rowOf the row of each `<tr>` */
  constructor(area, rowOf) {
    adopt(area, style);
    this.#area = area;
    this.#rowOf = rowOf;
    area.classList.add("selectable");
    area.addEventListener("click", this.#click);
    area.addEventListener("keydown", this.#press);
  }

  show(shown) {
    this.#shown = shown;
    for (const { cells } of this.#area.querySelectorAll("tbody tr")) {
      const cell = [...cells].find(each => !each.querySelector("a"));
      // Not what is behind the text.
      cell?.append(element("button", { type: "button", tabIndex: -1 },
        ...[...cell.childNodes].filter(node => node.localName !== "i")));
    }
    const [first] = this.#buttons;
    if (first) first.tabIndex = 0;
  }

  get #buttons() {
    return [...this.#area.querySelectorAll("tbody button")];
  }

  #click = ({ target }) => {
    const row = !target.closest("a") && this.#rowOf.get(target.closest("tr"));
    const { kind, values } = this.#shown;
    if (row) this.#shown.select(selected(this.#shown, row, kind === "bar-list" ? values[0] : undefined));
  };

  #press = event => {
    const buttons = this.#buttons;
    const at = buttons.indexOf(event.target);
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (!buttons[to]) return;
    event.preventDefault();
    buttons[at].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  };
}
