"""A pipe of orders with parameters, which Tinybird's engine renders and ClickHouse runs; a form for them, and charts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from selenium.webdriver.support.select import Select

from Support.browser import Page
from Support.tinybird import Tinybird
from Support.waiting import wait_until

ORDERS = """%
SELECT day, city, channel, sum(count) AS orders FROM VALUES(
    'day Date, city String, channel String, count UInt32',
    ('2026-01-01', 'Berlin', 'Search', 10), ('2026-01-01', 'Madrid', 'Direct', 20), ('2026-01-02', 'Berlin', 'Direct', 30),
    ('2026-01-02', 'Madrid', 'Social', 40), ('2026-01-03', 'Berlin', 'Search', 50), ('2026-01-03', 'Paris', 'Social', 60))
WHERE day >= {{Date(date_from, '2000-01-01')}} AND day <= {{Date(date_to, '2100-01-01')}}
{% if defined(city) %} AND city = {{String(city)}} {% end %}
{% if defined(channel) %} AND channel IN {{Array(channel, 'String')}} {% end %}
{% if defined(since) %} AND day >= toDate({{DateTime(since)}}) {% end %}
GROUP BY day, city, channel ORDER BY day, city
"""
FORM = """<form id="filters">
    <input type="date" name="date_from"> <input type="date" name="date_to" max="2026-12-31">
    <select name="city"><option value="">All cities</option><option>Berlin</option><option>Madrid</option></select>
    <label><input type="checkbox" name="channel" value="Search"> Search</label>
    <label><input type="checkbox" name="channel" value="Social"> Social</label>
    <input name="note"> <button>Show</button> <button type="reset">All</button></form>"""


def chart(more: str = 'controls="filters"', type: str = "table") -> str:
    return (f'<tinybird-chart endpoint="https://api.tinybird.co/v0/pipes/orders.json" type="{type}" '
            f'index="day" categories="orders" {more}></tinybird-chart>')


def opened(tinybird: Tinybird, open_page: Callable[..., Page], markup: str, **more: Any) -> Page:
    """A page with charts of orders, once the first is there."""
    tinybird.workspace.publish("orders", ORDERS)
    page = open_page(markup, **more)
    page.wait_for("ready")
    return page


def asked(tinybird: Tinybird) -> list[dict[str, str]]:
    return [request.query for request in tinybird.data]


def choose(page: Page, text: str) -> None:
    Select(page.driver.find_element("name", "city")).select_by_visible_text(text)


def wait_for_cells(page: Page, *cells: str, at: int = 0) -> None:
    wait_until(lambda: page.cells(at) == list(cells) and not page.busy(at), f"{cells}")
