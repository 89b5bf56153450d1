// The shell of a <tinybird-chart>. All colours are made from the page's own, so that it fits light and dark pages.

const template = document.createElement("template");
template.innerHTML = `
  <figure title="" tabindex="-1">
    <figcaption></figcaption>
    <div id="plot"></div>
    <div id="note"><p role="status"></p><button type="button">Try again</button></div>
  </figure>`;

const style = new CSSStyleSheet();
style.replaceSync(`
  :host { display: block; min-width: 0; }
  :host([hidden]) { display: none; }
  figure { display: grid; grid: auto minmax(0, 1fr) auto / minmax(0, 1fr); height: 320px; margin: 0; }
  figcaption { font-weight: 600; }
  figcaption:not(:empty) { margin-bottom: .5rem; }
  #plot { grid-area: 2 / 1; position: relative; }
  iframe { position: absolute; inset: 0; width: 100%; height: 100%; border: 0; }
  iframe.behind { opacity: 0; }
  :focus-visible { outline: 2px solid; outline-offset: 2px; }

  [data-state=loading] #plot {
    --glow: color-mix(in srgb, currentColor 6%, transparent);
    border-radius: .5rem; background: linear-gradient(90deg, transparent, var(--glow), transparent) 0 / 200%, var(--glow);
    animation: wait 1.5s linear infinite;
  }
  @keyframes wait { from { background-position: 200% 0; } to { background-position: 0 0; } }
  @media (prefers-reduced-motion: reduce) { [data-state=loading] #plot { animation: none; } }

  /* What is said: below the chart, or in its place, or to screen readers alone. The figure keeps its size. */
  #note { grid-area: 3 / 1; position: relative; font-size: .8125rem; }
  #note p { margin: 0; }
  #note p:not(:empty) { padding-top: .5rem; }
  figure:not([data-state=ready]) #note {
    grid-row: 2; display: grid; gap: 1rem; place-self: center; place-items: center; padding: 0 1rem; font-size: inherit;
    text-align: center;
  }
  [data-state=loading] #note { opacity: 0; pointer-events: none; }
  [data-state=empty] #plot > *, [data-state=error] #plot > * { visibility: hidden; }
  button {
    padding: .5rem 1.25rem; border: 1px solid; border-radius: .5rem; background: none; color: inherit; font: inherit;
    font-weight: 600; cursor: pointer;
  }
  /* Its place is kept, so that the words beside it don't move. */
  figure:not([data-state=ready]) button { display: block; }
  button[hidden] { visibility: hidden; }
`);

/** Fills `root`, an element's shadow root; its parts. */
export function shell(root) {
  root.adoptedStyleSheets = [style];
  root.append(template.content.cloneNode(true));
  const [figure, caption, plot, status, button] =
    ["figure", "figcaption", "#plot", "#note p", "button"].map(part => root.querySelector(part));
  return { figure, caption, plot, status, button };
}
