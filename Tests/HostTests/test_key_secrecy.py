"""Where the key is in apache/charts-token.conf's file, no author of .htaccess files, pages or programs reaches it."""

from __future__ import annotations

from pathlib import Path

import pytest

from Support.curl import Answer, fetch
from Support.neighbours import site_with_author
from Support.servers import IS_ROOT
from Support.tokens import KEY, SETTINGS, assert_the_guides_token
from Support.transports import Htaccess, HtaccessCgi, ModCgid, ModFcgid, Site

BY_A_FILE = pytest.mark.parametrize("by", [ModFcgid, ModCgid])
SHOW_ENVIRONMENT = "#!/bin/sh\necho 'Content-Type: text/plain'; echo; env\n"


def assert_no_key(*answers: Answer) -> None:
    for answer in answers:
        shown = answer.text + repr(answer.headers)
        assert KEY not in shown
        assert "not-a-real-signature" not in shown


@BY_A_FILE
def test_not_by_the_variable_of_apaches_configuration(by: type[Site], directory: Path, program: Path, running) -> None:
    site = running(site_with_author(
        by, directory, program, 'Header always set X-Key "${CHARTS_TOKEN_KEY}"', a_html="a"))
    answer = fetch(f"{site.server.url}/a.html")
    assert_no_key(answer)
    assert answer.headers["x-key"] == "${CHARTS_TOKEN_KEY}"


@BY_A_FILE
def test_not_by_a_header_of_the_environment(by: type[Site], directory: Path, program: Path, running) -> None:
    site = running(site_with_author(
        by, directory, program,
        'RewriteEngine on\nRewriteRule ^a$ /generate-token [L]\n'
        'Header always set X-Key "%{TINYBIRD_SIGNING_KEY}e %{REDIRECT_TINYBIRD_SIGNING_KEY}e"',
        modules=("rewrite",), b_html="b"))
    rewritten = fetch(f"{site.server.url}/a")
    assert_no_key(rewritten, fetch(f"{site.server.url}/b.html"), fetch(site.url))
    assert_the_guides_token(rewritten.body)


@BY_A_FILE
def test_not_by_server_side_includes_and_they_choose_no_token(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = running(site_with_author(
        by, directory, program,
        "Options +Includes\nSetOutputFilter INCLUDES\nSetEnv TINYBIRD_TOKEN_NAME mine",
        modules=("include",),
        a_html='<!--#printenv --> <!--#echo var="TINYBIRD_SIGNING_KEY" --> <!--#include virtual="/generate-token" -->'))
    answer = fetch(f"{site.server.url}/a.html")
    assert_no_key(answer)
    assert "TINYBIRD_TOKEN_NAME=mine" in answer.text
    assert '"token"' not in answer.text


@pytest.mark.parametrize("by, fault", [
    (ModFcgid, "missing"), (ModCgid, "missing"), (ModCgid, "not executable"), (ModCgid, "broken"),
])
def test_not_by_an_error_page_that_is_a_program(
    by: type[Site], directory: Path, program: Path, running, fault: str
) -> None:
    copy = directory / "charts-token"
    copy.hardlink_to(program)
    site = running(site_with_author(
        by, directory, copy, "Options +ExecCGI\nAddHandler cgi-script .cgi", modules=("cgid",),
        config="\n".join(f"ErrorDocument {status} /error.cgi" for status in [400, 403, 404, 500, 502, 503, 504]),
        error_cgi=SHOW_ENVIRONMENT))
    assert_the_guides_token(fetch(site.url).body)
    # The endpoint fails, which is when Apache calls the error page, with a copy of the endpoint's variables.
    copy.unlink()
    if fault != "missing":
        copy.write_text("#!/bin/sh\nexit 1\n")
        copy.chmod(0o755 if fault == "broken" else 0o644)
    answer = fetch(site.url)
    assert answer.status in {403, 404, 500}
    assert_no_key(answer)
    assert "REDIRECT_STATUS" not in answer.text
    # Elsewhere it is called.
    assert "REDIRECT_STATUS=404" in fetch(f"{site.server.url}/nowhere").text


@BY_A_FILE
def test_not_by_a_program_of_the_same_user(by: type[Site], directory: Path, program: Path, running) -> None:
    # As Apache's own user it may read the environment of that user's processes, unless they forbid it.
    site = running(site_with_author(
        by, directory, program, "Options +ExecCGI\nAddHandler cgi-script .cgi", modules=("cgid",),
        show_cgi="#!/bin/sh\necho 'Content-Type: text/plain'; echo\n"
                 "UNPROTECTED=not-a-real-secret sleep 60 >/dev/null 2>&1 & child=$!\n"
                 "until grep -aq not-a-real-secret /proc/$child/environ; do :; done\n"
                 "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a not-a-real; kill $child\n"
                 # Who isn't root runs all of this, and owns the key's file.
                 + (f"cat {directory}/key.conf\n" if IS_ROOT else "") + f"env; cat {directory}/httpd.conf\n"))
    for _ in range(3):
        assert_the_guides_token(fetch(site.url).body)
    answer = fetch(f"{site.server.url}/show.cgi")
    assert "not-a-real-secret" in answer.text
    assert_no_key(answer)


@pytest.mark.parametrize("by", [ModFcgid])
def test_fcgid_gives_it_to_no_other_program(by: type[Site], directory: Path, program: Path, running) -> None:
    site = running(site_with_author(
        by, directory, program,
        "Options +ExecCGI +FollowSymLinks\nSetHandler fcgid-script"))
    root = site.server.document_root
    for name in ["link", "hard"]:
        (root / name).symlink_to(program) if name == "link" else (root / name).hardlink_to(program)
        # Without the key the program says so, and signs nothing.
        assert fetch(f"{site.server.url}/{name}").status == 503


@BY_A_FILE
def test_what_the_include_warns_of_is_still_so(by: type[Site], directory: Path, program: Path, running) -> None:
    # mod_info prints all of Apache's configuration, in a .htaccess file too; if that ends, the warning can go.
    site = running(site_with_author(by, directory, program, "SetHandler server-info", modules=("info",), a_html="a"))
    assert KEY in fetch(f"{site.server.url}/a.html").text


@pytest.mark.parametrize("by", [Htaccess, HtaccessCgi])
def test_settings_in_htaccess_are_not_served(by: type[Site], directory: Path, program: Path, running) -> None:
    site = running(by(directory, program, settings=SETTINGS))
    for path in ["/.htaccess", "/.htaccess/", "/%2ehtaccess"]:
        assert fetch(site.server.url + path).status in {403, 404}
