"""The pipes of examples.html: what samples.js does there in the page, as Tinybird does it."""

from __future__ import annotations

import itertools
import json

from Support.repository import HTDOCS
from Support.workspace import Workspace

API = "https://api.tinybird.co/v0/pipes"
SAMPLES = HTDOCS / "sample-orders.json"
_COLUMNS = "week Date, channel LowCardinality(String), city LowCardinality(String), orders UInt32, sales UInt32, returned UInt32"

_PERIOD = """
WITH toDate({{Date(date_from, '2026-01-01')}}) AS start, toDate({{Date(date_to, '2026-12-31')}}) AS end
"""
_CHANNEL = "{% if defined(channel) %} AND o.channel = {{String(channel)}} {% end %}"
_CITY = "{% if defined(city) %} AND o.city = {{String(city)}} {% end %}"
_SUMS = """sum(o.orders) AS orders, sum(o.sales) AS sales, sum(o.sales) / sum(o.orders) AS average,
    sum(o.returned) / sum(o.orders) AS returned"""
_TOTALS = ", ".join(
    f"{wrap.format(what.format(condition))} AS {name}{suffix}"
    for suffix, condition, wrap in (
        ("", "o.week >= start", "{}"), ("_before", "o.week < start", "if(countIf(o.week < start) = 0, NULL, {})"))
    for name, what in {
        "orders": "sumIf(o.orders, {0})", "sales": "sumIf(o.sales, {0})",
        "average": "sumIf(o.sales, {0}) / sumIf(o.orders, {0})", "returned": "sumIf(o.returned, {0}) / sumIf(o.orders, {0})",
    }.items())

PIPES = {
    "totals": f"""%{_PERIOD}
        SELECT {_TOTALS} FROM sample_orders AS o
        WHERE o.week <= end AND o.week >= start - (end - start + 1) {_CHANNEL} {_CITY}
        HAVING countIf(o.week >= start) > 0""",
    "orders_by_week": f"""%{_PERIOD}
        SELECT o.week AS week, o.channel AS channel, {_SUMS} FROM sample_orders AS o
        WHERE o.week BETWEEN start AND end {_CHANNEL} {_CITY}
        GROUP BY week, channel ORDER BY week, min(o.place)""",
    "sales_by_city": f"""%{_PERIOD}
        SELECT o.city AS city, {_SUMS} FROM sample_orders AS o
        WHERE o.week BETWEEN start AND end {_CHANNEL}
        GROUP BY city ORDER BY sales DESC""",
    "orders": f"""%{_PERIOD}
        SELECT o.city AS city, o.channel AS channel, {_SUMS} FROM sample_orders AS o
        WHERE o.week BETWEEN start AND end {_CHANNEL} {_CITY}
        GROUP BY city, channel ORDER BY sales DESC""",
}


def publish(workspace: Workspace) -> None:
    """The sample orders as a data source, `place` being their order, and a pipe for each endpoint of the page."""
    # Each figure for each city of each channel of each week.
    *places, orders, sales, returned = json.loads(SAMPLES.read_text()).values()
    rows = [(*row, *figures, place) for place, (row, *figures) in enumerate(
        zip(itertools.product(*places), orders, sales, returned, strict=True))]
    workspace.create("sample_orders", f"{_COLUMNS}, place UInt32",
                     f"SELECT * FROM VALUES('{_COLUMNS}, place UInt32', {', '.join(map(str, rows))})")
    for name, sql in PIPES.items():
        workspace.publish(name, sql)


def page() -> str:
    """The page with Tinybird's endpoints in place of the samples'."""
    html = (HTDOCS / "examples.html").read_text()
    script = '    <script type="module" src="samples.js"></script>\n'
    assert script in html
    return html.replace(script, "").replace('endpoint="samples/', f'endpoint="{API}/')
