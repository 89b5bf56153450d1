// The legend below or beside a canvas: in HTML, so that it wraps, grows with the text and is reached by the keyboard.

import { element } from "./shell.js";

export const style = new CSSStyleSheet();
style.replaceSync(`
  .legend {
    display: flex; flex-wrap: wrap; gap: 0 1em; justify-content: center; align-content: start;
    max-block-size: min(35cqb, 9em); margin: .5em 0 0; padding: 0; overflow-y: auto; font-size: .8125em;
    list-style: none;
  }
  .legend[hidden] { display: none; }
  .legend li { max-inline-size: min(100%, 18em); }
  .legend button {
    display: flex; align-items: center; gap: .5em; max-inline-size: 100%; min-block-size: 1.85em; padding: 0 .2em;
    border: 0; background: none; color: inherit; font: inherit; cursor: pointer;
  }
  .legend span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .legend button::before {
    content: ""; flex: none; inline-size: .8em; block-size: .8em; border-radius: .2em; background: var(--color);
    forced-color-adjust: none; print-color-adjust: exact;
  }
  .legend [aria-pressed=false] { text-decoration: line-through; }
  .legend [aria-pressed=false]::before { background: none; box-shadow: inset 0 0 0 .1em currentColor; }
  @container (min-width: 26em) {
    .round { grid: minmax(0, 1fr) / minmax(0, 1fr) minmax(0, max-content); gap: 1em; }
    .round .legend {
      flex-flow: column nowrap; justify-content: safe center; max-block-size: none; max-inline-size: 45cqi; margin: 0;
    }
  }
`);

export class Legend {
  #list = element("ul", { className: "legend", role: "list", part: "legend" });
  #toggle;
  #entries;
  /** What the visitor has switched off, by name: that outlives new data. */
  hidden = new Set();

  /** @param {() => void} toggle is called when an entry was switched on or off */
  constructor(box, toggle) {
    box.append(this.#list);
    this.#toggle = toggle;
  }

  /** @param {{name: string, color: string}[]} entries none: no legend */
  show(entries) {
    const text = JSON.stringify(entries);
    // As it is, it keeps the focus.
    if (text === this.#entries) return;
    this.#entries = text;
    this.#list.hidden = !entries.length;
    this.#list.replaceChildren(...entries.map(entry => element("li", {}, this.#button(entry))));
  }

  #button({ name, color }) {
    const properties = { type: "button", title: name, ariaPressed: String(!this.hidden.has(name)) };
    const button = element("button", properties, element("span", {}, name));
    button.style.setProperty("--color", color);
    button.addEventListener("click", () => {
      if (!this.hidden.delete(name)) this.hidden.add(name);
      button.ariaPressed = String(!this.hidden.has(name));
      this.#toggle();
    });
    return button;
  }
}
