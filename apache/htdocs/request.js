// Requests: shared, ended in time, with every digit of their JSON; and how they fail: what a visitor reads, what the
// page's author reads, and when to try again.

import { speaker } from "./words.js";

/** The longest pause between two tries, in milliseconds. */
const LONGEST_PAUSE = 60_000;
/** The longest response that is read, in characters: parsing more would stop the page for seconds. */
const LONGEST_TEXT = 100_000_000;

/** Why there is nothing to show. */
export class ChartError extends Error {
  name = "ChartError";

  /**
   * @param {string} key of the sentence for the visitor: see words.js. `message` is that in English
   * @param {string} detail for the page's author
   * @param {{status?: number, wait?: number, transient?: boolean, prompts?: boolean, isLate?: boolean, values?: object}} [more]
   *   `status`: the response's. `transient`: trying again later makes sense; `wait`: not sooner than in so many
   *   milliseconds. `prompts`: the browser would ask for a password, so that nothing but the visitor may start another
   *   try. `isLate`: there was no answer in time. `values`: those that the sentence names.
   */
  constructor(key, detail, more = {}) {
    super(speaker()(key, more.values));
    Object.assign(this, { key, detail, status: 0, wait: 0, transient: false, prompts: false, isLate: false }, more);
  }
}

/** The error where the page asks for what there isn't. @param {string} detail for the page's author */
export const cannot = detail => new ChartError("cannot", detail);

/**
 * What a property of the document itself holds. An element of that name hides it in `document`: `<img name="baseURI">`.
 * @param {string} name
 */
export const ofDocument = name => Reflect.get(Document.prototype, name, document);

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
 * Fetches past every cache, headers and body within `limit` milliseconds.
 * @returns {Promise<{status: number, wait: number, json: any, challenge: string, isRedirect: boolean}>} `json` is
 *   undefined where it is none; `isRedirect` where `redirect` is "manual" and there was one; `challenge`: WWW-Authenticate
 */
export async function request(url, { signal, ...init }, limit) {
  const timeout = AbortSignal.timeout(limit);
  try {
    const response = await fetch(url, {
      ...init, cache: "no-store", signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    return {
      status: response.status,
      isRedirect: response.type === "opaqueredirect" || response.redirected,
      challenge: response.headers.get("WWW-Authenticate") ?? "",
      // As a date it would have to be compared with the browser's clock, which may be wrong.
      wait: Number(response.headers.get("Retry-After")) * 1000 || 0,
      json: parsed(await textOf(response)),
    };
  } catch (error) {
    if (signal?.aborted || error instanceof ChartError) throw error;
    const { origin, pathname } = new URL(url);
    const blocked = origin === location.origin || timeout.aborted ? ""
      : ". Does the host allow this page to ask (CORS)? Content blockers stop requests to Tinybird's hosts, too";
    throw new ChartError(
      timeout.aborted ? "late" : "unreachable",
      `${origin}${pathname}: ${error.name}${blocked}`, { transient: true, isLate: timeout.aborted });
  }
}

async function textOf({ body, url }) {
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  let text = "";
  for (let part; reader && !(part = await reader.read()).done;) {
    text += decoder.decode(part.value, { stream: true });
    if (text.length > LONGEST_TEXT) {
      reader.cancel();
      throw new ChartError("tooLong",
        `${url.split("?")[0]}: more than ${LONGEST_TEXT / 1e6} MB. Let the pipe group or limit its rows`);
    }
  }
  return text + decoder.decode();
}

function parsed(text) {
  try {
    return parseJSON(text);
  } catch {
    return undefined;
  }
}

/** Whether browsers ask for a name and a password by themselves. */
export const asksForPassword = ({ status, challenge = "" }) => status === 401 && /^(basic|digest)/i.test(challenge);

export const isRefusal = status => status === 401 || status === 403;

/** The error for an answer without what was asked for. */
export function failure(answer, where, keys, reason = "") {
  const { status, wait } = answer;
  const key = status === 429 ? "busy" : keys[isRefusal(status) ? 401 : status] ?? "unavailable";
  return new ChartError(key, `${where} answered ${status}${reason && `: ${reason}`}`, {
    values: { status: String(status) }, status, wait, transient: status === 408 || status === 429 || status >= 500,
    prompts: asksForPassword(answer),
  });
}

/**
 * What `ask` answers, shared by all who ask for the same `key` meanwhile. The request ends early when all have gone.
 * @template T
 * @param {Map<string, object>} pending those under way: by key, the answer to come and how many wait for it
 * @param {string} key
 * @param {(signal: AbortSignal) => Promise<T>} ask
 * @param {AbortSignal} [signal] of the one who asks
 * @returns {Promise<T>}
 */
export function share(pending, key, ask, signal) {
  // From then on, who asks for `key` gets another answer.
  const forget = () => pending.get(key) === shared && pending.delete(key);
  let shared = pending.get(key);
  if (!shared) {
    const controller = new AbortController();
    shared = { waiting: 0, controller, answer: ask(controller.signal).finally(forget) };
    pending.set(key, shared);
  }
  shared.waiting++;
  if (!signal) return shared.answer;
  return new Promise((resolve, reject) => {
    const leave = () => {
      reject(signal.reason);
      if (--shared.waiting) return;
      forget();
      shared.controller.abort();
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    shared.answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

/** In JSON: strings, which stay as they are, and the numbers that may have more digits than a double holds. */
const PARTS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.]{15,}(?:[eE][+-]?\d+)?/gs;

/**
 * The value of a JSON text. A number that JavaScript's can't hold exactly (a 64-bit integer, a long decimal) is the
 * string of its digits, as Tinybird writes it with `output_format_json_quote_64bit_integers`. Throws a SyntaxError.
 * (By the text, and not by JSON.parse's `context.source`: Firefox has that since 135 and Safari since 18.4 only, and a
 * function called for each value takes longer.)
 * @param {string} text
 */
function parseJSON(text) {
  const long = /\d{16}|[\d.]{17}/.test(text);
  return JSON.parse(long ? text.replace(PARTS, part => isExact(part) ? part : `"${part}"`) : text);
}

function isExact(part) {
  if (part.startsWith('"') || /e/i.test(part)) return true;
  return part.includes(".") ? String(Number(part)) === part : Number.isSafeInteger(Number(part));
}
