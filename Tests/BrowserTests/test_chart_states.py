"""What a visitor sees while there is no chart, or not the latest: it is said, it can be retried, and nothing moves."""

from __future__ import annotations

import json

import pytest
from selenium.webdriver.common.keys import Keys

from Support.pages import FRAME, drawn
from Support.tinybird import ENDPOINT, answer
from Support.waiting import wait_until

GOOD = json.dumps({"token": "a.b.c", "expires_in": 172800})


@pytest.mark.parametrize("markup", [drawn(), FRAME], ids=["drawn", "framed"])
@pytest.mark.parametrize("mode, text", [
    ((401, '{"error":"x"}', {}), "sign in"),
    ((403, '{"error":"x"}', {}), "sign in"),
    ((404, "", {}), "404"),
    ((429, '{"error":"x"}', {}), "too many requests"),
    ((500, "<p>oops", {}), "500"),
    ((503, '{"error":"x"}', {}), "administrator"),
    ((201, GOOD, {}), "201"),
    ((200, "", {}), "can’t be understood"),
    ((200, "<!doctype html><title>Sign in</title>", {}), "can’t be understood"),
    ((200, GOOD[:-1], {}), "can’t be understood"),
    ((200, "null", {}), "can’t be understood"),
    ((200, '{"token":""}', {}), "can’t be understood"),
    ((200, '{"token":7}', {}), "can’t be understood"),
    ("drop", "can’t be reached"),
])
def test_what_is_no_token_gives_a_message_and_a_retry_that_works(site, open_page, markup, mode, text):
    site.mode = mode
    page = open_page(markup)
    assert text in page.problem()
    failure = page.failures[0]
    assert failure["message"] == page.problem() and "/generate-token" in failure["detail"]
    assert any(failure["detail"] in line for line in page.log())

    site.mode = None
    page.retry()

    page.wait_for("ready")
    assert page.status() == "" and not page.inside("root.querySelector('#note button').checkVisibility({visibilityProperty: true})")


@pytest.mark.parametrize("mode, text, status", [
    ((400, {}), "400", 400),
    ((404, {}), "can’t be found", 404),
    ((429, {}), "too many requests", 429),
    ((500, {}), "500", 500),
    ("broken", "can’t be understood", 0),
    ("drop", "can’t be reached", 0),
])
def test_what_is_no_data_gives_a_message_and_a_retry_that_works(tinybird, open_page, mode, text, status):
    tinybird.mode = mode
    page = open_page(drawn("bar"))
    assert text in page.problem()
    assert page.failures[0]["status"] == status

    tinybird.mode = None
    page.retry()
    page.wait_for("ready")


@pytest.mark.parametrize("json", [{"data": []}, {"meta": [], "data": {}}, [], None, {"error": "x"}])
def test_json_of_another_kind_is_no_data(tinybird, open_page, json):
    tinybird.json = json

    assert "can’t be understood" in open_page(drawn("bar")).problem()


@pytest.mark.parametrize("who", ["site", "tinybird"])
def test_who_never_answers_is_given_up_and_asked_again(site, tinybird, open_page, who):
    slow = {"site": site, "tinybird": tinybird}[who]
    slow.mode = "slow"
    page = open_page(drawn(), limit=400)
    assert page.problem() == "The server took too long to answer."
    assert page.value("limits")[0] == 10_000
    # A token may have come too late as well, for which it asks again.
    wait_until(lambda: who == "site" or 30_000 in page.value("limits"), "its limit for data")

    slow.mode = None
    page.run("AbortSignal.timeout = () => new AbortController().signal")
    page.wait_for("ready")


@pytest.mark.parametrize("markup, detail", [
    ("<tinybird-chart></tinybird-chart>", "endpoint is not a URL"),
    ('<tinybird-chart src=""></tinybird-chart>', "src is not a URL"),
    ('<tinybird-chart src="javascript:alert(1)"></tinybird-chart>', "src is not a URL"),
    (f'<tinybird-chart endpoint="{ENDPOINT}" type="bubble"></tinybird-chart>', 'type is "bubble"'),
    (f'<tinybird-chart endpoint="{ENDPOINT}" type="__proto__"></tinybird-chart>', 'type is "__proto__"'),
    (drawn("bar", 'format="sales=constructor"'), 'format is "constructor"'),
    (drawn("bar", 'categories="sails"'), 'no column "sails": there are city,sales'),
    (drawn("bar", 'index="town"'), 'no column "town"'),
])
def test_a_page_that_asks_for_what_there_isnt_says_so_to_its_author(open_page, markup, detail):
    page = open_page(markup)

    page.problem()
    assert detail in page.failures[0]["detail"]


def test_no_rows_are_no_error(tinybird, open_page):
    tinybird.json = answer([])
    page = open_page("".join(drawn(type, 'refresh="1"') for type in ("bar", "table", "bar-list", "big-number", "pie")))

    for at in range(5):
        page.wait_for("empty", at)
        assert page.status(at) == "There is no data to show."
    assert page.failures == []
    tinybird.json = answer()
    for at in range(5):
        page.wait_for("ready", at)


