"""What a page's style sheet changes of a chart: custom properties, parts, slots."""

from __future__ import annotations

import html
import re

import pytest

from Support.pages import drawn
from Support.repository import HTDOCS
from Support.tinybird import answer
from Support.waiting import wait_until

META = [{"name": "city", "type": "String"}, {"name": "a", "type": "UInt8"}, {"name": "b", "type": "UInt8"}]
ROWS = [{"city": "Oslo", "a": 1, "b": 2}, {"city": "Rome", "a": 3, "b": 4}]
STYLE = '<link rel="stylesheet" href="/own.css">'
OPTIONS = "Chart.getChart(root.querySelector('canvas')).options"
COLORS = "Chart.getChart(root.querySelector('canvas')).data.datasets.map(each => each.backgroundColor)"


@pytest.fixture
def styled(site, tinybird, open_page):
    """Opens a page of charts with a style sheet of its own."""
    tinybird.json = answer(ROWS, META)

    def styled(css: str, *charts: str):
        site.files["/own.css"] = css
        page = open_page(STYLE + "".join(charts))
        page.media(prefers_reduced_motion="reduce")
        for at in range(len(charts)):
            page.wait_for("ready", at)
        return page

    return styled


def test_colours_of_series_slices_and_bars_are_the_themes(styled):
    page = styled(
        ":root { --tinybird-chart-color-1: rebeccapurple; --tinybird-chart-color-2: hsl(0 100% 50%) }",
        drawn("bar"), drawn("pie", 'categories="a"'), drawn("bar-list"), drawn("bar", 'colors="lime"'))

    assert page.inside(COLORS) == ["rgba(102, 51, 153, 1.000)", "rgba(255, 0, 0, 1.000)"]
    assert page.inside(COLORS, 1) == [["rgba(102, 51, 153, 1.000)", "rgba(255, 0, 0, 1.000)"]]
    assert page.inside("getComputedStyle(root.querySelector('.legend button'), '::before').backgroundColor") == "rgb(102, 51, 153)"
    assert page.inside("getComputedStyle(root.querySelector('i')).backgroundColor", 2) == "rgb(102, 51, 153)"
    # What the chart says itself is nearer.
    assert page.inside(COLORS, 3)[0] == "rgba(0, 255, 0, 1.000)"


def test_lines_and_letters_are_the_themes(styled):
    page = styled(
        "tinybird-chart { --tinybird-chart-grid: rgb(1 2 3 / 50%); --tinybird-chart-font-size: 24px }",
        drawn("bar"), drawn("table"))

    assert re.fullmatch(r"rgba\([012], [123], [234], 0\.50\d\)", page.inside(f"{OPTIONS}.scales.y.grid.color"))
    assert page.inside(f"{OPTIONS}.scales.y.ticks.font.size") == 18
    assert page.inside("getComputedStyle(root.querySelector('figcaption')).fontSize") == "24px"
    assert page.inside("getComputedStyle(root.querySelector('tbody tr')).borderBlockEndColor", 1) == "rgba(1, 2, 3, 0.5)"
    assert page.inside("getComputedStyle(root.querySelector('table')).fontSize", 1) == "21px"


@pytest.mark.parametrize("name", [*(f"color-{at}" for at in (1, 2)), "grid"])
def test_a_theme_that_changes_is_drawn_at_once(styled, name):
    page = styled(f".other {{ --tinybird-chart-{name}: #010101 }}", drawn("bar"))
    shown = f"JSON.stringify([{COLORS}, {OPTIONS}.scales.y.grid.color])"
    assert "rgba(1, 1, 1, 1.000)" not in page.inside(shown)

    page.run("document.querySelector('main').className = 'other'")

    wait_until(lambda: "rgba(1, 1, 1, 1.000)" in page.inside(shown), "another colour")


def test_each_part_takes_a_style(site, tinybird, open_page):
    tinybird.json = answer(ROWS, META)
    parts = ["caption", "plot", "legend", "table", "status", "button"]
    site.files["/own.css"] = "".join(
        f"tinybird-chart::part({part}) {{ outline: {at + 3}px solid red }}" for at, part in enumerate(parts))
    page = open_page(STYLE + drawn("bar"))
    page.wait_for("ready")

    assert page.inside(f"""{parts}.map(part => [...root.querySelectorAll(`[part=${{part}}]`)].map(
        each => getComputedStyle(each).outlineWidth).join())""") == [f"{at + 3}px" for at, _ in enumerate(parts)]


def test_a_page_shows_its_own_where_there_are_no_data(tinybird, open_page):
    own = '<b slot="empty">Nothing <a href="/">yet</a></b><b slot="error">Oh no</b>'
    tinybird.json = answer([])
    page = open_page(drawn().replace("></tinybird-chart>", f">{own}</tinybird-chart>"))
    page.wait_for("empty")

    seen = "[...chart.children].map(each => each.checkVisibility() && each.getClientRects().length > 0)"
    assert page.inside(seen) == [True, False]
    # It is said by screen readers, too.
    assert page.inside("chart.children[0].assignedSlot?.closest('[role=status]') !== null")

    tinybird.mode = (404, {})
    page.inside("chart.setAttribute('params', 'other=1')")
    page.wait_for("error")
    assert page.inside(seen) == [False, True]

    tinybird.mode = None
    tinybird.json = answer(ROWS, META)
    page.inside("chart.setAttribute('params', 'other=2')")
    page.wait_for("ready")
    assert page.inside(seen) == [False, False]


def test_the_page_about_themes_shows_the_style_sheet_that_it_has():
    shown = re.search(r"<pre><code>(.*?)</code></pre>", (HTDOCS / "theme.html").read_text(), re.S)[1]
    css = (HTDOCS / "theme.css").read_text()

    assert html.unescape(shown) == css.rstrip()
    # All that there is is tried in it, and told beside the attributes.
    told = (HTDOCS / "element.html").read_text()
    for name in (*(f"--tinybird-chart-color-{at}" for at in range(1, 9)), "--tinybird-chart-grid", "--tinybird-chart-font-size"):
        assert css.count(f"{name}: ") >= 1, name
    for part in re.findall(r'part: "(\w+)"', "".join(file.read_text() for file in HTDOCS.glob("*.js"))):
        assert f"::part({part})" in css and f"<code>{part}</code>" in told, part
