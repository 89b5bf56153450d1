// Where a chart comes from, by its attributes: its address, a token, the data, and the script that shows them. All of
// it is asked for at once.

import { parametersOf } from "./controls.js";
import { ChartError } from "./request.js";
import { TokenClient } from "./token-client.js";

export { scriptOf } from "./words.js";

/** Where Debian's web servers serve Debian's package libjs-chart.js. */
export const CHART_JS = "/javascript/chart.js/chart.min.js";

/** What tinybird-chart.js has asked for, before the element is there. */
const early = new WeakMap();

/** What a chart asks for, as text. */
const questionOf = chart => JSON.stringify([
  String(parametersOf(chart)), ...[...chart.attributes].map(({ name, value }) => [name, value]),
]);

/** Asks for what a chart shows that has no element yet, which finds out itself what is wrong. */
export function askEarly(chart) {
  try {
    early.set(chart, { question: questionOf(chart), source: ask(chart) });
  } catch {}
}

/**
 * What a chart is made of.
 * @param {HTMLElement} chart
 * @param {AbortSignal} signal ends the requests
 * @returns {{address: URL, tokens: TokenClient, token: Promise<string>, answer?: Promise<object>,
 *   load: () => Promise<typeof import("./drawing.js")>}} `answer`: an endpoint's
 */
export function sourceOf(chart, signal) {
  const asked = early.get(chart);
  early.delete(chart);
  return asked?.question === questionOf(chart) ? asked.source : ask(chart, signal);
}

function ask(chart, signal) {
  const read = name => chart.getAttribute(name) ?? undefined;
  const isFramed = chart.hasAttribute("src");
  const tokens = TokenClient.shared(read("token-endpoint"), {
    credentials: read("credentials"), session: read("session"),
    apiHosts: read("api-hosts")?.split(/[\s,]+/).filter(Boolean),
  });
  const address = addressOf(chart, isFramed ? "src" : "endpoint");
  tokens.check(address);
  const params = parametersOf(chart);
  const token = tokens.token();
  const answer = isFramed ? undefined : token.then(() => tokens.json(address, { params, signal }));
  // Whether there is one is seen when it is used.
  for (const promise of [token, answer]) promise?.catch(() => {});
  return { address, tokens, token, answer, load: () => load(isFramed ? "./frame.js" : "./drawing.js") };
}

function addressOf(chart, attribute) {
  const value = chart.getAttribute(attribute);
  const address = value && URL.canParse(value, chart.baseURI) && new URL(value, chart.baseURI);
  if (address && /^https?:$/.test(address.protocol)) return address;
  throw new ChartError("unnamed", `${attribute} is not a URL: ${value ?? "it is missing"}`);
}

/** A script beside this one. */
export async function load(script) {
  try {
    return await import(script);
  } catch (error) {
    throw new ChartError("reload",
      `${script} isn't there, or is of another version than the scripts beside it (a cache?): ${error.message}`,
      { transient: true });
  }
}
