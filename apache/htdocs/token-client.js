// Tokens from this site's endpoint, and Tinybird's answers to them. A token stays in memory: it goes to the hosts of
// `isTrusted` in a header, to who calls token(), and nowhere else (no storage, URL, console, message or event).

import {
  asksForPassword, cannot, ChartError, Deadline, failure, isRefusal, ofDocument, pauseAfter, request, share,
} from "./request.js";

export { ChartError, Deadline, pauseAfter, request };

/** How long the endpoint and Tinybird may take to answer, in milliseconds. */
const TOKEN_LIMIT = 10_000;
const DATA_LIMIT = 30_000;
/** How long a visitor may take to type a password. */
const PROMPT_LIMIT = 300_000;

const shared = new Map();
/** Tells of TokenClient.forget(), by an event of that name. */
export const events = new EventTarget();

/**
 * Tokens of one endpoint: asked for when needed, one request at a time, kept until shortly before they expire.
 *
 *     const tokens = new TokenClient("/generate-token");
 *     const { data } = await tokens.json("https://api.tinybird.co/v0/pipes/sales_by_city.json");
 */
export class TokenClient {
  #endpoint;
  #credentials;
  #hosts;
  #key;
  #token;
  #due = new Deadline(0);
  #held = new Deadline(0);
  #pending;
  /** The answers under way, by their addresses. */
  #answers = new Map();
  /** Ends when its tokens are forgotten: then it gives none any more. */
  #life = new AbortController();
  #failures = 0;
  /** Whether the browser asks for a password. */
  #prompts = false;

  /**
   * @param {string} [endpoint] where the site answers tokens
   * @param {{credentials?: RequestCredentials, session?: string, apiHosts?: string[]}} [options] `credentials`:
   *   "include" for an endpoint on another origin that wants cookies; `session`: whose tokens they are, for `shared`;
   *   `apiHosts`: hosts (`name` or `name:port`) that tokens may go to, beside Tinybird's and the page's own
   */
  constructor(endpoint = "/generate-token", { credentials = "same-origin", session = "", apiHosts = [] } = {}) {
    this.#endpoint = new URL(endpoint, ofDocument("baseURI")).href;
    this.#credentials = credentials;
    this.#hosts = apiHosts;
    this.#key = JSON.stringify([this.#endpoint, credentials, session, apiHosts]);
  }

