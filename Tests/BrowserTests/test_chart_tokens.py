"""Tokens: one for all charts, renewed ahead of their end by `expires_in`, and what happens when that goes wrong."""

from __future__ import annotations

import json
import time

import pytest

from Support.browser import FETCHES, HIDING, Page
from Support.pages import FRAME, drawn
from Support.tinybird import ROWS
from Support.waiting import wait_until

DAY = 86400
POLLED = drawn("table", 'refresh="1"')


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in zip(times, times[1:])]


def statuses(tinybird) -> set[int]:
    return {request.status for request in tinybird.requests}


def pause(seconds: float) -> None:
    time.sleep(seconds)


def test_all_charts_of_a_page_share_one_token(site, tinybird, open_page):
    page = open_page(drawn("bar") + FRAME + drawn("table") + drawn("pie", 'token-endpoint="/generate-token"') + FRAME)

    for at in range(5):
        page.wait_for("ready", at)
    assert len(site.asked) == 1
    assert {request.token for request in tinybird.requests} == set(site.tokens)


def test_one_request_is_in_flight_however_many_wait_for_it(site, tinybird, open_page):
    site.mode = "slow"
    page = open_page(drawn("table") + drawn("table") + FRAME)
    wait_until(lambda: site.asked, "a request")
    page.run(f"document.querySelector('main').insertAdjacentHTML('beforeend', {json.dumps(drawn('table'))})")
    pause(0.5)
    site.mode = None
    site.released.set()

    for at in range(4):
        page.wait_for("ready", at)
    assert len(site.asked) == 1


def test_endpoints_have_tokens_of_their_own(site, open_page):
    page = open_page(drawn("table") + drawn("table", 'token-endpoint="/generate-token?of=another"'))

    page.wait_for("ready", 0)
    page.wait_for("ready", 1)
    assert len(site.asked) == 2


def test_the_token_is_asked_for_past_every_cache_and_without_the_old_one(site, open_page):
    site.ttl = 3
    page = open_page(POLLED)
    page.run("document.cookie = 'session=1'")

    wait_until(lambda: len(site.headers) >= 2, "a renewal")
    assert all(headers["Cache-Control"] == "no-cache" for headers in site.headers)
    assert all("Authorization" not in headers for headers in site.headers)
    assert site.headers[-1]["Cookie"] == "session=1"


@pytest.mark.parametrize("clock", [-DAY, 0, DAY])
@pytest.mark.parametrize("markup", [POLLED, FRAME], ids=["drawn", "framed"])
def test_a_token_is_renewed_before_it_ends_whatever_the_browsers_clock_says(site, tinybird, open_page, markup, clock):
    site.ttl = 4
    page = open_page(markup, clock=clock)
    page.wait_for("ready")
    assert abs(page.value("Date.now()") / 1000 - time.time() - clock) < 60

    wait_until(lambda: len({request.token for request in tinybird.requests}) >= 4, "tokens", 30)
    assert statuses(tinybird) == {200}
    # A second ahead of the end, as `exp` is in whole seconds.
    assert all(2.9 < gap < 6 for gap in gaps(site.asked))
    assert page.failures == []


@pytest.mark.parametrize("lifetime", [30 * DAY, 10 ** 9, None, "soon", -1])
@pytest.mark.parametrize("markup", [POLLED, FRAME], ids=["drawn", "framed"])
def test_a_lifetime_of_any_length_or_none_makes_no_storm(site, open_page, markup, lifetime):
    site.mode = (200, json.dumps({"token": site.mint(), "expires_in": lifetime}), {})
    counted = "window.timers = 0; const set = setTimeout; window.setTimeout = (...all) => (timers++, set(...all));"
    page = open_page(markup, script=counted)
    page.wait_for("ready")
    pause(1.5)

    assert len(site.asked) == 1
    assert page.failures == []
    # Nor a busy loop: setTimeout takes a month for 0.
    assert page.value("timers") < 20


def test_a_token_that_tinybird_refuses_is_replaced_once_and_nobody_sees_it(site, tinybird, open_page):
    page = open_page(POLLED)
    page.wait_for("ready")

    # As when the signing key was changed.
    tinybird.refused.add(site.tokens[0])
    wait_until(lambda: len(site.asked) == 2, "a new token")
    pause(1.5)

    assert len(site.asked) == 2
    assert [request.status for request in tinybird.data].count(403) == 1
    assert page.failures == [] and page.status() == ""


