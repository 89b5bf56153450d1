// Reads times as ClickHouse writes them, by a clock somewhere without its distance from UTC.

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
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
