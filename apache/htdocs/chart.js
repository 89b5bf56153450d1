// Fills the page's iframe: fetches a token from this site's endpoint and sets the frame's address to the chart's
// URL with that token. The token goes nowhere else: not to storage, history, the title, the console.
//
// What can be set stands on the iframe in index.html: data-chart and data-endpoint.

/** How long the endpoint may take to answer, in milliseconds. */
const TIME_LIMIT = 10_000;

const frame = document.getElementById("tinybird-chart");
const loading = document.getElementById("chart-loading");
const problem = document.getElementById("chart-problem");
const retry = document.getElementById("chart-retry");

/** Why there is no chart: `message` is for the visitor, `detail` for the console. */
class ChartError extends Error {
  constructor(message, detail) {
    super(message);
    this.detail = detail;
  }
}

/** What a visitor reads when the endpoint answers `status` instead of a token. */
function messageFor(status) {
  switch (status) {
    case 401:
    case 403:
      return "You need to sign in to see this chart, with an account that may see it.";
    case 429:
      return "There are too many requests just now. Wait a moment, then try again.";
    case 503:
      return "This chart isn’t available: the site’s administrator has to complete its settings.";
    default:
      return `This chart isn’t available just now (the server answered ${status}).`;
  }
}

/** A token from `endpoint`; throws a ChartError where there is none. */
async function fetchToken(endpoint) {
  const signal = AbortSignal.timeout(TIME_LIMIT);
  let response, text;
  try {
    response = await fetch(endpoint, { cache: "no-store", credentials: "same-origin", signal });
    text = await response.text();
  } catch (error) {
    throw new ChartError(
      signal.aborted
        ? "The server took too long to answer."
        : "The server can’t be reached. Check your connection, then try again.",
      `${endpoint}: ${error.name}`);
  }
  if (response.status !== 200) {
    throw new ChartError(messageFor(response.status), `${endpoint} answered ${response.status}`);
  }
  const token = tokenIn(text);
  if (!token) {
    throw new ChartError(
      "The server’s answer can’t be understood. Reload the page; you may have to sign in again.",
      `${endpoint} answered 200 without a token`);
  }
  return token;
}

/** The token in an answer of the endpoint, `{"token":"…","expires_in":…}`; undefined where there is none. */
function tokenIn(text) {
  try {
    const token = JSON.parse(text)?.token;
    return typeof token === "string" && token !== "" ? token : undefined;
  } catch {
    return undefined;
  }
}

/** The chart's URL with `token`. */
function addressWith(token) {
  const { chart } = frame.dataset;
  if (!URL.canParse(chart)) {
    throw new ChartError("This page names no chart.", `data-chart is not a URL: ${chart}`);
  }
  const address = new URL(chart);
  address.searchParams.set("token", token);
  return address.href;
}

/** Shows the chart, or why there is none and a button that tries again. */
async function show() {
  problem.textContent = "";
  retry.hidden = true;
  loading.hidden = false;
  try {
    frame.src = addressWith(await fetchToken(frame.dataset.endpoint));
    frame.hidden = false;
  } catch (error) {
    if (!(error instanceof ChartError)) throw error;
    console.warn(`tinybird-chart: ${error.detail}`);
    problem.textContent = error.message;
    retry.hidden = false;
  } finally {
    loading.hidden = true;
  }
}

retry.addEventListener("click", show);
show();
