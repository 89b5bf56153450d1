"""For those who don't see the chart, or don't use a mouse: names, tables, the keyboard, contrast."""

from __future__ import annotations

import json

import pytest
from selenium.webdriver.common.keys import Keys

from Support.browser import CONTRAST
from Support.pages import FRAME, drawn
from Support.repository import HTDOCS
from Support.tinybird import FROM_CLICKHOUSE, answer
from Support.waiting import wait_until


def tree(page) -> list[tuple[str, str]]:
    """Role and name of all that assistive technology is told."""
    page.driver.execute_cdp_cmd("Accessibility.enable", {})
    nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    return [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]


@pytest.mark.parametrize("type", ["line", "area", "bar", "pie", "donut"])
def test_a_drawn_chart_has_a_name_and_a_table(open_page, type):
    page = open_page(drawn(type))
    page.wait_for("ready")

    nodes = tree(page)
    assert ("figure", "Sales by city") in nodes
    assert ("image", f"Sales by city: {type} chart") in nodes
    assert ("table", "Sales by city") in nodes
    assert ("group", "Sales by city: data") in nodes
    assert [name for role, name in nodes if role == "columnheader"] == ["city", "sales"]
    assert [name for role, name in nodes if role == "rowheader"] == ["Berlin", "Madrid", "Paris"]
    assert [name for role, name in nodes if role in ("cell", "gridcell")] == ["482", "418", "394"]


def test_every_control_frame_image_and_table_has_a_name(site, open_page):
    page = open_page(FRAME + drawn("table") + drawn("bar-list") + drawn("bar") + drawn("big-number")
                     + drawn("bar", 'token-endpoint="/none"') + drawn("bar").replace('title="Sales by city"', ""))
    for at in (0, 1, 2, 3, 4, 6):
        page.wait_for("ready", at)
    page.problem(5)

    nodes = tree(page)
    for role, name in nodes:
        if role in ("button", "image", "table", "group", "Iframe", "figure", "link", "textbox"):
            assert name or role == "textbox", (role, nodes)
    assert ("button", "Try again") in nodes
    assert ("Iframe", "Sales by city") in nodes
    assert any(role == "status" for role, _ in nodes)


def test_the_data_behind_a_canvas_is_shown_where_the_keyboard_goes_to_it(open_page):
    page = open_page(drawn("bar"))
    page.wait_for("ready")
    assert page.inside("root.querySelector('.data').getBoundingClientRect().width") == 1

    page.driver.find_element("tag name", "body").send_keys(Keys.TAB)

    assert page.inside("root.activeElement === root.querySelector('.data')")
    assert page.inside("root.querySelector('.data').getBoundingClientRect().width") > 300
    page.driver.switch_to.active_element.send_keys(Keys.TAB)
    wait_until(lambda: page.inside("root.querySelector('.data').getBoundingClientRect().width") == 1, "it is gone")


def test_a_long_table_scrolls_by_the_keyboard(tinybird, open_page):
    tinybird.json = answer([{"city": f"city {number}", "sales": number} for number in range(100)])
    page = open_page(drawn("table"))
    page.wait_for("ready")

    page.driver.find_element("tag name", "body").send_keys(Keys.TAB)
    page.driver.switch_to.active_element.send_keys(Keys.END)

    wait_until(lambda: page.inside("root.querySelector('.data').scrollTop") > 500, "it scrolls")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(site, tinybird, open_page, keep, scheme):
    page = open_page(
        '<div class="card">' + FRAME + drawn("table", 'refresh="1"') + drawn("bar-list") + drawn("big-number")
        + drawn("bar", 'token-endpoint="/none"') + '</div><a href="/">A link</a>')
    page.media(prefers_color_scheme=scheme)
    for at in range(4):
        page.wait_for("ready", at)
    page.problem(4)

    def add(more: str) -> None:
        page.run(f"document.querySelector('.card').insertAdjacentHTML('beforeend', {json.dumps(drawn(more=more))})")

    # Of other requests than that which is repeated.
    tinybird.json = answer([])
    add("params=all=1")
    page.wait_for("empty", 5)
    tinybird.json = FROM_CLICKHOUSE
    page.wait_for("ready", 1)
    site.mode = "slow"
    add('token-endpoint="/generate-token?of=another"')
    page.wait_for("loading", 6)
    tinybird.mode = (500, {})
    wait_until(lambda: page.status(1), "a note")

    page.run("document.querySelector('tinybird-chart').remove()")
    page.size(640, page.value("document.documentElement.scrollHeight"))
    keep(f"states-{scheme}.png", page.picture)

    found = page.value(CONTRAST)
    assert len(found) > 20
    assert [pair for pair in found if pair[1] < 4.5] == []


def test_the_colours_of_charts_are_seen_on_white_and_on_the_dark_card():
    import re
    colours = re.findall(r"#[0-9a-f]{6}", re.search(
        r"const COLORS = \[(.*?)\]", (HTDOCS / "colors.js").read_text())[1])
    assert len(colours) == 8

    def light(colour: str) -> float:
        parts = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colour in colours:
        assert 1.05 / (light(colour) + 0.05) >= 3, colour
        assert (light(colour) + 0.05) / (light("#1b212a") + 0.05) >= 3, colour
