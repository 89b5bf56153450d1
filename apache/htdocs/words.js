// What the element says, in English; the other languages are in words-de.js and so on, each loaded where it is needed.

const ENGLISH = {
  chart: "Chart",
  loading: "Loading…",
  empty: "There is no data to show.",
  retry: "Try again",
  stale: "Not up to date. {message}",
  data: "{title}: data",
  line: "{title}: line chart",
  area: "{title}: area chart",
  bar: "{title}: bar chart",
  pie: "{title}: pie chart",
  donut: "{title}: donut chart",
  others: "Other",
  largest: "The largest {count} of {total} are drawn.",
  without: "Rows without “{column}” are not drawn: {count}.",
  first: "First {count} of {total} rows.",
  versus: "{change} vs. {value}",
  negative: "Negative values don’t fit this type of chart: this is the table.",
  shares: "Negative values have no shares of a whole: this is the table.",
  zeros: "All values are zero: this is the table.",
  bars: "There are too many bars to draw: this is the table.",
  asTable: "This chart is shown as a table.",
  cannot: "This chart can’t be shown.",
  reload: "This chart can’t be shown. Reload the page.",
  unnamed: "This page names no chart.",
  late: "The server took too long to answer.",
  lateFrame: "The chart took too long to load.",
  unreachable: "The server can’t be reached. Check your connection.",
  busy: "There are too many requests just now.",
  unavailable: "This chart isn’t available just now (the server answered {status}).",
  unset: "This chart isn’t available: the site’s administrator has to complete its settings.",
  signIn: "You need to sign in to see this chart, with an account that may see it.",
  forbidden: "You may not see this chart’s data.",
  missing: "This chart’s data can’t be found.",
  unclear: "The chart’s data can’t be understood.",
  noToken: "The server’s answer can’t be understood. Reload the page; you may have to sign in again.",
  tooLong: "There is too much data to draw.",
  tooMany: "There are too many rows to draw.",
  csv: "Download as CSV",
  png: "Download as PNG",
};
const OTHERS = ["de", "es", "fr", "it", "pt"];

/** The language of an element, or of what its shadow root is in; without one, the browser's. */
export function languageOf(element) {
  const marked = element.closest("[lang]");
  if (marked) return marked.getAttribute("lang");
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? languageOf(root.host) : navigator.language;
}

/** A language as Intl takes it; undefined, which is the browser's, for the like of "en_US" and none. */
export function known(language) {
  try {
    return Intl.getCanonicalLocales(language)[0];
  } catch {
    return undefined;
  }
}

/** The script with an element's words, beside this one; undefined where they are English. */
export function scriptOf(element) {
  const [language] = languageOf(element).toLowerCase().split("-");
  return OTHERS.includes(language) ? `words-${language}` : undefined;
}

/**
 * What says the sentence of a key, with the values that it names: numbers as the language writes them.
 * @param {Record<string, string>} [words] in place of the English ones
 * @returns {(key: string, values?: Record<string, string | number>) => string}
 */
export const speaker = (words, language = "en") => (key, values = {}) =>
  (words?.[key] ?? ENGLISH[key]).replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name] ?? whole;
    return typeof value === "number" ? new Intl.NumberFormat(language).format(value) : value;
  });

/**
 * The same, in an element's language, as soon as that is loaded; English, where it can't be.
 * @param {Record<string, string>} [messages] the page's own, before all others
 */
export async function speakerOf(element, messages) {
  const script = scriptOf(element);
  const words = script && (await import(new URL(`${script}.js`, import.meta.url)).catch(() => {}))?.default;
  return speaker({ ...words, ...messages }, known(languageOf(element)));
}
