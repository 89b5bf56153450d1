// The shell of a <tinybird-chart>. All colours are made from the page's own, so that it fits light and dark pages.

const style = new CSSStyleSheet();
style.replaceSync(`
  :host {
    display: block; box-sizing: border-box; min-inline-size: 0;
    inline-size: -moz-available; inline-size: -webkit-fill-available; inline-size: stretch;
  }
  :host([hidden]) { display: none; }
  /* Where the width is for the content to say, it is 20rem: the first column takes all that there is, up to that. */
  figure {
    display: grid; grid: auto minmax(3rem, 1fr) auto / minmax(0, 20rem) minmax(0, 1fr);
    min-block-size: max(var(--height, 320) * 1px, var(--height, 320) / 16 * 1rem); margin: 0;
    font-size: var(--tinybird-chart-font-size, inherit);
  }
  figcaption, #plot, #note { grid-column: 1 / -1; }
  figcaption { font-weight: 600; overflow-wrap: anywhere; }
  figcaption:not(:empty) { margin-block-end: .5rem; }
  figcaption small { display: block; font-size: .8125em; font-weight: 400; }
  #plot { grid-row: 2; position: relative; container-type: size; }
  iframe { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; border: 0; border-radius: .5rem; }
  iframe.behind { opacity: 0; }
  :focus-visible { outline: 2px solid; outline-offset: 2px; }

  [data-state=loading] #plot, [data-state=error] #plot, [data-state=empty] #plot {
    --glow: color-mix(in srgb, currentColor 5%, transparent);
    border-radius: .5rem; background: var(--glow);
  }
  [data-state=loading] #plot {
    background: linear-gradient(90deg, transparent, var(--glow), transparent) 0 / 200%, var(--glow);
    animation: wait 1.5s linear infinite;
  }
  @keyframes wait { from { background-position: 200% 0; } to { background-position: 0 0; } }
  @media (prefers-reduced-motion: reduce) { [data-state=loading] #plot { animation: none; } }
  /* The answer to other parameters: seen until the new one is there, and not at once as if it were gone. */
  [aria-busy=true] #plot > * { opacity: .45; transition: opacity .2s .2s; }

  /* What is said: below the chart, or in its place, or to screen readers alone. The figure keeps its size. */
  #note { grid-row: 3; position: relative; font-size: .8125em; }
  #note p { margin: 0; }
  #note p:has(:not(:empty)) { padding-block-start: .5rem; }
  figure:not([data-state=ready]) #note {
    grid-row: 2; display: grid; gap: 1rem; place-self: center; place-items: center; padding: 0 1rem; font-size: inherit;
    text-align: center; text-wrap: balance;
  }
  [data-state=loading] #note { opacity: 0; pointer-events: none; }
  [data-state=empty] #plot > *, [data-state=error] #plot > * { visibility: hidden; }
  #note button {
    padding: .5rem 1.25rem; border: 1px solid; border-radius: .5rem; background: none; color: inherit; font: inherit;
    font-weight: 600; cursor: pointer;
  }
  /* Its place is kept, so that the words beside it don't move. */
  figure:not([data-state=ready]) #note button { display: block; }
  #note button[hidden] { visibility: hidden; }
  [data-state=ready] #note button[hidden] { display: none; }

  @media (forced-colors: active) {
    [data-state=error] #plot, [data-state=empty] #plot, [data-state=loading] #plot { border: 1px solid; }
  }
  @media print {
    figure { break-inside: avoid; }
    /* All of a table. */
    figure:has(#plot > .data:first-child) { min-block-size: 0; break-inside: auto; }
    #plot:has(> .data:first-child) { container-type: normal; }
    #note button { display: none !important; }
  }
`);

/** What is around a chart: its caption, and what is said of it. */
export class Shell {
  #caption = element("figcaption", { part: "caption" });
  #status = element("p", { role: "status", part: "status" });
  #slot = this.#status.appendChild(element("slot"));
  #figure;
  plot = element("div", { id: "plot", part: "plot" });
  #button = element("button", { type: "button", hidden: true, part: "button" });

  /** @param {ShadowRoot} root what it fills @param {() => void} retry is called when the visitor wants another try */
  constructor(root, retry) {
    adopt(root, style);
    this.#figure = element("figure", { tabIndex: -1 },
      this.#caption, this.plot, element("div", { id: "note" }, this.#status, this.#button));
    // Not the host's title, as a tooltip over all of it.
    this.#figure.setAttribute("title", "");
    root.append(this.#figure);
    this.#button.addEventListener("click", () => {
      // The button goes away: the chart has the focus then.
      this.#figure.focus({ preventScroll: true });
      retry();
    });
  }

  get state() {
    return this.#figure.dataset.state;
  }

  /** Takes over what the chart's attributes say of it. */
  read(chart) {
    const height = Number(chart.getAttribute("height"));
    this.#figure.style.setProperty("--height", height > 0 ? height : "");
    const description = chart.getAttribute("description");
    this.#caption.replaceChildren(chart.getAttribute("title") ?? "");
    if (description) this.#caption.append(element("small", {}, description));
    this.#figure.ariaDescription = description;
  }

  /** @param {"loading" | "ready" | "empty" | "error"} state @param {string} text what is said then */
  show(state, text, canRetry = false) {
    this.#figure.dataset.state = state;
    this.#figure.ariaBusy = String(state === "loading");
    // Of the page's own, if it has any. Not said again by screen readers with each try.
    this.#slot.name = state;
    if (this.#slot.textContent !== text) this.#slot.textContent = text;
    this.#button.hidden = !canRetry;
  }

  /** Something is under way: what is there stays in sight, if anything is. */
  wait() {
    if (/ready|empty/.test(this.state)) this.#figure.ariaBusy = "true";
    else this.show("loading", "");
  }

  /** Takes over the words that stay. @param {string} name the chart's, also for screen readers */
  speak(say, name) {
    this.#button.textContent = say("retry");
    this.#figure.ariaLabel = name;
    if (this.state === "loading") this.show("loading", say("loading"));
  }
}

const { createElement } = Document.prototype;

/** An element with properties and children. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(createElement.call(document, name), properties);
  made.append(...children);
  return made;
}

/** Gives a shadow root one more style sheet, once. */
export function adopt(node, style) {
  const root = node.getRootNode();
  if (!root.adoptedStyleSheets.includes(style)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, style];
}
