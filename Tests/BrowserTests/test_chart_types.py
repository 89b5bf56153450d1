"""A column of every type in every kind of chart: what the page shows is compared with what ClickHouse says."""

from __future__ import annotations

import json
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from Support import every_type
from Support.every_type import COLUMNS, said
from Support.waiting import wait_until

KINDS = ["table", "bar-list", "big-number", "line", "area", "bar", "pie", "donut"]
ROUND = ("pie", "donut")

NULL, EMPTY = "–", '""'
# Which JSON writes as null unless it is asked to quote them.
DENORMALS = {"nan": "NaN", "inf": "∞", "-inf": "-∞"}


def kind_of(name: str) -> str:
    """What a column holds, by its type without what is around it."""
    type = COLUMNS[name][0]
    while inner := re.fullmatch(r"(?:Nullable|LowCardinality|SimpleAggregateFunction)\((?:\w+, )?(.*)\)", type):
        type = inner[1]
    for kind, start in {
        "number": r"U?Int\d|B?Float|Decimal", "bool": "Bool", "date": r"Date(32)?$", "time": "DateTime",
        "interval": "Interval",
        "structure": r"Array|Tuple|Map|JSON|Variant|Dynamic|QBit|Point|Ring|\w*LineString|\w*Polygon",
    }.items():
        if re.match(start, type):
            return kind
    return "text"


KIND = {name: kind_of(name) for name in COLUMNS}
CAN_BE_DRAWN = {name for name in COLUMNS if KIND[name] in ("number", "bool", "interval")}
# Texts that all are numbers are drawn where the page asks for them.
CAN_BE_DRAWN |= {"enum16", "last"}

LOADING = """
    return [...document.querySelectorAll("tinybird-chart")].filter(
        chart => !/ready|error/.test(chart.shadowRoot?.querySelector("figure").dataset.state)).map(chart => chart.title);"""
SHOWN = """
    return [...document.querySelectorAll("tinybird-chart")].map(chart => {
        const root = chart.shadowRoot, canvas = root.querySelector("canvas");
        const drawn = canvas && Chart.getChart(canvas);
        return {
            state: root.querySelector("figure").dataset.state,
            status: root.querySelector("[role=status]").textContent,
            rows: [...root.querySelectorAll("tbody tr")].map(row => [...row.cells].map(cell => cell.textContent)),
            number: root.querySelector(".number")?.firstChild.data,
            points: drawn?.data.datasets[0].data.map(
                point => point?.x === undefined ? [null, point] : [point.x, point.y]),
            names: drawn?.data.labels?.length ? drawn.data.labels : drawn?.scales.x?.ticks.map(tick => tick.label),
        };
    });"""


@pytest.fixture
def charts(tinybird, fill_page):
    """Shows a chart for each column; returns what it shows, by the column's name."""
    every_type.publish(tinybird.workspace)

    def charts(kind: str, index: str, categories: str, names=COLUMNS, params: str = "") -> dict[str, dict]:
        # A Chart.js of the page's own, which can be asked what a canvas shows.
        page = fill_page("".join(
            f'<tinybird-chart endpoint="https://api.tinybird.co/v0/pipes/every_type.json" title="{name}" type="{kind}" '
            f'params="limit={count(name)}{params}" index="{index.format(name)}" '
            f'categories="{categories.format(name)}" height="140"></tinybird-chart>' for name in names))
        wait_until(lambda: not page.run(LOADING), lambda: f"{kind} of {page.run(LOADING)}")
        return dict(zip(names, page.run(SHOWN)))

    return charts


def count(name: str) -> int:
    """So many rows have different values."""
    return len(COLUMNS[name][1])


def assert_is_said(name: str, shown: list[str], denormals: dict[str, str] = {}) -> None:
    """Whether the texts that a page shows say what ClickHouse says of a column's first rows."""
    function = "toJSONString" if KIND[name] == "structure" else "toString"
    values = said(f"{function}({name})", len(shown))
    assert [reading(name, text) for text in shown] == [
        Approximately(value) if is_rounded(name, value) else meaning(name, value, denormals) for value in values], name


def is_rounded(name: str, value: str | None) -> bool:
    return name.endswith(("float32", "float64")) and value not in (None, *DENORMALS)


class Approximately:
    """A float, of which six digits are shown, and all before the point."""

    def __init__(self, text: str) -> None:
        self.value = float(text)

    def __eq__(self, other: object) -> bool:
        off = abs(self.value - float(other))
        return off <= 5e-6 * abs(self.value) and (abs(self.value) >= 1e15 or off <= 0.5)

    def __repr__(self) -> str:
        return f"about {self.value!r}"


