// Tokens from this site's endpoint, and Tinybird's answers to them. A token stays in memory: it goes to Tinybird's API in
// a header, to who calls token(), and nowhere else (no storage, URL, console, message or event).

/** How long the endpoint and Tinybird may take to answer, in milliseconds. */
const TOKEN_LIMIT = 10_000;
const DATA_LIMIT = 30_000;
/** The longest pause between two tries, in milliseconds. */
const LONGEST_PAUSE = 60_000;

/** Why there is nothing to show. */
export class ChartError extends Error {
  /**
   * @param {string} message for the visitor
   * @param {string} detail for the page's author
   * @param {{status?: number, wait?: number, transient?: boolean}} [more] `status`: the answer's. `transient`: trying again
   *   later makes sense; `wait`: not sooner than in so many milliseconds.
   */
  constructor(message, detail, { status = 0, wait = 0, transient = false } = {}) {
    super(message);
    Object.assign(this, { name: "ChartError", detail, status, wait, transient });
  }
}

/** Pauses that grow with each failure in a row; by chance a little, so that a crowd doesn't come back at once. */
export class Backoff {
  #failures = 0;

  /** The next pause in milliseconds, at least `least`. */
  pause(least = 0) {
    return least + Math.min(LONGEST_PAUSE, 1000 * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
  }

  reset() {
    this.#failures = 0;
  }
}

/**
 * Tokens of one endpoint: asked for when needed, one request at a time, kept until shortly before they expire.
 *
 *     const tokens = new TokenClient("/generate-token");
 *     const { data } = await tokens.json("https://api.tinybird.co/v0/pipes/sales_by_city.json");
 */
export class TokenClient {
  static #shared = new Map();
  #endpoint;
  #credentials;
  #token;
  #renewAt = 0;
  #heldUntil = 0;
  #pending;
  #backoff = new Backoff();

  /**
   * @param {string} [endpoint] where the site answers tokens
   * @param {{credentials?: RequestCredentials}} [options] "include" for an endpoint on another origin that wants cookies
   */
  constructor(endpoint = "/generate-token", { credentials = "same-origin" } = {}) {
    this.#endpoint = new URL(endpoint, document.baseURI).href;
    this.#credentials = credentials;
  }

