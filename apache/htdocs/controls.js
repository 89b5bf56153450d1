// The parameters of a chart's endpoint: those of its attribute, and the fields of a form that several charts may share.

/** How long after the last change of a field the charts ask again, in milliseconds: someone may be typing. */
const PAUSE = 300;
const EVENTS = ["input", "change", "reset", "submit"];
/** Not the form's and the document's own, which are elements where some have these names. */
const { matches } = Element.prototype;
const { getElementById } = Document.prototype;
const { addEventListener } = EventTarget.prototype;
const elementsOf = form => Reflect.get(HTMLFormElement.prototype, "elements", form);

/** The form that `controls` names: in the chart's own tree, else in the document. */
function formOf(chart) {
  const id = chart.getAttribute("controls");
  if (!id) return undefined;
  const root = chart.getRootNode();
  const found = (root instanceof ShadowRoot && root.getElementById(id)) || getElementById.call(document, id);
  return found instanceof HTMLFormElement ? found : undefined;
}

/**
 * Parameters from a record, a query string or the like. A list is separated by commas, as Tinybird's `Array()` reads
 * it; what is empty is left out.
 * @param {string | URLSearchParams | Record<string, unknown>} given
 */
export function parameters(given) {
  const isRecord = typeof given === "object" && given !== null && !(given instanceof URLSearchParams);
  const pairs = isRecord ? Object.entries(given).map(([name, value]) => [name, String(value ?? "")]) : given ?? "";
  return new URLSearchParams([...new URLSearchParams(pairs)].filter(([, value]) => value !== ""));
}

/** What the fields of a chart's form say, by their names; empty ones and files are left out. */
function fieldsOf(chart) {
  const form = formOf(chart);
  const fields = {};
  for (const [name, value] of form ? new FormData(form) : []) {
    if (typeof value === "string" && value !== "") (fields[name] ??= []).push(asTime(value, name, form));
  }
  return parameters(fields);
}

/** What a chart asks its endpoint: a field that is filled in takes the place of a parameter of the same name. */
export function parametersOf(chart) {
  const all = new URLSearchParams(chart.getAttribute("params") ?? "");
  for (const [name, value] of fieldsOf(chart)) all.set(name, value);
  return all;
}

/** A local date and time as ClickHouse writes it, and Tinybird's `DateTime()` wants it. */
function asTime(value, name, form) {
  if (elementsOf(form)[name]?.type !== "datetime-local") return value;
  return value.replace("T", " ").replace(/ \d\d:\d\d$/, "$&:00");
}

/**
 * Calls `changed` when a chart's form has other values: soon after the last change of a field, at once where the form is
 * sent (which loads no other page), and where it comes, goes or gets other fields.
 * @param {HTMLElement} chart
 * @param {() => void} changed
 * @param {AbortSignal} signal ends it
 */
export function watch(chart, changed, signal) {
  let timer;
  let form = formOf(chart);
  let fields = String(fieldsOf(chart));
  const look = () => {
    const now = String(fieldsOf(chart));
    // What can't be read yet, such as half a date, is waited for.
    if (now === fields || (form && matches.call(form, ":invalid"))) return;
    fields = now;
    changed();
  };
  const lookIn = pause => {
    clearTimeout(timer);
    timer = setTimeout(look, pause);
  };
  const hear = event => {
    const path = event.composedPath();
    if (!form || (path[0].form !== form && !path.includes(form))) return;
    const isSent = event.type === "submit";
    if (isSent && form.method !== "dialog") event.preventDefault();
    lookIn(isSent ? 0 : PAUSE);
  };
  const observer = new MutationObserver(records => {
    const known = form;
    form = formOf(chart);
    if (form !== known || records.some(({ target }) => form && target.closest?.("form") === form)) lookIn(0);
  });
  for (const root of new Set([chart.getRootNode(), document])) {
    for (const type of EVENTS) addEventListener.call(root, type, hear, { capture: true, signal });
    observer.observe(root, { subtree: true, childList: true, attributeFilter: ["id", "name", "disabled"] });
  }
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    observer.disconnect();
  });
}
