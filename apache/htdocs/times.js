// Reads times as ClickHouse writes them, by a clock somewhere without its distance from UTC; and where an axis of times
// has its ticks: a linear axis of milliseconds needs no adapter then.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

const zones = new Map();

/** A time zone by its IANA name, such as "Europe/Madrid". */
export class Zone {
  #format;
  /** For each week since 1970: the offsets at its start and end, and when the one becomes the other. */
  #weeks = new Map();

  /** @param {string} name @throws {RangeError} for one that the browser doesn't know */
  constructor(name) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat("en", { timeZone: name, timeZoneName: "longOffset" });
  }

  static named(name) {
    if (!zones.has(name)) zones.set(name, new Zone(name));
    return zones.get(name);
  }

  /** How far its clocks are ahead of UTC at `time`; both in milliseconds. */
  offset(time) {
    if (this.name === "UTC") return 0;
    const week = Math.floor(time / WEEK);
    let change = this.#weeks.get(week);
    if (!change) this.#weeks.set(week, change = this.#changeBetween(week * WEEK, (week + 1) * WEEK));
    return time < change.at ? change.before : change.after;
  }

  #changeBetween(start, end) {
    const before = this.#ask(start);
    const after = this.#ask(end);
    while (before !== after && end - start > MINUTE) {
      const middle = start + Math.floor((end - start) / 2 / MINUTE) * MINUTE;
      if (this.#ask(middle) === before) start = middle;
      else end = middle;
    }
    return { at: end, before, after };
  }

  #ask(time) {
    const [, sign, ...parts] = /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?/.exec(this.#format.format(time));
    const [hours, minutes, seconds] = parts.map(part => Number(part ?? 0));
    return (sign === "-" ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds) * 1000;
  }

  /** What its clocks show at `time`, as if it were UTC. */
  clock(time) {
    return time + this.offset(time);
  }

  /**
   * When its clocks show `clock`. Twice, where they are set back: then the first time after `previous`. Never, where
   * they are set forward: then as if they had not been yet.
   */
  time(clock, previous = -Infinity) {
    const before = this.offset(clock - DAY);
    const after = this.offset(clock + DAY);
    const early = clock - before;
    const late = clock - after;
    if (before === after) return early;
    const isEarly = this.offset(early) === before;
    const isLate = this.offset(late) === after;
    return isLate && (!isEarly || early <= previous) ? late : early;
  }
}

const TIME = /^(-?\d{4,6})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** A function from what a clock in `zone` shows, ISO 8601 or Unix seconds to milliseconds since 1970; else to NaN. */
export function reader(zone) {
  return (value, previous) => {
    const parts = TIME.exec(value);
    if (!parts) return value !== "" && value !== null && Number.isFinite(Number(value)) ? Number(value) * 1000 : NaN;
    const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = 0, offset] = parts;
    if (offset) return Date.parse(value.replace(" ", "T"));
    return zone.time(Date.UTC(year, month - 1, day, hour, minute, second) + Number(fraction) * 1000, previous);
  };
}

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
