"""Each row of CHARTS.md's table for pages that come from other libraries: what it says to write does what it should."""

from __future__ import annotations

import re
from typing import Any

import pytest

from Support.readme import CHARTS
from Support.tinybird import ENDPOINT
from Support.waiting import wait_until

SALES = """%
SELECT * FROM VALUES('city String, channel String, sales UInt64, visits Nullable(UInt64)',
    ('Berlin', 'Search', 482, 1000), ('Madrid', 'Direct', 418, NULL), ('Paris', 'Search', 394, 800))
WHERE sales < {{Int32(below, 1000)}} LIMIT {{Int32(limit, 1000)}}
"""
FORM = '<form id="filters"><select name="below"><option value="">All</option><option selected>400</option></select></form>'

TABLE = CHARTS.partition("## Instead of @tinybirdco/charts or Tremor")[2]
ROWS = dict(re.findall(r"^\| (.+?) \| (`.+) \|$", TABLE, re.M))

IT = "Chart.getChart(root.querySelector('canvas'))"
KIND = f"{IT}.config.type"
CELLS = "[...root.querySelectorAll('tbody td')].map(cell => cell.textContent)"
NAMES = f"{IT}.data.datasets.map(({{label}}) => label)"
# What is true of a page that does as a row says, by what is there.
TRIED: dict[str, tuple[str, Any]] = {
    "`<AreaChart>`": (f"[{KIND}, {IT}.data.datasets[0].fill]", ["line", "origin"]),
    "`<BarChart>`": (KIND, "bar"),
    "`<LineChart>`": (f"[{KIND}, {IT}.data.datasets[0].fill]", ["line", False]),
    '`<PieChart>`, `<DonutChart variant="pie">`': (KIND, "pie"),
    "`<DonutChart>`": (KIND, "doughnut"),
    "`<BarList>`": ("root.querySelectorAll('.bars i').length", 3),
    "`<Table>`": ("root.querySelector('table').checkVisibility() && root.querySelectorAll('tbody tr').length", 3),
    "`<Metric>`": ("root.querySelector('.number').firstChild.data", "482"),
    "`<BadgeDelta>`": ("root.querySelector('.delta').textContent", "▼ -51.8% vs. 1,000"),
    "`<SparkAreaChart>`": (f"[{IT}.scales.y.options.display, chart.offsetHeight < 130]", [False, True]),
    "`endpoint`": (CELLS, ["482", "418", "394"]),
    "`token`": (CELLS, ["482", "418", "394"]),
    "`params={{limit: 2}}`": (CELLS, ["482", "418"]),
    "`params={params}`": (CELLS, ["482", "418"]),
    "`refreshInterval={60000}`": (CELLS, ["482", "418", "394"]),
    "`index`": ("[...root.querySelectorAll('tbody th')].map(cell => cell.textContent)", ["Berlin", "Madrid", "Paris"]),
    "`categories={['sales', 'visits']}`, `category`": (NAMES, ["sales", "visits"]),
    "`groupBy`": (NAMES, ["Search", "Direct"]),
    "`colorPalette`, `colors`": (f"{IT}.data.datasets[0].backgroundColor", "rgba(39, 247, 149, 1.000)"),
    "`title`": ("root.querySelector('figcaption').textContent", "Sales by city"),
    "`description`": ("root.querySelector('figcaption small').textContent", "Since January"),
    '`height="300px"`': ("chart.offsetHeight", 300),
    "`width`, `padding`, `borderRadius`, `backgroundColor`, `textColor`": (
        f"[getComputedStyle(chart).padding, {IT}.scales.y.options.ticks.color]", ["16px", "rgba(255, 255, 255, 1.000)"]),
    "`showLegend={false}`": ("root.querySelectorAll('.legend button').length", 0),
    "`showXAxis={false}`": (f"[{IT}.scales.x.options.display, {IT}.scales.y.options.display]", [False, True]),
    "`showYAxis={false}`": (f"[{IT}.scales.x.options.display, {IT}.scales.y.options.display]", [True, False]),
    "`showGridLines={false}`": (f"{IT}.scales.y.options.grid.display", False),
    "`showTooltip={false}`": (f"{IT}.options.plugins.tooltip.enabled", False),
    "`showAnimation={false}`, `animationDuration`": (f"{IT}.options.animation", False),
    "`minValue`, `maxValue`": (f"[{IT}.scales.y.min, {IT}.scales.y.max]", [100, 900]),
    "`autoMinValue`": (f"{IT}.scales.y.min > 0", True),
    "`connectNulls`": (f"{IT}.getDatasetMeta(0).dataset.options.spanGaps", True),
    "`stacked`, `stack`": (f"[{IT}.scales.y.options.stacked, {IT}.data.datasets.length]", [True, 2]),
    "`relative`": (f"[{IT}.scales.y.max, {IT}.data.datasets[0].data[0].y]", [1, 1]),
    '`layout="vertical"`': (f"{IT}.options.indexAxis", "y"),
    "`valueFormatter`": (CELLS, ["€482", "€418", "€394"]),
    "`onValueChange`": ("(root.querySelector('[role=option]').focus(), logged)", ["Berlin"]),
    "`noDataText`": ("root.querySelector('[role=status]').textContent", "Nothing sold yet"),
    "`options` (of ECharts)": (f"{IT}.scales.y.max", 1000),
    "`useQuery`: `data`, `meta`": ("[chart.data.data.length, chart.data.meta[0].name]", [3, "city"]),
    "`useQuery`: `loading`, `error`": ("logged.map(({type, detail}) => [type, detail.rows])", [["tinybird-load", 3]]),
    "`<DateRangePicker>`, `<Select>`": (CELLS, ["394"]),
}


def test_every_row_is_tried():
    assert ROWS.keys() == TRIED.keys()


@pytest.mark.parametrize("there", TRIED)
def test_what_to_write_instead(tinybird, site, fill_page, there):
    tinybird.workspace.publish("sales_by_city", SALES)
    spans = re.findall(r"`([^`]+)`", ROWS[there])
    attributes = " ".join(span for span in spans if not re.match(r"chart\.|tinybird-chart ", span))
    site.files["/own.css"] = "".join(span for span in spans if span.startswith("tinybird-chart "))
    page = fill_page(f'{FORM}<link rel="stylesheet" href="/own.css">')
    # Of two attributes of one name, HTML takes the first.
    markup = f'<tinybird-chart {attributes} type="bar" index="city" categories="sales" endpoint="{ENDPOINT}"></tinybird-chart>'
    page.run(f"""
        window.logged = [];
        console.log = value => logged.push(value);
        document.querySelector("main").insertAdjacentHTML("beforeend", arguments[0]);
        const chart = document.querySelector("tinybird-chart");
        {"; ".join(span for span in spans if span.startswith("chart."))}
    """, markup)
    wait_until(lambda: page.state() in ("ready", "empty") and not page.busy(), lambda: f"the chart: {page.failures}")
    expression, expected = TRIED[there]
    if there == "`onValueChange`":
        page.inside("root.querySelector('[role=option]').dispatchEvent("
                    "new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))")

    wait_until(lambda: page.inside(expression) == expected, lambda: f"{expected}, not {page.inside(expression)}")
    assert page.failures == []
