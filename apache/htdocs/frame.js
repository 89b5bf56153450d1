// A frame with Tinybird's chart. It can be given a new token only by loading it anew: that happens behind the old one.

import { ChartError } from "./token-client.js";

/** How long a frame may take to load, and is then given to draw before it replaces another, in milliseconds. */
const LIMIT = 30_000;
const SETTLES = 1000;

/**
 * A frame at the end of `box` that has loaded `address`, where nobody sees or reaches it yet.
 * @param {boolean} settle whether there is another, which it is to replace only when it has drawn
 */
export async function loadBehind(box, address, title, settle, signal) {
  const frame = document.createElement("iframe");
  Object.assign(frame, { title, referrerPolicy: "no-referrer", className: "behind", inert: true });
  // Set before it is in the page, so that it makes no entry in the history.
  frame.src = address;
  box.append(frame);
  try {
    await loaded(frame, signal);
    if (settle) await new Promise(resolve => setTimeout(resolve, SETTLES));
    signal.throwIfAborted();
    return frame;
  } catch (error) {
    frame.remove();
    throw error;
  }
}

function loaded(frame, signal) {
  return new Promise((resolve, reject) => {
    const late = new ChartError("The chart took too long to load.", "the frame didn't load in time", { transient: true });
    const timer = setTimeout(reject, LIMIT, late);
    const end = () => clearTimeout(timer);
    frame.addEventListener("load", () => (end(), resolve()), { once: true });
    signal.addEventListener("abort", () => (end(), reject(signal.reason)), { once: true });
  });
}
