"""What the endpoint answers, the same by every transport."""

from __future__ import annotations

import json
from pathlib import Path

from Support.curl import Answer, fetch
from Support.lighttpd import Lighttpd
from Support.tokens import PIPE, SETTINGS, assert_the_guides_token
from Support.transports import ModFcgid, Site, assert_error_is_logged

# What web servers add of their own.
SERVERS_OWN = {"date", "server", "connection", "keep-alive", "vary", "accept-ranges", "transfer-encoding"}


def own_headers(answer: Answer) -> dict[str, str]:
    """The headers that the program sent."""
    return {name: value for name, value in answer.headers.items() if name not in SERVERS_OWN}


def assert_is_error(answer: Answer, status: int) -> None:
    """Checks for an error in the shape of Tinybird's own."""
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert list(json.loads(answer.body)) == ["error"]


def test_get_answers_the_guides_token(site: Site) -> None:
    answer = fetch(site.url)
    assert answer.status == 200
    headers = own_headers(answer)
    headers.pop("content-length", None)
    assert headers == {
        "content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff"}
    assert_the_guides_token(answer.body)


def test_head_answers_the_same_headers_without_a_body(site: Site) -> None:
    get, head = fetch(site.url), fetch(site.url, "--head")
    assert (head.status, head.body) == (200, b"")
    # A server that doesn't know the length of what it doesn't send may leave it out (RFC 9110 section 8.6).
    for answer in (get, head):
        answer.headers.pop("content-length", None)
    assert own_headers(head) == own_headers(get)


def test_other_methods_are_405(site: Site) -> None:
    for method in ["POST", "PUT", "DELETE", "PATCH"]:
        # With a body, without which lighttpd itself refuses POST (411).
        answer = fetch(site.url, "--request", method, "--data", "x")
        assert_is_error(answer, 405)
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


def test_options_is_204_without_a_body(site: Site) -> None:
    answer = fetch(site.url, "--request", "OPTIONS")
    assert (answer.status, answer.body) == (204, b"")


def test_a_body_of_5_mb_is_read_and_405(transport: type[Site], directory: Path, program: Path, running) -> None:
    # mod_fcgid itself answers 500 to more than 128 KiB, without asking the program, unless the server's
    # configuration allows more.
    by_fcgid = transport is ModFcgid or getattr(transport, "module", "") == "fcgid"
    site = running(transport(directory, program, global_config="FcgidMaxRequestLen 10000000" if by_fcgid else ""))
    body = directory / "body"
    body.write_bytes(b"x" * 5_000_000)
    for _ in range(2):
        assert_is_error(fetch(site.url, "--data-binary", f"@{body}"), 405)
        assert_the_guides_token(fetch(site.url).body)


def test_a_body_on_get_changes_nothing(site: Site) -> None:
    answer = fetch(site.url, "--request", "GET", "--data-binary", "x" * 100_000)
    if isinstance(site.server, Lighttpd):
        # lighttpd itself refuses it, unless server.http-parseopts has "method-get-body".
        assert answer.status == 400
    else:
        assert_the_guides_token(answer.body)
    assert_the_guides_token(fetch(site.url).body)


def test_a_query_is_never_taken_for_arguments(site: Site) -> None:
    for query in ["--help", "--version", "-h+check", "token", "serve+--listen+0.0.0.0:9"]:
        assert_the_guides_token(fetch(f"{site.url}?{query}").body)


def test_a_clients_header_sets_nothing(site: Site) -> None:
    for header in ["TINYBIRD_PIPES", "TINYBIRD-PIPES", "HTTP_TINYBIRD_PIPES"]:
        assert_the_guides_token(fetch(site.url, "--header", f"{header}: other").body)


def test_no_other_path_is_the_endpoint(site: Site) -> None:
    for path in [
        "/generate-tokenx", "/generate-token%0A", "/generate-token%00", "/generate-token%2F", "/generate-token%2Fx",
        "/x/generate-token", "/generate-toke", "/generate-token.", "/GENERATE-TOKEN", "/charts-token",
    ]:
        answer = fetch(site.server.url + path)
        assert answer.status in {301, 400, 403, 404}
        assert b"\x7fELF" not in answer.body


def test_without_a_key_it_is_503_and_says_why_to_the_log_alone(
    transport: type[Site], directory: Path, program: Path, running
) -> None:
    site = running(transport(directory, program, key=None))
    for _ in range(5):
        answer = fetch(site.url)
        assert_is_error(answer, 503)
        for secret in ("TINYBIRD", "KEY", PIPE):
            assert secret not in answer.text
    assert_error_is_logged(site, "TINYBIRD_SIGNING_KEY is not set", requests=5)


def test_an_empty_or_literal_variable_is_no_key(
    transport: type[Site], directory: Path, program: Path, running
) -> None:
    # Apache leaves ${NAME} as it is where NAME isn't defined; signed with, it would be a key that everybody knows.
    site = running(transport(directory, program, key="${NOT_DEFINED_ANYWHERE}"))
    assert_is_error(fetch(site.url), 503)


def test_settings_of_the_request_come_through(
    transport: type[Site], directory: Path, program: Path, running
) -> None:
    site = running(transport(directory, program, settings={**SETTINGS, "TINYBIRD_TOKEN_TTL": "60"}))
    assert json.loads(fetch(site.url).body)["expires_in"] == 60
