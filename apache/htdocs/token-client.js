// Tokens from this site's endpoint, and Tinybird's answers to them. A token stays in memory: it goes to Tinybird's API in
// a header, to who calls token(), and nowhere else (no storage, URL, console, message or event).

/** How long the endpoint and Tinybird may take to answer, in milliseconds. */
const TOKEN_LIMIT = 10_000;
const DATA_LIMIT = 30_000;
/** The longest pause between two tries, in milliseconds. */
const LONGEST_PAUSE = 60_000;

/** Why there is nothing to show. */
export class ChartError extends Error {
  name = "ChartError";

  /**
   * @param {string} message for the visitor
   * @param {string} detail for the page's author
   * @param {{status?: number, wait?: number, transient?: boolean}} [more] `status`: the answer's. `transient`: trying again
   *   later makes sense; `wait`: not sooner than in so many milliseconds.
   */
  constructor(message, detail, { status = 0, wait = 0, transient = false } = {}) {
    super(message);
    Object.assign(this, { detail, status, wait, transient });
  }
}

/**
 * What ends in `length` milliseconds, also while the machine sleeps. performance.now() may stand still then; Date.now()
 * goes on, but is set at times. Whichever has gone further counts: a clock that was wrong, or is set back, changes
 * nothing, and one that is set forward makes the end come early, once.
 */
export class Deadline {
  #steady = performance.now();
  #wall = Date.now();

  constructor(length) {
    this.length = length;
  }

  /** Milliseconds that are left; 0 or less: it is over. */
  get left() {
    return this.length - Math.max(performance.now() - this.#steady, Date.now() - this.#wall);
  }
}

/** The pause in milliseconds after so many failures in a row; by chance a little, lest a crowd come back at once. */
export function pauseAfter(failures, least = 0) {
  return least + Math.min(LONGEST_PAUSE, 500 * 2 ** failures) * (0.5 + Math.random() / 2);
}

/**
 * Tokens of one endpoint: asked for when needed, one request at a time, kept until shortly before they expire.
 *
 *     const tokens = new TokenClient("/generate-token");
 *     const { data } = await tokens.json("https://api.tinybird.co/v0/pipes/sales_by_city.json");
 */
export class TokenClient {
  static #shared = {};
  #endpoint;
  #credentials;
  #token;
  #due = new Deadline(0);
  #held = new Deadline(0);
  #pending;
  #failures = 0;

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
    return TokenClient.#shared[`${client.#credentials} ${client.#endpoint}`] ??= client;
  }

  /** When the present token is to be replaced: in `due.left` milliseconds. */
  get due() {
    return this.#due;
  }

  /**
   * A token with life left; throws a ChartError where there is none.
   * @param {string} [refused] a token that Tinybird refused: another one, please
   */
  async token(refused) {
    if (this.#due.left > 0 && this.#token !== refused) return this.#token;
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
    const ask = token => request(address, {
      headers: { Authorization: `Bearer ${token}` }, credentials: "omit", redirect: "error", referrerPolicy: "no-referrer",
      signal,
    }, DATA_LIMIT);
    let token = await this.token();
    let answer = await ask(token);
    if (isRefusal(answer.status)) {
      const fresh = await this.token(token);
      if (fresh !== token) answer = await ask(token = fresh);
    }
    const { status, json } = answer;
    if (status !== 200) {
      const reason = String(json?.error ?? "").replaceAll(token, "…").slice(0, 300);
      throw failure(answer, `${address.origin}${address.pathname}`, DATA_MESSAGES, reason);
    }
    if (!Array.isArray(json?.data) || !Array.isArray(json.meta)) {
      throw new ChartError("The chart’s data can’t be understood.", `${address.pathname}: not Tinybird's JSON`);
    }
    return json;
  }

  async #renew() {
    // Counted from the question on.
    const due = new Deadline(0);
    try {
      // Retry-After counts for all who share this client.
      const answer = this.#held.left > 0
        ? { status: 429, wait: this.#held.left }
        : await request(this.#endpoint, { credentials: this.#credentials }, TOKEN_LIMIT);
      if (answer.status !== 200) throw failure(answer, this.#endpoint, TOKEN_MESSAGES);
      const { token, expires_in: seconds } = answer.json ?? {};
      if (typeof token !== "string" || !token) {
        throw new ChartError(
          "The server’s answer can’t be understood. Reload the page; you may have to sign in again.",
          `${this.#endpoint} answered 200 without a token`);
      }
      // Renewed ahead of the end by a thirtieth, at most a minute, at least the second that a token's whole-second `exp`
      // may lack. Without expires_in: used until it is refused.
      const lifetime = seconds > 0 ? seconds * 1000 : Infinity;
      due.length = Math.max(1000, lifetime - Math.min(60_000, Math.max(1000, lifetime / 30)));
      this.#due = due;
      this.#failures = 0;
      return this.#token = token;
    } catch (error) {
      if (error.status === 429) this.#held = new Deadline(error.wait);
      // One pause for all who wait for this token, so that they ask together again.
      if (error.transient) error.pause = pauseAfter(++this.#failures, error.wait);
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

const isRefusal = status => status === 401 || status === 403;

/** The error for an answer without what was asked for. */
function failure({ status, wait }, where, messages, reason = "") {
  const message = status === 429
    ? "There are too many requests just now."
    : messages[isRefusal(status) ? 401 : status] ?? `This chart isn’t available just now (the server answered ${status}).`;
  return new ChartError(message, `${where} answered ${status}${reason && `: ${reason}`}`, {
    status, wait, transient: status === 408 || status === 429 || status >= 500,
  });
}

/** Fetches past every cache, headers and body within `limit` milliseconds. `json` is undefined where it is none. */
export async function request(url, { signal, ...init }, limit) {
  const timeout = AbortSignal.timeout(limit);
  try {
    const response = await fetch(url, {
      ...init, cache: "no-store", signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    return {
      status: response.status,
      // As a date it would have to be compared with the browser's clock, which may be wrong.
      wait: Number(response.headers.get("Retry-After")) * 1000 || 0,
      json: await response.json().catch(error => {
        if (!(error instanceof SyntaxError)) throw error;
      }),
    };
  } catch (error) {
    if (signal?.aborted) throw error;
    const { origin, pathname } = new URL(url);
    throw new ChartError(
      timeout.aborted
        ? "The server took too long to answer."
        : "The server can’t be reached. Check your connection.",
      `${origin}${pathname}: ${error.name}`, { transient: true });
  }
}
