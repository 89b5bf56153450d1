"""What a page, a browser or a network has around a chart: logins, blockers, other libraries, old scripts in a cache."""

from __future__ import annotations

import json
import re

import pytest

from Support.browser import FETCHES, HIDING
from Support.charts import chart
from Support.clock import LEAPS
from Support.pages import FRAME, drawn
from Support.repository import HTDOCS
from Support.tinybird import ROWS, answer
from Support.waiting import wait_until

SIGN_IN = "You need to sign in to see this chart, with an account that may see it."
COMING_BACK = "hide(true); hide(false); window.dispatchEvent(new Event('online'))"


def canvas(page, at: int = 0) -> bool:
    return page.inside("root.querySelector('canvas')?.width > 0", at)


# --- Logins

@pytest.mark.parametrize("to", ["https://login.example/", "/page"], ids=["another origin", "this site"])
def test_a_redirect_to_a_login_means_sign_in_and_is_not_asked_for_again(site, open_page, to):
    site.policy = "img-src *"
    site.mode = (302, "", {"Location": to})
    page = open_page(drawn("table", 'refresh="60"'), script=LEAPS + FETCHES)

    assert page.problem() == SIGN_IN
    assert "redirects, to a login as it seems" in page.failures[0]["detail"]
    asked = page.token_requests()
    page.leap(180)
    assert page.token_requests() == asked


def test_a_redirect_to_a_token_is_followed(site, open_page):
    site.next = [(307, "", {"Location": "/generate-token?again"})] * 2
    page = open_page(drawn("table"))

    page.wait_for("ready")
    assert len(site.asked) == 3


def test_a_password_is_asked_for_by_nobody_but_the_visitor(site, open_page):
    site.mode = (401, '{"error":"x"}', {"WWW-Authenticate": 'Basic realm="Charts"'})
    # The browser waits for the password as long as it may.
    page = open_page(drawn("table", 'refresh="60"'), limit=1000, script=LEAPS + FETCHES + HIDING)
    assert page.problem() == SIGN_IN
    asked = page.token_requests()
    for _ in range(3):
        page.run(COMING_BACK)
    page.leap(3600)
    assert page.token_requests() == asked

    site.mode = None
    page.retry()
    page.wait_for("ready")


# --- Frames, and what stops them

def test_a_frame_whose_host_cant_be_reached_is_an_error_from_the_first_time_on(tinybird, open_page):
    tinybird.mode = "drop"
    page = open_page(FRAME)
    assert "can’t be reached" in page.problem() and page.failures[0]["frames"] == 0

    tinybird.mode = None
    page.retry()
    assert page.frame() == "the chart"