@pytest.mark.parametrize("status", [401, 403])
def test_the_very_first_token_refused_is_replaced_too(site, tinybird, open_page, status):
    tinybird.next = [(status, {})]
    page = open_page(drawn())

    page.wait_for("ready")
    assert [request.status for request in tinybird.data] == [status, 200]
    assert len(set(site.tokens)) == 2


def test_where_new_tokens_are_refused_as_well_it_gives_up_for_long(site, tinybird, open_page):
    tinybird.mode = (403, {})
    page = open_page(POLLED)

    assert page.problem() == "You may not see this chart’s data."
    pause(2.5)
    assert len(tinybird.data) == 2 and len(site.asked) == 2


def test_a_refused_token_isnt_tried_again_where_the_endpoint_has_no_other(site, tinybird, open_page):
    site.next = [None]
    site.mode = "same"
    tinybird.mode = (403, {})
    page = open_page(POLLED)

    page.problem()
    pause(1.5)
    assert len(tinybird.data) == 1 and len(site.asked) == 2


def test_charts_whose_token_is_refused_together_ask_for_one_new_token(site, tinybird, open_page):
    page = open_page(POLLED * 4)
    for at in range(4):
        page.wait_for("ready", at)

    tinybird.refused.add(site.tokens[0])
    pause(3)
    assert len(site.asked) == 2
    assert page.failures == []


def test_tinybirds_retry_after_is_honoured(tinybird, open_page):
    page = open_page(POLLED)
    page.wait_for("ready")

    tinybird.next = [(429, {"Retry-After": "4"})]
    refused = wait_until(lambda: [r for r in tinybird.data if r.status == 429], "a 429")[0]
    wait_until(lambda: "too many requests" in page.status(), "a note")
    page.run("window.dispatchEvent(new Event('online'))")
    later = wait_until(lambda: [r for r in tinybird.data if r.at > refused.at], "another try")[0]

    assert later.at - refused.at >= 4
    wait_until(lambda: page.status() == "", "it is up to date again")


def test_the_token_endpoints_retry_after_counts_for_all_its_charts(site, open_page):
    site.next = [(429, '{"error":"x"}', {"Retry-After": "3"})]
    page = open_page(drawn())
    assert "too many requests" in page.problem()
    assert not page.inside("root.querySelector('button').checkVisibility({visibilityProperty: true})")

    page.run(f"document.querySelector('main').insertAdjacentHTML('beforeend', {json.dumps(drawn())})")

    page.wait_for("ready", 0)
    page.wait_for("ready", 1)
    assert len(site.asked) == 2
    assert gaps(site.asked)[0] >= 3


@pytest.mark.slow
@pytest.mark.parametrize("mode", [(503, '{"error":"x"}', {}), (429, "", {}), "drop"], ids=["503", "429", "dropped"])
def test_an_endpoint_in_trouble_is_asked_ever_less_often_and_by_all_charts_together(site, open_page, mode):
    site.mode = mode
    page = open_page(POLLED * 3 + FRAME)
    for at in range(4):
        page.problem(at)
    wait_until(lambda: len(site.asked) >= 4, "tries", 30)

    # 1, 2, 4 s, less up to a half by chance. Chromium itself repeats a request whose connection was dropped at once.
    tries = [site.asked[0], *(later for earlier, later in zip(site.asked, site.asked[1:]) if later - earlier > 0.2)]
    for number, gap in enumerate(gaps(tries)):
        assert 0.5 * 2 ** number <= gap < 2 ** number + 10, gaps(site.asked)

    site.mode = None
    for at in range(4):
        page.wait_for("ready", at, timeout=20)


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


@pytest.mark.parametrize("markup", [POLLED, FRAME], ids=["drawn", "framed"])
def test_without_a_network_it_tries_once_and_then_waits_for_one(site, open_page, markup):
    site.ttl = 3
    page = open_page(markup, script=FETCHES + HIDING)
    page.wait_for("ready")

    page.network(False)
    before = page.value("fetches.length")
    wait_until(lambda: page.status().startswith("Not up to date. The server can’t be reached."), "a note")
    pause(5)
    page.run("hide(true); hide(false)")
    pause(0.5)
    assert page.value("fetches.length") == before + 1

    page.network(True)
    wait_until(lambda: page.status() == "", "it is up to date", 3)


