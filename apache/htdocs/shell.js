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
  }
  figcaption, #plot, #note { grid-column: 1 / -1; }
  figcaption { font-weight: 600; overflow-wrap: anywhere; }
  figcaption:not(:empty) { margin-block-end: .5rem; }
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

  /* What is said: below the chart, or in its place, or to screen readers alone. The figure keeps its size. */
  #note { grid-row: 3; position: relative; font-size: .8125em; }
  #note p { margin: 0; }
  #note p:not(:empty) { padding-block-start: .5rem; }
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

/** Fills `root`, an element's shadow root; its parts. */
export function shell(root) {
  adopt(root, style);
  const caption = element("figcaption");
  const plot = element("div", { id: "plot" });
  const status = element("p", { role: "status" });
  const button = element("button", { type: "button", hidden: true }, "Try again");
  // Not the host's title, as a tooltip over all of it.
  const figure = element("figure", { tabIndex: -1 }, caption, plot, element("div", { id: "note" }, status, button));
  figure.setAttribute("title", "");
  root.append(figure);
  return { figure, caption, plot, status, button };
}

/** An element with properties and children. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Gives a shadow root one more style sheet, once. */
export function adopt(node, style) {
  const root = node.getRootNode();
  if (!root.adoptedStyleSheets.includes(style)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, style];
}
