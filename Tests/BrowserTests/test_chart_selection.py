"""What scripts of the page get from charts: data, options, and what a visitor selects by pointer or keyboard."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from Support.charts import chart
from Support.pages import FRAME, drawn
from Support.tinybird import META, ROWS, answer
from Support.waiting import wait_until

LONG = answer(
    [{"day": day, "shop": shop, "sales": sales} for day, shop, sales in [
        ("2026-01-01", "a", "9007199254740993"), ("2026-01-01", "b", 2), ("2026-01-02", "a", 3), ("2026-01-03", "b", 4)]],
    [{"name": "day", "type": "Date"}, {"name": "shop", "type": "String"}, {"name": "sales", "type": "UInt64"}])
MANY = answer([{"city": f"city {number}", "sales": 20 - number} for number in range(20)])


@pytest.fixture
def show(tinybird, fill_page):
    def show(markup: str, json: dict | None = None):
        if json:
            tinybird.json = json
        page = fill_page(markup)
        for at in range(markup.count("</tinybird-chart>")):
            page.wait_for("ready", at)
        return page
    return show


def click(page, x: float, y: float, at: int = 0) -> None:
    """A real click at a place of a chart's canvas."""
    canvas = page.inside("(root.querySelector('canvas').scrollIntoView({block: 'center'}), root.querySelector('canvas'))", at)
    box = page.inside("root.querySelector('canvas').getBoundingClientRect().toJSON()", at)
    ActionChains(page.driver).move_to_element_with_offset(
        canvas, round(x - box["width"] / 2), round(y - box["height"] / 2)).click().perform()


def middle(page, series: int, point: int, at: int = 0) -> list[float]:
    return chart(page, f"(({{x, y}}) => [x, y])(it.getDatasetMeta({series}).data[{point}].getCenterPoint(true))", at)


def press(page, *keys: str) -> None:
    page.driver.switch_to.active_element.send_keys(*keys)


def focus(page, at: int = 0) -> dict:
    """What the keyboard is at, inside of a chart."""
    return page.inside("""(it => it && {role: it.role ?? it.localName, name: it.ariaLabel ?? it.textContent,
        at: it.ariaPosInSet, of: it.ariaSetSize})(root.activeElement)""", at)


# --- Data

def test_the_response_is_a_property_and_in_the_event(open_page, tinybird):
    page = open_page(drawn("bar"), script="addEventListener('tinybird-load', ({detail}) => window.detail = detail);")
    page.wait_for("ready")

    said = page.value("detail")
    assert said["data"] == ROWS and said["meta"] == META and said["rows"] == 3 and said["statistics"]["elapsed"] > 0
    assert page.inside("chart.data === detail")
    page.run("'use strict'; try { document.querySelector('tinybird-chart').data = []; } catch ({name}) { window.name = name; }")
    assert page.inside("chart.data === detail") and page.value("window.name") == "TypeError"


def test_a_script_can_have_the_data_fetched_again(show, tinybird):
    page = show(drawn("table"))
    tinybird.json = answer([{"city": "Rome", "sales": 7}])

    page.inside("chart.reload()")

    assert page.state() == "ready" and len(page.cells()) in (1, 3)
    wait_until(lambda: page.cells() == ["7"], "the new data")


def test_a_frame_has_no_data(open_page):
    page = open_page(FRAME, script="addEventListener('tinybird-load', ({detail}) => window.detail = detail);")
    page.wait_for("ready")

    assert page.inside("chart.data") is None and page.value("detail") is None


# --- Options

def test_options_of_the_page_come_last_and_ask_for_nothing(show, tinybird):
    page = show(drawn("bar"))
    ours = chart(page, "it.options.scales.y.grid.color")

    page.inside("""chart.options = {
        scales: {y: {suggestedMax: 1000, ticks: {callback: value => `${value}!`}}}, plugins: {tooltip: {enabled: false}}}""")

    it = chart(page, """({max: it.scales.y.max, ticks: it.scales.y.ticks.map(tick => tick.label),
        grid: it.options.scales.y.grid.color, tooltip: it.options.plugins.tooltip.enabled})""")
    assert it["max"] == 1000 and it["ticks"][-1] == "1000!" and it["tooltip"] is False
    # All else stays ours.
    assert it["grid"] == ours
    assert len(tinybird.data) == 1

    page.inside("chart.options = undefined")
    assert chart(page, "it.scales.y.max") < 600


