// Where a chart comes from, by its attributes: the address, the tokens for it, and the script that shows it.

import { cannot, ChartError } from "./request.js";
import { TokenClient } from "./token-client.js";

/**
 * @param {HTMLElement} chart
 * @returns {{address: URL, tokens: TokenClient, load: () => Promise<typeof import("./drawing.js").default>}}
 */
export function sourceOf(chart) {
  const read = name => chart.getAttribute(name) ?? undefined;
  const isFramed = chart.hasAttribute("src");
  const tokens = TokenClient.shared(read("token-endpoint"), {
    credentials: read("credentials"), session: read("session"), apiHosts: read("api-hosts")?.split(/[\s,]+/).filter(Boolean),
  });
  const address = addressOf(isFramed ? "src" : "endpoint", read);
  tokens.check(address);
  return { address, tokens, load: () => load(isFramed ? "./frame.js" : "./drawing.js") };
}

function addressOf(attribute, read) {
  const value = read(attribute);
  const address = value && URL.canParse(value, document.baseURI) && new URL(value, document.baseURI);
  if (address && /^https?:$/.test(address.protocol)) return address;
  throw new ChartError("This page names no chart.", `${attribute} is not a URL: ${value ?? "it is missing"}`);
}

async function load(script) {
  try {
    return (await import(script)).default;
  } catch (error) {
    throw new ChartError("This chart can’t be shown. Reload the page.",
      `${script} isn't there, or is of another version than the scripts beside it (a cache?): ${error.message}`, { transient: true });
  }
}
