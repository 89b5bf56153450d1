// Requests that several charts make at the same time are made once.

/** Those under way: by what is asked, the answer to come and how many wait for it. */
const pending = new Map();

/**
 * What `ask` answers, shared by all who ask for the same `key` meanwhile. The request ends early when all have gone.
 * @template T
 * @param {string} key
 * @param {(signal: AbortSignal) => Promise<T>} ask
 * @param {AbortSignal} [signal] of the one who asks
 * @returns {Promise<T>}
 */
export function share(key, ask, signal) {
  let shared = pending.get(key);
  if (!shared) {
    const controller = new AbortController();
    shared = { waiting: 0, controller, answer: ask(controller.signal).finally(() => forget(key, shared)) };
    pending.set(key, shared);
  }
  shared.waiting++;
  if (!signal) return shared.answer;
  return new Promise((resolve, reject) => {
    const leave = () => {
      reject(signal.reason);
      if (--shared.waiting) return;
      forget(key, shared);
      shared.controller.abort();
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    shared.answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

/** From now on, who asks for `key` gets another answer. */
function forget(key, shared) {
  if (pending.get(key) === shared) pending.delete(key);
}
