"""A chart in any box, at any size of text, on paper, in the visitor's own colours, and from right to left."""

from __future__ import annotations

import base64
import re

import pytest

from Support.charts import chart
from Support.pages import drawn
from Support.tinybird import answer
from Support.waiting import wait_until

TYPES = ["line", "area", "bar", "pie", "donut", "bar-list", "table", "big-number"]
LONG_NAMES = answer([{"city": f"A city with a long name, number {number}", "sales": number} for number in range(9)])

# The widths of a chart and of what it draws.
WIDTHS = """(canvas => [chart.getBoundingClientRect().width, canvas.getBoundingClientRect().width])(root.querySelector("canvas"))"""


def ready(page, count: int) -> None:
    for at in range(count):
        page.wait_for("ready", at)


@pytest.mark.parametrize("box", [
    "display: flex", "display: flex; flex-direction: column; align-items: center", "display: grid; place-items: center",
    "display: flow-root", "display: table-cell; width: 900px"])
def test_it_takes_the_width_that_there_is(fill_page, box):
    page = fill_page(f'<div class="box" style="{box}">{drawn("bar")}</div>')
    # Styles in the markup are against the policy.
    page.run("document.querySelector('.box').style.cssText = arguments[0]", box)
    page.wait_for("ready")

    there = page.value("document.querySelector('.box').clientWidth")
    wait_until(lambda: page.inside(WIDTHS) == [pytest.approx(there, abs=1)] * 2, "its width")
    page.run("window.violations = []")


@pytest.mark.parametrize("box", ["float: left", "display: inline-block", "position: absolute"])
def test_where_the_width_is_for_it_to_say_it_is_20_rem(fill_page, box):
    page = fill_page(f'<div class="box">{drawn("bar")}</div>')
    page.run("document.querySelector('.box').style.cssText = arguments[0]", box)
    page.wait_for("ready")

    wait_until(lambda: page.inside(WIDTHS) == [320, 320], "its width")


def test_charts_in_a_row_share_it(fill_page):
    page = fill_page(f'<div class="box">{drawn("bar") * 3}</div>')
    page.run("document.querySelector('.box').style.display = 'flex'")
    ready(page, 3)

    widths = page.value("[...document.querySelectorAll('tinybird-chart')].map(chart => chart.getBoundingClientRect().width)")
    assert max(widths) - min(widths) < 2 and sum(widths) == pytest.approx(page.value("document.querySelector('.box').clientWidth"), abs=2)


def test_in_a_tab_that_was_hidden_it_is_there_when_that_is_shown(fill_page):
    page = fill_page(f'<div class="box" hidden>{drawn("bar")}</div>')
    page.wait_for("ready")

    page.run("document.querySelector('.box').hidden = false")
    wait_until(lambda: page.inside(WIDTHS)[1] > 300, "its width")


@pytest.mark.parametrize("width", [160, 390, 768, 1280, 2560])
def test_nothing_is_wider_than_its_box(tinybird, fill_page, width):
    tinybird.json = LONG_NAMES
    page = fill_page("".join(drawn(type) for type in TYPES))
    ready(page, len(TYPES))
    page.run("document.querySelector('main').style.cssText = `width: ${arguments[0]}px; max-width: none; padding: 0`", width)

    for at, type in enumerate(TYPES):
        def widest(at: int = at) -> float:
            return page.inside("""Math.max(...[...root.querySelectorAll("figure, #plot, .drawn, canvas, .data, .legend, .number")]
                .map(part => part.getBoundingClientRect().right)) - chart.getBoundingClientRect().left""", at)
        wait_until(lambda: widest() <= width + 1, f"{type} fits")
        assert page.inside("root.querySelector('figure').getBoundingClientRect().height >= 320", at)


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_four_numbers_in_a_row_stay_in_their_cards(tinybird, fill_page, width):
    tinybird.json = answer([{"revenue": 1234567890.5}], [{"name": "revenue", "type": "Decimal(18, 2)"}])
    page = fill_page('<div class="box">' + f'<div class="card">{drawn("big-number", "height=130")}</div>' * 4 + "</div>")
    page.run("document.querySelector('.box').style.cssText = 'display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem'")
    page.size(width)
    ready(page, 4)

    for at in range(4):
        text, card = page.inside("""(range => {
            range.selectNodeContents(root.querySelector(".number"));
            return [range.getBoundingClientRect().width, chart.parentElement.clientWidth];
        })(document.createRange())""", at)
        assert text <= card - 30 or width == 390 and text <= 110, (width, text, card)
    assert page.value("document.documentElement.scrollWidth") <= width


