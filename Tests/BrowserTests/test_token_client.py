"""TokenClient, for pages that draw by themselves."""

from __future__ import annotations

import json

import pytest

from Support.browser import Page
from Support.tinybird import ROWS


def client(page: Page, script: str):
    """Runs an asynchronous function with a TokenClient of the module's."""
    return page.driver.execute_async_script(f"""
        const done = arguments[0];
        import("/tinybird-chart.js").then(async ({{ TokenClient }}) => {{
            const tokens = new TokenClient("/generate-token");
            {script}
        }}).then(done, error => done({{name: error.name, message: error.message, detail: error.detail, status: error.status}}))""")


def test_it_serves_who_draws_by_themselves(site, tinybird, open_page):
    page = open_page("")

    got = client(page, """
        const many = await Promise.all([tokens.token(), tokens.token()]);
        const { data } = await tokens.json("https://api.tinybird.co/v0/pipes/sales_by_city.json", {params: {limit: 2}});
        return {same: many[0] === many[1], data};""")

    assert got == {"same": True, "data": ROWS[:2]}
    assert tinybird.data[0].query == {"limit": "2"}
    assert len(site.asked) == 1


@pytest.mark.parametrize("lifetime, kept", [
    (172_800, 172_740), (3600, 3540), (600, 580), (60, 58), (30, 29), (10, 9), (3, 2), (2, 1), (1, 1)])
def test_a_token_is_kept_until_shortly_before_its_end(site, open_page, lifetime, kept):
    """A thirtieth ahead of it, at most a minute, at least the second by which `exp` may be cut."""
    site.mode = (200, json.dumps({"token": "a.b.c", "expires_in": lifetime}), {})
    page = open_page("")

    length, left = client(page, "await tokens.token(); return [tokens.due.length, tokens.due.left];")
    assert length == kept * 1000 and left <= length


def test_its_errors_say_what_happened(site, open_page):
    site.mode = (503, '{"error":"x"}', {})
    page = open_page("")

    error = client(page, "return await tokens.token()")

    assert error["name"] == "ChartError" and error["status"] == 503
    assert "administrator" in error["message"]
    assert error["detail"].endswith("/generate-token answered 503")
