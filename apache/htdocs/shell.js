// The shell of a <tinybird-chart>. All colours are made from the page's own, so that it fits light and dark pages.

const template = document.createElement("template");
template.innerHTML = `
  <figure title="" tabindex="-1" data-state="loading" aria-busy="true">
    <figcaption></figcaption>
    <div id="plot"></div>
    <p role="status">Loading…</p>
    <div id="problem"><p role="alert"></p><button type="button">Try again</button></div>
  </figure>`;

const style = new CSSStyleSheet();
style.replaceSync(`
  :host { display: block; min-width: 0; }
  :host([hidden]) { display: none; }
  figure {
    position: relative; display: flex; flex-direction: column; gap: .5rem; box-sizing: border-box; height: 320px;
    margin: 0; outline-offset: 2px; transition: color 1ms;
    --faint: color-mix(in srgb, currentColor 15%, transparent);
  }
  figcaption { font-weight: 600; }
  figcaption:empty { display: none; }
  #plot { position: relative; flex: 1; min-height: 0; }
  iframe { position: absolute; inset: 0; width: 100%; height: 100%; border: 0; }
  iframe.behind { opacity: 0; }
  canvas { position: absolute; inset: 0; }

  /* Loading, nothing, an error: in the chart's place, so that nothing moves. */
  [data-state=loading] #plot {
    --glow: color-mix(in srgb, currentColor 6%, transparent);
    border-radius: .5rem; background: linear-gradient(90deg, transparent, var(--glow), transparent) 0 / 200%, var(--glow);
    animation: wait 1.5s linear infinite;
  }
  @keyframes wait { from { background-position: 200% 0; } to { background-position: 0 0; } }
  @media (prefers-reduced-motion: reduce) { [data-state=loading] #plot { animation: none; } }
  [data-state=empty] #plot > *, [data-state=error] #plot > * { visibility: hidden; }
  #problem { display: none; }
  [data-state=error] #problem, [data-state=empty] [role=status] {
    position: absolute; inset: 0; z-index: 1; display: flex; flex-direction: column; gap: 1rem; align-items: center;
    justify-content: center; margin: 0; text-align: center;
  }
  #problem p { max-width: 32rem; margin: 0; padding: 0 1rem; }
  button {
    padding: .5rem 1.25rem; border: 1px solid; border-radius: .5rem; background: none; color: inherit; font: inherit;
    font-weight: 600; cursor: pointer;
  }
  button[hidden] { display: none; }
  :focus-visible { outline: 2px solid; outline-offset: 2px; }
  /* What is said to screen readers while loading; or, for all, that the chart isn't up to date. */
  [role=status] { position: absolute; inset: auto 0 0; margin: 0; }
  [data-state=loading] [role=status], [role=status]:empty { opacity: 0; pointer-events: none; }
  [data-state=ready] [role=status]:not(:empty) {
    padding: .25rem .5rem; border-radius: .25rem; background: Canvas; color: CanvasText; font-size: .8125rem;
  }

  /* Tables: what is drawn on a canvas has one too, which is seen where the keyboard goes to it. */
  .data { height: 100%; overflow: auto; }
  canvas ~ .data { position: absolute; inset: 0; background: Canvas; color: CanvasText; }
  canvas ~ .data:not(:focus) { clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  table { width: 100%; border-collapse: collapse; font-size: .9375rem; font-variant-numeric: tabular-nums; }
  caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--faint); font-weight: inherit; text-align: start; }
  thead th { font-weight: 600; }
  .n { text-align: end; white-space: nowrap; }
  .bars th { position: relative; width: 80%; border: 0; z-index: 0; overflow-wrap: anywhere; }
  .bars td { border: 0; }
  .bars i { position: absolute; inset: 2px auto 2px 0; z-index: -1; border-radius: .25rem; opacity: .3; }
  .number { margin: 0; font-size: clamp(2rem, 8vw, 3.5rem); font-weight: 650; line-height: 1.1; }
  .number small { display: block; font-size: 1rem; font-weight: 400; }
`);

/** Fills `root`, an element's shadow root; its parts. */
export function shell(root) {
  root.adoptedStyleSheets = [style];
  root.append(template.content.cloneNode(true));
  const part = selector => root.querySelector(selector);
  return {
    figure: part("figure"), caption: part("figcaption"), plot: part("#plot"), status: part("[role=status]"),
    alert: part("[role=alert]"), button: part("button"),
  };
}
