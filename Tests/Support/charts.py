"""Charts of an answer that a test makes up, and what Chart.js has drawn of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from Support.browser import Page
from Support.pages import drawn
from Support.tinybird import Tinybird, answer
from Support.waiting import wait_until

# Rows of several series, of a day whose clocks are set forward.
LONG = answer(
    [{"time": time, "status": status, "hits": hits} for time, status, hits in [
        ("2026-03-29 01:00:00", "200", "120"), ("2026-03-29 01:00:00", "404", "7"), ("2026-03-29 03:00:00", "200", "90"),
        ("2026-03-29 03:00:00", "404", "12"), ("2026-03-31 03:00:00", "200", "150")]],
    [{"name": "time", "type": "DateTime('Europe/Madrid')"}, {"name": "status", "type": "LowCardinality(String)"},
     {"name": "hits", "type": "UInt64"}])


def table(types: dict[str, str], *rows: tuple) -> dict:
    """An answer: the types of the columns, and the rows."""
    return answer([dict(zip(types, row)) for row in rows], [{"name": name, "type": type} for name, type in types.items()])


def opened(
    tinybird: Tinybird, fill_page: Callable[[str], Page], json: dict, type: str = "table", more: str = "", lang: str = "en",
) -> Page:
    """A page with a chart of an answer, once it is drawn, or there is an error."""
    tinybird.json = json
    page = fill_page(f'<div lang="{lang}">{drawn(type, more)}</div>')
    wait_until(lambda: page.state() in ("ready", "error"), "an end")
    return page


def chart(page: Page, expression: str, at: int = 0) -> Any:
    """The value of an expression about `it`, Chart.js's chart."""
    return page.inside(f"(it => {expression})(Chart.getChart(root.querySelector('canvas')))", at)


def points(page: Page, series: int = 0, at: int = 0) -> list:
    return chart(page, f"it.data.datasets[{series}].data.map(({{x, y}}) => [x, isNaN(y) ? null : y])", at)


def ticks(page: Page, axis: str, at: int = 0) -> list[str]:
    return chart(page, f"it.scales.{axis}.ticks.map(({{label}}) => [label].flat().join(' / '))", at)
