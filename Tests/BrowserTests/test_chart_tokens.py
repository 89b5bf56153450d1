"""Tokens: one for all charts, renewed ahead of their end by `expires_in`, and replaced where Tinybird refuses them."""

from __future__ import annotations

import json
import time

import pytest

from Support.browser import FETCHES, HIDING
from Support.clock import LEAPS
from Support.pages import FRAME, drawn
from Support.waiting import wait_until

MINUTE, HOUR, DAY = 60, 3600, 86400
POLLED = drawn("table", f'refresh="{MINUTE}"')
# Asks for newer data when the token is due, and not before.
HOURLY = drawn("table", f'refresh="{HOUR - 50}"')
BOTH = pytest.mark.parametrize("markup", [HOURLY, FRAME], ids=["drawn", "framed"])


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
    page.wait_for("loading", 3)
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
    page = open_page(FRAME, script=LEAPS)
    page.wait_for("ready")
    page.run("document.cookie = 'session=1'")

    page.leap(HOUR - MINUTE)
    wait_until(lambda: len(site.headers) == 2, "a renewal")
    assert all(headers["Cache-Control"] == "no-cache" for headers in site.headers)
    assert all("Authorization" not in headers for headers in site.headers)
    assert site.headers[-1]["Cookie"] == "session=1"


@pytest.mark.parametrize("clock", [-DAY, 0, DAY])
@BOTH
def test_a_token_is_renewed_before_it_ends_whatever_the_browsers_clock_says(site, tinybird, open_page, markup, clock):
    page = open_page(markup, clock=clock, script=LEAPS + FETCHES)
    page.wait_for("ready")
    assert abs(page.value("Date.now()") / 1000 - time.time() - clock) < 60

    for renewals in range(1, 4):
        # A minute ahead of its end.
        page.leap(HOUR - 120)
        assert len(page.token_requests()) == renewals
        page.leap(75)
        page.wait_for_loads(renewals + 1)
        assert len(site.asked) == renewals + 1 and tinybird.requests[-1].token == site.tokens[-1]
    assert {request.status for request in tinybird.requests} == {200}
    assert page.failures == []


@pytest.mark.parametrize("lifetime", [30 * DAY, 10 ** 9, None, "soon", -1])
@BOTH
def test_a_lifetime_of_any_length_or_none_makes_no_storm(site, open_page, markup, lifetime):
    site.mode = (200, json.dumps({"token": site.mint(), "expires_in": lifetime}), {})
    pauses = "window.pauses = [0]; const set = setTimeout; window.setTimeout = (f, ms, ...more) => (pauses.push(Number(ms) || 0), set(f, ms, ...more));"
    page = open_page(markup, script=LEAPS + FETCHES + pauses)
    page.wait_for("ready")
    page.leap(HOUR / 2)

    assert len(page.token_requests()) == 1
    assert page.failures == []
    # Nor a busy loop: setTimeout takes a month for 0.
    assert page.value("Math.max(...pauses.flat())") < 2 ** 31, page.value("JSON.stringify(pauses)")


def test_a_token_that_tinybird_refuses_is_replaced_once_and_nobody_sees_it(site, tinybird, open_page):
    page = open_page(POLLED, script=LEAPS + FETCHES)
    page.wait_for("ready")

    # As when the signing key was changed.
    tinybird.refused.add(site.tokens[0])
    for loads in (2, 3):
        page.leap(MINUTE)
        page.wait_for_loads(loads)

    assert len(page.token_requests()) == 2
    assert [request.status for request in tinybird.data] == [200, 403, 200, 200]
    assert page.failures == [] and page.status() == ""


@pytest.mark.parametrize("status", [401, 403])
def test_the_very_first_token_refused_is_replaced_too(site, tinybird, open_page, status):
    tinybird.next = [(status, {})]
    page = open_page(drawn())

    page.wait_for("ready")
    assert [request.status for request in tinybird.data] == [status, 200]
    assert len(set(site.tokens)) == 2


def test_where_new_tokens_are_refused_as_well_it_gives_up_for_long(tinybird, open_page):
    tinybird.mode = (403, {})
    page = open_page(POLLED, script=LEAPS + FETCHES)

    assert page.problem() == "You may not see this chart’s data."
    page.leap(3 * MINUTE)
    assert page.value("fetches.length") == 4 and len(page.token_requests()) == len(tinybird.data) == 2


def test_a_refused_token_isnt_tried_again_where_the_endpoint_has_no_other(site, tinybird, open_page):
    site.next = [None]
    site.mode = "same"
    tinybird.mode = (403, {})
    page = open_page(POLLED, script=LEAPS + FETCHES)

    page.problem()
    page.leap(3 * MINUTE)
    assert page.value("fetches.length") == 3
    assert len(tinybird.data) == 1 and len(site.asked) == 2


def test_charts_whose_token_is_refused_together_ask_for_one_new_token(site, tinybird, open_page):
    page = open_page("".join(drawn("table", f'refresh="{MINUTE}" params="limit={limit}"') for limit in range(1, 5)),
                     script=LEAPS + FETCHES)
    for at in range(4):
        page.wait_for("ready", at)

    tinybird.refused.add(site.tokens[0])
    page.leap(MINUTE)
    page.wait_for_loads(8)
    assert len(page.token_requests()) == 2
    assert page.failures == []


def test_a_page_that_nobody_sees_rests_and_catches_up_when_seen(site, tinybird, open_page):
    page = open_page(POLLED + FRAME, script=LEAPS + HIDING + FETCHES)
    page.wait_for("ready", 0)
    page.wait_for("ready", 1)

    page.run("hide(true)")
    requests = page.value("fetches.length")
    page.leap(HOUR)
    assert page.value("fetches.length") == requests
    page.run("hide(false)")

    wait_until(lambda: [request.token for request in tinybird.requests[2:]] == [site.tokens[-1]] * 2, "both are renewed")
    assert len(page.token_requests()) == 2


def test_being_seen_or_online_again_alone_renews_nothing(open_page):
    page = open_page(drawn() + FRAME, script=HIDING + FETCHES)
    page.wait_for("ready", 0)
    page.wait_for("ready", 1)
    requests = page.value("fetches.length")

    for _ in range(5):
        page.run("hide(true); hide(false); window.dispatchEvent(new Event('online'))")

    assert page.value("fetches.length") == requests and len(page.token_requests()) == 1