def test_while_it_waits_there_is_a_skeleton_that_says_so(site, open_page):
    site.mode = "slow"
    page = open_page(drawn("bar") + FRAME)

    for at in range(2):
        page.wait_for("loading", at)
        assert page.status(at) == "Loading…"
        assert page.inside("root.querySelector('figure').getAttribute('aria-busy')", at) == "true"
        assert page.inside("getComputedStyle(root.querySelector('#plot')).backgroundImage", at) != "none"
        assert page.inside("getComputedStyle(root.querySelector('#plot')).animationName", at) == "wait"
    page.media(prefers_reduced_motion="reduce")
    assert page.inside("getComputedStyle(root.querySelector('#plot')).animationName") == "none"
    site.released.set()
    for at in range(2):
        page.wait_for("ready", at)
        assert page.inside("root.querySelector('figure').getAttribute('aria-busy')", at) == "false"


def test_data_that_cannot_be_renewed_stays_and_is_said_to_be_old(tinybird, open_page):
    page = open_page(drawn("table", 'refresh="1"'))
    page.wait_for("ready")

    tinybird.mode = (500, {})
    wait_until(lambda: page.status() == (
        "Not up to date. This chart isn’t available just now (the server answered 500)."), "a note")
    assert page.state() == "ready" and page.cells() == ["482", "418", "394"]
    assert page.inside("root.querySelector('[role=status]').checkVisibility({opacityProperty: true})")

    tinybird.mode = None
    wait_until(lambda: page.status() == "", "it is up to date")


def test_the_last_data_of_other_parameters_is_not_shown_for_these(tinybird, open_page):
    page = open_page(drawn())
    page.wait_for("ready")

    tinybird.mode = (500, {})
    page.inside("chart.setAttribute('params', 'city=Rome')")

    assert "500" in page.problem()
    assert not page.inside("root.querySelector('td').checkVisibility({visibilityProperty: true})")


def test_the_button_works_by_the_mouse(site, open_page):
    site.mode = (403, "", {})
    page = open_page(drawn("bar"))
    page.problem()
    site.mode = None

    # Not where something lies above it.
    page.inside("root.querySelector('#note button')").click()

    page.wait_for("ready")


def test_the_button_works_by_the_keyboard_and_leaves_the_focus_with_the_chart(site, open_page):
    site.mode = (403, "", {})
    page = open_page(drawn("bar"))
    page.problem()

    body = page.driver.find_element("tag name", "body")
    body.send_keys(Keys.TAB)
    assert page.inside("root.activeElement === root.querySelector('#note button')")
    assert page.inside("getComputedStyle(root.activeElement).outlineStyle") == "solid"
    site.mode = None
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)

    page.wait_for("ready")
    assert page.value("document.activeElement?.localName") == "tinybird-chart"


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_whatever_is_shown(site, tinybird, open_page, width):
    shifts = """
        window.shifts = [];
        new PerformanceObserver(list => shifts.push(...list.getEntries())).observe({type: "layout-shift", buffered: true});"""
    site.mode = "slow"
    page = open_page("", script=shifts)
    page.size(width)
    site.markup = drawn("bar") + "<p>below</p>" + drawn("table") + FRAME + "<p>below</p>"
    page.driver.refresh()
    heights = "[...document.querySelectorAll('tinybird-chart')].map(chart => chart.getBoundingClientRect().height)"
    for at in range(3):
        page.wait_for("loading", at)
    seen = [page.value(heights)]
    # From the first picture of that on.
    start = page.driver.execute_async_script("""
        requestAnimationFrame(() => requestAnimationFrame(() => arguments[0](performance.now())));""")
    site.mode = (500, "", {})
    site.released.set()
    for at in range(3):
        page.wait_for("ready", at)
        seen.append(page.value(heights))
        page.inside("chart.setAttribute('token-endpoint', '/generate-token?of=another')", at)
        page.problem(at)
        seen.append(page.value(heights))
    tinybird.json = answer([])
    site.mode = None
    for at in range(3):
        page.retry(at)
        wait_until(lambda: page.state(at) in ("ready", "empty"), "the end")
        seen.append(page.value(heights))

    assert seen == [[320, 320, 320]] * len(seen)
    # Of the page: one message in place of another counts as one that moves, and is in the chart's own tree, without a node.
    moved = "shifts.filter(({startTime, sources}) => startTime > arguments[0] && sources.some(({node}) => node))"
    assert page.value(f"{moved}.map(({{value}}) => value)", start) == []
    assert page.value("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("chart, mode", [
    (drawn(), (403, '{"error": "no"}', {})), ('<tinybird-chart type="table"></tinybird-chart>', None),
], ids=["no token", "no endpoint"])
def test_what_fails_is_not_left_to_the_page(site, open_page, chart, mode):
    site.mode = mode
    page = open_page(chart, script="""
        window.unhandled = [];
        addEventListener("unhandledrejection", ({reason}) => unhandled.push(String(reason)));""")

    page.wait_for("error")
    # It is told before the next task.
    assert page.driver.execute_async_script("setTimeout(arguments[0])") is None
    assert page.value("unhandled") == []