def test_options_that_are_set_before_the_element_is_there_count(open_page):
    page = open_page(drawn("bar"), script="""
        document.addEventListener("DOMContentLoaded", () => {
            document.querySelector("tinybird-chart").options = {scales: {y: {suggestedMax: 1000}}};
        });""")
    page.wait_for("ready")

    assert chart(page, "it.scales.y.max") == 1000


# --- By pointer

@pytest.mark.parametrize("type", ["bar", "line", "area", "pie", "donut"])
def test_a_click_selects_a_point(show, type):
    page = show(drawn(type, "selectable"))

    click(page, *middle(page, 0, 1))

    assert page.value("selected") == [
        {"row": ROWS[1], "index": "Madrid", "category": "sales", "value": 418, "of": "Sales by city"}]


def test_a_click_above_a_bar_selects_it_and_one_beside_the_axis_nothing(show):
    page = show(drawn("bar", "selectable"))
    x, _ = middle(page, 0, 2)
    top = chart(page, "it.chartArea.top")

    click(page, 2, 100)
    assert page.value("selected") == []
    click(page, x, top + 2)
    assert [each["index"] for each in page.value("selected")] == ["Paris"]


def test_a_groups_value_is_the_category_and_values_are_as_in_the_response(show):
    page = show(drawn("bar", 'group-by="shop" selectable'), LONG)

    click(page, *middle(page, 0, 0))
    click(page, *middle(page, 1, 2))

    first, second = page.value("selected")
    assert (first["index"], first["category"], first["value"]) == ("2026-01-01", "a", "9007199254740993")
    assert (second["index"], second["category"], second["value"]) == ("2026-01-03", "b", 4)
    assert second["row"] == {"day": "2026-01-03", "shop": "b", "sales": 4}


def test_what_is_made_of_several_rows_is_no_row(show):
    page = show(drawn("donut", "selectable"), MANY)

    click(page, *middle(page, 0, 10))

    assert page.value("selected") == [] and page.inside("root.querySelectorAll('.legend li').length") == 11


@pytest.mark.parametrize("type, category, value", [("table", None, None), ("bar-list", "sales", 418)])
def test_a_click_selects_a_row(show, type, category, value):
    page = show(drawn(type, "selectable"))

    page.inside("root.querySelectorAll('tbody tr')[1].cells[1]").click()

    assert page.value("selected") == [
        {"row": ROWS[1], "index": "Madrid", "category": category, "value": value, "of": "Sales by city"}]


@pytest.mark.parametrize("type", ["bar", "table", "bar-list"])
def test_without_the_attribute_nothing_is_selected(show, type):
    page = show(drawn(type))

    if type == "bar":
        click(page, *middle(page, 0, 1))
    else:
        page.inside("root.querySelectorAll('tbody tr')[1].cells[1]").click()

    assert page.value("selected") == []
    assert not page.inside("root.querySelector('[role=listbox], tbody button')")
    assert page.inside("getComputedStyle(root.querySelector('canvas, tbody tr')).cursor") == "auto"


# --- By keyboard

def test_arrow_keys_move_through_points_enter_selects_and_escape_leaves(show):
    page = show(drawn("bar", "selectable"))
    body = page.driver.find_element("tag name", "body")

    body.send_keys(Keys.TAB)
    assert focus(page) == {"role": "option", "name": "Berlin, sales: 482", "at": "1", "of": "3"}
    assert page.inside("root.activeElement.parentElement.role") == "listbox"
    assert page.inside("root.activeElement.parentElement.ariaLabel") == "Sales by city"
    press(page, Keys.ARROW_RIGHT)
    assert focus(page)["name"] == "Madrid, sales: 418"
    # The tooltip and the mark of the focus are there.
    active = "it.tooltip.getActiveElements().map(({index}) => index)"
    assert chart(page, active) == [1]
    assert page.inside("getComputedStyle(root.activeElement).outlineStyle") == "solid"
    mark = page.inside("""(({left, top, width, height}, canvas) => [left + width / 2 - canvas.left, top + height / 2 - canvas.top])(
        root.activeElement.getBoundingClientRect(), root.querySelector('canvas').getBoundingClientRect())""")
    assert mark == pytest.approx(
        chart(page, "(({x, y}) => [x, y])(it.getDatasetMeta(0).data[1].tooltipPosition(true))"), abs=1)
    press(page, Keys.ENTER)
    press(page, Keys.END, Keys.SPACE, Keys.ARROW_RIGHT, Keys.HOME, Keys.ARROW_LEFT, Keys.ENTER)
    assert [(each["index"], each["category"], each["value"]) for each in page.value("selected")] == [
        ("Madrid", "sales", 418), ("Paris", "sales", 394), ("Berlin", "sales", 482)]

    press(page, Keys.ESCAPE)
    assert page.inside("root.activeElement.localName") == "figure" and chart(page, active) == []