def test_it_grows_with_the_text(fill_page):
    page = fill_page(drawn("bar") + drawn("table"))
    ready(page, 2)
    size = "it.options.font.size"
    before = [chart(page, size), *[page.inside("chart.getBoundingClientRect().height", at) for at in range(2)]]

    page.run("document.documentElement.style.fontSize = '200%'")
    page.inside("chart.setAttribute('title', 'Larger')")
    wait_until(lambda: page.inside("chart.shadowRoot.querySelector('canvas').ariaLabel.startsWith('Larger')"), "drawn again")

    assert [chart(page, size), *[page.inside("chart.getBoundingClientRect().height", at) for at in range(2)]] == [
        2 * value for value in before]


def test_a_long_legend_leaves_room_for_the_plot(tinybird, fill_page):
    tinybird.json = LONG_NAMES
    page = fill_page(drawn("pie"))
    page.run("document.querySelector('tinybird-chart').style.width = '300px'")
    page.wait_for("ready")

    heights = page.inside("[root.querySelector('.area'), root.querySelector('.legend')].map(part => part.getBoundingClientRect().height)")
    assert heights[0] > 150 and heights[1] > 50
    # All of a name can be read.
    assert page.inside("root.querySelector('.legend button').title") == "A city with a long name, number 0"


# --- On paper

def paper(page) -> bytes:
    return base64.b64decode(page.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])


def test_all_rows_of_a_table_are_printed(tinybird, fill_page):
    tinybird.json = answer([{"city": f"city {number}", "sales": number} for number in range(120)])
    page = fill_page(drawn("table"))
    page.wait_for("ready")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    height = page.inside("root.querySelector('figure').getBoundingClientRect().height")

    assert height > 120 * 20 and page.inside("root.querySelector('table').getBoundingClientRect().bottom <= root.querySelector('figure').getBoundingClientRect().bottom")
    assert len(re.findall(rb"/Type\s*/Page\b", paper(page))) >= 3


def test_a_canvas_is_printed_in_the_papers_colours_and_width(fill_page):
    page = fill_page(drawn("bar"))
    page.media(prefers_color_scheme="dark", prefers_reduced_motion="reduce")
    page.size(1920)
    page.wait_for("ready")
    ink = "it.options.scales.x.ticks.color"
    wait_until(lambda: chart(page, ink) == "rgba(233, 237, 243, 1.000)", "pale ink")
    chart(page, f"void matchMedia('print').addEventListener('change', () => (window.inks ??= []).push({ink}))")

    paper(page)

    assert page.value("inks[0]") == "rgba(0, 0, 0, 1.000)"
    wait_until(lambda: chart(page, ink) == "rgba(233, 237, 243, 1.000)", "pale ink again")


# --- As the visitor sees

def test_bars_are_seen_in_the_visitors_own_colours(fill_page):
    page = fill_page(drawn("bar-list") + drawn("bar"))
    page.media(forced_colors="active")
    ready(page, 2)

    assert page.inside("getComputedStyle(root.querySelector('i')).borderTopWidth") == "1px"
    wait_until(lambda: chart(page, "it.data.datasets[0].backgroundColor", 1)
               == "rgba(26, 143, 102, 1.000)", "the series' colour")