def test_the_visitor_can_try_though_the_browser_knows_of_no_network(site, open_page):
    site.mode = (403, "", {})
    page = open_page(drawn(), script=FETCHES)
    page.problem()
    page.network(False)
    asked = page.value("fetches.length")

    page.retry()

    wait_until(lambda: page.value("fetches.length") == asked + 1, "a try")
    wait_until(lambda: "can’t be reached" in page.problem(), "another message")


@pytest.mark.parametrize("markup", [POLLED, FRAME], ids=["drawn", "framed"])
def test_it_outlives_the_network_and_is_back_at_once_with_it(site, tinybird, open_page, markup):
    site.ttl = 3
    page = open_page(markup)
    page.wait_for("ready")

    page.network(False)
    wait_until(lambda: page.status().startswith("Not up to date"), "a note", 20)
    pause(4)
    assert page.state() == "ready"
    assert markup == FRAME or page.cells() == ["482", "418", "394"]
    asked = len(site.asked)
    page.network(True)

    # Sooner than the back-off would.
    wait_until(lambda: len(site.asked) > asked, "it asks again", 1)
    wait_until(lambda: page.status() == "", "it is up to date")


def test_a_page_that_nobody_sees_rests_and_catches_up_when_seen(site, tinybird, open_page):
    site.ttl = 3
    page = open_page(POLLED + FRAME, script=HIDING)
    page.wait_for("ready", 0)
    page.wait_for("ready", 1)

    page.run("hide(true)")
    pause(1.5)
    tokens, requests = len(site.asked), len(tinybird.requests)
    pause(3.5)
    assert (len(site.asked), len(tinybird.requests)) == (tokens, requests)
    page.run("hide(false)")

    wait_until(lambda: len(site.asked) == tokens + 1 and len(tinybird.data) and len(tinybird.requests) >= requests + 2,
               "both are renewed", 1.5)


def test_being_seen_or_online_again_alone_renews_nothing(site, tinybird, open_page):
    page = open_page(drawn() + FRAME, script=HIDING)
    page.wait_for("ready", 0)
    page.wait_for("ready", 1)

    for _ in range(5):
        page.run("hide(true); hide(false); window.dispatchEvent(new Event('online'))")
    pause(0.5)

    assert len(site.asked) == 1 and len(tinybird.requests) == 2


def test_a_visitor_who_signed_in_elsewhere_sees_the_chart_on_coming_back(site, open_page):
    site.mode = (401, '{"error":"x"}', {})
    page = open_page(drawn(), script=HIDING)
    assert "sign in" in page.problem()

    site.mode = None
    page.run("hide(true); hide(false)")

    page.wait_for("ready", timeout=2)


def client(page: Page, script: str):
    """Runs an asynchronous function with a TokenClient of the module's."""
    return page.driver.execute_async_script(f"""
        const done = arguments[0];
        import("/tinybird-chart.js").then(async ({{ TokenClient }}) => {{
            const tokens = new TokenClient("/generate-token");
            {script}
        }}).then(done, error => done({{name: error.name, message: error.message, detail: error.detail, status: error.status}}))""")


def test_the_token_client_serves_who_draws_by_themselves(site, tinybird, open_page):
    page = open_page("")

    json = client(page, """
        const many = await Promise.all([tokens.token(), tokens.token()]);
        const { data } = await tokens.json("https://api.tinybird.co/v0/pipes/sales_by_city.json", {params: {limit: 2}});
        return {same: many[0] === many[1], due: tokens.due.left, data};""")

    assert json["same"] and json["data"] == ROWS[:2]
    assert 3_500_000 < json["due"] <= 3_540_000
    assert tinybird.data[0].query == {"limit": "2"}
    assert len(site.asked) == 1


def test_the_token_clients_errors_say_what_happened(site, open_page):
    site.mode = (503, '{"error":"x"}', {})
    page = open_page("")

    error = client(page, "return await tokens.token()")

    assert error["name"] == "ChartError" and error["status"] == 503
    assert "administrator" in error["message"]
    assert error["detail"].endswith("/generate-token answered 503")
