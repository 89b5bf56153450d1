"""`charts-token check --url` against real sites."""

from __future__ import annotations

from pathlib import Path

from Support.command import FAILURE, OK, run
from Support.cors import PAGE
from Support.logins import with_basic_login
from Support.tokens import SETTINGS
from Support.transports import ModProxyFcgi, Site


def test_it_finds_nothing_wrong_with_a_site_that_works(
    transport: type[Site], directory: Path, program: Path, running
) -> None:
    site = running(transport(directory, program, settings={**SETTINGS, "TINYBIRD_ALLOWED_ORIGINS": PAGE}))
    checked = run("check", "--url", site.url, "--origin", PAGE)
    assert (checked.status, checked.output.count("ok: ")) == (OK, 7), checked


def test_it_says_that_a_login_is_asked_for(directory: Path, program: Path, running) -> None:
    site = running(with_basic_login(ModProxyFcgi, directory, program))
    checked = run("check", "--url", site.url)
    assert checked.status == FAILURE
    assert "problem: 401: the web server requires a login" in checked.output
