"""Where the token endpoint, Tinybird or the network is away: charts ask ever less often, together, and are soon back."""

from __future__ import annotations

import json

import pytest

from Support.browser import FETCHES, HIDING
from Support.clock import LEAPS
from Support.pages import FRAME, drawn
from Support.waiting import wait_until

MINUTE, HOUR = 60, 3600
POLLED = drawn("table", f'refresh="{MINUTE}"')
BOTH = pytest.mark.parametrize("markup", [POLLED, FRAME], ids=["drawn", "framed"])


def test_tinybirds_retry_after_is_honoured(tinybird, open_page):
    page = open_page(POLLED, script=LEAPS + FETCHES)
    page.wait_for("ready")

    tinybird.next = [(429, {"Retry-After": "600"})]
    page.leap(MINUTE)
    wait_until(lambda: "too many requests" in page.status(), "a note")
    page.leap(480)
    page.run("window.dispatchEvent(new Event('online'))")
    assert page.value("fetches.length") == 3
    page.leap(180)

    wait_until(lambda: page.status() == "", "it is up to date again")
    assert [request.status for request in tinybird.data] == [200, 429, 200]


def test_the_token_endpoints_retry_after_counts_for_all_its_charts(site, open_page):
    site.next = [(429, '{"error":"x"}', {"Retry-After": "600"})]
    page = open_page(drawn(), script=LEAPS + FETCHES)
    assert "too many requests" in page.problem()
    assert not page.inside("root.querySelector('button').checkVisibility({visibilityProperty: true})")

    page.run(f"document.querySelector('main').insertAdjacentHTML('beforeend', {json.dumps(drawn())})")
    assert "too many requests" in page.problem(1)
    page.leap(480)
    assert len(page.token_requests()) == 1
    page.leap(180)

    page.wait_for("ready", 0)
    page.wait_for("ready", 1)
    assert len(page.token_requests()) == 2


@pytest.mark.parametrize("mode", [(503, '{"error":"x"}', {}), (429, "", {}), "drop"], ids=["503", "429", "dropped"])
def test_an_endpoint_in_trouble_is_asked_ever_less_often_and_by_all_charts_together(site, open_page, mode):
    site.mode = mode
    page = open_page(POLLED * 3 + FRAME, script=LEAPS + FETCHES)
    for at in range(4):
        page.problem(at)
    while len(tries := page.token_requests()) < 5:
        page.leap(0.25)

    # 1, 2, 4 s …, less up to a half by chance.
    for number, (earlier, later) in enumerate(zip(tries, tries[1:])):
        assert 0.5 * 2 ** number <= later - earlier, tries
    for pause, number in page.value("pauses"):
        assert pause <= 500 * 2 ** number

    site.mode = None
    page.leap(2 * MINUTE)
    for at in range(4):
        page.wait_for("ready", at)


def test_pauses_differ_by_chance_and_have_a_limit(open_page):
    page = open_page("")
    pauses = page.driver.execute_async_script("""
        import("/token-client.js").then(({ pauseAfter }) => {
            const pauses = (failures, least) => Array.from({length: 20}, () => pauseAfter(failures, least));
            arguments[0]([...Array.from({length: 12}, (_, at) => pauses(at + 1)), pauses(12, 90_000)]);
        })""")

    assert all(len(set(each)) > 10 for each in pauses)
    assert max(map(max, pauses[:-1])) <= 60_000 and min(pauses[-2]) >= 30_000
    assert min(pauses[-1]) >= 90_000


@BOTH
def test_without_a_network_it_tries_once_and_goes_on_as_soon_as_there_is_one(site, open_page, markup):
    page = open_page(markup, script=LEAPS + FETCHES + HIDING)
    page.wait_for("ready")

    page.network(False)
    before = page.value("fetches.length")
    page.leap(HOUR)
    wait_until(lambda: page.status().startswith("Not up to date. The server can’t be reached."), "a note")
    page.leap(HOUR)
    page.run("hide(true); hide(false)")
    assert page.value("fetches.length") == before + 1
    # What there was is still shown.
    assert page.state() == "ready"
    assert markup == FRAME or page.cells() == ["482", "418", "394"]

    page.network(True)
    wait_until(lambda: page.status() == "", "it is up to date")
    assert len(site.asked) == 2


def test_the_visitor_can_try_though_the_browser_knows_of_no_network(site, open_page):
    site.mode = (403, "", {})
    page = open_page(drawn(), script=FETCHES)
    page.problem()
    page.network(False)
    asked = page.value("fetches.length")

    page.retry()

    wait_until(lambda: page.value("fetches.length") == asked + 1, "a try")
    wait_until(lambda: "can’t be reached" in page.problem(), "another message")


def test_a_visitor_who_signed_in_elsewhere_sees_the_chart_on_coming_back(site, open_page):
    site.mode = (401, '{"error":"x"}', {})
    page = open_page(drawn(), script=HIDING)
    assert "sign in" in page.problem()

    site.mode = None
    page.run("hide(true); hide(false)")

    page.wait_for("ready")