  /** The client that all charts of the page with the same endpoint share. */
  static shared(endpoint, options) {
    const client = new TokenClient(endpoint, options);
    const key = `${client.#credentials} ${client.#endpoint}`;
    if (!TokenClient.#shared.has(key)) TokenClient.#shared.set(key, client);
    return TokenClient.#shared.get(key);
  }

  /** In how many milliseconds the present token is to be replaced; 0 or less: now. */
  get due() {
    return this.#renewAt - performance.now();
  }

  /**
   * A token with life left; throws a ChartError where there is none.
   * @param {string} [refused] a token that Tinybird refused: another one, please
   */
  async token(refused) {
    if (this.#token && this.#token !== refused && this.due > 0) return this.#token;
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  /**
   * Tinybird's answer at `url`, parsed: `{meta, data, rows, …}`. With a token that it refuses (401, 403) it is asked once
   * more, with a new one. Throws a ChartError.
   * @param {string} url an endpoint, `https://api.tinybird.co/v0/pipes/….json`
   * @param {{params?: string | Record<string, string>, signal?: AbortSignal}} [options]
   */
  async json(url, { params = "", signal } = {}) {
    const address = new URL(url, document.baseURI);
    for (const [name, value] of new URLSearchParams(params)) address.searchParams.set(name, value);
    address.searchParams.delete("token");
    let token = await this.token();
    let answer = await this.#ask(address, token, signal);
    if (isRefusal(answer.status)) {
      const fresh = await this.token(token);
      if (fresh !== token) answer = await this.#ask(address, token = fresh, signal);
    }
    const json = parsed(answer.text);
    if (answer.status !== 200) {
      const reason = String(json?.error ?? "").replaceAll(token, "…").slice(0, 300);
      throw failure(answer, `${address.origin}${address.pathname}`, DATA_MESSAGES, reason);
    }
    if (!Array.isArray(json?.data) || !Array.isArray(json.meta)) {
      throw new ChartError("The chart’s data can’t be understood.", `${address.pathname}: not Tinybird's JSON`);
    }
    return json;
  }

  #ask(address, token, signal) {
    return request(address, {
      headers: { Authorization: `Bearer ${token}` }, credentials: "omit", redirect: "error", referrerPolicy: "no-referrer",
      signal,
    }, DATA_LIMIT);
  }

  async #renew() {
    const asked = performance.now();
    try {
      // A 429's Retry-After counts for all who share this client.
      if (asked < this.#heldUntil) throw busy(this.#heldUntil - asked);
      const answer = await request(this.#endpoint, { credentials: this.#credentials }, TOKEN_LIMIT);
      if (answer.status !== 200) throw failure(answer, this.#endpoint, TOKEN_MESSAGES);
      const { token, expires_in: seconds } = parsed(answer.text) ?? {};
      if (typeof token !== "string" || !token) {
        throw new ChartError(
          "The server’s answer can’t be understood. Reload the page; you may have to sign in again.",
          `${this.#endpoint} answered 200 without a token`);
      }
      // Counted from the question on by a clock that nobody sets. Renewed ahead of the end by a thirtieth, at most a minute,
      // at least the second that a token's whole-second `exp` may lack. Without expires_in: used until it is refused.
      const lifetime = seconds > 0 ? seconds * 1000 : Infinity;
      this.#renewAt = asked + Math.max(1000, lifetime - Math.min(60_000, Math.max(1000, lifetime / 30)));
      this.#backoff.reset();
      return this.#token = token;
    } catch (error) {
      if (error.status === 429 && error.wait) this.#heldUntil = performance.now() + error.wait;
      // One pause for all who wait for this token, so that they ask together again.
      if (error.transient) error.pause = this.#backoff.pause(error.wait);
      throw error;
    }
  }
}

const TOKEN_MESSAGES = {
  401: "You need to sign in to see this chart, with an account that may see it.",
  503: "This chart isn’t available: the site’s administrator has to complete its settings.",
};
const DATA_MESSAGES = {
  401: "You may not see this chart’s data.",
  404: "This chart’s data can’t be found.",
};
const BUSY = "There are too many requests just now. Wait a moment, then try again.";

const isRefusal = status => status === 401 || status === 403;

const busy = wait => new ChartError(BUSY, "held back by Retry-After", { status: 429, wait, transient: true });

/** The error for an answer without what was asked for. */
function failure({ status, retryAfter }, where, messages, reason = "") {
  const message = status === 429 ? BUSY : messages[isRefusal(status) ? 401 : status]
    ?? `This chart isn’t available just now (the server answered ${status}).`;
  return new ChartError(message, `${where} answered ${status}${reason && `: ${reason}`}`, {
    status, wait: retryAfter, transient: status === 408 || status === 429 || status >= 500,
  });
}

/** Fetches past every cache, headers and body within `limit` milliseconds. */
async function request(url, { signal, ...init }, limit) {
  const timeout = AbortSignal.timeout(limit);
  const signals = signal ? AbortSignal.any([signal, timeout]) : timeout;
  try {
    const response = await fetch(url, { ...init, cache: "no-store", signal: signals });
    const text = await response.text();
    // As a date it would have to be compared with the browser's clock, which may be wrong.
    const retryAfter = Number(response.headers.get("Retry-After")) * 1000 || 0;
    return { status: response.status, text, retryAfter };
  } catch (error) {
    if (signal?.aborted) throw error;
    const { origin, pathname } = new URL(url);
    throw new ChartError(
      timeout.aborted
        ? "The server took too long to answer."
        : "The server can’t be reached. Check your connection, then try again.",
      `${origin}${pathname}: ${error.name}`, { transient: true });
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