  /** The client that all charts of the page with the same endpoint and options share. */
  static shared(endpoint, options) {
    const client = new TokenClient(endpoint, options);
    if (!shared.has(client.#key)) shared.set(client.#key, client);
    return shared.get(client.#key);
  }

  /**
   * Forgets the tokens of all charts, which empty themselves and ask for new ones: for a page whose visitor signs out,
   * or becomes another one, without loading it again.
   */
  static forget() {
    for (const client of shared.values()) client.#life.abort();
    shared.clear();
    events.dispatchEvent(new Event("forget"));
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
    this.#life.signal.throwIfAborted();
    if (this.#due.left > 0 && this.#token !== refused) return this.#token;
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  /**
   * Whether a token may go there: to Tinybird or a host that the page names, by https or on this machine, or back to
   * where the page comes from.
   * @param {URL} address
   */
  isTrusted({ protocol, hostname, host, origin }) {
    if (origin === location.origin) return true;
    const isHere = /^(.*\.)?localhost$|^127\.\d+\.\d+\.\d+$|^\[::1\]$/.test(hostname);
    const isNamed = /^(.*\.)?tinybird\.co$/.test(hostname) || this.#hosts.includes(host);
    return isNamed && (protocol === "https:" || (protocol === "http:" && isHere));
  }

  /** Throws a ChartError where a token may not go. @param {URL} address */
  check(address) {
    if (this.isTrusted(address)) return;
    throw cannot(`no token is sent to ${address.origin}: it goes to Tinybird and to the hosts that api-hosts names, by `
      + "https, and to this page's own");
  }

  /**
   * Tinybird's answer at `url`, parsed: `{meta, data, rows, …}`. Numbers that JavaScript's can't hold are strings of
   * digits. With a token that is refused (401, 403) it is asked once more, with a new one. All who ask the same at the
   * same time share one answer, which is not to be changed. Throws a ChartError.
   * @param {string} url an endpoint, `https://api.tinybird.co/v0/pipes/….json`
   * @param {{params?: string | Record<string, string>, signal?: AbortSignal}} [options]
   */
  async json(url, { params = "", signal } = {}) {
    const address = new URL(url, ofDocument("baseURI"));
    for (const [name, value] of new URLSearchParams(params)) address.searchParams.set(name, value);
    address.searchParams.delete("token");
    this.check(address);
    return share(this.#answers, address.href, signal => this.#ask(address, signal), signal);
  }

  async #ask(address, signal) {
    const ask = token => request(address, {
      headers: { Authorization: `Bearer ${token}` }, credentials: "omit", redirect: "error",
      referrerPolicy: "no-referrer", signal: AbortSignal.any([signal, this.#life.signal]),
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
      throw failure(answer, `${address.origin}${address.pathname}`, OF_DATA, reason);
    }
    if (!Array.isArray(json?.data) || !Array.isArray(json.meta)) {
      throw new ChartError("unclear", `${address.pathname}: not Tinybird's JSON`);
    }
    return json;
  }

  async #renew() {
    // Counted from the request on.
    const due = new Deadline(0);
    try {
      // Retry-After counts for all who share this client.
      const answer = this.#held.left > 0 ? { status: 429, wait: this.#held.left } : await this.#request();
      if (answer.status !== 200) throw failure(answer, this.#endpoint, OF_TOKENS);
      const { token, expires_in: seconds } = answer.json ?? {};
      if (typeof token !== "string" || !token) {
        if (answer.isRedirect) throw redirected(this.#endpoint);
        throw new ChartError("noToken", `${this.#endpoint} answered 200 without a token`);
      }
      // Renewed ahead of the end by a thirtieth, at most a minute, at least the second that a token's whole-second
      // `exp` may lack. Without expires_in: used until it is refused.
      const lifetime = seconds > 0 ? seconds * 1000 : Infinity;
      due.length = Math.max(1000, lifetime - Math.min(60_000, Math.max(1000, lifetime / 30)));
      this.#due = due;
      this.#failures = 0;
      return this.#token = token;
    } catch (error) {
      if (error.status === 429) this.#held = new Deadline(error.wait);
      // One end of the pause for all who wait for this token, so that they ask together again.
      if (error.transient) error.due = new Deadline(pauseAfter(++this.#failures, error.wait));
      throw error;
    }
  }

  /** A redirect is followed, as long as this page may: a login elsewhere answers no script. */
  async #request() {
    const ask = (redirect, credentials = this.#credentials, limit = TOKEN_LIMIT) =>
      request(this.#endpoint, { credentials, redirect, signal: this.#life.signal }, limit);
    try {
      const answer = await ask("manual", this.#credentials, this.#prompts ? PROMPT_LIMIT : TOKEN_LIMIT);
      return answer.isRedirect ? ask("follow").catch(() => Promise.reject(redirected(this.#endpoint))) : answer;
    } catch (error) {
      // The browser may be asking for a password: without credentials it asks for none.
      const answer = error.isLate && await ask("manual", "omit").catch(() => {});
      if (!answer || !asksForPassword(answer)) throw error;
      this.#prompts = true;
      return answer;
    }
  }
}

/** What is said of a status: keys of words.js. */
const OF_TOKENS = { 401: "signIn", 503: "unset" };
const OF_DATA = { 401: "forbidden", 404: "missing" };

const redirected = endpoint =>
  new ChartError("signIn", `${endpoint} redirects, to a login as it seems, and not to a token`);