@pytest.mark.parametrize("markup", [FRAME, drawn("table")], ids=["framed", "drawn"])
def test_a_content_blocker_is_named_where_requests_are_stopped(open_page, markup):
    page = open_page("")
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*tinybird.co/*"]})
    try:
        page.run(f"document.querySelector('main').innerHTML = {json.dumps(markup)}")

        page.problem()
        assert "Content blockers" in page.failures[0]["detail"]
    finally:
        page.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})


# Tells of what is forbidden when the test says so, as a busy browser may.
LATE = """
    const told = new Promise(resolve => addEventListener("securitypolicyviolation", event => {
        event.stopImmediatePropagation();
        resolve(event);
    }, {capture: true, once: true}));
    window.tell = async () => document.dispatchEvent(new SecurityPolicyViolationEvent("securitypolicyviolation", await told));
"""


@pytest.mark.parametrize("is_late", [False, True], ids=["at once", "when the frame is shown"])
def test_a_frame_that_the_pages_policy_forbids_is_an_error_that_names_it(site, open_url, is_late):
    site.policy = site.policy.replace("frame-src https://*.tinybird.co", "frame-src 'none'")
    site.markup = FRAME
    page = open_url(f"{site.url}/page", script=LATE if is_late else "")
    if is_late:
        page.wait_for("ready")
        page.run("tell()")

    page.problem()
    assert [failure["detail"] for failure in page.failures] == [
        "the page's Content-Security-Policy has no frame-src https://app.tinybird.co"]
    wait_until(lambda: page.frames() == [], "no frame")


# --- Other scripts of the page

def test_an_old_chart_library_of_the_page_is_neither_used_nor_replaced(open_page):
    page = open_page(drawn("bar"), script="window.Chart = function () { window.used = true; }; Chart.version = '2.9.4';")
    page.wait_for("ready")

    assert canvas(page) and page.failures == []
    assert page.value("[Chart.version, window.used]") == ["2.9.4", None]


def test_a_loader_of_modules_is_given_none(open_page):
    page = open_page(drawn("bar"), script="""
        window.defined = 0;
        window.define = () => defined++;
        define.amd = {};""")
    page.wait_for("ready")

    assert canvas(page) and page.failures == []
    assert page.value("[defined, typeof define]") == [0, "function"]


def test_an_element_named_chart_is_no_library(open_page):
    page = open_page('<a id="Chart" href="/">x</a><form id="define"></form>' + drawn("bar"))
    page.wait_for("ready")

    assert canvas(page) and page.failures == []


# Names an element for every member of the document that the scripts use, as soon as there is a body.
NAMED = """
    const { get } = Object.getOwnPropertyDescriptor(Document.prototype, "body");
    const members = MEMBERS.filter(name => (name in document || name === "host") && !Object.hasOwn(document, name));
    new MutationObserver((_, observer) => {
        if (!get.call(document)) return;
        observer.disconnect();
        const elements = members.map(name => Object.assign(Document.prototype.createElement.call(document, "ELEMENT"), {name}));
        get.call(document).prepend(...elements);
        window.hidden = members.filter(name => Object.is(document[name], elements[members.indexOf(name)]));
        // The driver has to find its way again.
        window.addEventListener("tinybird-load", () => loads > 4 && elements.forEach(element => element.remove()));
        // The language is looked for further up.
        get.call(document).parentNode.removeAttribute("lang");
    }).observe(document, {childList: true, subtree: true});
"""


@pytest.mark.parametrize("element", ["img", "form", "embed"])
def test_elements_named_like_members_of_the_document_or_a_form_change_nothing(tinybird, open_page, element):
    members = {member for script in HTDOCS.glob("*.js") for member in re.findall(r"\b[a-z]\w+", script.read_text())}
    page = open_page(
        drawn("bar", 'controls="filters"') + drawn("pie") + drawn("table", 'refresh="1"') + FRAME + """
        <form id="filters"><input name="elements"><input name="method"><input name="matches">
        <input type="datetime-local" name="since" value="2026-01-03T08:30"></form>""",
        script=NAMED.replace("MEMBERS", json.dumps(sorted(members))).replace("ELEMENT", element))

    wait_until(lambda: page.value("loads") > 4, "all charts, and one again")
    assert {"baseURI", "createElement", "head", "hidden", "host", "querySelectorAll"} <= set(page.value("window.hidden"))
    assert canvas(page) and page.failures == []
    assert {"since": "2026-01-03 08:30:00"} in [request.query for request in tinybird.data]


def test_trusted_types_hold(site, open_page):
    site.policy += "; require-trusted-types-for 'script'; trusted-types 'none'"
    page = open_page("".join(drawn(type) for type in ("bar", "pie", "table", "bar-list", "big-number")) + FRAME)

    for at in range(6):
        page.wait_for("ready", at)
    assert canvas(page)


# --- Scripts of two versions

@pytest.mark.parametrize("old, lost", [("shell.js", "export class Shell"), ("token-client.js", "export class TokenClient")])
def test_an_old_script_beside_the_new_is_said(site, open_page, old, lost):
    site.files[f"/{old}"] = (HTDOCS / old).read_text().replace(lost, lost.removeprefix("export "))
    page = open_page(drawn("table"))

    text = "document.querySelector('tinybird-chart').shadowRoot?.textContent"
    assert wait_until(lambda: page.value(text), "a message") == "This chart can’t be shown. Reload the page."
    assert any("of another version" in line and "does not provide an export" in line for line in page.log())


@pytest.mark.parametrize("kind, script", [
    ("table", "tables"), ("table", "sorting"), ("bar-list", "bars"), ("big-number", "number"),
])
def test_an_old_script_of_a_kind_of_chart_is_said(site, open_page, kind, script):
    site.files[f"/{script}.js"] = 'export { gone } from "./shell.js";'
    page = open_page(drawn(kind))

    assert page.problem() == "This chart can’t be shown. Reload the page."
    assert "of another version" in page.failures[0]["detail"]


# --- What stays

def switch_off(page, name: str) -> None:
    page.inside(f"[...root.querySelectorAll('.legend button')].find(it => it.textContent === '{name}').click()")


def visible(page) -> list[str]:
    return chart(page, "it.getSortedVisibleDatasetMetas().map(({index}) => it.data.datasets[index].label)")


META = [{"name": "day", "type": "Date"}, {"name": "a", "type": "UInt8"}, {"name": "b", "type": "UInt8"}]


def days(*values: int) -> dict:
    return answer([{"day": f"2026-01-0{at + 1}", "a": value, "b": 1} for at, value in enumerate(values)], META)


def test_what_the_visitor_did_stays_with_new_data_and_another_colour_scheme(tinybird, open_page):
    tinybird.json = days(1, 2)
    page = open_page(drawn("line", 'refresh="1"'))
    page.media(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    page.wait_for("ready")
    switch_off(page, "a")
    page.inside("root.querySelector('.legend button:last-of-type').focus()")
    # A tooltip, by the mouse.
    x, y = page.inside("(({left, top, width, height}) => [left + width / 2, top + height / 2])(root.querySelector('canvas').getBoundingClientRect())")
    page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y})
    title = "it.tooltip.opacity > 0 && it.tooltip.title.join()"
    wait_until(lambda: chart(page, title), "a tooltip")

    tinybird.json = days(1, 2, 3)
    wait_until(lambda: len(page.inside("[...root.querySelectorAll('tbody tr')]")) == 3, "new data")
    ink = "it.options.scales.x.ticks.color"
    before = chart(page, ink)
    page.media(prefers_color_scheme="dark", prefers_reduced_motion="reduce")
    wait_until(lambda: chart(page, ink) != before, "other colours")

    assert visible(page) == ["b"]
    assert page.inside("root.querySelector('.legend button').getAttribute('aria-pressed')") == "false"
    assert page.inside("root.activeElement.className || root.activeElement.localName") == "button"
    assert chart(page, title)


def test_a_slice_that_was_switched_off_stays_off(tinybird, open_page):
    page = open_page(drawn("pie", 'refresh="1"'))
    page.wait_for("ready")
    switch_off(page, "Madrid")
    shown = "it.data.labels.filter((_, at) => it.getDataVisibility(at))"
    assert chart(page, shown) == ["Berlin", "Paris"]

    # The one that is off has another place now.
    tinybird.json = answer(ROWS[::-1] + [{"city": "Rome", "sales": 1}])
    wait_until(lambda: len(page.cells()) == 4, "new data")
    assert chart(page, shown) == ["Paris", "Berlin", "Rome"]


# --- At once

def test_charts_that_ask_the_same_share_one_request(tinybird, open_page):
    page = open_page(drawn("bar") + drawn("table") + drawn("pie") + drawn("table", 'params="limit=2"'))

    for at in range(4):
        page.wait_for("ready", at)
    assert len(tinybird.data) == 2


def test_who_shares_a_request_may_leave(tinybird, open_page):
    tinybird.mode = "slow"
    page = open_page(drawn("table") * 2)
    wait_until(lambda: tinybird.data, "a request")
    page.run("document.querySelector('tinybird-chart').remove()")
    tinybird.mode = None
    tinybird.released.set()

    page.wait_for("ready")
    assert len(tinybird.data) == 1


def test_scripts_library_and_token_are_asked_for_together(site, open_page):
    site.mode = "slow"
    page = open_page(drawn("bar"))
    # Nothing waits for a token that isn't made of it.
    names = 'performance.getEntriesByType("resource").map(({name}) => name.split("/").pop())'
    wait_until(lambda: {"drawing.js", "canvas.js", "chart.min.js"} <= set(page.value(names)), "scripts and library")
    site.released.set()
    page.wait_for("ready")

    started = dict(page.value("""performance.getEntriesByType("resource").map(({name, startTime}) => [name.split("/").pop(), startTime])"""))
    assert started["generate-token"] <= started["drawing.js"]
