// Fewer points for a line that looks the same.

/** So many points are drawn at most, about: several for each pixel of a wide screen. */
const MOST = 4000;

/**
 * The points of a line. Of many, each stretch keeps its first and last, its least and greatest value, and whether there is a gap:
 * no peak gets lost.
 * @param {number[]} xs ascending
 * @param {number[]} ys NaN where there is none
 * @returns {{x: number, y: number, at: number}[]} `at`: which of the given ones it is
 */
export function thin(xs, ys) {
  const point = at => ({ x: xs[at], y: ys[at], at });
  if (ys.length <= MOST) return ys.map((_, at) => point(at));
  const width = (xs.at(-1) - xs[0]) / (MOST / 4) || 1;
  const kept = [];
  for (let start = 0; start < ys.length;) {
    const stretch = Math.floor((xs[start] - xs[0]) / width);
    let least = start;
    let greatest = start;
    let gap = -1;
    let end = start;
    for (; end < ys.length && Math.floor((xs[end] - xs[0]) / width) === stretch; end++) {
      if (Number.isNaN(ys[end])) gap = end;
      if (!(ys[least] <= ys[end])) least = end;
      if (!(ys[greatest] >= ys[end])) greatest = end;
    }
    const ats = new Set([start, least, greatest, end - 1, ...(gap < 0 ? [] : [gap])]);
    kept.push(...[...ats].sort((a, b) => a - b).map(point));
    start = end;
  }
  return kept;
}