@pytest.mark.parametrize("more, along, across", [
    ("", Keys.ARROW_RIGHT, Keys.ARROW_DOWN), ("horizontal", Keys.ARROW_DOWN, Keys.ARROW_RIGHT)])
def test_the_other_arrow_keys_go_to_another_series(show, more, along, across):
    page = show(drawn("bar", f'group-by="shop" selectable {more}'), LONG)

    page.driver.find_element("tag name", "body").send_keys(Keys.TAB)
    names = [focus(page)["name"]]
    for key in (across, along):
        press(page, key)
        names.append(focus(page)["name"])

    # The second day has no b.
    assert names == ["Jan 1, 2026, a: 9,007,199,254,740,993", "Jan 1, 2026, b: 2", "Jan 3, 2026, b: 4"]


def test_from_right_to_left_the_left_arrow_goes_on(show):
    page = show(f'<div dir="rtl">{drawn("bar", "selectable")}</div>')

    page.driver.find_element("tag name", "body").send_keys(Keys.TAB)
    press(page, Keys.ARROW_LEFT)

    assert focus(page)["name"].startswith("Madrid")


def test_what_is_switched_off_in_the_legend_is_passed_over(show):
    page = show(drawn("donut", "selectable"))
    page.inside("root.querySelectorAll('.legend button')[1]").click()

    page.inside("root.querySelector('[role=option]').focus()")
    press(page, Keys.ARROW_DOWN)

    assert focus(page)["name"].startswith("Paris")


@pytest.mark.parametrize("type", ["table", "bar-list"])
def test_rows_are_buttons_of_which_tab_reaches_one_and_arrows_the_others(show, type):
    page = show(drawn(type, "selectable") + '<a href="/">next</a>')

    page.driver.find_element("tag name", "body").send_keys(Keys.TAB)
    # The headers of a table sort it.
    for _ in range(3 if type == "table" else 1):
        press(page, Keys.TAB)
    assert focus(page)["role"] == "button" and focus(page)["name"] == "Berlin"
    press(page, Keys.ARROW_DOWN)
    press(page, Keys.ENTER)
    press(page, Keys.END)
    press(page, Keys.SPACE)
    assert [each["index"] for each in page.value("selected")] == ["Madrid", "Paris"]
    press(page, Keys.TAB)
    assert page.value("document.activeElement.textContent") == "next"


@pytest.mark.parametrize("type", ["bar", "table"])
def test_the_focus_stays_where_it_is_when_newer_data_come(show, tinybird, type):
    page = show(drawn(type, 'selectable refresh="1"'))
    page.inside("root.querySelector('[role=option], tbody button').focus()")
    press(page, Keys.ARROW_RIGHT if type == "bar" else Keys.ARROW_DOWN)
    assert "Madrid" in focus(page)["name"]

    tinybird.json = answer([{"city": row["city"], "sales": row["sales"] + 1000} for row in ROWS])
    wait_until(lambda: page.cells()[0] == "1,482", "newer data")

    assert focus(page)["name"] == ("Madrid, sales: 1,418" if type == "bar" else "Madrid")
    press(page, Keys.ENTER)
    assert page.value("selected")[0]["row"]["sales"] == 1418


def test_a_canvas_that_is_a_table_after_all_has_rows_to_select(show):
    page = show(drawn("pie", "selectable"), answer([{"city": "Rome", "sales": -1}, {"city": "Oslo", "sales": 1}]))

    page.inside("root.querySelector('tbody button')").click()

    assert page.value("selected")[0]["index"] == "Rome"
