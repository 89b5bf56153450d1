// Defines <tinybird-chart>, which is in element.js. The other scripts belong beside this file.
//
// It asks for all scripts that the page's charts need at once, and says so where they don't fit together: after an upgrade
// a browser may have some of the old ones.

/** For any chart, for frames, for drawings, and for those on a canvas. */
const ELEMENT = ["element", "shell", "dom", "source", "token-client", "request", "json", "answers"];
const FRAME = ["frame"];
const DRAWING = ["drawing", "shape", "series", "columns", "times", "formats", "structures", "tables", "colors"];
const CANVAS = ["canvas", "options", "ticks", "thin", "legend"];

const here = import.meta.url;
const charts = [...document.querySelectorAll("tinybird-chart")];
const drawn = charts.filter(chart => !chart.hasAttribute("src"));
const onCanvas = drawn.filter(chart => !/^(table|bar-list|big-number)$/.test(chart.getAttribute("type")));
preload([
  ...ELEMENT, ...(charts.length > drawn.length ? FRAME : []), ...(drawn.length ? DRAWING : []), ...(onCanvas.length ? CANVAS : []),
].map(name => new URL(`${name}.js`, here).href));

const { TinybirdChart, ChartError, TokenClient } = await import("./element.js").catch(explain);

// A page may have it from two places.
if (!customElements.get("tinybird-chart")) customElements.define("tinybird-chart", TinybirdChart);

export { TinybirdChart, ChartError, TokenClient };

function preload(addresses) {
  const known = new Set([...document.querySelectorAll("link[rel=modulepreload]")].map(link => link.href));
  for (const href of addresses) {
    if (!known.has(href)) document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
  }
}

/** The element where there is no other: a line of text. */
function explain(error) {
  console.error(`tinybird-chart: the scripts beside ${here} can't be loaded, or are of another version: ${error.message}`);
  return {
    TinybirdChart: class extends HTMLElement {
      connectedCallback() {
        this.attachShadow({ mode: "open" }).textContent = "This chart can’t be shown. Reload the page.";
      }
    },
  };
}
