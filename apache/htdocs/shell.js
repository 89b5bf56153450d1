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
  figure { position: relative; display: flex; flex-direction: column; gap: .5rem; height: 320px; margin: 0; }
  figcaption { font-weight: 600; }
  figcaption:empty { display: none; }
  #plot { position: relative; flex: 1; min-height: 0; }
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

  /* What is said: to screen readers alone while loading, at the chart's foot, or in its place, so that nothing moves. */
  #note { position: absolute; inset: auto 0 0; }
  [data-state=loading] #note { opacity: 0; pointer-events: none; }
  [data-state=ready] #note p:not(:empty) {
    padding: .25rem .5rem; border-radius: .25rem; background: Canvas; color: CanvasText; font-size: .8125rem;
  }
  [data-state=empty] #note, [data-state=error] #note {
    inset: 0; display: flex; flex-direction: column; gap: 1rem; align-items: center; justify-content: center;
    padding: 0 1rem; text-align: center;
  }
  [data-state=empty] #plot > *, [data-state=error] #plot > * { visibility: hidden; }
  #note p { margin: 0; }
  button {
    padding: .5rem 1.25rem; border: 1px solid; border-radius: .5rem; background: none; color: inherit; font: inherit;
    font-weight: 600; cursor: pointer;
  }
`);

/** Fills `root`, an element's shadow root; its parts. */
export function shell(root) {
  root.adoptedStyleSheets = [style];
  root.append(template.content.cloneNode(true));
  const [figure, caption, plot, status, button] =
    ["figure", "figcaption", "#plot", "#note p", "button"].map(part => root.querySelector(part));
  return { figure, caption, plot, status, button };
}
