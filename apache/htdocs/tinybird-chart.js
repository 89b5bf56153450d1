// Defines <tinybird-chart>, which is in element.js. The other scripts belong beside this file.
//
// It asks for all that the page's charts need, in the order of need, as browsers ask few things at once of a server: a
// token, the scripts for drawings, and what draws on a canvas; for the data as soon as there is a token. And it says so
// where the scripts don't fit together: after an upgrade a browser may have some of the old ones.

// In packages each list is one script, named for its first (packaging/bundle).
const ELEMENT = ["element", "source", "token-client", "request", "shell", "words", "controls", "properties"];
const DRAWING = ["drawing", "shape", "columns", "times", "formats", "tables", "number"];
const CANVAS = ["canvas", "series", "options", "axes", "ticks", "colors", "legend"];
const IN_TABLES = ["sorting", "bars"];

const here = import.meta.url;
// By the document's own functions: elements may be named like them.
const { createElement, querySelectorAll } = Document.prototype;
const find = selector => [...querySelectorAll.call(document, selector)];
const charts = find("tinybird-chart:not([loading=lazy i])");
const those = selector => charts.filter(chart => chart.matches(selector));
const ON_CANVAS = ":not([src], [type=table], [type=bar-list], [type=big-number])";

preload(ELEMENT);
const element = import("./element.js").catch(explain);
// What fails is said below, or by the element.
const source = await import("./source.js").catch(() => {});
for (const chart of charts) source?.askEarly(chart);
preload(charts.map(chart => source?.scriptOf(chart)).filter(Boolean));
preloadFor("[src]", ["frame"]);
preloadFor(":not([src])", DRAWING);
preloadFor(ON_CANVAS, CANVAS);
if (!globalThis.Chart?.version) {
  preload([], those(ON_CANVAS).map(chart => [chart.getAttribute("chart-js") ?? source?.CHART_JS, chart.baseURI]));
}
preloadFor("[type=table], [type=bar-list]", IN_TABLES);
preloadFor("[selectable]:is([type=table], [type=bar-list])", ["rows"]);
preloadFor(`[selectable]${ON_CANVAS}`, ["points"]);
preloadFor("[format*=bytes], [format*=compact], [format*=duration]", ["measures"]);
preloadFor("[downloads]", ["downloads"]);

const { TinybirdChart, ChartError, TokenClient } = await element;

// A page may have it from two places.
if (!customElements.get("tinybird-chart")) customElements.define("tinybird-chart", TinybirdChart);

export { TinybirdChart, ChartError, TokenClient };

/** Loads scripts that such charts need. */
function preloadFor(selector, names) {
  if (those(selector).length) preload(names);
}

/** Loads scripts beside this one, and others, which nothing runs yet. */
function preload(names, others = []) {
  const known = new Set(find("link[rel=modulepreload]").map(link => link.href));
  for (const url of [...names.map(name => [`${name}.js`, here]), ...others]) {
    const { href, protocol } = URL.canParse(...url) ? new URL(...url) : {};
    if (known.has(href) || !/^https?:$/.test(protocol)) continue;
    known.add(href);
    const link = Object.assign(createElement.call(document, "link"), { rel: "modulepreload", href });
    find("head")[0].append(link);
  }
}

/** The element where there is no other: a line of text. */
function explain(error) {
  console.error(`tinybird-chart: the scripts beside ${here} are of another version, or away: ${error.message}`);
  return {
    TinybirdChart: class extends HTMLElement {
      connectedCallback() {
        this.attachShadow({ mode: "open" }).textContent = "This chart can’t be shown. Reload the page.";
      }
    },
  };
}
