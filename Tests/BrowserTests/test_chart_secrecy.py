"""A token is in the frame's address and in Authorization headers to Tinybird, and nowhere else."""

from __future__ import annotations

import json

import pytest

from Support.clock import LEAPS
from Support.pages import FRAME, POLICY, drawn

EVERYWHERE = """
    (() => {
        const parts = [document.title, location.href, document.cookie, JSON.stringify(history.state), document.referrer,
            document.documentElement.outerHTML, JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage}),
            JSON.stringify(failures), ...performance.getEntriesByType("resource").map(entry => entry.name)
                .filter(name => !name.includes("/charts/"))];
        for (const chart of document.querySelectorAll("tinybird-chart")) {
            const copy = chart.shadowRoot.querySelector("figure").cloneNode(true);
            for (const frame of copy.querySelectorAll("iframe")) frame.removeAttribute("src");
            parts.push(copy.outerHTML);
        }
        return parts.join("\\n");
    })()"""


def test_a_token_is_nowhere_that_it_neednt_be(site, tinybird, open_page):
    page = open_page(FRAME + drawn("bar", 'refresh="60"') + drawn("table", 'refresh="60"'), script=LEAPS)
    for at in range(3):
        page.wait_for("ready", at)
    for renewals in (1, 2):
        page.leap(3540)
        page.wait_for_loads(3 * (renewals + 1))
    assert len(site.tokens) == 3

    text = page.value(EVERYWHERE) + "\n".join(page.log())
    assert "Sales by city" in text
    for token in site.tokens:
        assert token not in text and token.split(".")[2] not in text
    assert not any("token" in request.query for request in tinybird.data)
    assert not any("Referer" in request.headers for request in tinybird.requests)
    databases = page.driver.execute_async_script("""
        Promise.all([indexedDB.databases(), caches.keys()]).then(all => arguments[0](all.flat()))""")
    assert databases == []


@pytest.mark.parametrize("mode", [(403, {}), (429, {}), (500, {}), "broken", "drop"], ids=str)
def test_no_failure_tells_the_token_even_where_tinybird_repeats_it(site, tinybird, open_page, mode):
    tinybird.mode = mode
    page = open_page(drawn("bar", 'refresh="1"'))
    page.problem()

    text = page.value(EVERYWHERE) + "\n".join(page.log())
    for token in site.tokens:
        assert token not in text and token.split(".")[2] not in text
    if mode == (500, {}):
        assert page.failures[0]["detail"].endswith("answered 500: on demand (…)")


def test_a_redirect_doesnt_carry_the_token_along(site, tinybird, open_page):
    tinybird.mode = (302, {"Location": "https://elsewhere.tinybird.co/"})
    page = open_page(drawn())

    assert "can’t be reached" in page.problem()
    assert tinybird.of_host("elsewhere") == []


def test_the_policy_is_the_includes_and_would_be_seen_to_forbid(site, open_url):
    """The control of all tests that find nothing forbidden."""
    assert "connect-src 'self' https://*.tinybird.co; frame-src https://*.tinybird.co" in POLICY
    assert "unsafe" not in POLICY
    site.markup = drawn() + drawn(more='api-hosts="tinybird.example"').replace("api.tinybird.co", "tinybird.example") + "<script>1</script>"

    page = open_url(f"{site.url}/page")

    page.wait_for("ready", 0)
    assert "can’t be reached" in page.problem(1)
    assert set(page.value("violations")) == {"connect-src", "script-src-elem"}


def test_markup_in_data_and_answers_stays_text(tinybird, site, open_page):
    evil = "<img src=x onerror=alert(1)>"
    tinybird.json = {"meta": [{"name": evil, "type": "String"}, {"name": "n", "type": "Int8"}], "data": [{evil: evil, "n": 1}]}
    page = open_page("".join(drawn(type).replace("Sales by city", evil.replace("<", "&lt;")) for type in (
        "bar", "table", "bar-list", "big-number")))
    for at in range(4):
        page.wait_for("ready", at)
        assert page.inside("root.querySelectorAll('img').length", at) == 0
    assert json.dumps(page.failures) == "[]"
