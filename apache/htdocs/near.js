// Charts with loading="lazy" ask for nothing until they come near the viewport.

/** How far below the viewport is near: about as far as browsers load such images ahead. */
const AHEAD = "1250px";

/** Resolves when an element is near the viewport; rejects once `signal` has aborted. */
export const near = (element, signal) => new Promise((resolve, reject) => {
  signal.throwIfAborted();
  const observer = new IntersectionObserver(entries => {
    if (!entries.some(entry => entry.isIntersecting)) return;
    observer.disconnect();
    resolve();
  }, { rootMargin: AHEAD });
  observer.observe(element);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    reject(signal.reason);
  });
});
