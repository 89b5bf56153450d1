// Plays Tinybird's part for examples.html, which needs no account: answers its endpoints from one file of orders, by the
// same parameters as the pipes of Tests/Support/dashboard.py. Your own page has Tinybird, and leaves this script out.

const DAY = 86_400_000;
const TYPES = { week: "Date", channel: "LowCardinality(String)", city: "LowCardinality(String)" };
const FIGURES = { orders: "UInt64", sales: "UInt64", average: "Float64", returned: "Float64" };
/** What each endpoint groups by. */
const PIPES = { totals: [], orders_by_week: ["week", "channel"], sales_by_city: ["city"], orders: ["city", "channel"] };

const file = fetch(new URL("sample-orders.json", import.meta.url)).then(response => response.json()).then(rowsOf);
const { fetch: fetchAsItWas } = globalThis;

globalThis.fetch = async (address, ...more) => {
  const { pathname, searchParams } = new URL(address, document.baseURI);
  const [, name] = /\/samples\/(\w+)\.json$/.exec(pathname) ?? [];
  return PIPES[name] ? Response.json(answer(name, Object.fromEntries(searchParams), await file))
    : fetchAsItWas(address, ...more);
};

/** The file has each figure for each city of each channel of each week. */
function rowsOf({ week: weeks, channel: channels, city: cities, orders, sales, returned }) {
  const places = weeks.flatMap(week => channels.flatMap(channel => cities.map(city => ({ week, channel, city }))));
  return places.map((place, at) => ({ ...place, orders: orders[at], sales: sales[at], returned: returned[at] }));
}

function answer(name, { date_from = "2026-01-01", date_to = "2026-12-31", channel, city }, orders) {
  const time = date => Date.parse(date);
  const earlier = time(date_from) - (time(date_to) - time(date_from) + DAY);
  const chosen = orders.filter(row => (!channel || row.channel === channel)
    && (!city || row.city === city || name === "sales_by_city"));
  const data = grouped(chosen.filter(({ week }) => week >= date_from && week <= date_to), PIPES[name]);
  if (name === "totals" && data.length) {
    const [before = {}] = grouped(chosen.filter(({ week }) => time(week) >= earlier && week < date_from), []);
    for (const column of Object.keys(FIGURES)) data[0][`${column}_before`] = before[column] ?? null;
  } else if (name !== "orders_by_week") {
    data.sort((a, b) => b.sales - a.sales);
  }
  const meta = [
    ...PIPES[name].map(column => ({ name: column, type: TYPES[column] })),
    ...Object.entries(FIGURES).map(([column, type]) => ({ name: column, type })),
    ...Object.entries(name === "totals" ? FIGURES : {}).map(
      ([column, type]) => ({ name: `${column}_before`, type: `Nullable(${type})` })),
  ];
  return { meta, data, rows: data.length, statistics: { elapsed: 0, rows_read: orders.length, bytes_read: 0 } };
}

/** A row for each group of rows that are alike in these columns. */
function grouped(rows, by) {
  const groups = new Map();
  for (const row of rows) {
    const key = by.map(name => row[name]).join();
    const labels = Object.fromEntries(by.map(name => [name, row[name]]));
    const sums = groups.get(key) ?? { ...labels, orders: 0, sales: 0, returned: 0 };
    for (const name of ["orders", "sales", "returned"]) sums[name] += row[name];
    groups.set(key, sums);
  }
  return [...groups.values()].map(({ returned, ...sums }) =>
    ({ ...sums, average: sums.sales / sums.orders, returned: returned / sums.orders }));
}