def test_lines_are_stronger_where_more_contrast_is_wanted(fill_page):
    page = fill_page("")
    page.media(prefers_contrast="more", prefers_reduced_motion="reduce")
    page.run(f"document.querySelector('main').innerHTML = `{drawn('bar')}`")
    page.wait_for("ready")

    grid = chart(page, "it.options.scales.y.grid.color")
    assert float(re.search(r"([\d.]+)\)", grid)[1]) > 0.5


def test_from_right_to_left_bars_begin_beside_their_names(fill_page):
    page = fill_page(f'<div dir="rtl">{drawn("bar-list")}{drawn("bar")}{drawn("bar", "horizontal")}</div>')
    ready(page, 3)

    assert page.inside("""[...root.querySelectorAll("tbody tr")].every(row =>
        Math.abs(row.querySelector("i").getBoundingClientRect().right - row.querySelector("th").getBoundingClientRect().right) < 2)""")
    xs = chart(page, "it.getDatasetMeta(0).data.map(point => point.getProps(['x'], true).x)", 1)
    assert xs == sorted(xs, reverse=True)
    assert chart(page, "it.scales.y.position === 'right' && it.getDatasetMeta(0).data.every("
                       "bar => (({x, base}) => x < base)(bar.getProps(['x', 'base'], true)))", 2)


def test_the_language_of_what_a_shadow_root_is_in(tinybird, fill_page):
    tinybird.json = answer([{"n": 1234567}], [{"name": "n", "type": "UInt64"}])
    page = fill_page('<section lang="de"><p id="host"></p></section>')
    page.run(f"document.querySelector('#host').attachShadow({{mode: 'open'}}).innerHTML = `{drawn('big-number')}`")

    text = "document.querySelector('#host').shadowRoot.querySelector('tinybird-chart').shadowRoot?.querySelector('.number')?.textContent"
    assert wait_until(lambda: page.value(text), "a number") == "1.234.567"


@pytest.mark.parametrize("colors, resolved", [
    ("rgb(255, 0, 0), hsl(210 80% 50%)", ["rgba(255, 0, 0, 1.000)", "rgba(26, 127, 230, 1.000)"]),
    ("oklch(70% .15 60), red", ["rgba(225, 133, 40, 1.000)", "rgba(255, 0, 0, 1.000)"]),
    ("var(--accent), no-colour", ["rgba(11, 107, 79, 1.000)", "rgba(125, 133, 144, 1.000)"]),
])
def test_any_colour_of_css_is_drawn(tinybird, fill_page, colors, resolved):
    page = fill_page("")
    page.media(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    tinybird.json = answer([{"k": 1, "a": 1, "b": 2}, {"k": 2, "a": 1, "b": 2}], [
        {"name": name, "type": "UInt8"} for name in ("k", "a", "b")])
    page.run("document.querySelector('main').innerHTML = arguments[0]", drawn("area", f'colors="{colors}"'))
    page.wait_for("ready")

    datasets = chart(page, "it.data.datasets.map(it => [it.borderColor, it.backgroundColor])")
    drawn_colors = [color for color, _ in datasets]
    for one, other in zip(drawn_colors, resolved):
        assert [int(part) for part in re.findall(r"\d+", one)[:3]] == pytest.approx([int(part) for part in re.findall(r"\d+", other)[:3]], abs=3)
    assert all(area.endswith(", 0.250)") for _, area in datasets)


def test_lines_on_a_translucent_ink_are_not_black(fill_page):
    page = fill_page("")
    page.run("document.body.style.color = 'rgb(100 100 100 / 50%)'")
    page.run(f"document.querySelector('main').innerHTML = `{drawn('bar')}`")
    page.wait_for("ready")

    grid = chart(page, "it.options.scales.y.grid.color")
    assert 0.05 < float(re.search(r"([\d.]+)\)", grid)[1]) < 0.1
