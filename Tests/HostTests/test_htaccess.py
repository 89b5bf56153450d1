"""apache/htaccess.example and the wrapper, on a shared host."""

from __future__ import annotations

from pathlib import Path

import pytest

from Support.apache import Apache
from Support.curl import fetch
from Support.tokens import KEY, SETTINGS, assert_the_guides_token, part
from Support.transports import HTACCESS, WRAPPER, Htaccess, HtaccessCgi, HtaccessWrapper, HtaccessWrapperCgi, Site

BY_HTACCESS = pytest.mark.parametrize("by", [Htaccess, HtaccessCgi, HtaccessWrapper, HtaccessWrapperCgi])
BY_WRAPPER = pytest.mark.parametrize("by", [HtaccessWrapper, HtaccessWrapperCgi])


@BY_HTACCESS
def test_without_a_module_to_run_it_nothing_of_it_is_sent(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = by(directory, program)
    site.server.modules.remove(by.module)
    answer = fetch(running(site).url)
    assert answer.status == 403
    assert KEY not in answer.text


@BY_WRAPPER
def test_where_htaccess_is_not_read_the_wrapper_shows_no_secret(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = by(directory, program)
    site.server.config = site.server.config.replace("FileInfo AuthConfig Options=ExecCGI", "None")
    answer = fetch(running(site).url)
    assert answer.text.startswith("#!/bin/sh")
    assert KEY not in answer.text


@BY_HTACCESS
def test_where_too_little_is_allowed_the_directory_answers_500(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = by(directory, program)
    site.server.config = site.server.config.replace("FileInfo AuthConfig Options=ExecCGI", "FileInfo")
    answer = fetch(running(site).url)
    assert answer.status == 500
    assert KEY not in answer.text


@BY_HTACCESS
def test_the_rest_of_the_site_is_served_as_before(by: type[Site], directory: Path, program: Path, running) -> None:
    site = by(directory, program)
    root = site.server.document_root
    (root / "index.html").write_text("the site")
    (root / "charts-token.env").write_text(f"TINYBIRD_SIGNING_KEY={KEY}\n")
    running(site)
    assert fetch(f"{site.server.url}/").text == "the site"
    # Settings that ended up in the document root by mistake.
    assert fetch(f"{site.server.url}/charts-token.env").status == 403


@BY_WRAPPER
def test_settings_of_the_wrappers_file_hold_what_a_shell_would_expand(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    name = "a$HOME `id` b"
    site = running(by(directory, program, settings={**SETTINGS, "TINYBIRD_TOKEN_NAME": name}))
    token = fetch(site.url).text
    assert f'"name":"{name}"' in part(token.split('"')[3], 1)


@BY_HTACCESS
def test_it_may_stand_in_a_directory_of_the_site(by: type[Site], directory: Path, program: Path, running) -> None:
    site = by(directory, program)
    assert isinstance(site.server, Apache)
    root = site.server.document_root
    below = root / "charts"
    below.mkdir()
    for name in [".htaccess", "generate-token"]:
        (root / name).rename(below / name)
    running(site)
    assert_the_guides_token(fetch(f"{site.server.url}/charts/generate-token").body)
    assert fetch(site.url).status == 404


def test_the_wrapper_is_a_shell_script_of_two_commands() -> None:
    lines = [line for line in WRAPPER.read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) == 2
    assert lines[1].startswith("exec ")
    assert "generate-token.example" in HTACCESS.read_text()
