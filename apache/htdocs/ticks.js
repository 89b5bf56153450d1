// Where an axis of times has its ticks: a linear axis of milliseconds needs no adapter then.

import { DAY, HOUR, MINUTE, SECOND, Zone } from "./times.js";

const MONTH = 30.44 * DAY;
const YEAR = 365.25 * DAY;

/** Steps that people count in, by how long about they are. */
const STEPS = [
  ["millisecond", 1, [1, 2, 5, 10, 20, 50, 100, 200, 500]],
  ["second", SECOND, [1, 2, 5, 10, 15, 30]],
  ["minute", MINUTE, [1, 2, 5, 10, 15, 30]],
  ["hour", HOUR, [1, 2, 3, 6, 12]],
  ["day", DAY, [1, 2, 7, 14]],
  ["month", MONTH, [1, 2, 3, 6]],
  ["year", YEAR, [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]],
].flatMap(([unit, length, counts]) => counts.map(count => ({ unit, count, length: length * count })));

/** What a tick says, and below it the larger unit where that changes. */
const SAYS = {
  millisecond: [{ second: "2-digit", fractionalSecondDigits: 3 }, { hour: "numeric", minute: "2-digit" }],
  second: [{ hour: "numeric", minute: "2-digit", second: "2-digit" }, { month: "short", day: "numeric" }],
  minute: [{ hour: "numeric", minute: "2-digit" }, { month: "short", day: "numeric" }],
  hour: [{ hour: "numeric", minute: "2-digit" }, { month: "short", day: "numeric" }],
  day: [{ month: "short", day: "numeric" }, { year: "numeric" }],
  month: [{ month: "short" }, { year: "numeric" }],
  year: [{ year: "numeric" }],
};

/**
 * Ticks at round times by the clocks of a zone.
 * @param {number} min milliseconds since 1970, as `max` and each tick's `value` is
 * @param {number} most how many there is room for
 * @returns {{value: number, text: string[]}[]}
 */
export function timeTicks(min, max, most, { zone = "UTC", language, isDate = false }) {
  const place = Zone.named(zone);
  const step = STEPS.find(({ length }) => (max - min) / length < most && (!isDate || length >= DAY)) ?? STEPS.at(-1);
  const [own, above] = SAYS[step.unit].map(parts => new Intl.DateTimeFormat(language, { ...parts, timeZone: zone }));
  const ticks = [];
  let said;
  for (const clock of clocks(place.clock(min), place.clock(max), step)) {
    const value = place.time(clock);
    // A clock that is set forward shows some times never.
    if (value < min || value > max || value <= ticks.at(-1)?.value) continue;
    const context = above?.format(value);
    ticks.push({ value, text: context && context !== said ? [own.format(value), context] : [own.format(value)] });
    said = context;
  }
  return ticks;
}

/** The multiples of a step from `start` to `end`, as clocks show them. */
function* clocks(start, end, { unit, count, length }) {
  if (unit === "month" || unit === "year") {
    const months = unit === "year" ? count * 12 : count;
    const from = new Date(start);
    let month = Math.floor((from.getUTCFullYear() * 12 + from.getUTCMonth()) / months) * months;
    // Not Date.UTC(0, month), to which the year 0 is 1900.
    for (let clock; (clock = new Date(0).setUTCFullYear(0, month, 1)) <= end; month += months) yield clock;
    return;
  }
  // Weeks begin on Mondays: 1970 began on a Thursday.
  const origin = unit === "day" && count % 7 === 0 ? 4 * DAY : 0;
  for (let clock = Math.floor((start - origin) / length) * length + origin; clock <= end; clock += length) yield clock;
}
