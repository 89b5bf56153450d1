// Numbers of which each is written in the unit that suits it: sizes, lengths of time, and short ones.

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"];
const TIMES = [["second", 1], ["minute", 60], ["hour", 3600], ["day", 86_400]];
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/**
 * Each is what `format` may say, and makes of a language what writes: `number` a value, `tick` one of an axis; and
 * `setTicks`, which gives an axis ticks where people count in steps that aren't decimal.
 */
export function compact(language) {
  const short = { notation: "compact", maximumFractionDigits: 1, maximumSignificantDigits: 2 };
  const number = new Intl.NumberFormat(language, { ...short, roundingPriority: "morePrecision" });
  const tick = new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 4 });
  return { number: value => number.format(value), tick: value => tick.format(value) };
}

/** Of 1000 bytes each, as Intl's names mean them. */
export function bytes(language) {
  const writer = digits => {
    const formats = SIZES.map(unit => new Intl.NumberFormat(language, {
      style: "unit", unit, ...(unit === "byte" ? { unitDisplay: "long", maximumFractionDigits: 0 }
        : { maximumFractionDigits: digits }),
    }));
    return value => {
      let at = 0;
      // By what is shown: 999,960 bytes are 1 MB, and not 1,000 kB.
      const shown = () => Number((Math.abs(value) / 1000 ** at).toFixed(at && digits));
      while (at < SIZES.length - 1 && shown() >= 1000) at++;
      return formats[at].format(value / 1000 ** at);
    };
  };
  return { number: writer(1), tick: writer(2) };
}

/** Of seconds: the two largest units. */
export function duration(language) {
  const [seconds, ...larger] = TIMES.map(([unit, length]) => ({
    length, format: new Intl.NumberFormat(language, {
      style: "unit", unit, unitDisplay: "narrow", maximumFractionDigits: unit === "second" ? 2 : 0,
    }),
  }));
  const number = value => {
    const size = Math.abs(value);
    let [small, large] = [seconds, undefined];
    for (const unit of larger) {
      // By what is shown: 59 minutes and 59.6 seconds are one hour.
      const shown = Number((size / small.length).toFixed(small === seconds && !large ? 2 : 0)) * small.length;
      if (!(shown >= unit.length) || size === Infinity) break;
      [small, large] = [large ?? seconds, unit];
    }
    if (!large) return seconds.format.format(value);
    const total = Math.round(size / small.length);
    const whole = Math.floor(total * small.length / large.length);
    const rest = total - whole * large.length / small.length;
    return [large.format.format(Math.sign(value) * whole), ...(rest ? [small.format.format(rest)] : [])].join(" ");
  };
  return { number, tick: number, setTicks };
}

/** Gives a scale ticks that are multiples of one of the steps, the smallest for which there is room. */
function setTicks(scale) {
  const { min, max } = scale;
  const step = STEPS.find(step => (max - min) / step <= Math.max(2, scale.ticks.length));
  // Shorter ones are decimal, and so are longer ones.
  if (!step || max - min < 2) return;
  scale.ticks = [];
  for (let value = Math.ceil(min / step) * step; value <= max; value += step) scale.ticks.push({ value });
}