def meaning(name: str, value: str | None, denormals: dict[str, str]) -> Any:
    """What ClickHouse says, in a form to compare."""
    if value is None:
        return NULL
    if value in DENORMALS and KIND[name] == "number":
        return denormals.get(value, NULL)
    if KIND[name] == "number":
        return Decimal(value)
    if KIND[name] == "time":
        return re.sub(r"\.?0*$", "", value) if "." in value else value
    if KIND[name] == "structure":
        value = json.loads(value)
        return NULL if value is None else value if isinstance(value, str) else comparable(name, value)
    return value or EMPTY


def comparable(name: str, value: Any) -> Any:
    """A structure's value; without types within it, nobody knows of a quoted number that it is one."""
    if name not in ("json", "variant", "dynamic"):
        return value
    if isinstance(value, list):
        return [comparable(name, each) for each in value]
    if isinstance(value, dict):
        return {key: comparable(name, each) for key, each in value.items()}
    return str(value) if isinstance(value, int) else value


def reading(name: str, text: str) -> Any:
    """What a reader makes of a text, in the same form."""
    if text in (NULL, *DENORMALS.values()):
        return text
    if KIND[name] == "number":
        return Decimal(text.replace(",", ""))
    if KIND[name] == "date":
        return datetime.strptime(text, "%b %d, %Y").strftime("%Y-%m-%d")
    if KIND[name] == "time":
        return clock(text.replace("\u202f", " "))
    if KIND[name] == "structure":
        try:
            return comparable(name, json.loads(text))
        except ValueError:
            return text
    return text


def clock(text: str) -> str:
    for pattern in ("%b %d, %Y, %I:%M:%S.%f %p", "%b %d, %Y, %I:%M:%S %p", "%b %d, %Y, %I:%M %p"):
        try:
            time = datetime.strptime(text, pattern)
        except ValueError:
            continue
        return time.isoformat(" ").rstrip("0") if time.microsecond else time.isoformat(" ")
    return re.sub(r"\.?0*$", "", text) if "." in text else text


def numbers(name: str) -> list[float | None]:
    """A column's values as a canvas takes them."""
    values = said(f"toString({name})", count(name))
    return [
        None if value in (None, "", *DENORMALS) else float({"true": 1, "false": 0}.get(value, value)) for value in values]


@pytest.mark.parametrize("kind", KINDS)
def test_values_are_those_of_clickhouse_in_every_kind(charts, kind) -> None:
    for name, shown in charts(kind, "row", "{}").items():
        if name not in CAN_BE_DRAWN and kind not in ("table", "big-number"):
            assert shown["state"] == "error", name
            continue
        assert shown["state"] == "ready", name
        if kind == "big-number":
            assert_is_said(name, [shown["number"]])
            continue
        assert_is_said(name, [row[-1] for row in shown["rows"]])
        if kind in ROUND and min(value or 0 for value in numbers(name)) < 0:
            assert shown["status"] == "Negative values don’t fit this type of chart: this is the table."
        elif kind not in ("table", "bar-list"):
            assert [y for _, y in shown["points"]] == numbers(name), name


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "big-number"])
def test_labels_are_those_of_clickhouse_in_every_kind(charts, kind) -> None:
    for name, shown in charts(kind, "{}", "row").items():
        assert shown["state"] == "ready", name
        labels = [row[0] for row in shown["rows"]]
        assert_is_said(name, labels)
        if kind in ("table", "bar-list"):
            continue
        if kind in ROUND:
            assert shown["names"] == labels
        elif KIND[name] in ("date", "time") or KIND[name] == "number" and kind != "bar":
            places = milliseconds(name) if KIND[name] != "number" else numbers(name)
            assert [x for x, _ in shown["points"]] == pytest.approx(sorted(x for x in places if x is not None)), name
            # Each with its row's value, which is the row's number.
            assert [places[row - 1] for _, row in shown["points"]] == sorted(x for x in places if x is not None), name
        else:
            assert len(shown["names"]) == len(labels)
            for short, label in zip(shown["names"], labels):
                assert label.startswith(short.removesuffix("…"))


def milliseconds(name: str) -> list[float | None]:
    """Times since 1970, by ClickHouse's own knowledge of the zone."""
    return [
        None if value is None else int(value) / 1000
        for value in said(f"toString(toUnixTimestamp64Micro(toDateTime64({name}, 6, 'UTC')))", count(name))]


def test_a_request_may_have_nan_and_infinities_and_long_integers_quoted(charts) -> None:
    names = [name for name in COLUMNS if KIND[name] in ("number", "structure")]
    shown = charts("table", "row", "{}", names, "".join(
        f"&amp;output_format_json_quote_{what}=1" for what in ("64bit_integers", "denormals")))
    for name in names:
        assert_is_said(name, [row[-1] for row in shown[name]["rows"]], DENORMALS)
